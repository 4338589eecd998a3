"""What the items of plans are called, and how long they take."""

from __future__ import annotations

from django.db.models import Case, F, IntegerField, TextField, Value, When
from django.db.models.functions import Cast

from library import content
from library.catalogue import minutes as reading_minutes
from scenarios.models import ScenarioVersion
from training.kinds import ItemKind
from training.models.tasks import Task

CHECK_MINUTES = 3
TASK_MINUTES = 30


class Titles:
    """Titles and minutes by kind and ref. One query, for scenarios and tasks; deleted items are shown by their ref."""

    def __init__(self) -> None:
        newest = ScenarioVersion.objects.filter(pk__in=ScenarioVersion.objects.newest().values("pk")).order_by()
        scenarios = newest.values_list(Value(ItemKind.SCENARIO.value), F("scenario__slug"), "title", "minutes")
        kind = Case(When(meet="", then=Value(ItemKind.TASK.value)), default=Value(ItemKind.MEET.value))
        minutes = Value(TASK_MINUTES, IntegerField())
        tasks = Task.objects.order_by().values_list(kind, Cast("pk", TextField()), "title", minutes)
        self._words: dict[tuple[ItemKind, str], str] = {}
        self._minutes: dict[tuple[ItemKind, str], int] = {}
        for name, ref, title, takes in scenarios.union(tasks, all=True):
            self._words[ItemKind(name), ref], self._minutes[ItemKind(name), ref] = title, takes
        self._minutes |= {(ItemKind.PAGE, page.slug): reading_minutes(page.body) for page in content.pages()}
        self._words |= {(ItemKind.CHECK, check.id): check.title for check in content.checks()}
        self._words |= {(ItemKind.PAGE, page.slug): page.title for page in content.pages()}

    def __call__(self, kind: str, ref: str) -> str:
        return self._words.get((ItemKind(kind), ref), ref)

    def minutes(self, kind: str, ref: str) -> int:
        """About how long the item takes."""
        return self._minutes.get((ItemKind(kind), ref), CHECK_MINUTES)
