"""How a change travels to production."""

from pipeline.models.changes import Change, Deployment
from pipeline.models.limits import ReviewLimits
from pipeline.models.practices import NOTHING, Adoption, Coverage, Practice
from pipeline.models.services import HTTP, Catalogue, Service, ServiceQuerySet
from pipeline.models.stages import EscapeReason, Stage, StageQuerySet, offered_stages, stage_choices

__all__ = [
    "HTTP",
    "NOTHING",
    "Adoption",
    "Catalogue",
    "Change",
    "Coverage",
    "Deployment",
    "EscapeReason",
    "Practice",
    "ReviewLimits",
    "Service",
    "ServiceQuerySet",
    "Stage",
    "StageQuerySet",
    "offered_stages",
    "stage_choices",
]
