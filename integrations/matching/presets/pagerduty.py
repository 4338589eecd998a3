"""PagerDuty: an incident report as CSV, or incidents as JSON of the API."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from integrations.matching.nested import names
from integrations.matching.preset import Preset, Said


def prepare(said: Said) -> None:
    """Works out the acknowledgement, which reports give in seconds since the incident's creation, and the first team."""
    seconds, began = said.pop("seconds_to_ack", ""), said.get("detected_at", "")
    if seconds and "acknowledged_at" not in said:
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(began.replace(" UTC", "+00:00")) + timedelta(seconds=float(seconds))
            said["acknowledged_at"] = moment.isoformat()
    if said.get("team", "").startswith(("[", "{")):
        said["team"] = next(iter(names(said["team"])), "")


INCIDENTS = Preset(
    kind="incidents",
    name="pagerduty",
    label="PagerDuty incidents (CSV or JSON)",
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
        "severity": ("Priority", "Priority Name", "priority_name", "priority.summary", "Urgency"),
        "services": ("Service", "Service Name", "service_name", "service.summary"),
        "team": (
            *("Team", "Team Name", "team_name", "Teams", "Escalation Policy", "escalation_policy_name"),
            "escalation_policy.summary",
        ),
        "lead": ("assigned_user_names", "assigned_to_user_names", "Assigned To", "Assignee"),
        "seconds_to_ack": ("seconds_to_first_ack", "Seconds To First Ack", "Time To First Ack (seconds)"),
    },
    marks=(
        *("Incident Number", "incident_number", "seconds_to_first_ack", "Escalation Policy", "escalation_policy_name"),
        *("auto_resolved", "incident_key"),
    ),
    words={
        "status": {"triggered": "triage", "acknowledged": "active", "resolved": "restored"},
        "severity": {"high": "SEV2", "low": "SEV4"},
    },
    constants={"detection_source": "monitor"},
    helpers=("seconds_to_ack",),
    fills=("acknowledged_at",),
    prepare=prepare,
    hint="Reads acknowledgement times if the report has them.",
    steps=(
        "Open *Analytics*, then *Insights* and the *Incident Activity Report*. Its name may differ with your plan.",
        "Choose the dates.",
        "Download the table as CSV. Without analytics, save "
        "`https://api.pagerduty.com/incidents?date_range=all` with your API key.",
    ),
)
