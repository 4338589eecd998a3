"""Formats numbers and times for pages, charts, mails, API text and CSV.

Pure functions without Django or a clock. They round half up, on exact numbers. `fits` decides whether a rounded number can
represent the exact one. If not, a digit is added, so that a value never contradicts its tier.
"""

import calendar
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

Number = int | float | Decimal | Fraction
Exact = Fraction | int
Fits = Callable[[Exact], bool]

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# By their number.
MONTHS = tuple(calendar.month_abbr)

NO_DATA = "No data"
# With more decimals than this, a value is truncated on its side of a cut point instead of rounded.
MOST_DECIMALS = 12


def exact(number: Number) -> Fraction:
    """The number as a fraction. A float counts as the decimal it prints as: 0.1 is one tenth."""
    if isinstance(number, Fraction):
        return number
    if isinstance(number, float):
        return Fraction(int(number)) if abs(number) < 2**53 and number.is_integer() else Fraction(repr(float(number)))
    return Fraction(number)


def anything(shown: Exact) -> bool:
    """Accepts any rounding."""
    return True


def number(value: Number | None, digits: int = 1) -> str:
    """1234.50 -> "1,234.5"; trailing zeros are dropped."""
    if value is None:
        return NO_DATA
    return _plain(_decimal(Fraction(_half_up(exact(value) * 10**digits), 10**digits), digits))


def count(value: Number | None, fits: Fits = anything) -> str:
    """3555 -> "3,555". A fractional count gets one decimal, or more if `fits` requires it."""
    if value is None:
        return NO_DATA
    precise = exact(value)
    return _decimal(*_rounded(precise, 0 if precise.denominator == 1 else 1, fits))


def percentage(value: Number | None, fits: Fits = anything) -> str:
    """15.789 -> "15.8%": one decimal, or more so that only 0 is "0%" and only 100 is "100%": "0.04%"."""
    if value is None:
        return NO_DATA
    precise = exact(value)

    def tells(shown: Exact) -> bool:
        return fits(shown) and (shown == 0) is (precise == 0) and (shown == 100) is (precise == 100)

    return _decimal(*_rounded(precise, 1, tells)) + "%"


def duration(span: Number | timedelta | None, fits: Fits = anything) -> str:
    """Seconds or a timedelta -> "38 min", "2 h 30 min", "5 d 4 h": two adjacent units, or finer if `fits` requires it.

    Below 5 minutes with seconds, from 10 days on without hours: "4 min 12 s", "12 d".
    """
    if span is None:
        return NO_DATA
    return _duration(span, fits)


@lru_cache(maxsize=4096)  # a list formats fifty, mostly the same as before
def _duration(span: Number | timedelta, fits: Fits) -> str:
    precise = _seconds(span)
    if precise < 0:
        return f"-{duration(-precise)}"
    coarsest = DAY if precise >= 10 * DAY else HOUR if precise >= DAY else MINUTE if precise >= 5 * MINUTE else 1
    for grain in (DAY, HOUR, MINUTE, 1):
        shown = _half_up(precise / grain) * grain
        if grain <= coarsest and fits(shown) and (shown > 0 or precise == 0):
            return _spell(shown, 0)
    return _spell(*_rounded(precise, 1, lambda shown: fits(shown) and (shown == 0) is (precise == 0)))


def duration_below(span: Number | timedelta) -> str:
    """A duration rounded down, for "at most" and "more than": 30.04 days are "30 d".

    Rounded up, it would promise a tier or a bound that the exact number does not reach.
    """
    precise = _seconds(span)
    if precise < 1:
        return _spell(Fraction(math.floor(precise * 1000), 1000), 3)
    grain = DAY if precise >= 10 * DAY else HOUR if precise >= DAY else MINUTE if precise >= MINUTE else 1
    return _spell(Fraction(math.floor(precise / grain) * grain), 0)


def quantity(value: Number | None, unit: str, fits: Fits = anything) -> str:
    """A value formatted by its unit: "percent", "seconds" or "count"."""
    if unit == "percent":
        return percentage(value, fits)
    return duration(value, fits) if unit == "seconds" else count(value, fits)


def mark(value: Number, unit: str) -> str:
    """A quantity on an axis, where all are round: "20%", "4 h"."""
    return f"{number(value, 2)}%" if unit == "percent" else duration(value) if unit == "seconds" else number(value, 2)


def _seconds(span: Number | timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 10**6) if isinstance(span, timedelta) else exact(span)


def _spell(seconds: Exact, decimals: int) -> str:
    whole = math.floor(seconds)
    days, hours, minutes = whole // DAY, whole % DAY // HOUR, whole % HOUR // MINUTE
    rest = seconds - whole + whole % MINUTE
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    words = [f"{amount:,} {unit}" for amount, unit in parts if amount]
    if rest or not words:
        words.append(f"{_decimal(rest, decimals)} s")
    return " ".join(words)


def _rounded(precise: Fraction, least: int, fits: Fits) -> tuple[Fraction, int]:
    """The number rounded half up to the fewest decimals that fit (at least `least`), and that number of decimals."""
    for decimals in range(least, MOST_DECIMALS + 1):
        shown = Fraction(_half_up(precise * 10**decimals), 10**decimals)
        if fits(shown):
            return shown, decimals
    cut_off = Fraction(math.floor(precise * 10**MOST_DECIMALS), 10**MOST_DECIMALS)
    step = Fraction(1, 10**MOST_DECIMALS)
    return (cut_off if fits(cut_off) else cut_off + step), MOST_DECIMALS


def _half_up(number: Fraction) -> int:
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def _decimal(number: Exact, decimals: int) -> str:
    scaled = int(number * 10**decimals)
    whole, rest = divmod(abs(scaled), 10**decimals)
    sign = "-" if scaled < 0 else ""
    return f"{sign}{whole:,}.{rest:0{decimals}d}" if decimals else f"{sign}{whole:,}"


def _plain(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def day_words(day: date) -> str:
    """ "1 Mar 2026", also of a moment. Not by `strftime`, which takes three times as long: a list shows fifty."""
    return f"{short_day(day)} {day.year}"


def short_day(day: date) -> str:
    """ "1 Mar", where the year is obvious."""
    return f"{day.day} {MONTHS[day.month]}"


def clock(moment: datetime) -> str:
    """ "1 Mar 2026, 14:30", for a page that names the zone once."""
    return f"{day_words(moment)}, {moment.hour:02}:{moment.minute:02}"


def minute(moment: datetime) -> str:
    """ "1 Mar 2026, 14:30 CET"."""
    return f"{clock(moment)} {moment.tzname()}"


def relative(moment: datetime, now: datetime) -> str:
    """Time relative to now: "38 min ago", "in 3 d", or the date if it is over a week away.

    Past times are rounded down, future ones to the nearest unit, so that "in 1 d" does not become "in 23 h" at once.
    """
    seconds = (now - moment).total_seconds()
    size = abs(seconds)
    count = math.floor if seconds > 0 else round
    if size < MINUTE:
        return "just now" if seconds >= 0 else "in a moment"
    if size < HOUR:
        words = f"{count(size / MINUTE)} min"
    elif size < DAY:
        words = f"{count(size / HOUR)} h"
    elif size < 8 * DAY:
        words = f"{count(size / DAY)} d"
    else:
        return short_day(moment) if moment.year == now.year else day_words(moment)
    return f"{words} ago" if seconds > 0 else f"in {words}"
