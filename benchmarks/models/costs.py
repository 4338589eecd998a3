"""How much more a fix in production costs. One row that admins edit."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from qmportal.lib.history import tracked


@tracked()
class EscapeCost(models.Model):
    """How many times more a fix in production costs than an earlier one. The organisation sets it."""

    ratio = models.PositiveSmallIntegerField(
        "cost ratio",
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many times as much a fix in production costs. 30 is often quoted, hard to trace.",
    )

    class Meta:
        verbose_name_plural = "escape cost"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pk=1),
                name="escape_cost_once",
                violation_error_message="There is one cost ratio.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.ratio} times"

    @classmethod
    def current(cls) -> EscapeCost:
        """The row, or the default if nobody has changed it."""
        return cls.objects.first() or cls(pk=1)
