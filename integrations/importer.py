"""The write side of imports: rows of a file become records, in batches, inside one transaction.

A file with a wrong row changes nothing, unless the person chose to import the good rows. Rows are matched by
(source, external_id); a row that says nothing new is not touched.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from operator import itemgetter
from typing import Any, BinaryIO, NamedTuple, Protocol

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from defects.models import Defect
from incidents.models import Incident
from integrations.linking import NOT_FOUND, Link, Linker
from integrations.lookups import Advice, Lookups, TeamFinder
from integrations.matching.findings import Findings
from integrations.matching.plan import Plan
from integrations.matching.preset import SPREADSHEET
from integrations.matching.reader import Reader
from integrations.matching.row import Row
from integrations.reading import AS_FOUND, BadCell, Shape, Table, UnreadableFile, open_table
from integrations.seen import Seen
from qmportal.lib.acting import acting
from qmportal.lib.cells import bare
from qmportal.lib.copying import Change, Copy, Moved, Writer, names_of, next_ids, stored_columns
from qmportal.lib.days import local_day
from qmportal.lib.text import clean_line, clean_text
from qmportal.lib.wording import minute
from records import intake
from records.models import AnyOf, Record
from records.rules import FILED_HERE
from teams.models import ReferencesBeside, Team

MODELS: dict[str, type[Record]] = {"defects": Defect, "incidents": Incident}
BATCH = 2000
# Sentences that are kept with the result, and those of them that are shown at once.
KEPT_ERRORS = 5000
SHOWN_ERRORS = 200
SHOWN_ROWS = 10
SHOWN_COLUMNS = 50
# Lines whose rows the file of failed rows holds; kinds of errors and of remarks, teams and lines that are named.
KEPT_LINES = 100_000
KEPT_KINDS = 500
SHOWN_LINES = 5
# What differs between two errors of a kind: the text of a cell, and numbers.
PARTICULAR = re.compile(r"“[^”]*”|\d[\d,]*")

Report = Callable[[int, int], None]


class Written(NamedTuple):
    """A record that was written, its version since, and the earlier values of its changed columns; None for a new one."""

    record: int
    version: int
    before: dict[str, Any] | None


class Notebook(Protocol):
    """Keeps what an import does."""

    def page(self, written: list[Written]) -> Copy:
        """What is to be stored beside a batch of records."""

    def add(self, written: list[Written]) -> None:
        """These were written again by the same import, or for the first time."""


class Refused(Exception):
    """The file has invalid rows and was meant to be imported as a whole. Carries the findings."""

    def __init__(self, outcome: Outcome):
        rows = "1 row has an error" if outcome.failed == 1 else f"{outcome.failed:,} rows have errors"
        first = outcome.errors[0]
        super().__init__(f"Nothing was imported: {rows}. Line {first[0]}, {first[1] or 'row'}: {first[2]}")
        self.outcome = outcome


class Busy(Exception):
    """Another import or a person is changing the same records. Try again later."""


@dataclass
class Fault:
    """Errors of one kind: what is wrong in the first of these rows, and the first lines."""

    column: str
    sentence: str
    rows: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass
class Outcome:
    """What an import did, or would do in a dry run."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    # Duplicates that were linked to their originals, among all of these.
    linked: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    # How many updated records changed in each field.
    changed: Counter[str] = field(default_factory=Counter)
    stage_unknown: int = 0
    new_teams: list[str] = field(default_factory=list)
    # (line, column, sentence), the first ones
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    # the first ones, too
    failed_lines: array[int] = field(default_factory=lambda: array("L"))
    # By column and sentence without what is particular in it.
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    # (column of the file, our field): the used ones, and the first of the others
    columns: list[tuple[str, str]] = field(default_factory=list)
    more_columns: int = 0
    preview: list[dict[str, Any]] = field(default_factory=list)
    # How the file was opened, and what was passed over in it.
    shape: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    # The teams of the records that came or changed, before and after.
    teams: set[int] = field(default_factory=set)
    # Of these records: measures are old news from then on.
    earliest: datetime | None = None

    @property
    def left_out(self) -> int:
        return self.skipped.total()

    def fail(self, row: Row, titles: Callable[[str], str]) -> None:
        self.failed += 1
        if len(self.failed_lines) < KEPT_LINES:
            self.failed_lines.append(row.line)
        for name, sentence in row.problems.items():
            column = titles(name) if name else ""
            if len(self.errors) < KEPT_ERRORS:
                self.errors.append((row.line, column, sentence))
            kind = column, PARTICULAR.sub("…", sentence)
            if kind not in self.faults and len(self.faults) >= KEPT_KINDS:
                continue
            fault = self.faults.setdefault(kind, Fault(column, sentence))
            fault.rows += 1
            if len(fault.lines) < SHOWN_LINES:
                fault.lines.append(row.line)

    def skip(self, row: Row) -> None:
        count(self.skipped, row.skipped)

    def note(self, notes: Iterable[str]) -> None:
        for each in notes:
            count(self.notes, each)

    def name_columns(self, matched: list[tuple[str, str]]) -> None:
        """Those that repeat, such as comments, once with their number."""
        unused = Counter(title for title, name in matched if not name)
        titles = [f"{title} ({number:,})" if number > 1 else title for title, number in unused.items()]
        self.columns = [*(pair for pair in matched if pair[1]), *((title, "") for title in titles[:SHOWN_COLUMNS])]
        self.more_columns = len(titles[SHOWN_COLUMNS:])

    def touch(self, moment: datetime) -> None:
        if self.earliest is None or moment < self.earliest:
            self.earliest = moment

    @property
    def earliest_day(self) -> date | None:
        return local_day(self.earliest) if self.earliest else None

    def as_json(self) -> dict[str, Any]:
        earliest = day.isoformat() if (day := self.earliest_day) else None
        faults = sorted(self.faults.values(), key=lambda fault: -fault.rows)
        return {
            **self.__dict__,
            "failed_lines": self.failed_lines.tolist(),
            "faults": [asdict(fault) for fault in faults],
            "teams": sorted(pk for pk in self.teams if pk),
            "left_out": self.left_out,
            "earliest": earliest,
        }


def count(counter: Counter[str], words: str, number: int = 1) -> None:
    """Sentences that quote the file could be as many as its rows: beyond a number of them, all others are one."""
    if number:
        counter[words if words in counter or len(counter) < KEPT_KINDS else "other reasons"] += number


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


class Importer:
    """One file on its way in: made for one pass over it, `check` or `write`.

    `team`: takes all rows, whatever the file says. Ids of teams, None for all of them: `allowed`, whose records may be
    written; `visible`, whose records the person may see. Any other record is as if it were not there.
    `shape` and `name`: of the file.
    `remember`: notes what is written, in the same transaction.
    """

    # Writes what was judged; None in a dry run, and once a file is refused.
    writer: Writer | None = None

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
        advice: Advice | None = None,
        remember: Notebook | None = None,
    ):
        self.remember = remember
        self.plan = plan
        self.preset = plan.preset
        self.now = now
        self.source = source
        # Spreadsheets of two teams may number their rows alike.
        self.unnamed_source = self.preset.name
        if team is not None and self.preset.name == SPREADSHEET:
            self.unnamed_source = f"{SPREADSHEET}-{team.slug}"[:40]
        self.shape, self.name = shape, name
        self.visible = visible
        self.model = MODELS[plan.kind]
        self.teams = TeamFinder(team, allowed, create_teams, advice or Advice())
        self.lookups = Lookups(self.model)
        self.door = replace(IMPORT, shortened=self._note)
        self.sources: dict[str, bool] = {}
        self.columns = stored_columns(self.model)
        self.values_of = itemgetter(*(column.attname for column in self.columns))

    def check(self, raw: BinaryIO, report: Report | None = None) -> Outcome:
        """A dry run: reads and judges every row, writes nothing."""
        return self._go_through(raw, None, skip_errors=True, report=report)

    def write(self, raw: BinaryIO, *, skip_errors: bool = False, report: Report | None = None) -> Outcome:
        """Imports all rows, or raises `Refused` or `UnreadableFile` and changes nothing. One import of a kind at a time.

        It may take a minute, so it holds nothing that people need meanwhile: references come from beside, and of the
        records and teams that exist only those are locked that the file changes.
        """
        with acting("import"), ReferencesBeside() as self.references, transaction.atomic():
            be_alone(self.plan.kind)
            check_references_at_once()
            with Writer() as writer:
                outcome = self._go_through(raw, writer, skip_errors=skip_errors, report=report)
            if outcome.failed and not skip_errors:
                raise Refused(outcome)
            return outcome

    def _go_through(self, raw: BinaryIO, writer: Writer | None, *, skip_errors: bool, report: Report | None) -> Outcome:
        self.writer = writer
        table = open_table(raw, self.shape, self.name)
        try:
            reader = Reader(self.plan, table.header)
            self.teams.refuse_hopeless("team" in reader.mapped)
            self.outcome = Outcome(shape=asdict(table.shape))
            self.outcome.name_columns(reader.matched)
            self.titles, self.seen, self.linker = reader.title, Seen(), Linker(self.model, self.visible)
            for rows in batched(self._rows(table, reader), BATCH):
                if self.outcome.failed and not skip_errors:
                    self.writer = None
                self._take(rows)
                if report:
                    report(table.done, table.total)
            self.outcome.remarks = [*table.notes, *reader.remarks, *self.findings.sentences()]
            self._link()
        finally:
            table.close()
        if not self.outcome.rows:
            raise UnreadableFile("The file has a header and no rows.")
        self.outcome.new_teams = self.teams.new
        self.outcome.errors.sort(key=lambda error: error[0])
        return self.outcome

    def _rows(self, table: Table, reader: Reader) -> Iterator[Row]:
        self.findings = Findings(self.plan.kind, reader.zone)
        for row in reader.rows(table.records(), table.faults):
            if not row.problems and not row.skipped:
                self.findings.add(row)
            yield row

    def _take(self, rows: list[Row]) -> None:
        """Judges one batch of rows against the records that exist, then has it written."""
        self.outcome.rows += len(rows)
        named = [(row, key) for row in rows if (key := self._identity(row))]
        existing = self._existing([key for _, key in named])
        self.blank = intake.Blank(self.model)
        self.links: list[tuple[Any, str, str]] = []
        created: list[Any] = []
        updated: list[tuple[Any, dict[str, Any]]] = []
        for row, key in named:
            record = self._one_of(existing.get(key, []), row)
            changed = self._apply(row, key, record)
            if row.problems:
                self.outcome.fail(row, self.titles)
            elif row.skipped:
                self.outcome.skip(row)
            elif changed is not None and record is None:
                created.append(changed)
            elif changed is not None:
                updated.append((changed, row.values))
        self.outcome.created += len(created)
        self.outcome.updated += len(updated)
        if self.writer and (created or updated):
            self._write(self.writer, created, updated)
        if self.writer and self.links:
            self.writer.wait()
            self.linker.take([Link(record.pk, source, original) for record, source, original in self.links])

    def _identity(self, row: Row) -> tuple[str, str] | None:
        """(source, external id), or for what was filed here its reference; None for a row that is out already."""
        if not row.skipped and not row.problems:
            take = row.values.pop
            said, reference = clean_line(str(take("source", ""))), clean_line(str(take("reference", "")))
            external_id = clean_line(str(take("external_id", "")))
            source = self.source or said or self.unnamed_source
            filed_here = bool(reference) and (said == FILED_HERE or not external_id)
            key = source, external_id = (FILED_HERE, reference.upper()) if filed_here else (source, external_id)
            if not external_id:
                row.problems["external_id"] = "The row has no id."
            elif len(source) > 40 or len(external_id) > 120:
                row.problems["external_id"] = "The source has at most 40 characters, the id at most 120."
            elif source == FILED_HERE and not filed_here:
                row.problems["source"] = f"The source “{FILED_HERE}” belongs to records that people file here."
            elif first := self.seen.line_of(key, row.line):
                row.problems["external_id"] = f"The id “{external_id}” is in line {first} already."
            else:
                return key
        if row.problems:
            self.outcome.fail(row, self.titles)
        else:
            self.outcome.skip(row)
        return None

    def _existing(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], list[Record]]:
        found: dict[tuple[str, str], list[Record]] = {}
        visible = {} if self.visible is None else {"team__in": self.visible}
        by_source: dict[str, list[str]] = {}
        for source, external_id in keys:
            by_source.setdefault(source, []).append(external_id)
        for source, ids in by_source.items():
            if not self._is_known(source):
                continue
            if source == FILED_HERE:
                those = self.model._base_manager.filter(AnyOf("reference", ids), source__in=("", FILED_HERE))
            else:
                those = self.model._base_manager.filter(~Q(external_id=""), AnyOf("external_id", ids), source=source)
            for row in those.filter(**visible).order_by("pk"):
                key = row.reference if source == FILED_HERE else row.external_id
                found.setdefault((source, key), []).append(row)
        return found

    def _is_known(self, source: str) -> bool:
        """Whether there were records of this source when its first row came; most files bring the first ones."""
        if source not in self.sources:
            self._wait()
            self.sources[source] = source == FILED_HERE or bool(
                self.model._base_manager.filter(~Q(external_id=""), source=source).exists()
            )
        if self.sources[source]:
            self._wait()
        return self.sources[source]

    def _wait(self) -> None:
        """Before anything else uses the connection that the last batch is written through."""
        if self.writer:
            self.writer.wait()

    def _one_of(self, records: list[Any], row: Row) -> Any:
        """Several teams may have a record of the same id: that of the row's team is meant. Else it is one that moves."""
        if len(records) < 2:
            return records[0] if records else None
        teams = [team.pk for team in self.teams.called(str(row.values.get("team", "")))]
        return next((record for record in records if record.team_id in teams), None)

    def _apply(self, row: Row, key: tuple[str, str], record: Any) -> Any:
        """The new or changed record, or None when nothing changes. Problems go to `row.problems`."""
        if record is None:
            return self._make(row, key)
        if self._is_left_alone(row, record):
            return None
        values = self._with_rows(row)
        original = self._original(row, values) if record.duplicate_of_id is None else ""
        if self.preset.says_also.get(str(values.get("status"))) == record.status:
            del values["status"]
        self.lookups.attach(record)
        before, moment = dict(record.__dict__), moment_of(record)
        if not self._takes(row, record, values):
            return None
        self._expect(record, key, original)
        row.values = changed = intake.changes(record, before)
        if changed:
            self.outcome.touch(moment)
            self.outcome.touch(moment_of(record))
            self.outcome.teams |= {record.team_id, before["team_id"]}
            self.outcome.changed.update(changed.keys())
        self.outcome.unchanged += not changed
        self._note_what_came(row, record, "update" if changed else "unchanged")
        return record if changed else None

    def _make(self, row: Row, key: tuple[str, str]) -> Any:
        source, external_id = key
        if source == FILED_HERE:
            row.problems["reference"] = (
                f"Nobody filed “{external_id[:40]}” here. A record from elsewhere needs its external_id."
            )
            return None
        row.values = row.defaults | row.values
        values = self._with_rows(row)
        original = self._original(row, values)
        record = self.blank(source=source, external_id=external_id)
        if not self._takes(row, record, values):
            return None
        self._expect(record, key, original)
        self.outcome.touch(moment_of(record))
        self.outcome.teams.add(record.team_id)
        self._note_what_came(row, record, "create")
        return record

    def _names_original(self, row: Row) -> bool:
        """Only a record that is a duplicate names an original; other tools link a lot."""
        is_duplicate = "duplicate" in (row.values.get("status"), row.values.get("resolution"))
        return is_duplicate and bool(row.links.get("duplicate_of"))

    def _original(self, row: Row, values: dict[str, Any]) -> str:
        """The id of the record that this one duplicates, which may come later in the file."""
        if not self._names_original(row):
            return ""
        if self.model.WAITS_AS:
            values["status"] = str(self.model.WAITS_AS)
        return clean_line(row.links["duplicate_of"])

    def _expect(self, record: Any, key: tuple[str, str], original: str) -> None:
        if original and self.writer:
            self.links.append((record, key[0], original))
        elif original:
            self.linker.expect((key[0], original), self.seen)

    def _link(self) -> None:
        """Once all rows are in. A record that was there before counts as updated, unless its row has changed it anyway."""
        if self.writer is None:
            count(self.outcome.notes, NOT_FOUND, self.linker.missing(self.seen))
            return
        self.writer.wait()
        before = {"duplicate_of": None} | ({"status": str(self.model.WAITS_AS)} if self.model.WAITS_AS else {})
        linked = [Written(pk, version, before) for pk, version in self.linker.tie()]
        for note, number in self.linker.notes.items():
            count(self.outcome.notes, note, number)
        self.outcome.linked = len(linked)
        if linked and self.remember:
            self.remember.add(linked)

    def _takes(self, row: Row, record: Any, values: dict[str, Any]) -> bool:
        self.notes = row.notes
        row.problems = intake.apply(record, values, by=None, at=self.now, door=self.door) | row.problems
        return not row.problems

    def _note(self, note: str) -> None:
        self.notes.append(note)

    def _note_what_came(self, row: Row, record: Any, action: str) -> None:
        self.outcome.note(row.notes)
        self.outcome.stage_unknown += isinstance(record, Defect) and record.stage_found_id is None
        if len(self.outcome.preview) < SHOWN_ROWS:
            self._preview(row, record, action)

    def _is_left_alone(self, row: Row, record: Any) -> bool:
        """What people decided here about the whole record stands; another team's record is out of reach."""
        if not self.teams.may_touch(record.team_id):
            row.problems["external_id"] = "A record with this id belongs to a team that you may not import into."
        elif record.deleted_at:
            row.skipped = "deleted here"
        elif record.duplicate_of_id and not self._names_original(row):
            row.skipped = "marked here as a duplicate of another record"
        return bool(row.problems or row.skipped)

    def _with_rows(self, row: Row) -> dict[str, Any]:
        """The values of the row, with teams, severities and stages in place of their names."""
        values: dict[str, Any] = {}
        try:
            values["team"] = self.teams.find(str(row.values.pop("team", "")), self.writer)
        except BadCell as problem:
            row.problems["team"] = str(problem)
        for name, value in row.values.items():
            known = self.lookups.by_column.get(name)
            if known is None:
                values[name] = value
            elif found := known.find(str(value)):
                values[name] = found
            elif name == "severity" or self.preset.exact:
                row.problems[name] = f"“{str(value)[:40]}” is not known here. Known: {known.names}."
        return values

    def _preview(self, row: Row, record: Any, action: str) -> None:
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
                "when": minute(timezone.localtime(moment)),
            }
        )

    def _write(self, writer: Writer, created: list[Any], updated: list[tuple[Any, dict[str, Any]]]) -> None:
        """Hands a batch to the writer, as plain rows: it writes them while the next batch is read."""
        writes: list[Copy | Change] = []
        writer.wait()
        if created:
            self._number(created)
            rows = [self.values_of(record.__dict__) for record in created]
            writes.append(Copy(self.model, names_of(self.columns), rows))
        if updated:
            writes.append(
                change_of(self.model, [record for record, _ in updated], {name for _, old in updated for name in old})
            )
        if self.remember:
            news = [Written(record.pk, record.version, None) for record in created]
            writes.append(self.remember.page(news + [written_over(record, old) for record, old in updated]))
        writer.put(*writes)
        if updated:
            try:
                writer.wait()
            except Moved:
                raise Busy("Somebody changed one of these records while the file was read. Import it again.") from None

    def _number(self, records: list[Any]) -> None:
        """New records get their ids and their teams' next references; everything else of them is in the rows."""
        by_team: dict[int, list[Any]] = {}
        for record in records:
            by_team.setdefault(record.team_id, []).append(record)
        counts = {each[0].team: len(each) for each in by_team.values()}
        taken = self.references.take(self.model.REFERENCE_KIND, counts)
        for team, references in taken.items():
            for record, reference in zip(by_team[team.pk], references, strict=True):
                record.__dict__["reference"] = reference
        now = timezone.now()
        for record, pk in zip(records, next_ids(self.model, len(records)), strict=True):
            record.__dict__.update(id=pk, created_at=now, updated_at=now)


def change_of(model: type[Record], records: list[Any], names: set[str]) -> Change:
    """The records as they are now, of which these fields differ from what was read."""
    columns = [column for column in stored_columns(model) if column.name in names]
    values_of = itemgetter("id", "version", *(column.attname for column in columns))
    return Change(model, names_of(columns), [values_of(record.__dict__) for record in records])


def written_over(record: Any, before: dict[str, Any]) -> Written:
    return Written(record.pk, record.version + 1, {name: as_json(value) for name, value in before.items()})


def check_references_at_once() -> None:
    """Foreign keys are checked with each statement, while the next rows are read, and not all of them at the end."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch
