"""An uploaded file as a row of background work (read, match, check, import, undo), and saved mappings."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, connections, models, transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.urls import reverse
from django.utils import timezone
from psycopg.types.json import Jsonb

from benchmarks.metrics import METRICS
from benchmarks.models import WINDOWS, MetricSnapshot, SnapshotRun
from integrations.importer import Importer, Outcome, Refused, Report, Written
from integrations.kinds import MODELS
from integrations.lookups import own_words
from integrations.matching.guess import guess
from integrations.matching.plan import Plan
from integrations.matching.preset import Preset
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Survey
from integrations.reading import Shape, UnreadableFile, open_table
from integrations.roster import ROSTERS
from integrations.roster.listing import Entry, Roster
from integrations.roster.undo import undo as undo_roster
from integrations.sources import lacks_source, list_name
from integrations.undo import Undo, Undone
from qmportal.lib.copying import Copy
from qmportal.lib.days import local_day, organisation_zone
from qmportal.lib.history import tracked
from qmportal.lib.work import Work, WorkQuerySet, ring
from teams.models import Invitation, Role, Team
from teams.permissions import can_import_teams, is_admin

if TYPE_CHECKING:
    from teams.models import InvitationQuerySet, User
    from teams.permissions import AnyUser

# What a file can contain.
KINDS = (*MODELS, *ROSTERS)
FOLDER = "imports"
# Imports of a person in which the source of a list is looked for.
LAST_IMPORTS = 100
MOST_MOVED = 400
# Rows between two progress reports.
REPORTED = 5000
# Files that one person can send in an hour, for a schedule gone wrong.
MOST_PER_HOUR = 120
NO_TEAM = "The file has no column for the team. Choose the team for all rows."


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
    def acting_name(self) -> str:
        return f"{self.file_name} (undone)" if self.phase == self.Phase.UNDO else self.file_name

    @property
    def mapping(self) -> Preset | None:
        """The preset for the tool that made the file; None until the file has been read."""
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
        kept = self.entries if self.kind in ROSTERS else self.written
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
        plan = self._guessed(Survey.from_json(self.survey), kind=kind, tool=tool)
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
            plan = Plan.from_json(self.plan)
            self.start_check(plan, team=self.team, create_teams=self.create_teams, until=self.until)
        elif self.phase == self.Phase.CHECK and self.until == self.Phase.IMPORT:
            if self.result["failed"] and not self.skip_errors:
                return
            if self.can_start:
                self.start(skip_errors=self.skip_errors)
            else:  # a scheduled import of the same file must not fill the disk
                transaction.on_commit(self.forget_file)

    def questions(self) -> dict[str, str]:
        """By field or part of the mapping: what the uploader must answer before the file can be checked."""
        plan, found = Plan.from_json(self.plan), dict[str, str]()
        if misfit := self.survey.get("misfit"):
            found["mapping"] = misfit
        for name, sentence in plan.problems(Survey.from_json(self.survey).header):
            found.setdefault(name or "mapping", sentence)
        if not self.team_id and not plan.names_team:
            found.setdefault("team", NO_TEAM)
        return found

    def foreseen(self) -> tuple[type[Exception], ...]:
        return (UnreadableFile, Refused)

    def prepare(self) -> None:
        """Reads or checks the file, outside a transaction: only the result is saved, and progress shows at once."""
        if self.phase == self.Phase.LOOK:
            self._look()
        elif self.phase == self.Phase.CHECK:
            with self.file.open("rb") as raw:
                outcome = self._importer().check(cast(BinaryIO, raw), self.report)
            self.keep(outcome)

    def run(self) -> None:
        """Imports or undoes: all rows, the result and the request for new snapshots in one transaction."""
        if self.phase == self.Phase.IMPORT:
            self._import()
        elif self.phase == self.Phase.UNDO:
            self._undo(self._teams()[0])

    def _look(self) -> None:
        with self.file.open("rb") as raw:
            table = open_table(cast(BinaryIO, raw), Shape(**self.shape), self.file_name)
            try:
                survey = Survey(table.header)
                for number, (_, cells) in enumerate(table.records()):
                    survey.add(cells)
                    if number % REPORTED == 0:
                        self.report(table.done, table.total)
            finally:
                table.close()
        survey.close()
        if not survey.rows:
            raise UnreadableFile("The file has a header and no rows.")
        plan, note, misfit = self._planned(survey)
        opened = {
            "encodings": table.encodings,
            "sheets": table.sheets,
            "notes": [*table.notes, *filter(None, [note, misfit])],
            "misfit": misfit,
        }
        self.survey, self.shape = survey.as_json() | opened, asdict(table.shape)
        self.plan, self.mapping_key = plan.as_json(), plan.key
        self.save(update_fields=["survey", "shape", "plan", "mapping_key"])

    def _planned(self, survey: Survey) -> tuple[Plan, str, str]:
        """(plan, note, misfit): the chosen mapping's plan, else a guess. `misfit`: why a person must look at it."""
        if not self.plan:
            return self._guessed(survey, kind=self.kind), "", ""
        chosen = Plan.from_json(self.plan)
        plan, gone = chosen.fitted_to(survey.header)
        # Without any of its columns, a mapping would fall back to the names that the tool has for them.
        problems = plan.problems(survey.header) if plan.columns else chosen.problems(survey.header)
        if not problems:
            return (
                self._with_source(plan),
                f"The file lacks these columns of the mapping: {', '.join(gone)}." if gone else "",
                "",
            )
        misfit = f"The mapping you chose doesn't fit this file: {problems[0].sentence}"
        return self._guessed(survey, kind=plan.kind), "", misfit

    def _guessed(self, survey: Survey, kind: str = "", tool: str = "") -> Plan:
        found = guess(survey, kind=kind, tool=tool, zone=organisation_zone().key, own=own_words(self.writable_teams()))
        if self.requested_by is None or found.plan.kind not in kinds_for(self.requested_by):
            return self._guessed(survey, kind=next(iter(MODELS)))
        return self._with_source(found.plan)

    def _with_source(self, plan: Plan) -> Plan:
        """The plan with a source of its own for a spreadsheet: as in the last import of this list, else its name."""
        if not lacks_source(plan):
            return plan
        name = list_name(self.file_name)
        mine = type(self).objects.filter(requested_by=self.requested_by_id, mapping_key=plan.key)
        earlier = mine.exclude(imported_at=None).order_by("-imported_at")
        known = (
            kept
            for kept, file_name in earlier.values_list("plan__source", "file_name")[:LAST_IMPORTS]
            if kept and list_name(file_name) == name
        )
        return replace(plan, source=next(known, name))

    def _import(self) -> None:
        with self.file.open("rb") as raw, self._progress_beside() as report:
            outcome = self._importer().write(cast(BinaryIO, raw), skip_errors=self.skip_errors, report=report)
        self.imported_at = timezone.now()
        self.keep(outcome)
        if not outcome.failed:
            transaction.on_commit(self.forget_file)
        if outcome.earliest:
            TierBefore.keep(self, outcome.teams)
            self._request_nights()

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
        return Listed(self) if self.kind in ROSTERS else Noted(self)

    @transaction.atomic
    def undo_at_once(self) -> dict[str, Any]:
        """Undoes an import of anybody with all permissions, for the command. Raises `Busy`."""
        self._undo(allowed=None)
        self.phase, self.state = self.Phase.UNDO, self.State.DONE
        self.save(update_fields=["phase", "state"])
        undone: dict[str, Any] = self.result["undone"]
        return undone

    def _undo(self, allowed: frozenset[int] | None) -> None:
        undone = self._undo_roster(allowed) if self.kind in ROSTERS else self._undo_records(allowed)
        self.result["undone"] = undone.as_json()
        self.save(update_fields=["result"])
        if undone.deleted + undone.restored and self.result["earliest"]:
            self._request_nights()

    def _undo_records(self, allowed: frozenset[int] | None) -> Undone:
        with self._progress_beside() as report:
            undone = Undo(
                self.kind,
                self.written.all(),
                later=ImportedRow.objects.filter(job__in=self._imports(imported_at__gt=self.imported_at)),
                earlier=ImportedRow.objects.filter(job__in=self._imports(imported_at__lt=self.imported_at)),
                now=timezone.now(),
                allowed=allowed,
            ).run(report)
        self.written.all().delete()
        return undone

    def _undo_roster(self, allowed: frozenset[int] | None) -> Undone:
        entries = [each.as_entry for each in self.entries.order_by("pk")]
        undone = undo_roster(self.kind, entries, allowed=allowed)
        self.entries.all().delete()
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

    def _request_nights(self) -> None:
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

    def _imports(self, **conditions: object) -> ImportJobQuerySet:
        """Imports of the same kind of record by the same person."""
        same = type(self).objects.filter(requested_by=self.requested_by_id, mapping_key__startswith=f"{self.kind}/")
        return same.filter(**conditions)

    def later_imports(self) -> ImportJobQuerySet:
        """Later imports that can be undone and wrote some of the same records (how many: `shared`), newest first."""
        later = self._imports(imported_at__gt=self.imported_at, written__record__in=self.written.values("record"))
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

    def _teams(self) -> tuple[frozenset[int] | None, frozenset[int] | None]:
        """(writable, visible) ids of the uploader's teams; None for all teams. Read again at the start of each phase.

        Permissions may have been withdrawn since the upload. Raises `UnreadableFile` if the uploader is gone or inactive.
        """
        user = self.requested_by
        if user is None or not user.is_active:
            raise UnreadableFile("The person who uploaded the file has left.")
        if self.kind == "teams" and not can_import_teams(user):
            raise UnreadableFile("Only admins can import teams.")
        if user.is_admin:
            return None, None
        allowed = frozenset(self.writable_teams().values_list("pk", flat=True))
        return allowed, frozenset(team.pk for team in user.reach)

    def _importer(self) -> Importer | Roster:
        allowed, visible = self._teams()
        if self.kind in ROSTERS:
            return ROSTERS[self.kind](
                Plan.from_json(self.plan),
                now=timezone.now(),
                team=self.team,
                allowed=allowed,
                shape=Shape(**self.shape),
                name=self.file_name,
                by=self.requested_by,
                sends=self.sends_invitations,
                remember=self.notebook,
            )
        return Importer(
            Plan.from_json(self.plan),
            now=timezone.now(),
            team=self.team,
            allowed=allowed,
            visible=visible,
            create_teams=self.create_teams,
            shape=Shape(**self.shape),
            name=self.file_name,
            remember=self.notebook,
        )

    def keep(self, outcome: Outcome) -> None:
        self.result = outcome.as_json()
        self.save(update_fields=["result", "imported_at"])

    @contextmanager
    def _progress_beside(self) -> Iterator[Report]:
        """Reports progress on a separate connection, since the import's own transaction is invisible until it commits."""
        beside = connections.create_connection("default")
        statement = (
            f"UPDATE {self._meta.db_table} SET progress_done = %s, progress_total = %s, lease_until = %s"  # noqa: S608
            " WHERE id = %s AND attempts = %s"
        )

        def report(done: int, total: int) -> None:
            with beside.cursor() as cursor:
                cursor.execute(statement, [done, total, timezone.now() + self.LEASE, self.pk, self.attempts])

        try:
            yield report
        finally:
            beside.close()

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

    @staticmethod
    def keep(job: ImportJob, teams: Iterable[int]) -> None:
        night = MetricSnapshot.objects.latest_day(local_day(timezone.now()))
        rows = MetricSnapshot.objects.filter(team__in=Team.objects.above(teams), as_of=night, window_days__in=WINDOWS)
        names = ("team_id", "metric", "window_days", "tier")
        TierBefore.objects.bulk_create([TierBefore(job=job, **row) for row in rows.exclude(tier=None).values(*names)])


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
        ImportedEntry.objects.bulk_create(rows, batch_size=REPORTED)


def kinds_for(user: User) -> tuple[str, ...]:
    """The kinds of files that this person can import."""
    return tuple(kind for kind in KINDS if kind != "teams" or can_import_teams(user))


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
        return Plan.from_json(self.plan)
