"""What the pages say of a night, a day and a list. Plain functions; no queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from benchmarks.models import MetricSnapshot
from benchmarks.tiers import Rules, judge
from benchmarks.words import value_words


def day_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def open_words(night: Mapping[str, MetricSnapshot], rules: Rules) -> str:
    """MTTR with the incidents that are still open, and the tier it would be by MTTR's own rules; "" when none is open."""
    with_open, still_open = night.get("mttr_with_open"), night.get("open_incidents")
    if with_open is None or with_open.value is None or still_open is None or not still_open.n:
        return ""
    words = value_words(with_open.measure, rules.cuts, compact=True)
    tier = judge(with_open.measure, rules).tier
    return f"{words}, would be {tier.label}" if tier else words


def listed(words: Sequence[str], most: int = 3) -> str:
    """a, b and c; what is beyond `most` becomes "and 4 more"."""
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
