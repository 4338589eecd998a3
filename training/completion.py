"""What ends an assignment: a scenario that was passed, a check that was answered right, a page that was read.

The facts are kept by the apps below, which know of no assignment. Here each is recorded together with all that follows
from it, in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from library.checks import KnowledgeCheck
from library.models import CheckAnswer, PageRead
from scenarios.models import Attempt, DecisionEvent, ScenarioVersion
from teams.models import User
from training.certificates import issue_for
from training.models import Assignment, ItemKind

# What a person is told when a choice cannot be played, although it was offered.
FAULTY = "This version of the scenario has a fault: this choice leads nowhere. Nothing was saved. Please tell an admin."


@transaction.atomic
def decide(attempt: Attempt, *, seq: int, choice: str, now: datetime, **told: Any) -> DecisionEvent:
    """Commits a decision for good, see `Attempt.commit`. The last one ends the assignment and may earn a certificate."""
    event = attempt.commit(seq=seq, choice=choice, now=now, **told)
    settle(event.attempt, now)
    return event


def settle(attempt: Attempt, now: datetime) -> None:
    """What follows from a graded attempt that was passed. Nothing follows from one that goes on or was not passed."""
    if attempt.finished_at and attempt.mode == Attempt.Mode.GRADED and attempt.counts_as_passed:
        Assignment.objects.complete(attempt.user, ItemKind.SCENARIO, attempt.version.scenario.slug, now)
        issue_for(attempt, now)


def settle_voided(version: ScenarioVersion, credited: Iterable[User], now: datetime) -> None:
    """A version was voided: those who are credited have done what they were asked to do."""
    for person in credited:
        Assignment.objects.complete(person, ItemKind.SCENARIO, version.scenario.slug, now)


@transaction.atomic
def answer(user: User, check: KnowledgeCheck, given: dict[str, str], *, after: int | None, now: datetime) -> CheckAnswer:
    """Grades and keeps an answer, see `CheckAnswerQuerySet.record`."""
    kept = CheckAnswer.objects.record(user, check, given, after=after, now=now)
    if kept.right:
        Assignment.objects.complete(user, ItemKind.CHECK, check.id, now)
    return kept


@transaction.atomic
def read(user: User, page: str, now: datetime) -> None:
    """Notes that the person has read the page."""
    PageRead.objects.mark(user, page, now)
    Assignment.objects.complete(user, ItemKind.PAGE, page, now)
