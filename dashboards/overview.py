"""The overview: compares all teams that a person may see by last night's measures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import IntEnum
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from benchmarks import charts
from benchmarks.metrics import METRICS, Measure
from benchmarks.models import MetricSnapshot
from benchmarks.snapshots import count_now
from benchmarks.tiers import Cuts, Overall, Rules, Tier, overall
from benchmarks.words import FAILED, plural, sample_words, value_words
from dashboards.history import SPARK_POINTS, series, trend_days
from dashboards.words import borderline_words, listed
from qmportal.lib.wording import HOUR, day_words
from teams.models import Team

COLUMNS = ("escaped_defect_rate", "mttr", "mtbf", "time_to_detect", "open_incidents")
SPARKS = ("escaped_defect_rate", "mttr")
WELL = "well"  # used like a tier in the filter: Good or better
SORTS = ("name", "tier", *COLUMNS)
# Reads only what the page shows and sorts by: creating a model object per measure would take longer than the query.
FIELDS = (
    "team_id", "metric", "value", "n", "numerator", "denominator", "low", "tier", "would_be", "state", "borderline",
)  # fmt: skip


class Part(IntEnum):
    """The part of the table that a row is in: the user's teams first, groups last."""

    MINE = 0
    OTHERS = 1
    GROUPS = 2


@dataclass(slots=True)
class Row:
    """One line: a team, or a group, which pools its sub-teams. A group doesn't count as a team."""

    team: Team
    overall: Overall | None = None
    measures: dict[str, dict[str, Any]] = field(default_factory=dict)
    part: Part = Part.OTHERS
    group: str = ""  # the name of the group that the team belongs to

    @property
    def is_group(self) -> bool:
        return self.part is Part.GROUPS

    @property
    def tier(self) -> Tier | None:
        return self.overall.tier if self.overall else None

    @property
    def standing(self) -> tuple[float, float] | None:
        """The sort key: the overall tier, then the average of all its tiers. None without a tier."""
        ranks = [Tier(kept["tier"]).rank for kept in self.measures.values() if kept["tier"]]
        return (self.tier.rank, sum(ranks) / len(ranks)) if self.tier else None


@dataclass(slots=True)
class Overview:
    """The visible teams, or those that match a filter, as of a night and over one window.

    If a group is among the rows, so are all of its visible sub-teams.
    """

    window: int
    as_of: date | None
    rows: list[Row]
    rules: Mapping[str, Rules]

    @property
    def teams(self) -> list[Row]:
        return [row for row in self.rows if not row.is_group]

    @property
    def cuts(self) -> dict[str, Cuts | None]:
        return {metric: rules.cuts for metric, rules in self.rules.items()}

    @property
    def tops(self) -> list[Row]:
        """The teams that have no visible parent team. Together they contain every record once."""
        visible = {row.team.pk for row in self.rows}
        return [row for row in self.rows if not visible.intersection(row.team.place[:-1])]

    @property
    def failed(self) -> list[str]:
        """The measures that could not be computed that night."""
        held = ((row.team, kept) for row in self.rows for kept in row.measures.values())
        return [f"{METRICS[kept['metric']].label} of {team}" for team, kept in held if kept["state"] == "failed"]

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted in this window."""
        return not any(kept["n"] for row in self.rows for kept in row.measures.values())

    @property
    def judged(self) -> list[tuple[Team, Overall]]:
        """The teams that have a tier."""
        return [(row.team, row.overall) for row in self.teams if row.overall]

    def distribution(self) -> list[charts.Segment]:
        """How many teams have each tier, best first. Leaves out teams without a tier."""
        counts = Counter(row.tier for row in self.teams)
        return charts.stacked([(tier.value, tier.label, counts[tier]) for tier in Tier if counts[tier]])

    def pooled(self, metric: str) -> Measure | None:
        """The measure of the whole organisation. Pools the rows of the topmost visible teams; never averages averages."""
        parts = [row.measures[metric] for row in self.tops if metric in row.measures]
        numerator = sum(part["numerator"] or 0 for part in parts)
        denominator = sum(part["denominator"] or 0 for part in parts)
        n = sum(part["n"] for part in parts)
        scale = {"percent": 100, "seconds": 1}.get(METRICS[metric].unit)
        if scale is None:
            return Measure(float(numerator), n, int(numerator), None, metric=metric)
        if not denominator:
            return None
        whole = scale == 100
        return Measure(
            scale * numerator / denominator,
            n,
            int(numerator) if whole else numerator,
            int(denominator),
            metric=metric,
        )

    def finding(self) -> str:
        """How many teams are Good or Elite, and which team needs attention first and why."""
        judged = self.judged
        if not self.teams:
            return ""
        if not judged:
            return "No team has enough data for a tier yet."
        well = sum(held.tier >= Tier.GOOD for _, held in judged)
        if len(judged) == 1:
            sentence = f"The one team with enough data is {judged[0][1].tier.label}."
        else:
            stand = "are" if well > 1 else "is"
            sentence = f"{well or 'None'} of the {len(judged)} teams with enough data {stand} Good or Elite."
        weakest = min(held.tier for _, held in judged)
        if weakest > Tier.NEEDS_WORK:
            return sentence
        behind = [(team, held) for team, held in judged if held.tier is weakest]
        if len(behind) > 3:
            return f"{sentence} {len(behind)} teams are {weakest.label}."
        names = listed([team.name for team, _ in behind])
        if len(behind) > 1:
            return f"{sentence} {names} need attention first: they are {weakest.label}."
        return f"{sentence} {names} needs attention first: {self._because(*behind[0])}."

    def _because(self, team: Team, held: Overall) -> str:
        """The values that set the team's tier: "its mean time to restore is 4 h"."""
        kept = next(row.measures for row in self.rows if row.team.pk == team.pk)
        values = {metric: cell(kept[metric], self.cuts.get(metric))["value"] for metric in held.metrics}
        return listed([f"its {METRICS[metric].label.lower()} is {value}" for metric, value in values.items()])


def rows_of(teams: list[Team], mine: Container[int]) -> dict[int, Row]:
    """A row for each team, by team id. A user's teams are those in `mine` and their sub-teams."""
    names = {team.pk: team.name for team in teams}
    groups = {team.parent_id for team in teams}
    rows = {}
    for team in teams:
        part = Part.MINE if any(pk in mine for pk in team.lineage) else Part.OTHERS
        rows[team.pk] = Row(team, part=Part.GROUPS if team.pk in groups else part, group=names.get(team.parent_id or 0, ""))
    return rows


def read_overview(
    teams: list[Team],
    mine: Container[int],
    window: int,
    rules: Mapping[str, Rules],
    today: date,
    day: date | None = None,
) -> Overview:
    """Reads the measures of last night, or of `day`, in one query for any number of teams.

    If `day` has no snapshots, it is counted now. A team that was created later has no measures.
    """
    night: Any = day or MetricSnapshot.objects.last_night(window, today)
    rows = rows_of(teams, mine)
    night_of: date | None = None
    tiers: dict[int, dict[str, Tier | None]] = defaultdict(dict)
    snapshots = MetricSnapshot.objects.filter(
        window_days=window, as_of=night, team__in=list(rows), metric__in=[*COLUMNS, "escaped_defects", "defects_found"]
    ).order_by()
    found: Iterable[tuple[Any, ...]] = snapshots.values_list(*FIELDS, "as_of")
    if day and not found:
        counted = count_now(day, [window], list(rows))
        found = [(*(getattr(measure, name) for name in FIELDS), day) for measure in counted]
    for row in found:
        kept = dict(zip(FIELDS, row, strict=False))
        night_of = row[-1]
        rows[kept["team_id"]].measures[kept["metric"]] = kept
        if kept["tier"]:
            tiers[kept["team_id"]][kept["metric"]] = Tier(kept["tier"])
    for team, held in tiers.items():
        rows[team].overall = overall(held)
    return Overview(window, night_of, list(rows.values()), rules)


def filtered(rows: list[Row], q: str, tier: str, group: str) -> list[Row]:
    """Filters rows. The words of `q` match the name of a team or of its groups. A filter by tier leaves out groups."""
    if words := q.casefold().split():
        names = {row.team.pk: row.team.name.casefold() for row in rows}
        rows = [row for row in rows if all(any(word in names.get(pk, "") for pk in row.team.lineage) for word in words)]
    if group:
        rows = [row for row in rows if int(group) in row.team.lineage]
    if tier == WELL:
        return [row for row in rows if not row.is_group and row.tier and row.tier >= Tier.GOOD]
    if tier:
        return [row for row in rows if not row.is_group and (row.tier.value if row.tier else "none") == tier]
    return rows


def ordered(rows: list[Row], sort: str) -> list[Row]:
    """Sorts each part of the table. Rows without a value come last in both directions."""
    name, reverse_order = sort.lstrip("-"), sort.startswith("-")
    rows = sorted(rows, key=lambda row: row.team.name.casefold())

    def key(row: Row) -> Any:
        if name == "tier":
            return row.standing
        return row.team.name.casefold() if name == "name" else row.measures.get(name, {}).get("value")

    known = sorted((row for row in rows if key(row) is not None), key=key, reverse=reverse_order)
    unknown = [row for row in rows if key(row) is None]
    return sorted([*known, *unknown], key=lambda row: row.part)


def cell(kept: dict[str, Any] | None, cuts: Cuts | None) -> dict[str, Any]:
    """The content of one cell: value, tier and, if there is no tier, why."""
    if kept is None:
        return {"value": "–", "tier": None, "note": "no data", "short": ""}
    measure = Measure(kept["value"], kept["n"], kept["numerator"], kept["denominator"], kept["low"], metric=kept["metric"])
    note = ""
    if kept["state"] == "failed":
        note = FAILED.lower()
    elif kept["would_be"]:
        note = f"would be {Tier(kept['would_be']).label}, {sample_words(measure)}"
    elif kept["state"] == "provisional":
        note = "provisional: an open incident would lower the tier"
    elif kept["borderline"]:
        note = borderline_words(kept["borderline"])
    short = sample_words(measure) if kept["would_be"] else ""
    if kept["state"] == "provisional" and kept["metric"] == "mttr":
        short = "provisional"
    return {
        "value": value_words(measure, cuts)
        if kept["value"] is not None or kept["low"] or measure.is_down_throughout
        else "–",
        "tier": kept["tier"],
        "note": note,
        "short": short,
    }


def as_of_words(as_of: date | None) -> str:
    return f"As of {day_words(as_of)}, 00:00" if as_of else "Nothing has been computed yet"


def group_words(rows: list[Row], group: Row) -> str:
    """How many teams a group has, and how many of its open incidents belong to none of them."""
    teams = sum(not row.is_group and group.team.pk in row.team.lineage for row in rows)
    below = sum(_open(row) for row in rows if row.team.parent_id == group.team.pk)
    words = f"{teams} team{'' if teams == 1 else 's'}"
    outside = _open(group) - below
    if outside <= 0:
        return words
    return f"{words}, {outside} open incident{'' if outside == 1 else 's'} outside them"


def _open(row: Row) -> int:
    return row.measures.get("open_incidents", {}).get("n", 0)


def _phone_label(row: Row, metric: str) -> str:
    """The label of a cell on a phone, which shows only the cells that have one: `SPARKS`, and open incidents if any."""
    if metric in SPARKS:
        return METRICS[metric].short
    return METRICS[metric].label if metric == "open_incidents" and _open(row) else ""


def lines(read: Overview, rows: list[Row], query: str = "") -> list[dict[str, Any]]:
    """The lines of one page with words and sparklines, in two queries. `query` is added to all links."""
    labels = {Part.MINE: "Your teams", Part.OTHERS: "Other teams", Part.GROUPS: "Groups"}
    if not any(row.part is Part.MINE for row in read.rows):
        labels[Part.OTHERS] = "Teams"
    days = trend_days(read.window, read.as_of, SPARK_POINTS) if read.as_of and rows else []
    past = series([row.team.pk for row in rows], SPARKS, read.window, days) if days else {}
    # Resolved only once, because a page has hundreds of links.
    pages = reverse("dashboards:team", args=["-"]).removesuffix("-/")
    return [
        {
            "team": row.team,
            "part": labels[row.part],
            "note": group_words(read.rows, row) if row.is_group else row.group,
            "url": f"{pages}{row.team.slug}/{query}",
            "tier": row.tier,
            "cells": [
                {
                    "metric": metric,
                    "label": _phone_label(row, metric),
                    "url": f"{pages}{row.team.slug}/{metric}/{query}",
                    "spark": charts.sparkline(
                        [value for value, _ in past.get((row.team.pk, metric), [])], days=days, height=18
                    )
                    if metric in SPARKS
                    else None,
                    "judged": read.cuts.get(metric) is not None,
                    **cell(row.measures.get(metric), read.cuts.get(metric)),
                }
                for metric in COLUMNS
            ],
        }
        for row in rows
    ]


def links(read: Overview, query: str, sees_all: bool) -> dict[str, str]:
    """By metric, a link to the list of exactly the rows that the organisation's number counts. None if no list has them.

    If there is a single topmost team, its own page lists them. Otherwise the record lists do, but only if the reader can
    see the records of all teams (`sees_all`), and not if the threshold set counts certain severities only: the lists
    can't filter by several severities.
    """
    metrics = ("escaped_defect_rate", "escaped_defects", "open_incidents")
    if len(read.tops) == 1:
        return {metric: reverse("dashboards:metric", args=[read.tops[0].team.slug, metric]) + query for metric in metrics}
    if not read.as_of or not sees_all:
        return {}
    first, last = read.as_of - timedelta(days=read.window), read.as_of - timedelta(days=1)
    found = f"{reverse('defects:list')}?valid=1&since={first}&until={last}"
    addresses = {
        "escaped_defects": f"{found}&stage=production",
        "open_incidents": f"{reverse('incidents:list')}?open_at={read.as_of}",
    }
    rate, all_found = read.pooled("escaped_defect_rate"), read.pooled("defects_found")
    if rate and all_found and rate.n == all_found.n:  # otherwise some have an unknown stage
        addresses["escaped_defect_rate"] = found
    return {metric: address for metric, address in addresses.items() if not read.rules[metric].severities}


def kpis(
    read: Overview, query: str = "", narrowed: Mapping[str, str] | None = None, sees_all: bool = False
) -> list[dict[str, Any]]:
    """The four figures above the comparison. Rates are pooled over rows, never averaged over teams.

    `query` is added to links to other pages, `narrowed` (the filters) to links to this page.
    `sees_all`: the reader may see the records of all teams, and no team is filtered out.
    """
    rows = links(read, query, sees_all)
    kept = urlencode({name: value for name, value in (narrowed or {}).items() if name != "tier"})
    here = f"{query or '?'}{'&' if query and kept else ''}{kept}{'&' if query or kept else ''}"
    judged = read.judged
    well = sum(held.tier >= Tier.GOOD for _, held in judged)
    unjudged = len(read.teams) - len(judged)
    rate, escaped, still_open = (read.pooled(m) for m in ("escaped_defect_rate", "escaped_defects", "open_incidents"))
    return [
        {
            "label": "Teams at Good or Elite",
            "value": f"{well} of {len(judged)}",
            "url": f"{here}tier={WELL}#comparison" if well else "",
            "note": f"{unjudged} without a tier" if unjudged else "",
            "note_url": f"{here}tier=none#comparison",
            "distribution": read.distribution(),
        },
        {
            "label": "Escaped defect rate",
            "value": value_words(rate, read.cuts.get("escaped_defect_rate")) if rate else "No data",
            "url": rows.get("escaped_defect_rate") if rate else "",
            "note": f"{int(rate.numerator or 0):,} of {plural(rate.n, 'defects')}" if rate else "",
        },
        {
            "label": "Escaped defects",
            "value": f"{escaped.n:,}" if escaped else "0",
            "url": rows.get("escaped_defects"),
            "note": f"in {read.window} days",
        },
        {
            "label": "Open incidents",
            "value": f"{still_open.n:,}" if still_open else "0",
            "url": rows.get("open_incidents"),
            "note": "at the start of the day",
        },
    ]


def table(read: Overview) -> list[list[Any]]:
    """The overview as rows for a CSV file, with a header: one line per team. Durations are in hours, as in the API."""
    header = ["team", "slug", "as_of", "window_days", "overall_tier"]
    for metric in COLUMNS:
        unit = "_hours" if METRICS[metric].unit == "seconds" else ""
        header += [f"{metric}{unit}", f"{metric}_n", f"{metric}_tier", f"{metric}_state"]
    found = []
    for row in read.rows:
        line = [row.team.name, row.team.slug, read.as_of, read.window, row.tier or ""]
        for metric in COLUMNS:
            kept = row.measures.get(metric, {})
            value = kept.get("value")
            if value is not None and METRICS[metric].unit == "seconds":
                value = round(value / HOUR, 6)
            line += [value, kept.get("n"), kept.get("tier"), kept.get("state")]
        found.append([*line, row.group, "yes" if row.is_group else "no"])
    return [[*header, "group", "is_group"], *found]
