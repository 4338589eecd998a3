"""How a change travels: the stages of the pipeline, in order; the last one is production."""

from django.db import models

from qmportal.lib.history import tracked


class StageQuerySet(models.QuerySet["Stage"]):
    def production(self) -> "StageQuerySet":
        """The stage whose finds count as escaped: the last in the pipeline."""
        return self.filter(position=models.Subquery(Stage.objects.order_by("-position").values("position")[:1]))


@tracked()
class Stage(models.Model):
    """A step on the way to users. `position` orders them from 1; defects found in the last one have escaped."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(unique=True)
    description = models.CharField(max_length=200, blank=True)

    objects = StageQuerySet.as_manager()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.name
