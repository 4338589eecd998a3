"""The escape analysis of a team: which stages let defects through, why, and what that did to customers.

Every figure is a link to the rows that it counts: `rows_url` writes what `benchmarks.escape_counting.PICKS` reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from benchmarks import charts, escapes
from benchmarks.escape_counting import UNKNOWN, Scope, Stages, impact_words, reason_words, severity_weights
from benchmarks.escape_counting import escapes as count_escapes
from benchmarks.escape_counting import paths as count_paths
from benchmarks.escapes import VITAL, Cause, Cost, Escape, Harm, Path, Share
from benchmarks.models import EscapeCost, ThresholdSet
from benchmarks.words import format_value, plural
from defects.models import Defect
from pipeline.models import Stage
from qmportal.lib.html import format_html
from qmportal.lib.kept import Kept, Versions
from records.models import Severity
from teams.models import Team

# A few hundred groups each.
GROUPS = Kept(64)
MADE_FROM = (Team, Stage, Severity, Defect, ThresholdSet)


@dataclass(frozen=True, slots=True)
class Groups:
    """What the database counted. Threads share it, so it must not be changed."""

    paths: list[Path]
    escapes: list[Escape]


def kept_groups(scope: Scope, versions: Versions) -> Groups:
    service = scope.service.pk if scope.service else None
    key = (*scope.family, scope.window, scope.rules, service, *versions.of(*MADE_FROM))
    return GROUPS.get_or_make(key, lambda: Groups(count_paths(scope), count_escapes(scope)))


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that leads to its rows. `level`: its shade from 0 to 4, which only repeats the number."""

    n: int
    url: str
    label: str
    level: int = 0

    @property
    def link(self) -> SafeString:
        if not self.n:
            return mark_safe('<span class="muted">0</span>')
        label = f"{self.n:,} {self.label}".strip()
        return format_html('<a href="{}" aria-label="{}">{}</a>', self.url, label, f"{self.n:,}")


@dataclass(frozen=True, slots=True)
class StageLine:
    """One row of a table with a share. `bar` and `reach`: its value and interval, in percent of the width."""

    stage: str
    share: Share
    part: Figure
    whole: Figure
    rest: Figure | None = None
    is_few: bool = False
    width: str = ""

    @property
    def left(self) -> str:
        """Where a bar begins that stands in the middle."""
        return f"{(100 - float(self.width or 0)) / 2:.1f}"

    @property
    def words(self) -> str:
        return "No data" if self.share.value is None else format_value(self.share.value, "percent")

    @property
    def interval(self) -> str:
        ends = self.share.interval
        return " to ".join(format_value(end, "percent") for end in ends) if ends else ""

    @property
    def bar(self) -> str:
        return f"{self.share.value or 0:.1f}"

    @property
    def reach(self) -> tuple[str, str]:
        low, high = self.share.interval or (0, 0)
        return f"{low:.1f}", f"{high - low:.1f}"


@dataclass(frozen=True, slots=True)
class CauseLine:
    """One row below the Pareto chart."""

    number: int
    stage: str
    reason: str
    cause: Cause
    figure: Figure

    @property
    def share(self) -> str:
        return format_value(self.cause.share, "percent")

    @property
    def cumulative(self) -> str:
        return format_value(self.cause.cumulative, "percent")


@dataclass(frozen=True, slots=True)
class HarmLine:
    impact: str
    found: Figure
    customers: Figure | None
    tickets: Figure | None


class EscapePage:
    """What the page shows, computed from the groups. No queries but for stages, weights and the cost ratio."""

    def __init__(self, team: Team, scope: Scope, groups: Groups, query: dict[str, str], *, by_weight: bool):
        self.team, self.scope, self.groups, self.query, self.by_weight = team, scope, groups, query, by_weight
        self.stages = Stages()
        self.found = escapes.funnel(groups.paths, self.stages.order)
        self.total = sum(path.n for path in groups.paths)
        last = self.stages.order[-1]
        self.escaped = self.found[last].part
        self.rate = Share(self.escaped, self.total)
        self.few = scope.rules.minimum_n
        self.weights = severity_weights()

    def rows_url(self, **picks: str) -> str:
        address = reverse("dashboards:escape_rows", args=[self.team.slug])
        return f"{address}?{urlencode(picks | self.query)}"

    @property
    def is_few(self) -> bool:
        return self.total < self.few

    @property
    def whole(self) -> StageLine:
        """All defects, and those that escaped."""
        escaped = Figure(self.escaped, self.rows_url(escaped="1"), "escaped")
        return StageLine("", self.rate, escaped, Figure(self.total, self.rows_url(), "valid defects"))

    @property
    def finding(self) -> str:
        """What an analyst would say first."""
        if not self.total:
            return "No defects with a known stage in this period."
        said = f"{self.escaped:,} of {plural(self.total, 'defects')} escaped."
        named = next((cause for cause in self.ranked() if cause.should_catch is not None and cause.reason), None)
        if named is None:
            return said
        stage, reason = self.stages.name(named.should_catch), reason_words(named.reason)
        return f"{said} Most often {stage} should have caught them: {reason[:1].lower()}{reason[1:]} ({named.n:,})."

    @property
    def shown(self) -> list[Stage]:
        """The stages in use, and retired ones that a defect of the period names."""
        named = {path.found for path in self.groups.paths} | {path.introduced for path in self.groups.paths}
        return [stage for stage in self.stages.all if not stage.retired or stage.pk in named]

    def matrix(self) -> list[dict[str, Any]]:
        """A row for each stage that introduces defects, with a cell for each stage that finds them."""
        cells = escapes.matrix(self.groups.paths)
        most = max(cells.values(), default=0)
        rows = []
        for introduced in [*self.shown, None]:
            pk, name = (introduced.pk, introduced.name) if introduced else (None, "Unknown")
            row = [self._cell(pk, stage, cells[pk, stage.pk], most) for stage in self.shown]
            if introduced or any(figure.n for figure in row):
                whole = self._figure(sum(each.n for each in row), f"introduced in {name}", introduced=self.stages.slug(pk))
                rows.append({"name": name, "cells": row, "whole": whole})
        return rows

    def _cell(self, introduced: int | None, found: Stage, n: int, most: int) -> Figure:
        picks = {"introduced": self.stages.slug(introduced), "found": found.slug}
        label = f"introduced in {self.stages.name(introduced)}, found in {found.name}"
        return Figure(n, self.rows_url(**picks), label, 1 + min(3, 4 * n // (most + 1)) if n else 0)

    def matrix_totals(self) -> list[Figure]:
        return [self._figure(self.found[stage.pk].part, f"found in {stage.name}", found=stage.slug) for stage in self.shown]

    def _figure(self, n: int, label: str, **picks: str) -> Figure:
        return Figure(n, self.rows_url(**picks), label)

    def containment(self) -> list[StageLine]:
        shares = escapes.containment(self.groups.paths, self.stages.order)
        return [
            StageLine(
                stage.name,
                share,
                self._figure(share.part, f"found in {stage.name}", found=stage.slug),
                self._figure(share.n, f"found in {stage.name} or missed there", owed=stage.slug),
                self._figure(share.n - share.part, f"missed in {stage.name}", missed=stage.slug),
                share.n < self.few,
            )
            for stage in self.shown
            if (share := shares.get(stage.pk))
        ]

    def funnel(self) -> list[StageLine]:
        return [
            StageLine(
                stage.name,
                share,
                self._figure(share.part, f"found in {stage.name}", found=stage.slug),
                self._figure(share.n, f"not found before {stage.name}", reached=stage.slug),
                is_few=share.n < self.few,
                width=f"{100 * share.n / self.total:.1f}" if self.total else "0",
            )
            for stage in self.shown
            if (share := self.found[stage.pk])
        ]

    def ranked(self) -> list[Cause]:
        return escapes.pareto(self.groups.escapes, self.weights, by_weight=self.by_weight)

    def causes(self) -> list[CauseLine]:
        return [self._cause_line(number, cause) for number, cause in enumerate(self.ranked(), start=1)]

    def _cause_line(self, number: int, cause: Cause) -> CauseLine:
        stage, reason = self.stages.name(cause.should_catch), reason_words(cause.reason)
        picks = {"should_catch": self.stages.slug(cause.should_catch), "reason": cause.reason or UNKNOWN}
        figure = self._figure(cause.n, f"{stage}, {reason}", escaped="1", **picks)
        return CauseLine(number, stage, reason, cause, figure)

    def pareto_chart(self) -> charts.Pareto | None:
        shares = [(cause.share, cause.cumulative, cause.is_vital) for cause in self.ranked()]
        return charts.pareto(shares, vital=100 * VITAL)

    def harm(self) -> list[HarmLine]:
        lines = escapes.harm(self.groups.escapes)
        order = [key for key, _ in Defect._meta.get_field("customer_impact").flatchoices]
        place = {key: number for number, key in enumerate(reversed(order))}
        return [
            self._harm_line(each) for each in sorted(lines.values(), key=lambda line: place.get(line.impact, len(place)))
        ]

    def _harm_line(self, each: Harm) -> HarmLine:
        words, picks = impact_words(each.impact), {"escaped": "1", "impact": each.impact or UNKNOWN}
        sums = {
            name: None if total is None else self._figure(total, f"{name}: {words}", **picks, **{name: "known"})
            for name, total in (("customers", each.customers), ("tickets", each.tickets))
        }
        return HarmLine(words, self._figure(each.n, f"with this impact: {words}", **picks), **sums)

    @property
    def customers(self) -> Figure | None:
        return self._sum("customers")

    @property
    def tickets(self) -> Figure | None:
        return self._sum("tickets")

    def _sum(self, what: str) -> Figure | None:
        """The sum over the escapes that say a number; None if none does."""
        known = sum(getattr(each, f"{what}_known") for each in self.groups.escapes)
        total = sum(getattr(each, what) for each in self.groups.escapes)
        label = f"{what} of {plural(known, 'defects')} that say a number"
        return Figure(total, self.rows_url(**{"escaped": "1", what: "known"}), label) if known else None

    @property
    def cost(self) -> Cost:
        return Cost(self.escaped, self.total - self.escaped, EscapeCost.current().ratio)

    @property
    def cost_share(self) -> str:
        share = self.cost.share
        return "" if share is None else format_value(share, "percent")


CSV_HEADER = (
    *("part", "introduced", "should_catch", "found", "reason", "severity", "customer_impact"),
    *("defects", "weight", "customers_affected", "support_tickets"),
)


def csv_rows(page: EscapePage) -> Iterator[tuple[Any, ...]]:
    """The groups: all defects by stage, then the escaped ones by reason, severity and impact."""
    slug = page.stages.slug
    for path in page.groups.paths:
        yield "defects", slug(path.introduced), slug(path.should_catch), slug(path.found), "", "", "", path.n, "", "", ""
    last, severities = slug(page.stages.order[-1]), dict(Severity.objects.order_by().values_list("pk", "key"))
    for each in page.groups.escapes:
        yield (
            *("escapes", "", slug(each.should_catch), last, each.reason, severities[each.severity], each.impact),
            *(each.n, each.n * page.weights[each.severity]),
            each.customers if each.customers_known else "",
            each.tickets if each.tickets_known else "",
        )
