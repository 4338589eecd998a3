"""`manage.py seed_training_demo`: part of seed_demo; by itself it completes a demo that was made without it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from scenarios.demo import load, story
from scenarios.models import Scenario


class Command(BaseCommand):
    help = "Lets the people of the demo learn: attempts of eight weeks, plans, checks, certificates, advice."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="the same seed on the same day gives the same data")

    def handle(self, seed: int, **options: Any) -> None:
        if not load.is_wanted():
            self.stdout.write("There are no demo people who have not begun to learn; nothing was seeded.")
            return
        if Scenario.objects.published().filter(slug__in=story.WAYS).count() < len(story.WAYS):
            call_command("load_library", verbosity=0)
        self.stdout.write(load.seed(seed, timezone.now()))
