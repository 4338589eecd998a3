"""Opsgenie: alerts as JSON of the API, or as CSV."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from integrations.matching.preset import Preset, Said


def prepare(said: Said) -> None:
    """Works out acknowledgement and end, which alerts give in milliseconds since their creation."""
    began = _moment(said.get("detected_at", ""))
    for helper, name in (("ack_after", "acknowledged_at"), ("close_after", "restored_at")):
        after = said.pop(helper, "")
        if began and after and name not in said:
            with suppress(ValueError, OverflowError):
                said[name] = (began + timedelta(milliseconds=float(after))).isoformat()
    if said.pop("acked", "").lower() == "true" and said.get("status", "").lower() == "open":
        said["status"] = "acked"


def _moment(text: str) -> datetime | None:
    """The time of creation: milliseconds since 1970, or ISO as in the API."""
    with suppress(ValueError, OverflowError):
        if text.isdigit() and len(text) == 13:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        return datetime.fromisoformat(text)
    return None


INCIDENTS = Preset(
    kind="incidents",
    name="opsgenie",
    label="Opsgenie alerts (JSON or CSV)",
    columns={
        "external_id": ("AlertID", "Alert ID", "id", "TinyID", "Tiny ID"),
        "title": ("Message",),
        "detected_at": ("CreatedAt", "Created At", "CreatedAtDate", "Created At Date"),
        "acknowledged_at": ("AcknowledgedAt", "Acknowledged At"),
        "restored_at": ("ClosedAt", "Closed At"),
        "status": ("Status",),
        "severity": ("Priority",),
        "services": ("Entity",),
        "team": ("Team", "Teams", "OwnerTeams", "Owner Teams", "OwnerTeam"),
        "summary": ("Description",),
        "ack_after": ("Report.AckTime", "AckTime", "Ack Time"),
        "close_after": ("Report.CloseTime", "CloseTime", "Close Time"),
        "acked": ("Acknowledged",),
        "lead": ("Owner",),
        "changed_at": ("UpdatedAt", "Updated At"),
    },
    marks=("TinyID", "Tiny ID", "AlertID", "Alert ID", "IsSeen", "Is Seen", "Snoozed"),
    words={
        "status": {
            "open": "triage",
            "acked": "active",
            "acknowledged": "active",
            "closed": "closed",
            "resolved": "restored",
        },
        "severity": {"p1": "SEV1", "p2": "SEV2", "p3": "SEV3", "p4": "SEV4", "p5": "SEV4"},
    },
    constants={"detection_source": "monitor"},
    helpers=("ack_after", "close_after", "acked", "changed_at"),
    fills=("acknowledged_at", "restored_at", "status"),
    prepare=prepare,
    hint="Leaves out closed alerts without a closing time, since their length is unknown.",
    steps=(
        "Create an API key that can read alerts, in the settings of Opsgenie.",
        'Run `curl -H "Authorization: GenieKey $KEY" '
        '"https://api.opsgenie.com/v2/alerts?limit=100&offset=0" > alerts-1.json`.',
        "Run it again with `offset=100`, `200` and so on, and import each file.",
    ),
)
