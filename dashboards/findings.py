"""The sentences at the top of the pages: what an analyst would say first. Plain functions without queries."""

from __future__ import annotations

from benchmarks.metrics import METRICS, Measure
from benchmarks.tiers import Cuts, Rules
from benchmarks.words import format_value, plural, value_words
from incidents.models import Incident
from qmportal.lib.days import local_day
from qmportal.lib.wording import day_words

SENTENCES = {
    "defects_found": "{count} found {span}, at any stage.",
    "escaped_defects": "{count} found in production {span}.",
    "incidents_started": "{count} started {span}.",
    "open_incidents": "{count} not yet restored at the end of the period.",
}


NEVER_CLOSED = "An incident was open during this whole period, and all of it counts as downtime until it is restored."


def together(value: str) -> str:
    """Joins a number and its unit with non-breaking spaces, so that they stay on one line."""
    return value.replace(" ", "\u00a0")


def standing(measure: Measure, rules: Rules) -> str:
    """A measure as part of a sentence: "12.0% of defects escaped"."""
    by_median = rules.statistic == "median" and measure.median is not None
    shown = format_value(measure.median, measure.unit, rules.cuts) if by_median else value_words(measure, rules.cuts)
    value = together(shown)
    if measure.metric == "escaped_defect_rate":
        return f"{value} of defects escaped"
    if measure.metric == "mttr":
        return f"service was back after {value} {'at the median' if by_median else 'on average'}"
    return f"{METRICS[measure.metric].label.lower()} is {value}"


def never_closed(incident: Incident, others: int) -> str:
    """Explains what it means that this incident, and `others` more, were open during the whole window."""
    more = f" So {'has' if others == 1 else 'have'} {plural(others, 'other incidents')}." if others else ""
    return (
        f"{incident.reference} has been open since {day_words(local_day(incident.began_at))}.{more}"
        " Until it is restored, all of that time counts as downtime. If service is back, enter the time it was restored."
    )


def counts(measure: Measure, days: int, cuts: Cuts | None = None) -> str:
    """The rows behind a number in one sentence: "6 of 50 defects found in 90 days reached production."."""
    definition = METRICS[measure.metric]
    span = f"in {days} days"
    if definition.unit == "count":
        return SENTENCES[measure.metric].format(count=plural(measure.n, definition.sample), span=span)
    if measure.is_down_throughout:
        failed = plural(measure.n, definition.sample) if measure.n else "No failures"
        return f"{failed} {span}, with an incident open the whole time."
    if measure.value is None and measure.excluded and measure.metric == "mttr":
        return f"None restored {span}; {plural(measure.excluded, 'incidents')} still open."
    if not measure.n or measure.value is None:
        return f"No {definition.sample} {span}."
    if definition.unit == "percent":
        end = "reached production" if measure.metric == "escaped_defect_rate" else "were caught before production"
        return f"{int(measure.numerator or 0):,} of {plural(measure.n, definition.sample)} found {span} {end}."
    value = together(value_words(measure, cuts))
    if measure.metric == "mtbf":
        return f"{plural(measure.n, definition.sample)} {span}: one every {value} of uptime."
    done = "detected" if measure.metric == "time_to_detect" else "restored"
    if measure.n == 1:
        return f"The one incident {span} was {done} after {value}."
    half = (
        f", half of them within {together(format_value(measure.median, 'seconds', cuts))}"
        if measure.median is not None
        else ""
    )
    return f"{plural(measure.n, definition.sample)} {span} were {done} after {value} on average{half}."
