"""`manage.py remind`: the same as the daily task, for portals without beat."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from training import reminders


class Command(BaseCommand):
    help = "Sends reminders about training that is due soon or overdue, and expiring certificates. Sends each once."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reminders.remind(timezone.now())} reminders are due or were sent before.")
