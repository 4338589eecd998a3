"""Geometry of the charts that the server draws as SVG. Pure functions: numbers in, SVG strings out.

The plot is a 1000 x 100 box stretched with preserveAspectRatio="none" and non-scaling strokes. Labels are SVG text
positioned in percent, so nothing is distorted and no script or style attribute is needed.
Durations are in seconds, rates in percent.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from benchmarks.tiers import BEST_FIRST, TIER_LABELS
from qmportal.lib.wording import DAY, HOUR, MINUTE, NO_DATA, Number, mark, percentage, quantity

WIDTH = 1000
HEIGHT = 100
DOTS_UP_TO = 32  # a longer series has no dots

_DURATION_STEPS = (
    1, 5, 15, 30,
    MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE,
    HOUR, 2 * HOUR, 4 * HOUR, 12 * HOUR,
    DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY,
)  # fmt: skip
_DURATION_LADDER = (
    1,
    10,
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    HOUR,
    4 * HOUR,
    DAY,
    7 * DAY,
    30 * DAY,
    120 * DAY,
    365 * DAY,
    1000 * DAY,
    3650 * DAY,
)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """SVG paths in a box of `width` by `height`. `area` is empty if the line has gaps; `dot` marks the last value."""

    line: str
    area: str
    dot: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a bar: left edge and width in percent."""

    key: str
    label: str
    value: float
    x: str
    width: str
    percent: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class TierBar:
    """Five equal segments from Critical (left) to Elite (right), and the position of the value."""

    segments: list[Segment]
    tier: str | None
    x: str
    interval_x: str = ""
    interval_width: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A tier's share of the plot: top, height and middle in percent of the plot height."""

    tier: str
    label: str
    y: str
    height: str
    middle: str


@dataclass(frozen=True, slots=True)
class Tick:
    """An axis label or grid line, at a percentage from the top or the left."""

    at: str
    label: str
    anchor: str = "middle"
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the data table next to the chart."""

    label: str
    text: str
    tier: str | None
    tier_label: str
    note: str
    also: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """SVG paths in the 1000 x 100 box, ticks in percent of it, and `points`, the rows of the data table."""

    line: str
    dots: str
    dots_out: str
    bands: list[Band]
    ticks: list[Tick]
    xticks: list[Tick]
    points: list[Point]
    limits: list[Tick] = field(default_factory=list)
    centre: Tick | None = None
    events: list[Tick] = field(default_factory=list)
    has_tiers: bool = False
    also: str = ""
    # Width in percent of the part on the left whose points cover only part of their window.
    partial: str = ""


def _short(value: float) -> str:
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def _path(points: Sequence[tuple[str, str] | None]) -> str:
    """An SVG path through the points; None leaves a gap."""
    parts: list[str] = []
    pen_down = False
    for point in points:
        if point is None:
            pen_down = False
            continue
        # After M, SVG reads further pairs as lines, so the letter L can be left out.
        parts.append(f"{'' if pen_down else 'M'}{point[0]} {point[1]}")
        pen_down = True
    return " ".join(parts)


def _short_path(points: Sequence[tuple[str, str] | None]) -> str:
    """The same path in half the characters, with relative coordinates. For charts that a page repeats many times."""
    parts: list[str] = []
    x = y = 0
    pen_down = False
    for point in points:
        if point is None:
            pen_down = False
            continue
        across, down = int(point[0]) - x, int(point[1]) - y
        gap = "" if down < 0 else " "
        parts.append(f"{' ' if pen_down else 'm'}{across}{gap}{down}")
        x, y, pen_down = x + across, y + down, True
    return "".join(parts)


def _dots(points: Iterable[tuple[str, str]]) -> str:
    """Strokes of length 0, which round caps turn into dots."""
    return "".join(f"M{x} {y}h0" for x, y in points)


def _along(count: int, days: Sequence[date]) -> list[float]:
    """Horizontal position of each point between 0 and 1: by its day, or evenly spaced without days."""
    if days:
        span = max((days[-1] - days[0]).days, 1)
        return [(day - days[0]).days / span for day in days]
    return [i / max(count - 1, 1) for i in range(count)]


def sparkline(
    values: Sequence[float | None], *, days: Sequence[date] = (), width: int = 100, height: int = 24, most: int = 16
) -> Sparkline | None:
    """A small line chart without axes, thinned to `most` points. None if fewer than two values are known."""
    along = _along(len(values), days)
    if len(values) > most:
        last = len(values) - 1
        chosen = [round(i * last / (most - 1)) for i in range(most)]
        values, along = [values[i] for i in chosen], [along[i] for i in chosen]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    span = (high - low) or 1
    top, room = 3, height - 6
    points: list[tuple[str, str] | None] = []
    for i, value in enumerate(values):
        if value is None:
            points.append(None)
            continue
        x = 2 + along[i] * (width - 4)
        y = top + room / 2 if high == low else top + room * float(high - value) / float(span)
        points.append((str(round(x)), str(round(y))))
    drawn = [point for point in points if point]
    line = _short_path(points)
    whole = None not in points
    return Sparkline(
        line=line,
        area=f"{line}V{height}H{drawn[0][0]}Z" if whole else "",
        dot=_dots(drawn[-1:]),
        width=width,
        height=height,
    )


def _nice_step(span: float, count: int, unit: str) -> float:
    rough = span / count
    if unit == "seconds":
        return float(next((step for step in _DURATION_STEPS if step >= rough), _DURATION_STEPS[-1]))
    if unit == "count":
        rough = max(rough, 1.0)  # counts have no fractions
    magnitude = 10.0 ** math.floor(math.log10(rough))
    if unit == "count" and magnitude == 1:
        return next(step for step in (1.0, 2.0, 5.0, 10.0) if step >= rough * 0.999)
    return next(m for m in (1, 2, 2.5, 5, 10) if m * magnitude >= rough * 0.999) * magnitude


def _even_ticks(low: float, high: float, unit: str, lower_is_better: bool) -> list[float]:
    """At least two evenly spaced ticks, with some room above and below the values."""
    if lower_is_better or unit != "percent":
        low, high = min(0.0, low), high * 1.06
    else:
        low, high = max(0.0, low - (100 - low) * 0.06), 100.0
    if high - low < 1e-6 * max(1.0, abs(low)):  # all values are the same
        low, high = (low - 10, low) if unit == "percent" and low > 90 else (low, low + 1)
    step = _nice_step(high - low, 4, unit)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    ticks = [i * step for i in range(first, max(last, first + 1) + 1)]
    return [tick for tick in ticks if tick <= 100] if unit == "percent" and ticks[1] <= 100 else ticks


def _duration_ticks(low: float, high: float) -> list[float]:
    """At least two ticks for a log axis of durations, from the one below the values to the one above."""
    below = [step for step in _DURATION_LADDER if step < low] or [_DURATION_LADDER[0]]
    first = float(min(below[-1], _DURATION_LADDER[-2]))
    last = float(next((step for step in _DURATION_LADDER if step >= high * 1.01 and step > first), _DURATION_LADDER[-1]))
    while last < high:
        last *= 10
    ticks = [float(step) for step in _DURATION_LADDER if first <= step < last] + [last]
    if len(ticks) > 2:
        return ticks
    return [first, *(float(step) for step in _DURATION_STEPS if first < step < last), last]


def _powers_of_ten(low: float, high: float) -> list[float]:
    first = math.floor(math.log10(max(low, 0.01)))
    return [10.0**e for e in range(first, max(math.ceil(math.log10(max(high, 0.01))), first + 1) + 1)]


class _Scale:
    """Maps a value to its distance from the top edge, 0 to 100. `high` is always above `low`."""

    def __init__(self, known: Sequence[float], cuts: Sequence[float], unit: str, lower_is_better: bool, log: bool):
        self.log = log
        low, high = min(known), max(known)
        # Include the next worse and the next better cut, so that readers see how far away they are.
        low = max((float(cut) for cut in cuts if cut < low), default=low)
        high = min((float(cut) for cut in cuts if cut > high), default=high)
        if log:
            self.ticks = _duration_ticks(low, high) if unit == "seconds" else _powers_of_ten(low, high)
        else:
            self.ticks = _even_ticks(low, high, unit, lower_is_better)
        self.low, self.high = self.ticks[0], self.ticks[-1]

    def y(self, value: float) -> float:
        if self.log:
            value = max(float(value), self.low)
            share = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            share = (float(value) - self.low) / (self.high - self.low)
        return HEIGHT - min(1.0, max(0.0, share)) * HEIGHT

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def _bands(scale: _Scale, cuts: Sequence[float], lower_is_better: bool) -> list[Band]:
    rising = BEST_FIRST if lower_is_better else tuple(reversed(BEST_FIRST))
    inner = sorted(float(cut) for cut in cuts)
    edges = [scale.low, *(min(max(cut, scale.low), scale.high) for cut in inner), scale.high]
    bands = []
    for tier, (low, high) in zip(rising, pairwise(edges), strict=True):
        top, bottom = scale.y(high), scale.y(low)
        if bottom - top < 0.5:
            continue
        bands.append(Band(tier, TIER_LABELS[tier], _short(top), _short(bottom - top), _short((top + bottom) / 2)))
    return bands


def _xticks(labels: Sequence[str], along: Sequence[float]) -> list[Tick]:
    last = len(labels) - 1
    # Days in an earlier year include the year and would overlap.
    every = max(1, round(len(labels) / (4 if any(len(label) > 8 for label in labels) else 6)))
    gap = every / max(last, 1)
    chosen = [0]
    for i in range(1, last + 1):
        if along[i] - along[chosen[-1]] >= gap - 1e-9:
            chosen.append(i)
    if chosen[-1] != last:
        if len(chosen) > 1 and along[last] - along[chosen[-1]] < gap * 0.8:
            chosen.pop()
        chosen.append(last)
    ticks = []
    for order, i in enumerate(chosen):
        anchor = "start" if i == 0 else "end" if i == last else "middle"
        ticks.append(Tick(_short(along[i] * 100), labels[i], anchor, minor=order % 2 == 1 and i != last))
    return ticks


def trend(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    unit: str = "percent",
    cuts: Sequence[float] = (),
    lower_is_better: bool = True,
    tiers: Sequence[str | None] = (),
    log: bool = False,
    limits: tuple[float, float] | None = None,
    centre: float | None = None,
    events: Iterable[tuple[int, str]] = (),
    notes: dict[int, str] | None = None,
    also: Sequence[float | None] = (),
    words: Callable[[Number], str] | None = None,
    days: Sequence[date] = (),
    partial: int = 0,
) -> Trend | None:
    """A line over time with tier bands behind it, and the rows of its table. None if no value is known.

    unit: "percent", "seconds" or "count". cuts: four cut points, Elite | Good first; without them there are no bands.
    tiers: the tier of each value (the chart does not judge). limits: lower and upper control limit.
    events: (index, text). notes: text for the table, by index. A None value breaks the line, and the table shows its
    note instead. words: formats a value for the table if the format depends on the cuts.
    also: a second line to compare with, one value for each of `values`.
    days: the day of each value, for points placed by date. partial: how many of the first points cover only part of
    their window.
    """
    known = [float(value) for value in values if value is not None]
    if not known:
        return None
    reach = [*known, *(limits or ()), *(float(value) for value in also if value is not None)]
    scale = _Scale(reach, cuts, unit, lower_is_better, log)
    along = _along(len(values), days)
    x_of = [place * WIDTH for place in along]
    points = [None if value is None else (_short(x), _short(scale.y(value))) for x, value in zip(x_of, values, strict=True)]
    also_points = [None if v is None else (_short(x), _short(scale.y(v))) for x, v in zip(x_of, also, strict=False)]
    outside = {i for i, v in enumerate(values) if v is not None and limits and not limits[0] <= float(v) <= limits[1]}
    alone = {
        i
        for i, point in enumerate(points)
        if point and (i == 0 or points[i - 1] is None) and (i == len(points) - 1 or points[i + 1] is None)
    }
    final = max(i for i, point in enumerate(points) if point)
    dotted = range(len(points)) if len(points) <= DOTS_UP_TO else alone | {final}
    spell = words or (lambda value: quantity(value, unit))
    noted = notes or {}
    rows = []
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        tier = tiers[i] if tiers else None
        note = ", ".join(filter(None, ["outside control limits" if i in outside else "", noted.get(i, "")]))
        text = NO_DATA if value is None else spell(value)
        if value is None and note:
            text, note = note, ""
        beside = also[i] if also else None
        also_text = "" if beside is None else quantity(beside, unit)
        at = _short(along[i] * 100)
        rows.append(Point(label, text, tier, TIER_LABELS.get(tier or "", ""), note, also_text, at))
    return Trend(
        line=_path(points),
        dots=_dots(point for i in dotted if (point := points[i]) and i not in outside),
        dots_out=_dots(point for i in sorted(outside) if (point := points[i])),
        bands=_bands(scale, cuts, lower_is_better) if cuts else [],
        ticks=[Tick(_short(scale.y(t)), mark(t, unit)) for t in scale.ticks],
        xticks=_xticks(labels, along),
        points=rows,
        limits=[Tick(_short(scale.y(v)), quantity(v, unit)) for v in limits or () if scale.holds(v)],
        centre=None if centre is None else Tick(_short(scale.y(centre)), quantity(centre, unit)),
        events=[Tick(_short(x_of[i]), label) for i, label in events],
        has_tiers=bool(tiers),
        also=_path(also_points),
        partial=_short(100 * along[min(partial, len(along) - 1)]) if partial else "",
    )


def _tier_position(value: float, cuts: Sequence[float], lower_is_better: bool, ceiling: float | None) -> float:
    """Position in percent from the left: linear inside a tier, compressed towards the edge in the two outer tiers."""
    value = float(value)
    rising = sorted(float(cut) for cut in cuts)
    share = len(rising) and 100 / (len(rising) + 1)
    below = sum(1 for cut in rising if cut <= value)
    if below == 0:
        inside = value / rising[0] if rising[0] > 0 else 0.5
    elif below == len(rising):
        edge = rising[-1]
        if ceiling is not None and ceiling > edge:
            inside = (value - edge) / (ceiling - edge)
        else:
            inside = 1 - edge / value if value > 0 else 0.5
    else:
        low, high = rising[below - 1], rising[below]
        inside = (value - low) / (high - low)
    position = (below + min(1.0, max(0.0, inside))) * share
    return 100 - position if lower_is_better else position


def tier_bar(
    value: float | None,
    cuts: Sequence[float],
    *,
    tier: str | None = None,
    interval: tuple[float, float] | None = None,
    ceiling: float | None = None,
) -> TierBar | None:
    """Position of a value among the five tiers; better is always on the right. None without a value or cuts.

    cuts: best first, so rising cuts mean that lower is better. ceiling: the largest possible value.
    """
    if value is None or len(cuts) != len(BEST_FIRST) - 1:
        return None
    lower_is_better = cuts[0] < cuts[-1]
    width = 100 / len(BEST_FIRST)
    segments = [
        Segment(key, TIER_LABELS[key], 0, _short(i * width + (0.4 if i else 0)), _short(width - (0.4 if i else 0)))
        for i, key in enumerate(reversed(BEST_FIRST))
    ]
    x = min(98.5, max(1.5, _tier_position(value, cuts, lower_is_better, ceiling)))
    if interval is None:
        return TierBar(segments, tier, _short(x))
    left, right = sorted(_tier_position(end, cuts, lower_is_better, ceiling) for end in interval)
    return TierBar(segments, tier, _short(x), _short(left), _short(max(right - left, 0.5)))


def stacked(items: Sequence[tuple[str, str, float]]) -> list[Segment]:
    """Parts of a whole: (key, label, value) -> segments that fill 100 percent."""
    total = sum(value for *_, value in items)
    segments = []
    x = 0.0
    for key, label, value in items:
        width = value / total * 100 if total else 0.0
        gap = 0.3 if x else 0.0
        segments.append(Segment(key, label, value, _short(x + gap), _short(max(0.0, width - gap)), percentage(width)))
        x += width
    return segments


def bars(items: Sequence[tuple[str, str, float]]) -> list[Segment]:
    """Horizontal bars: (key, label, value) -> widths relative to the largest."""
    largest = max((value for *_, value in items), default=0)
    return [
        Segment(key, label, value, "0", _short(value / largest * 100 if largest else 0.0)) for key, label, value in items
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of a Pareto chart, in the 1000 x 100 box. `middle`: where its number stands, in percent of the width."""

    number: int
    x: str
    y: str
    width: str
    height: str
    middle: str
    is_vital: bool


@dataclass(frozen=True, slots=True)
class Pareto:
    """Bars, largest first, and the line of their cumulative share, on one axis in percent of the whole."""

    columns: list[Column]
    line: str
    dots: str
    ticks: list[Tick]
    vital: str


def pareto(shares: Sequence[tuple[float, float, bool]], *, vital: float, most: int = 12) -> Pareto | None:
    """(share, cumulative share, is vital) of each bar, in percent -> the first `most` bars. None without bars.

    The line starts at the left edge of the plot, as each point ends at the right edge of its bar.
    """
    shown = shares[:most]
    if not shown:
        return None
    slot = WIDTH / len(shown)
    gap = slot * 0.12
    columns, points = [], [("0", str(HEIGHT))]
    for place, (share, cumulative, is_vital) in enumerate(shown):
        x = place * slot
        columns.append(
            Column(
                *(place + 1, _short(x + gap), _short(HEIGHT - share), _short(slot - 2 * gap), _short(share)),
                *(_short((x + slot / 2) * 100 / WIDTH), is_vital),
            )
        )
        points.append((_short(x + slot), _short(HEIGHT - cumulative)))
    ticks = [Tick(str(HEIGHT - tick), f"{tick}%") for tick in (0, 25, 50, 75, 100)]
    return Pareto(columns, _path(points), _dots(points[1:]), ticks, _short(HEIGHT - vital))
