"""Plan items that happen outside the portal: to-do items, and introductions to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.urls import reverse

from qmportal.lib.history import tracked
from records.intake import HTTP
from training.kinds import ItemKind
from training.models.assignments import Assignment, AssignmentQuerySet

if TYPE_CHECKING:
    from teams.models import User
    from teams.permissions import AnyUser


class Meet(models.TextChoices):
    """Whom an introduction is with. `training.introductions` finds the people."""

    MANAGER = "manager", "A manager of the team"
    INCIDENT_LEAD = "incident_lead", "The person who leads incidents"
    ON_CALL = "on_call", "The person on call"
    QUALITY_LEAD = "quality_lead", "A quality lead"


class TaskQuerySet(models.QuerySet["Task"]):
    def visible_to(self, user: AnyUser, plans: models.QuerySet[Any]) -> TaskQuerySet:
        """Those of `plans`, which the person can see, and those of people whose training they can see or check."""
        kinds = (ItemKind.TASK, ItemKind.MEET)
        rows = Assignment.objects.filter(kind__in=kinds, withdrawn_at=None)
        rows = rows.filter(Q(pk__in=Assignment.objects.visible_to(user).values("pk")) | Q(checker=user.pk))
        return self.filter(Q(plan__in=plans) | Q(pk__in=[int(ref) for ref in rows.refs()]))


@tracked()
class Task(models.Model):
    """A to-do item with a link or, with `meet`, an introduction to somebody."""

    plan = models.ForeignKey("Plan", on_delete=models.CASCADE, related_name="tasks")
    title = models.CharField(max_length=120)
    text = models.TextField("What to do", max_length=2_000, blank=True)
    link = models.URLField(max_length=500, blank=True, validators=[HTTP])
    meet = models.CharField("Introduction to", max_length=16, choices=Meet, blank=True)
    is_checked = models.BooleanField(
        "A colleague confirms it",
        default=False,
        help_text="The learner asks a colleague, who confirms it or sends it back.",
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("training:task", args=[self.pk])

    def assignments(self) -> AssignmentQuerySet:
        """Of all people, without those that were withdrawn."""
        return Assignment.objects.filter(kind=self.kind, ref=str(self.pk), withdrawn_at=None)

    def claims(self) -> AssignmentQuerySet:
        """Of people who have done it and wait for a colleague to confirm it."""
        return self.assignments().open().filter(claimed_at__isnull=False)

    def claims_for(self, user: User) -> AssignmentQuerySet:
        """Those that this person can confirm: the colleague who was asked, and the learner's managers."""
        theirs = Q(checker=user) | Q(pk__in=Assignment.objects.visible_to(user).values("pk"))
        return self.claims().filter(theirs).exclude(user=user).select_related("user")

    @property
    def kind(self) -> str:
        """What it is as an item of a plan."""
        return ItemKind.MEET if self.meet else ItemKind.TASK
