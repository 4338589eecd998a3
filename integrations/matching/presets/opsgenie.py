"""Opsgenie: alerts as CSV."""

from __future__ import annotations

from contextlib import suppress

from integrations.matching.preset import Preset, Said


def prepare(said: Said) -> None:
    """Works out acknowledgement and end, which alerts give in milliseconds since their creation."""
    began = said.get("detected_at", "")
    for helper, name in (("ack_after", "acknowledged_at"), ("close_after", "restored_at")):
        after = said.pop(helper, "")
        if began.isdigit() and len(began) == 13 and name not in said:
            with suppress(ValueError, OverflowError):
                said[name] = str(int(began) + int(float(after)))


INCIDENTS = Preset(
    kind="incidents",
    name="opsgenie",
    label="Opsgenie alerts (CSV)",
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
    helpers=("ack_after", "close_after", "changed_at"),
    fills=("acknowledged_at", "restored_at"),
    prepare=prepare,
    hint="Leaves out closed alerts without a closing time, since their length is unknown.",
)
