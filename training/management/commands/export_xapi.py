"""`manage.py export_xapi [--since DATE] [--mailto]`: statements for a learning record store, one per line."""

from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from qmportal.lib.days import midnight
from training.statements import Writer, attempts_since


class Command(BaseCommand):
    help = "Writes xAPI statements (JSON Lines) about finished scenarios to standard output. Without individual decisions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="Finished on this day or later, as in 2026-03-01.")
        parser.add_argument("--mailto", action="store_true", help="Identify people by email instead of an account number.")

    def handle(self, *args: Any, since: date | None, mailto: bool, **options: Any) -> None:
        attempts = attempts_since(midnight(since) if since else None)
        for line in Writer(settings.SITE_URL, mailto).lines(attempts):
            self.stdout.write(line, ending="")
