"""What a healthy review looks like. One row that admins edit."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models

from qmportal.lib.history import tracked


@tracked()
class ReviewLimits(models.Model):
    """The limits of a healthy review: a small change, a short review, enough reviewers."""

    most_lines = models.PositiveIntegerField("changed lines at most", default=400, validators=[MinValueValidator(1)])
    most_minutes = models.PositiveIntegerField("minutes of review at most", default=60, validators=[MinValueValidator(1)])
    least_reviewers = models.PositiveSmallIntegerField("reviewers at least", default=1, validators=[MinValueValidator(1)])

    class Meta:
        verbose_name_plural = "review limits"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1),
                name="review_limits_once",
                violation_error_message="There is one row of review limits.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.most_lines} lines, {self.most_minutes} minutes, {self.least_reviewers} reviewers"

    @classmethod
    def current(cls) -> ReviewLimits:
        """The row, or the defaults if nobody has changed them."""
        return cls.objects.first() or cls(pk=1)
