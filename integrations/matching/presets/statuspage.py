"""Statuspage: its incidents as CSV."""

from integrations.matching.preset import Preset
from integrations.matching.words import IMPACT

INCIDENTS = Preset(
    kind="incidents",
    name="statuspage",
    label="Statuspage export",
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
    },
    marks=("impact", "monitoring_at", "shortlink", "incident_updates", "page_id"),
    words={"severity": IMPACT},
    says_also={"restored": "closed"},
    hint="A scheduled entry, or one whose impact is maintenance, is planned and never counts.",
)
