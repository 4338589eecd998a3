"""Incidents, what was learned from them and what is done about it."""

from incidents.models.action import Action
from incidents.models.andon import AlreadyPulled, Cord
from incidents.models.incident import IN_SAMPLE, SAMPLED, Incident, IncidentQuerySet, Status, is_counted, lasts
from incidents.models.timeline import TimelineEntry, TimelinePin

__all__ = [
    "IN_SAMPLE",
    "SAMPLED",
    "Action",
    "AlreadyPulled",
    "Cord",
    "Incident",
    "IncidentQuerySet",
    "Status",
    "TimelineEntry",
    "TimelinePin",
    "is_counted",
    "lasts",
]
