"""Scenarios published for the whole organisation, for the search, by title and summary."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from qmportal.lib.search import Readable
from scenarios.models import ScenarioVersion


def readables() -> Iterator[Readable]:
    published = ScenarioVersion.objects.for_all().on_offer().values_list("scenario__slug", "title", "summary")
    for slug, title, summary in sorted(published):
        yield Readable("Decision scenario", title, summary, summary, reverse("training:intro", args=[slug]))
