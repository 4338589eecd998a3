"""The kinds of items in training."""

from django.db import models


class ItemKind(models.TextChoices):
    """What can be assigned."""

    SCENARIO = "scenario", "Decision scenario"
    CHECK = "check", "Knowledge check"
    PAGE = "page", "Library page"
    TASK = "task", "To-do"
    MEET = "meet", "Introduction"


# A plan is made of these. Learning platforms link to one as to an item.
PLAN = "plan"
