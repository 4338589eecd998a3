from argparse import ArgumentParser
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from benchmarks.models import SnapshotRun
from integrations.importer import SHOWN_ERRORS, Busy, Importer, Outcome, Refused
from integrations.kinds import MODELS
from integrations.lookups import Advice, own_words
from integrations.matching.guess import guess
from integrations.matching.plan import BadPlan, Plan
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Survey
from integrations.models import ImportJob, SavedMapping
from integrations.reading import UnreadableFile, open_table
from integrations.roster import ROSTERS
from integrations.roster.listing import Roster
from integrations.sources import lacks_source, list_name
from qmportal.lib.acting import acting
from teams.models import Team

ADVICE = Advice(no_column="Name the team for all rows: --team SLUG.", unknown="Create it first, or use --create-teams.")


class Command(BaseCommand):
    help = (
        "Imports a file: CSV, Excel, OpenDocument, JSON, or a ZIP of one."
        " A file with an invalid row changes nothing, unless you use --skip-errors."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=[*MODELS, *ROSTERS], nargs="?")
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument(
            "--undo", type=int, metavar="NUMBER", help="undo this import: its number is in the output of the import"
        )
        meaning = parser.add_mutually_exclusive_group()
        meaning.add_argument(
            "--mapping", metavar="NAME", help="a saved mapping, or the tool that made the file (default: detected)"
        )
        meaning.add_argument("--plan", type=Path, metavar="YAML", help="a file that states what columns and words mean")
        parser.add_argument("--show-plan", action="store_true", help="only print what columns and words mean, as YAML")
        parser.add_argument(
            "--team", metavar="SLUG", help="the team for all rows, whatever the file says; --create-teams creates it"
        )
        parser.add_argument("--dry-run", action="store_true", help="show what would happen, change nothing")
        parser.add_argument("--timezone", metavar="TZ", help="zone of times without one (default: the organisation's)")
        order = parser.add_mutually_exclusive_group()
        order.add_argument("--day-first", dest="day_first", action="store_const", const=True, help="02/03/2024 is 2 March")
        order.add_argument(
            "--month-first", dest="day_first", action="store_const", const=False, help="02/03/2024 is 3 February"
        )
        parser.add_argument("--create-teams", action="store_true", help="create teams that don't exist yet")
        parser.add_argument(
            "--source",
            metavar="NAME",
            default="",
            help="source of the ids (default: source column, else the list's or tool's name)",
        )
        parser.add_argument("--all-types", action="store_true", help="also import issues that aren't bugs, such as stories")
        parser.add_argument("--no-mail", action="store_true", help="people: don't send the invitations yet")
        parser.add_argument("--skip-errors", action="store_true", help="import the valid rows, leave out those with errors")

    def handle(self, *, kind: str | None, file: Path | None, undo: int | None, **options: Any) -> None:
        if undo is not None:
            self._undo(undo)
        elif kind and file:
            self._import(kind, file, **options)
        else:
            raise CommandError("Name the kind of rows and the file, or an import to undo.")

    def _undo(self, number: int) -> None:
        job = ImportJob.objects.filter(pk=number).first()
        if job is None or not job.can_undo(timezone.now()):
            raise CommandError(f"There is no import {number} that can be undone.", returncode=1)
        try:
            with acting("import", name=f"{job.file_name} (undone)"):
                undone = job.undo_at_once()
        except Busy as busy:
            raise CommandError(str(busy), returncode=1) from None
        self.stdout.write(f"Undone: deleted {undone['deleted']}, restored {undone['restored']}, skipped {undone['left']}")
        for reason, count in undone["skipped"].items():
            self.stdout.write(f"  skipped {count}: {reason}")

    def _import(self, kind: str, file: Path, *, dry_run: bool, skip_errors: bool, **options: Any) -> None:
        now = timezone.now()
        self._refuse_big(file)
        try:
            plan = self._plan(kind, file, options)
            if options["show_plan"]:
                self.stdout.write(plan.as_yaml())
                return
            with file.open("rb") as raw, acting("import", name=file.name), transaction.atomic():
                team = self._team(options["team"], create=options["create_teams"], dry_run=dry_run)
                job = None if dry_run else ImportJob.by_command(file.name, plan, now)
                importer = self._importer(plan, now, team, file.name, job, options)
                outcome = importer.check(raw) if dry_run else importer.write(raw, skip_errors=skip_errors)
                if job:
                    job.keep(outcome)
                if not dry_run and outcome.earliest:
                    SnapshotRun.request_history(outcome.earliest_day, now=now)
        except Refused as refused:
            self._print(refused.outcome, "Nothing was imported. Without the rows with errors, the result would be:")
            raise CommandError(f"{refused.outcome.failed} rows have errors; nothing was imported.", returncode=1) from None
        except Busy as busy:
            raise CommandError(str(busy), returncode=1) from None
        except OSError as problem:
            raise self._unreadable(file, problem) from None
        except UnreadableFile as problem:
            raise CommandError(f"{problem} Nothing was imported.", returncode=1) from None
        self._print(outcome, "A dry run; nothing was changed." if dry_run else "Imported.")
        if job and job.can_undo(now):
            self.stdout.write(f"To undo it within {job.FILE_KEPT_FOR.days} days: manage.py import_csv --undo {job.pk}")
        if dry_run and outcome.failed and not skip_errors:
            raise CommandError(f"{outcome.failed} rows have errors; the file would be refused.", returncode=1)

    def _importer(
        self, plan: Plan, now: datetime, team: Team | None, name: str, job: ImportJob | None, options: dict[str, Any]
    ) -> Importer | Roster:
        remember: Any = job and job.notebook
        if plan.kind in ROSTERS:
            sends = not options["no_mail"]
            return ROSTERS[plan.kind](plan, now=now, team=team, name=name, advice=ADVICE, sends=sends, remember=remember)
        create, source = options["create_teams"], options["source"]
        return Importer(
            plan,
            now=now,
            team=team,
            create_teams=create,
            source=source,
            name=name,
            advice=ADVICE,
            remember=remember,
        )

    def _plan(self, kind: str, file: Path, options: dict[str, Any]) -> Plan:
        """The plan from --plan or --mapping, else a guess. Other options override its parts."""
        chosen: dict[str, Any] = {}
        if options["timezone"]:
            chosen["zone"] = self._zone(options["timezone"]).key
        if options["day_first"] is not None:
            chosen["day_first"] = options["day_first"]
        if options["all_types"]:
            chosen["all_types"] = True
        if options["plan"]:
            plan = self._plan_in(options["plan"])
            if plan.kind != kind:
                raise CommandError(f"The plan {options['plan']} reads {plan.kind}, not {kind}.")
        elif options["mapping"]:
            plan = self._mapping(kind, options["mapping"])
        else:
            plan = self._guessed(kind, file)
        if lacks_source(plan):
            chosen["source"] = list_name(file.name)
        return replace(plan, **chosen)

    def _plan_in(self, path: Path) -> Plan:
        try:
            return Plan.from_yaml(path.read_text(encoding="utf-8"))
        except (BadPlan, UnicodeError) as problem:
            raise CommandError(f"{path}: {problem}") from None
        except OSError as problem:
            raise self._unreadable(path, problem) from None

    def _guessed(self, kind: str, file: Path) -> Plan:
        with file.open("rb") as raw:
            table = open_table(raw, name=file.name)
            found = guess(
                Survey.of(table.header, (cells for line, cells in table.records() if line not in table.faults)),
                kind=kind,
                zone=settings.ORGANISATION_TIME_ZONE,
                own=own_words(Team.objects.filter(archived_at=None)),
            )
        self.stderr.write("\n".join(filter(None, [found.why, found.order_why, *found.notes])))
        for name, words in found.unmapped.items():
            if name != "team":
                said = ", ".join(f"“{word.word[:40]}” ({word.count:,})" for word in words[:20])
                self.stderr.write(f"Not mapped yet: {name.replace('_', ' ')} {said}.")
        return found.plan

    def _mapping(self, kind: str, name: str) -> Plan:
        """The plan of a saved mapping, one for everyone first, or of a tool."""
        saved = list(SavedMapping.objects.filter(name=name).order_by(F("owner").asc(nulls_first=True)))
        if saved and saved[0].owner_id and len(saved) > 1:
            raise CommandError(f"Several people have a mapping “{name}”. Share one of them, or use --plan.")
        if saved:
            if saved[0].as_plan.kind != kind:
                raise CommandError(f"The mapping {name} reads {saved[0].as_plan.kind}, not {kind}.")
            return saved[0].as_plan
        if f"{kind}/{name}" not in PRESETS:
            fitting = ", ".join(preset.name for preset in PRESETS.values() if preset.kind == kind)
            raise CommandError(f"The mapping {name} does not read {kind}. These do: {fitting}.")
        return Plan(kind, name, zone=settings.ORGANISATION_TIME_ZONE)

    def _zone(self, name: str) -> ZoneInfo:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise CommandError(f"There is no time zone “{name}”. Write it like Europe/Berlin.") from None

    def _team(self, slug: str | None, *, create: bool, dry_run: bool) -> Team | None:
        if slug is None:
            return None
        team = Team.objects.filter(slug=slug).first()
        if team is not None and team.archived_at:
            raise CommandError(f"The team “{slug}” is archived.")
        if team is None and not create:
            raise CommandError(f"There is no team with the slug “{slug}”. Create it first, or use --create-teams.")
        if team is None:
            name = slug.replace("-", " ").title()[:80]
            team = Team(slug=slug, name=name, key=Team.objects.free_key(name))
            try:
                team.full_clean(exclude=["parent"])
            except ValidationError as problem:
                raise CommandError(f"“{slug}” can't be a team's slug: {' '.join(problem.messages)}") from None
            if not dry_run:
                team.save()
        return team

    def _refuse_big(self, file: Path) -> None:
        try:
            size = file.stat().st_size
        except OSError as problem:
            raise self._unreadable(file, problem) from None
        if size > settings.IMPORT_MAX_BYTES_BY_COMMAND:
            limit = settings.IMPORT_MAX_BYTES_BY_COMMAND // 2**20
            raise CommandError(f"The file is larger than {limit:,} MB. Nothing was imported.")

    def _unreadable(self, file: Path, problem: OSError) -> CommandError:
        match problem:
            case FileNotFoundError() | NotADirectoryError():
                said = f"There is no file {file}."
            case IsADirectoryError():
                said = f"{file} is a folder, not a file."
            case PermissionError():
                said = f"No permission to read the file {file}."
            case _:
                said = f"The file {file} could not be read: {problem.strerror}."
        return CommandError(f"{said} Nothing was imported.", returncode=1)

    def _print(self, outcome: Outcome, heading: str) -> None:
        write = self.stdout.write
        write(heading)
        write(
            f"created {outcome.created}, updated {outcome.updated}, unchanged {outcome.unchanged},"
            f" skipped {outcome.left_out}, errors {outcome.failed} (rows {outcome.rows})"
        )
        for reason, number in outcome.skipped.most_common():
            write(f"  skipped {number}: {reason}")
        if outcome.stage_unknown:
            write(f"  stage unknown {outcome.stage_unknown}: imported, but not counted in the escaped defect rate")
        for note, number in outcome.notes.most_common(20):
            write(f"  note {number}: {note}")
        for name in outcome.new_teams:
            write(f"  new team: {name}")
        faults = sorted(outcome.faults.values(), key=lambda fault: fault.lines[0])
        for fault in faults[:SHOWN_ERRORS]:
            where = f"line {fault.lines[0]}" if fault.rows == 1 else f"{fault.rows:,} rows, first line {fault.lines[0]}"
            self.stderr.write(f"{where}{', ' + fault.column if fault.column else ''}: {fault.sentence}")
        if len(faults) > SHOWN_ERRORS:
            self.stderr.write(f"(only the first {SHOWN_ERRORS} kinds of errors are shown)")
