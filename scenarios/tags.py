"""Template tags for scenarios: {% load scenarios %}."""

from __future__ import annotations

from collections.abc import Collection

from django import template

from scenarios.models import ScenarioVersion

register = template.Library()


@register.simple_tag
def scenarios_on_offer(slugs: Collection[str]) -> list[dict[str, str]]:
    """Slug and title of published scenarios, in the order of `slugs`. One query."""
    versions = ScenarioVersion.objects.for_all().on_offer().filter(scenario__slug__in=slugs)
    titles = dict(versions.values_list("scenario__slug", "title"))
    return [{"slug": slug, "title": titles[slug]} for slug in slugs if slug in titles]
