"""Calculators: run a learner's numbers through the functions that measure teams. Plain Python, nothing is stored."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from benchmarks.metrics import METRICS, Judged, Measure, Tally, judge_all
from benchmarks.quantities import parse, typed
from benchmarks.statistics import median_interval
from benchmarks.tiers import Rules, Tier
from benchmarks.words import format_duration, format_value, interval_words, next_steps, sample_words, value_words
from library.checks import KnowledgeCheck, parse_number
from library.drawn import filled
from qmportal.lib.wording import HOUR, MINUTE, duration, exact, percentage

Values = Mapping[str, Any]

MOST = Decimal(10) ** 12
MOST_TIMES = 500
OFTEN_QUOTED_RATIO = 30
CAUTIOUS_RATIO = 10

_REPEATED = re.compile(r"([1-9][0-9]{0,5})\s*[x×]\s*(.+)", re.IGNORECASE)
_PLAIN_NUMBERS = re.compile(r"[0-9.,]+(?:\s+[0-9.,]+)+")


@dataclass(frozen=True)
class Input:
    """One field of a calculator. kind: whole, amount, share (percent), ratio, span (a duration), times (durations)."""

    name: str
    label: str
    kind: str = "whole"
    hint: str = ""
    unit: str = ""
    required: bool = True
    example: str = ""

    def read(self, text: str) -> Any:
        """The value as entered, None if empty. Raises ValueError with an error message for the field."""
        text = text.strip()
        if not text:
            if self.required:
                raise ValueError("Enter a number." if self.kind != "times" else "Enter at least one time.")
            return None
        if self.kind == "times":
            return read_times(text)
        if self.kind == "span":
            return _not_negative(parse(text, "seconds"))
        return self._number(text)

    def _number(self, text: str) -> Decimal | int:
        reading = parse_number(text, unit=self.unit, thousands=self.kind in ("whole", "amount"))
        value = reading.value
        if value is None:
            raise ValueError(reading.warning)
        _not_negative(value)
        if value > MOST:
            raise ValueError("This number is too large.")
        if self.kind == "whole":
            if value != value.to_integral_value():
                raise ValueError("Enter a whole number.")
            return int(value)
        if self.kind == "share" and not 0 < value < 100:
            raise ValueError("Enter a percentage above 0 and below 100.")
        if self.kind == "ratio" and value < 1:
            raise ValueError("Enter 1 or more: a fix in production is not cheaper.")
        return value


@dataclass(frozen=True)
class Figure:
    """One figure of a result, formatted."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Result:
    """A calculator's result. `tier` is None without thresholds. `would_be` is the tier if the sample were large enough."""

    lines: Sequence[Figure]
    judged: bool = False
    tier: Tier | None = None
    would_be: Tier | None = None
    notes: Sequence[str] = ()
    steps: Sequence[tuple[Tier, str]] = ()

    @property
    def tier_words(self) -> str:
        return f"Would be {self.would_be.label}" if self.would_be else ""


class Impossible(ValueError):
    """The numbers contradict each other; `field` is the one to correct."""

    def __init__(self, field: str, sentence: str):
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Calculator:
    """A form of inputs and how to compute the result. `metric`: the portal's metric that it computes, if any."""

    key: str
    title: str
    formula: str
    inputs: Sequence[Input]
    compute: Callable[[Values, Mapping[str, Rules]], Result] = field(repr=False)
    metric: str = ""

    @property
    def example(self) -> dict[str, str]:
        return {one.name: one.example for one in self.inputs}


def read_times(text: str) -> list[Decimal]:
    """Durations in seconds from "0.5, 1, 2", "90 min; 2 d", one per line, or "12 x 3.5". Plain numbers are hours."""
    found: list[Decimal] = []
    for token in re.split(r"\s*[\n;]\s*|\s*,\s+", text.strip().strip(",;")):
        for word in token.split() if _PLAIN_NUMBERS.fullmatch(token) else [token]:
            repeated = _REPEATED.fullmatch(word.strip())
            times, word = (int(repeated[1]), repeated[2]) if repeated else (1, word)
            seconds = parse(word, "seconds")
            if seconds is None:
                continue
            found += [_not_negative(seconds)] * min(times, MOST_TIMES + 1)
            if len(found) > MOST_TIMES:
                raise ValueError(f"Enter at most {MOST_TIMES} times.")
    if not found:
        raise ValueError("Enter at least one time.")
    return found


def _not_negative(value: Any) -> Any:
    if value is not None and value < 0:
        raise ValueError("Enter 0 or more.")
    return value


# The five


def _edr(values: Values, rules: Mapping[str, Rules]) -> Result:
    escaped, caught = values["escaped"], values["caught"]
    if escaped + caught == 0:
        raise Impossible("caught", "Enter at least one defect.")
    judged = _judged(Tally(escaped=escaped, caught=caught), rules)
    rate, removal = judged["escaped_defect_rate"].measure, judged["defect_removal_efficiency"].measure
    cuts = _cuts(rules, "escaped_defect_rate")
    lines = [
        Figure("Escaped defect rate", format_value(rate.exact, "percent", cuts), f"{escaped:,} of {escaped + caught:,}"),
        Figure("Interval (95%)", _between(rate)),
        Figure("Defect removal efficiency", format_value(removal.exact, "percent", _cuts(rules, removal.metric))),
    ]
    return _result(judged["escaped_defect_rate"], rules, lines)


def _mttr(values: Values, rules: Mapping[str, Rules]) -> Result:
    times, still_open = values["times"], values["open_times"] or []
    seconds = [float(time) for time in times]
    tally = Tally(
        restored_n=len(times),
        restore_seconds=sum(times),
        restore_median=statistics.median(times),
        restore_median_ends=median_interval(sorted(seconds)),
        restore_p90=statistics.quantiles(times, n=10, method="inclusive")[8] if len(times) > 1 else times[0],
        restore_max=max(times),
        open_n=len(still_open),
        open_seconds=sum(still_open),
        open_max=max(still_open, default=None),
        with_open_median=statistics.median([*times, *still_open]),
        restore_variance=statistics.pvariance(seconds),
        restore_cubes=math.fsum(time**3 for time in seconds),
    )
    judged = _judged(tally, rules)
    measure, cuts = judged["mttr"].measure, _cuts(rules, "mttr")
    lines = [
        Figure("MTTR", format_value(measure.exact, "seconds", cuts), sample_words(measure)),
        Figure("Median", format_duration(tally.restore_median, cuts)),
        Figure("90% are under", format_duration(tally.restore_p90, cuts)),
        Figure("Longest", format_duration(tally.restore_max), _share_words(measure)),
    ]
    by_median = "mttr" in rules and rules["mttr"].statistic == "median"
    if by_median and (words := interval_words(measure, of_median=True)):
        lines.insert(2, Figure("Interval (95%) of the median", words))
    if measure.low is not None:
        lines.insert(1, Figure("Interval (95%)", _between(measure)))
    if still_open:
        with_open = judged["mttr_with_open"].measure
        lines.insert(
            1, Figure("With open incidents", format_value(with_open.exact, "seconds", cuts), "at their current age")
        )
    return _result(judged["mttr"], rules, lines)


def _mtbf(values: Values, rules: Mapping[str, Rules]) -> Result:
    exposure, downtime, failures = values["exposure"], values["downtime"], values["failures"]
    if not exposure:
        raise Impossible("exposure", "Enter a time above 0.")
    if downtime > exposure:
        raise Impossible("downtime", "Downtime cannot exceed the time in service.")
    if not failures and downtime:
        raise Impossible("failures", "There was downtime, so there was at least one failure.")
    judged = _judged(Tally(failures=failures, downtime_seconds=downtime, exposure_seconds=exposure), rules)
    measure, cuts = judged["mtbf"].measure, _cuts(rules, "mtbf")
    available = 100 * exact(exposure - downtime) / exact(exposure)
    note = "95% confidence; no failures observed" if measure.value is None else sample_words(measure)
    lines = [Figure("MTBF", value_words(measure, cuts), note), Figure("Availability", f"{_down(available)}%")]
    if measure.value is not None:
        if not measure.is_down_throughout:
            lines.insert(1, Figure("Interval (95%)", _between(measure)))
        lines.append(Figure("Downtime per failure", format_duration(exact(downtime) / failures)))
    return _result(judged["mtbf"], rules, lines)


def _cost_of_quality(values: Values, rules: Mapping[str, Rules]) -> Result:
    prevention, appraisal = values["prevention"], values["appraisal"]
    poor = values["internal"] + values["external"]
    total = prevention + appraisal + poor
    lines = [Figure("Cost of quality", _money(total)), Figure("Cost of poor quality", _money(poor))]
    if total:
        lines.append(Figure("Share of the cost of quality", format_value(100 * exact(poor) / exact(total), "percent")))
    if values["revenue"]:
        share = 100 * exact(poor) / exact(values["revenue"])
        lines.append(Figure("Share of revenue", format_value(share, "percent")))
    moved, fix, ratio = values["moved"], values["fix"], values["ratio"]
    notes = []
    if moved and fix:
        lines.append(
            Figure(
                f"Saved by catching {moved:,} of them in development",
                _money(saving(moved, fix, ratio)),
                f"at {ratio:f} times",
            )
        )
        if ratio != CAUTIOUS_RATIO:
            lines.append(Figure("Conservative estimate", _money(saving(moved, fix, Decimal(CAUTIOUS_RATIO))), "at 10 times"))
        notes.append("The ratio is an assumption that determines the result. 30 is often quoted, but has no clear source.")
    return Result(lines, notes=notes)


def saving(moved: int, fix: Decimal, ratio: Decimal) -> Decimal:
    """The money saved by fixing `moved` bugs in development at `fix` each, instead of in production."""
    return moved * (fix * ratio - fix)


def _canary(values: Values, rules: Mapping[str, Rules]) -> Result:
    share, sure = float(values["share"]) / 100, float(values["confidence"]) / 100
    needed = sessions_needed(share, sure)
    lines = [
        Figure("Sessions needed", f"{needed:,}", f"for a {values['confidence']:f}% chance of seeing it"),
        Figure("Rule of three", f"{math.ceil(300 / values['share']):,}", "3 / share, for 95%"),
    ]
    if values["sessions"] is not None:
        missed = 100 * math.exp(values["sessions"] * math.log1p(-share))
        lines.append(Figure(f"Chance of missing it in {values['sessions']:,} sessions", percentage(missed)))
    return Result(lines)


def sessions_needed(share: float, confidence: float) -> int:
    """n = ln(1 - confidence) / ln(1 - share), rounded up, because the chance of missing it n times is (1 - share)^n."""
    return max(1, math.ceil(math.log1p(-confidence) / math.log1p(-share) - 1e-9))


CALCULATORS: dict[str, Calculator] = {
    one.key: one
    for one in (
        Calculator(
            key="edr",
            title="Escaped defect rate",
            formula="100 × escaped / (escaped + caught)",
            metric="escaped_defect_rate",
            inputs=(
                Input("escaped", "Found in production", example="15"),
                Input("caught", "Found before release", example="80", hint="Valid defects of any earlier stage."),
            ),
            compute=_edr,
        ),
        Calculator(
            key="mttr",
            title="Mean time to restore",
            formula="sum of (restored − started) / number of restored incidents",
            metric="mttr",
            inputs=(
                Input(
                    "times",
                    "Times to restore",
                    kind="times",
                    example="0.5, 1, 2, 3, 20",
                    hint="Hours, or with a unit: “90 min”, “2 d”. One per line or with commas. “12 x 3.5” counts twelve.",
                ),
                Input(
                    "open_times",
                    "Open incidents, current age",
                    kind="times",
                    required=False,
                    hint="How long each has been open.",
                ),
            ),
            compute=_mttr,
        ),
        Calculator(
            key="mtbf",
            title="Mean time between failures",
            formula="(time in service − downtime) / failures",
            metric="mtbf",
            inputs=(
                Input("exposure", "Time in service", kind="span", example="720 h", hint="“720 h” or “90 d”."),
                Input("downtime", "Total downtime", kind="span", example="6 h", hint="Overlapping outages count once."),
                Input("failures", "Failures", example="4"),
            ),
            compute=_mtbf,
        ),
        Calculator(
            key="cost_of_quality",
            title="Cost of quality",
            formula="prevention + appraisal + internal failure + external failure",
            inputs=(
                Input("prevention", "Prevention", kind="amount", example="40,000", hint="Training, design reviews."),
                Input("appraisal", "Appraisal", kind="amount", example="60,000", hint="Tests, code review, audits."),
                Input("internal", "Internal failures", kind="amount", example="120,000", hint="Rework before release."),
                Input("external", "External failures", kind="amount", example="180,000", hint="Outages, refunds, support."),
                Input("revenue", "Revenue", kind="amount", example="5,000,000", required=False),
                Input("moved", "Defects found in production", example="20", required=False),
                Input("fix", "Cost of a fix in development", kind="amount", example="100", required=False),
                Input(
                    "ratio",
                    "Cost ratio of a fix in production",
                    kind="ratio",
                    example=str(OFTEN_QUOTED_RATIO),
                    hint="30 is often quoted but has no clear source. Try 10 as well.",
                ),
            ),
            compute=_cost_of_quality,
        ),
        Calculator(
            key="canary",
            title="Canary size",
            formula="ln(1 − confidence) / ln(1 − share)",
            inputs=(
                Input("share", "Share of sessions affected", kind="share", unit="%", example="0.5", hint="Percent."),
                Input("confidence", "Chance of seeing it once", kind="share", unit="%", example="95", hint="Percent."),
                Input("sessions", "Clean sessions so far", required=False, example="200"),
            ),
            compute=_canary,
        ),
    )
}

# Inputs that let a calculator reproduce the answer to a knowledge check.
OF_CHECKS: dict[str, dict[str, str]] = {
    "escaped_defect_rate": {"escaped": "{escaped}", "caught": "{caught}"},
    "boundary_and_removal": {"escaped": "10", "caught": "190"},
    "can_we_claim_it": {"escaped": "15", "caught": "80"},
    "mean_or_median": {"times": "0.5, 1, 2, 3, {longest}"},
    "availability": {"exposure": "720 h", "downtime": "{down} h", "failures": "{failures}"},
    "cost_of_quality": {
        "prevention": "{prevention}000",
        "appraisal": "{appraisal}000",
        "internal": "{internal}000",
        "external": "{external}000",
        "revenue": "5,000,000",
    },
    "shift_left": {"moved": "{moved}", "fix": "{fix}", "ratio": "30"},
    "canary": {"share": "{share}", "confidence": "95", "sessions": "200"},
    "rolling_window": {"escaped": "{late}", "caught": "{early}"},
    "mttr_tier_step": {"times": "2, 3, 5, {last}"},
    "still_open": {"times": "1, 2, 3", "open_times": "{open}"},
    "quiet_team": {"exposure": "90 d", "downtime": "0", "failures": "0"},
    "escapes_against_found": {"escaped": "{later_escaped}", "caught": "{later_found}"},
    "when_the_old_ones_close": {"times": "8 x 2, {one}, {other}"},
}


def inputs_of(check: KnowledgeCheck) -> dict[str, str]:
    """The inputs of the calculator with the numbers of the question."""
    return {name: filled(text, check.numbers) for name, text in OF_CHECKS.get(check.id, {}).items()}


# Filling in a team's own numbers


def from_team(measures: Mapping[str, Measure], exposure: float, durations: Sequence[float] | None) -> dict[str, str]:
    """Inputs by name, from a team's latest snapshots; unknown ones are left out.

    `durations` are the seconds that MTTR averages. Without them, each incident gets the mean.
    """
    filled: dict[str, str] = {}
    if (rate := measures.get("escaped_defect_rate")) and rate.numerator is not None and rate.denominator:
        escaped, all_of_them = int(rate.numerator), int(rate.denominator)
        filled |= {"escaped": str(escaped), "caught": str(all_of_them - escaped), "moved": str(escaped)}
    if (mttr := measures.get("mttr")) and mttr.n:
        if durations:
            filled["times"] = "\n".join(_span_words(seconds) for seconds in durations)
        elif mttr.n <= MOST_TIMES and mttr.value is not None:
            filled["times"] = f"{mttr.n} x {_span_words(mttr.value)}"
        filled["open_times"] = ""
    if (still_open := measures.get("open_incidents")) and still_open.n and "times" in filled:
        filled["open_times"] = _open_times(measures.get("mttr_with_open"), mttr, still_open)
    if (mtbf := measures.get("mtbf")) and mtbf.numerator is not None:
        operating = float(mtbf.numerator)
        filled |= {
            "exposure": typed(round(exposure), "seconds"),
            "downtime": _span_words(max(0.0, exposure - operating)),
            "failures": str(mtbf.n),
        }
    return filled


def _span_words(seconds: float) -> str:
    """A duration that people can read and `parse` accepts: to the minute, or to the second below an hour."""
    whole = round(seconds)
    most_off = MINUTE / 2 if whole >= HOUR else 0
    return duration(whole, lambda shown: abs(float(shown) - whole) <= most_off).replace(",", "")


def _open_times(with_open: Measure | None, mttr: Measure | None, still_open: Measure) -> str:
    """The mean age of open incidents, chosen so that the mean including them stays the same."""
    if not with_open or with_open.numerator is None or not mttr or mttr.numerator is None:
        return ""
    age = (float(with_open.numerator) - float(mttr.numerator)) / still_open.n
    return f"{still_open.n} x {_span_words(age)}" if age > 0 else ""


# Words


def _judged(tally: Tally, rules: Mapping[str, Rules]) -> dict[str, Judged]:
    return {one.metric: one for one in judge_all(tally, rules)}


def _cuts(rules: Mapping[str, Rules], metric: str) -> Any:
    return rules[metric].cuts if metric in rules else None


def _result(judged: Judged, rules: Mapping[str, Rules], lines: Sequence[Figure]) -> Result:
    metric, judgement = METRICS[judged.metric], judged.judgement
    notes = []
    if judgement.state == "low_sample":
        minimum = rules[judged.metric].minimum_n if judged.metric in rules else metric.minimum_n
        notes.append(f"Not enough data for a tier: {judged.measure.n} of {minimum} {metric.sample}.")
    if judgement.state == "provisional":
        notes.append("Provisional: with the open incidents the tier would be worse.")
    if judgement.borderline:
        better, worse = judgement.borderline
        notes.append(f"Borderline: the interval reaches from {better.label} to {worse.label}.")
    steps = next_steps(judged.measure, rules.get(judged.metric), days=90)
    has_cuts = _cuts(rules, judged.metric) is not None
    return Result(lines, has_cuts, judgement.tier, judgement.would_be, notes, steps)


def _between(measure: Measure) -> str:
    if measure.low is None:
        return "Not known"
    low, high = (format_value(end, measure.unit) for end in (measure.low, measure.high))
    return f"{low} to {high}" if measure.high is not None else f"over {low}"


def _share_words(measure: Measure) -> str:
    share = measure.longest_share
    return f"{format_value(share, 'percent')}of the total time" if share is not None and measure.n > 1 else ""


def _money(amount: Decimal) -> str:
    text = f"{amount:,.2f}"
    return text.removesuffix(".00")


def _down(percent: Any) -> str:
    """Availability is never rounded up: 99.996 must not become 100."""
    digits = Decimal(math.floor(percent * 1000)) / 1000
    return f"{digits:f}".rstrip("0").rstrip(".") if percent != 100 else "100"
