"""`manage.py check_scenario FILE [--paths]`: checks a scenario file before it is published."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scenarios import checks, engine


class Command(BaseCommand):
    help = "Prints the problems of a scenario file, with line and fix. Exit code 1 if it cannot be published."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--paths", action="store_true", help="List every path with its ending and score, best first.")

    def handle(self, *args: Any, file: Path, paths: bool, **options: Any) -> None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from None
        found = engine.examine(text, checks=checks.source().ids())
        for problem in found.problems:
            self.stdout.write(str(problem))
        if found.scenario is None or not engine.publishable(found.problems):
            raise CommandError(f"{file} cannot be published yet.")
        if paths:
            for choices, result in found.paths:
                self.stdout.write(f"{' > '.join(choices)} | {result.ending} | {result.score:.1f}")
            return
        self.stdout.write(str(found.difficulty))
        if not found.problems:
            self.stdout.write(f"{file} is ready to publish.")
