"""Incidents, what was learned from them and what is done about it."""

from incidents.models.action import Action
from incidents.models.andon import AlreadyPulled, Cord
from incidents.models.duty import DutyCalendar, OnDuty, on_duty
from incidents.models.impact import ImpactInterval
from incidents.models.incident import BULK, IN_SAMPLE, SAMPLED, Incident, IncidentQuerySet, Status, is_counted, lasts
from incidents.models.response import (
    LEAD,
    MOST_ROLES,
    IncidentTemplate,
    ResponsePlan,
    RoleHolder,
    assign_roles,
    roles_of,
    shown_roles,
    usual_roles,
)
from incidents.models.review import Cause, Comment, Review, ReviewPolicy, ReviewTemplate
from incidents.models.timeline import TimelineEntry, TimelinePin

__all__ = [
    "BULK",
    "IN_SAMPLE",
    "LEAD",
    "MOST_ROLES",
    "SAMPLED",
    "Action",
    "AlreadyPulled",
    "Cause",
    "Comment",
    "Cord",
    "DutyCalendar",
    "ImpactInterval",
    "Incident",
    "IncidentQuerySet",
    "IncidentTemplate",
    "OnDuty",
    "ResponsePlan",
    "Review",
    "ReviewPolicy",
    "ReviewTemplate",
    "RoleHolder",
    "Status",
    "TimelineEntry",
    "TimelinePin",
    "assign_roles",
    "is_counted",
    "lasts",
    "on_duty",
    "roles_of",
    "shown_roles",
    "usual_roles",
]
