"""Creates the tables of a migration together.

After each `CreateModel`, Django rebuilds the classes of all related models, which are nearly all. That took most of a first
start. Tables that are created together need it only once.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from django.db.migrations import CreateModel
from django.db.migrations.operations.base import Operation


def together(operations: Iterable[Operation]) -> list[Operation]:
    """The operations of a migration, with consecutive `CreateModel`s merged into one."""
    return list(_joined(operations))


def _joined(operations: Iterable[Operation]) -> Iterator[Operation]:
    for creates, row in groupby(operations, lambda operation: isinstance(operation, CreateModel)):
        if creates:
            yield CreateModels(list(row))
        else:
            yield from row


class CreateModels(Operation):
    def __init__(self, creations: Sequence[Any]) -> None:
        self.creations = creations

    def state_forwards(self, app_label: str, state: Any) -> None:
        classes = state.__dict__.pop("apps", None)  # without rendered apps, the state only stores what it is told
        for creation in self.creations:
            creation.state_forwards(app_label, state)
        if classes is not None:
            state.apps = classes
            state.reload_models([(app_label, creation.name_lower) for creation in self.creations], delay=False)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for creation in self.creations:
            creation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for creation in reversed(self.creations):
            creation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return f"Create models {', '.join(creation.name for creation in self.creations)}"
