"""The status page of Google Cloud (`incidents.json`)."""

from integrations.matching.nested import names
from integrations.matching.preset import Preset, Said


def prepare(said: Said) -> None:
    """Without an end an incident goes on."""
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
    hint="Severity high, medium and low are SEV1 to SEV3.",
)
