"""How a change travels to production."""

from pipeline.models.practices import NOTHING, Adoption, Coverage, Practice
from pipeline.models.services import HTTP, Catalogue, Service, ServiceQuerySet
from pipeline.models.stages import Stage, StageQuerySet, offered_stages, stage_choices

__all__ = [
    "HTTP",
    "NOTHING",
    "Adoption",
    "Catalogue",
    "Coverage",
    "Practice",
    "Service",
    "ServiceQuerySet",
    "Stage",
    "StageQuerySet",
    "offered_stages",
    "stage_choices",
]
