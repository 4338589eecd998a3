"""`manage.py assign_plans`: what beat does every five minutes, for portals that run without it."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from training.models import Plan


class Command(BaseCommand):
    help = "Assigns automatic plans to those they are for and who never had them. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Assigned to {Plan.objects.assign_automatic(timezone.now())}.")
