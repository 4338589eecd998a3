"""GitHub: issues, pull requests and deployments as JSON from its APIs, or as written by `gh`."""

from integrations.matching.nested import objects
from integrations.matching.nested import said as text_of
from integrations.matching.preset import Preset, Said
from integrations.matching.presets.labels import FILLS, read_labels
from integrations.matching.presets.pulls import count_lines, read_assistance, read_commits, read_reviews
from integrations.matching.row import NotWanted


def prepare(said: Said) -> None:
    if said.pop("pull_request", ""):
        raise NotWanted("not a defect (a pull request)")
    if said.get("status", "").casefold() == "open":
        said.pop("resolution", None)
    read_labels(said)


DEFECTS = Preset(
    kind="defects",
    name="github",
    label="GitHub issues (JSON or CSV)",
    columns={
        # `gh` calls the node id "id". Numbers repeat in files from several repositories.
        "external_id": ("node_id", "id", "number"),
        "title": ("title",),
        "found_at": ("created_at", "createdAt"),
        "status": ("state",),
        "resolution": ("state_reason", "stateReason"),
        "ended_at": ("closed_at", "closedAt"),
        "issue_type": ("type.name", "type"),
        "labels": ("labels",),
        "pull_request": ("pull_request", "pull_request.url", "pull_request.html_url"),
        "version_fixed": ("milestone.title", "milestone"),
        "actual": ("body",),
        "team": ("team", "repository", "repo"),
        "reporter": ("user.login", "author.login", "user", "author"),
        "assignee": ("assignee.login", "assignee"),
    },
    marks=(
        "state_reason",
        "stateReason",
        "html_url",
        "pull_request",
        "pull_request.url",
        "node_id",
        "createdAt",
        "closedAt",
    ),
    words={
        "status": {"open": "new", "closed": "closed"},
        "resolution": {"completed": "fixed", "not_planned": "wont_fix", "duplicate": "duplicate", "reopened": ""},
    },
    helpers=("labels", "pull_request"),
    fills=FILLS,
    prepare=prepare,
    hint="Leaves out pull requests, and issues with a label such as enhancement or question. "
    "Reads labels such as sev:2 and found:production.",
    steps=(
        "Install the GitHub CLI and run `gh auth login`. The website has no export.",
        "Run `gh issue list --repo OWNER/NAME --state all --limit 100000 --json "
        "id,number,title,state,stateReason,labels,createdAt,closedAt,author,milestone,body > issues.json`.",
        "Import the file `issues.json`.",
    ),
)


def prepare_pull(said: Said) -> None:
    count_lines(said)
    read_reviews(said)
    read_assistance(said, read_commits(said))


CHANGES = Preset(
    kind="changes",
    name="github",
    label="GitHub pull requests (JSON or CSV)",
    columns={
        "external_id": ("node_id", "id", "number"),
        "title": ("title",),
        "opened_at": ("created_at", "createdAt"),
        "status": ("state",),
        "merged_at": ("merged_at", "mergedAt"),
        "ended_at": ("closed_at", "closedAt"),
        "commit": ("merge_commit_sha", "mergeCommit.oid"),
        "service": ("base.repo.name", "headRepository.name", "repository", "repo"),
        "team": ("team",),
        "url": ("html_url", "url"),
        **{name: (name,) for name in ("additions", "deletions", "reviews", "commits", "labels", "body")},
        "author": ("user.login", "author.login", "author"),
    },
    marks=(
        *("merged_at", "mergedAt", "merge_commit_sha", "requested_reviewers", "base.repo.name", "head.ref", "draft"),
        *("additions", "deletions", "reviews", "baseRefName", "headRefName", "isDraft", "changedFiles"),
    ),
    helpers=("additions", "deletions", "reviews", "commits", "labels", "body", "author"),
    fills=("lines", "reviewers", "first_review_at", "committed_at", "ai_assisted"),
    prepare=prepare_pull,
    hint="Leaves out pull requests that were closed without a merge. Reads reviews and sizes if the file has them.",
    steps=(
        "Install the GitHub CLI and run `gh auth login`. The website has no export.",
        "Run `gh pr list --repo OWNER/NAME --state all --limit 1000 --json "
        "id,number,title,state,createdAt,mergedAt,closedAt,additions,deletions,reviews,labels,author,mergeCommit,url "
        "> pulls.json`.",
        "Import the file `pulls.json`.",
    ),
)

# The first of these decides how a deployment went. Later ones say that another deployment replaced it.
OUTCOMES = ("success", "failure", "error")


def prepare_deployment(said: Said) -> None:
    """Reads result and end from the first status that is final."""
    statuses = [
        (text_of(each.get("createdAt") or each.get("created_at")), text_of(each.get("state")))
        for each in objects(said.pop("statuses", ""))
    ]
    for moment, state in sorted(statuses):
        if state.casefold() in OUTCOMES:
            said["result"] = state
            said["finished_at"] = moment or said.get("finished_at", "")
            break


DEPLOYMENTS = Preset(
    kind="deployments",
    name="github",
    label="GitHub deployments (JSON)",
    columns={
        "external_id": ("node_id", "id"),
        "finished_at": ("created_at", "createdAt"),
        "release": ("ref.name", "ref", "commitOid", "sha"),
        "environment": ("environment", "latestEnvironment", "original_environment"),
        "result": ("state", "latestStatus.state"),
        "statuses": ("statuses.nodes", "statuses"),
        "changes": ("commitOid", "sha"),
        "service": ("repository", "repo"),
        "team": ("team",),
    },
    marks=(
        *("statuses_url", "production_environment", "original_environment", "transient_environment", "commitOid"),
        *("statuses.nodes", "latestStatus.state"),
    ),
    helpers=("statuses",),
    fills=("result",),
    prepare=prepare_deployment,
    hint="Leaves out deployments that have not finished. The list of the REST API has no result: use the command.",
    steps=(
        "Install the GitHub CLI and run `gh auth login`. The website has no export.",
        "Run `gh api graphql --paginate -F owner=OWNER -F name=NAME -f query='query($owner:String!,$name:String!,"
        "$endCursor:String){repository(owner:$owner,name:$name){deployments(first:100,after:$endCursor){pageInfo"
        "{hasNextPage endCursor} nodes{id environment createdAt state commitOid ref{name} statuses(first:10){nodes"
        "{state createdAt}}}}}}' --jq '.data.repository.deployments.nodes[]' > deployments.jsonl`.",
        "Import the file `deployments.jsonl`.",
    ),
)
