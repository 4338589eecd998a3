import os
import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from demo import load, training
from demo.people import ACCOUNTS
from demo.profiles import DEFAULT_TEAMS


class Command(BaseCommand):
    help = "Fills an empty portal with a believable organisation: teams, people, two years of records, training."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--teams", type=int, default=DEFAULT_TEAMS, help="groups included (default: %(default)s)")
        parser.add_argument("--defects", type=int, default=6000, help="default: %(default)s")
        parser.add_argument("--incidents", type=int, default=540, help="default: %(default)s")
        parser.add_argument("--seed", type=int, default=1, help="the same seed on the same day gives the same data")
        parser.add_argument("--password", help="of the accounts; else QMPORTAL_DEMO_PASSWORD, else a random one is printed")
        parser.add_argument("--no-snapshots", action="store_true", help="records only; take_snapshots computes the rest")

    def handle(
        self, teams: int, defects: int, incidents: int, seed: int, password: str | None, no_snapshots: bool, **options: Any
    ) -> None:
        if teams < 2 or min(defects, incidents) < 0:
            raise CommandError("Ask for at least 2 teams, and for no negative number of records.")
        if not load.is_empty():
            self.stdout.write("There is data already; nothing was seeded.")
            return
        known = password or os.environ.get("QMPORTAL_DEMO_PASSWORD")
        wish = load.Wish(teams, defects, incidents, seed, known or secrets.token_urlsafe(12), not no_snapshots)
        now = timezone.now()
        with transaction.atomic():
            load.seed(wish, now, self.stdout.write)
            self.stdout.write("Training of eight weeks ...")
            call_command("load_library", verbosity=0)
            self.stdout.write(training.seed(seed, now))
        if os.environ.get("QMPORTAL_DEMO_PASSWORD"):
            return  # who set it names the accounts, as the launcher does
        emails = ", ".join(account.email for account in ACCOUNTS)
        self.stdout.write(f"Accounts: {emails}")
        if not known:
            self.stdout.write(f"Password of all four: {wish.password}")
