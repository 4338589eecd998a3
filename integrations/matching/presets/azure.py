"""Azure DevOps: a query of work items as CSV."""

from integrations.matching.preset import Preset

DEFECTS = Preset(
    kind="defects",
    name="azure",
    label="Azure DevOps query (CSV)",
    columns={
        "external_id": ("ID",),
        "title": ("Title", "Title 1"),
        "found_at": ("Created Date",),
        "issue_type": ("Work Item Type",),
        "status": ("State",),
        "resolution": ("Resolved Reason", "Reason"),
        "ended_at": ("Resolved Date",),
        "closed_at": ("Closed Date",),
        "triaged_at": ("Activated Date",),
        "severity": ("Severity",),
        "priority": ("Priority",),
        "stage_found": ("Found In Stage", "Found In Environment", "How Found"),
        "team": ("Team", "Area Path", "Team Project"),
        "component": ("Node Name",),
        "version_found": ("Found In", "Found In Build"),
        "version_fixed": ("Integration Build", "Integrated in Build"),
        "steps": ("Repro Steps",),
        "environment": ("System Info",),
        "actual": ("Description",),
        "assignee": ("Assigned To",),
        "reporter": ("Created By",),
    },
    marks=("Work Item Type", "Area Path", "Iteration Path"),
    words={
        "status": {
            **{"new": "new", "proposed": "new", "to do": "new", "approved": "triaged", "active": "in_progress"},
            **{
                "committed": "in_progress",
                "doing": "in_progress",
                "resolved": "fixed",
                "closed": "closed",
                "done": "closed",
            },
            "removed": "closed",
        },
        "priority": {"1": "urgent", "2": "high", "3": "medium", "4": "low"},
        "resolution": {
            **{
                "fixed": "fixed",
                "fixed and verified": "fixed",
                "verified": "fixed",
                "completed": "fixed",
                "work finished": "fixed",
            },
            **{"as designed": "works_as_designed", "cannot reproduce": "cannot_reproduce", "obsolete": "cannot_reproduce"},
            **{"deferred": "wont_fix", "will not fix": "wont_fix", "rejected": "invalid", "cut": "declined"},
            **{"removed from the backlog": "declined", "duplicate": "duplicate", "copied to store": "external"},
            # The Reason field also states why a work item is open.
            **dict.fromkeys(
                ("new", "approved", "investigate", "work started", "implementation started", "build failure"), ""
            ),
            **dict.fromkeys(
                ("not fixed", "test failed", "reactivated", "resolved in error", "regression", "additional work found"), ""
            ),
            **dict.fromkeys(
                ("new defect reported", "moved to the backlog", "moved out of state new", "accepted", "created"), ""
            ),
        },
    },
    hint="Imports work items of type Bug. The query needs the column Created Date.",
    steps=(
        "Open *Boards*, then *Queries*, and a query of your bugs.",
        "Select *Column options* and add *Created Date*, *Resolved Date* and *Closed Date*.",
        "Open *More actions*, the three dots.",
        "Choose *Export to CSV*.",
    ),
)
