"""Bug bankruptcy: old defects that nobody will fix are closed in one step, which can be taken back.

It has phases: the scan, whose result people look at and correct, closing, and perhaps undoing it. Each is work in batches.
A batch is one transaction together with the state of its rows, so a worker that is killed loses and doubles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Count, F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from defects.models.defect import LIFE, Defect, Resolution, Status
from defects.scan import DATA_LOSS, MONEY, SECURITY, SEVERITY, WORDS, Scan
from notifications.models import Notification
from qmportal.lib.copying import Copy, write_now
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf, Overlaps
from qmportal.lib.wording import day_words
from qmportal.lib.work import Work, WorkQuerySet, ring
from teams.models import Team, User
from teams.permissions import can_manage, can_report, can_see, require

BATCH = 2_000
# Up to this many, the scan and the closing happen while the person waits.
AT_ONCE = 1_000
REOPEN_FOR = timedelta(days=30)
KIND = "bankruptcy"
MOVE = LIFE.named("close", Status.NEW)
# The texts that the scan reads.
TEXTS = ("title", "steps", "expected", "actual", "component")


def usual_words() -> dict[str, list[str]]:
    return {kind: list(words) for kind, words in WORDS.items()}


class BankruptcyQuerySet(WorkQuerySet):
    def visible_to(self, user: User) -> Any:
        """Those of the teams whose rows this person may see, and of their parent teams, unless these are hidden."""
        if user.is_admin:
            return self.all()
        seen = Q(team__members_only=False) | AnyOf("team", user.reach_of_rows)
        return self.filter(seen, Overlaps("teams", user.reach_of_rows))

    def preview(self, team: Team, *, by: User, at: datetime, days: int, **fields: Any) -> Bankruptcy:
        """Starts the scan. An earlier preview of the team that nobody used is forgotten."""
        family = Team.objects.descendants_of(team).values_list("pk", flat=True)
        with transaction.atomic():
            self.filter(team=team, phase=Bankruptcy.Phase.SCAN).exclude(state=Work.State.RUNNING).delete()
            bankruptcy: Any = self.create(
                team=team, teams=list(family), days=days, found_before=at - timedelta(days=days), requested_by=by, **fields
            )
        bankruptcy.begin_work(bankruptcy.candidates().count())
        return bankruptcy


@tracked(of=["team", "days", "found_before", "rank", "words", "note", "phase"])
class Bankruptcy(Work):
    """One bug bankruptcy of a team and its sub-teams: open defects found before a moment."""

    DOOR = "bulk"

    class Phase(models.TextChoices):
        SCAN = "scan", "Preview"
        CLOSE = "close", "Closed"
        UNDO = "undo", "Undone"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="bankruptcies")
    teams = ArrayField(models.BigIntegerField(), help_text="The team and its sub-teams at the time of the scan.")
    days = models.PositiveSmallIntegerField()
    found_before = models.DateTimeField()
    # Severities up to this rank are kept back; 1 is the worst.
    rank = models.PositiveSmallIntegerField()
    words = models.JSONField(default=usual_words)
    note = models.TextField(max_length=2000, blank=True)
    phase = models.CharField(max_length=5, choices=Phase, default=Phase.SCAN)
    closed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = BankruptcyQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "bankruptcies"

    def __str__(self) -> str:
        return f"Bug bankruptcy of {self.team}"

    def get_absolute_url(self) -> str:
        return reverse("defects:bankruptcy", args=[self.pk])

    @property
    def acting_name(self) -> str:
        return "bug bankruptcy"

    @property
    def may_reopen_until(self) -> datetime | None:
        """Until when one click reopens a defect."""
        return self.closed_at + REOPEN_FOR if self.closed_at else None

    @property
    def working_on(self) -> str:
        """What the background step does."""
        return {self.Phase.SCAN: "Scanning", self.Phase.CLOSE: "Closing", self.Phase.UNDO: "Undoing"}[self.Phase(self.phase)]

    @property
    def may_close(self) -> bool:
        """Whether the preview is ready, or closing failed and can go on."""
        ends = {self.Phase.SCAN: self.State.DONE, self.Phase.CLOSE: self.State.FAILED}
        return ends.get(self.Phase(self.phase)) == self.state

    def candidates(self) -> models.QuerySet[Defect]:
        """Old open defects of the teams."""
        return Defect.objects.alive().open().filter(AnyOf("team", self.teams), found_at__lt=self.found_before)

    def counts(self, rows: models.QuerySet[BankruptcyRow]) -> dict[str, int]:
        """How many of these rows are in each state; `kept` are those that stay open."""
        return rows.aggregate(
            kept=Count("pk", filter=Q(closes=False)),
            **{state: Count("pk", filter=Q(closes=True, state=state)) for state in BankruptcyRow.State.values},
        )

    def why_kept(self, rows: models.QuerySet[BankruptcyRow]) -> list[tuple[str, int]]:
        """How many of these rows are kept back, by reason."""
        found = dict(rows.filter(closes=False).order_by().values_list("why").annotate(n=Count("pk")))
        names = [*BankruptcyRow.Why.choices, ("", "Chosen by people")]
        return [(str(name), found[why]) for why, name in names if why in found]

    def choose(self, references: list[str], *, closes: bool, by: User) -> int:
        """Keeps back or releases defects of a preview. Returns how many."""
        with transaction.atomic():
            waits = type(self).objects.select_for_update().filter(pk=self.pk, phase=self.Phase.SCAN, state=self.State.DONE)
            if not waits.exists():
                return 0
            rows = self.rows.filter(defect__in=Defect.objects.filter(reference__in=references)).exclude(closes=closes)
            return rows.update(closes=closes, chosen_by=by)

    # --- From phase to phase ---

    def start(self, phase: str, *, by: User, **fields: Any) -> bool:
        """Queues the next phase, or a failed one again. False if it isn't its turn, as on a second click."""
        before = {self.Phase.CLOSE: self.Phase.SCAN, self.Phase.UNDO: self.Phase.CLOSE}[self.Phase(phase)]
        allowed = Q(phase=before, state=self.State.DONE) | Q(phase=phase, state=self.State.FAILED)
        if phase == self.Phase.UNDO:
            allowed |= Q(phase=before, state=self.State.FAILED)
        ready = type(self).objects.filter(allowed, pk=self.pk)
        fresh = {"state": self.State.QUEUED, "failures": 0, "error": "", "run_after": timezone.now(), "finished_at": None}
        progress = {"progress_done": 0, "progress_total": 0, "requested_by": by}
        if not ready.update(phase=phase, **fresh, **progress, **fields):
            return False
        self.begin_work(self.rows.filter(closes=True).count())
        return True

    def begin_work(self, rows: int) -> None:
        """Does a few rows right away; a worker does many."""
        if rows > AT_ONCE:
            ring(self)
        else:
            type(self).perform(self.pk)

    def foreseen(self) -> tuple[type[Exception], ...]:
        return (PermissionDenied,)

    def prepare(self) -> None:
        assert self.requested_by is not None
        require(can_manage(self.requested_by, self.team), f"{self.requested_by} no longer manages {self.team}.")
        now = timezone.now()
        {self.Phase.SCAN: self._scan, self.Phase.CLOSE: self._close, self.Phase.UNDO: self._undo}[self.Phase(self.phase)](
            now
        )

    def run(self) -> None:
        """Everything happens in batches before."""

    # --- The scan ---

    def _scan(self, now: datetime) -> None:
        scan = Scan(self.rank, self.words)
        done = self.rows.count()
        last = self.rows.aggregate(last=models.Max("defect"))["last"] or 0
        total = done + self.candidates().filter(pk__gt=last).count()
        read = ("pk", "version", "severity__rank", "customer_impact", *TEXTS)
        while found := list(self.candidates().filter(pk__gt=last).order_by("pk").values_list(*read)[:BATCH]):
            with transaction.atomic():
                self.store(progress_done=done + len(found), progress_total=total)
                write_now(Copy(BankruptcyRow, BankruptcyRow.SCANNED, list(self._scanned(scan, found))))
            done, last = done + len(found), found[-1][0]
            self.report(done, total)

    def _scanned(self, scan: Scan, found: list[Any]) -> Iterator[tuple[Any, ...]]:
        waiting = BankruptcyRow.State.WAITING.value
        for pk, version, rank, impact, *texts in found:
            finding = scan.finding(rank, dict(zip(TEXTS, texts, strict=True)), impact=impact)
            yield self.pk, pk, version, not finding, waiting, *(finding or ("", "", "")), "", ""

    # --- Closing and undoing ---

    def _close(self, now: datetime) -> None:
        assert MOVE is not None
        note = self.note or f"Not fixed within {self.days} days."

        def close(ids: list[int]) -> None:
            rows = self.rows.filter(AnyOf("defect", ids))
            was = Defect.objects.filter(pk=OuterRef("defect"))
            rows.update(
                status_before=Subquery(was.values("status")[:1]), reason_before=Subquery(was.values("status_reason")[:1])
            )
            defects = Defect.objects.filter(AnyOf("id", ids))
            defects.make_all(MOVE, by=self.requested_by, at=now, note=note, resolution=Resolution.DECLINED)
            rows.update(state=BankruptcyRow.State.CLOSED, version=F("version") + 1)

        self._in_batches(BankruptcyRow.State.WAITING, BankruptcyRow.State.SKIPPED, close)
        self._tell_reporters(BankruptcyRow.State.CLOSED, "closed as declined by policy", self.note)

    def _undo(self, now: datetime) -> None:
        def undo(ids: list[int]) -> None:
            rows = self.rows.filter(AnyOf("defect", ids))
            row = rows.filter(defect=OuterRef("pk"))
            before = {
                "status": Subquery(row.values("status_before")[:1]),
                "status_reason": Subquery(row.values("reason_before")[:1]),
                "resolution": "",
                "closed_at": None,
            }
            Defect.objects.filter(AnyOf("id", ids)).undo_all(before, by=self.requested_by, at=now)
            rows.update(state=BankruptcyRow.State.UNDONE, version=F("version") + 1)

        self._in_batches(BankruptcyRow.State.CLOSED, BankruptcyRow.State.LEFT, undo)
        self._tell_reporters(BankruptcyRow.State.UNDONE, "opened again: the bug bankruptcy was undone", "")

    def _in_batches(self, of: str, otherwise: str, act: Callable[[list[int]], None]) -> None:
        """Acts on the rows in this state whose defects nobody has changed since; the others get the state `otherwise`."""
        waiting = self.rows.filter(closes=True, state=of).order_by("defect")
        done = self.rows.filter(closes=True).exclude(state=of).count()
        total = done + waiting.count()
        while True:
            with transaction.atomic():
                batch = dict(waiting.values_list("defect", "version")[:BATCH])
                if not batch:
                    return
                done += len(batch)
                self.store(progress_done=done, progress_total=total)
                rows = Defect.objects.alive().filter(AnyOf("id", list(batch))).order_by("pk").select_for_update()
                same = [pk for pk, version in rows.values_list("pk", "version") if batch[pk] == version]
                if others := sorted(batch.keys() - set(same)):
                    self.rows.filter(AnyOf("defect", others)).update(state=otherwise)
                if same:
                    act(same)
            self.report(done, total)

    def _tell_reporters(self, state: str, words: str, note: str) -> None:
        """One notification for each reporter, however often this is repeated."""
        of = self.rows.filter(state=state, defect__reporter__is_active=True).values("defect__reporter").order_by()
        found = of.annotate(n=Count("pk"), teams=ArrayAgg("defect__team", distinct=True))
        people = User.objects.in_bulk(row["defect__reporter"] for row in found)
        for row in found:
            person = people[row["defect__reporter"]]
            if person.pk == self.requested_by_id:
                continue
            Notification.objects.tell_all(
                [person],
                key=f"bankruptcy:{self.pk}:{self.phase}",
                kind=KIND,
                subject=f"{row['n']:,} {'defect' if row['n'] == 1 else 'defects'} that you reported: {words}",
                body=note,
                url=f"{self.get_absolute_url()}?mine=1" if can_see(person, self.team) else "",
                teams=row["teams"],
            )

    @transaction.atomic
    def reopen(self, defect: Defect, *, by: User, at: datetime) -> None:
        """Opens one of its defects again. Raises a ValidationError if that is too late or somebody did it before."""
        require(can_report(by, defect.team))
        until, closed = self.may_reopen_until, self.closed_at
        if until is None or closed is None or at >= until:
            raise ValidationError(f"One click reopens for {REOPEN_FOR.days} days. Use Reopen on the page of {defect}.")
        if defect.resolution != Resolution.DECLINED:
            raise ValidationError(f"{defect.reference} is not closed by this bankruptcy any more.")
        defect.make("reopen", by=by, at=at, note=f"Reopened after the bug bankruptcy of {day_words(closed)}.")


def bankruptcy_of(defect: Defect, user: User, now: datetime) -> Bankruptcy | None:
    """The bankruptcy that closed the defect, while one click opens it again. None if this person may not see it."""
    if defect.resolution != Resolution.DECLINED:
        return None
    rows = Bankruptcy.objects.visible_to(user).filter(rows__defect=defect, rows__state=BankruptcyRow.State.CLOSED)
    found: Bankruptcy | None = rows.filter(closed_at__gt=now - REOPEN_FOR).first()
    return found


class BankruptcyRow(models.Model):
    """One defect in a bankruptcy: what the scan found, what people chose, what became of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CLOSED = "closed", "Closed"
        SKIPPED = "skipped", "Changed since the preview"
        UNDONE = "undone", "Open again"
        LEFT = "left", "Changed since it was closed"

    class Why(models.TextChoices):
        SEVERITY = SEVERITY, "High severity"
        SECURITY = SECURITY, "Security"
        DATA_LOSS = DATA_LOSS, "Data loss"
        MONEY = MONEY, "Money"

    # What the scan writes, in this order.
    SCANNED = (
        *("bankruptcy_id", "defect_id", "version", "closes", "state", "why", "word", "field"),
        *("status_before", "reason_before"),
    )

    # No index of its own: the unique constraint's index starts with it.
    bankruptcy = models.ForeignKey(Bankruptcy, on_delete=models.CASCADE, related_name="rows", db_index=False)
    defect = models.ForeignKey(Defect, on_delete=models.CASCADE, related_name="bankruptcy_rows")
    # The defect's version: at the scan, later after closing.
    version = models.PositiveIntegerField()
    closes = models.BooleanField()
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    # Why the scan kept it back, and the word and the field that say so.
    why = models.CharField(max_length=9, choices=Why, blank=True)
    word = models.CharField(max_length=40, blank=True)
    field = models.CharField(max_length=20, blank=True)
    status_before = models.CharField(max_length=12, blank=True)
    reason_before = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bankruptcy", "defect"], name="bankruptcy_row_once")]

    def __str__(self) -> str:
        return f"{self.defect_id} in {self.bankruptcy_id}"

    @property
    def reason(self) -> str:
        """Why the scan kept it back, as text."""
        if not self.field:
            return str(self.get_why_display()) if self.why else ""
        field = Defect._meta.get_field(self.field).verbose_name  # type: ignore[union-attr]
        return f"{self.get_why_display()}: {f'“{self.word}” in ' if self.word else ''}{field}"
