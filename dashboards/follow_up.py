"""What became of a team's actions: how many were done in time, and how many of them helped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from benchmarks.statistics import wilson
from benchmarks.words import format_value
from dashboards.effect import Effect, effect_of_all
from incidents.models import Action
from qmportal.lib.days import Window


@dataclass(frozen=True, slots=True)
class Share:
    """A part of `n` actions, `n` > 0. `of` says which actions."""

    label: str
    of: str
    part: int
    n: int

    @property
    def value(self) -> str:
        return format_value(100 * self.part / self.n, "percent")

    @property
    def note(self) -> str:
        low, high = (format_value(100 * end, "percent") for end in wilson(self.part, self.n))
        return f"{self.part:,} of {self.n:,} {self.of}; 95% interval {low} to {high}"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Actions to do now, how many of them are overdue, and the shares of those that were done."""

    to_do: int
    overdue: int
    shares: list[Share]
    effect: Effect | None


def follow_up(family: Collection[int], window: Window, today: date) -> FollowUp | None:
    """Two queries. None if the teams have nothing to do and did nothing. `family`: ids of the team and its sub-teams."""
    found = Action.objects.done_by(family).figures(window, today)
    done, checked = found["done"], found["worked"] + found["failed"]
    shares = [Share("Done on time", f"done in the {window.days} days", found["on_time"], done)] if done else []
    shares += [Share("Helped", "checked so far", found["worked"], checked)] if checked else []
    effect = effect_of_all(family, window.end) if checked else None
    return FollowUp(found["to_do"], found["overdue"], shares, effect) if found["to_do"] or shares else None
