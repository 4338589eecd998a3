"""The shapes of files that are known by name: which column is what, and what foreign words mean here. Plain Python.

Every mapping fills a `Draft`. What the file says about the life of a record (status, resolution, times) is decided as a
whole, so that an imported row always obeys the rules of a typed one: a closed defect has a resolution, an open one has none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from integrations.parsers import Column, Draft, NotWanted, plain, recognises


@dataclass(frozen=True, slots=True)
class Mapping:
    """`shortens`: descriptive texts longer than our columns are cut with a note; otherwise they are refused.

    `says_also`: where the tool has one status for two of ours, the first is what it says and the second may stay.
    """

    kind: str  # "defects" or "incidents"
    name: str
    label: str
    columns: tuple[Column, ...]
    fill: Callable[[Draft], None]
    shortens: bool = True
    hint: str = ""
    says_also: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"


# --- What words mean ------------------------------------------------------------------------------------------------

PRIORITIES = {
    **dict.fromkeys(("highest", "urgent", "blocker", "critical", "p1"), "urgent"),
    **dict.fromkeys(("high", "major", "p2"), "high"),
    **dict.fromkeys(("medium", "normal", "moderate", "p3"), "medium"),
    **dict.fromkeys(("low", "minor", "lowest", "trivial", "p4", "p5"), "low"),
    "none": "",
}
# Where a file knows no severity, the priority of its tracker stands in for it, once: when the record is made.
SEVERITY_OF_PRIORITY = {"urgent": "SEV1", "high": "SEV2", "medium": "SEV3", "low": "SEV4", "": "SEV3"}
SEVERITIES = {
    **dict.fromkeys(("sev1", "sev 1", "s1", "1", "blocker", "critical"), "SEV1"),
    **dict.fromkeys(("sev2", "sev 2", "s2", "2", "major", "high"), "SEV2"),
    **dict.fromkeys(("sev3", "sev 3", "s3", "3", "moderate", "medium", "normal"), "SEV3"),
    **dict.fromkeys(("sev4", "sev 4", "s4", "4", "minor", "low", "trivial", "enhancement"), "SEV4"),
    "none": "",
}
STAGES = {
    **dict.fromkeys(("design", "requirements", "specification"), "design"),
    **dict.fromkeys(("coding", "development", "dev"), "coding"),
    **dict.fromkeys(("pre commit", "precommit", "unit test", "unit testing"), "pre-commit"),
    **dict.fromkeys(("code review", "review", "pull request"), "code-review"),
    **dict.fromkeys(("ci", "caught", "test", "testing", "qa", "integration", "integration test"), "ci"),
    **dict.fromkeys(("pre deploy", "predeploy", "staging", "uat", "pre production", "pre prod", "acceptance"), "pre-deploy"),
    **dict.fromkeys(("production", "prod", "live", "escaped", "customer", "field", "release"), "production"),
}
STAGE_NOTE = "the stage “{}” is not known: stage unknown"
RESOLUTIONS = {
    **dict.fromkeys(("fixed", "done", "resolved", "complete", "completed"), "fixed"),
    **dict.fromkeys(("won t fix", "wontfix", "won t do", "wont do", "wont fix"), "wont_fix"),
    **dict.fromkeys(("works as designed", "as designed", "not a bug", "notabug", "by design"), "works_as_designed"),
    **dict.fromkeys(
        ("cannot reproduce", "worksforme", "works for me", "incomplete", "needs more info", "could not reproduce"),
        "cannot_reproduce",
    ),
    "duplicate": "duplicate",
    **dict.fromkeys(("invalid", "support", "rejected"), "invalid"),
    **dict.fromkeys(("external", "moved", "not our bug"), "external"),
    **dict.fromkeys(("declined", "declined by policy", "expired", "inactive", "hold", "abandoned"), "declined"),
    **dict.fromkeys(("unresolved", "none"), ""),
}
# Issue types of a tracker that are faults of the product. All others are work, not defects.
DEFECT_TYPES = frozenset({"bug", "defect", "fault", "error", "problem", "regression"})


def take_external_id(draft: Draft) -> None:
    """The identity in the file, which is never read as "no value"."""
    for name in ("external_id", "title"):
        draft.values[name] = draft.cells.get(name, "")
    draft.text("source", "team", "reference")


def take_priority(draft: Draft) -> None:
    """Priority, and severity: said by the file, else derived from the priority for new records."""
    priority = draft.word("priority", PRIORITIES, or_note="the priority “{}” is not known: left empty")
    if "priority" in draft.cells:
        draft.values["priority"] = priority
    severity = draft.word("severity", SEVERITIES)
    if severity:
        draft.values["severity"] = severity
    else:
        draft.defaults["severity"] = SEVERITY_OF_PRIORITY[priority]


def take_stage(draft: Draft) -> None:
    if stage := draft.word("stage_found", STAGES, or_note=STAGE_NOTE):
        draft.values["stage_found"] = stage


def take_found(draft: Draft, name: str = "found_at") -> datetime | None:
    found = draft.time(name)
    if found is not None:
        draft.values[name] = found
    elif name not in draft.problems:
        draft.problems[name] = "This time is missing."
    return found


def end_life(draft: Draft, status: str, resolution: str, ended: datetime | None) -> None:
    """Status, resolution and times of a defect from a tracker that knows one moment of resolving."""
    closed = bool(resolution) and status in ("closed", "duplicate")
    if closed:
        status = "duplicate" if resolution == "duplicate" else "closed"
    draft.values |= {
        "status": status,
        "resolution": resolution if closed else "",
        "fixed_at": ended if closed and resolution == "fixed" else None,
        "closed_at": ended if closed else None,
    }


def refuse_other_types(draft: Draft) -> None:
    kind = draft.said("issue_type")
    if kind and plain(kind) not in DEFECT_TYPES and not draft.reading.all_types:
        raise NotWanted(f"not a defect (issue type {kind[:40]})")


# --- Jira, and what looks like it -----------------------------------------------------------------------------------

JIRA_STATUSES = {
    **dict.fromkeys(("open", "new", "to do", "todo", "backlog", "reopened", "unresolved"), "new"),
    **dict.fromkeys(("triaged", "selected for development", "ready for development", "accepted"), "triaged"),
    **dict.fromkeys(("in progress", "in review", "in development", "code review"), "in_progress"),
    **dict.fromkeys(("resolved", "fixed", "in test", "in testing", "in qa", "in qe test", "ready for test"), "fixed"),
    **dict.fromkeys(("verified", "tested"), "verified"),
    **dict.fromkeys(("closed", "done", "released", "duplicate", "rejected"), "closed"),
}


def fill_tracker(draft: Draft) -> None:
    """Jira's own rule decides whether an issue is resolved: it has a resolution. Reopened ones are open whatever they carry.

    Teams invent statuses; an unknown one is "in progress" as long as there is no resolution.
    """
    take_external_id(draft)
    take_priority(draft)
    take_stage(draft)
    draft.text("component", "environment", "version_found", "version_fixed", "actual")
    take_found(draft)
    ended = draft.time("ended_at")
    resolution = draft.word("resolution", RESOLUTIONS)
    words = plain(draft.said("status"))
    status = JIRA_STATUSES.get(words, "closed" if resolution else "in_progress" if words else "new")
    if status == "closed" and not resolution and "resolution" not in draft.problems:
        resolution = RESOLUTIONS.get(words) or "fixed"
    if resolution and status in ("fixed", "verified"):
        status = "closed"
    end_life(draft, status, resolution, ended)


def fill_jira(draft: Draft) -> None:
    """An export of a whole tracker also contains stories and tasks; only bugs are defects, unless all types are wanted."""
    refuse_other_types(draft)
    fill_tracker(draft)


JIRA = Mapping(
    kind="defects",
    name="jira",
    label="Jira CSV export",
    columns=(
        Column("title", ("Summary",), required=True),
        Column("external_id", ("Issue key", "Key"), required=True),
        Column("found_at", ("Created",), required=True),
        Column("issue_type", ("Issue Type", "Type")),
        Column("status", ("Status",), required=True),
        Column("priority", ("Priority",)),
        Column("severity", ("Severity", "Custom field (Severity)")),
        Column("resolution", ("Resolution",), required=True),
        Column("ended_at", ("Resolved", "Resolution date")),
        Column("team", ("Team", "Custom field (Team)", "Project name", "Project", "Project key")),
        Column("stage_found", ("Found in", "Custom field (Found in)", "Stage found", "Custom field (Stage found)")),
        Column("component", ("Component/s", "Components", "Component"), many=True),
        Column("version_found", ("Affects Version/s", "Affects versions"), many=True),
        Column("version_fixed", ("Fix Version/s", "Fix versions"), many=True),
        Column("environment", ("Environment",)),
        Column("actual", ("Description",)),
    ),
    fill=fill_jira,
    hint="Issues of type Bug; stories, tasks and improvements are left out.",
)

TITANIUM = Mapping(
    kind="defects",
    name="titanium",
    label="Tracker archive with found_in (escaped, caught)",
    columns=(
        Column("external_id", ("external_id",), required=True),
        Column("title", ("title",), required=True),
        Column("found_at", ("opened_at",), required=True),
        Column("stage_found", ("found_in",), required=True),
        Column("source", ("source",)),
        Column("team", ("team",)),
        Column("component", ("component",)),
        Column("severity", ("severity",)),
        Column("priority", ("priority",)),
        Column("status", ("status",), required=True),
        Column("resolution", ("resolution",), required=True),
        Column("issue_type", ("issue_type",)),
        Column("version_found", ("version",)),
        Column("version_fixed", ("fix_version",)),
        Column("ended_at", ("resolved_at",)),
    ),
    fill=fill_tracker,
    hint="found_in: escaped is production, caught is CI, empty is stage unknown. "
    "Every row is a defect, whatever its issue type.",
)

# --- Bugzilla -------------------------------------------------------------------------------------------------------

BUGZILLA_STATUSES = {
    **dict.fromkeys(("unconfirmed", "new", "reopened"), "new"),
    **dict.fromkeys(("confirmed",), "triaged"),
    **dict.fromkeys(("assigned", "in progress"), "in_progress"),
    **dict.fromkeys(("resolved", "verified", "closed"), "closed"),
}


def fill_bugzilla(draft: Draft) -> None:
    """The "Resolved" date of an unresolved bug is only its last change, so it counts for resolved ones alone."""
    take_external_id(draft)
    take_priority(draft)
    take_stage(draft)
    draft.text("component", "version_found")
    take_found(draft)
    status = draft.word("status", BUGZILLA_STATUSES)
    resolution = draft.word("resolution", RESOLUTIONS)
    if status == "closed" and not resolution and "resolution" not in draft.problems:
        draft.problems["resolution"] = "A resolved bug has a resolution."
    end_life(draft, status, resolution, draft.time("ended_at") if status == "closed" else None)


BUGZILLA = Mapping(
    kind="defects",
    name="bugzilla",
    label="Bugzilla CSV export",
    columns=(
        Column("title", ("Summary", "short_desc"), required=True),
        Column("external_id", ("Issue id", "Bug ID", "bug_id", "ID"), required=True),
        Column("status", ("Status", "bug_status"), required=True),
        Column("resolution", ("Resolution",), required=True),
        Column("found_at", ("Created", "Opened", "creation_ts"), required=True),
        Column("ended_at", ("Resolved", "cf_last_resolved", "Last Resolved")),
        Column("priority", ("Priority",)),
        Column("severity", ("Severity", "bug_severity")),
        Column("team", ("Team", "Product")),
        Column("component", ("Component",)),
        Column("version_found", ("Version",)),
        Column("stage_found", ("Found in",)),
    ),
    fill=fill_bugzilla,
    hint="Bugzilla does not say where a bug was found: the stage stays unknown until someone enters it.",
)

# --- Statuspage -----------------------------------------------------------------------------------------------------

IMPACTS = {"critical": "SEV1", "major": "SEV2", "minor": "SEV3", "none": "SEV4", "maintenance": "SEV4"}
PAGE_STATUSES = {
    **dict.fromkeys(("investigating", "identified", "in progress", "scheduled"), "active"),
    **dict.fromkeys(("monitoring", "verifying"), "mitigated"),
    **dict.fromkeys(("resolved", "postmortem", "completed"), "restored"),
}


def fill_statuspage(draft: Draft) -> None:
    """`created_at` is when someone noticed, but never before the impact began.

    A start after the end is the moment of a late entry, not of the impact: the start is then unknown. The steps in
    between are kept where they lie in order.
    """
    take_external_id(draft)
    draft.text("services")
    draft.values["severity"] = draft.word("severity", IMPACTS) or "SEV3"
    planned = draft.said("scheduled_for") or plain(draft.said("severity")) == "maintenance"
    draft.values["kind"] = "maintenance" if planned else "real"
    detected, started = take_found(draft, "detected_at"), draft.time("started_at")
    identified, monitoring, restored = (draft.time(name) for name in ("acknowledged_at", "mitigated_at", "restored_at"))
    status = draft.word("status", PAGE_STATUSES)
    if restored:
        status = "restored"
    if started and restored and started > restored:
        draft.notes.append("the start lies after the end: start unknown")
        started = None
    if detected and started and started > detected:
        detected = started
    began = started or detected
    if status == "active":  # it was, but is no more
        monitoring = None
    draft.values |= {
        "status": status,
        "started_at": started,
        "detected_at": detected,
        "acknowledged_at": identified if identified and detected and identified >= detected else None,
        "mitigated_at": monitoring
        if monitoring and began and monitoring >= began and (restored is None or monitoring <= restored)
        else None,
        "restored_at": restored,
    }


STATUSPAGE = Mapping(
    kind="incidents",
    name="statuspage",
    label="Statuspage incidents",
    columns=(
        Column("external_id", ("id", "incident_id"), required=True),
        Column("title", ("name",), required=True),
        Column("status", ("status",), required=True),
        Column("severity", ("impact",), required=True),
        Column("detected_at", ("created_at",), required=True),
        Column("started_at", ("started_at",)),
        Column("acknowledged_at", ("identified_at",)),
        Column("mitigated_at", ("monitoring_at",)),
        Column("restored_at", ("resolved_at",), required=True),
        Column("scheduled_for", ("scheduled_for",)),
        Column("services", ("components",)),
        Column("team", ("team",)),
    ),
    fill=fill_statuspage,
    says_also={"restored": "closed"},
    hint="A scheduled entry, or one whose impact is maintenance, is planned and never counts.",
)

# --- Our own columns ------------------------------------------------------------------------------------------------

OUR_WORDS = {"back_filled": "retrospective", "planned_maintenance": "maintenance", "declined_by_policy": "declined"}
TRUE_WORDS, FALSE_WORDS = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})


def take_ours(draft: Draft, *names: str) -> None:
    """Values of our own lists by key or label. Whether the list has them is checked with the model's fields."""
    for name in names:
        if text := draft.said(name):
            word = plain(text.replace("'", "").replace("’", "")).replace(" ", "_")
            draft.values[name] = OUR_WORDS.get(word, word)


def take_life(draft: Draft, *times: str) -> None:
    """The status and its times. Beside a status, an empty cell says that it has not happened; alone, it says nothing."""
    take_ours(draft, "status")
    for name in times:
        if name in draft.cells:
            moment = draft.time(name)
            if moment or "status" in draft.values:
                draft.values[name] = moment


def fill_defect(draft: Draft) -> None:
    take_external_id(draft)
    draft.text("component", "environment", "version_found", "version_fixed", "steps", "expected", "actual")
    take_ours(draft, "priority", "found_by")
    # Rows of the portal, which the importer finds by key or name.
    draft.text("severity", "stage_found", "stage_introduced", "stage_should_catch")
    draft.defaults["severity"] = SEVERITY_OF_PRIORITY.get(str(draft.values.get("priority", "")), "SEV3")
    take_found(draft)
    take_life(draft, "triaged_at", "fixed_at", "verified_at", "closed_at")
    if "resolution" in draft.cells and "status" in draft.values:
        draft.values["resolution"] = ""
    take_ours(draft, "resolution")


DEFECT_COLUMNS = (
    Column("external_id", ("external_id", "id"), required=True),
    Column("title", ("title",), required=True),
    Column("found_at", ("found_at", "found"), required=True),
    *(
        Column(name, (name,))
        for name in (
            "reference", "source", "team", "severity", "stage_found", "stage_introduced", "stage_should_catch", "status",
            "resolution", "priority", "found_by", "component", "environment", "version_found", "version_fixed", "steps",
            "expected", "actual", "triaged_at", "fixed_at", "verified_at", "closed_at",
        )
    ),
)  # fmt: skip
DEFECTS = Mapping(
    kind="defects",
    name="qmportal",
    label="Columns named as in this portal",
    columns=DEFECT_COLUMNS,
    fill=fill_defect,
    shortens=False,
    hint=", ".join(column.names[0] for column in DEFECT_COLUMNS),
)


def fill_incident(draft: Draft) -> None:
    take_external_id(draft)
    draft.text("summary", "services", "customer_impact", "root_cause")
    take_ours(draft, "kind", "environment", "detection_source", "impact_kind")
    draft.text("severity", "should_have_caught")
    take_found(draft, "detected_at")
    take_life(draft, "started_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")
    take_customers(draft)
    if draft.values.get("status") == "duplicate":
        draft.notes.append("a duplicate whose original is not known here: cancelled")
        draft.values["status"] = "cancelled"
    if draft.values.get("restored_at"):
        draft.defaults["severity"] = "SEV3"


def take_customers(draft: Draft) -> None:
    impacted, count = draft.said("customer_impacted").casefold(), draft.said("customers_affected")
    if impacted in TRUE_WORDS | FALSE_WORDS:
        draft.values["customer_impacted"] = impacted in TRUE_WORDS
    elif impacted:
        draft.problems["customer_impacted"] = "Write yes or no."
    if count.isascii() and count.isdigit() and len(count) <= 9:
        draft.values["customers_affected"] = int(count)
    elif count:
        draft.problems["customers_affected"] = "Write a whole number of at most nine digits and nothing else, such as 1200."


INCIDENT_COLUMNS = (
    Column("external_id", ("external_id", "id"), required=True),
    Column("title", ("title",), required=True),
    Column("detected_at", ("detected_at", "detected"), required=True),
    *(
        Column(name, (name,))
        for name in (
            "reference", "source", "team", "severity", "status", "kind", "environment", "services", "started_at",
            "acknowledged_at", "mitigated_at", "restored_at", "closed_at", "detection_source", "customer_impacted",
            "customer_impact", "customers_affected", "impact_kind", "summary", "root_cause", "should_have_caught",
        )
    ),
)  # fmt: skip
INCIDENTS = Mapping(
    kind="incidents",
    name="qmportal",
    label="Columns named as in this portal",
    columns=INCIDENT_COLUMNS,
    fill=fill_incident,
    shortens=False,
    hint=", ".join(column.names[0] for column in INCIDENT_COLUMNS),
)

MAPPINGS = {mapping.key: mapping for mapping in (JIRA, BUGZILLA, TITANIUM, STATUSPAGE, DEFECTS, INCIDENTS)}


def guess(header: list[str]) -> Mapping | None:
    """The mapping that knows most columns of this header and misses none that it needs."""
    best = max(MAPPINGS.values(), key=lambda mapping: recognises(mapping.columns, header))
    return best if recognises(best.columns, header) else None
