"""Actions: what a team does so that an incident doesn't come back, and whether it helped."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Least, TruncDate
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse

from incidents.models.incident import Incident
from notifications.access import managers_of
from notifications.models import Notification
from qmportal.lib.days import Window, local_day, organisation_zone
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf
from qmportal.lib.wording import day_words
from records.models import Record, RecordQuerySet
from records.moves import REASON, Life, Move
from records.rules import FILED_HERE, ONLY_HTTP, Order, Rule, has_no_time, needs_time
from records.timeline import UNDO
from teams.models import Team, User
from teams.permissions import is_member

KIND = "action"
STAYS = "An action of a members-only team stays there, and can't be given to one."


class Status(models.TextChoices):
    OPEN = "open", "Open"
    IN_PROGRESS = "in_progress", "In progress"
    DONE = "done", "Done"
    DROPPED = "dropped", "Dropped"


TO_DO = (Status.OPEN, Status.IN_PROGRESS)
OVER = (Status.DONE, Status.DROPPED)

LIFE = Life(
    first=Status.OPEN,
    moves=(
        Move(
            *("start", "Start", "in progress", (Status.OPEN,), Status.IN_PROGRESS),
            stamps=("begun_at",),
            claims="owner",
        ),
        Move(
            *("finish", "Mark as done", "done", TO_DO, Status.DONE),
            stamps=("closed_at",),
            claims="owner",
        ),
        Move("drop", "Drop", "dropped", TO_DO, Status.DROPPED, stamps=("closed_at",), needs=(REASON,)),
        Move(
            *("fail", "Did not work", "open again, because it did not work", (Status.DONE,), Status.OPEN),
            clears=("begun_at", "closed_at"),
            sets={"effect": "failed"},
            needs=(REASON,),
        ),
        Move(
            *("reopen", "Reopen", "open again", OVER, Status.OPEN),
            clears=("begun_at", "closed_at", "effect"),
            needs=(REASON,),
        ),
    ),
    reached_by=(("closed_at", Status.DONE), ("begun_at", Status.IN_PROGRESS)),
)

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)
RULES = (
    Order("begun_at", "closed_at", "An action cannot be done or dropped before it is started."),
    has_no_time(*("begun_at", Status.OPEN), sentence="Nobody has started this action yet. Use Start to add this time."),
    has_no_time(*("closed_at", *TO_DO), sentence="This action is not finished yet. Use “Mark as done” to add this time."),
    needs_time(
        *("closed_at", *OVER),
        sentence="An action that is done or dropped has the time when it was. To open it again, use Reopen.",
    ),
    Rule(
        "due_on_a_usual_day",
        "due_on",
        lambda row: row.due_on is None or FIRST_DAY <= row.due_on <= LAST_DAY,
        Q(due_on__range=(FIRST_DAY, LAST_DAY)),
        "Enter a due date from 2000 to 2100.",
    ),
    Rule(
        "owner_team_is_another",
        "owner_team",
        lambda row: row.owner_team_id is None or row.owner_team_id != row.team_id,
        Q(owner_team=None) | ~Q(owner_team=F("team")),
        "This is the team of the action. Leave it empty.",
    ),
    Rule(
        "evidence_is_a_link",
        "evidence",
        lambda row: row.evidence == "" or row.evidence.startswith(("https://", "http://")),
        Q(evidence="") | Q(evidence__startswith="https://") | Q(evidence__startswith="http://"),
        ONLY_HTTP,
    ),
)


class ActionQuerySet(RecordQuerySet["Action"]):
    def within_reach_of(self, user: Any) -> ActionQuerySet:
        """Also actions that a team of the person does for another one, as long as the person may know that team."""
        if not user.is_authenticated or user.is_admin:
            own: ActionQuerySet = super().within_reach_of(user)
            return own
        reach = user.reach_of_rows
        handed_over = Q(AnyOf("owner_team", reach), team__in=Team.objects.visible_to(user).values("pk"))
        return self.filter(Q(AnyOf("team", reach)) | handed_over)

    def of(self, teams: Collection[int]) -> ActionQuerySet:
        """Actions of these teams, and those that they do for others."""
        return self.filter(Q(team__in=teams) | Q(owner_team__in=teams))

    def done_by(self, teams: Collection[int]) -> ActionQuerySet:
        """Actions that these teams do. Each action is done by one team."""
        return self.filter(Q(owner_team__in=teams) | Q(owner_team=None, team__in=teams))

    def as_shown_beside(self) -> ActionQuerySet:
        """Loads only what the pages of an incident and a review show."""
        theirs = ("owner__name", "owner__email", "owner_team__name", "owner_team__members_only")
        rows = self.select_related("owner", "owner_team")
        return rows.only("incident", "reference", "title", "status", "due_on", *theirs)

    def to_do(self) -> ActionQuerySet:
        return self.filter(status__in=TO_DO)

    def overdue(self, today: date) -> ActionQuerySet:
        return self.to_do().filter(due_on__lt=today)

    def to_check(self, now: datetime) -> ActionQuerySet:
        """Done long enough ago to tell whether they helped, and not checked since. (A failed one was done again.)"""
        done = self.alive().filter(status=Status.DONE, incident__isnull=False).exclude(effect=Action.Effect.WORKED)
        return done.filter(closed_at__lte=now - Action.CHECKED_AFTER)

    def figures(self, window: Window, today: date) -> dict[str, int]:
        """What there is to do, what was done in the window and how much of it on time, and how much ever worked or failed.

        Whether an action worked is known 30 days after it was done. One that failed is open again, so it has no window.
        """
        done = Q(status=Status.DONE, closed_at__gte=window.start, closed_at__lt=window.end)
        day = TruncDate("closed_at", tzinfo=organisation_zone())
        return self.alive().aggregate(
            to_do=Count("pk", filter=Q(status__in=TO_DO)),
            overdue=Count("pk", filter=Q(status__in=TO_DO, due_on__lt=today)),
            done=Count("pk", filter=done),
            on_time=Count("pk", filter=done & Q(LessThanOrEqual(day, F("due_on")))),
            worked=Count("pk", filter=Q(effect=Action.Effect.WORKED)),
            failed=Count("pk", filter=Q(effect=Action.Effect.FAILED)),
        )

    def with_recurrences(self, now: datetime) -> ActionQuerySet:
        """Adds how often the problem occurred before and after the action was first done, and how long was looked at.

        Up to `MEASURED` on each side. NULL without an incident, and until the action has been done.
        """
        began = Incident.objects.alive().filter(team=OuterRef("incident__team")).order_by("detected_at")
        first = Least("incident__team__created_at", Subquery(began.values("detected_at")[:1]))
        measured = Action.MEASURED
        same = Incident.objects.counted().filter(same_problem(), team=OuterRef("incident__team"))
        before = same.filter(detected_at__lt=OuterRef("tried"), detected_at__gte=OuterRef("tried") - measured)
        after = same.filter(
            detected_at__gte=OuterRef("tried"), detected_at__lt=Least(OuterRef("tried") + measured, Value(now))
        )
        looked_back = ExpressionWrapper(F("tried") - first, DurationField())
        looked_on = ExpressionWrapper(Value(now) - F("tried"), DurationField())
        was_tried = Q(tried__isnull=False, incident__isnull=False)
        return self.annotate(tried=TRIED).annotate(
            before=Case(When(was_tried, then=number_of(before))),
            before_time=Case(When(was_tried, then=Least(looked_back, Value(measured)))),
            after=Case(When(was_tried, then=number_of(after))),
            after_time=Case(When(was_tried, then=Least(looked_on, Value(measured)))),
        )

    def recurrence_figures(self, now: datetime) -> dict[str, Any]:
        """The sums of `with_recurrences` over the actions that were first done in the last year, but not just now."""
        rows = self.alive().annotate(tried=TRIED).filter(incident__isnull=False)
        rows = rows.filter(tried__gte=now - Action.YEAR, tried__lte=now - Action.CHECKED_AFTER)
        return rows.with_recurrences(now).aggregate(
            actions=Count("pk"),
            recurred_before=Sum("before"),
            recurred_after=Sum("after"),
            looked_back=Sum("before_time"),
            looked_on=Sum("after_time"),
        )

    def check_effects(self, now: datetime) -> int:
        """Checks the actions that are due for it. Returns how many."""
        rows = list(self.to_check(now).select_related("team", "owner_team", "incident", "owner"))
        for action in rows:
            action.check_effect(now)
        return len(rows)

    def remind(self, now: datetime) -> int:
        """Tells owners a day before an action is due, and when it is overdue: once each. Safe to repeat."""
        today = local_day(now)
        rows = self.alive().to_do().filter(due_on__lte=today + timedelta(days=1), team__archived_at=None)
        for action in rows.select_related("team", "owner_team", "owner"):
            action.remind(today)
        return rows.count()


@tracked()
class Action(Record):
    """One thing to do, for a team and perhaps one person. `due_on` has a default by kind."""

    REFERENCE_KIND = "ACT"

    Status = Status
    LIFE, RULES = LIFE, RULES
    TO_DO = TO_DO
    # How long a problem must stay away.
    CHECKED_AFTER = timedelta(days=30)
    # How long before and after it was done recurrences are counted, and over which actions they are added up.
    MEASURED, YEAR = timedelta(days=90), timedelta(days=365)
    duplicate_of_id = None

    class Kind(models.TextChoices):
        CORRECTIVE = "corrective", "Corrective"
        PREVENTIVE = "preventive", "Preventive"
        DETECTIVE = "detective", "Detective"
        PROCESS = "process", "Process"

    class Effect(models.TextChoices):
        WORKED = "worked", "Worked"
        FAILED = "failed", "Did not work"

    # What an edit of many can change.
    BULK = ("kind", "owner", "due_on")
    DUE_IN: ClassVar[dict[str, timedelta]] = {Kind.CORRECTIVE: timedelta(days=1)}
    DUE_IN_OTHERWISE = timedelta(days=7)

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="actions")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CORRECTIVE)
    details = models.TextField(max_length=20_000, blank=True)
    incident = models.ForeignKey(Incident, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions"
    )
    # A team that does it for the action's own team. Its members see the action and work on it too.
    owner_team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="actions_for_others",
        verbose_name="team that does it",
    )
    due_on = models.DateField("due", null=True, blank=True)
    status = models.CharField(max_length=11, choices=Status, default=Status.OPEN)
    begun_at = models.DateTimeField("started", null=True, blank=True)
    closed_at = models.DateTimeField("done or dropped", null=True, blank=True)
    # When it was first done. A failed action is open again, and still counts from then.
    tried_at = models.DateTimeField("first done", null=True, blank=True, editable=False)
    evidence = models.CharField(max_length=500, blank=True)
    effect = models.CharField(max_length=6, choices=Effect, blank=True, editable=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    objects = ActionQuerySet.as_manager()

    ROOM_FOR_TITLE = "details"
    TIMES = ("begun_at", "closed_at")
    OTHER_TEAMS = ("owner_team",)
    CSV_EXPRESSIONS = {
        "owner_team": Case(When(owner_team__members_only=False, then=F("owner_team__slug")), default=Value("")),
    }
    CSV_COLUMNS = (
        *("reference", "title", "team__slug", "kind", "status", "owner__email", "owner_team", "due_on", *TIMES),
        *("effect", "evidence", "details"),
    )

    class Meta:
        ordering = ["due_on", "-id"]
        indexes = [
            models.Index(fields=["team", "due_on"], name="action_team_due"),
            models.Index(fields=["due_on"], condition=Q(status__in=["open", "in_progress"]), name="action_to_do"),
            GinIndex(fields=["title"], opclasses=["gin_trgm_ops"], name="action_title_words"),
        ]
        constraints = [
            *(rule.constraint("action") for rule in RULES),
            models.UniqueConstraint(fields=["external_id"], condition=Q(source=FILED_HERE), name="action_submission_unique"),
        ]

    def begin(self, status: str = "", *, at: datetime | None) -> None:
        """Also sets the usual due date of its kind, if none is given."""
        super().begin(status, at=at)
        if at and self.due_on is None:
            self.due_on = local_day(at) + self.DUE_IN.get(self.kind, self.DUE_IN_OTHERWISE)

    def get_absolute_url(self) -> str:
        return reverse("actions:detail", args=[self.reference])

    def _go_to(self, status: str, at: datetime, before: dict[str, Any], said: dict[str, Any]) -> None:
        if status == Status.DONE and self.tried_at is None:
            self.tried_at = self.closed_at
        elif said["move"] == UNDO and self.tried_at and before["closed_at"] == self.tried_at.isoformat():
            self.tried_at = None
        super()._go_to(status, at, before, said)

    @property
    def is_duplicate(self) -> bool:
        return False

    @property
    def teams(self) -> list[Team]:
        return [self.owner_team, self.team] if self.owner_team else [self.team]

    def problems(self, now: datetime) -> dict[str, str]:
        """An action isn't handed over if its page would name a members-only team to people of another one."""
        problems = super().problems(now)
        if self.owner_team and any(team.members_only for team in self.teams):
            problems.setdefault("owner_team", STAYS)
        return problems

    @property
    def is_to_do(self) -> bool:
        return self.status in TO_DO

    @property
    def done_by(self) -> str:
        """The person, else the other team that does it. A team that became members-only since is not named."""
        if self.owner or self.owner_team is None:
            return str(self.owner or "")
        return "Another team" if self.owner_team.members_only else self.owner_team.name

    def is_overdue(self, today: date) -> bool:
        return self.is_to_do and self.due_on is not None and self.due_on < today

    def recurrences(self) -> list[Incident]:
        """Counted incidents of the same team with the same problem, in the 30 days after the action was done."""
        before, done = self.incident, self.closed_at
        if before is None or done is None:
            return []
        after = Incident.objects.counted().filter(team=before.team_id, detected_at__gte=done).exclude(pk=before.pk)
        rows = after.filter(detected_at__lt=done + self.CHECKED_AFTER).order_by("detected_at", "id")
        return [incident for incident in rows if is_same_problem(before, incident)]

    @transaction.atomic
    def check_effect(self, now: datetime) -> None:
        """Whether the problem stayed away. If it came back, the action is open again and its owner is told."""
        found = self.recurrences()
        if not found:
            self.effect = self.Effect.WORKED
            self.save(update_fields=["effect"])
            return
        came_back = ", ".join(incident.reference for incident in found[:3])
        done = local_day(self.closed_at) if self.closed_at else None
        self.make("fail", by=None, at=now, note=f"It came back within {self.CHECKED_AFTER.days} days: {came_back}.")
        self._tell(f"failed-{done}", f"Did not work: {self.title}", f"{self.status_reason} {self.reference} is open again.")

    def remind(self, today: date) -> None:
        if self.due_on and self.is_overdue(today):
            self._tell(f"overdue-{self.due_on}", f"Overdue since {day_words(self.due_on)}: {self.title}", str(self.team))
        elif self.due_on:
            self._tell(f"due-{self.due_on}", f"Due on {day_words(self.due_on)}: {self.title}", str(self.team))

    def _tell(self, event: str, subject: str, body: str) -> None:
        """Notifies the owner or, if nobody owns it, the managers of the team that does it."""
        doing = self.teams[0]
        people: list[User] = [self.owner] if self.owner else list(managers_of(doing))
        known = self.team if self.owner and not is_member(self.owner, doing) else doing
        Notification.objects.tell_all(
            people,
            key=f"{KIND}-{self.pk}-{event}",
            kind=KIND,
            subject=subject,
            body=body,
            url=self.get_absolute_url(),
            teams=[known.pk],
        )


def is_same_problem(before: Incident, after: Incident) -> bool:
    """Reported as its recurrence, or caused by the same defect; or a service in common, unless another stage should have
    caught it.
    """
    if after.recurrence_of_id == before.pk:
        return True
    if before.caused_by_defect_id and before.caused_by_defect_id == after.caused_by_defect_id:
        return True
    stages = {before.should_have_caught_id, after.should_have_caught_id} - {None}
    return len(stages) < 2 and bool(_services(before) & _services(after))


class NamesInCommon(Func):
    """Whether two comma-separated texts have a name in common."""

    template = "%(expressions)s"
    arg_joiner = " && "
    output_field = BooleanField()

    def __init__(self, *texts: Any):
        super().__init__(*(Func(text, template=self._NAMES, output_field=TextField()) for text in texts))

    _NAMES = r"string_to_array(NULLIF(regexp_replace(lower(btrim(%(expressions)s)), '\s*,\s*', ',', 'g'), ''), ',')"


def same_problem() -> Q:
    """Like `is_same_problem`, for incidents in a subquery of actions."""
    stage = Coalesce(OuterRef("incident__should_have_caught"), F("should_have_caught"))
    service = Q(services__overlap=OuterRef("incident__services")) | Q(
        NamesInCommon("other_services", OuterRef("incident__other_services"))
    )
    same_stage = Q(should_have_caught=None) | Q(should_have_caught=stage)
    linked = Q(recurrence_of=OuterRef("incident")) | Q(caused_by_defect=OuterRef("incident__caused_by_defect"))
    return Q(pk=OuterRef("incident")) | linked | (service & same_stage)


def number_of(rows: QuerySet[Any]) -> Coalesce:
    """How many rows a subquery finds."""
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted), 0)


TRIED = Coalesce("tried_at", Case(When(status=Status.DONE, then=F("closed_at"))))


def _services(incident: Incident) -> set[int | str]:
    names = (part.strip().casefold() for part in incident.other_services.split(","))
    return {*incident.services, *filter(None, names)}
