"""Assigned training: what a person has to do, and by when."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from qmportal.lib.history import tracked
from qmportal.lib.wording import day_words
from teams.models import Membership, Role, Team, User
from training.kinds import ItemKind

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def open(self) -> AssignmentQuerySet:
        return self.filter(done_at=None, withdrawn_at=None)

    def visible_to(self, user: AnyUser) -> AssignmentQuerySet:
        """The user's own, and those of members of teams they manage, except assignments by teams they cannot see."""
        managed = Team.objects.with_rows_for(user, Role.MANAGER)
        of_members = Q(user__in=Membership.objects.filter(team__in=managed).values("user"))
        if user.is_authenticated and not user.is_admin:
            of_members &= Q(team=None) | Q(team__members_only=False) | Q(team__in=user.near)
        return self.filter(Q(user=user.pk) | of_members)

    def overdue(self, today: date) -> AssignmentQuerySet:
        return self.open().filter(due_on__lt=today)

    def not_closed(self, today: date) -> list[Assignment]:
        """Those that can be done on this day."""
        rows = Assignment.objects.open().filter(user=OuterRef("user"), plan=OuterRef("plan"))
        first = Coalesce(Subquery(rows.order_by("position").values("position")[:1]), 0)
        firsts = dict(self.annotate(first=first).values_list("pk", "first"))
        return [each for each in self if not each.closed_until(today, firsts[each.pk])]

    def by_ref(self) -> dict[str, Assignment]:
        """The assignment that is due first, by ref."""
        return {row.ref: row for row in self.order_by("-due_on", "-id")}

    def refs(self) -> set[str]:
        """What is assigned, by ref."""
        return set(self.order_by().values_list("ref", flat=True).distinct())

    def of_item(self, user: User, kind: str, ref: str) -> AssignmentQuerySet:
        """The person's open assignments of this item."""
        return self.open().filter(user=user, kind=kind, ref=ref)


@tracked()
class Assignment(models.Model):
    """One item that one person has to do by a date. `done_at` is set when it is passed or read.

    `team` assigned it; None is the organisation. Two teams that cannot see each other can assign the same item.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=8, choices=ItemKind)
    ref = models.CharField(max_length=60)
    plan = models.ForeignKey("Plan", on_delete=models.SET_NULL, null=True, blank=True, related_name="assignments")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="assignments")
    position = models.PositiveSmallIntegerField(default=0)
    opens_on = models.DateField(null=True, blank=True)
    in_order = models.BooleanField(default=False)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    assigned_at = models.DateTimeField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    # For a to-do item that a colleague confirms: since when who is asked, and who confirmed it in the end.
    claimed_at = models.DateTimeField(null=True, blank=True)
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="training_checks"
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "ref", "team"],
                condition=Q(done_at=None, withdrawn_at=None),
                nulls_distinct=False,
                name="assignment_open_once",
                violation_error_message="This person already has this to do.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.ref} by {self.due_on}"

    def first_open(self) -> int:
        """The first position of the same plan that the person still has to do."""
        rows = Assignment.objects.open().filter(user=self.user_id, plan=self.plan_id)
        return rows.aggregate(first=Min("position"))["first"] or 0

    def closed_until(self, today: date, first_open: int) -> str:
        """Why it can't be done yet, in words; empty if it can. `first_open`: the first position of the plan still to do."""
        if self.done_at:
            return ""
        if self.opens_on and today < self.opens_on:
            return f"Opens on {day_words(self.opens_on)}"
        return "Opens when the items before it are done" if self.in_order and first_open < self.position else ""
