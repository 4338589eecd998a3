"""A team's page: its metrics as of last night, where its defects were found, and how to reach the next tier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from benchmarks import charts
from benchmarks.counting import first_record, open_throughout
from benchmarks.metrics import METRICS, moved
from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.tiers import Overall, Rules, Tier, overall
from benchmarks.words import (
    DOWN_THROUGHOUT,
    format_value,
    interval_words,
    missing_words,
    next_step,
    plural,
    sample_words,
    value_words,
)
from dashboards import findings
from dashboards.findings import standing, together
from dashboards.follow_up import FollowUp, follow_up
from dashboards.forms import Period
from dashboards.history import newest_record, read_earlier, read_night, series, trend_days
from dashboards.practices import covered
from dashboards.services import by_service
from dashboards.words import MEANING, borderline_words, gap_words, listed, open_words, tier_bar, tier_words
from dashboards.zero_bugs import ZeroBugs, read_zero_bugs
from defects.models import Defect, ZeroBugPolicy
from incidents.models import Action, Incident
from pipeline.models import Adoption, Practice, Service, Stage
from qmportal.lib.days import Window, midnight
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.wording import day_words, short_day
from records.models import Severity
from teams.models import Team, User
from teams.permissions import is_member

# About 50 kB each.
PAGES, NUMBERS = Kept(64), Kept(64)
NIGHTS_MADE_FROM = (Team, ThresholdSet, MetricSnapshot)
ROWS_MADE_FROM = (Stage, Severity, Defect, Incident, Service, Action, ZeroBugPolicy)
PRACTICES_MADE_FROM = (Practice, Adoption)
# The order of the cards: metrics with tiers first.
CARDS = ("escaped_defect_rate", "mttr", "mtbf", "time_to_detect", "defect_removal_efficiency", "open_incidents")
RECENT = 6
LAST_RECORDS = 20


@dataclass(slots=True)
class TeamReport:
    """A team's snapshots of one night and of the previous period, and the rules that judged them."""

    team: Team
    window: int
    as_of: date | None
    now: dict[str, MetricSnapshot]
    before: dict[str, MetricSnapshot]
    rules: dict[str, Rules]
    chosen: bool = False

    @property
    def overall(self) -> Overall | None:
        return overall({metric: Tier(kept.tier) if kept.tier else None for metric, kept in self.now.items()})

    @property
    def failed(self) -> list[str]:
        """The measures that could not be computed that night."""
        return [METRICS[metric].label for metric, kept in self.now.items() if kept.state == "failed"]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted in this window."""
        return not any(kept.n for kept in self.now.values())

    @property
    def span(self) -> Window | None:
        return Window(self.as_of, self.window) if self.as_of else None

    def change(self, metric: str) -> dict[str, Any] | None:
        """The change since the previous period: how far, which way, and whether it is significant at the 5% level."""
        now, before = self.now.get(metric), self.before.get(metric)
        if now is None or before is None or now.value is None or before.value is None:
            return None
        verdict = moved(now.measure, before.measure)
        if verdict is None:
            return None
        if now.value == before.value:
            return {"text": "", "direction": "flat", "better": None, "word": "unchanged"}
        return {
            "text": gap_words(abs(now.value - before.value), METRICS[metric].unit),
            "direction": "up" if now.value > before.value else "down",
            "better": None if verdict == "no_clear_change" else verdict == "improved",
            "word": MEANING[verdict],
        }

    def finding(self) -> str:
        """What an analyst would say first: what sets the tier, how it moved, and what is still open."""
        if self.as_of is None:
            return ""  # the page has a notice for this
        sentences = [self._standing(), self._movement()]
        still_open = self.now.get("open_incidents")
        if still_open and still_open.n:
            sentences.append(f"{plural(still_open.n, 'incidents')} still open.")
        return " ".join(filter(None, sentences))

    def _standing(self) -> str:
        verdict = self.overall
        if verdict is None:
            missing = [
                missing_words(kept.measure, self.rules[metric]).partition(": ")[2]
                for metric, kept in self.now.items()
                if metric in self.rules and self.rules[metric].cuts
            ]
            return f"Not enough data for a tier yet: {listed(missing)}." if missing else "Not enough data for a tier yet."
        tiers = {metric: Tier(kept.tier) for metric, kept in self.now.items() if kept.tier}
        said = {metric: standing(self.now[metric].measure, self.rules[metric]) for metric in tiers}
        weakest = listed([said[metric] for metric in verdict.metrics])
        others = [f"{said[metric]} ({tier.label})" for metric, tier in tiers.items() if metric not in verdict.metrics]
        if not others:
            return f"{verdict.tier.label} overall: {weakest}."
        return f"{verdict.tier.label} overall, because {weakest}; {listed(others)}."

    def _movement(self) -> str:
        """How the escaped defect rate changed since the previous period. "" if the change isn't significant."""
        metric = "escaped_defect_rate"
        move = self.change(metric)
        if not move or move["better"] is None:
            return ""
        was = together(format_value(self.before[metric].value, "percent"))
        words = "improved" if move["better"] else "got worse"
        return f"The escaped defect rate {words} from {was} in the {self.window} days before."

    def cards(self) -> list[dict[str, Any]]:
        days = trend_days(self.window, self.as_of, 13) if self.as_of else []
        points = series([self.team.pk], CARDS, self.window, days) if days else {}
        days = [day for day in days if day != self.as_of]
        shown = [*days, self.as_of] if self.as_of else []
        past = {metric: [value for value, _ in points.get((self.team.pk, metric), [])] for metric in CARDS}
        return [
            self._card(kept, shown, [*past[metric][: len(days)], kept.value])
            for metric in CARDS
            if (kept := self.now.get(metric))
        ]

    def _metric_url(self, metric: str) -> str:
        day = f"&as_of={self.as_of:%Y-%m-%d}" if self.chosen and self.as_of else ""
        return reverse("dashboards:metric", args=[self.team.slug, metric]) + f"?window={self.window}{day}"

    def _card(self, kept: MetricSnapshot, days: list[date], past: list[float | None]) -> dict[str, Any]:
        measure, rules = kept.measure, self.rules.get(kept.metric, Rules())
        definition = METRICS[kept.metric]
        return {
            "metric": kept.metric,
            "label": definition.label,
            "help": definition.help,
            "url": self._metric_url(kept.metric),
            "value": value_words(measure, rules.cuts),
            "tier": kept.tier,
            "judged": bool(rules.cuts),
            "tier_words": tier_words(kept, rules),
            "change": self.change(kept.metric),
            "spark": charts.sparkline(past, days=days),
            "bar": tier_bar(measure, rules, kept.tier),
            "notes": list(self._notes(kept, rules)),
        }

    def _notes(self, kept: MetricSnapshot, rules: Rules) -> Iterator[str]:
        """The notes under a value, most important first."""
        measure, unit = kept.measure, METRICS[kept.metric].unit
        if rules.cuts and kept.tier is None:
            yield missing_words(measure, rules)
        elif unit != "count":
            yield sample_words(measure)
        for word, seconds in (("median", measure.median), ("p90", measure.p90)):
            if unit == "seconds" and seconds is not None:
                yield f"{word} {format_value(seconds, 'seconds')}"
        by_median = rules.statistic == "median"
        if span := interval_words(measure, of_median=by_median):
            yield f"95% interval{' of the median' if by_median else ''} {span}"
        if kept.borderline:
            yield borderline_words(kept.borderline)
        if kept.metric == "mttr" and (words := open_words(self.now, rules)):
            yield f"with open: {words}"
        if kept.metric == "open_incidents" and measure.longest:
            yield f"oldest: {format_value(measure.longest, 'seconds')}"

    def steps(self) -> list[dict[str, Any]]:
        """How to reach the next tier: one step for each metric with tiers that is below Elite, weakest first."""
        found = []
        for metric, kept in self.now.items():
            rules = self.rules.get(metric)
            step = next_step(kept.measure, rules, self.window)
            if rules is None or not rules.cuts or (step is None and kept.tier):
                continue
            measure = kept.measure
            found.append(
                {
                    "tier": kept.tier,
                    "label": METRICS[metric].label,
                    "gap": f"{value_words(measure, rules.cuts)} → {step[0].label}" if step else "",
                    "text": (f"{step[0].label}: {step[1]}." if step else "")
                    if kept.tier
                    else missing_words(measure, rules) + ".",
                    "url": self._metric_url(metric),
                }
            )
        return sorted(found, key=lambda step: Tier(step["tier"]).rank if step["tier"] else 6)


@dataclass(frozen=True, slots=True)
class Numbers:
    """The part of the page that depends on the night only."""

    report: TeamReport
    finding: str
    cards_html: str
    trend_html: str
    steps_html: str


@dataclass(frozen=True, slots=True)
class TeamPage:
    """The content of the page, and the newest incidents, which only members see.

    It is the same for everyone who may open the team's records, and for everyone who may not: only the first have links.
    Threads share it, so it must not be changed.
    """

    numbers: Numbers
    found_in: list[charts.Segment]
    found_html: str
    practices_html: str
    severities_html: str
    services_html: str
    open_defects: int
    to_close: int
    incidents: list[Incident]
    follow_up: FollowUp | None
    zero_bugs: ZeroBugs | None  # only of teams with a policy
    throughout: list[int]  # incidents that were open during the whole window
    newest: date | None  # if the window has no records: the first day that counts the newest one


def kept_team(team: Team, period: Period, versions: Versions, *, opens_rows: bool) -> TeamPage:
    """The page's content, cached until something that it is made from changes."""
    key = (
        team.pk,
        opens_rows,
        period.window,
        period.day,
        period.today,
        *versions.of(*NIGHTS_MADE_FROM, *ROWS_MADE_FROM, *PRACTICES_MADE_FROM),
    )
    return PAGES.get_or_make(key, lambda: _read_page(team, period, versions, opens_rows))


def _read_page(team: Team, period: Period, versions: Versions, opens_rows: bool) -> TeamPage:
    numbers = _kept_numbers(team, period, versions)
    report, span = numbers.report, numbers.report.span
    family = Team.objects.family_of(team, span.as_of) if span else []
    found_in, severities = where_found(family, span) if span else [], severity_mix(team)
    context = {
        "team": team,
        "period": period,
        "opens_rows": opens_rows,
        "found_in": found_in,
        "practices": covered(family or [team.pk], span),
        "severities": severities,
        "services": by_service(family, span) if span else [],
    }
    return TeamPage(
        numbers=numbers,
        found_in=found_in,
        **{f"{name}_html": _part(name, context) for name in ("found", "practices", "severities", "services")},
        open_defects=int(sum(segment.value for segment in severities)),
        to_close=count_to_close(team),
        incidents=list(recent_incidents(team, period.day)),
        follow_up=follow_up(family, span, period.today) if span else None,
        zero_bugs=read_zero_bugs(team, family, span) if span else None,
        throughout=open_throughout(family, span, report.rules.get("mtbf", Rules())) if span else [],
        newest=newest_record([team]) if report.is_empty else None,
    )


def _kept_numbers(team: Team, period: Period, versions: Versions) -> Numbers:
    """The numbers of the night, cached even when records change: they come from snapshots.

    If one of the two nights has no snapshots, it is counted from records, so then a changed record counts too.
    """
    rows = MetricSnapshot.objects.filter(team=team, window_days=period.window)
    as_of = period.day or rows.latest_day(period.today)
    first = first_record(team, as_of) if as_of else None
    nights = [as_of, as_of - timedelta(days=period.window)] if as_of else []
    is_kept = rows.filter(as_of__in=nights).count() == len(METRICS) * len(nights)
    changes = versions.of(*NIGHTS_MADE_FROM, *(() if is_kept else ROWS_MADE_FROM))
    key = (team.pk, period.window, period.day, as_of, first, *changes)
    return NUMBERS.get_or_make(key, lambda: _read_numbers(team, period, as_of, first))


def _read_numbers(team: Team, period: Period, as_of: date | None, first: datetime | None) -> Numbers:
    report = read_team(team, period.window, as_of, chosen=period.day is not None)
    rate = "escaped_defect_rate"
    picture, sentence = None, ""
    if as_of:
        picture, sentence = trend_chart(team, rate, period.window, as_of, report.now[rate], first)
    cards = report.cards()
    context = {
        "team": team,
        "period": period,
        "judged": [card for card in cards if card["judged"]],
        "measures": [card for card in cards if not card["judged"]],
        "steps": report.steps(),
        "trend": picture,
        "trend_title": sentence,
    }
    return Numbers(report, report.finding(), *(_part(name, context) for name in ("cards", "trend", "steps")))


def _part(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"dashboards/team.html#{name}", context)


def read_team(team: Team, window: int, as_of: date | None, *, chosen: bool = False) -> TeamReport:
    """The snapshots of a night and of the previous period, and the rules that judged them.

    If a night has no snapshots, it is counted now.
    """
    if as_of is None:
        return TeamReport(team, window, None, {}, {}, {})
    now = read_night(team, window, as_of)
    before = read_earlier(team, window, as_of)
    rules = {metric: row.threshold_set.rules() for metric, row in now.items() if row.threshold_set}
    return TeamReport(team, window, as_of, now, before, rules, chosen)


def trend_chart(
    team: Team, metric: str, window: int, as_of: date, shown: MetricSnapshot | None, first: datetime | None
) -> tuple[charts.Trend | None, str]:
    """The trend of one metric with its tier bands, and a sentence that says what it shows.

    It ends on `as_of` with the measure that the page shows, even if that day has no snapshots. `first`: when the team's
    first record was found or began.
    """
    # There are no points before the first record. Points whose window isn't full yet are hatched.
    days = [day for day in trend_days(window, as_of) if first and midnight(day) > first]
    points = series([team.pk], [metric], window, days)[team.pk, metric]
    if shown is not None:
        earlier = len(days) - (as_of in days)
        days, points = [*days[:earlier], as_of], [*points[:earlier], (shown.value, shown.tier)]
    partial = sum(Window(day, window).start < first for day in days) if first and metric != "open_incidents" else 0
    current = ThresholdSet.objects.by_metric(as_of).get(metric)
    cuts = current.rules().cuts if current else None
    definition = METRICS[metric]
    values = [value for value, _ in points]
    known = [(day, value) for day, value in zip(days, values, strict=True) if value is not None]
    if not known:
        return None, f"{definition.label}: no data in this period."
    # A log scale can't show 0: the chart has a gap, and the table has words.
    down = {i: DOWN_THROUGHOUT for i, value in enumerate(values) if metric == "mtbf" and value == 0}
    picture = charts.trend(
        [short_day(day) if day.year == as_of.year else day_words(day) for day in days],
        [None if i in down else value for i, value in enumerate(values)],
        unit=definition.unit,
        cuts=[float(point) for point in cuts.points] if cuts else [],
        lower_is_better=definition.better == "lower",
        tiers=[tier for _, tier in points] if cuts else [],
        log=definition.unit == "seconds",
        notes={**dict.fromkeys(range(partial), "window not full yet"), **down},
        words=lambda value: format_value(value, definition.unit, cuts),
        days=days,
        partial=partial,
    )
    if picture is None:
        return None, f"{definition.label}: {DOWN_THROUGHOUT.lower()}."
    (first_day, first_value), (last_day, last_value) = known[0], known[-1]
    start, end = (
        format_value(value, definition.unit, cuts) if value or metric != "mtbf" else DOWN_THROUGHOUT.lower()
        for value in (first_value, last_value)
    )
    span = f"from {start} on {day_words(first_day)} to {end} on {day_words(last_day)}"
    return picture, f"{definition.label} over {window} days, {span}."


@dataclass(frozen=True, slots=True)
class NeverClosed:
    """A notice about an incident open during the whole window. Names the incident only to people who can open it."""

    text: str
    url: str = ""
    action: str = ""


def never_closed(team: Team, found: list[int], user: User) -> NeverClosed | None:
    """The notice, or None if `found` (the ids from `open_throughout`) is empty."""
    if not found:
        return None
    seen = Incident.objects.visible_to(user).in_bulk(found) if is_member(user, team) else {}
    if incident := next((seen[pk] for pk in found if pk in seen), None):
        text = findings.never_closed(incident, len(found) - 1)
        return NeverClosed(text, incident.get_absolute_url(), f"Open {incident.reference}")
    return NeverClosed(findings.NEVER_CLOSED)


def recent_incidents(team: Team, day: date | None = None) -> QuerySet[Incident]:
    """The newest incidents of the team and its sub-teams. With `day`, only those detected before that day began."""
    rows = Incident.objects.alive().filter(team__in=Team.objects.descendants_of(team)).select_related("severity", "team")
    if day:
        rows = rows.filter(detected_at__lt=midnight(day))
    return rows[:RECENT]


def last_records(team: Team, user: User) -> list[tuple[str, list[Any]]]:
    """The team's own newest records that this person may see, by the plural name of their kind."""
    newest = [
        (str(model._meta.verbose_name_plural), list(model.objects.visible_to(user).filter(team=team)[:LAST_RECORDS]))
        for model in (Incident, Defect)
    ]
    return [(kind, records) for kind, records in newest if records]


def where_found(family: list[int], span: Window) -> list[charts.Segment]:
    """The window's valid defects by the stage that found them, in pipeline order."""
    counts = dict(
        Defect.objects.found_between(span.start, span.end)
        .valid()
        .filter(team__in=family)
        .values_list("stage_found")
        .annotate(n=Count("pk"))
        .order_by()
    )
    stages = list(Stage.objects.all())
    items = [("danger" if stage is stages[-1] else "accent", stage.name, counts.get(stage.pk, 0)) for stage in stages]
    if unknown := counts.get(None):
        items.append(("accent", "Stage unknown", unknown))
    return charts.bars(items) if counts else []


def count_to_close(team: Team) -> int:
    """Defects that are fixed but not closed yet."""
    return Defect.objects.alive().to_close().filter(team__in=Team.objects.descendants_of(team)).count()


def severity_mix(team: Team) -> list[charts.Segment]:
    """Open defects by severity, worst first."""
    counts = dict(
        Defect.objects.alive()
        .open()
        .filter(team__in=Team.objects.descendants_of(team))
        .values_list("severity__key")
        .annotate(n=Count("pk"))
        .order_by()
    )
    return charts.stacked([(s.key, s.name, counts[s.key]) for s in Severity.objects.all() if counts.get(s.key)])
