"""What a proposed threshold set would change: judges every team by the rules in force and by the proposed ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from benchmarks.charts import Segment, stacked
from benchmarks.counting import with_shared_severities
from benchmarks.metrics import METRICS, Judged
from benchmarks.models import DEFAULT_WINDOW
from benchmarks.quantities import unit_doubts
from benchmarks.snapshots import measure_teams, rules_in_force
from benchmarks.tiers import BEST_FIRST, Rules, Tier, Unit
from benchmarks.words import format_value
from teams.models import Team

NO_TIER = "none"
# Warn loudly from this number and this share of teams.
MANY, NEARLY_ALL = 2, 0.8


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric of one team, judged by one threshold set."""

    line: Judged
    rules: Rules

    @property
    def tier(self) -> Tier | None:
        return self.line.judgement.tier

    @property
    def n(self) -> int:
        return self.line.measure.n

    @property
    def value(self) -> str:
        """The judged value as text that never contradicts the tier."""
        measure = self.line.measure
        judged = measure.median if self.rules.statistic == "median" else measure.value
        return format_value(judged, measure.unit, self.rules.cuts)

    @property
    def is_too_small(self) -> bool:
        return self.line.measure.value is not None and self.n < self.rules.minimum_n


@dataclass(frozen=True, slots=True)
class Move:
    """A team whose tier would change."""

    team: Team
    before: Verdict
    after: Verdict
    is_group: bool

    @property
    def ranks(self) -> int:
        """How many tiers up (negative: down); 0 if the team gets or loses a tier."""
        return self.after.tier.rank - self.before.tier.rank if self.before.tier and self.after.tier else 0

    @property
    def words(self) -> str:
        if self.before.tier is None:
            return "gets a tier"
        if self.after.tier is None:
            return "loses its tier"
        count = abs(self.ranks)
        return f"{'up' if self.ranks > 0 else 'down'} {count} tier{'' if count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change as of a day, over the default window: which teams and groups move, and the count of each tier."""

    as_of: date
    days: int
    moves: list[Move]
    newly_too_small: list[Move]
    all: list[Move]
    before: list[Segment]
    after: list[Segment]
    alarms: list[str]

    @property
    def move_words(self) -> str:
        return _count_words(self.moves)

    @property
    def share_words(self) -> str:
        """How many of them move, as in "1 of 2 teams and 1 of 1 group"."""
        return _count_words(self.moves, of=self.all)

    @property
    def all_words(self) -> str:
        return _count_words(self.all)


def _count_words(some: list[Move], of: list[Move] | None = None) -> str:
    """Counts groups and teams separately, as the overview does, because a group includes its teams."""
    found = []
    for is_group, noun in ((False, "team"), (True, "group")):
        count, whole = (sum(move.is_group is is_group for move in moves) for moves in (some, some if of is None else of))
        if whole:
            found.append(f"{count}{'' if of is None else f' of {whole}'} {noun}{'' if whole == 1 else 's'}")
    return " and ".join(found)


def preview(metric: str, proposed: Rules, day: date) -> Preview:
    """Counts now, over the default window that ends on `day`. Saves nothing; the number of statements is constant."""
    now = rules_in_force(day)
    then = with_shared_severities({**now, metric: proposed})
    # A metric may use another one's severities, so a proposal for it counts the same rows.
    old, new = _verdicts(metric, now, day), _verdicts(metric, then, day)
    teams = Team.objects.filter(pk__in=list(old)).order_by("name")
    groups = {team.parent_id for team in teams}
    pairs = [Move(team, old[team.pk], new[team.pk], is_group=team.pk in groups) for team in teams]
    alone = [pair for pair in pairs if not pair.is_group]
    moves = [pair for pair in pairs if pair.before.tier != pair.after.tier]
    return Preview(
        as_of=day,
        days=DEFAULT_WINDOW,
        moves=sorted(moves, key=lambda move: (move.ranks, move.team.name)),
        newly_too_small=[pair for pair in pairs if pair.after.is_too_small and not pair.before.is_too_small],
        all=pairs,
        before=_shares([pair.before for pair in alone]),
        after=_shares([pair.after for pair in alone]),
        alarms=_alarms(METRICS[metric].unit, proposed, alone),
    )


def _alarms(unit: Unit, proposed: Rules, pairs: list[Move]) -> list[str]:
    """Loud warnings: nearly every team would move, or the numbers seem to be in another unit."""
    found = [doubt] if proposed.cuts and (doubt := unit_doubts(proposed.cuts.points, unit)) else []
    judged = [pair for pair in pairs if pair.before.tier or pair.after.tier]
    moved = [pair for pair in judged if pair.before.tier != pair.after.tier]
    if len(moved) < MANY or len(moved) < NEARLY_ALL * len(judged):
        return found
    share = f"All {len(moved)}" if len(moved) == len(judged) > 2 else f"{len(moved)} of {len(judged)}"
    who = "Both teams" if len(moved) == len(judged) == 2 else f"{share} teams"
    tier, count = Counter(pair.after.tier for pair in moved).most_common(1)[0]
    to = f"move to {tier.label}" if tier else "lose their tier"
    if count == len(moved):
        sentence = f"{who} with a tier would {to}"
    else:
        sentence = f"{who} with a tier would change tier"
        if count >= NEARLY_ALL * len(moved):
            sentence += f", and {count} of them would {to}"
    hint = " A number without a unit is in hours: for minutes write 60 min." if unit == "seconds" else ""
    return [*found, f"{sentence}. Check the numbers and their unit.{hint}"]


def _verdicts(metric: str, rules: dict[str, Rules], day: date) -> dict[int, Verdict]:
    measured = measure_teams(day, rules, [DEFAULT_WINDOW])
    return {
        team: Verdict(next(line for line in lines if line.metric == metric), rules[metric])
        for (team, _), lines in measured.items()
    }


def _shares(verdicts: list[Verdict]) -> list[Segment]:
    held = Counter(verdict.tier for verdict in verdicts)
    return stacked([(tier.value, tier.label, held[tier]) for tier in BEST_FIRST] + [(NO_TIER, "No tier", held[None])])
