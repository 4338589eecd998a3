"""Whether actions worked: how often the problem came back, compared with before, with an exact test of the two rates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from benchmarks.statistics import poisson_rate_test, rate_ratio_interval
from incidents.models import Action

SIGNIFICANT = 0.05
# An upper end beyond this many times the earlier rate only shows that there are few rows.
FAR = 10
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Effect:
    """How often a problem occurred before and after, in which time. Both times are above 0."""

    before: int
    before_time: timedelta
    after: int
    after_time: timedelta
    actions: int = 1

    @property
    def p(self) -> float:
        """The exact one-sided p that the problem did not become rarer."""
        return poisson_rate_test(self.before, self._days(self.before_time), self.after, self._days(self.after_time))

    @property
    def counts(self) -> str:
        return (
            f"{self.before:,} in {self._days(self.before_time):,.0f} days before, "
            f"{self.after:,} in {self._days(self.after_time):,.0f} days since"
        )

    @property
    def ratio(self) -> str:
        """The rate since, as a share of the rate before, with its 95% interval."""
        if not self.before:
            return ""
        rate = self.after / self._days(self.after_time) / (self.before / self._days(self.before_time))
        low, high = rate_ratio_interval(self.before, self._days(self.before_time), self.after, self._days(self.after_time))
        highest = f"{high:.0%}" if high and high < FAR else f"more than {FAR:,.0%}"
        return f"{rate:,.0%} of the rate before; 95% interval {low:,.0%} to {highest}"

    @property
    def verdict(self) -> str:
        if self.p < SIGNIFICANT:
            return f"Rarer than before, and hardly by chance (p = {self.p:.3f})."
        return f"Too few to tell from chance (p = {self.p:.2f})."

    @property
    def sentences(self) -> list[str]:
        return [sentence for sentence in (f"{self.counts}.", self.ratio and f"{self.ratio}.", self.verdict) if sentence]

    @staticmethod
    def _days(span: timedelta) -> float:
        return span / DAY


def effect_of(action: Action, now: datetime) -> Effect | None:
    """Of one action. None until it was done, without an incident, or right after it was done."""
    rows: Any = Action.objects.filter(pk=action.pk).with_recurrences(now)
    return _effect(rows.values("before", "before_time", "after", "after_time").get())


def effect_of_all(family: Collection[int], now: datetime) -> Effect | None:
    """Of all actions of these teams that were first done in the last year and at least 30 days ago, added up."""
    found = Action.objects.done_by(family).recurrence_figures(now)
    names = {"before": "recurred_before", "after": "recurred_after", "before_time": "looked_back", "after_time": "looked_on"}
    return _effect({name: found[column] for name, column in names.items()} | {"actions": found["actions"]})


def _effect(found: dict[str, Any]) -> Effect | None:
    times = found["before_time"], found["after_time"]
    return Effect(**found) if all(span and span > DAY for span in times) else None
