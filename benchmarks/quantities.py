"""Cut points as people type and read them: "5%", "90 min", "below 4 h". Kept in percent and seconds."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from benchmarks.tiers import BEST_FIRST, Better, Cuts, Tier, Unit
from benchmarks.words import format_duration
from qmportal.lib.wording import DAY, HOUR, MINUTE, Number, exact

End = Literal["lower", "upper"]

# What the column of a cut point can hold.
DECIMALS = 6
MOST_SECONDS = 3650 * DAY

SECONDS_OF = {"d": DAY, "h": HOUR, "min": MINUTE, "s": 1}
EXAMPLES = {"percent": "“5%”", "seconds": "“4 h”, “90 min” or “7 d”"}
NUMBER = r"[-−]?[0-9]+(?:[.,][0-9]+)?"
PERCENT = re.compile(rf"({NUMBER})\s*%?")
DURATION = re.compile(rf"({NUMBER})\s*(d|h|min|s)?(?:\s+({NUMBER})\s*(h|min|s))?", re.IGNORECASE)
MAYBE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}(?![0-9])")


def parse(text: str, unit: Unit) -> Decimal | None:
    """What was typed, in percent or seconds; None when empty. A bare duration is in hours.

    Raises ValueError with a sentence for the field.
    """
    text = text.strip()
    if not text:
        return None
    if MAYBE_THOUSANDS.match(text):
        raise ValueError(f"“{text}” could be read in two ways. Write it with a point, or without the comma.")
    match = (DURATION if unit == "seconds" else PERCENT).fullmatch(text)
    if match is None:
        raise ValueError(f"Write a number as in {EXAMPLES[unit]}, with the digits 0 to 9.")
    amount = _seconds(match) if unit == "seconds" else exact(_decimal(match[1]))
    if unit == "seconds" and amount > MOST_SECONDS:
        raise ValueError("Write at most 3650 d, which is ten years.")
    if (amount * 10**DECIMALS).denominator != 1:
        raise ValueError(f"Write at most {DECIMALS} decimals.")
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ".").replace("−", "-"))


def _seconds(match: re.Match[str]) -> Fraction:
    total = exact(_decimal(match[1])) * SECONDS_OF[(match[2] or "h").lower()]
    return total + exact(_decimal(match[3])) * SECONDS_OF[match[4].lower()] if match[3] else total


def typed(amount: Number | None, unit: Unit) -> str:
    """A cut point as `parse` reads it back, exactly: "5%", "90 min", "7 d"."""
    if amount is None:
        return ""
    precise = exact(amount)
    if unit == "percent":
        return f"{_plain(precise)}%"
    if unit == "count":
        return _plain(precise)
    # One day is spoken of as 24 h.
    whole = (name for name, size in SECONDS_OF.items() if precise % size == 0 and not precise == size == DAY)
    name = next(whole, "s")
    return f"{_plain(precise / SECONDS_OF[name])} {name}" if precise else "0"


def _plain(number: Fraction) -> str:
    text = f"{Decimal(number.numerator) / Decimal(number.denominator):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def spans(cuts: Cuts, unit: Unit) -> list[tuple[Tier, str, str]]:
    """The five tiers, best first, with where each begins and ends, in words: ("good", "5%", "below 10%")."""
    lower_is_better = cuts.better == "lower"
    c1, c2, c3, c4 = (typed(point, unit) for point in cuts.points)
    if lower_is_better:
        ends = [("0", f"below {c1}"), (c1, f"below {c2}"), (c2, f"below {c3}"), (c3, f"up to {c4}"), (f"above {c4}", "")]
    else:
        ends = [(f"above {c1}", ""), (f"above {c2}", c1), (f"above {c3}", c2), (c4, c3), ("0", f"below {c4}")]
    return [(tier, start, end) for tier, (start, end) in zip(BEST_FIRST, ends, strict=True)]


def limits(cuts: Cuts | None, unit: Unit) -> list[tuple[Tier, str]]:
    """What each tier but the last asks for: ("elite", "below 5%"), ..., ("needs_work", "up to 35%")."""
    if cuts is None:
        return []
    open_end, closed_end = ("below", "up to") if cuts.better == "lower" else ("above", "down to")
    words = [open_end, open_end, open_end, closed_end]
    return [
        (tier, f"{word} {typed(point, unit)}") for tier, word, point in zip(BEST_FIRST, words, cuts.points, strict=False)
    ]


# The five rows of the editor


def problems(
    bounds: Iterable[tuple[Tier | str, Number | None, Number | None]],
    better: Better = "lower",
    unit: Unit = "percent",
) -> dict[tuple[Tier, End], str]:
    """What is wrong with an editor's five rows (tier, lower, upper), as a sentence for each field; {} when sound.

    Only the outer ends are open: the lower of the lowest tier (or 0), the upper of the highest (or 100 for percent).
    """
    rows = {Tier(tier): (lower, upper) for tier, lower, upper in bounds}
    upward = BEST_FIRST if better == "lower" else BEST_FIRST[::-1]
    found: dict[tuple[Tier, End], str] = {}
    for tier in upward:
        lower, upper = rows.get(tier, (None, None))
        _check_number(found, (tier, "lower"), lower, unit, needed=tier is not upward[0])
        _check_number(found, (tier, "upper"), upper, unit, needed=tier is not upward[-1])
    if found:
        return found
    show = _shower(unit)
    _check_outer_ends(found, rows, upward, unit)
    for tier in upward:
        start, end = _span(rows[tier], unit)
        if end is not None and start >= end:
            found.setdefault(
                (tier, "upper"), f"{tier.label} ends at {show(end)}, which is not above its start at {show(start)}."
            )
    for below, above in pairwise(upward):
        end, start = _inner(rows[below][1]), _inner(rows[above][0])
        if start != end:
            fault = "no tier" if start > end else "two tiers"
            least, most = show(min(start, end)), show(max(start, end))
            found.setdefault(
                (above, "lower"),
                f"{above.label} starts at {show(start)} but {below.label} ends at {show(end)}: "
                f"values from {least} to {most} would have {fault}.",
            )
    return found


def cuts_from(
    bounds: Iterable[tuple[Tier | str, Number | None, Number | None]],
    better: Better = "lower",
    unit: Unit = "percent",
) -> Cuts:
    """The cut points of an editor's five rows. Raises ValueError with the first problem found."""
    rows = [(Tier(tier), lower, upper) for tier, lower, upper in bounds]
    if faults := problems(rows, better, unit):
        raise ValueError(next(iter(faults.values())))
    worse_end = {tier: upper if better == "lower" else lower for tier, lower, upper in rows}
    c1, c2, c3, c4 = (_given(worse_end[tier]) for tier in BEST_FIRST[:4])
    return Cuts(c1, c2, c3, c4)


def _check_number(
    found: dict[tuple[Tier, End], str], key: tuple[Tier, End], number: Number | None, unit: Unit, needed: bool
) -> None:
    tier, end = key
    verb = "starts" if end == "lower" else "ends"
    if number is None:
        if needed:
            found[key] = f"Say where {tier.label} {verb}."
    elif not math.isfinite(number):
        found[key] = f"Where {tier.label} {verb} must be a number."
    elif number < 0:
        found[key] = f"{tier.label} {verb} at {_plain(exact(number))}, but no value is below 0."
    elif unit == "percent" and number > 100:
        found[key] = f"{tier.label} {verb} at {_plain(exact(number))}%, but no value is above 100%."


def _check_outer_ends(
    found: dict[tuple[Tier, End], str],
    rows: Mapping[Tier, tuple[Number | None, Number | None]],
    upward: Sequence[Tier],
    unit: Unit,
) -> None:
    show = _shower(unit)
    lowest, highest = upward[0], upward[-1]
    start, end = rows[lowest][0], rows[highest][1]
    if start:
        found[lowest, "lower"] = f"{lowest.label} must start at 0: values below {show(exact(start))} would have no tier."
    if end is not None and not (unit == "percent" and end == 100):
        found[highest, "upper"] = (
            f"{highest.label} must have no upper end: values above {show(exact(end))} would have no tier."
        )


def _span(row: tuple[Number | None, Number | None], unit: Unit) -> tuple[Fraction, Fraction | None]:
    """A row with its open ends closed where the unit closes them."""
    start = exact(row[0]) if row[0] is not None else Fraction(0)
    if row[1] is not None:
        return start, exact(row[1])
    return start, Fraction(100) if unit == "percent" else None


def _inner(number: Number | None) -> Fraction:
    return exact(_given(number))


def _given(number: Number | None) -> Number:
    if number is None:
        raise ValueError("an inner bound is missing")
    return number


def _shower(unit: Unit) -> Callable[[Fraction], str]:
    return format_duration if unit == "seconds" else _plain
