"""Two years of a team's records, from its profile and a seed: plain rows, no Django.

Shares carry their remainder over (error diffusion), and durations are drawn from each part of their distribution in turn,
so a team reaches its profile's tier with every seed and on every day. Nothing happens after the end of the history, which
is today at 00:00.
"""

from __future__ import annotations

import math
import random
from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, cycle
from statistics import NormalDist
from typing import Any, NamedTuple

from demo.profiles import Outage, Plan, Profile, StillOpen, at
from demo.vocabulary import CAUSED_BY_DEFECT, CAUSES, DOMAINS, Domain

# Two years of snapshots plus the longest window, which the first snapshot needs.
SNAPSHOT_DAYS = 728
HISTORY_DAYS = SNAPSHOT_DAYS + 90
# The last days stay close to the profile so that today's tiers are as planned; earlier tiers may vary.
CALM_DAYS = 125
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


class DefectRow(NamedTuple):
    """The columns of a defect, in COPY order."""

    id: int
    reference: str
    version: int
    created_at: datetime
    updated_at: datetime
    source: str
    external_id: str
    team_id: int
    title: str
    severity_id: int
    stage_found_id: int | None
    stage_introduced_id: int | None
    stage_should_catch_id: int | None
    status: str
    resolution: str
    priority: str
    found_by: str
    service_id: int | None
    component: str
    environment: str
    version_found: str
    version_fixed: str
    steps: str
    expected: str
    actual: str
    found_at: datetime
    triaged_at: datetime | None
    fixed_at: datetime | None
    verified_at: datetime | None
    closed_at: datetime | None
    reporter_id: int | None
    assignee_id: int | None
    duplicate_of_id: int | None
    customer_impact: str
    customers_affected: int | None
    support_tickets: int | None
    root_cause: str
    escape_reason: str
    reopened: int
    regression_of_id: int | None
    snoozed_until: date | None


class IncidentRow(NamedTuple):
    """The columns of an incident, in COPY order."""

    id: int
    reference: str
    version: int
    created_at: datetime
    updated_at: datetime
    source: str
    external_id: str
    team_id: int
    title: str
    summary: str
    status: str
    severity_id: int
    kind: str
    environment: str
    services: list[int]
    other_services: str
    started_at: datetime | None
    detected_at: datetime
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    restored_at: datetime | None
    closed_at: datetime | None
    detection_source: str
    customer_impacted: bool
    customer_impact: str
    customers_affected: int | None
    impact_kind: str
    root_cause: str
    should_have_caught_id: int | None
    lead_id: int | None
    reporter_id: int | None
    duplicate_of_id: int | None
    caused_by_defect_id: int | None
    caused_by_deployment_id: int | None = None


class Escaped(NamedTuple):
    """A defect that was found in production."""

    found_at: datetime
    id: int
    title: str


@dataclass(frozen=True)
class Scene:
    """A team with the ids that its rows refer to, and the end of the history."""

    plan: Plan
    team_id: int
    end: datetime
    stages: Mapping[str, int]
    severities: Mapping[str, int]
    services: Mapping[str, int]
    members: Sequence[int]
    seed: int

    @property
    def profile(self) -> Profile:
        assert self.plan.profile is not None
        return self.plan.profile

    @property
    def domain(self) -> Domain:
        return DOMAINS[self.plan.domain]

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=HISTORY_DAYS)

    def rng(self, kind: str) -> random.Random:
        """A random generator per team and kind, so that more rows of one do not change the others."""
        return random.Random(f"{self.seed}:{self.plan.key}:{kind}")


class Weighted:
    """Draws from fixed weights. Faster than `random.choices`, which adds up the weights on each call."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.names = list(weights)
        self.sums = list(accumulate(weights.values()))

    def draw(self, rng: random.Random) -> str:
        return self.names[bisect(self.sums, rng.random() * self.sums[-1])]


class Deck:
    """Draws items in random order and repeats none before all were drawn, so no title appears twice in a row."""

    def __init__(self, things: Sequence[str], rng: random.Random) -> None:
        self.things, self.rng, self.ready = things, rng, list[str]()

    def draw(self) -> str:
        if not self.ready:
            self.ready = self.rng.sample(self.things, len(self.things))
        return self.ready.pop()


# --- When --------------------------------------------------------------------------------------------------------------

HOURS_OF_WORK = Weighted(
    {str(hour): weight for hour, weight in zip(range(6, 21), (1, 3, 6, 9, 10, 9, 6, 7, 9, 9, 8, 5, 3, 2, 1), strict=True)}
)
HOURS_OF_TROUBLE = Weighted({str(hour): 1 + 3 * (8 <= hour <= 17) for hour in range(24)})


def day_weights(scene: Scene, weekend: float) -> list[float]:
    """How much happens on each day: growing over time, less on weekends and in summer, more before Christmas."""
    weights = []
    for number in range(HISTORY_DAYS):
        day = scene.start + timedelta(days=number)
        weight = 0.6 + 0.8 * number / HISTORY_DAYS
        if day.weekday() >= 5:
            weight *= weekend
        if day.month == 8 or (day.month, day.day) >= (12, 24):
            weight *= 0.75
        elif (day.month, day.day) >= (11, 10):
            weight *= 1 + scene.profile.season
        weights.append(weight)
    return weights


def moments(scene: Scene, number: int, rng: random.Random, weekend: float, hours: Weighted) -> list[datetime]:
    """`number` random times in order, spread over the history by the weights of its days."""
    sums = list(accumulate(day_weights(scene, weekend)))
    total, start = sums[-1], scene.start
    found = []
    for place in range(number):
        day = min(bisect(sums, total * (place + rng.random()) / number), HISTORY_DAYS - 1)
        seconds = int(hours.draw(rng)) * 3600 + rng.randrange(3600)
        found.append(start + timedelta(days=day, seconds=seconds))
    return sorted(found)


def share_passed(scene: Scene, moment: datetime) -> float:
    return (moment - scene.start).total_seconds() / (HISTORY_DAYS * DAY)


class Waves:
    """Random variation: a factor around 1 that changes over the months, and only a little in the last ones."""

    def __init__(self, rng: random.Random, strength: float) -> None:
        self.parts = [(strength * weight, rng.uniform(*days), rng.random() * 2 * math.pi) for weight, days in
                      ((0.6, (300, 400)), (0.45, (85, 130)), (0.3, (35, 55)))]  # fmt: skip

    def at(self, share: float) -> float:
        day = share * HISTORY_DAYS
        calm = 0.3 if day > HISTORY_DAYS - CALM_DAYS else 1.0
        wave = sum(size * math.sin(2 * math.pi * day / length + phase) for size, length, phase in self.parts)
        return max(0.2, 1 + calm * wave)


# --- Defects -----------------------------------------------------------------------------------------------------------

CAUGHT = {
    "early": Weighted({"design": 5, "coding": 16, "pre-commit": 22, "code-review": 25, "ci": 22, "pre-deploy": 10}),
    "balanced": Weighted({"design": 3, "coding": 9, "pre-commit": 13, "code-review": 24, "ci": 29, "pre-deploy": 22}),
    "late": Weighted({"design": 1, "coding": 5, "pre-commit": 5, "code-review": 13, "ci": 24, "pre-deploy": 52}),
}
ORDER = ("design", "coding", "pre-commit", "code-review", "ci", "pre-deploy", "production")
PLACE = {slug: place for place, slug in enumerate(ORDER)}
INTRODUCED = Weighted({"design": 22, "coding": 70, "code-review": 3, "pre-deploy": 5})
SHOULD_CATCH = Weighted({"design": 8, "coding": 8, "pre-commit": 17, "code-review": 22, "ci": 30, "pre-deploy": 15})
FOUND_BY = {
    "design": Weighted({"review": 80, "developer": 20}),
    "coding": Weighted({"developer": 80, "static_analysis": 20}),
    "pre-commit": Weighted({"static_analysis": 55, "automated_test": 35, "developer": 10}),
    "code-review": Weighted({"review": 95, "static_analysis": 5}),
    "ci": Weighted({"automated_test": 90, "developer": 10}),
    "pre-deploy": Weighted({"tester": 65, "automated_test": 35}),
    "production": Weighted({"customer": 55, "monitor": 22, "developer": 13, "tester": 10}),
}
SEVERITY_CAUGHT = Weighted({"SEV1": 2, "SEV2": 15, "SEV3": 48, "SEV4": 35})
SEVERITY_ESCAPED = Weighted({"SEV1": 6, "SEV2": 24, "SEV3": 46, "SEV4": 24})
PRIORITIES = {"SEV1": "urgent", "SEV2": "high", "SEV3": "medium", "SEV4": "low"}
ENVIRONMENTS = {"production": "Production", "pre-deploy": "Staging", "ci": "CI"}
# Median days from triage to the fix.
DAYS_TO_FIX = {"SEV1": 0.8, "SEV2": 3, "SEV3": 9, "SEV4": 20}
# How reports end.
OUTCOMES = Weighted({
    "fixed": 857, "duplicate": 30, "cannot_reproduce": 18, "invalid": 15, "works_as_designed": 14,
    "wont_fix": 30, "declined": 20, "external": 8, "left": 8,
})  # fmt: skip
# Why the stage that should have caught an escaped defect did not, mostly.
REASONS_OF = {
    None: Weighted({"no_test": 34, "data": 14, "environment": 13, "review": 12, "monitoring": 3, "accepted": 2}),
    "design": Weighted({"requirement": 80, "review": 15, "accepted": 5}),
    "coding": Weighted({"no_test": 60, "test_wrong": 25, "review": 15}),
    "pre-commit": Weighted({"no_test": 50, "test_skipped": 30, "test_wrong": 20}),
    "code-review": Weighted({"review": 80, "requirement": 12, "accepted": 8}),
    "ci": Weighted({"no_test": 52, "test_skipped": 26, "test_wrong": 14, "data": 8}),
    "pre-deploy": Weighted({"environment": 42, "data": 38, "no_test": 20}),
    "production": Weighted({"monitoring": 70, "accepted": 30}),
}
CUSTOMER_IMPACTS = Weighted({"none": 8, "cosmetic": 22, "workaround": 42, "blocked": 24, "data_loss": 2, "": 12})
# Shares of fixed defects whose fix did not hold, of new ones that are an old one come back, and of waiting ones put off.
REOPENED, BACK, PUT_OFF = 0.06, 0.02, 0.3
# The share of the reports of the last days that nobody has triaged yet.
UNTRIAGED, UNTRIAGED_DAYS = 0.45, 8
NO_FAULT = ("duplicate", "cannot_reproduce", "invalid", "works_as_designed")


def defects(scene: Scene, number: int, first_id: int) -> Iterator[DefectRow]:
    """The team's defects in the order they were found, with ids and references in the same order."""
    rng = scene.rng("defects")
    profile, domain, end = scene.profile, scene.domain, scene.end
    waves = Waves(rng, 0.42)
    caught, conditions = CAUGHT[profile.catches], domain.conditions
    owed = rng.random()
    members = scene.members or (None,)
    roots: dict[int, int] = {}  # by the id of a duplicate
    life = DefectLife(scene)
    for place, found_at in enumerate(moments(scene, number, rng, 0.12, HOURS_OF_WORK)):
        outcome = OUTCOMES.draw(rng)
        if outcome == "duplicate" and place == 0:
            outcome = "fixed"
        triaged_at = found_at + timedelta(hours=rng.lognormvariate(1.5, 1.1))
        decided_at = triaged_at + timedelta(days=rng.lognormvariate(0.7, 0.8))
        counts = not (outcome in NO_FAULT and decided_at < end)
        stage: str | None = None
        if rng.random() > 0.012:
            stage = caught.draw(rng)
            if counts:
                share = share_passed(scene, found_at)
                owed += at(profile.escaped, share) / 100 * waves.at(share)
                if owed >= 1:
                    owed -= 1
                    stage = "production"
            elif rng.random() < 0.5:
                stage = "production"  # users report most of the defects that turn out not to be one
        severity = (SEVERITY_ESCAPED if stage == "production" else SEVERITY_CAUGHT).draw(rng)
        introduced, should = _stages_around(stage, rng)
        status, resolution, fixed_at, verified_at, closed_at = _lifecycle(
            outcome, severity, stage, triaged_at, decided_at, end, rng
        )
        if status not in ("duplicate", "rejected") and life.waits(found_at, end):
            status, resolution, triaged_at, fixed_at, verified_at, closed_at = "new", "", end, None, None, None
        happens, expected, component = rng.choice(domain.known_faults)
        when, step = rng.choice(conditions)
        told = rng.random() < 0.35
        begin = f"Open {component}." if component and domain.on_a_page else "Start from a clean state."
        title = f"{happens} {when}" if when else happens
        back = life.origin(found_at) if status not in ("duplicate", "rejected") else None
        row = DefectRow(
            id=first_id + place,
            reference=f"{scene.plan.key}-DEF-{place + 1}",
            version=1,
            created_at=found_at,
            updated_at=closed_at or verified_at or fixed_at or (triaged_at if triaged_at < end else found_at),
            source="",
            external_id="",
            team_id=scene.team_id,
            title=back.title if back else title,
            severity_id=scene.severities[severity],
            stage_found_id=scene.stages[stage] if stage else None,
            stage_introduced_id=scene.stages[introduced] if introduced else None,
            stage_should_catch_id=scene.stages[should] if should else None,
            status=status,
            resolution=resolution,
            priority=PRIORITIES[severity] if rng.random() < 0.85 else "",
            found_by=FOUND_BY[stage].draw(rng) if stage else "",
            service_id=life.service(scene),
            component=component,
            environment=ENVIRONMENTS.get(stage or "", ""),
            version_found=_release(found_at) if stage in ENVIRONMENTS else "",
            version_fixed=_release(fixed_at + timedelta(days=7)) if fixed_at else "",
            steps=f"1. {begin}\n2. {step}\n3. Look at the result." if told else "",
            expected=f"{expected}." if told else "",
            actual=f"{happens}." if told else "",
            found_at=found_at,
            triaged_at=triaged_at if triaged_at < end else None,
            fixed_at=fixed_at,
            verified_at=verified_at,
            closed_at=closed_at,
            reporter_id=rng.choice(members),
            assignee_id=rng.choice(members) if triaged_at < end and rng.random() < 0.9 else None,
            duplicate_of_id=_original(roots, first_id, place, rng) if status == "duplicate" else None,
            reopened=life.reopened(fixed_at is not None),
            regression_of_id=back and back.id,
            snoozed_until=life.put_off(end) if status == "new" else None,
            **life.of_an_escape(severity, should, resolution == "fixed") if stage == "production" else NO_ESCAPE,
        )
        life.remember(row)
        yield row


NO_ESCAPE: dict[str, Any] = {
    "customer_impact": "",
    "customers_affected": None,
    "support_tickets": None,
    "root_cause": "",
    "escape_reason": "",
}


class DefectLife:
    """What happens to some defects besides the usual. Draws by itself, so that it changes nothing about the rest."""

    def __init__(self, scene: Scene) -> None:
        self.rng, self.services = scene.rng("life"), scene.rng("services")
        self.closed: list[DefectRow] = []

    def remember(self, row: DefectRow) -> None:
        if row.resolution == "fixed" and row.regression_of_id is None:
            self.closed = [*self.closed[-29:], row]

    def origin(self, found_at: datetime) -> DefectRow | None:
        """A defect that was fixed and closed by then, and that this one is again."""
        known = [row for row in self.closed if row.closed_at and row.closed_at < found_at]
        if not known or self.rng.random() > BACK:
            return None
        origin = self.rng.choice(known)
        self.closed.remove(origin)
        return origin

    def waits(self, found_at: datetime, end: datetime) -> bool:
        """Whether nobody has triaged it yet."""
        return found_at > end - timedelta(days=UNTRIAGED_DAYS) and self.rng.random() < UNTRIAGED

    def reopened(self, was_fixed: bool) -> int:
        return self.rng.choice((1, 1, 1, 2)) if was_fixed and self.rng.random() < REOPENED else 0

    def put_off(self, end: datetime) -> date | None:
        return (end + timedelta(days=self.rng.randint(3, 14))).date() if self.rng.random() < PUT_OFF else None

    def service(self, scene: Scene) -> int | None:
        """Most faults are in the first services of the team."""
        known = [*scene.domain.services[:2], *scene.domain.services]
        return scene.services[self.services.choice(known)] if self.services.random() < 0.9 else None

    def of_an_escape(self, severity: str, should_catch: str | None, is_closed: bool) -> dict[str, Any]:
        impact = CUSTOMER_IMPACTS.draw(self.rng)
        hurt = impact in ("workaround", "blocked", "data_loss")
        affected = round(AFFECTED[severity] * self.rng.lognormvariate(0, 0.8)) if hurt else None
        cause, _ = self.rng.choice(CAUSES)
        return {
            "customer_impact": impact,
            "customers_affected": affected,
            "support_tickets": min(400, round((affected or 0) ** 0.5 * self.rng.random())) if hurt else None,
            "root_cause": cause if is_closed else "",
            "escape_reason": REASONS_OF[should_catch].draw(self.rng) if is_closed or self.rng.random() < 0.3 else "",
        }


def _original(roots: dict[int, int], first_id: int, place: int, rng: random.Random) -> int:
    """A defect found shortly before, or its original if it is a duplicate."""
    near = first_id + max(0, place - rng.randint(1, 12))
    return roots.setdefault(first_id + place, roots.get(near, near))


def _stages_around(found: str | None, rng: random.Random) -> tuple[str | None, str | None]:
    """Stages where it was introduced and should have been caught, if known. Neither is later than where it was found."""
    if found is None or rng.random() > (0.85 if found == "production" else 0.55):
        return None, None
    latest = PLACE[found]
    introduced = INTRODUCED.draw(rng)
    if PLACE[introduced] > latest:
        introduced = ORDER[min(latest, 1)]
    should = SHOULD_CATCH.draw(rng)
    if not PLACE[introduced] <= PLACE[should] <= latest:
        should = found if found != "production" else "pre-deploy"
    return introduced, should


def _lifecycle(
    outcome: str,
    severity: str,
    stage: str | None,
    triaged_at: datetime,
    decided_at: datetime,
    end: datetime,
    rng: random.Random,
) -> tuple[str, str, datetime | None, datetime | None, datetime | None]:
    """Status, resolution, and the times of fix, verification and closing, if they are before the end of the history."""
    if triaged_at >= end:
        return "new", "", None, None, None
    if outcome == "left":
        return "triaged", "", None, None, None
    if outcome != "fixed":
        if decided_at >= end:
            return "triaged", "", None, None, None
        status = "duplicate" if outcome == "duplicate" else "rejected" if outcome in NO_FAULT else "closed"
        return status, outcome, None, None, decided_at
    days = DAYS_TO_FIX[severity] * rng.lognormvariate(0, 0.9)
    if stage in ("coding", "pre-commit", "code-review"):
        days *= 0.2  # the author is still working on the code
    fixed_at = triaged_at + timedelta(days=days)
    verified_at = fixed_at + timedelta(days=rng.lognormvariate(0, 0.8))
    closed_at = verified_at + timedelta(days=rng.lognormvariate(0.5, 0.8))
    if fixed_at >= end:
        begun = triaged_at + timedelta(days=days * 0.6) < end
        return ("in_progress" if begun else "triaged"), "", None, None, None
    if verified_at >= end:
        return "fixed", "", fixed_at, None, None
    if closed_at >= end:
        return "verified", "", fixed_at, verified_at, None
    return "closed", "fixed", fixed_at, verified_at, closed_at


def _release(moment: datetime) -> str:
    """A release name, which contains its week."""
    year, week, _ = moment.isocalendar()
    return f"{year}.{week:02}"


# --- Incidents ---------------------------------------------------------------------------------------------------------

INCIDENT_SEVERITIES = Weighted({"SEV1": 5, "SEV2": 24, "SEV3": 48, "SEV4": 23})
DETECTED_BY = {
    "early": Weighted({"monitor": 72, "engineer": 12, "customer": 8, "internal_user": 5, "partner": 3}),
    "balanced": Weighted({"monitor": 50, "customer": 24, "internal_user": 12, "engineer": 10, "partner": 4}),
    "late": Weighted({"customer": 46, "monitor": 22, "internal_user": 17, "engineer": 8, "partner": 7}),
}
# The share of the time to restore that passes before anyone notices.
UNNOTICED = {"early": 0.07, "balanced": 0.12, "late": 0.18}
AFFECTED = {"SEV1": 24_000, "SEV2": 3_100, "SEV3": 260, "SEV4": 25}
IMPACTS = Weighted({"outage": 35, "degraded": 55, "data_loss": 3, "security": 2})
# One incident in ten does not count, for each of these reasons in turn.
NOT_COUNTED = ("exercise", "cancelled", "maintenance", "duplicate", "staging")
SPREAD = 0.85  # standard deviation of log restore time: p90 is three times the median
STRATA = 5


class Durations:
    """Restore times relative to their mean. Of any five in a row, one comes from each fifth of the distribution."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.ready = rng, list[float]()

    def draw(self) -> float:
        if not self.ready:
            normal = NormalDist()
            shares = [(part + self.rng.uniform(0.15, 0.85)) / STRATA for part in range(STRATA)]
            times = [math.exp(SPREAD * normal.inv_cdf(share)) for share in shares]
            mean = sum(times) / STRATA
            self.ready = [time / mean for time in times]
            self.rng.shuffle(self.ready)
        return self.ready.pop()


def incidents(scene: Scene, number: int, first_id: int, escaped: Sequence[Escaped] = ()) -> Iterator[IncidentRow]:
    """The team's incidents in the order they started. `escaped`: possible causes, in the order they were found."""
    rng = scene.rng("incidents")
    plan, end = scene.plan, scene.end
    open_ones = sorted(plan.still_open[:number], key=lambda each: -each.hours_ago)
    starts = moments(scene, number - len(open_ones), rng, 0.55, HOURS_OF_TROUBLE)
    outages = {_nearest(starts, end - timedelta(days=outage.days_ago)): outage for outage in plan.outages if starts}
    waves, durations, titles = Waves(rng, 0.5), Durations(rng), Deck(scene.domain.incidents, rng)
    aside, left_out = rng.random(), cycle(NOT_COUNTED)
    last_counted = None
    for place, start in enumerate(starts):
        share = share_passed(scene, start)
        outage = outages.get(place)
        hours = outage.hours if outage else durations.draw() * at(scene.profile.restore, share) * waves.at(share)
        # Only the named incidents are open at the end of the history, so others are moved to end before it.
        start = min(start, end - timedelta(hours=hours * rng.uniform(1.02, 1.2)))
        aside += 0.1
        why = ""
        if (
            outage is None
            and aside >= 1
            and not (share > 1 - CALM_DAYS / HISTORY_DAYS and plan.profile and plan.profile.incidents < 5)
        ):
            aside -= 1
            why = next(left_out)
            if why == "duplicate" and last_counted is None:
                why = "cancelled"
        title = f"{titles.draw()} {rng.choice(scene.domain.places)}".rstrip()
        row = _past(scene, rng, first_id + place, place + 1, title, start, hours, why, outage, last_counted, escaped)
        if not why:
            last_counted = row.id
        yield row
    for place, still in enumerate(open_ones, start=len(starts)):
        yield _open(scene, rng, first_id + place, place + 1, still)


def _nearest(starts: Sequence[datetime], moment: datetime) -> int:
    return min(range(len(starts)), key=lambda place: abs(starts[place] - moment))


def _recently_escaped(escaped: Sequence[Escaped], moment: datetime) -> Escaped | None:
    """The latest defect that was found in production in the ten days before."""
    place = bisect(escaped, moment, key=lambda each: each.found_at)
    latest = escaped[place - 1] if place else None
    return latest if latest and moment - latest.found_at < timedelta(days=10) else None


def _past(
    scene: Scene,
    rng: random.Random,
    pk: int,
    number: int,
    title: str,
    start: datetime,
    hours: float,
    why: str,
    outage: Outage | None,
    original: int | None,
    escaped: Sequence[Escaped],
) -> IncidentRow:
    """A restored incident. `why` is the reason why it does not count, if any."""
    profile, domain, end = scene.profile, scene.domain, scene.end
    restored_at = start + timedelta(hours=hours)
    unnoticed = hours * UNNOTICED[profile.catches] * rng.uniform(0.2, 1.8)
    known = outage is not None or rng.random() > 0.05
    detected_at = start + timedelta(hours=unnoticed) if known else start
    rest = (restored_at - detected_at).total_seconds()
    acknowledged_at = detected_at + timedelta(seconds=min(rng.lognormvariate(math.log(6 * MINUTE), 0.9), rest / 2))
    mitigated_at = None
    if rng.random() < 0.7:
        left = (restored_at - acknowledged_at).total_seconds()
        mitigated_at = acknowledged_at + timedelta(seconds=left * rng.uniform(0.35, 0.9))
    closed_at: datetime | None = restored_at + timedelta(days=rng.uniform(0.5, 6))
    if closed_at >= end:  # type: ignore[operator]
        closed_at = None
    severity = outage.severity if outage else INCIDENT_SEVERITIES.draw(rng)
    cause, stage = (outage.cause, outage.should_have_caught) if outage else rng.choice(CAUSES)
    explained = outage is not None or (closed_at is not None and (severity in ("SEV1", "SEV2") or rng.random() < 0.5))
    title = outage.title if outage else title
    defect = None
    if not why and not outage and rng.random() < 0.15 and (culprit := _recently_escaped(escaped, detected_at)):
        defect, title, (cause, stage) = culprit.id, culprit.title, CAUSED_BY_DEFECT
    impacted = not why and ("customer" in title or severity in ("SEV1", "SEV2") or rng.random() < 0.6)
    affected = max(1, round(AFFECTED[severity] * rng.lognormvariate(0, 0.7))) if impacted else None
    status = "closed" if closed_at else "restored"
    restored: datetime | None = restored_at
    if why in ("cancelled", "duplicate"):
        status, closed_at, mitigated_at, restored, explained = why, None, None, None, False
    if why == "exercise":
        title = f"Exercise: {title[0].lower()}{title[1:]}"
    elif why == "maintenance":
        title = f"Planned maintenance of {rng.choice(domain.services)}"
    return IncidentRow(
        id=pk,
        reference=f"{scene.plan.key}-INC-{number}",
        version=1,
        created_at=detected_at,
        updated_at=closed_at or restored or acknowledged_at,
        source="",
        external_id="",
        team_id=scene.team_id,
        title=title,
        summary=_summary(title, hours, severity) if outage or rng.random() < 0.5 else "",
        status=status,
        severity_id=scene.severities[severity],
        kind=why if why in ("exercise", "maintenance") else "real",
        environment="staging" if why == "staging" else "production",
        services=[scene.services[rng.choice(domain.services)]],
        other_services="",
        started_at=start if known else None,
        detected_at=detected_at,
        acknowledged_at=acknowledged_at,
        mitigated_at=mitigated_at,
        restored_at=restored,
        closed_at=closed_at,
        detection_source=DETECTED_BY[profile.catches].draw(rng),
        customer_impacted=impacted,
        customer_impact=f"About {affected:,} customers {domain.harm} for {_words(hours)}." if impacted else "",
        customers_affected=affected,
        impact_kind=IMPACTS.draw(rng) if impacted else "none",
        root_cause=cause if explained else "",
        should_have_caught_id=scene.stages[stage] if explained else None,
        lead_id=rng.choice(scene.members) if scene.members else None,
        reporter_id=rng.choice(scene.members) if scene.members else None,
        duplicate_of_id=original if status == "duplicate" else None,
        caused_by_defect_id=defect,
    )


def _open(scene: Scene, rng: random.Random, pk: int, number: int, still: StillOpen) -> IncidentRow:
    start = scene.end - timedelta(hours=still.hours_ago)
    detected_at = start + timedelta(hours=still.hours_ago * 0.05)
    taken = still.taken or still.mitigated
    affected = max(1, round(AFFECTED[still.severity] * rng.lognormvariate(0, 0.4)))
    acknowledged_at = detected_at + timedelta(minutes=min(9, still.hours_ago * 10)) if taken else None
    mitigated_at = start + timedelta(hours=still.hours_ago * 0.6) if still.mitigated else None
    return IncidentRow(
        id=pk,
        reference=f"{scene.plan.key}-INC-{number}",
        version=1,
        created_at=detected_at,
        updated_at=mitigated_at or acknowledged_at or detected_at,
        source="",
        external_id="",
        team_id=scene.team_id,
        title=still.title,
        summary="",
        status="mitigated" if still.mitigated else "active" if taken else "triage",
        severity_id=scene.severities[still.severity],
        kind="real",
        environment="production",
        services=[scene.services[rng.choice(scene.domain.services)]],
        other_services="",
        started_at=start,
        detected_at=detected_at,
        acknowledged_at=acknowledged_at,
        mitigated_at=mitigated_at,
        restored_at=None,
        closed_at=None,
        detection_source="monitor" if still.mitigated else "customer",
        customer_impacted=True,
        customer_impact=f"About {affected:,} customers {scene.domain.harm} so far.",
        customers_affected=affected,
        impact_kind="degraded",
        root_cause="",
        should_have_caught_id=None,
        lead_id=rng.choice(scene.members) if taken and scene.members else None,
        reporter_id=rng.choice(scene.members) if scene.members else None,
        duplicate_of_id=None,
        caused_by_defect_id=None,
    )


def _summary(title: str, hours: float, severity: str) -> str:
    grade = "The whole team was called in." if severity == "SEV1" else "The on-call engineer led the response."
    return f"{title}. It took {_words(hours)} to restore service. {grade}"


def _words(hours: float) -> str:
    if hours < 1:
        return f"{max(2, round(hours * 60))} minutes"
    if hours < 1.5:
        return "an hour"
    if hours < 48:
        return f"{round(hours)} hours"
    return f"{round(hours / 24)} days"


def split_by_weight(total: int, weights: Sequence[float]) -> list[int]:
    """Splits `total` by weight into whole numbers; the largest remainders get one more."""
    whole = sum(weights)
    if not whole:
        return [0 for _ in weights]
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda place: parts[place] - exact[place])
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
