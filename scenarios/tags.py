"""What pages of other apps show of scenarios. Load with {% load scenarios %}."""

from __future__ import annotations

from collections.abc import Collection

from django import template

from scenarios.models import ScenarioVersion

register = template.Library()


@register.simple_tag
def scenarios_on_offer(slugs: Collection[str]) -> list[dict[str, str]]:
    """Slug and title of those that can be taken, in the order of the slugs. One query."""
    titles = dict(ScenarioVersion.objects.on_offer().filter(scenario__slug__in=slugs).values_list("scenario__slug", "title"))
    return [{"slug": slug, "title": titles[slug]} for slug in slugs if slug in titles]
