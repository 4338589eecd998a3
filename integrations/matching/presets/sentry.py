"""Sentry: issues as JSON of the API, or a table of Discover as CSV, whose columns people choose."""

from integrations.matching.preset import Preset

DEFECTS = Preset(
    kind="defects",
    name="sentry",
    label="Sentry issues (CSV or JSON)",
    columns={
        "external_id": ("shortId", "short_id", "Issue", "id", "issue.id"),
        "title": ("title", "metadata.title", "message"),
        "found_at": ("firstSeen", "First Seen", "first_seen", "first_seen()", "min(timestamp)"),
        "status": ("status", "issue.status"),
        "severity": ("level", "error.level"),
        "priority": ("priority",),
        "issue_type": ("issueCategory",),
        "ended_at": ("resolvedAt", "statusDetails.resolvedAt"),
        "component": ("culprit",),
        "environment": ("environment",),
        "version_found": ("firstRelease", "release"),
        "team": ("team", "project", "project.name", "project.slug"),
        "assignee": ("assignedTo.email", "assignedTo.name", "assignee"),
    },
    marks=("firstSeen", "First Seen", "shortId", "culprit", "userCount", "issue.id", "first_seen()", "count_unique(user)"),
    words={
        "status": {
            **{"unresolved": "new", "new": "new", "ongoing": "new", "escalating": "new", "regressed": "new"},
            **{
                "resolved": "closed",
                "resolvedinnextrelease": "closed",
                "ignored": "closed",
                "archived": "closed",
                "muted": "closed",
            },
        },
        "severity": {"fatal": "SEV1", "error": "SEV2", "warning": "SEV3", "info": "SEV4", "debug": "SEV4", "sample": "SEV4"},
        "issue_type": {"error": "defect", "performance": "defect", "cron": "defect", "uptime": "defect"},
    },
    constants={"found_by": "monitor"},
    hint="An ignored or archived issue counts as closed. Sentry doesn't store in which stage an error was found.",
    steps=(
        "Create a token that can read issues, in your Sentry settings. The list of issues has no export.",
        'Run `curl -H "Authorization: Bearer $TOKEN" '
        '"https://sentry.io/api/0/projects/ORG/PROJECT/issues/?query=" > issues.json`. An empty query lists '
        "resolved issues too.",
        "Import the file. It has up to 100 issues; the `Link` header of the response has the address of the next page.",
    ),
)
