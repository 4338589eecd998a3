"""Completing assignments: by passing a scenario, answering a check, reading a page or doing a task.

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
from notifications.models import Notification
from scenarios.models import Attempt, DecisionEvent, ScenarioVersion
from teams.models import User
from training.certificates import issue_for
from training.kinds import ItemKind
from training.models import Assignment, AssignmentQuerySet, Grade, RecordStore, Task
from training.reminders import tell_next

# For a choice that was shown but cannot be played.
FAULTY = "This version of the scenario has an error: this choice leads nowhere. Nothing was saved. Please tell an admin."


@transaction.atomic
def decide(attempt: Attempt, *, seq: int, choice: str, now: datetime, **told: Any) -> DecisionEvent:
    """Makes a decision (see `Attempt.commit`). The last one may complete an assignment and earn a certificate."""
    event = attempt.commit(seq=seq, choice=choice, now=now, **told)
    settle(event.attempt, now)
    return event


def settle(attempt: Attempt, now: datetime) -> None:
    """Sends the result of a finished graded attempt. If it passed, completes the assignment and issues the certificate."""
    if not attempt.finished_at or attempt.mode != Attempt.Mode.GRADED:
        return
    RecordStore.objects.add_result(attempt, now)
    if attempt.counts_as_passed:
        complete(Assignment.objects.of_item(attempt.user, ItemKind.SCENARIO, attempt.version.scenario.slug), now)
        issue_for(attempt, now)
    Grade.objects.settle(attempt.user, now)


def settle_voided(version: ScenarioVersion, credited: Iterable[User], now: datetime) -> None:
    """Completes the assignments of people who are credited for a voided version."""
    for person in credited:
        complete(Assignment.objects.of_item(person, ItemKind.SCENARIO, version.scenario.slug), now)


@transaction.atomic
def answer(user: User, check: KnowledgeCheck, given: dict[str, str], *, after: int | None, now: datetime) -> CheckAnswer:
    """Grades and stores an answer (see `CheckAnswerQuerySet.record`). If it counts and is right, the assignment is done."""
    kept = CheckAnswer.objects.record(user, check, given, after=after, now=now)
    if kept.right and kept.counted:
        complete(Assignment.objects.of_item(user, ItemKind.CHECK, check.id), now)
    Grade.objects.settle(user, now)
    return kept


@transaction.atomic
def read(user: User, page: str, now: datetime) -> None:
    """Records that the person has read the page."""
    PageRead.objects.mark(user, page, now)
    complete(Assignment.objects.of_item(user, ItemKind.PAGE, page), now)
    Grade.objects.settle(user, now)


def complete(rows: AssignmentQuerySet, now: datetime, confirmed_by: User | None = None) -> bool:
    """Marks these as done, and notifies the person about an item that waited for them. False if there were none."""
    done = list(rows)
    Assignment.objects.filter(pk__in=[each.pk for each in done]).update(done_at=now, confirmed_by=confirmed_by)
    tell_next(done, now)
    return bool(done)


@transaction.atomic
def do_task(task: Task, user: User, now: datetime, checker: User | None = None) -> None:
    """Completes the person's task or, if a colleague has to confirm it, asks that colleague."""
    mine = task.assignments().open().filter(user=user)
    if not task.is_checked:
        complete(mine, now)
        Grade.objects.settle(user, now)
    elif checker and mine.update(claimed_at=now, checker=checker):
        _tell(checker, f"{user} asks you to confirm: {task}", task, now)


@transaction.atomic
def confirm_task(task: Task, user: User, *, by: User, now: datetime) -> None:
    """A colleague confirms that the person has done it."""
    if complete(task.claims().filter(user=user), now, confirmed_by=by):
        Grade.objects.settle(user, now)
        _tell(user, f"{by} has confirmed: {task}", task, now)


def send_back_task(task: Task, user: User, *, by: User, note: str, now: datetime) -> None:
    """A colleague says what is missing; the task is to do again."""
    if task.claims().filter(user=user).update(claimed_at=None, checker=None):
        _tell(user, f"{by} sent this back: {task}", task, now, note)


def _tell(user: User, subject: str, task: Task, now: datetime, body: str = "") -> None:
    """A colleague of another of the learner's teams, who can't see the plan, is told of the task all the same."""
    knows = task.plan.team_id in user.near
    Notification.objects.tell(
        user,
        key=f"task-{task.pk}-{now:%Y%m%d%H%M%S%f}",
        kind="training",
        subject=subject,
        body=body,
        url=task.get_absolute_url(),
        teams=[task.plan.team_id] if task.plan.team_id and knows else [],
    )
