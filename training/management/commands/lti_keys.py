"""`manage.py lti_keys [--new] [--retire KID]`: the keys that sign messages to learning platforms."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from training.models import ToolKey


class Command(BaseCommand):
    help = "Makes the first key for learning platforms (LTI 1.3), adds or retires one, and lists those that are published."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--new", action="store_true", help="Make another key. It signs from now on.")
        parser.add_argument("--retire", metavar="KID", help="Stop publishing a key. Wait a day after making a new one.")

    def handle(self, *args: Any, new: bool, retire: str | None, **options: Any) -> None:
        published = ToolKey.objects.published()
        if retire:
            if published.count() < 2:
                raise CommandError("The only key can't be retired. Make a new one first, with --new.")
            if not published.filter(kid=retire).update(retired_at=timezone.now()):
                raise CommandError("There is no such key. Run manage.py lti_keys to list them.")
        elif new or not published.exists():
            ToolKey.objects.make()
        for position, key in enumerate(published.all()):
            self.stdout.write(f"{key.kid}  {key.created_at:%Y-%m-%d}  {'published' if position else 'signs'}")
