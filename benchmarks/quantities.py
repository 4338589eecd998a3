"""Parses and formats cut points: "5%", "90 min", "below 4 h". Stored in percent and seconds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from benchmarks.tiers import BEST_FIRST, Better, Cuts, Tier, Unit
from qmportal.lib.wording import DAY, HOUR, MINUTE, Number, exact

# Limits of the cut point column.
DECIMALS = 6
MOST_SECONDS = 3650 * DAY

SECONDS_OF = {"d": DAY, "h": HOUR, "min": MINUTE, "s": 1}
EXAMPLES = {"percent": "“5%”", "seconds": "“4 h”, “90 min” or “7 d”"}
# Units by their first letters: "2 days", "90m", "4 hrs".
UNITS = {
    **dict.fromkeys(("d", "day", "days"), DAY),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), HOUR),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("w", "week", "weeks"), 7 * DAY),
}
NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
PERCENT = re.compile(rf"(-?{NUMBER})\s*(?:%|percent|per cent)?", re.IGNORECASE)
DURATION = re.compile(rf"(-?)({NUMBER}\s*[a-z]*(?:\s*{NUMBER}\s*[a-z]*)*)", re.IGNORECASE)
PART = re.compile(rf"({NUMBER})\s*([a-z]*)", re.IGNORECASE)
CLOCK = re.compile(r"([0-9]+):([0-5][0-9])(?::([0-5][0-9]))?")
MAYBE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}(?![0-9])")


def parse(text: str, unit: Unit) -> Decimal | None:
    """Parse user input to percent or seconds; None if empty. A number without a unit is hours, 1:30 is hours and minutes.

    Raises ValueError with an error message for the field.
    """
    text = unicodedata.normalize("NFKC", text).replace("−", "-").strip()
    if not text:
        return None
    if MAYBE_THOUSANDS.match(text):
        raise ValueError(f"“{text}” could be read in two ways. Write it with a point, or without the comma.")
    amount = _seconds(text) if unit == "seconds" else _percent(text)
    if amount is None:
        raise ValueError(f"Write a number as in {EXAMPLES[unit]}, with the digits 0 to 9.")
    if unit == "seconds" and amount > MOST_SECONDS:
        raise ValueError("Write at most 3650 d, which is ten years.")
    if (amount * 10**DECIMALS).denominator != 1:
        raise ValueError(f"Write at most {DECIMALS} decimals.")
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def _number(text: str) -> Fraction:
    return exact(Decimal(text.replace(",", ".")))


def _percent(text: str) -> Fraction | None:
    match = PERCENT.fullmatch(text)
    return _number(match[1]) if match else None


def _seconds(text: str) -> Fraction | None:
    """ "90 min", "1 h 30 min", "1h30", "2 days", "1:30" in seconds: units must get smaller. None if it is no duration."""
    if clock := CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return Fraction(hours * HOUR + minutes * MINUTE + seconds)
    match = DURATION.fullmatch(text)
    if match is None:
        return None
    total, size = Fraction(0), 0
    for number, name in PART.findall(match[2]):
        # A number without a unit after hours is minutes, as in 1h30.
        bare = HOUR if not size else MINUTE if size == HOUR else 0
        finer = UNITS.get(name.lower(), 0) if name else bare
        if not finer or (size and finer >= size):
            return None
        total, size = total + _number(number) * finer, finer
    return -total if match[1] else total


def typed(amount: Number | None, unit: Unit) -> str:
    """A cut point as text that `parse` reads back exactly: "5%", "90 min", "7 d"."""
    if amount is None:
        return ""
    precise = exact(amount)
    if unit == "percent":
        return f"{_plain(precise)}%"
    if unit == "count":
        return _plain(precise)
    # People say 24 h, not 1 d.
    whole = (name for name, size in SECONDS_OF.items() if precise % size == 0 and not precise == size == DAY)
    name = next(whole, "s")
    return f"{_plain(precise / SECONDS_OF[name])} {name}" if precise else "0"


def _plain(number: Fraction) -> str:
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spans(cuts: Cuts, unit: Unit) -> list[tuple[Tier, str, str]]:
    """The five tiers, best first, with start and end of each as text: ("good", "5%", "below 10%")."""
    lower_is_better = cuts.better == "lower"
    c1, c2, c3, c4 = (typed(point, unit) for point in cuts.points)
    if lower_is_better:
        ends = [("0", f"below {c1}"), (c1, f"below {c2}"), (c2, f"below {c3}"), (c3, f"up to {c4}"), (f"above {c4}", "")]
    else:
        ends = [(f"above {c1}", ""), (f"above {c2}", c1), (f"above {c3}", c2), (c4, c3), ("0", f"below {c4}")]
    return [(tier, start, end) for tier, (start, end) in zip(BEST_FIRST, ends, strict=True)]


def limits(cuts: Cuts | None, unit: Unit) -> list[tuple[Tier, str]]:
    """The limit of each tier except the last: ("elite", "below 5%"), ..., ("needs_work", "up to 35%")."""
    if cuts is None:
        return []
    open_end, closed_end = ("below", "up to") if cuts.better == "lower" else ("above", "down to")
    words = [open_end, open_end, open_end, closed_end]
    return [
        (tier, f"{word} {typed(point, unit)}") for tier, word, point in zip(BEST_FIRST, words, cuts.points, strict=False)
    ]


# The four cut points of the editor


def cut_problems(points: Sequence[Number | None], better: Better = "lower", unit: Unit = "percent") -> dict[int, str]:
    """Error messages for four cut points from Elite to Needs Work, by position; {} if they are valid."""
    found: dict[int, str] = {}
    most = exact(100) if unit == "percent" else None
    for place, point in enumerate(points):
        tier = BEST_FIRST[place]
        if point is None:
            found[place] = f"Enter where {tier.label} ends."
        elif exact(point) <= 0:
            found[place] = f"{tier.label} must end above 0."
        elif most is not None and exact(point) >= most:
            found[place] = f"{tier.label} must end below 100%."
    if found:
        return found
    word = "above" if better == "lower" else "below"
    for place, (before, point) in enumerate(pairwise(map(_given, points)), start=1):
        if (exact(point) > exact(before)) is not (better == "lower") or exact(point) == exact(before):
            tier, better_tier = BEST_FIRST[place], BEST_FIRST[place - 1]
            found[place] = f"{tier.label} must end {word} {typed(before, unit)}, where {better_tier.label} ends."
    return found


def unit_doubts(points: Sequence[Number], unit: Unit) -> str:
    """A warning if cut points look like fractions instead of percent, else ""."""
    if unit != "percent" or max(map(exact, points)) > 1:
        return ""
    least = typed(min(map(exact, points)), unit)
    share = typed(min(map(exact, points)) * 100, unit)
    return f"These cut points are all at most 1%. Numbers are percent: {least} is not {share}."


def _given(number: Number | None) -> Number:
    if number is None:
        raise ValueError("a cut point is missing")
    return number
