"""Training progress. The number of queries doesn't grow with the number of people.

Individual choices are not included: only the learner and scenario authors see them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Min, QuerySet

from library.models import CheckAnswer
from qmportal.lib.days import local_day
from scenarios.attempts import not_passed
from scenarios.models import Attempt
from teams.models import Membership, Role, Team, TeamQuerySet, User
from training.items import address
from training.kinds import ItemKind
from training.models import Assignment, Titles

# The states of one item, worst first: key -> label and kind of dot.
STATES = {
    "overdue": ("Overdue", "open"),
    "not_started": ("Not started", ""),
    "not_passed": ("Not passed", "open"),
    "started": ("Started", "progress"),
    "passed": ("Passed", "done"),
}
ORDER = list(STATES)
# What "passed" is called for items that nobody can fail.
DONE_WORDS: dict[str, str] = {ItemKind.PAGE: "Read", ItemKind.TASK: "Done", ItemKind.MEET: "Met"}


@dataclass(frozen=True)
class Person:
    """A person on the board, with the names of their teams."""

    pk: int
    name: str
    email: str
    teams: tuple[str, ...] = ()


@dataclass
class Activity:
    """What someone has done so far on one item."""

    started_at: datetime | None = None
    last_started_at: datetime | None = None
    running: bool = False
    passed_at: datetime | None = None
    first: Decimal | None = None
    best: Decimal | None = None
    version: str = ""
    latest: int | None = None
    waits: bool = False
    failed_at: datetime | None = None
    count: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Adds a graded attempt; they must come in order of their start."""
        self.started_at = self.started_at or row["started_at"]
        self.last_started_at = row["started_at"]
        self.running |= row["finished_at"] is None and row["reset_at"] is None
        if (row["passed"] or row["credited"]) and self.passed_at is None:
            # An attempt at a voided version is credited and reset without a finish time.
            self.passed_at = row["finished_at"] or row["reset_at"]
        if row["finished_at"] is None:
            return
        self.count += 1
        self.latest, self.waits = row["id"], row["reset_at"] is None
        self.failed_at = None if row["passed"] or row["credited"] else row["finished_at"]
        if self.first is None:
            self.first = row["score"]
        if self.best is None or row["score"] > self.best:
            self.best, self.version = row["score"], row["version__semver"]

    def again_from(self, now: datetime) -> datetime | None:
        """When someone who failed can try again; None if they can now."""
        again = self.failed_at + settings.SCENARIO_COOLDOWN if self.failed_at and self.waits else None
        return again if again and again > now else None


@dataclass(frozen=True)
class ItemProgress:
    """One person's progress on one item."""

    person: Person
    kind: str
    ref: str
    title: str
    state: str
    assignment: int | None
    assigned_at: datetime | None
    due_on: date | None
    done_at: datetime | None
    tries: Activity
    again_from: datetime | None = None
    closed: str = ""  # why it can't be done yet
    waits_for: str = ""  # the colleague who was asked to confirm it

    @property
    def words(self) -> str:
        if self.state == "passed" and self.kind in DONE_WORDS:
            return DONE_WORDS[self.kind]
        if self.waits_for:
            return f"{self.waits_for} was asked to confirm"
        if self.closed and self.state == "not_started":
            return "Not open yet"
        if self.state == "not_passed":
            return not_passed(self.again_from)
        if self.state == "overdue" and self.tries.failed_at:
            words = not_passed(self.again_from)
            return f"Overdue, {words[:1].lower()}{words[1:]}"
        if self.state == "overdue" and self.tries.started_at:
            return "Overdue, started"
        return STATES[self.state][0]

    @property
    def dot(self) -> str:
        return STATES[self.state][1]

    @property
    def kind_words(self) -> str:
        return ItemKind(self.kind).label

    @property
    def url(self) -> str:
        return address(self.kind, self.ref)


@dataclass
class Totals:
    """The items of a person or team, counted by state."""

    label: str
    key: str
    note: str = ""
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATES, 0))
    next_due: date | None = None

    def add(self, row: ItemProgress) -> None:
        self.counts[row.state] += 1
        if row.due_on and row.state in ("not_started", "started", "not_passed"):
            self.next_due = min(self.next_due or row.due_on, row.due_on)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def percent(self) -> int:
        return 100 * self.counts["passed"] // self.total if self.total else 0


def board(teams: QuerySet[Team], viewer: User, now: datetime) -> tuple[list[ItemProgress], list[tuple[str, str, int]]]:
    """Progress of all members of these teams, and their memberships as (team slug, team name, person). Five queries."""
    members = Membership.objects.filter(team__in=teams, user__is_active=True).order_by(
        "team__name", "user__name", "user__email"
    )
    found = list(members.values_list("team__slug", "team__name", "user_id", "user__name", "user__email"))
    names: dict[int, tuple[str, str]] = {}
    their_teams: dict[int, list[str]] = defaultdict(list)
    for _, team, pk, name, email in found:
        names[pk] = (name or email, email)
        their_teams[pk].append(team)
    people = {pk: Person(pk, name, email, tuple(their_teams[pk])) for pk, (name, email) in names.items()}
    return rows_of(people, viewer, now), [(slug, team, pk) for slug, team, pk, *_ in found]


def rows_of(people: dict[int, Person], viewer: User, now: datetime) -> list[ItemProgress]:
    """Assigned training of these people that the viewer can see, and scenarios they passed unassigned."""
    titles, today = Titles(), local_day(now)
    assignments: dict[tuple[int, str, str], Assignment] = {}
    since: dict[tuple[int, str, str], datetime] = {}
    first_open: dict[tuple[int, int], int] = {}  # of each person in each plan
    asked = Assignment.objects.visible_to(viewer).filter(user__in=people, withdrawn_at=None)
    for each in asked.select_related("checker").order_by("assigned_at", "id"):
        key = each.user_id, each.kind, each.ref
        since.setdefault(key, each.assigned_at)
        before = assignments.get(key)
        if each.plan_id and not each.done_at:
            place = each.user_id, each.plan_id
            first_open[place] = min(first_open.get(place, each.position), each.position)
        if before and not before.done_at and not each.done_at and before.due_on < each.due_on:
            continue  # assigned by two teams: the earlier due date counts
        assignments[key] = each  # the latest one: a refresher
    tries = tries_of(people, viewer, since)
    rows = [
        ItemProgress(
            person=people[user],
            kind=kind,
            ref=ref,
            title=titles(kind, ref),
            state=state_of(each, tries[user, kind, ref], today),
            assignment=each.pk,
            assigned_at=each.assigned_at,
            due_on=each.due_on,
            done_at=each.done_at,
            tries=tries[user, kind, ref],
            again_from=tries[user, kind, ref].again_from(now),
            closed=each.closed_until(today, first_open.get((user, each.plan_id or 0), 0)),
            waits_for=str(each.checker) if each.claimed_at and each.checker and not each.done_at else "",
        )
        for (user, kind, ref), each in assignments.items()
    ]
    unasked = [
        ItemProgress(people[user], kind, ref, titles(kind, ref), "passed", None, None, None, done.passed_at, done)
        for (user, kind, ref), done in tries.items()
        if kind == ItemKind.SCENARIO and done.passed_at and (user, kind, ref) not in assignments
    ]
    return sorted(
        rows + unasked, key=lambda row: (row.person.name.casefold(), row.person.pk, row.due_on or date.max, row.title)
    )


def state_of(assignment: Assignment, tries: Activity, today: date) -> str:
    """A key of `STATES`. Activity before the assignment doesn't count as started."""
    if assignment.done_at:
        return "passed"
    if assignment.claimed_at:
        return "started"
    if assignment.due_on < today:
        return "overdue"
    if tries.running:
        return "started"
    if tries.failed_at and tries.failed_at >= assignment.assigned_at:
        return "not_passed"
    since = tries.last_started_at
    return "started" if since and since >= assignment.assigned_at else "not_started"


def tries_of(
    people: Collection[int], viewer: User, since: Mapping[tuple[int, str, str], datetime]
) -> dict[tuple[int, str, str], Activity]:
    """By person, kind and ref. Pages are left out: they are read or not.

    `since`: when each item was first assigned. What someone else tried before that, or unassigned, is theirs alone, unless
    they passed.
    """
    tries: dict[tuple[int, str, str], Activity] = defaultdict(Activity)
    attempts = Attempt.objects.graded().filter(user__in=people).order_by("started_at", "id")
    columns = ("id", "started_at", "finished_at", "reset_at", "score", "passed", "credited", "version__semver")
    for row in attempts.values("user_id", "version__scenario__slug", *columns):
        key = row["user_id"], ItemKind.SCENARIO, row["version__scenario__slug"]
        if row["user_id"] == viewer.pk or _can_show(row, since.get(key)):
            tries[key].add(row)
    answers = CheckAnswer.objects.filter(user__in=people).values_list("user_id", "check_id")
    for user, check, first, last, count in answers.annotate(first=Min("at"), last=Max("at"), count=Count("pk")).order_by():
        tries[user, ItemKind.CHECK, check] = Activity(started_at=first, last_started_at=last, count=count)
    return tries


def _can_show(row: dict[str, Any], assigned_at: datetime | None) -> bool:
    if row["passed"] or row["credited"]:
        return True
    return assigned_at is not None and (row["finished_at"] is None or row["finished_at"] >= assigned_at)


def narrow(
    rows: Iterable[ItemProgress], *, person: int | None = None, state: str = "", items: Collection[tuple[str, str]] = ()
) -> list[ItemProgress]:
    """The rows that match the filters. "open" means everything not passed."""
    return [
        row
        for row in rows
        if (person is None or row.person.pk == person)
        and (not state or row.state == state or (state == "open" and row.state != "passed"))
        and (not items or (row.kind, row.ref) in items)
    ]


SORTS = {
    "person": lambda row: (row.person.name.casefold(), row.person.pk),
    "item": lambda row: row.title.casefold(),
    "state": lambda row: ORDER.index(row.state),
    "due": lambda row: row.due_on or date.max,
    "first": lambda row: -1 if row.tries.first is None else row.tries.first,
    "best": lambda row: -1 if row.tries.best is None else row.tries.best,
    "done": lambda row: row.done_at.timestamp() if row.done_at else 0,
}


def ordered(rows: list[ItemProgress], sort: str) -> list[ItemProgress]:
    """Sorted by a key of `SORTS`, descending with a minus; unsorted for anything else."""
    key = SORTS.get(sort.removeprefix("-"))
    return sorted(rows, key=key, reverse=sort.startswith("-")) if key else rows


def by_person(rows: Iterable[ItemProgress]) -> list[Totals]:
    """One line per person."""
    sums: dict[int, Totals] = {}
    for row in rows:
        person = row.person
        sums.setdefault(person.pk, Totals(person.name, str(person.pk), ", ".join(person.teams))).add(row)
    return list(sums.values())


def by_team(rows: Iterable[ItemProgress], members: Iterable[tuple[str, str, int]]) -> list[Totals]:
    """One line per team. A person in two teams counts in both."""
    theirs: dict[int, list[ItemProgress]] = defaultdict(list)
    for row in rows:
        theirs[row.person.pk].append(row)
    sums: dict[str, Totals] = {}
    for slug, name, person in members:
        total = sums.setdefault(slug, Totals(name, slug))
        for row in theirs[person]:
            total.add(row)
    return list(sums.values())


def mine(user: User, now: datetime) -> list[ItemProgress]:
    """A person's own progress."""
    return rows_of({user.pk: Person(user.pk, str(user), user.email)}, user, now)


def managed_teams(user: User) -> TeamQuerySet:
    """The teams whose training this person manages."""
    return Team.objects.with_rows_for(user, Role.MANAGER)
