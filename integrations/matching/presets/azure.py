"""Azure DevOps: a query of work items as CSV, pull requests and releases as JSON."""

from integrations.matching.nested import objects
from integrations.matching.preset import Preset, Said
from integrations.matching.presets.pulls import read_assistance

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


def prepare_pull(said: Said) -> None:
    """Counts reviewers who voted. Those who were only asked have the vote 0."""
    if reviewed_by := said.pop("reviewed_by", ""):
        said.setdefault("reviewers", str(sum(bool(each.get("vote")) for each in objects(reviewed_by))))
    page = said.pop("repository_page", "")
    if page and said.get("external_id"):
        said.setdefault("url", f"{page}/pullrequest/{said['external_id']}")
    read_assistance(said)


CHANGES = Preset(
    kind="changes",
    name="azure",
    label="Azure DevOps pull requests (JSON)",
    columns={
        "external_id": ("pullRequestId",),
        "title": ("title",),
        "opened_at": ("creationDate",),
        "status": ("status",),
        "ended_at": ("closedDate",),
        "commit": ("lastMergeCommit.commitId",),
        "reviewed_by": ("reviewers",),
        "labels": ("labels",),
        "body": ("description",),
        "repository_page": ("repository.webUrl",),
        "service": ("repository.name",),
        "team": ("team",),
    },
    marks=("pullRequestId", "sourceRefName", "targetRefName", "mergeStatus"),
    helpers=("reviewed_by", "labels", "body", "repository_page"),
    fills=("reviewers", "ai_assisted", "url"),
    prepare=prepare_pull,
    hint="Leaves out abandoned pull requests.",
    steps=(
        "Install the Azure CLI with its extension `azure-devops`, and run `az login`.",
        "Run `az repos pr list --organization https://dev.azure.com/ORG --project PROJECT --status all --top 1000 "
        "--output json > pulls.json`.",
        "Import the file `pulls.json`.",
    ),
)
DEPLOYMENTS = Preset(
    kind="deployments",
    name="azure",
    label="Azure DevOps releases (JSON)",
    columns={
        "external_id": ("id",),
        "finished_at": ("completedOn", "lastModifiedOn"),
        "release": ("release.name",),
        "environment": ("releaseEnvironment.name",),
        "result": ("deploymentStatus",),
        "service": ("releaseDefinition.name",),
        "team": ("team",),
    },
    marks=("deploymentStatus", "releaseEnvironment.name", "release.name", "operationStatus"),
    hint="A row for each deployment of a release to an environment. Leaves out those that have not finished.",
    steps=(
        "Create a personal access token that can read releases, in your user settings.",
        'Run `curl -u ":$TOKEN" '
        '"https://vsrm.dev.azure.com/ORG/PROJECT/_apis/release/deployments?api-version=7.1&$top=100" '
        "> deployments.json`.",
        "Import the file. It has up to 100 deployments; the header `x-ms-continuationtoken` of the response leads to the "
        "next page.",
    ),
)
