"""GitLab: issues as CSV, or as JSON from its API."""

from integrations.matching.preset import Preset
from integrations.matching.presets.labels import FILLS, read_labels

DEFECTS = Preset(
    kind="defects",
    name="gitlab",
    label="GitLab issues (CSV or JSON)",
    columns={
        "external_id": ("Issue ID", "iid"),
        "title": ("Title",),
        "found_at": ("Created At (UTC)", "Created At"),
        "status": ("State",),
        "ended_at": ("Closed At (UTC)", "Closed At"),
        "issue_type": ("issue_type", "Type"),
        "severity": ("Severity",),
        "labels": ("Labels",),
        "version_fixed": ("Milestone", "milestone.title"),
        "actual": ("Description",),
        "team": ("Team", "Project"),
        "reporter": ("Author", "author.name"),
        "assignee": ("Assignee", "assignee.name"),
    },
    marks=("Author Username", "Created At (UTC)", "Confidential", "web_url", "time_stats.time_estimate"),
    words={
        "status": {"open": "new", "opened": "new", "closed": "closed"},
        "issue_type": {"issue": "defect"},
        "severity": {"unknown": ""},
    },
    helpers=("labels",),
    fills=FILLS,
    prepare=read_labels,
    hint="Leaves out issues with a label such as feature or question. Reads labels such as severity::2 and found::staging.",
    steps=(
        "Open *Plan*, then *Issues* in your project.",
        "Open *Actions*, the three dots at the top right.",
        "Choose *Export as CSV*, then *Export issues*. GitLab sends the file to you by email.",
    ),
)
