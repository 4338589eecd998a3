"""Runs: requested computations of one night or many."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import connection, models, transaction
from django.db.models import Q
from django.urls import reverse

from benchmarks.models.snapshots import MetricSnapshot, is_kept
from benchmarks.models.thresholds import ThresholdSet
from qmportal.lib.days import days_between, local_day
from qmportal.lib.work import Work, ring
from teams.models import User

MOST_HISTORY = timedelta(days=365 * 20)
FUTURE = timedelta(days=7)


class SnapshotRun(Work):
    """A computation of all teams for one night, or for the nights from `since` to `as_of`, newest first."""

    class Reason(models.TextChoices):
        NIGHTLY = "nightly", "Nightly run"
        REQUESTED = "requested", "Recompute now"
        THRESHOLDS = "thresholds", "Thresholds changed"
        IMPORT = "import", "Import finished"

    TASK = "benchmarks.tasks.take_nights"

    reason = models.CharField(max_length=10, choices=Reason)
    since = models.DateField()
    as_of = models.DateField()
    reached = models.DateField(null=True, help_text="Done down to this night; a run that was interrupted goes on from here.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["as_of"], condition=Q(reason="nightly"), name="snapshot_run_one_nightly"),
            models.UniqueConstraint(
                fields=["reason"],
                condition=Q(reason="requested", state__in=["queued", "running"]),
                name="snapshot_run_one_requested",
            ),
            # A started run may have counted before the latest change, so only waiting runs are unique.
            models.UniqueConstraint(
                fields=["reason"],
                condition=Q(reason__in=["thresholds", "import"], state="queued", attempts=0),
                name="snapshot_run_one_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()} as of {self.as_of}"

    def get_absolute_url(self) -> str:
        return reverse("benchmarks:run", args=[self.pk])

    @classmethod
    @transaction.atomic
    def request(
        cls, reason: str, *, now: datetime, requested_by: User | None = None, since: date | None = None
    ) -> SnapshotRun:
        """Requests a computation up to the last local midnight, or extends a waiting run of the same kind.

        The run stays locked until the caller's transaction ends, so no worker starts before the change is committed.
        """
        as_of = local_day(now)
        since = min(max(since or as_of, as_of - MOST_HISTORY), as_of)
        cls._lock_requests()
        if reason == cls.Reason.REQUESTED:
            open_run = cls.objects.filter(reason=reason, state__in=[cls.State.QUEUED, cls.State.RUNNING])
        else:
            open_run = cls.objects.filter(reason=reason, state=cls.State.QUEUED, attempts=0)
        run = open_run.select_for_update().first()
        if run is None:
            run = cls.objects.create(reason=reason, since=since, as_of=as_of, requested_by=requested_by)
        elif run.state == cls.State.QUEUED:
            run.since, run.as_of, run.reached, run.run_after = min(since, run.since), as_of, None, now
            run.save(update_fields=["since", "as_of", "reached", "run_after"])
        ring(run)
        return run

    @classmethod
    def request_judging(cls, version: ThresholdSet, *, now: datetime) -> SnapshotRun | None:
        """Requests the run after a change of thresholds; None if the version takes effect on a later day."""
        if version.effective_from > local_day(now):
            return None
        return cls.request(cls.Reason.THRESHOLDS, now=now, requested_by=version.author, since=version.effective_from)

    @classmethod
    def _lock_requests(cls) -> None:
        """Makes other requests wait until the transaction ends, so that simultaneous ones share a run."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('benchmarks.requests'))")

    @classmethod
    def request_history(cls, since: date | None, *, now: datetime, requested_by: User | None = None) -> SnapshotRun:
        """After an import: requests every night from the earliest changed row, so that no trend mixes old and new."""
        return cls.request(cls.Reason.IMPORT, now=now, requested_by=requested_by, since=since)

    @classmethod
    def request_nightly(cls, now: datetime) -> SnapshotRun | None:
        """Requests the run for last midnight and every missing night; None if it was requested already."""
        as_of = local_day(now)
        cls.forget_future(as_of)
        since = min(MetricSnapshot.objects.first_night() or as_of, as_of)
        run, created = cls.objects.get_or_create(
            as_of=as_of, reason=cls.Reason.NIGHTLY, defaults={"since": max(since, as_of - MOST_HISTORY)}
        )
        if created:
            ring(run)
        return run if created else None

    @classmethod
    @transaction.atomic
    def forget_future(cls, today: date) -> None:
        """Deletes nights in the future, left by a clock that was some days ahead.

        Deletes at most a week, so that a clock far behind cannot delete the history. Pages ignore any others.
        """
        for night in days_between(today + timedelta(days=1), today + FUTURE):
            MetricSnapshot.objects.delete_night(night)
        cls.objects.filter(reason=cls.Reason.NIGHTLY, as_of__gt=today, as_of__lte=today + FUTURE).delete()

    @property
    def has_newest(self) -> bool:
        """Whether the newest night, which pages show, is done."""
        return self.state == self.State.DONE or self.reached is not None

    def nights(self) -> list[date]:
        """The nights still to compute, newest first.

        A nightly run takes its own night and all missing ones; any other run takes all nights that are or should be kept.
        """
        kept = MetricSnapshot.objects.kept_nights(self.since, self.as_of)
        scheduled = {day for day in days_between(self.since, self.as_of) if is_kept(day, self.as_of)}
        wanted = scheduled - kept if self.reason == self.Reason.NIGHTLY else scheduled | kept
        wanted.add(self.as_of)
        return sorted((night for night in wanted if self.reached is None or night < self.reached), reverse=True)

    def take_over(self) -> None:
        """After an import: adds the nights of earlier imports' runs that still work, so that they can stop."""
        if self.reason != self.Reason.IMPORT:
            return
        earlier = SnapshotRun.objects.filter(reason=self.reason, pk__lt=self.pk, state=self.State.RUNNING)
        since = earlier.aggregate(since=models.Min("since"))["since"] or self.since
        if self.reached is None and since < self.since:
            self.since = since
            self.save(update_fields=["since"])

    def is_taken_over(self) -> bool:
        """Whether the run of a later import works on all nights of this one: a second worker must not do the same."""
        if self.reason != self.Reason.IMPORT:
            return False
        later = SnapshotRun.objects.filter(reason=self.reason, pk__gt=self.pk, state=self.State.RUNNING)
        return later.filter(since__lte=self.since).exists()

    def note(self, night: date) -> None:
        """Marks this night as done, so that an interrupted run resumes with the one before."""
        self.reached = night
        SnapshotRun.objects.filter(pk=self.pk, attempts=self.attempts).update(reached=night)

    def prepare(self) -> None:
        raise NotImplementedError(f"A run is done by its task, {self.TASK}.")

    def run(self) -> None:
        """Does nothing, because the task stores the snapshots night by night."""
