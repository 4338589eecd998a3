"""Google Cloud: its status page as JSON (`incidents.json`)."""

from integrations.matching.nested import names
from integrations.matching.preset import Preset, Said


def prepare(said: Said) -> None:
    """Sets the status, which the file lacks: an incident without an end is active."""
    said["status"] = "restored" if said.get("restored_at") else "active"
    if products := names(said.get("services", "")):
        said["services"] = ", ".join(products)


INCIDENTS = Preset(
    kind="incidents",
    name="google_cloud",
    label="Google Cloud status (JSON)",
    columns={
        "external_id": ("id", "number"),
        "title": ("external_desc",),
        "started_at": ("begin",),
        "detected_at": ("created", "begin"),
        "restored_at": ("end",),
        "severity": ("severity",),
        "impact_kind": ("status_impact",),
        "services": ("affected_products", "service_name"),
        "team": ("team",),
    },
    marks=("external_desc", "status_impact", "most_recent_update.status", "affected_products"),
    words={"severity": {"high": "SEV1", "medium": "SEV2", "low": "SEV3"}},
    fills=("status",),
    prepare=prepare,
    hint="High, medium and low severity become SEV1 to SEV3.",
    steps=(
        "Open `https://status.cloud.google.com/incidents.json`.",
        "Save the page as a file.",
    ),
)
