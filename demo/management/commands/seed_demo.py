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
    help = "Fill an empty portal with a realistic organisation: teams, people, two years of records, training."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--teams", type=int, default=DEFAULT_TEAMS, help="number of teams, including groups (default: %(default)s)"
        )
        parser.add_argument("--defects", type=int, default=6000, help="default: %(default)s")
        parser.add_argument("--incidents", type=int, default=540, help="default: %(default)s")
        parser.add_argument("--seed", type=int, default=1, help="the same seed on the same day gives the same data")
        parser.add_argument(
            "--password", help="password of the accounts (default: QMPORTAL_DEMO_PASSWORD, or a random one that is printed)"
        )
        parser.add_argument("--no-snapshots", action="store_true", help="create records only; run take_snapshots later")

    def handle(
        self, teams: int, defects: int, incidents: int, seed: int, password: str | None, no_snapshots: bool, **_: Any
    ) -> None:
        if teams < 2 or min(defects, incidents) < 0:
            raise CommandError("Use at least 2 teams and no negative number of records.")
        if not load.is_empty():
            self.stdout.write("The portal already has data. Nothing was created.")
            return
        known = password or os.environ.get("QMPORTAL_DEMO_PASSWORD")
        wanted = load.Options(teams, defects, incidents, seed, known or secrets.token_urlsafe(12), not no_snapshots)
        now = timezone.now()
        with transaction.atomic():
            load.seed(wanted, now, self.stdout.write)
            self.stdout.write("Eight weeks of training ...")
            call_command("load_library", verbosity=0)
            self.stdout.write(training.seed(seed, now))
        if os.environ.get("QMPORTAL_DEMO_PASSWORD"):
            return  # the launcher sets the variable and prints the accounts itself
        emails = ", ".join(account.email for account in ACCOUNTS)
        self.stdout.write(f"Accounts: {emails}")
        if not known:
            self.stdout.write(f"Password for all four: {wanted.password}")
