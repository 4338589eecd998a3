"""Numbers and times in words. Plain functions: no Django, no clock of their own."""

import math
from datetime import datetime, timedelta

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

NO_DATA = "No data"


def number(value: float | None, digits: int = 1) -> str:
    """1234.50 -> "1,234.5"; trailing zeros are dropped."""
    if value is None:
        return NO_DATA
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percentage(value: float | None, cuts: tuple[float, ...] = ()) -> str:
    """15.789 -> "15.8%". A digit is added while rounding would carry the value over a cut: 4.96 stays "4.96%"."""
    if value is None:
        return NO_DATA
    for digits in (1, 2, 3, 4):
        rounded = round(float(value), digits)
        if all((float(value) < cut) == (rounded < cut) and (float(value) > cut) == (rounded > cut) for cut in cuts):
            break
    return f"{number(value, digits)}%"


def duration(span: float | timedelta | None) -> str:
    """Seconds or a timedelta -> the two largest units, cut off rather than rounded: 9000 -> "2 h 30 min"."""
    if span is None:
        return NO_DATA
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if seconds < MINUTE:
        return f"{seconds} s"
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, rest = divmod(rest, MINUTE)
    if days:
        return f"{days} d {hours} h" if hours and days < 10 else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min {rest} s" if rest and minutes < 5 else f"{minutes} min"


def quantity(value: float | None, unit: str, cuts: tuple[float, ...] = ()) -> str:
    """A value in the words of its unit: "percent", "seconds" or "count"."""
    if unit == "percent":
        return percentage(value, cuts)
    if unit == "seconds":
        return duration(value)
    return number(value, 2)


def relative(moment: datetime, now: datetime) -> str:
    """How far a moment lies from now: "38 min ago", "in 3 d", or the day when it is over a week away.

    What is past is told in full units, what is ahead in the nearest: what is due in a day is not due in 23 h at once.
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
        year = "" if moment.year == now.year else f" {moment.year}"
        return f"{moment.day} {moment:%b}{year}"
    return f"{words} ago" if seconds > 0 else f"in {words}"
