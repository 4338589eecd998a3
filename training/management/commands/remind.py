"""`manage.py remind`: the same as the daily tasks, for portals without beat."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from pipeline.reminders import remind as remind_of_practices
from training import reminders


class Command(BaseCommand):
    help = "Sends reminders about training, expiring certificates and practices to look at again. Sends each once."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        sent = reminders.remind(now) + remind_of_practices(now)
        self.stdout.write(f"{sent} reminders are due or were sent before.")
