"""Works out a row's status, resolution and times together. Plain Python.

Tools store fewer times than the portal and mix them up, but an imported row follows the same rules as a typed one: a
closed defect has a resolution, an open one has none, and an incident's times are in order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from integrations.matching.row import NotWanted, Row
from integrations.matching.words import RESOLUTION, SEVERITY_OF_PRIORITY, plain
from integrations.reading import BadCell
from integrations.reading.dates import Moment, read_time


@dataclass(frozen=True, slots=True)
class Told:
    """A row whose cells are read: texts, keys and times by field. `mapped`: fields that the file can fill."""

    said: Mapping[str, str]
    keys: Mapping[str, str]
    times: Mapping[str, Moment]
    mapped: frozenset[str]
    zone: ZoneInfo

    def time(self, name: str, after: datetime | None = None) -> datetime | None:
        """The time of a field, or None. A date without a time of day never lies before `after` on the same day."""
        if (moment := self.times.get(name)) is None:
            return None
        if after and moment.instant < after and not moment.has_clock:
            same_day = moment.instant.astimezone(self.zone).date() == after.astimezone(self.zone).date()
            return after if same_day else moment.instant
        return moment.instant


def live_as_told(row: Row, told: Told) -> None:
    """For teams and people, which have no status."""
    row.values |= told.keys


# --- Our own columns ------------------------------------------------------------------------------------------------


def live_defect_of_ours(row: Row, told: Told) -> None:
    row.values |= {name: key for name, key in told.keys.items() if name not in ("status", "resolution")}
    row.defaults["severity"] = SEVERITY_OF_PRIORITY.get(told.keys.get("priority", ""), "SEV3")
    _found(row, told, "found_at")
    _follow(row, told, "triaged_at", "fixed_at", "verified_at", "closed_at")
    if "resolution" in told.mapped and "status" in row.values:
        row.values["resolution"] = ""
    if "resolution" in told.keys:
        row.values["resolution"] = told.keys["resolution"]


def live_incident_of_ours(row: Row, told: Told) -> None:
    row.values |= {name: key for name, key in told.keys.items() if name not in ("status", "customer_impacted")}
    _impact(row, told)
    _found(row, told, "detected_at")
    _follow(row, told, "started_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")
    _cancel_duplicate(row)
    _spans(row, told)
    if row.values.get("restored_at"):
        row.defaults["severity"] = "SEV3"


def _spans(row: Row, told: Told) -> None:
    """Reads the impact intervals, as the export writes them: start/end; start/end."""
    try:
        for part in filter(None, told.said.get("impact_intervals", "").split(";")):
            began, _, ended = (text.strip() for text in part.partition("/"))
            end = read_time(ended, told.zone).instant if ended else None
            row.spans.append((read_time(began, told.zone).instant, end))
    except BadCell as problem:
        row.problems["impact_intervals"] = str(problem)


def _follow(row: Row, told: Told, *times: str) -> None:
    """Takes the status and its times. With a status, an empty time means "has not happened"; without, it changes nothing."""
    if "status" in told.keys:
        row.values["status"] = told.keys["status"]
    for name in times:
        if name in told.mapped:
            moment = told.time(name)
            if moment or "status" in row.values:
                row.values[name] = moment


def _impact(row: Row, told: Told) -> None:
    if "customer_impacted" in told.keys:
        row.values["customer_impacted"] = told.keys["customer_impacted"] == "yes"


def _cancel_duplicate(row: Row) -> None:
    if row.values.get("status") == "duplicate" and "duplicate_of" not in row.links:
        row.notes.append("the original of this duplicate is unknown: cancelled")
        row.values["status"] = "cancelled"


def _found(row: Row, told: Told, name: str) -> datetime | None:
    found = told.time(name)
    if found is not None:
        row.values[name] = found
    elif name not in row.problems:
        row.problems[name] = "This time is missing."
    return found


# --- Defects of other tools ---------------------------------------------------------------------------------------------

CLOSED = ("closed", "duplicate", "rejected")
SAYS_LIFE = frozenset({"status", "status_category", "resolution", "ended_at"})
RESOLUTION_OF_STATUS = {"duplicate": "duplicate", "rejected": "invalid"}


def live_defect(row: Row, told: Told) -> None:
    """A defect from another tool. Without a severity in the file, new records get it from the priority."""
    values, keys = row.values, told.keys
    for name in ("stage_found", "stage_introduced", "stage_should_catch", "found_by"):
        if name in keys:
            values[name] = keys[name]
    if "priority" in told.mapped:
        values["priority"] = keys.get("priority", "")
    if keys.get("severity"):
        values["severity"] = keys["severity"]
    else:
        row.defaults["severity"] = SEVERITY_OF_PRIORITY[keys.get("priority", "")]
    found = _found(row, told, "found_at")
    if told.mapped & SAYS_LIFE:
        status, resolution = _end(row, told)
        _date(row, told, status, resolution, found)
    else:
        for name in ("triaged_at", "fixed_at", "verified_at", "closed_at"):
            if moment := told.time(name, found):
                values[name] = moment
        if "closed_at" in values:
            values |= {"status": "closed", "resolution": "fixed"}


def _end(row: Row, told: Told) -> tuple[str, str]:
    """(status, resolution). An issue with a resolution is closed; a reopened one is open whatever else it has."""
    said, keys = told.said, told.keys
    resolution, text = keys.get("resolution", ""), said.get("status", "")
    status = keys.get("status") or _status_unsaid(row, told, text, resolution)
    if status in CLOSED and not resolution and "resolution" not in row.problems:
        resolution = RESOLUTION_OF_STATUS.get(status) or RESOLUTION.get(plain(text)) or "fixed"
    if resolution and status in ("fixed", "verified"):
        status = "closed"
    if status not in CLOSED:
        return status, ""
    return "duplicate" if resolution == "duplicate" else "closed", resolution


def _status_unsaid(row: Row, told: Told, text: str, resolution: str) -> str:
    """The status for an unknown or missing one, from its category, else from whether there is a resolution or end."""
    ended = "ended_at" in told.times or "closed_at" in told.times
    if category := told.keys.get("status_category"):
        return "closed" if resolution else category
    if not text:
        return "closed" if resolution or ended else "new"
    status = "closed" if resolution or ended else "in_progress"
    row.notes.append(f"unknown status “{text[:40]}”: imported as {status.replace('_', ' ')}")
    return status


def _date(row: Row, told: Told, status: str, resolution: str, found: datetime | None) -> None:
    """Sets the times that fit the status. Others are from before the issue was reopened, and are left out."""
    closed = status in CLOSED
    ended = told.time("ended_at", found)
    fixed = told.time("fixed_at", found) or ended if resolution == "fixed" or status in ("fixed", "verified") else None
    row.values |= {
        "status": status,
        "resolution": resolution,
        "fixed_at": fixed,
        "closed_at": (told.time("closed_at", fixed or found) or ended) if closed else None,
    }
    if "triaged_at" in told.mapped:
        row.values["triaged_at"] = told.time("triaged_at", found) if status != "new" else None
    if "verified_at" in told.mapped:
        row.values["verified_at"] = told.time("verified_at", fixed) if fixed and status != "fixed" else None
    if closed and not row.values["closed_at"]:
        row.notes.append("closed without a date")


# --- Incidents of other tools -------------------------------------------------------------------------------------------

ENDED = ("restored", "closed")
PUT_ASIDE = ("cancelled", "duplicate")
# Only matches the start of a title, since an outage after maintenance is a real incident.
NOT_REAL = re.compile(
    r"\W*(?:(?P<maintenance>(?:scheduled|planned) maintenance|maintenance\s*[\]:]|wartung\s*[\]:])"
    r"|(?:exercise|drill|fire drill|game ?day|übung)\s*[\]:])",
    re.IGNORECASE,
)


def live_incident(row: Row, told: Told) -> None:
    """An incident from another tool. A detection before the start is moved to the start.

    A start after the end is the time of a late entry, so the start is unknown. Steps in between are kept if they are in
    order. Raises `NotWanted` for a closed incident without an end.
    """
    values, keys = row.values, told.keys
    values |= {name: key for name, key in keys.items() if name not in ("status", "severity", "kind", "customer_impacted")}
    _classify(row, told)
    detected, started = _found(row, told, "detected_at"), told.time("started_at")
    began = started or detected
    restored, closed = told.time("restored_at", began), told.time("closed_at", began)
    status = _incident_status(row, told, restored, closed)
    if status in ENDED and not restored:
        if not closed and not row.problems:
            raise NotWanted("closed, but the file does not say when it ended")
        if closed:
            row.notes.append("no restore time: the closing time is used")
        restored = closed
    if started and restored and started > restored:
        row.notes.append("the start is after the end: start unknown")
        started = None
    if detected and started and started > detected:
        detected = started
    steps = {"acknowledged_at": told.time("acknowledged_at", detected), "mitigated_at": told.time("mitigated_at", began)}
    _date_incident(row, told, status, (started, detected, restored, closed), steps)


def _classify(row: Row, told: Told) -> None:
    """Sets severity, kind and customer impact. Planned work and exercises never count in measures."""
    keys = told.keys
    if keys.get("severity"):
        row.values["severity"] = keys["severity"]
    else:
        row.defaults["severity"] = "SEV3"
    planned = told.said.get("scheduled_for") or plain(told.said.get("severity", "")) == "maintenance"
    if planned or keys.get("kind"):
        row.values["kind"] = "maintenance" if planned else keys["kind"]
    elif match := NOT_REAL.match(told.said.get("title", "")):
        row.defaults["kind"] = kind = "maintenance" if match["maintenance"] else "exercise"
        row.notes.append(
            f"imported as {'planned maintenance' if kind == 'maintenance' else 'an exercise'} because of its title"
        )
    _impact(row, told)


def _incident_status(row: Row, told: Told, restored: datetime | None, closed: datetime | None) -> str:
    """The status; "" if the file has none. A restore time overrides a status that was not updated."""
    status, text = told.keys.get("status", ""), told.said.get("status", "")
    if status in PUT_ASIDE or (status == "closed" and restored):
        return status
    if restored:
        return "closed" if closed and not text else "restored"
    if text and not status:
        status = "restored" if closed else "active"
        row.notes.append(f"unknown status “{text[:40]}”: imported as {status}")
    return status or ("closed" if closed else "")


def _date_incident(
    row: Row,
    told: Told,
    status: str,
    ends: tuple[datetime | None, datetime | None, datetime | None, datetime | None],
    steps: dict[str, datetime | None],
) -> None:
    started, detected, restored, closed = ends
    began, (acknowledged, mitigated) = started or detected, steps.values()
    if not (acknowledged and detected and acknowledged >= detected):
        acknowledged = None
    if not (mitigated and began and mitigated >= began and (restored is None or mitigated <= restored)):
        mitigated = None
    if status == "triage" and acknowledged:
        status = "active"
    if status in ("triage", "active"):  # it got worse again after it was mitigated
        mitigated = None
    if status:
        row.values["status"] = status
    row.values |= {
        "started_at": started,
        "detected_at": detected,
        "acknowledged_at": acknowledged,
        "mitigated_at": mitigated,
    }
    if status or restored:
        row.values["restored_at"] = restored
    if "closed_at" in told.mapped:
        row.values["closed_at"] = closed if status == "closed" and closed and restored and closed >= restored else None
    _cancel_duplicate(row)


# --- Changes and deployments, which have no status ----------------------------------------------------------------------


def live_change_of_ours(row: Row, told: Told) -> None:
    _assisted(row, told)
    _found(row, told, "opened_at")
    row.values |= {name: told.time(name) for name in ("committed_at", "first_review_at", "merged_at") if name in told.mapped}


def live_change(row: Row, told: Told) -> None:
    """A change from another tool. Raises `NotWanted` if it was closed without a merge.

    Times out of order, such as that of a commit that was rewritten after the merge, are dropped.
    """
    _assisted(row, told)
    _drop_no_link(row)
    opened = _found(row, told, "opened_at")
    state, merged = told.keys.get("status"), told.time("merged_at", opened)
    if not merged and state == "merged":
        merged = told.time("ended_at", opened)
        if not merged and not row.problems:
            raise NotWanted("merged, but the file does not say when")
    if not merged and state == "abandoned":
        raise NotWanted("closed without a merge")
    if told.mapped & {"merged_at", "status"}:
        row.values["merged_at"] = merged
    if not merged:  # an open one has the commit of a trial merge
        row.values.pop("commit", None)
    committed, reviewed = told.time("committed_at"), told.time("first_review_at", opened)
    if committed and not (merged and committed > merged):
        row.values["committed_at"] = committed
    if reviewed and opened and reviewed >= opened:
        row.values["first_review_at"] = reviewed


def _assisted(row: Row, told: Told) -> None:
    if "ai_assisted" in told.keys:
        row.values["ai_assisted"] = told.keys["ai_assisted"] == "yes"


def _drop_no_link(row: Row) -> None:
    """Lists of people have texts in columns of links."""
    if not str(row.values.get("url", "")).startswith(("https://", "http://")):
        row.values.pop("url", None)


def live_deployment_of_ours(row: Row, told: Told) -> None:
    row.values |= told.keys
    _found(row, told, "finished_at")


def live_deployment(row: Row, told: Told) -> None:
    """A deployment from another tool. One without a result counts as succeeded, with a note."""
    _drop_no_link(row)
    live_deployment_of_ours(row, told)
    if "result" not in told.keys and "result" not in row.problems:
        row.notes.append("the file gives no result: imported as succeeded")


LIVES = {
    ("defects", True): live_defect_of_ours,
    ("defects", False): live_defect,
    ("incidents", True): live_incident_of_ours,
    ("incidents", False): live_incident,
    ("changes", True): live_change_of_ours,
    ("changes", False): live_change,
    ("deployments", True): live_deployment_of_ours,
    ("deployments", False): live_deployment,
    ("teams", False): live_as_told,
    ("people", False): live_as_told,
}
