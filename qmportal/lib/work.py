"""Background work as rows: the row is the source of truth, the Celery task only wakes a worker.

A broker can lose a message (it pops before it records), so nothing depends on one. Each kind of work is a model that
inherits `Work`. Its task takes the id, calls `perform(id)`, and can be called twice. A sweep picks up waiting rows.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any, NamedTuple, Self

from django.conf import settings
from django.db import Error, connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from qmportal.lib.acting import acting
from qmportal.lib.outages import is_outage

log = logging.getLogger(__name__)

# After a broker does not answer, it is not tried for this long. Rows wait for the sweep.
BROKER_PAUSE_SECONDS = 15


class LostLease(Exception):
    """Another worker has taken over the row, so this one's changes must be rolled back."""


class Standstill(NamedTuple):
    """Why work is stuck: "stopped" (its worker stopped), "again" (an attempt failed) or "unheard" (no worker takes it)."""

    why: str
    at: datetime
    """When it continues; for "unheard", since when it has been waiting."""
    soon: bool


class WorkQuerySet(models.QuerySet):
    def waiting(self, now: datetime) -> Self:
        """Rows that need a worker: queued and due, or running with an expired lease."""
        return self.filter(Q(state=Work.State.QUEUED, run_after__lte=now) | Q(state=Work.State.RUNNING, lease_until__lt=now))


class Work(models.Model):
    """Abstract base of a row of work. Subclasses implement `run()`."""

    # Called with the model's label and the row's id. Work that needs modules above its model has a task of its own.
    TASK = "qmportal.tasks.perform"

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    # The door in the history of its changes.
    DOOR = "task"
    LEASE = settings.WORK_LEASE
    # Without progress, a worker renews its lease for this long. After that it counts as hung.
    STALLED = timedelta(minutes=15)
    MAX_FAILURES = 5

    state = models.CharField(max_length=8, choices=State, default=State.QUEUED, editable=False)
    # The attempt number guards the effect, so it only grows. Failures are attempts ended by an error or a dead worker, not
    # by an outage.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
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
        """Does the work. Runs in one transaction together with the row's final state."""
        raise NotImplementedError

    def foreseen(self) -> tuple[type[Exception], ...]:
        """Errors that a retry cannot fix. Their text is shown to the person who requested the work."""
        return ()

    def report(self, done: int, total: int) -> None:
        """Stores progress for the person waiting. Call it outside the transaction of `run`."""
        self.progress_done, self.progress_total = done, total
        type(self).objects.filter(pk=self.pk, attempts=self.attempts).update(
            progress_done=done, progress_total=total, lease_until=timezone.now() + self.LEASE
        )

    def store(self, **values: Any) -> None:
        """Stores values in the transaction of the caller, so that a batch counts once. Raises `LostLease`."""
        mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts, state=self.State.RUNNING)
        if not mine.update(**values):
            raise LostLease

    def standstill(self, now: datetime) -> Standstill | None:
        """Why the work is stuck, for pages; None if it is not."""
        if self.state == self.State.RUNNING and self.lease_until and self.lease_until < now + self.LEASE / 2:
            return Standstill("stopped", self.lease_until, soon=self.lease_until < now)
        if self.state == self.State.QUEUED and self.run_after > now:
            return Standstill("again", self.run_after, soon=False)
        if self.state == self.State.QUEUED and self.run_after < now - self.LEASE:
            return Standstill("unheard", self.run_after, soon=False)
        return None

    def prepare(self) -> None:
        """Work that can be done before the transaction, with progress. Must be safe to repeat."""

    @classmethod
    def claim(cls, pk: int) -> Self | None:
        """Claims the row for this worker. None if it is done, not due or claimed by another worker."""
        now = timezone.now()
        with transaction.atomic():
            row = cls.objects.select_for_update(skip_locked=True).waiting(now).filter(pk=pk).first()
            if row is None:
                return None
            if row.state == cls.State.RUNNING:
                row.failures += 1
                if row.failures >= cls.MAX_FAILURES:
                    row._give_up(now)
                    return None
            row.state, row.attempts, row.lease_until = cls.State.RUNNING, row.attempts + 1, now + cls.LEASE
            row.save(update_fields=["state", "attempts", "failures", "lease_until"])
            return row

    @property
    def acting_name(self) -> str:
        """The source of its changes for the history, such as a file name."""
        return ""

    @classmethod
    def perform(
        cls, pk: int, *, prepare: Callable[[Self], None] | None = None, run: Callable[[Self], None] | None = None
    ) -> None:
        """Claims and does the work once. Effect and `done` are one transaction, guarded by the attempt number.

        Special tasks pass functions that replace the methods of the same name.
        """
        row = cls.claim(pk)
        if row is None:
            return
        request = f"{cls._meta.label_lower}:{pk}"
        who = acting(cls.DOOR, person=row.requested_by_id, request=request, name=row.acting_name)
        try:
            with row._renewed_lease(), who:
                prepare(row) if prepare else row.prepare()
                with transaction.atomic():
                    run(row) if run else row.run()
                    row._settle(cls.State.DONE, "")
        except LostLease:
            log.warning("lease lost", extra={"work": cls.__name__, "id": pk})
        except row.foreseen() as problem:
            row._settle(cls.State.FAILED, str(problem))
        except Exception as problem:
            row._put_back(problem)
            raise

    @contextmanager
    def _renewed_lease(self) -> Iterator[None]:
        """Renews the lease from a thread with its own connection, so that a long step does not look like a dead worker."""
        over = Event()

        def renew() -> None:
            seen, moved = self.progress_done, time.monotonic()
            while not over.wait(self.LEASE.total_seconds() / 4):
                if self.progress_done != seen:
                    seen, moved = self.progress_done, time.monotonic()
                if time.monotonic() - moved > self.STALLED.total_seconds():
                    return
                try:
                    self._renew_lease()
                except Error as problem:
                    log.warning("lease not renewed: %s", problem, extra={"work": type(self).__name__, "id": self.pk})
                finally:
                    connection.close()

        thread = Thread(target=renew, name=f"lease of {self._meta.label} {self.pk}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _renew_lease(self) -> None:
        """Skips a locked row: its effect is about to be committed, and nobody else can claim it."""
        with transaction.atomic():
            mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts, state=self.State.RUNNING)
            if mine.select_for_update(skip_locked=True).exists():
                mine.update(lease_until=timezone.now() + self.LEASE)

    def _give_up(self, now: datetime) -> None:
        """Gives up. Its worker died each time, perhaps out of memory, so the next one probably would too."""
        self.state, self.lease_until, self.finished_at = self.State.FAILED, None, now
        self.error = f"The worker stopped {self.failures} times while doing this, so it is not tried again."
        self.save(update_fields=["state", "failures", "lease_until", "finished_at", "error"])

    def _settle(self, state: str, error: str) -> None:
        mine = type(self).objects.filter(pk=self.pk, attempts=self.attempts, state=self.State.RUNNING)
        now = timezone.now()
        if not mine.update(state=state, error=error, finished_at=now, lease_until=None):
            raise LostLease
        self.state, self.error, self.finished_at = state, error, now

    def _put_back(self, problem: Exception) -> None:
        """Schedules a retry: up to a limit, or without limit during an outage. The error is stored on the row."""
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        self.failures += not is_outage(problem)
        over = self.failures >= self.MAX_FAILURES
        type(self).objects.filter(pk=self.pk, attempts=self.attempts, state=self.State.RUNNING).update(
            state=self.State.FAILED if over else self.State.QUEUED,
            failures=self.failures,
            error=f"{type(problem).__name__}: {problem}"[:2000],
            run_after=timezone.now() + timedelta(seconds=10 * 2 ** min(self.attempts, 6)),
            lease_until=None,
            finished_at=timezone.now() if over else F("finished_at"),
        )


class Doorbell:
    """Wakes a worker within half a second or not at all: a broker that is down or hangs must not delay the request."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def ring(self, task: str, label: str, pk: int) -> None:
        if time.monotonic() < self._quiet_until:
            return
        from qmportal.celery import (
            app,
            quick_producer,
        )  # imported late, so that web processes that never notify do not load Celery

        try:
            with quick_producer() as producer:
                app.send_task(task, (label, pk), producer=producer, retry=False)
        except Exception as problem:  # noqa: BLE001 - whatever the broker's client raises, the sweep tries again
            self._quiet_until = time.monotonic() + BROKER_PAUSE_SECONDS
            log.warning("could not notify a worker: %s", problem, extra={"work": label, "id": pk})


doorbell = Doorbell()


def ring(row: Work) -> None:
    """Wakes a worker once the row is committed. Nothing depends on it."""
    transaction.on_commit(lambda: doorbell.ring(row.TASK, row._meta.label, row.pk))
