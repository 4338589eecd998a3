"""Completing assignments: by passing a scenario, answering a check or reading a page.

`scenarios` and `library` store the facts and know nothing of assignments. Each function here stores one fact and its
consequences in one transaction.
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
from training.kinds import ItemKind
from training.models import Assignment

# For a choice that was shown but cannot be played.
FAULTY = "This version of the scenario has an error: this choice leads nowhere. Nothing was saved. Please tell an admin."


@transaction.atomic
def decide(attempt: Attempt, *, seq: int, choice: str, now: datetime, **told: Any) -> DecisionEvent:
    """Makes a decision (see `Attempt.commit`). The last one may complete an assignment and earn a certificate."""
    event = attempt.commit(seq=seq, choice=choice, now=now, **told)
    settle(event.attempt, now)
    return event


def settle(attempt: Attempt, now: datetime) -> None:
    """Completes the assignment and issues the certificate, if this is a passed graded attempt."""
    if attempt.finished_at and attempt.mode == Attempt.Mode.GRADED and attempt.counts_as_passed:
        Assignment.objects.complete(attempt.user, ItemKind.SCENARIO, attempt.version.scenario.slug, now)
        issue_for(attempt, now)


def settle_voided(version: ScenarioVersion, credited: Iterable[User], now: datetime) -> None:
    """Completes the assignments of people who are credited for a voided version."""
    for person in credited:
        Assignment.objects.complete(person, ItemKind.SCENARIO, version.scenario.slug, now)


@transaction.atomic
def answer(user: User, check: KnowledgeCheck, given: dict[str, str], *, after: int | None, now: datetime) -> CheckAnswer:
    """Grades and stores an answer (see `CheckAnswerQuerySet.record`). If it counts and is right, the assignment is done."""
    kept = CheckAnswer.objects.record(user, check, given, after=after, now=now)
    if kept.right and kept.counted:
        Assignment.objects.complete(user, ItemKind.CHECK, check.id, now)
    return kept


@transaction.atomic
def read(user: User, page: str, now: datetime) -> None:
    """Records that the person has read the page."""
    PageRead.objects.mark(user, page, now)
    Assignment.objects.complete(user, ItemKind.PAGE, page, now)
