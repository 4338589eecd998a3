from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipeline.backstage import MAX_BYTES, BadCatalogue, read_components
from pipeline.catalogue import import_components
from qmportal.lib.acting import acting


class Command(BaseCommand):
    help = "Imports services from a Backstage catalog-info.yaml. Owners are matched to teams by slug or name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *, file: Path, **options: Any) -> None:
        try:
            with file.open("rb") as opened:
                components = read_components(opened.read(MAX_BYTES + 1))
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}.") from None
        except BadCatalogue as refused:
            raise CommandError(str(refused)) from None
        with acting("import", name=file.name):
            outcome = import_components(components, by=None)
        self.stdout.write(
            f"created {outcome.created}, updated {outcome.updated}, unchanged {outcome.unchanged},"
            f" skipped {len(outcome.skipped)}"
        )
        for name, reason in outcome.skipped:
            self.stderr.write(f"{name}: {reason}")
        for owner, number in outcome.unknown_owners.items():
            self.stderr.write(f"No team is called {owner}: {number} without an owner.")
