"""Bugzilla: bug lists as CSV, with its pages' labels or its URLs' field names as headers."""

from integrations.matching.preset import Preset

DEFECTS = Preset(
    kind="defects",
    name="bugzilla",
    label="Bugzilla CSV export",
    columns={
        "title": ("Summary", "short_desc", "short_short_desc"),
        "external_id": ("Issue id", "Bug ID", "bug_id", "ID"),
        "status": ("Status", "bug_status"),
        "resolution": ("Resolution",),
        # The default list only has the date of the last change.
        "found_at": ("Created", "Opened", "opendate", "creation_ts", "Creation date"),
        "ended_at": ("Resolved", "cf_last_resolved", "Last Resolved"),
        "priority": ("Priority",),
        "severity": ("Severity", "bug_severity"),
        "issue_type": ("Type", "bug_type"),
        "team": ("Team", "Product"),
        "component": ("Component",),
        "version_found": ("Version",),
        "version_fixed": ("Target Milestone", "target_milestone"),
        "stage_found": ("Found in",),
        "duplicate_of": ("dupe_of", "Duplicate of"),
        "assignee": ("Assignee", "assigned_to"),
        "reporter": ("Reporter",),
    },
    marks=("Bug ID", "bug_id", "short_desc", "Issue id", "bug_status", "bug_severity", "opendate"),
    words={
        "status": {"resolved": "closed", "verified": "closed", "closed": "closed"},
        "severity": {"normal": "SEV3", "--": ""},
    },
    hint="Bugzilla doesn't store where a bug was found, so the stage stays unknown until someone enters it.",
    steps=(
        "Search for bugs. If the result was limited, select *See all search results for this query*.",
        "Select *Change Columns* below the list, and add *Opened* and *Last Resolved*.",
        "Select *CSV* below the list.",
    ),
)
