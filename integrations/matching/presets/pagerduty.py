"""PagerDuty: an incident list or report as CSV."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from integrations.matching.preset import Preset, Said


def prepare(said: Said) -> None:
    """Works out the acknowledgement, which reports give in seconds since the incident's creation."""
    seconds, began = said.pop("seconds_to_ack", ""), said.get("detected_at", "")
    if seconds and "acknowledged_at" not in said:
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(began.replace(" UTC", "+00:00")) + timedelta(seconds=float(seconds))
            said["acknowledged_at"] = moment.isoformat()


INCIDENTS = Preset(
    kind="incidents",
    name="pagerduty",
    label="PagerDuty incidents (CSV)",
    columns={
        "external_id": ("Incident Number", "incident_number", "Number", "id", "Incident ID"),
        "title": ("Title", "Description", "Incident Title", "Summary"),
        "detected_at": (
            "Created",
            "Created On",
            "Created At",
            "created_on",
            "created_at",
            "Created At (UTC)",
            "Triggered At",
        ),
        "acknowledged_at": ("Acknowledged At", "First Acknowledged At"),
        "restored_at": ("Resolved", "Resolved On", "Resolved At", "resolved_on", "resolved_at", "Resolved At (UTC)"),
        "status": ("Status",),
        "severity": ("Priority", "Priority Name", "priority_name", "Urgency"),
        "services": ("Service", "Service Name", "service_name"),
        "team": ("Team", "Team Name", "team_name", "Teams", "Escalation Policy", "escalation_policy_name"),
        "seconds_to_ack": ("seconds_to_first_ack", "Seconds To First Ack", "Time To First Ack (seconds)"),
    },
    marks=("Incident Number", "incident_number", "seconds_to_first_ack", "Escalation Policy", "escalation_policy_name"),
    words={
        "status": {"triggered": "triage", "acknowledged": "active", "resolved": "restored"},
        "severity": {"high": "SEV2", "low": "SEV4"},
    },
    constants={"detection_source": "monitor"},
    helpers=("seconds_to_ack",),
    fills=("acknowledged_at",),
    prepare=prepare,
    hint="Reads acknowledgement times if the report has them.",
)
