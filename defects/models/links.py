"""Links from a defect to other places: an issue in a tracker, a pull request, a support ticket."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from defects.models.defect import Defect
from pipeline.models import HTTP
from qmportal.lib.history import tracked
from records.rules import ONLY_HTTP

MOST_LINKS = 20


@tracked(found_by="defect")
class DefectLink(models.Model):
    """`title` is what people read; empty: the address."""

    defect = models.ForeignKey(Defect, on_delete=models.CASCADE, related_name="links")
    url = models.URLField("address", max_length=500, validators=[HTTP])
    title = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(url__startswith="https://") | Q(url__startswith="http://"),
                name="defect_link_is_http",
                violation_error_message=ONLY_HTTP,
            ),
            models.UniqueConstraint(
                fields=["defect", "url"],
                name="defect_link_once",
                violation_error_message="This defect already has this link.",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url
