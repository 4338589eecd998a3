"""Search and jump: teams, records, metrics and pages, all scoped to what the person may see."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Q
from django.urls import reverse

from benchmarks.metrics import METRICS
from defects.models import Defect
from incidents.models import Incident
from teams.models import Team

if TYPE_CHECKING:
    from teams.permissions import AnyUser

PLACES = (
    ("Overview", "dashboards:overview"),
    ("Incidents", "incidents:list"),
    ("Report incident", "incidents:create"),
    ("Defects", "defects:list"),
    ("Report defect", "defects:create"),
    ("Import", "integrations:import_list"),
    ("Thresholds", "benchmarks:thresholds"),
    ("Teams and people", "teams:list"),
    ("Decision scenarios", "scenarios:list"),
    ("Knowledge checks", "scenarios:checks"),
    ("Library", "scenarios:library"),
    ("Shortcuts and help", "dashboards:help"),
)
MOST = 8


class Hit(NamedTuple):
    """One thing that was found: its sort, what to read, what stands beside it, where it leads."""

    kind: str
    label: str
    note: str
    url: str


def search_everything(user: AnyUser, q: str) -> list[Hit]:
    """Up to `MOST` hits of each kind. An empty query answers with the usual places and my teams."""
    if not q:
        mine = Team.objects.with_rows_for(user)[:MOST]
        return [*_places(""), *(Hit("Team", team.name, "Team", team.get_absolute_url()) for team in mine)]
    teams = list(Team.objects.visible_to(user).filter(Q(name__icontains=q) | Q(key__iexact=q))[:MOST])
    return [
        *(Hit("Team", team.name, "Team", team.get_absolute_url()) for team in teams),
        *_metrics(user, q),
        *_records(user, q),
        *_places(q),
    ]


def _places(q: str) -> Iterable[Hit]:
    for label, name in PLACES:
        if q.casefold() in label.casefold():
            yield Hit("Page", label, "Page", reverse(name))


def _metrics(user: AnyUser, q: str) -> list[Hit]:
    """ "mttr payments" or "payments mttr": a metric of a team."""
    words = q.casefold().split()
    slugs = [
        slug
        for slug, metric in METRICS.items()
        if any(
            word in (slug, metric.short.casefold()) or (len(word) > 3 and word in metric.label.casefold()) for word in words
        )
    ]
    if not slugs:
        return []
    teams = Team.objects.visible_to(user)
    named = Q()
    for word in words:
        named |= Q(name__icontains=word)
    narrowed = teams.filter(named)[:3] if len(words) > 1 else teams[:3]
    return [
        Hit("Metric", f"{METRICS[slug].label}, {team.name}", "Metric", reverse("dashboards:metric", args=[team.slug, slug]))
        for team in narrowed
        for slug in slugs[:2]
    ]


def _records(user: AnyUser, q: str) -> list[Hit]:
    """The one with this very reference first: PAY-INC-4 comes before PAY-INC-49, however old it is."""
    hits = []
    for kind, rows in (("Incident", Incident.objects), ("Defect", Defect.objects)):
        visible = rows.visible_to(user).only("reference", "title")
        named = {"reference": q.upper()}
        found = [*visible.filter(**named), *visible.matching(q).exclude(**named)[:MOST]]
        hits += [Hit(kind, row.title, row.reference, row.get_absolute_url()) for row in found[:MOST]]
    return hits
