"""Cut points as people type and read them: "5%", "90 min", "below 4 h". Kept in percent and seconds."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from benchmarks.tiers import BEST_FIRST, DAY, HOUR, MINUTE, Cuts, Number, Tier, Unit, exact

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
