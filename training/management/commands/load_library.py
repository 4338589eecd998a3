"""`manage.py load_library`: publishes the shipped content. Run it after each `migrate`."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from library import content
from library.models import LibraryLink
from pipeline.models import Practice
from pipeline.shipped import shipped_practices
from scenarios import checks, engine
from scenarios.content import scenario_texts
from scenarios.models import Scenario


class Command(BaseCommand):
    help = "Publishes shipped scenarios that are new or have changed, and the shipped links and practices. Safe to repeat."

    @transaction.atomic
    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        published = [version for slug, text in scenario_texts().items() if (version := self._load(slug, text))]
        Practice.objects.load(shipped_practices())
        if not LibraryLink.objects.exists():
            LibraryLink.objects.bulk_create(
                LibraryLink(
                    section=link.group,
                    title=link.title,
                    kind=link.kind,
                    cost=link.cost,
                    url=link.url,
                    note=link.note,
                    position=position,
                )
                for position, link in enumerate(content.links())
            )
        if verbosity:
            self.stdout.write(f"Published: {', '.join(published) or 'nothing new'}.")

    def _load(self, slug: str, text: str) -> str | None:
        """Publishes one scenario, unless the organisation has edited or retired it."""
        scenario, problems = engine.validate(text, checks=checks.source().ids())
        if scenario is None or not engine.publishable(problems):
            raise CommandError(f"The shipped scenario {slug} has an error: {problems[0]}")
        row, _ = Scenario.objects.get_or_create(slug=slug)
        versions = row.versions.defer("document")
        newest = versions.order_by("-number").first()
        if newest and (newest.published_by_id or row.state == Scenario.State.RETIRED):
            return None
        hashes = {"graph_hash": engine.graph_hash(scenario), "text_hash": engine.text_hash(scenario)}
        if versions.filter(**hashes).exists():
            return None
        try:
            return str(row.publish(scenario, now=timezone.now(), note="Comes with the portal."))
        except ValidationError as refused:
            # This version number was published with another text. Start anyway.
            self.stderr.write(f"{slug} {scenario.version} was skipped: {' '.join(refused.messages)}")
            return None
