"""Statuspage: incidents as JSON from the API, or as CSV with a column for each step."""

from integrations.matching.nested import names, objects
from integrations.matching.nested import said as text_of
from integrations.matching.preset import Preset, Said
from integrations.matching.words import IMPACT


def prepare(said: Said) -> None:
    """Reads the steps from the list of updates. Monitoring that went back to investigating does not count."""
    acknowledged = monitored = resolved = ""
    updates = objects(said.pop("updates", ""))
    for update in sorted(updates, key=lambda each: _when(each)):
        match text_of(update.get("status")):
            case "investigating":
                monitored = ""
            case "identified":
                acknowledged, monitored = acknowledged or _when(update), ""
            case "monitoring":
                acknowledged, monitored = acknowledged or _when(update), monitored or _when(update)
            case "resolved" | "completed":
                resolved = resolved or _when(update)
    for name, moment in (("acknowledged_at", acknowledged), ("mitigated_at", monitored), ("restored_at", resolved)):
        if moment:
            said.setdefault(name, moment)
    if said.get("services", "").startswith(("[", "{")):
        said["services"] = ", ".join(names(said["services"]))


def _when(update: dict[str, object]) -> str:
    return text_of(update.get("display_at")) or text_of(update.get("created_at"))


INCIDENTS = Preset(
    kind="incidents",
    name="statuspage",
    label="Statuspage incidents (JSON or CSV)",
    columns={
        "external_id": ("id",),
        "title": ("name",),
        "status": ("status",),
        "severity": ("impact",),
        "detected_at": ("created_at",),
        "started_at": ("started_at",),
        "acknowledged_at": ("identified_at",),
        "mitigated_at": ("monitoring_at",),
        "restored_at": ("resolved_at",),
        "scheduled_for": ("scheduled_for",),
        "services": ("components",),
        "team": ("team",),
        "updates": ("incident_updates",),
    },
    marks=("impact", "monitoring_at", "shortlink", "incident_updates", "page_id"),
    words={"severity": IMPACT},
    says_also={"restored": "closed"},
    helpers=("updates",),
    fills=("acknowledged_at", "mitigated_at", "restored_at"),
    prepare=prepare,
    hint="Entries that are scheduled or have the impact maintenance are planned work and never count.",
    steps=(
        "Add `/api/v2/incidents.json` to the address of your status page. It lists the latest 50 incidents.",
        "Save the page as a file. For all incidents, save "
        "`https://api.statuspage.io/v1/pages/PAGE/incidents` with your API key.",
    ),
)
