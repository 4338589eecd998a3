"""Writes the demo to the database: people, teams, thresholds, records (with COPY) and snapshots."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.db.models import Model
from django.utils.text import slugify

from benchmarks.models import ThresholdSet
from benchmarks.snapshots import take_snapshots
from defects.models import NOT_VALID, Defect
from demo.delivery import make_delivery
from demo.follow_up import make_follow_up
from demo.live import make_live
from demo.people import ACCOUNTS, COLLEAGUES
from demo.profiles import Plan, plan_teams
from demo.response import make_response
from demo.story import (
    HISTORY_DAYS,
    ORDER,
    SNAPSHOT_DAYS,
    DefectRow,
    Escaped,
    IncidentRow,
    Scene,
    defects,
    incidents,
    split_by_weight,
)
from demo.testing import make_test_runs
from demo.vocabulary import DOMAINS
from demo.zero_bugs import make_zero_bugs
from incidents.models import Incident
from pipeline.models import Adoption, Practice, Service, Stage
from pipeline.models.practices import LOOK_AGAIN_AFTER
from pipeline.shipped import shipped_practices
from qmportal.lib.copying import Copy, write_now
from qmportal.lib.days import local_day, midnight
from records.models import Severity
from teams.models import Membership, ReferenceCounter, Role, Team, User

DAILY_DAYS = 35
# Rows per COPY. Each must end well within the statement timeout, including the check of foreign keys.
BATCH = 20_000
NIGHTS_A_LINE = 30

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How much demo data to create, and the random seed."""

    teams: int
    defects: int
    incidents: int
    seed: int
    password: str
    snapshots: bool = True


def is_empty() -> bool:
    """True if there are no teams and no demo accounts."""
    taken = User.objects.filter(email__in=[account.email for account in ACCOUNTS])
    return not Team.objects.exists() and not taken.exists()


@transaction.atomic
def seed(options: Options, now: datetime, say: Say) -> None:
    """Creates the demo in one transaction, so an interrupted start can simply be repeated."""
    Team.objects.all().lock_tree()
    today = local_day(now)
    plans = plan_teams(options.teams, options.seed)
    teams = make_teams(plans)
    admin, members = make_people(plans, teams, options)
    adopt_thresholds(admin, today - timedelta(days=HISTORY_DAYS))
    say(f"{len(teams)} teams, {User.objects.count()} people")
    make_adoptions(plans, teams, members, options, now)
    services = make_services(plans, teams)
    make_records(scenes(plans, teams, members, services, options, midnight(today)), options, say)
    make_follow_up(teams, now)
    make_live(now)
    make_zero_bugs(teams, now)
    make_response(plans, teams, members, services, admin, now)
    if options.snapshots:
        days = snapshot_days(today)
        kept = 0
        for done, day in enumerate(days, start=1):
            kept += take_snapshots(day)
            if done % NIGHTS_A_LINE == 0:
                say(f"{done} of {len(days)} nights computed")
        say(f"{kept:,} snapshots of {len(days)} nights")


# --- Teams and people --------------------------------------------------------------------------------------------------


def make_teams(plans: Sequence[Plan]) -> dict[str, Team]:
    """Creates the teams and returns them by name. Groups come first, because a team's lineage needs their ids."""
    fields = {plan.name: {"key": plan.key, "slug": plan.slug, "description": plan.description} for plan in plans}
    roots = Team.objects.bulk_create(Team(name=plan.name, **fields[plan.name]) for plan in plans if not plan.group)
    by_name = {team.name: team for team in roots}
    below = [Team(name=plan.name, parent=by_name.get(plan.group), **fields[plan.name]) for plan in plans if plan.group]
    by_name |= {team.name: team for team in Team.objects.bulk_create(below)}
    for team in by_name.values():
        team.lineage = [team.parent_id, team.pk] if team.parent_id else [team.pk]
    Team.objects.bulk_update(by_name.values(), ["lineage"], batch_size=500)
    return by_name


def make_people(plans: Sequence[Plan], teams: dict[str, Team], options: Options) -> tuple[User, dict[int, list[int]]]:
    """Creates the people. Returns the admin, and the members by team id. Only the four accounts can sign in."""
    hashed, rng = make_password(options.password), random.Random(f"{options.seed}:people")
    accounts = User.objects.bulk_create(
        User(email=each.email, name=each.name, password=hashed, is_admin=not each.role, is_superuser=not each.role)
        for each in ACCOUNTS
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in accounts
    )
    colleagues = User.objects.bulk_create(
        User(email=f"{_mailbox(name)}@demo.example", name=name, password=make_password(None)) for name in COLLEAGUES
    )
    roles = {
        (user.pk, teams[name].pk): account.role
        for user, account in zip(accounts, ACCOUNTS, strict=True)
        for name in account.teams
        if name in teams
    }
    for plan in plans:
        lead, *others = rng.sample(colleagues, 4 if plan.domain else 1)
        roles[lead.pk, teams[plan.name].pk] = Role.MANAGER
        roles |= {(user.pk, teams[plan.name].pk): Role.ENGINEER for user in others}
    Membership.objects.bulk_create(Membership(user_id=user, team_id=team, role=role) for (user, team), role in roles.items())
    members: dict[int, list[int]] = {}
    for user, team in roles:
        members.setdefault(team, []).append(user)
    return accounts[0], members


def _mailbox(name: str) -> str:
    return name.lower().replace(" ", ".").replace("'", "")


def adopt_thresholds(admin: User, day: date) -> None:
    """Adopts the default thresholds, effective from the start of the demo's history."""
    sets = list(ThresholdSet.objects.in_force(day))
    for row in sets:
        row.pk, row.author, row.effective_from = None, admin, day
        row.reason = "Default thresholds."
    ThresholdSet.objects.bulk_create(sets)


# --- Practices ---------------------------------------------------------------------------------------------------------


def make_adoptions(
    plans: Sequence[Plan], teams: dict[str, Team], members: dict[int, list[int]], options: Options, now: datetime
) -> None:
    """How far the teams are with each practice. A few never answered."""
    Practice.objects.load(shipped_practices())
    practices, rng, rows = list(Practice.objects.in_use()), random.Random(f"{options.seed}:practices"), []
    for plan in plans:
        if not plan.profile or rng.random() < 0.08:
            continue
        team, discipline = teams[plan.name], rng.uniform(0.35, 0.95)
        for practice in practices:
            luck, asked = rng.random(), now - timedelta(days=rng.randint(1, 100))
            state = "in_place" if luck < discipline else "partly" if luck < discipline + 0.15 else "not_yet"
            evidence = f"https://ci.demo.example/{plan.slug}/{practice.slug}" if state == "in_place" else ""
            day = local_day(asked) + LOOK_AGAIN_AFTER
            by = rng.choice(sorted(members[team.pk]))
            rows.append(
                Adoption(team=team, practice=practice, state=state, evidence=evidence, next_look=day, by_id=by, at=asked)
            )
    Adoption.objects.bulk_create(rows, batch_size=1_000)


# --- Records -----------------------------------------------------------------------------------------------------------


def scenes(
    plans: Sequence[Plan],
    teams: dict[str, Team],
    members: dict[int, list[int]],
    services: dict[str, int],
    options: Options,
    end: datetime,
) -> list[Scene]:
    """One scene for each team that has records."""
    stages = dict(Stage.objects.values_list("slug", "pk"))
    severities = dict(Severity.objects.values_list("key", "pk"))
    return [
        Scene(
            *(plan, teams[plan.name].pk, end, stages, severities, services),
            *(sorted(members[teams[plan.name].pk]), options.seed),
        )
        for plan in plans
        if plan.profile
    ]


def make_services(plans: Sequence[Plan], teams: dict[str, Team]) -> dict[str, int]:
    """Creates the services of all domains, owned by the first team of each. Returns their ids by name."""
    owners = {plan.domain: teams[plan.name] for plan in reversed(plans) if plan.domain}
    made = Service.objects.bulk_create(
        Service(
            slug=slugify(name),
            name=name,
            team=owner,
            tier=min(place, 4),
            runbook_url=f"https://wiki.demo.example/runbooks/{slugify(name)}" if place < 3 else "",
        )
        for domain, owner in owners.items()
        for place, name in enumerate(DOMAINS[domain].services, start=1)
    )
    return {service.name: service.pk for service in made}


def make_records(cast: Sequence[Scene], options: Options, say: Say) -> None:
    """Writes defects and deployments, then incidents, because an incident can name what caused it."""
    defect_counts = split_by_weight(options.defects, [scene.profile.defects for scene in cast])
    incident_counts = split_by_weight(options.incidents, [scene.profile.incidents for scene in cast])
    escaped: dict[int, list[Escaped]] = {}
    with connection.cursor() as cursor:
        # Check foreign keys after each COPY. At commit, a million rows would exceed the time limit.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with CopyWriter(Defect, DefectRow._fields, say) as copied:
        for scene, number in zip(cast, defect_counts, strict=True):
            production = scene.stages[ORDER[-1]]
            for row in defects(scene, number, copied.next_id):
                if row.stage_found_id == production and row.resolution not in NOT_VALID:
                    escaped.setdefault(scene.team_id, []).append(Escaped(row.found_at, row.id, row.title))
                copied.add(row)
    releases = make_delivery(cast)
    make_test_runs(cast)
    with CopyWriter(Incident, IncidentRow._fields, say) as copied:
        for scene, number in zip(cast, incident_counts, strict=True):
            for incident in incidents(scene, number, copied.next_id, escaped.get(scene.team_id, ())):
                copied.add(releases.blamed(incident))
    ReferenceCounter.objects.bulk_create(
        ReferenceCounter(team_id=scene.team_id, kind=kind, last=last)
        for kind, counts in (("DEF", defect_counts), ("INC", incident_counts))
        for scene, last in zip(cast, counts, strict=True)
        if last
    )
    with connection.cursor() as cursor:
        # Some rules hold only when several statements are done, such as those of impact intervals.
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


class CopyWriter:
    """Writes rows to a table with COPY, in batches. The rows have ids; at the end the table's sequence is set past them."""

    def __init__(self, model: type[Model], columns: Sequence[str], say: Say) -> None:
        self.model, self.columns, self.say = model, columns, say
        self.table = connection.ops.quote_name(model._meta.db_table)
        self.rows: list[tuple] = []
        self.kept = 0

    def __enter__(self) -> CopyWriter:
        last = self.model._base_manager.order_by("-pk").values_list("pk", flat=True).first()
        self.next_id = (last or 0) + 1
        return self

    def add(self, row: tuple) -> None:
        self.rows.append(row)
        self.next_id += 1
        if len(self.rows) >= BATCH:
            self.flush()

    def flush(self) -> None:
        write_now(Copy(self.model, self.columns, self.rows))
        self.kept += len(self.rows)
        self.rows = []

    def __exit__(self, *problem: object) -> None:
        if problem[0] is not None:
            return
        self.flush()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{self.model._meta.db_table}', 'id'), %s)", [self.next_id])
            cursor.execute(f"ANALYZE {self.table}")
        self.say(f"{self.kept:,} {self.model._meta.verbose_name_plural}")


def snapshot_days(today: date) -> list[date]:
    """One day a week over two years, on today's weekday, and each of the last days."""
    weekly = {today - timedelta(days=days) for days in range(0, SNAPSHOT_DAYS + 1, 7)}
    return sorted(weekly | {today - timedelta(days=days) for days in range(DAILY_DAYS)})
