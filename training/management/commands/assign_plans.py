"""`manage.py assign_plans`: the same as the scheduled task, for portals without beat."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from training.models import Plan


class Command(BaseCommand):
    help = "Assigns automatic plans to everyone in their audience who never had them. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Assigned to {Plan.objects.assign_automatic(timezone.now())}.")
