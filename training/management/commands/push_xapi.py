"""`manage.py push_xapi [--since DATE]`: queues earlier results for the learning record stores, and sends what waits."""

import os
from contextlib import suppress
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from qmportal.lib.batches import in_batches
from qmportal.lib.days import midnight
from qmportal.lib.outside import Unfetchable
from training.models import RecordStore
from training.statements import attempts_since


class Command(BaseCommand):
    help = "Queues the results of finished scenarios for all learning record stores that are switched on, and sends them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="Finished on this day or later, as in 2026-03-01.")

    def handle(self, *args: Any, since: date | None, **options: Any) -> None:
        if "SITE_URL" not in os.environ:
            raise CommandError("SITE_URL is not set, and ids contain it. Set it as the portal has it.")
        stores = list(RecordStore.objects.filter(is_active=True))
        if not stores:
            raise CommandError("No learning record store is switched on.")
        now = timezone.now()
        for store in stores:
            for attempts in in_batches(attempts_since(midnight(since) if since else None), list):
                store.add(attempts, now)
            store.queue(now)
            with suppress(Unfetchable):  # stays on the row, and is tried again
                RecordStore.perform(store.pk)
            self.stdout.write(self._result(store))

    def _result(self, store: RecordStore) -> str:
        counted = RecordStore.objects.with_counts().get(pk=store.pk)
        words = f"{counted.sent_count} sent, {counted.waiting_count} waiting, {counted.refused_count} refused"
        return f"{store}: {words}.{' ' if counted.problem else ''}{counted.problem}"
