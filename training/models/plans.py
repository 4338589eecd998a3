"""Onboarding plans: ordered items with due days, assigned to roles, teams or people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Min, Q
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
from training.kinds import ItemKind
from training.models.assignments import Assignment
from training.models.titles import Titles

if TYPE_CHECKING:
    from teams.permissions import AnyUser

OPENS_TOO_LATE = "An item must open before it is due."


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
        """Plans that were started and not retired."""
        return self.filter(started_at__isnull=False, retired_at=None)

    def assign_automatic(self, now: datetime, only: User | None = None, plan: Plan | None = None) -> int:
        """Assigns automatic plans (or `plan`) to everyone in the audience who never had them (or to `only`).

        Returns how many people.

        Safe to repeat. Runs when someone joins a team, and every five minutes for other changes, such as a moved team.
        """
        given = 0
        plans = self.in_use().filter(automatic=True).exclude(items=None)
        for each in plans.filter(pk=plan.pk) if plan else plans:
            had = Assignment.objects.filter(plan=each).values("user")
            meant = each.people().filter(pk=only.pk) if only else each.people()
            people = list(meant.exclude(pk__in=had))
            if people:
                handed = each.assign(people, now=now, team=each.team)
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
    started_at = models.DateTimeField(null=True, blank=True, help_text="Until then it is a draft, and nobody gets it.")
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

    def add_item(self, kind: str, ref: str, *, due_days: int, opens_after: int = 0, in_order: bool = False) -> PlanItem:
        """Puts an item at the end."""
        item = PlanItem(plan=self, kind=kind, ref=ref, due_days=due_days, opens_after=opens_after, in_order=in_order)
        item.put_last()
        item.save()
        return item

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
            self._assignment(person, item, team_id=team.pk if team else None, by=by, now=now, learnt=learnt)
            for person in people
            for item in items
            if (person.pk, item.kind, item.ref) not in have
        ]
        Assignment.objects.bulk_create(rows, ignore_conflicts=True)
        if again:
            CheckAnswer.objects.ask_again(people, [i.ref for i in items if i.kind == ItemKind.CHECK], local_day(now))
        to_do = [row for row in rows if not row.done_at]
        self._tell(to_do, f"You have new training: {self}", by, now)
        return AssignResult(len(people), len(people) - len({row.user_id for row in to_do}))

    @transaction.atomic
    def start(self, by: User, now: datetime) -> bool:
        """Ends the draft. False if it has no items or was started before."""
        found = Plan.objects.select_for_update(of=("self",)).filter(pk=self.pk, started_at=None).exclude(items=None)
        if not found.update(started_at=now):
            return False
        if self.automatic:
            Plan.objects.assign_automatic(now, plan=self)
        return True

    @transaction.atomic
    def hand_on(self, item: PlanItem, *, now: datetime, by: User) -> int:
        """Assigns an item that was added later to everyone who holds the plan, and notifies them. Returns how many."""
        Plan.objects.select_for_update(of=("self",)).get(pk=self.pk)
        holders = Assignment.objects.filter(plan=self, withdrawn_at=None, user__is_active=True)
        teams = dict(holders.order_by("assigned_at").values_list("user", "team"))
        people = {person.pk: person for person in User.objects.filter(pk__in=teams)}
        given = Assignment.objects.filter(user__in=people, kind=item.kind, ref=item.ref, withdrawn_at=None)
        have = set(given.values_list("user_id", flat=True))
        learnt = earliest_success(list(people))
        rows = [
            self._assignment(people[pk], item, team_id=teams[pk], by=by, now=now, learnt=learnt)
            for pk in people
            if pk not in have
        ]
        Assignment.objects.bulk_create(rows, ignore_conflicts=True)
        to_do = [row for row in rows if not row.done_at]
        self._tell(to_do, f"Added to your training: {self}", by, now)
        return len(to_do)

    def _assignment(
        self,
        person: User,
        item: PlanItem,
        *,
        team_id: int | None,
        by: User | None,
        now: datetime,
        learnt: dict[tuple[int, str, str], datetime],
    ) -> Assignment:
        return Assignment(
            user=person,
            kind=item.kind,
            ref=item.ref,
            plan=self,
            team_id=team_id,
            position=item.position,
            assigned_by=by,
            assigned_at=now,
            opens_on=item.opens_on(local_day(now)),
            in_order=item.in_order,
            due_on=local_day(now) + timedelta(days=item.due_days),
            done_at=learnt.get((person.pk, item.kind, item.ref)),
        )

    def _tell(self, rows: list[Assignment], subject: str, by: User | None, now: datetime) -> None:
        """Notifies everyone who got something to do. People with the same items share one text."""
        titles = Titles()
        theirs: dict[User, list[Assignment]] = defaultdict(list)
        for row in rows:
            theirs[row.user].append(row)
        people: dict[tuple[tuple[str, str, date], ...], list[User]] = defaultdict(list)
        for person, mine in theirs.items():
            people[tuple((row.kind, row.ref, row.due_on) for row in mine)].append(person)
        for items, them in people.items():
            Notification.objects.tell_all(
                them,
                key=f"plan-{self.pk}-{now:%Y%m%d%H%M%S%f}",
                kind="training",
                subject=subject,
                body=_mail_text(titles, items, self.description, by),
                url=reverse("training:mine"),
                teams=[self.team_id] if self.team_id else [],
            )


def _mail_text(titles: Titles, items: Collection[tuple[str, str, date]], description: str, by: User | None) -> str:
    lines = [
        f"- {titles(kind, ref)}: {ItemKind(kind).label.lower()}, {titles.minutes(kind, ref)} min, due on {day_words(due_on)}"
        for kind, ref, due_on in items
    ]
    total = sum(titles.minutes(kind, ref) for kind, ref, _ in items)
    who = f"Assigned by {by}." if by else "Assigned automatically."
    return "\n\n".join(part for part in (description, "\n".join(lines), f"About {total} minutes in all. {who}") if part)


def earliest_success(people: Collection[int]) -> dict[tuple[int, str, str], datetime]:
    """When each person first passed a scenario, answered a check correctly or read a page. Three queries."""
    graded = Attempt.objects.graded().filter(Q(passed=True) | Q(credited=True), user__in=people)
    # An attempt in progress when its version was voided is credited without a finish time.
    passed_at = Min(Coalesce("finished_at", "reset_at"))
    found = (
        (ItemKind.SCENARIO, graded.values_list("user", "version__scenario__slug").annotate(first=passed_at)),
        (
            ItemKind.CHECK,
            CheckAnswer.objects.filter(user__in=people, right=True, counted=True)
            .values_list("user", "check_id")
            .annotate(first=Min("at")),
        ),
        (ItemKind.PAGE, PageRead.objects.filter(user__in=people).values_list("user", "page", "at")),
    )
    return {(user, kind, ref): at for kind, rows in found for user, ref, at in rows.order_by()}


@tracked()
class PlanItem(Ordered):
    """One scenario, check, page or task of a plan."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=8, choices=ItemKind)
    ref = models.CharField(max_length=60, help_text="A scenario's slug, a check's id, a page's slug or a task's number.")
    due_days = models.PositiveSmallIntegerField(
        "Due after",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="Days after it was assigned.",
    )
    opens_after = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(729)], help_text="Days after it was assigned; 0 for at once."
    )
    in_order = models.BooleanField("Only when the items before it are done", default=False)

    class Meta:
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "ref"],
                name="plan_item_once",
                violation_error_message="This is already in the plan.",
            ),
            models.CheckConstraint(
                condition=Q(opens_after__lt=F("due_days")),
                name="plan_item_opens_before_due",
                violation_error_message=OPENS_TOO_LATE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.ref}"

    def opens_on(self, assigned_on: date) -> date | None:
        """The day on which it opens; None for at once."""
        return assigned_on + timedelta(days=self.opens_after) if self.opens_after else None

    def siblings(self) -> models.QuerySet[PlanItem]:
        return PlanItem.objects.filter(plan=self.plan_id)
