"""Incidents, what was learned from them and what is done about it."""

from incidents.models.andon import AlreadyPulled, Cord
from incidents.models.incident import IN_SAMPLE, SAMPLED, Incident, IncidentQuerySet, Status, is_counted, lasts

__all__ = [
    "IN_SAMPLE",
    "SAMPLED",
    "AlreadyPulled",
    "Cord",
    "Incident",
    "IncidentQuerySet",
    "Status",
    "is_counted",
    "lasts",
]
