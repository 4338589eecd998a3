"""Onboarding plans: ordered items with due days, assigned to roles, teams or people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Min, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from library.models import CheckAnswer, PageRead
from notifications.models import Notification
from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.ordered import Ordered
from qmportal.lib.wording import day_words
from scenarios.models import Attempt
from teams.models import Membership, Role, Team, User
from teams.permissions import can_see
from training.models.assignments import Assignment, ItemKind

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class AssignResult(NamedTuple):
    """The result of assigning a plan: how many people were chosen, and how many of them had everything already."""

    people: int
    had_it: int


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, user: AnyUser) -> PlanQuerySet:
        """Plans of the organisation, their teams and parent teams for managers; none for others."""
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.all()
        lineages = Team.objects.with_rows_for(user, Role.MANAGER).values_list("lineage", flat=True)
        near = {pk for lineage in lineages for pk in lineage}
        return self.filter(Q(team=None) | Q(team__in=near)) if near else self.none()

    def named_to(self, user: AnyUser) -> PlanQuerySet:
        """Plans whose name this person can see with an assignment: of the organisation, their teams and parent teams."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_admin else self.filter(Q(team=None) | Q(team__in=user.near))

    def in_use(self) -> PlanQuerySet:
        return self.filter(retired_at=None)

    def assign_automatic(self, now: datetime, only: User | None = None) -> int:
        """Assigns automatic plans to everyone in the audience who never had them (or to `only`). Returns how many people.

        Safe to repeat. Runs when someone joins a team, and every five minutes for other changes, such as a moved team.
        """
        given = 0
        for plan in self.in_use().filter(automatic=True).exclude(items=None):
            had = Assignment.objects.filter(plan=plan).values("user")
            meant = plan.people().filter(pk=only.pk) if only else plan.people()
            people = list(meant.exclude(pk__in=had))
            if people:
                handed = plan.assign(people, now=now, team=plan.team)
                given += handed.people - handed.had_it
        return given


@tracked()
class Plan(models.Model):
    """An onboarding plan: ordered items with due days, for a role, a team or chosen people."""

    name = models.CharField(max_length=120)
    description = models.TextField(max_length=2_000, blank=True)
    team = models.ForeignKey(
        Team,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="plans",
        help_text="The team and its sub-teams.",
    )
    role = models.CharField(max_length=10, choices=Role, blank=True)
    automatic = models.BooleanField(
        "Assign automatically",
        default=False,
        help_text="To everyone with this role who has not had the plan, and to people who join later.",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("training:plan", args=[self.pk])

    def audience_for(self, user: AnyUser) -> str:
        """Who it is for, in words. A parent team that is hidden from this person is not named."""
        role = f"{self.get_role_display()}s" if self.role else "Everyone"
        if self.team is None:
            return f"{role} in the organisation"
        return f"{role} in {self.team}" if can_see(user, self.team) else f"{role} in a parent team"

    def people(self) -> models.QuerySet[User]:
        """The audience: active members of the team and its sub-teams with the role."""
        teams = Team.objects.descendants_of(self.team) if self.team else Team.objects.all()
        members = Membership.objects.filter(team__in=teams.filter(archived_at=None))
        members = members.filter(role=self.role) if self.role else members
        return User.objects.filter(pk__in=members.values("user"), is_active=True)

    @transaction.atomic
    def assign(
        self,
        people: Collection[User],
        *,
        now: datetime,
        by: User | None = None,
        team: Team | None = None,
        again: bool = False,
    ) -> AssignResult:
        """Assigns the items that people don't have yet, and notifies them.

        Items that someone completed unassigned are marked as done. `again` assigns everything once more: a refresher.
        The plan is locked, so a double click doesn't assign twice.
        """
        Plan.objects.select_for_update(of=("self",)).get(pk=self.pk)
        items = list(self.items.all())
        # Assignments from a team that is hidden from `by` don't count: they would reveal it.
        known = Assignment.objects.visible_to(by) if by else Assignment.objects.all()
        known = known.filter(user__in=people, withdrawn_at=None)
        known = known.filter(done_at=None) if again else known
        have = set(known.values_list("user_id", "kind", "ref"))
        learnt = {} if again else earliest_success([person.pk for person in people])
        rows = [
            Assignment(
                user=person,
                kind=item.kind,
                ref=item.ref,
                plan=self,
                team=team,
                position=item.position,
                assigned_by=by,
                assigned_at=now,
                due_on=local_day(now) + timedelta(days=item.due_days),
                done_at=learnt.get((person.pk, item.kind, item.ref)),
            )
            for person in people
            for item in items
            if (person.pk, item.kind, item.ref) not in have
        ]
        Assignment.objects.bulk_create(rows, ignore_conflicts=True)
        asked = {row.user: row.due_on for row in sorted(rows, key=lambda row: row.due_on, reverse=True) if not row.done_at}
        people_due = defaultdict(list)
        for person, first_due in asked.items():
            people_due[first_due].append(person)
        for first_due, them in people_due.items():
            self._tell(them, first_due, now)
        return AssignResult(len(people), len(people) - len(asked))

    def _tell(self, people: list[User], first_due: date, now: datetime) -> None:
        Notification.objects.tell_all(
            people,
            key=f"plan-{self.pk}-{now:%Y%m%d%H%M%S%f}",
            kind="training",
            subject=f"You have new training: {self}",
            body=f"{self.description}\n\nThe first item is due on {day_words(first_due)}.".strip(),
            url=reverse("training:mine"),
            teams=[self.team_id] if self.team_id else [],
        )


def earliest_success(people: Collection[int]) -> dict[tuple[int, str, str], datetime]:
    """When each person first passed a scenario, answered a check correctly or read a page. Three queries."""
    graded = Attempt.objects.graded().filter(Q(passed=True) | Q(credited=True), user__in=people)
    # An attempt in progress when its version was voided is credited without a finish time.
    passed_at = Min(Coalesce("finished_at", "reset_at"))
    found = (
        (ItemKind.SCENARIO, graded.values_list("user", "version__scenario__slug").annotate(first=passed_at)),
        (
            ItemKind.CHECK,
            CheckAnswer.objects.filter(user__in=people, right=True)
            .values_list("user", "check_id")
            .annotate(first=Min("at")),
        ),
        (ItemKind.PAGE, PageRead.objects.filter(user__in=people).values_list("user", "page", "at")),
    )
    return {(user, kind, ref): at for kind, rows in found for user, ref, at in rows.order_by()}


@tracked()
class PlanItem(Ordered):
    """One scenario, check or page of a plan."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=8, choices=ItemKind)
    ref = models.CharField(max_length=60, help_text="A scenario's slug, a check's id or a page's slug.")
    due_days = models.PositiveSmallIntegerField(
        "Due after",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="Days after it was assigned.",
    )

    class Meta:
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "ref"],
                name="plan_item_once",
                violation_error_message="This is already in the plan.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.ref}"

    def siblings(self) -> models.QuerySet[PlanItem]:
        return PlanItem.objects.filter(plan=self.plan_id)
