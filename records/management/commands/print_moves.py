"""Prints docs/moves.md from the tables of moves: `manage.py print_moves > docs/moves.md`."""

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand

from records.models import Record
from records.moves import table

INTRODUCTION = """# Moves

Printed by `manage.py print_moves` from the tables in `defects/models/` and `incidents/models/`; a test compares them.
A record's page offers exactly the moves that its table allows. A move runs in one transaction: it locks the record, checks
the rules, sets the times and saves. It asks for a severity only if the record has none."""


def moves_page() -> str:
    kinds = [model for model in apps.get_models() if issubclass(model, Record)]
    return "\n\n".join([INTRODUCTION, *(_section(model) for model in kinds)]) + "\n"


def _section(model: Any) -> str:
    def name(column: str) -> str:
        return str(model._meta.get_field(column).verbose_name)

    return f"## {str(model._meta.verbose_name).capitalize()}\n\n" + table(model.LIFE, dict(model.Status.choices), name)


class Command(BaseCommand):
    help = "Print docs/moves.md."

    def handle(self, **options: Any) -> None:
        self.stdout.write(moves_page(), ending="")
