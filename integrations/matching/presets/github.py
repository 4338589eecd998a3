"""GitHub: issues as JSON from the REST API, or as written by `gh`."""

from integrations.matching.preset import Preset, Said
from integrations.matching.presets.labels import FILLS, read_labels
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
