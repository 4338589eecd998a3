"""`manage.py remind`: what beat does once a day, for portals that run without it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from training import reminders


class Command(BaseCommand):
    help = "Reminds of training that is due soon or overdue and of certificates that expire. Tells everything once."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reminders.remind(timezone.now())} reminders are due or were sent before.")
