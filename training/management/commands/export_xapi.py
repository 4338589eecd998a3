"""`manage.py export_xapi [--since DATE] [--mailto] [--site URL]`: statements for a learning record store, one per line."""

import os
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qmportal.lib.days import midnight
from qmportal.lib.environment import read_site
from training.statements import Writer, attempts_since


class Command(BaseCommand):
    help = "Writes xAPI statements (JSON Lines) about finished scenarios to standard output. Without individual decisions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="Finished on this day or later, as in 2026-03-01.")
        parser.add_argument("--mailto", action="store_true", help="Identify people by email instead of an account number.")

        parser.add_argument("--site", help="How people reach the portal, as in https://portal.example. Default: SITE_URL.")

    def handle(self, *args: Any, since: date | None, mailto: bool, site: str | None, **options: Any) -> None:
        if site is None and "SITE_URL" not in os.environ:
            raise CommandError("SITE_URL is not set, and ids contain it. Set it, or name the portal's address with --site.")
        attempts = attempts_since(midnight(since) if since else None)
        for line in Writer(read_site(site).url if site else settings.SITE_URL, mailto).lines(attempts):
            self.stdout.write(line, ending="")
