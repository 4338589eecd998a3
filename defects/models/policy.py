"""Zero bug policy: a team promises to fix or decline each new defect within some days."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.db.models.functions import Least

from defects.models.defect import Defect
from qmportal.lib.days import Window, local_day, midnight
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf
from teams.models import Team, User

MOST_DAYS = 365
BAD_DAYS = "Enter 1 to 365 days."
USUAL_DAYS = 30


class ZeroBugPolicyQuerySet(models.QuerySet["ZeroBugPolicy"]):
    def in_force(self, team: Team, day: date) -> ZeroBugPolicy | None:
        """What the team promises for defects found on this day; None if it has no policy then."""
        rows: Any = self.filter(team__in=team.lineage, effective_from__lte=day)
        newest: ZeroBugPolicy | None = max(
            rows, key=lambda row: (team.lineage.index(row.team_id), row.effective_from), default=None
        )
        return newest if newest and newest.days else None

    def promises(self, teams: Collection[int]) -> list[Promise]:
        """All policies of these teams, past and present. Takes one query."""
        rows: dict[int, list[ZeroBugPolicy]] = {}
        lineages: dict[int, list[int]] = {}
        below = Team.objects.filter(AnyOf("id", teams)).values("pk", "lineage")
        found = self.filter(team__in=Team.objects.above(teams)).order_by("effective_from")
        for row in found:
            rows.setdefault(row.team_id, []).append(row)
        if rows:
            lineages = {team["pk"]: team["lineage"] for team in below}
        return list(_promises(rows, lineages))

    def set(self, team: Team, days: int | None, *, by: User, at: datetime) -> ZeroBugPolicy:
        """Switches the policy on, changes it or, with None, switches it off, for defects found from today on."""
        values = {"days": days, "author": by, "set_at": at}
        row, _ = self.update_or_create(team=team, effective_from=local_day(at), defaults=values)
        return row


@tracked()
class ZeroBugPolicy(models.Model):
    """What a team promises for defects found from a day on, until its next row. Sub-teams without rows follow it."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="zero_bug_policies", db_index=False)
    effective_from = models.DateField()
    days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_DAYS)],
        help_text="Days to fix or decline a defect. Empty: no policy.",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField()

    objects = ZeroBugPolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_from"]
        constraints = [
            models.UniqueConstraint(fields=["team", "effective_from"], name="zero_bug_policy_one_a_day"),
            models.CheckConstraint(
                condition=Q(days=None) | Q(days__gte=1, days__lte=MOST_DAYS),
                name="zero_bug_policy_days",
                violation_error_message=BAD_DAYS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team}: {self.days} days" if self.days else f"{self.team}: no policy"


class Promise(NamedTuple):
    """These teams promised to decide defects found in [start, end) within `days`."""

    teams: tuple[int, ...]
    start: datetime
    end: datetime | None
    days: int

    @property
    def covers(self) -> Q:
        span = Q(found_at__gte=self.start) & (Q(found_at__lt=self.end) if self.end else Q())
        return Q(AnyOf("team", self.teams)) & span


def _promises(rows: dict[int, list[ZeroBugPolicy]], lineages: dict[int, list[int]]) -> Iterable[Promise]:
    """`rows`: of each team, the oldest first. A team follows its own rows once it has one, before that those above."""
    alike: dict[tuple[datetime, datetime | None, int], list[int]] = {}
    for team, lineage in lineages.items():
        changes = sorted({row.effective_from for above in lineage for row in rows.get(above, ())})
        for first, after in zip(changes, [*changes, None][1:], strict=True):
            if days := _days_on(first, lineage, rows):
                span = (midnight(first), midnight(after) if after else None, days)
                alike.setdefault(span, []).append(team)
    return [Promise(tuple(teams), *span) for span, teams in alike.items()]


def _days_on(day: date, lineage: list[int], rows: dict[int, list[ZeroBugPolicy]]) -> int | None:
    for team in reversed(lineage):
        if known := [row for row in rows.get(team, ()) if row.effective_from <= day]:
            return known[-1].days
    return None


# When a defect was fixed or declined. Empty while it is open; LEAST skips the empty one of the two.
DECIDED_AT = Least("fixed_at", "closed_at")


def promised(promises: Iterable[Promise]) -> Any:
    """The queryset of defects that fall under these promises, with `due_at` and `decided_at`."""
    promises = list(promises)
    due = [When(each.covers, then=F("found_at") + timedelta(days=each.days)) for each in promises]
    rows = Defect.objects.alive().filter(_any_of(promises))
    return rows.annotate(due_at=Case(*due, output_field=models.DateTimeField()), decided_at=DECIDED_AT)


def unpromised(promises: Iterable[Promise], teams: Collection[int]) -> Any:
    """The queryset of these teams' other defects. Their `due_at` is empty."""
    rows = Defect.objects.alive().filter(AnyOf("team", teams)).exclude(_any_of(list(promises)))
    return rows.annotate(due_at=Value(None, output_field=models.DateTimeField()), decided_at=DECIDED_AT)


def _any_of(promises: list[Promise]) -> Q:
    return Q(*(each.covers for each in promises), _connector=Q.OR) if promises else Q(pk__in=())


IN_TIME = Q(decided_at__lte=F("due_at"))
LATE = Q(decided_at=None) | Q(decided_at__gt=F("due_at"))


def due_in(promises: Iterable[Promise], window: Window) -> Any:
    """The defects that were due in the window. Leaves out imported ones whose decision has no date."""
    due = promised(promises).filter(due_at__gte=window.start, due_at__lt=window.end)
    return due.filter(Q(status__in=Defect.OPEN) | Q(decided_at__isnull=False))


class Kept(NamedTuple):
    """How a promise was kept: of `n` defects that were due in a window, `in_time` were decided by then."""

    in_time: int
    n: int


def kept_in(promises: Iterable[Promise], window: Window) -> Kept:
    return Kept(**due_in(promises, window).aggregate(in_time=Count("pk", filter=IN_TIME), n=Count("pk")))
