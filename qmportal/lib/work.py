"""Background work as rows: the row is the truth, the Celery task is only a doorbell.

A broker may lose a message (it pops before it records), so nothing depends on one. Each kind of work is a model that
inherits `Work`; its task takes the id, calls `perform(id)`, and may ring twice. A sweep rings again for rows that wait.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

log = logging.getLogger(__name__)


class LostLease(Exception):
    """Another worker has taken the row over; whatever this one did must be rolled back."""


class WorkQuerySet(models.QuerySet):
    def waiting(self, now: datetime) -> Self:
        """Rows to ring for: queued and due, or running under a lease that has run out."""
        return self.filter(Q(state=Work.State.QUEUED, run_after__lte=now) | Q(state=Work.State.RUNNING, lease_until__lt=now))


class Work(models.Model):
    """Abstract base of a row of work. Subclasses implement `run()`."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    LEASE = timedelta(minutes=15)
    MAX_ATTEMPTS = 5

    state = models.CharField(max_length=8, choices=State, default=State.QUEUED, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    run_after = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True, editable=False)
    progress_done = models.PositiveIntegerField(default=0, editable=False)
    progress_total = models.PositiveIntegerField(default=0, editable=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.FAILED)

    @property
    def percent(self) -> int:
        return 100 * self.progress_done // self.progress_total if self.progress_total else 0

    def run(self) -> None:
        """The effect. Runs inside one transaction together with the row's last state."""
        raise NotImplementedError

    def foreseen(self) -> tuple[type[Exception], ...]:
        """Errors that trying again cannot mend; their text is shown to the person who asked."""
        return ()

    def report(self, done: int, total: int) -> None:
        """Progress for the person who waits. Call it outside the transaction that holds the effect."""
        self.progress_done, self.progress_total = done, total
        type(self).objects.filter(pk=self.pk, attempts=self.attempts).update(
            progress_done=done, progress_total=total, lease_until=timezone.now() + self.LEASE
        )

    def prepare(self) -> None:
        """What can be done before the transaction, with progress shown. Must be safe to repeat."""

    @classmethod
    def claim(cls, pk: int) -> Self | None:
        """Takes the row for this worker, or None if it is done, not due or somebody else's."""
        now = timezone.now()
        with transaction.atomic():
            row = cls.objects.select_for_update(skip_locked=True).waiting(now).filter(pk=pk).first()
            if row is None:
                return None
            row.state, row.attempts, row.lease_until = cls.State.RUNNING, row.attempts + 1, now + cls.LEASE
            row.save(update_fields=["state", "attempts", "lease_until"])
            return row

    @classmethod
    def perform(cls, pk: int) -> None:
        """Claims and does the work once. Effect and `done` are one transaction, guarded by the attempt's number."""
        row = cls.claim(pk)
        if row is None:
            return
        try:
            row.prepare()
            with transaction.atomic():
                row.run()
                row._settle(cls.State.DONE, "")
        except LostLease:
            log.warning("lease lost", extra={"work": cls.__name__, "id": pk})
        except row.foreseen() as problem:
            row._settle(cls.State.FAILED, str(problem))
        except Exception as problem:
            row._put_back(problem)
            raise

    def _settle(self, state: str, error: str) -> None:
        mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts, state=self.State.RUNNING)
        now = timezone.now()
        if not mine.update(state=state, error=error, finished_at=now, lease_until=None):
            raise LostLease
        self.state, self.error, self.finished_at = state, error, now

    def _put_back(self, problem: Exception) -> None:
        """Tries again later, up to a limit; the error stays readable on the row."""
        over = self.attempts >= self.MAX_ATTEMPTS
        type(self).objects.filter(pk=self.pk, attempts=self.attempts, state=self.State.RUNNING).update(
            state=self.State.FAILED if over else self.State.QUEUED,
            error=f"{type(problem).__name__}: {problem}"[:2000],
            run_after=timezone.now() + timedelta(seconds=10 * 2**self.attempts),
            lease_until=None,
            finished_at=timezone.now() if over else F("finished_at"),
        )


def ring(row: Work) -> None:
    """Rings the doorbell once the row is committed. A broker that is down must not fail the request that rang."""

    def send() -> None:
        from qmportal.celery import app  # only now: a web process that rings nothing goes without Celery

        try:
            app.send_task("qmportal.tasks.perform", (row._meta.label, row.pk), retry=False)
        except Exception as problem:  # noqa: BLE001 - whatever the broker's client raises, the sweep rings again
            log.warning("doorbell not heard: %s", problem, extra={"work": row._meta.label, "id": row.pk})

    transaction.on_commit(send)
