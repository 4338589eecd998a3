"""The write side of imports: rows of a file become records, in batches, inside one transaction.

A file with a wrong row changes nothing, unless the person chose to import the good rows. Rows are matched by
(source, external_id); a row that says nothing new is not touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, BinaryIO

from django.db import connection, models, transaction
from django.utils import timezone

from defects.models import Defect
from incidents.models import Incident
from integrations.matching.plan import Plan
from integrations.matching.reader import Reader
from integrations.matching.row import Row
from integrations.matching.words import plain
from integrations.reading import AS_FOUND, BadCell, Shape, Table, UnreadableFile, open_table
from pipeline.models import Stage
from qmportal.lib.acting import acting
from qmportal.lib.cells import bare
from qmportal.lib.days import local_day
from qmportal.lib.text import clean_line, clean_text, folded
from records import intake
from records.models import Record, Severity
from records.rules import FILED_HERE
from teams.models import ReferencesBeside, Team

MODELS: dict[str, type[Record]] = {"defects": Defect, "incidents": Incident}
BATCH = 1000
# Sentences that are kept with the result, and those of them that are shown at once.
KEPT_ERRORS = 5000
SHOWN_ERRORS = 200
SHOWN_ROWS = 10
SHOWN_COLUMNS = 50

Report = Callable[[int, int], None]
# A record that was written, and the earlier values of its changed columns as JSON; None for a new one.
Written = tuple[Any, dict[str, Any] | None]


class Refused(Exception):
    """The file has invalid rows and was meant to be imported as a whole. Carries the findings."""

    def __init__(self, outcome: Outcome):
        rows = "1 row has an error" if outcome.failed == 1 else f"{outcome.failed:,} rows have errors"
        first = outcome.errors[0]
        super().__init__(f"Nothing was imported: {rows}. Line {first[0]}, {first[1] or 'row'}: {first[2]}")
        self.outcome = outcome


class Busy(Exception):
    """Another import or a person is changing the same records. Try again later."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a missing team: said by the page in other words than by the command."""

    no_column: str = "Choose the team that all rows belong to."
    unknown: str = "Make it first, or let the import make missing teams."


@dataclass
class Outcome:
    """What an import did, or would do in a dry run."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    stage_unknown: int = 0
    new_teams: list[str] = field(default_factory=list)
    # (line, column, sentence), the first ones
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    failed_lines: list[int] = field(default_factory=list)
    # (column, sentence) -> (how many rows, the first line)
    faults: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    # (column of the file, our field): the used ones, and the first of the others
    columns: list[tuple[str, str]] = field(default_factory=list)
    more_columns: int = 0
    preview: list[dict[str, Any]] = field(default_factory=list)
    # How the file was opened, and what was passed over in it.
    shape: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    # Of the records that came or changed: measures are old news from then on.
    earliest: date | None = None

    @property
    def left_out(self) -> int:
        return self.skipped.total()

    def fail(self, row: Row, titles: Callable[[str], str]) -> None:
        self.failed += 1
        self.failed_lines.append(row.line)
        for name, sentence in row.problems.items():
            column = titles(name) if name else ""
            if len(self.errors) < KEPT_ERRORS:
                self.errors.append((row.line, column, sentence))
            rows, first = self.faults.get((column, sentence), (0, row.line))
            if rows or len(self.faults) < KEPT_ERRORS:
                self.faults[column, sentence] = rows + 1, min(first, row.line)

    def name_columns(self, matched: list[tuple[str, str]]) -> None:
        unused = [pair for pair in matched if not pair[1]]
        self.columns = [*(pair for pair in matched if pair[1]), *unused[:SHOWN_COLUMNS]]
        self.more_columns = len(unused[SHOWN_COLUMNS:])

    def touch(self, moment: datetime) -> None:
        self.earliest = min(filter(None, (self.earliest, local_day(moment))))

    def as_json(self) -> dict[str, Any]:
        earliest = self.earliest.isoformat() if self.earliest else None
        kept = {name: value for name, value in self.__dict__.items() if name != "faults"}
        return kept | {"left_out": self.left_out, "earliest": earliest}


def moment_of(record: Any) -> datetime:
    """The time by which measures place a record."""
    moment: datetime = record.found_at if isinstance(record, Defect) else record.began_at
    return moment


def says_nothing_new(stored: Any, value: Any) -> bool:
    """Also a guard that a spreadsheet ate or doubled, or other line ends."""
    return stored == value or (
        isinstance(stored, str) and isinstance(value, str) and bare(clean_text(stored)) == bare(value)
    )


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


# Files come from the past and from other tools: they have times of their own, and may not know a stage.
IMPORT = intake.Door(stamps=False, takes_unknown=True, is_same=says_nothing_new)


def be_alone(kind: str) -> None:
    """Until the transaction ends; two files with the same ids would else collide in the middle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"import.{kind}"])
        if not cursor.fetchone()[0]:
            raise Busy(f"Another import of {kind} is running. Try again when it is done.")


def write_over(records: list[Any], names: Iterable[str]) -> None:
    """One statement a batch: an insert that meets the same id becomes an update, far faster than CASE by field."""
    for record in records:
        record.version += 1
    if records:
        rows: Any = type(records[0])._base_manager
        rows.bulk_create(
            records,
            update_conflicts=True,
            unique_fields=["pk"],
            update_fields=sorted({*names, "version", "updated_at"}),
        )


class Importer:
    """One file on its way in: made for one pass over it, `check` or `write`.

    `team`: takes all rows, whatever the file says. Ids of teams, None for all of them: `allowed`, whose records may be
    written; `visible`, whose records the person may see. Any other record is as if it were not there.
    `shape` and `name`: of the file.
    `remember`: told of each batch that was written, in the same transaction.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        now: datetime,
        team: Team | None = None,
        allowed: frozenset[int] | None = None,
        visible: frozenset[int] | None = None,
        create_teams: bool = False,
        source: str = "",
        shape: Shape = AS_FOUND,
        name: str = "",
        advice: Advice = Advice(),
        remember: Callable[[list[Written]], None] | None = None,
    ):
        self.remember = remember
        self.plan = plan
        self.preset = plan.preset
        self.now = now
        self.source = source
        self.shape, self.name = shape, name
        self.visible = visible
        self.model = MODELS[plan.kind]
        self.teams = TeamFinder(team, allowed, create_teams, advice)
        self.lookups = Lookups()
        self.looked_up = self.lookups.named_in(self.model)

    def check(self, raw: BinaryIO, report: Report | None = None) -> Outcome:
        """A dry run: reads and judges every row, writes nothing."""
        return self._go_through(raw, write=False, skip_errors=True, report=report)

    def write(self, raw: BinaryIO, *, skip_errors: bool = False, report: Report | None = None) -> Outcome:
        """Imports all rows, or raises `Refused` or `UnreadableFile` and changes nothing. One import of a kind at a time.

        It may take a minute, so it holds nothing that people need meanwhile: references come from beside, and of the
        records and teams that exist only those are locked that the file changes.
        """
        with acting("import"), ReferencesBeside() as self.references, transaction.atomic():
            be_alone(self.plan.kind)
            outcome = self._go_through(raw, write=True, skip_errors=skip_errors, report=report)
            if outcome.failed and not skip_errors:
                raise Refused(outcome)
            return outcome

    def _go_through(self, raw: BinaryIO, *, write: bool, skip_errors: bool, report: Report | None) -> Outcome:
        table = open_table(raw, self.shape, self.name)
        try:
            reader = Reader(self.plan, table.header)
            self.teams.refuse_hopeless("team" in reader.mapped)
            self.outcome = Outcome(shape=asdict(table.shape))
            self.outcome.name_columns(reader.matched)
            self.titles, self.seen = reader.title, dict[tuple[str, str], int]()
            for rows in batched(self._rows(table, reader), BATCH):
                self._take(rows, write=write and (skip_errors or not self.outcome.failed))
                if report:
                    report(table.done, table.total)
            self.outcome.remarks = table.notes
        finally:
            table.close()
        if not self.outcome.rows:
            raise UnreadableFile("The file has a header and no rows.")
        self.outcome.new_teams = self.teams.new
        self.outcome.errors.sort(key=lambda error: error[0])
        self.outcome.failed_lines.sort()
        return self.outcome

    def _rows(self, table: Table, reader: Reader) -> Iterator[Row]:
        for line, record in table.records():
            if line in table.faults:
                yield Row(line, problems={"": table.faults[line]})
            else:
                yield reader.read(line, record)

    def _take(self, rows: list[Row], *, write: bool) -> None:
        """Judges one batch of rows against the records that exist, then writes it."""
        self.outcome.rows += len(rows)
        named = [(row, key) for row in rows if (key := self._identity(row))]
        existing = self._existing([key for _, key in named])
        created, updated, touched = [], [], set[str]()
        self.before: dict[int, dict[str, Any]] = {}
        for row, key in named:
            record = self._one_of(existing.get(key, []), row)
            changed = self._apply(row, key, record, write)
            if row.problems:
                self.outcome.fail(row, self.titles)
            elif row.skipped:
                self.outcome.skipped[row.skipped] += 1
            elif changed is not None and record is None:
                created.append(changed)
            elif changed is not None:
                updated.append(changed)
                touched |= row.values.keys()
        self.outcome.created += len(created)
        self.outcome.updated += len(updated)
        for record in (*created, *updated):
            self.outcome.touch(moment_of(record))
        if write:
            self._create(created)
            self._lock(updated)
            write_over(updated, touched)
            if self.remember:
                self.remember([(record, self.before.get(record.pk)) for record in (*created, *updated)])

    def _identity(self, row: Row) -> tuple[str, str] | None:
        """(source, external id), or for what was filed here its reference; None for a row that is out already."""
        if not row.skipped and not row.problems:
            said, external_id, reference = (
                clean_line(str(row.values.pop(name, ""))) for name in ("source", "external_id", "reference")
            )
            source = self.source or said or self.preset.name
            filed_here = bool(reference) and (said == FILED_HERE or not external_id)
            key = source, external_id = (FILED_HERE, reference.upper()) if filed_here else (source, external_id)
            if not external_id:
                row.problems["external_id"] = "The row has no id."
            elif len(source) > 40 or len(external_id) > 120:
                row.problems["external_id"] = "The source has at most 40 characters, the id at most 120."
            elif source == FILED_HERE and not filed_here:
                row.problems["source"] = f"The source “{FILED_HERE}” belongs to records that people file here."
            elif key in self.seen:
                row.problems["external_id"] = f"The id “{external_id}” is in line {self.seen[key]} already."
            else:
                self.seen[key] = row.line
                return key
        if row.problems:
            self.outcome.fail(row, self.titles)
        else:
            self.outcome.skipped[row.skipped] += 1
        return None

    def _existing(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], list[Record]]:
        found: dict[tuple[str, str], list[Record]] = {}
        visible = {} if self.visible is None else {"team__in": self.visible}
        for source in {source for source, _ in keys}:
            ids = [external_id for each, external_id in keys if each == source]
            by_id = {"source": source, "external_id__in": ids}
            if source == FILED_HERE:
                by_id = {"source__in": ("", FILED_HERE), "reference__in": ids}
            for row in self.model._base_manager.filter(**by_id, **visible).order_by("pk"):
                key = row.reference if source == FILED_HERE else row.external_id
                found.setdefault((source, key), []).append(row)
        return found

    def _one_of(self, records: list[Any], row: Row) -> Any:
        """Several teams may have a record of the same id: that of the row's team is meant. Else it is one that moves."""
        if len(records) < 2:
            return records[0] if records else None
        teams = [team.pk for team in self.teams.called(str(row.values.get("team", "")))]
        return next((record for record in records if record.team_id in teams), None)

    def _apply(self, row: Row, key: tuple[str, str], record: Record | None, write: bool) -> Record | None:
        """The new or changed record, or None when nothing changes. Problems go to `row.problems`."""
        if record is not None and self._is_left_alone(row, record):
            return None
        new = record is None
        if new and key[0] == FILED_HERE:
            row.problems["reference"] = f"Nobody filed “{key[1][:40]}” here. A record from elsewhere needs its external_id."
            return None
        if new:
            row.values = row.defaults | row.values
        values = self._with_rows(row, write)
        if record and self.preset.says_also.get(str(values.get("status"))) == record.status:
            del values["status"]
        record = record or self.model(source=key[0], external_id=key[1])
        self.lookups.attach(record)
        before, moment = dict(record.__dict__), None if new else moment_of(record)
        door = replace(IMPORT, shortened=row.notes.append)
        row.problems = intake.apply(record, values, by=None, at=self.now, door=door) | row.problems
        if row.problems:
            return None
        row.values = changed = intake.changes(record, before)
        if moment and changed:
            self.outcome.touch(moment)
            self.before[record.pk] = {name: as_json(value) for name, value in changed.items()}
        self.outcome.unchanged += not changed and not new
        self.outcome.notes.update(row.notes)
        self.outcome.stage_unknown += isinstance(record, Defect) and record.stage_found_id is None
        self._preview(row, record, "create" if new else "update" if changed else "unchanged")
        return record if new or changed else None

    def _is_left_alone(self, row: Row, record: Any) -> bool:
        """What people decided here about the whole record stands; another team's record is out of reach."""
        if not self.teams.may_touch(record.team_id):
            row.problems["external_id"] = "A record with this id belongs to a team that you may not import into."
        elif record.deleted_at:
            row.skipped = "deleted here"
        elif record.duplicate_of_id:
            row.skipped = "marked here as a duplicate of another record"
        return bool(row.problems or row.skipped)

    def _with_rows(self, row: Row, write: bool) -> dict[str, Any]:
        """The values of the row, with teams, severities and stages in place of their names."""
        values: dict[str, Any] = {}
        try:
            values["team"] = self.teams.find(str(row.values.pop("team", "")), write)
        except BadCell as problem:
            row.problems["team"] = str(problem)
        for name, value in row.values.items():
            found = self._look_up(row, name, str(value)) if name in self.looked_up else value
            if found is not None or name not in self.looked_up:
                values[name] = found
        return values

    def _look_up(self, row: Row, name: str, text: str) -> Any:
        known = self.lookups.severities if name == "severity" else self.lookups.stages
        found = known.get(plain(text))
        if found is None and (name == "severity" or self.preset.exact):
            names = ", ".join(dict.fromkeys(getattr(each, "key", None) or each.slug for each in known.values()))
            row.problems[name] = f"“{text[:40]}” is not known here. Known: {names}."
        return found

    def _preview(self, row: Row, record: Any, action: str) -> None:
        if len(self.outcome.preview) < SHOWN_ROWS:
            moment = record.found_at if isinstance(record, Defect) else record.detected_at
            stage = str(record.stage_found or "Stage unknown") if isinstance(record, Defect) else ""
            self.outcome.preview.append(
                {
                    "line": row.line,
                    "action": action,
                    "changed": ", ".join(name.replace("_", " ") for name in row.values) if action == "update" else "",
                    "title": record.title,
                    "team": str(record.team),
                    "severity": record.severity.key if record.severity else "",
                    "severity_name": str(record.severity or ""),
                    "status": record.get_status_display(),
                    "stage": stage,
                    "when": f"{timezone.localtime(moment):%-d %b %Y, %H:%M %Z}",
                }
            )

    def _create(self, records: list[Any]) -> None:
        """New records with their teams' next references; everything else of them is in the rows."""
        by_team: dict[Team, list[Any]] = {}
        for record in records:
            by_team.setdefault(record.team, []).append(record)
        for team in sorted(by_team, key=lambda each: each.pk):
            references = self.references.take(team, self.model.REFERENCE_KIND, len(by_team[team]))
            for record, reference in zip(by_team[team], references, strict=True):
                record.reference = reference
        self.model._base_manager.bulk_create(records)

    def _lock(self, records: list[Any]) -> None:
        """Locks these records against other saves. A change saved since they were read is not overwritten."""
        read = {record.pk: record.version for record in records}
        rows = self.model._base_manager.filter(pk__in=read).order_by("pk").select_for_update()
        if read and dict(rows.values_list("pk", "version")) != read:
            raise Busy("Somebody changed one of these records while the file was read. Import it again.")


class Lookups:
    """Severities and stages by their names, and by id for records that come from the database."""

    def __init__(self) -> None:
        self._by_id: dict[type[models.Model], dict[int, Any]] = {
            Severity: {each.pk: each for each in Severity.objects.all()},
            Stage: {each.pk: each for each in Stage.objects.all()},
        }
        self.severities = {plain(text): each for each in self._by_id[Severity].values() for text in (each.name, each.key)}
        self.stages = {plain(text): each for each in self._by_id[Stage].values() for text in (each.name, each.slug)}

    def named_in(self, model: type[Record]) -> set[str]:
        """The columns of a model that point to a severity or a stage."""
        return {each.name for each in model._meta.concrete_fields if each.related_model in self._by_id}

    def attach(self, record: Record) -> None:
        """Gives the record its severity and stages, so that judging it asks the database nothing."""
        pointing = (each for each in record._meta.concrete_fields if isinstance(each, models.ForeignKey))
        for column in pointing:
            if column.related_model in self._by_id and (pk := getattr(record, column.attname)) is not None:
                column.set_cached_value(record, self._by_id[column.related_model].get(pk))


class TeamFinder:
    """The team that a cell names by its slug, key or name, without regard to case."""

    def __init__(self, only: Team | None, allowed: frozenset[int] | None, create: bool, advice: Advice):
        self.advice = advice
        self.only = only
        self.allowed = allowed
        self.create = create
        self.new: list[str] = []
        self._known: dict[str, list[Team]] = {}
        for team in Team.objects.all():
            for text in {folded(name) for name in (team.slug, team.key, team.name)}:
                self._known.setdefault(text, []).append(team)

    def may_touch(self, team_id: int) -> bool:
        return self.allowed is None or team_id in self.allowed

    def refuse_hopeless(self, named_in_rows: bool) -> None:
        if self.only is not None and not self.may_touch(self.only.pk):
            raise UnreadableFile(f"You may not import into the team {self.only}.")
        if self.only is None and not named_in_rows:
            raise UnreadableFile(f"The file has no column for the team. {self.advice.no_column}")

    def called(self, text: str) -> list[Team]:
        if self.only is not None:
            return [self.only]
        return [team for team in self._known.get(folded(clean_line(text)), []) if self.may_touch(team.pk)]

    def find(self, text: str, write: bool) -> Team:
        if self.only is not None:
            return self.only
        name = clean_line(text)
        if not name:
            raise BadCell("The row names no team.")
        teams = self.called(name)
        if len(teams) > 1:
            exact = [team for team in teams if team.slug == name or team.key == name]
            if len(exact) != 1:
                raise BadCell(f"Several teams are called “{name}”: write the slug of the one that is meant.")
            teams = exact
        if not teams:
            return self._make(name, write)
        if teams[0].archived_at:
            raise BadCell(f"The team “{name}” is archived.")
        return teams[0]

    def _make(self, name: str, write: bool) -> Team:
        if self.allowed is not None:
            raise BadCell(f"There is no team “{name[:80]}” that you may import into.")
        if not self.create:
            raise BadCell(f"There is no team “{name[:80]}”. {self.advice.unknown}")
        if len(name) > 80:
            raise BadCell("The name of a team has at most 80 characters.")
        team = Team(name=name)
        if write:  # without a lock on the tree: people can make teams meanwhile, and a name is rarely given twice at once
            team.slug, team.key = Team.objects.free_slug(name), Team.objects.free_key(name)
            team.save()
        self.new.append(name)
        self._known[folded(name)] = [team]
        return team


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch
