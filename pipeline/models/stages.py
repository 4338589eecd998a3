"""The stages of the pipeline, in order; the last one is production."""

from django.core.cache import caches
from django.db import models

from qmportal.lib.history import tracked

KEPT_FOR_SECONDS = 60


class StageQuerySet(models.QuerySet["Stage"]):
    def production(self) -> "StageQuerySet":
        """The last stage. Defects found there count as escaped."""
        return self.filter(position=models.Subquery(Stage.objects.order_by("-position").values("position")[:1]))


@tracked()
class Stage(models.Model):
    """A stage of the pipeline. `position` starts at 1. Defects found in the last stage have escaped."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(unique=True)
    description = models.CharField(max_length=200, blank=True)

    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name


def stage_choices() -> list[tuple[str, str]]:
    """Slug and name of each stage in order. Cached, because they rarely change and every list and form needs them."""
    rows = Stage.objects.values_list("slug", "name")
    return caches["process"].get_or_set("stage-choices", lambda: [*rows], KEPT_FOR_SECONDS) or []
