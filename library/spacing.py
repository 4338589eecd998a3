"""Spaced repetition: which knowledge checks a person should answer next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from library import content
from library.checks import LADDER, KnowledgeCheck
from library.models import CheckAnswer

if TYPE_CHECKING:
    from teams.models import User


@dataclass(frozen=True)
class CheckStatus:
    """The state of one check for one person on one day."""

    check: KnowledgeCheck
    answer: CheckAnswer | None
    assigned_until: date | None
    today: date

    @property
    def is_due(self) -> bool:
        return self.answer is not None and self.answer.due_on <= self.today

    @property
    def waits(self) -> bool:
        return self.is_due or self.assigned_until is not None

    @property
    def is_late(self) -> bool:
        return self.assigned_until is not None and self.assigned_until < self.today

    @property
    def wanted_on(self) -> date:
        """The day that waiting checks are sorted by."""
        days = [self.assigned_until] if self.assigned_until else []
        return min([*days, self.answer.due_on] if self.is_due and self.answer else days)

    @property
    def rungs(self) -> list[dict[str, Any]]:
        """The boxes as dots for the stepper."""
        box = self.answer.box if self.answer and self.answer.right else 0
        return [{"x": place * 20, "done": place < box} for place in range(len(LADDER))]


@dataclass(frozen=True)
class Queue:
    """All checks of one person, split into waiting, new and resting."""

    lines: list[CheckStatus]

    @property
    def waiting(self) -> list[CheckStatus]:
        return sorted((line for line in self.lines if line.waits), key=lambda line: line.wanted_on)

    @property
    def new(self) -> list[CheckStatus]:
        return [line for line in self.lines if line.answer is None and not line.waits]

    @property
    def resting(self) -> list[CheckStatus]:
        found = [(line.answer.due_on, line) for line in self.lines if line.answer is not None and not line.waits]
        return [line for _, line in sorted(found, key=lambda pair: pair[0])]

    @property
    def right(self) -> int:
        """How many were answered correctly last time."""
        return sum(line.answer is not None and line.answer.right for line in self.lines)

    @property
    def percent(self) -> int:
        return 100 * self.right // len(self.lines) if self.lines else 0

    def next(self, but: str = "") -> KnowledgeCheck | None:
        """The next check to answer: waiting ones first, then new ones."""
        return next((line.check for line in [*self.waiting, *self.new] if line.check.id != but), None)


def read_queue(user: User, today: date, assigned: Mapping[str, date]) -> Queue:
    """The state of all checks for this person. `assigned`: due dates by check id. One query."""
    answers = CheckAnswer.objects.latest_of(user)
    return Queue([CheckStatus(check, answers.get(check.id), assigned.get(check.id), today) for check in content.checks()])
