"""The Andon cord: anyone can stop a team's line and say why. The team confirms, and releases it with what was learned."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Aggregate, Count, DurationField, F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from notifications.access import managers_of
from notifications.models import Notification
from pipeline.models import Service
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf
from qmportal.lib.versions import Versioned
from records.rules import Order, Rule, rule_problems
from teams.models import Team, User
from teams.permissions import is_member

if TYPE_CHECKING:
    from teams.permissions import AnyUser

KIND = "cord"
ALREADY_PULLED = "The cord is already pulled here. Tell the people who are on it what you know."
THANKS = "Thank you for pulling the cord. Stopping early costs little, and a false alarm is part of it."

RULES = (
    Order("raised_at", "confirmed_at", "A cord cannot be confirmed before it is pulled."),
    Order("raised_at", "released_at", "A cord cannot be released before it is pulled."),
    Order("confirmed_at", "released_at", "A cord cannot be released before it is confirmed."),
    Rule(
        "learned_when_released",
        "learned",
        lambda cord: cord.released_at is None or cord.false_alarm or cord.learned != "",
        Q(released_at=None) | Q(false_alarm=True) | ~Q(learned=""),
        "Say what you learned, or mark it as a false alarm.",
    ),
    Rule(
        "false_alarm_when_released",
        "false_alarm",
        lambda cord: cord.released_at is not None or not cord.false_alarm,
        Q(released_at__isnull=False) | Q(false_alarm=False),
        "Only a released cord can be a false alarm.",
    ),
)


class Median(Aggregate):
    """The median of a column of spans. Skips NULL."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


class StoppedLine(NamedTuple):
    """A cord that is pulled, for the banner of one person."""

    pk: int
    team: str
    reason: str  # empty for people who can't see the team's records
    service: str
    raised_at: datetime
    is_confirmed: bool
    is_mine: bool  # the person belongs to a team whose line is stopped
    slugs: frozenset[str]  # of the teams whose line is stopped
    keys: frozenset[str]  # that begin the references of these teams' records

    def stops(self, slug: str, reference: str) -> bool:
        """Whether this page is one of a stopped team: its own, or one of its records."""
        return slug in self.slugs or reference.partition("-")[0].upper() in self.keys


class CordQuerySet(models.QuerySet["Cord"]):
    def visible_to(self, user: AnyUser) -> CordQuerySet:
        """Cords of the teams whose rows the person can see, and those that they pulled for other teams that they see."""
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.exclude(AnyOf("team", user.out_of_reach)) if user.out_of_reach else self.all()
        elsewhere = Q(raised_by=user.pk, team__members_only=False)
        return self.filter(AnyOf("team", user.reach_of_rows) | elsewhere)

    def pulled(self) -> CordQuerySet:
        """Cords that nobody has released yet."""
        return self.filter(released_at=None, team__archived_at=None)

    def stopping(self, team: Team, service: int | None = None) -> CordQuerySet:
        """Cords that stop this team's line: its own and those of its parent teams.

        With `service`, only cords of that service or of no particular one.
        """
        rows = self.pulled().filter(team__in=team.lineage)
        return rows.filter(Q(service=None) | Q(service=service)) if service else rows

    def figures(self) -> dict[str, Any]:
        """How many were pulled, were false alarms, and how soon the teams responded."""
        return self.aggregate(
            pulled=Count("pk"),
            false_alarms=Count("pk", filter=Q(false_alarm=True)),
            answered=Count("time_to_respond"),
            released=Count("released_at"),
            to_respond=Median("time_to_respond"),
            to_release=Median(F("released_at") - F("raised_at")),
        )

    def stopped_lines(self, user: User) -> list[StoppedLine]:
        """What banners can show this person. Two queries, the second only if a cord is pulled."""
        cords = list(self.pulled().select_related("team", "service"))
        if not cords:
            return []
        below = Team.objects.filter(lineage__overlap=[cord.team_id for cord in cords])
        rows = list(below.values_list("pk", "slug", "key", "lineage"))
        own = {team.pk for team in user.own_teams}
        seen = user.reach_of_rows
        lines = []
        for cord in cords:
            if cord.team.members_only and cord.team_id not in seen:
                continue
            stopped = [row for row in rows if cord.team_id in row[3]]
            lines.append(
                StoppedLine(
                    pk=cord.pk,
                    team=cord.team.name,
                    reason=cord.reason if cord.team_id in seen else "",
                    service=cord.service.name if cord.service else "",
                    raised_at=cord.raised_at,
                    is_confirmed=cord.confirmed_at is not None,
                    is_mine=bool(own & {row[0] for row in stopped}),
                    slugs=frozenset(row[1] for row in stopped),
                    keys=frozenset(row[2] for row in stopped),
                )
            )
        return lines

    def pull(self, *, team: Team, service: Service | None, reason: str, by: User, at: datetime) -> Cord:
        """Pulls the cord and tells the team. Raises `AlreadyPulled` if it is pulled for this team and service."""
        cord = Cord(team=team, service=service, reason=reason, raised_by=by, raised_at=at)
        try:
            with transaction.atomic():
                cord.save()
                cord.tell_team()
        except IntegrityError as refused:
            pulled = self.pulled().filter(team=team, service=service).first()
            if pulled is None:  # another constraint, or it was released at this moment
                raise
            raise AlreadyPulled(pulled) from refused
        return cord


class AlreadyPulled(Exception):
    """Somebody has pulled the cord for this team and service. Has that cord."""

    def __init__(self, cord: Cord):
        super().__init__(ALREADY_PULLED)
        self.cord = cord


@tracked()
class Cord(Versioned):
    """One pull of the cord, for a team and perhaps one of its services. Its times say how far it is."""

    RULES = RULES
    TIMES = ("raised_at", "confirmed_at", "released_at")

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="cords")
    # None: all of the team's work.
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="cords")
    reason = models.TextField(max_length=2_000)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    raised_at = models.DateTimeField("pulled", default=timezone.now)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField("confirmed", null=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    released_at = models.DateTimeField("released", null=True)
    learned = models.TextField("what was learned", max_length=5_000, blank=True)
    false_alarm = models.BooleanField(default=False)
    time_to_respond = models.GeneratedField(
        expression=Coalesce(F("confirmed_at"), F("released_at")) - F("raised_at"),
        output_field=models.DurationField(),
        db_persist=True,
    )

    objects = CordQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_at", "-id"]
        indexes = [models.Index(fields=["team", "raised_at"], name="cord_team_raised")]
        constraints = [
            *(rule.constraint("cord") for rule in RULES),
            models.UniqueConstraint(
                fields=["team", "service"],
                condition=Q(released_at=None),
                nulls_distinct=False,
                name="cord_pulled_once",
                violation_error_message=ALREADY_PULLED,
            ),
        ]

    def __str__(self) -> str:
        return f"Andon cord for {self.where}"

    def get_absolute_url(self) -> str:
        return reverse("andon:detail", args=[self.pk])

    @property
    def where(self) -> str:
        return f"{self.team.name}, {self.service.name}" if self.service else self.team.name

    @property
    def status(self) -> str:
        if self.released_at:
            return "false alarm" if self.false_alarm else "released"
        return "confirmed" if self.confirmed_at else "pulled"

    @transaction.atomic
    def confirm(self, *, by: User, at: datetime) -> None:
        """Somebody of the team has seen it and looks into it. Confirming again changes nothing."""
        self._lock()
        if self.released_at:
            raise ValidationError("This cord has been released.")
        if self.confirmed_at is None:
            self.confirmed_by, self.confirmed_at = by, max(at, self.raised_at)
            self.save()

    @transaction.atomic
    def release(self, *, learned: str, false_alarm: bool, by: User, at: datetime) -> None:
        """Starts the line again. Whoever pulled the cord is told, and thanked for a false alarm."""
        self._lock()
        if self.released_at:
            raise ValidationError(f"{self.released_by or 'Somebody'} has already released this cord.")
        self.learned, self.false_alarm = learned, false_alarm
        self.released_by, self.released_at = by, max(at, self.confirmed_at or self.raised_at)
        if problems := rule_problems(self, RULES):
            raise ValidationError(problems)
        self.save()
        if self.raised_by and self.raised_by != by:
            knows = is_member(self.raised_by, self.team)
            body = THANKS if false_alarm else learned if knows else ""
            self._tell([self.raised_by], "released", f"Cord released: {self.where}", body, of_the_team=knows)

    def tell_team(self) -> None:
        """Notifies the members of the team, its managers, and the members of its sub-teams if they can see the team."""
        below = Team.objects.filter(lineage__contains=[self.team_id])
        below = below.filter(pk=self.team_id) if self.team.members_only else below
        concerned = Q(memberships__team__in=below) | Q(pk__in=managers_of(self.team).order_by().values("pk"))
        people = User.objects.filter(concerned, is_active=True).distinct()
        told = [person for person in people if person.pk != self.raised_by_id]
        self._tell(told, "pulled", f"Cord pulled: {self.where}", f"{self.raised_by}: {self.reason}")

    def _tell(self, people: Collection[User], event: str, subject: str, body: str, *, of_the_team: bool = True) -> None:
        """`of_the_team`: whether these are its people, whose inbox hides this when they leave it."""
        Notification.objects.tell_all(
            people,
            key=f"{KIND}-{self.pk}-{event}",
            kind=KIND,
            subject=subject,
            body=body,
            url=self.get_absolute_url(),
            teams=[self.team_id] if of_the_team else [],
        )

    def _lock(self) -> None:
        self.refresh_from_db(
            from_queryset=type(self)._base_manager.select_for_update(of=("self",)).select_related("team", "service")
        )
