"""How a change travels to production."""

from pipeline.models.stages import Stage, StageQuerySet, stage_choices

__all__ = ["Stage", "StageQuerySet", "stage_choices"]
