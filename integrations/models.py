"""An uploaded file as a row of background work (read, match, check, import, undo), and saved mappings."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, models, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils import timezone
from psycopg.types.json import Jsonb

from benchmarks.metrics import METRICS
from benchmarks.models import WINDOWS, MetricSnapshot, SnapshotRun
from integrations.kinds import LISTS, MODELS
from qmportal.lib.copying import Copy
from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.work import Work, WorkQuerySet, ring
from teams.models import Invitation, Role, Team
from teams.permissions import is_admin

if TYPE_CHECKING:
    from integrations.importer import Outcome, Written
    from integrations.matching.plan import Plan
    from integrations.matching.preset import Preset
    from integrations.reading import Shape
    from integrations.roster.listing import Entry
    from teams.models import InvitationQuerySet, User
    from teams.permissions import AnyUser

FOLDER = "imports"
MOST_MOVED = 400
BATCH = 5_000
# Files that one person can send in an hour, for a schedule gone wrong.
MOST_PER_HOUR = 120


def private_files() -> FileSystemStorage:
    """Storage for uploads. Only the portal's system user can read the files, and they are never served."""
    return FileSystemStorage(file_permissions_mode=0o600, directory_permissions_mode=0o700)


def random_name(*_: object) -> str:
    """A random path for an upload. It can't be guessed and shows nothing of the original name."""
    return f"{FOLDER}/{secrets.token_urlsafe(24)}"


def random_token() -> str:
    return secrets.token_urlsafe(24)


class NoRoom(Exception):
    """No space for another file. The message is for its sender."""


class ImportJobQuerySet(WorkQuerySet):
    def visible_to(self, user: AnyUser) -> ImportJobQuerySet:
        """Only the person who uploaded a file can see it."""
        return self.filter(requested_by=user) if user.is_authenticated else self.none()

    def refuse_without_room(self, user: User, size: int, now: datetime) -> None:
        """Raises `NoRoom` if the person's files, or the disk, have no space for a file of this size."""
        mine = self.filter(requested_by=user)
        if mine.filter(created_at__gt=now - timedelta(hours=1)).count() >= MOST_PER_HOUR:
            raise NoRoom(f"You have sent {MOST_PER_HOUR} files within an hour. Try again later.")
        kept = sum(rows.aggregate(kept=Sum("size"))["kept"] or 0 for rows in (mine.exclude(file=""), user.uploads.all()))
        if kept + size > settings.IMPORT_MAX_BYTES_KEPT:
            limit = settings.IMPORT_MAX_BYTES_KEPT // 2**20
            raise NoRoom(f"Your files here would take more than {limit:,} MB. Discard some on the page Imports.")
        os.makedirs(settings.MEDIA_ROOT, mode=0o700, exist_ok=True)
        if shutil.disk_usage(settings.MEDIA_ROOT).free - size < settings.DISK_KEPT_FREE:
            raise NoRoom("The portal's disk is nearly full. Tell whoever runs it.")

    def forget_old_files(self, now: datetime) -> None:
        """Deletes files and undo data older than `FILE_KEPT_FOR`, including files that nobody imported."""
        for job in self.filter(created_at__lt=now - ImportJob.FILE_KEPT_FOR).exclude(file=""):
            job.forget_file()  # type: ignore[attr-defined]
        for kept in (ImportedRow, ImportedEntry, TierBefore):
            kept.objects.filter(job__imported_at__lt=now - ImportJob.FILE_KEPT_FOR).delete()
        for upload in Upload.objects.filter(touched_at__lt=now - Upload.KEPT_FOR):
            upload.discard()
        self._forget_orphans(now)

    def _forget_orphans(self, now: datetime) -> None:
        """Deletes files without a row: their process was killed before saving it, or it was deleted with its team."""
        storage = private_files()
        known = {name for model in (ImportJob, Upload) for name in model.objects.values_list("file", flat=True)}
        for name in storage.listdir(FOLDER)[1] if storage.exists(FOLDER) else []:
            path = f"{FOLDER}/{name}"
            if path not in known and storage.get_modified_time(path) < now - ImportJob.ORPHANS_KEPT_FOR:
                storage.delete(path)


class ImportJob(Work):
    """An uploaded file and its result. The work has phases.

    The file is read after the upload and checked once its uploader has matched its columns. The uploader then starts the
    import, and may undo it.
    """

    DOOR = "import"
    FILE_KEPT_FOR = timedelta(days=7)
    ORPHANS_KEPT_FOR = timedelta(days=1)

    class Phase(models.TextChoices):
        LOOK = "look", "Look"
        CHECK = "check", "Check"
        IMPORT = "import", "Import"
        UNDO = "undo", "Undo"

    phase = models.CharField(max_length=6, choices=Phase, default=Phase.LOOK, editable=False)
    mapping_key = models.CharField(max_length=40, blank=True, editable=False)  # the plan's kind and tool
    file = models.FileField(upload_to=random_name, storage=private_files, blank=True)
    file_name = models.CharField(max_length=200)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    create_teams = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    # The phase that a file sent by API reaches without its uploader. Empty for a file that was uploaded on the page.
    until = models.CharField(max_length=6, choices=Phase, blank=True, db_default="", editable=False)
    # JSON of a Shape (how to open the file), a Survey (what its columns contain) and a Plan (what they mean).
    shape = models.JSONField(default=dict, editable=False)
    survey = models.JSONField(default=dict, editable=False)
    plan = models.JSONField(default=dict, editable=False)
    skip_errors = models.BooleanField(default=False)
    sends_invitations = models.BooleanField(default=True, db_default=True)
    result = models.JSONField(default=dict, editable=False)
    imported_at = models.DateTimeField(null=True, editable=False)
    # The run that updates the measures after this import.
    nights = models.ForeignKey(SnapshotRun, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    objects = ImportJobQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("integrations:import_detail", args=[self.pk])

    @property
    def shown_team(self) -> Team | None:
        """The team for all rows, as long as the person who sent the file can see its records."""
        return self.team if self.requested_by and self.team_id in self.requested_by.reach_of_rows else None

    @property
    def acting_name(self) -> str:
        return f"{self.file_name} (undone)" if self.phase == self.Phase.UNDO else self.file_name

    @property
    def mapping(self) -> Preset | None:
        """The preset for the tool that made the file; None until the file has been read."""
        from integrations.matching.presets import PRESETS

        return PRESETS.get(self.mapping_key)

    @property
    def kind(self) -> str:
        return self.mapping_key.partition("/")[0]

    @property
    def can_match(self) -> bool:
        """Whether the uploader can match columns: the file has been read, is not imported yet and still exists."""
        waits = self.is_looked_through or (self.phase == self.Phase.CHECK and self.is_over)
        return waits and bool(self.file and self.survey)

    @property
    def is_looked_through(self) -> bool:
        return self.phase == self.Phase.LOOK and self.state == self.State.DONE and bool(self.file)

    @property
    def can_start(self) -> bool:
        """Whether the import can start: checked, at least one row would change something, and the file still exists."""
        return (
            self.phase == self.Phase.CHECK
            and self.state == self.State.DONE
            and bool(self.file)
            and self.result.get("created", 0) + self.result.get("updated", 0) > 0
        )

    @property
    def undo_until(self) -> datetime | None:
        return self.imported_at + self.FILE_KEPT_FOR if self.imported_at else None

    def can_undo(self, now: datetime) -> bool:
        """Whether it is imported and its undo data is still kept. A failed undo can be started again."""
        imported = self.phase == self.Phase.IMPORT and self.state == self.State.DONE
        failed = self.phase == self.Phase.UNDO and self.state == self.State.FAILED
        kept = self.entries if self.kind in LISTS else self.written
        return (imported or failed) and kept.filter(job__imported_at__gte=now - self.FILE_KEPT_FOR).exists()

    @classmethod
    def upload(cls, file: UploadedFile, *, requested_by: User, **fields: object) -> ImportJob:
        """Stores the file and queues reading it. If the row can't be saved, the file is deleted again.

        Raises `NoRoom` if the person has too many files here, or the disk is nearly full.
        """
        size = file.size or 0
        cls.objects.refuse_without_room(requested_by, size, timezone.now())
        storage, name = private_files(), random_name()
        try:
            stored = storage.save(name, file)
            job = cls.objects.create(file=stored, size=size, requested_by=requested_by, **fields)
        except BaseException:
            storage.delete(name)
            raise
        ring(job)
        return job

    def look_again(self, shape: Shape) -> bool:
        """Queues reading the file again with this shape. False if it can't be matched any more."""
        return self._queue(self._matchable(), phase=self.Phase.LOOK, shape=asdict(shape), plan={}, until="")

    def guess_again(self, kind: str, tool: str) -> bool:
        """Guesses the plan again for this tool. False if the file can't be matched any more."""
        plan = self._phases.guessed(self, kind=kind, tool=tool)
        return bool(
            self._matchable().update(
                phase=self.Phase.LOOK, state=self.State.DONE, plan=plan.as_json(), mapping_key=plan.key, until=""
            )
        )

    def start_check(self, plan: Plan, *, team: Team | None, create_teams: bool, until: str = "") -> bool:
        """Queues the check with the uploader's plan. False if the file can't be matched any more."""
        return self._queue(
            self._matchable(),
            phase=self.Phase.CHECK,
            plan=plan.as_json(),
            mapping_key=plan.key,
            team=team,
            create_teams=create_teams,
            until=until,
        )

    def _matchable(self) -> ImportJobQuerySet:
        looked = Q(phase=self.Phase.LOOK, state=self.State.DONE)
        checked = Q(phase=self.Phase.CHECK, state__in=(self.State.DONE, self.State.FAILED))
        return type(self).objects.filter(looked | checked, pk=self.pk).exclude(file="").exclude(survey={})

    def start(self, *, skip_errors: bool, sends_invitations: bool | None = None) -> bool:
        """Queues the checked file for import. False if it is not waiting for that, such as on a double click."""
        checked = type(self).objects.filter(pk=self.pk, phase=self.Phase.CHECK, state=self.State.DONE)
        sends = self.sends_invitations if sends_invitations is None else sends_invitations
        return self._queue(checked, phase=self.Phase.IMPORT, skip_errors=skip_errors, sends_invitations=sends)

    def start_undo(self) -> bool:
        """Queues the undo. False if it is already queued or done, such as on a double click."""
        over = type(self).objects.filter(
            Q(phase=self.Phase.IMPORT, state=self.State.DONE) | Q(phase=self.Phase.UNDO, state=self.State.FAILED), pk=self.pk
        )
        return self._queue(over, phase=self.Phase.UNDO)

    def _queue(self, rows: ImportJobQuerySet, **values: object) -> bool:
        queued = rows.update(
            state=self.State.QUEUED,
            failures=0,
            error="",
            run_after=timezone.now(),
            progress_done=0,
            progress_total=0,
            finished_at=None,
            **values,
        )
        if queued:
            ring(self)
        return bool(queued)

    def _settle(self, state: str, error: str) -> None:
        super()._settle(state, error)
        if state == self.State.DONE:
            self._continue()

    def _continue(self) -> None:
        """Queues the next phase of a file sent by API, in the transaction that ended the last one."""
        if self.phase == self.Phase.LOOK and self.until and not self.questions():
            self.start_check(self._phases.plan_of(self), team=self.team, create_teams=self.create_teams, until=self.until)
        elif self.phase == self.Phase.CHECK and self.until == self.Phase.IMPORT:
            if self.result["failed"] and not self.skip_errors:
                return
            if self.can_start:
                self.start(skip_errors=self.skip_errors)
            else:  # a scheduled import of the same file must not fill the disk
                transaction.on_commit(self.forget_file)

    def questions(self) -> dict[str, str]:
        """See `phases.questions`."""
        return self._phases.questions(self)

    @property
    def _phases(self) -> Any:
        """What is done with the file. Loaded with the first file: pages don't need it, and it takes 3 MB."""
        from integrations import phases

        return phases

    def foreseen(self) -> tuple[type[Exception], ...]:
        return self._phases.FORESEEN

    def prepare(self) -> None:
        """Reads or checks the file, outside a transaction: only the result is saved, and progress shows at once."""
        if self.phase == self.Phase.LOOK:
            self._phases.look(self)
        elif self.phase == self.Phase.CHECK:
            self._phases.check(self)

    def run(self) -> None:
        """Imports or undoes: all rows, the result and the request for new snapshots in one transaction."""
        if self.phase == self.Phase.IMPORT:
            self._phases.write(self)
        elif self.phase == self.Phase.UNDO:
            self._phases.undo(self, self._phases.teams_of(self)[0])

    @classmethod
    def by_command(cls, file_name: str, plan: Plan, now: datetime) -> ImportJob:
        """The row of an import that the command does at once: for its undo, on no page."""
        return cls.objects.create(
            file_name=file_name[-200:],
            plan=plan.as_json(),
            mapping_key=plan.key,
            phase=cls.Phase.IMPORT,
            state=cls.State.DONE,
            imported_at=now,
            finished_at=now,
        )

    @property
    def notebook(self) -> Any:
        """Where the importer of this kind stores what it does."""
        return Listed(self) if self.kind in LISTS else Noted(self)

    @transaction.atomic
    def undo_at_once(self) -> dict[str, Any]:
        """Undoes an import of anybody with all permissions, for the command. Raises `Busy`."""
        self._phases.undo(self, allowed=None)
        self.phase, self.state = self.Phase.UNDO, self.State.DONE
        self.save(update_fields=["phase", "state"])
        undone: dict[str, Any] = self.result["undone"]
        return undone

    @property
    def unsent_invitations(self) -> InvitationQuerySet:
        """Invitations that this import made, without a mail so far."""
        made = self.entries.filter(table=ImportedEntry.Table.INVITATION, before__isnull=True)
        return Invitation.objects.pending().with_delivery().filter(pk__in=made.values("row"), unsent=True)

    @transaction.atomic
    def send_invitations(self, now: datetime) -> int:
        """Mails the invitations that this import held back, to teams that the uploader still manages. Returns how many."""
        return self.unsent_invitations.filter(team__in=self.writable_teams()).send(now)

    def keep_tiers(self, teams: Iterable[int]) -> None:
        """Keeps the tiers of last night of these teams and their parents, to tell later which ones moved."""
        night = MetricSnapshot.objects.latest_day(local_day(timezone.now()))
        rows = MetricSnapshot.objects.filter(team__in=Team.objects.above(teams), as_of=night, window_days__in=WINDOWS)
        names = ("team_id", "metric", "window_days", "tier")
        TierBefore.objects.bulk_create([TierBefore(job=self, **row) for row in rows.exclude(tier=None).values(*names)])

    def request_nights(self) -> None:
        """Asks for new snapshots of every night since the earliest row."""
        earliest = date.fromisoformat(self.result["earliest"])
        self.nights = SnapshotRun.request_history(earliest, now=timezone.now(), requested_by=self.requested_by)
        self.save(update_fields=["nights"])

    def moved_tiers(self) -> list[MovedTier]:
        """Tiers that changed since the import, of teams the uploader can see. Empty until the newest night is done."""
        if self.nights is None or not self.nights.has_newest:
            return []
        alike = {name: OuterRef(name) for name in ("team", "metric", "window_days")}
        rows = (
            MetricSnapshot.objects.visible_to(self.requested_by or AnonymousUser())
            .filter(team__in=Team.objects.above(self.result.get("teams", [])), as_of=self.nights.as_of)
            .filter(window_days__in=WINDOWS)
            .annotate(before=Subquery(self.tiers_before.filter(**alike).values("tier")))
            .filter(Q(before=None, tier__isnull=False) | Q(before__isnull=False, tier=None) | ~Q(before=F("tier")))
            .order_by("team__name", "team", "metric", "before", "tier", "window_days")
            .values_list("team__name", "team__slug", "metric", "before", "tier", "window_days")
        )
        return [
            MovedTier(team, slug, metric, before, after, [row[-1] for row in same])
            for (team, slug, metric, before, after), same in groupby(rows[:MOST_MOVED], key=itemgetter(slice(5)))
        ]

    def rows_alike(self, **conditions: object) -> QuerySet[ImportedRow]:
        """What imports of the same kind of record by the same person wrote. `conditions`: of these imports."""
        return ImportedRow.objects.filter(job__in=self._imports_alike(**conditions))

    def _imports_alike(self, **conditions: object) -> ImportJobQuerySet:
        same = type(self).objects.filter(requested_by=self.requested_by_id, mapping_key__startswith=f"{self.kind}/")
        return same.filter(**conditions)

    def later_imports(self) -> ImportJobQuerySet:
        """Later imports that can be undone and wrote some of the same records (how many: `shared`), newest first."""
        later = self._imports_alike(imported_at__gt=self.imported_at, written__record__in=self.written.values("record"))
        return later.annotate(shared=Count("written")).order_by("-imported_at")

    def skipped_records(self) -> QuerySet[Any]:
        """Records that the undo skipped, limited to those the uploader can see."""
        if self.kind not in MODELS:
            return self.written.none()
        rows = MODELS[self.kind].objects
        ids = self.result.get("undone", {}).get("skipped_ids", [])
        return rows.visible_to(self.requested_by).filter(pk__in=ids).order_by("pk")

    def writable_teams(self) -> QuerySet[Team]:
        """Teams that the uploader can import into."""
        if self.requested_by is None:
            return Team.objects.none()
        return Team.objects.with_rows_for(self.requested_by, Role.MANAGER)

    def keep(self, outcome: Outcome) -> None:
        self.result = outcome.as_json()
        self.save(update_fields=["result", "imported_at"])

    def forget_file(self) -> None:
        self.file.delete(save=False)
        type(self).objects.filter(pk=self.pk).update(file="")


class UploadQuerySet(models.QuerySet["Upload"]):
    def visible_to(self, user: AnyUser) -> UploadQuerySet:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def begin(self, owner: User, *, name: str, size: int, modified: int, now: datetime) -> Upload:
        """The upload of this file, to continue it; a new one if there is none. Raises `NoRoom`.

        Beyond `Upload.MOST` of one person, the one that rested longest is given up.
        """
        file: dict[str, Any] = {"owner": owner, "name": name, "size": size, "modified": modified}
        if known := self.filter(**file).first():
            return known
        for left in self.filter(owner=owner).order_by("-touched_at")[Upload.MOST - 1 :]:
            left.discard()
        ImportJob.objects.refuse_without_room(owner, size, now)
        upload, new = self.get_or_create(**file, defaults={"touched_at": now})
        if new:
            upload.file.save("", ContentFile(b""))
        return upload


class Upload(models.Model):
    """A file that arrives in pieces, so that a large one survives a broken connection. It becomes an `ImportJob`."""

    # Below the limit of other requests, here and in proxies.
    PIECE = 2 * 1024 * 1024
    KEPT_FOR = timedelta(days=1)
    MOST = 5

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads", db_index=False)
    token = models.CharField(max_length=40, unique=True, default=random_token)
    # How the browser knows the file: its name, size, and time of its last change in milliseconds since 1970.
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    modified = models.BigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    file = models.FileField(upload_to=random_name, storage=private_files)
    touched_at = models.DateTimeField()

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name", "size", "modified"], name="upload_unique"),
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_within_size"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_complete(self) -> bool:
        return self.received == self.size

    def add(self, offset: int, piece: bytes, now: datetime) -> bool:
        """Adds the piece that starts at `offset`. False, and nothing changes, if another piece comes next.

        What an interrupted request wrote beyond `received` is written again.
        """
        with transaction.atomic():
            known = type(self).objects.select_for_update().get(pk=self.pk)
            self.received = known.received
            if offset != known.received or offset + len(piece) > known.size:
                return False
            with open(known.file.path, "r+b") as file:
                file.seek(offset)
                file.write(piece)
                file.truncate()
            self.received, self.touched_at = offset + len(piece), now
            self.save(update_fields=["received", "touched_at"])
            return True

    def become_job(self, **fields: object) -> ImportJob | None:
        """Queues reading the complete file. None if it is gone, such as on a double click."""
        with transaction.atomic():
            if not type(self).objects.filter(pk=self.pk).delete()[0]:
                return None
            job = ImportJob.objects.create(file=self.file.name, size=self.size, requested_by=self.owner, **fields)
            ring(job)
            return job

    def discard(self) -> None:
        self.file.delete(save=False)
        self.delete()


class ImportedRow(models.Model):
    """What an import did to one record, kept for its undo as long as files are kept."""

    # No index of its own: the unique constraint's index starts with the job.
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="written", db_index=False)
    record = models.BigIntegerField()
    before = models.JSONField(null=True)  # earlier values of the changed columns; null if the import created the record
    version = models.PositiveIntegerField()  # the record's version after the import

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "record"], name="imported_row_unique")]

    def __str__(self) -> str:
        return f"{self.record} by {self.job}"


class ImportedEntry(models.Model):
    """What an import of teams or people did to one row, kept for its undo as long as files are kept."""

    class Table(models.TextChoices):
        TEAM = "team", "Team"
        MEMBERSHIP = "membership", "Membership"
        INVITATION = "invitation", "Invitation"

    # No index of its own: the unique constraint's index starts with the job.
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="entries", db_index=False)
    table = models.CharField(max_length=10, choices=Table)
    row = models.BigIntegerField()
    before = models.JSONField(null=True)  # earlier values of the changed columns; null if the import created the row
    after = models.JSONField()  # the values that the import wrote

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "table", "row"], name="imported_entry_unique")]

    def __str__(self) -> str:
        return f"{self.table} {self.row} by {self.job}"

    @property
    def as_entry(self) -> Entry:
        from integrations.roster.listing import Entry

        return Entry(self.table, self.row, self.before, self.after)


class TierBefore(models.Model):
    """A tier as of the last night before an import, for each affected team and its parents. Kept as long as files."""

    # No index of its own: the unique constraint's index starts with the job.
    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="tiers_before", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    metric = models.CharField(max_length=40)
    window_days = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=10)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "team", "metric", "window_days"], name="tier_before_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.team}, {self.metric}, {self.window_days} days: {self.tier}"


class MovedTier(NamedTuple):
    """A measure whose tier changed with an import, in these windows. `before` or `after` None: no tier."""

    team: str
    slug: str
    metric: str
    before: str | None
    after: str | None
    windows: list[int]

    @property
    def measure(self) -> str:
        return METRICS[self.metric].label


class Noted:
    """Stores what an import did as `ImportedRow`s, for its undo."""

    def __init__(self, job: ImportJob):
        self.job = job

    def page(self, written: list[Written]) -> Copy:
        rows = [(self.job.pk, record, version, before and Jsonb(before)) for record, version, before in written]
        return Copy(ImportedRow, ("job_id", "record", "version", "before"), rows)

    def add(self, written: list[Written]) -> None:
        """Adds to rows stored by this import. The earliest value of each column is kept; new records keep none."""
        rows = [(record, version, json.dumps(before)) for record, version, before in written]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO integrations_importedrow AS noted (job_id, record, version, before)"
                " SELECT %s, * FROM unnest(%s::bigint[], %s::int[], %s::jsonb[])"
                " ON CONFLICT (job_id, record) DO UPDATE SET version = excluded.version,"
                " before = CASE WHEN noted.before IS NULL THEN NULL ELSE excluded.before || noted.before END",
                [self.job.pk, *map(list, zip(*rows, strict=True))],
            )


class Listed:
    """Stores what an import of teams or people did as `ImportedEntry`s, for its undo."""

    def __init__(self, job: ImportJob):
        self.job = job

    def write(self, entries: Iterable[Entry]) -> None:
        rows = (ImportedEntry(job=self.job, **entry._asdict()) for entry in entries)
        ImportedEntry.objects.bulk_create(rows, batch_size=BATCH)


class SavedMappingQuerySet(models.QuerySet["SavedMapping"]):
    def usable_by(self, user: AnyUser) -> SavedMappingQuerySet:
        """The user's own mappings, and those that admins share with everyone."""
        return self.filter(Q(owner=None) | Q(owner=user.pk)) if user.is_authenticated else self.none()

    def changeable_by(self, user: AnyUser) -> SavedMappingQuerySet:
        return self.usable_by(user) if is_admin(user) else self.usable_by(user).exclude(owner=None)


@tracked()
class SavedMapping(models.Model):
    """A named plan for the next file with the same columns. Without an owner, everyone can use it."""

    name = models.CharField(max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="saved_mappings"
    )
    plan = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedMappingQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="saved_mapping_unique",
                nulls_distinct=False,
                violation_error_message="There is a mapping with this name already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def keep(cls, name: str, owner: User | None, plan: Plan) -> SavedMapping:
        """Saves the plan under this name. Replaces a mapping of the same name and owner."""
        saved, _ = cls.objects.update_or_create(name=name, owner=owner, defaults={"plan": plan.as_json()})
        return saved

    @property
    def as_plan(self) -> Plan:
        from integrations.matching.plan import Plan

        return Plan.from_json(self.plan)
