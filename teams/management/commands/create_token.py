"""`manage.py create_token EMAIL --scope read`: a bearer token for a machine that acts for this person."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qmportal.lib.text import mail_address
from teams.models import AccessToken, User

LONGEST = 3650


class Command(BaseCommand):
    help = "Create an API token for a person and print it once, as the last word."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="Email of the person that the token acts for.")
        parser.add_argument("--scope", choices=AccessToken.Scope.values, default=AccessToken.Scope.READ.value)
        parser.add_argument("--name", default="", help="What the token is for, as shown to its owner.")
        parser.add_argument("--days", type=int, help="Days until it expires (default: never).")

    def handle(self, *args: Any, email: str, scope: str, name: str, days: int | None, **options: Any) -> None:
        user = User.objects.filter(email__iexact=mail_address(email)).first()
        if user is None:
            raise CommandError(f"There is no account with the email {email}.")
        if not user.is_active:
            raise CommandError(f"The account {email} is deactivated; its tokens would not work.")
        if days is not None and not 1 <= days <= LONGEST:
            raise CommandError(f"--days takes a whole number from 1 to {LONGEST}.")
        if len(name) > AccessToken.NAME_LENGTH:
            raise CommandError(f"--name takes at most {AccessToken.NAME_LENGTH} characters.")
        expiry = None if days is None else timedelta(days=days)
        _, token = AccessToken.objects.create(user, expiry=expiry, scope=scope, name=name)
        until = "without expiry" if days is None else f"for {days} days"
        self.stdout.write(f"Token of {user.email}, scope {scope}, valid {until}. It is shown only once:\n{token}")
