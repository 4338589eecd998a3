"""GitLab: issues and merge requests as CSV, or as JSON from its API, and deployments as JSON."""

from integrations.matching.nested import names
from integrations.matching.preset import Preset, Said
from integrations.matching.presets.labels import FILLS, read_labels
from integrations.matching.presets.pulls import read_assistance

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


def prepare_merge_request(said: Said) -> None:
    if reviewed_by := said.pop("reviewed_by", ""):
        said.setdefault("reviewers", str(len(names(reviewed_by))))
    # A merge makes a commit, one for all (squash) or none (fast-forward).
    if last := [commit for name in ("head", "squashed") if (commit := said.pop(name, ""))]:
        said.setdefault("commit", last[-1])
    read_assistance(said)


CHANGES = Preset(
    kind="changes",
    name="gitlab",
    label="GitLab merge requests (CSV or JSON)",
    columns={
        "external_id": ("MR IID", "iid"),
        "title": ("Title",),
        "opened_at": ("Created At (UTC)", "created_at"),
        "status": ("State",),
        "merged_at": ("Merged At (UTC)", "merged_at"),
        "ended_at": ("Closed At (UTC)", "closed_at", "Updated At (UTC)"),
        "commit": ("merge_commit_sha",),
        "squashed": ("squash_commit_sha",),
        "head": ("sha",),
        "reviewed_by": ("Approver Usernames", "Approvers", "reviewers"),
        "labels": ("labels",),
        "body": ("Description",),
        "service": ("project", "repository"),
        "team": ("team",),
        "url": ("URL", "web_url"),
    },
    marks=(
        "MR IID",
        "Source Branch",
        "Target Branch",
        "Merged Username",
        "source_branch",
        "target_branch",
        "web_url",
        "iid",
    ),
    helpers=("reviewed_by", "labels", "body", "squashed", "head"),
    fills=("reviewers", "ai_assisted", "commit"),
    prepare=prepare_merge_request,
    hint="The CSV has no date of the merge: the last update is used. JSON from the API has it.",
    steps=(
        "Create a token that can read the API, under *Access tokens* in your GitLab preferences.",
        'Run `curl -H "PRIVATE-TOKEN: $TOKEN" '
        '"https://gitlab.com/api/v4/projects/ID/merge_requests?per_page=100&page=1" > merge-requests-1.json`.',
        "Run it again with `page=2`, `3` and so on, and import each file.",
    ),
)
DEPLOYMENTS = Preset(
    kind="deployments",
    name="gitlab",
    label="GitLab deployments (JSON)",
    columns={
        "external_id": ("id", "iid"),
        "finished_at": ("deployable.finished_at", "finished_at", "updated_at", "created_at"),
        "release": ("ref", "sha"),
        "environment": ("environment.tier", "environment.name", "environment"),
        "result": ("status",),
        "changes": ("sha",),
        "service": ("deployable.project.name", "project", "repository"),
        "team": ("team",),
    },
    marks=("deployable.finished_at", "deployable.status", "environment.external_url", "environment.name", "iid"),
    hint="Leaves out deployments that have not finished.",
    steps=(
        "Create a token that can read the API, under *Access tokens* in your GitLab preferences.",
        'Run `curl -H "PRIVATE-TOKEN: $TOKEN" '
        '"https://gitlab.com/api/v4/projects/ID/deployments?per_page=100&page=1" > deployments-1.json`.',
        "Run it again with `page=2`, `3` and so on, and import each file.",
    ),
)
