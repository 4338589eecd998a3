"""How a change travels to production, and the services that run there."""

from pipeline.models.services import HTTP, Catalogue, Service, ServiceQuerySet
from pipeline.models.stages import Stage, StageQuerySet, stage_choices

__all__ = ["HTTP", "Catalogue", "Service", "ServiceQuerySet", "Stage", "StageQuerySet", "stage_choices"]
