"""Imports the rows of a file as records, in batches, inside one transaction.

A file with an invalid row changes nothing, unless the person chose to import only the valid rows. Rows are matched with
records by (source, external_id). A record is written only if its row changes something.
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

from defects.models import FIXED_FOR_GOOD, Defect
from incidents.models.impact import DO_NOT_FIT, Spans, add_spans, fit, spans_of
from integrations.kinds import MODELS
from integrations.linking import NOT_FOUND, Link, Linker
from integrations.lookups import Advice, Lookups, People, TeamFinder
from integrations.matching.fields import FOUND
from integrations.matching.findings import Findings
from integrations.matching.plan import Plan
from integrations.matching.preset import SPREADSHEET
from integrations.matching.reader import Reader
from integrations.matching.row import Row
from integrations.reading import AS_FOUND, BadCell, Shape, Table, UnreadableFile, open_table
from integrations.seen import Seen
from integrations.shipping import MOST_CHANGES, TOO_MANY, UNLINKED, Shipping, names_in
from integrations.sources import source_of
from pipeline.models import Deployment
from qmportal.lib.acting import acting
from qmportal.lib.cells import bare
from qmportal.lib.copying import Change, Copy, Moved, Relink, Write, Writer, names_of, next_ids, stored_columns
from qmportal.lib.days import local_day
from qmportal.lib.queries import AnyOf
from qmportal.lib.text import clean_line, clean_text
from qmportal.lib.wording import minute
from records import intake
from records.models import Record
from records.rules import FILED_HERE
from records.timeline import PEOPLE, Entry
from teams.models import ReferencesBeside, Team

BATCH = 2000
BY_HAND = (*PEOPLE, "bulk")
# Errors stored with the result, and errors shown on its page.
KEPT_ERRORS = 5000
SHOWN_ERRORS = 200
SHOWN_ROWS = 10
SHOWN_COLUMNS = 50
# Limits: lines in the file of failed rows; kinds of errors and notes; line numbers shown for each kind of error.
KEPT_LINES = 100_000
KEPT_KINDS = 500
NO_KIND = 2**16 - 1
SHOWN_LINES = 5
# How many names of unknown people are counted, and how many the result shows.
KEPT_NAMES = 10_000
SHOWN_NAMES = 10
SHOWN_CHANGES = 3
NO_MEMBERS = "People who are not members of the team"
NO_CHANGES = "Changes that the team does not have"
# The parts that differ between errors of the same kind: quoted cell text and numbers.
PARTICULAR = re.compile(r"“[^”]*”|\d[\d,]*")

Report = Callable[[int, int], None]


class Written(NamedTuple):
    """A written record, its new version, and the earlier values of its changed columns (None for a new record)."""

    record: int
    version: int
    before: dict[str, Any] | None


class Notebook(Protocol):
    """Stores what an import did, for its undo."""

    def page(self, written: list[Written]) -> Copy:
        """The rows to store together with a batch of records."""

    def add(self, written: list[Written]) -> None:
        """Stores records that were written after their batch. The same import may have written them already."""


class Refused(Exception):
    """The file has invalid rows, and invalid rows were not to be skipped. `outcome` has the errors."""

    def __init__(self, outcome: Outcome):
        rows = "1 row has an error" if outcome.failed == 1 else f"{outcome.failed:,} rows have errors"
        first = outcome.errors[0]
        super().__init__(f"Nothing was imported: {rows}. Line {first[0]}, {first[1] or 'row'}: {first[2]}")
        self.outcome = outcome


class Busy(Exception):
    """Another import or a person is changing the same records. A later retry may work."""


@dataclass
class Fault:
    """Errors of one kind, numbered: the sentence for the first row, the number of rows, and the first line numbers."""

    column: str
    sentence: str
    number: int
    rows: int = 0
    lines: list[int] = field(default_factory=list)


@dataclass
class Outcome:
    """What an import did, or what a dry run would do."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    # Records linked to their originals. They are also counted above.
    linked: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    # How many updated records changed, by field.
    changed: Counter[str] = field(default_factory=Counter)
    stage_unknown: int = 0
    new_teams: list[str] = field(default_factory=list)
    # (line, column, sentence) of the first KEPT_ERRORS errors
    errors: list[tuple[int, str, str]] = field(default_factory=list)
    # the first KEPT_LINES lines with errors
    failed_lines: array[int] = field(default_factory=lambda: array("L"))
    # For each of these lines, the number of its first error's kind; NO_KIND beyond KEPT_KINDS.
    failed_kinds: array[int] = field(default_factory=lambda: array("H"))
    # By (column, sentence without its PARTICULAR parts).
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)
    # (column of the file, our field): all used columns, then the first unused ones
    columns: list[tuple[str, str]] = field(default_factory=list)
    more_columns: int = 0
    preview: list[dict[str, Any]] = field(default_factory=list)
    # How the file was opened, and what was left out or looks odd.
    shape: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    # The teams of created and updated records, before and after.
    teams: set[int] = field(default_factory=set)
    # The earliest time among these records. Snapshots from that day on are outdated.
    earliest: datetime | None = None
    latest: datetime | None = None

    @property
    def left_out(self) -> int:
        return self.skipped.total()

    def fail(self, row: Row, titles: Callable[[str], str]) -> None:
        self.failed += 1
        kinds = [self._note_fault(row, titles(name) if name else "", said) for name, said in row.problems.items()]
        if len(self.failed_lines) < KEPT_LINES:
            self.failed_lines.append(row.line)
            self.failed_kinds.append(min(kinds, default=NO_KIND))

    def _note_fault(self, row: Row, column: str, sentence: str) -> int:
        """Counts an error with its kind. Returns the kind's number."""
        if len(self.errors) < KEPT_ERRORS:
            self.errors.append((row.line, column, sentence))
        kind = column, PARTICULAR.sub("…", sentence)
        if kind not in self.faults and len(self.faults) >= KEPT_KINDS:
            return NO_KIND
        fault = self.faults.setdefault(kind, Fault(column, sentence, len(self.faults)))
        fault.rows += 1
        if len(fault.lines) < SHOWN_LINES:
            fault.lines.append(row.line)
        return fault.number

    def skip(self, row: Row) -> None:
        count(self.skipped, row.skipped)

    def note(self, notes: Iterable[str]) -> None:
        for each in notes:
            count(self.notes, each)

    def name_columns(self, matched: list[tuple[str, str]]) -> None:
        """Stores the columns. Unused columns with the same title, such as comments, are listed once with their count."""
        unused = Counter(title for title, name in matched if not name)
        titles = [f"{title} ({number:,})" if number > 1 else title for title, number in unused.items()]
        self.columns = [*(pair for pair in matched if pair[1]), *((title, "") for title in titles[:SHOWN_COLUMNS])]
        self.more_columns = len(titles[SHOWN_COLUMNS:])

    def touch(self, moment: datetime) -> None:
        if self.earliest is None or moment < self.earliest:
            self.earliest = moment
        if self.latest is None or moment > self.latest:
            self.latest = moment

    @property
    def earliest_day(self) -> date | None:
        return local_day(self.earliest) if self.earliest else None

    def as_json(self) -> dict[str, Any]:
        earliest = day.isoformat() if (day := self.earliest_day) else None
        latest = local_day(self.latest).isoformat() if self.latest else None
        faults = sorted(self.faults.values(), key=lambda fault: -fault.rows)
        return {
            **self.__dict__,
            "failed_lines": self.failed_lines.tolist(),
            "failed_kinds": self.failed_kinds.tolist(),
            "faults": [asdict(fault) for fault in faults],
            "teams": sorted(pk for pk in self.teams if pk),
            "left_out": self.left_out,
            "earliest": earliest,
            "latest": latest,
        }


def count(counter: Counter[str], words: str, number: int = 1) -> None:
    """Adds to a sentence's count. After KEPT_KINDS sentences, new ones count as "other reasons", to bound memory."""
    if number:
        counter[words if words in counter or len(counter) < KEPT_KINDS else "other reasons"] += number


def moment_of(record: Any) -> datetime:
    """The time by which measures assign a record to a window."""
    moment: datetime = record.found_at if isinstance(record, Defect) else record.began_at
    return moment


def since(values: dict[str, Any], found_at: datetime) -> dict[str, Any]:
    """The values of a regression, without the times before it was back: a file has those of the issue as a whole."""
    return {
        name: value
        for name, value in values.items()
        if name not in Defect.TIMES or (isinstance(value, datetime) and value > found_at)
    }


def says_nothing_new(stored: Any, value: Any) -> bool:
    """Whether two values are the same. Line ends, and apostrophes a spreadsheet dropped or doubled, don't count."""
    return stored == value or (
        isinstance(stored, str) and isinstance(value, str) and bare(clean_text(stored)) == bare(value)
    )


def as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


# The columns that name a person.
PEOPLE = ("assignee", "lead", "reporter")
# Files bring their own times, and other tools may not know the stage.
IMPORT = intake.Door(stamps=False, takes_unknown=True, is_same=says_nothing_new)


def be_alone(kind: str) -> None:
    """Locks imports of this kind until the transaction ends, since two files with the same ids would collide.

    Raises `Busy` if another import holds the lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [f"import.{kind}"])
        if not cursor.fetchone()[0]:
            raise Busy(f"Another import of {kind} is running. Try again when it is done.")


class Importer:
    """Reads one file once, with `check` or `write`.

    `team`: the team for all rows, whatever the file says.
    `allowed` and `visible`: ids of teams whose records the person can write or see; None for all. Records outside
    `visible` are ignored as if they did not exist.
    `shape` and `name`: how to open the file, and its name.
    `remember`: stores what is written for the undo, in the same transaction.
    """

    # Writes valid rows. None in a dry run, and after the first error of a file that will be refused.
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
        self.unnamed_source = source_of(plan.source or self.preset.name, team if self.preset.name == SPREADSHEET else None)
        self.shape, self.name = shape, name
        self.visible = visible
        self.model = MODELS[plan.kind]
        self.has_life = issubclass(self.model, Record)
        self.teams = TeamFinder(team, allowed, create_teams, advice or Advice())
        self.lookups = Lookups(self.model)
        self.door = replace(IMPORT, shortened=self._note)
        self.sources: dict[str, bool] = {}
        self.columns = stored_columns(self.model)
        self.values_of = itemgetter(*(column.attname for column in self.columns))

    def check(self, raw: BinaryIO, report: Report | None = None) -> Outcome:
        """A dry run: reads and validates every row, and writes nothing."""
        return self._go_through(raw, None, skip_errors=True, report=report)

    def write(self, raw: BinaryIO, *, skip_errors: bool = False, report: Report | None = None) -> Outcome:
        """Imports all rows, or raises `Refused`, `Busy` or `UnreadableFile` and changes nothing.

        One import of a kind runs at a time. It may take a minute, so it doesn't block people: references are reserved
        on a separate connection, and only records that the file changes are locked.
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
            self.people = People() if {*PEOPLE} & reader.mapped else None
            self.strangers, self.unlinked = Counter[str](), Counter[str]()
            self.outcome = Outcome(shape=asdict(table.shape))
            self.outcome.name_columns(reader.matched)
            # By id of records in which the file changes nothing, except perhaps their link: when, and of which team.
            self.only_linked: dict[int, tuple[datetime, int]] = {}
            self.titles, self.seen, self.linker = reader.title, Seen(), Linker(self.model, self.visible)
            for rows in batched(self._rows(table, reader), BATCH):
                if self.outcome.failed and not skip_errors:
                    self.writer = None
                self._take(rows)
                if report:
                    report(table.done, table.total)
            unknown = [*most_named(NO_MEMBERS, self.strangers), *most_named(NO_CHANGES, self.unlinked, SHOWN_CHANGES)]
            self.outcome.remarks = [*table.notes, *reader.remarks, *self.findings.sentences(), *unknown]
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
        """Compares a batch of rows with existing records and passes the changes to the writer."""
        self.outcome.rows += len(rows)
        named = [(row, key) for row in rows if (key := self._identity(row))]
        existing = self._existing([key for _, key in named])
        self.blank = intake.Blank(self.model)
        self.links: list[tuple[Any, str, str]] = []
        self.spans: list[tuple[Any, Spans]] = []
        self.brought: list[tuple[Any, list[int]]] = []
        self.shipping = self._read_changes([row for row, _ in named], existing)
        created: list[Any] = []
        updated: list[tuple[Any, dict[str, Any]]] = []
        for row, key in named:
            record = self._one_of(existing.get(key, []), row)
            origin = record if self._came_back(row, record) else None
            record = None if origin else record
            changed = self._make(row, key, origin) if record is None else self._apply(row, key, record)
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
        if self.spans:
            self._take_spans()
        if self.writer and self.links:
            self.writer.wait()
            self.linker.take([Link(record.pk, source, original) for record, source, original in self.links])

    def _read_changes(self, rows: list[Row], existing: dict[tuple[str, str], list[Any]]) -> Shipping | None:
        """The changes that these deployments name. None if they name none."""
        texts = [text for row in rows if (text := row.links.get("changes"))]
        if not texts:
            return None
        self._wait()
        return Shipping(texts, [record.pk for records in existing.values() for record in records], self.visible)

    def _take_spans(self) -> None:
        """Adds the impact intervals of new incidents. Stored incidents keep theirs; a note counts those that differ."""
        self._wait()
        stored = spans_of(record.pk for record, _ in self.spans if not record._state.adding)
        known = [stored.get(record.pk, []) != spans for record, spans in self.spans if not record._state.adding]
        count(self.outcome.notes, "other impact intervals are stored here: kept", sum(known))
        if self.writer and (new := {record.pk: spans for record, spans in self.spans if record._state.adding}):
            add_spans(new)

    def _identity(self, row: Row) -> tuple[str, str] | None:
        """(source, external id), or (FILED_HERE, reference) for a record reported here. None for a failed or skipped row."""
        if not row.skipped and not row.problems:
            take = row.values.pop
            said, reference = clean_line(str(take("source", ""))), clean_line(str(take("reference", "")))
            external_id = clean_line(str(take("external_id", "")))
            source = self.source or said or self.unnamed_source
            filed_here = bool(reference) and (said == FILED_HERE or not external_id or not (said or self.has_life))
            key = source, external_id = (FILED_HERE, reference.upper()) if filed_here else (source, external_id)
            if not external_id:
                row.problems["external_id"] = "The row has no ID."
            elif len(source) > 40 or len(external_id) > 120:
                row.problems["external_id"] = "The source can have up to 40 characters, the ID up to 120."
            elif source == FILED_HERE and not filed_here:
                row.problems["source"] = f"The source “{FILED_HERE}” is reserved for records reported in this portal."
            elif first := self.seen.line_of(key, row.line):
                row.problems["external_id"] = f"The ID “{external_id}” is already on line {first}."
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
        """Whether the source had records before this file. Most sources don't, which saves a look-up for each batch.

        Waits for the writer before it uses the connection, and if the caller will use it.
        """
        if source not in self.sources:
            self._wait()
            self.sources[source] = source == FILED_HERE or bool(
                self.model._base_manager.filter(~Q(external_id=""), source=source).exists()
            )
        if self.sources[source]:
            self._wait()
        return self.sources[source]

    def _wait(self) -> None:
        """Waits for the writer. Call it before using the connection, which the writer shares."""
        if self.writer:
            self.writer.wait()

    def _one_of(self, records: list[Any], row: Row) -> Any:
        """The record that a row means. If several teams have one with this id, it is the one of the row's team.

        A single record matches whatever its team: the row then moves it. Of a defect and its regressions, it is the last.
        """
        if len(records) > 1 and self.model is Defect:
            origins = {record.regression_of_id for record in records}
            records = [record for record in records if record.pk not in origins]
        if len(records) < 2:
            return records[0] if records else None
        teams = [team.pk for team in self.teams.called(str(row.values.get("team", "")))]
        return next((record for record in records if record.team_id in teams), None)

    def _came_back(self, row: Row, record: Any) -> bool:
        """Whether the row opens a defect again that was fixed and closed. It becomes a regression, a defect of its own.

        If somebody closed it in this portal, the other tool is only behind: the row is left out.
        """
        status = str(row.values.get("status"))
        if not isinstance(record, Defect) or not record.is_fixed_for_good or status not in Defect.OPEN:
            return False
        if self.preset.says_also.get(status) == record.status or self._is_left_alone(row, record):
            return False
        self._wait()
        last = record.timeline.filter(kind=Entry.Kind.MOVE).order_by("-id").first()
        if last and last.door in BY_HAND:
            row.skipped = "fixed and closed here"
        return not row.skipped

    def _apply(self, row: Row, key: tuple[str, str], record: Any) -> Any:
        """The changed record; None if nothing changes or the row is left out. Errors go to `row.problems`."""
        if self._is_left_alone(row, record):
            return None
        values = self._with_rows(row)
        reporter = values.pop("reporter", None)
        original = self._original(row, values, record)
        if "status" in values and self.preset.says_also.get(str(values["status"])) == record.status:
            del values["status"]
        if isinstance(record, Defect) and record.regression_of_id:
            values = since(values, record.found_at)
        self.lookups.attach(record)
        self.teams.attach(record)
        before = dict(record.__dict__)
        if self.has_life:
            moment = moment_of(record)
        if not self._takes(row, record, values):
            return None
        row.values = changed = intake.changes(record, before)
        if reporter and record.reporter_id is None:
            record.reporter = reporter
            changed["reporter"] = None
        self._expect(record, key, original, is_changed=bool(changed))
        self._expect_spans(row, record)
        if self.shipping and self._brings(self.shipping, row, record):
            changed["changes"] = self.shipping.stored(record.pk)
        if row.problems:
            return None
        if changed:
            self._touch(record)
            if self.has_life:
                self.outcome.touch(moment)
            self.outcome.teams |= {record.team_id, before["team_id"]}
            self.outcome.changed.update(changed.keys())
        self.outcome.unchanged += not changed
        self._note_what_came(row, record, "update" if changed else "unchanged")
        return record if changed else None

    def _make(self, row: Row, key: tuple[str, str], origin: Defect | None = None) -> Any:
        """The new record, a regression of `origin`; None, with errors in `row.problems`, if it can't be made."""
        source, external_id = key
        if source == FILED_HERE and origin:
            row.problems["status"] = FIXED_FOR_GOOD.format(external_id[:40])
            return None
        if source == FILED_HERE:
            row.problems["reference"] = (
                f"“{external_id[:40]}” was not reported in this portal. A record from another tool needs its external_id."
            )
            return None
        row.values = row.defaults | row.values
        values = self._with_rows(row)
        reporter = values.pop("reporter", None)
        original = self._original(row, values, None)
        record = self.blank(source=source, external_id=external_id)
        if reporter:
            record.reporter = reporter
        if origin:
            record.regression_of_id = origin.pk
            values = since(values, self.now) | {"found_at": self.now}
            row.notes.append("was fixed and closed before: imported as a regression")
        if not self._takes(row, record, values):
            return None
        self._expect_spans(row, record)
        if self.shipping:
            self._brings(self.shipping, row, record)
        if row.problems:
            return None
        self._expect(record, key, original, is_changed=True)
        self._touch(record)
        self.outcome.teams.add(record.team_id)
        self._note_what_came(row, record, "create")
        return record

    def _touch(self, record: Any) -> None:
        """Notes when the record happened, if it counts in the measures of each night."""
        if self.has_life:
            self.outcome.touch(moment_of(record))

    def _names_original(self, row: Row) -> bool:
        """Whether the row is a duplicate that names its original. Other tools' links on other records don't count."""
        is_duplicate = "duplicate" in (row.values.get("status"), row.values.get("resolution"))
        return is_duplicate and bool(row.links.get("duplicate_of"))

    def _original(self, row: Row, values: dict[str, Any], record: Any) -> str:
        """The original's id, which may come later in the file; "" if there is none. Sets the status to wait with."""
        if not self._names_original(row) or (record and record.duplicate_of_id):
            return ""
        if self.model.WAITS_AS:
            values["status"] = str(self.model.WAITS_AS)
        return clean_line(row.links["duplicate_of"])

    def _expect(self, record: Any, key: tuple[str, str], original: str, *, is_changed: bool) -> None:
        if original and self.writer:
            self.links.append((record, key[0], original))
            if not is_changed:
                self.only_linked[record.pk] = moment_of(record), record.team_id
        elif original:
            self.linker.expect((key[0], original), self.seen, unlinked=None if is_changed else key)

    def _expect_spans(self, row: Row, record: Any) -> None:
        if row.spans and record._state.adding and not fit(record, row.spans):
            row.problems["impact_intervals"] = DO_NOT_FIT
        elif row.spans:
            self.spans.append((record, row.spans))

    def _brings(self, shipping: Shipping, row: Row, record: Any) -> bool:
        """Whether the row says that the deployment brings other changes than those stored. They are written later."""
        text = row.links.get("changes", "")
        if len(names_in(text)) > MOST_CHANGES:
            row.problems["changes"] = TOO_MANY
            return False
        ids, unknown = shipping.brought(text, record.team_id, record.pk)
        if unknown:
            row.notes.append(UNLINKED)
        for name in unknown:
            count_name(self.unlinked, name)
        if not text or ids == shipping.stored(record.pk):
            return False
        self.brought.append((record, ids))
        return True

    def _link(self) -> None:
        """Links duplicates after all rows are written; in a dry run, counts the originals that would be missing."""
        if self.writer is None:
            count(self.outcome.notes, NOT_FOUND, self.linker.missing(self.seen))
            self._count_linked(self.linker.linkable(self.seen))
            return
        self.writer.wait()
        if not self.linker.taken:
            return
        before = {"duplicate_of": None} | ({"status": str(self.model.WAITS_AS)} if self.model.WAITS_AS else {})
        linked = [Written(pk, version, before) for pk, version in self.linker.tie()]
        for note, number in self.linker.notes.items():
            count(self.outcome.notes, note, number)
        self.outcome.linked = len(linked)
        touched = [self.only_linked[each.record] for each in linked if each.record in self.only_linked]
        for moment, team in touched:
            self.outcome.touch(moment)
            self.outcome.teams.add(team)
        self._count_linked(len(touched))
        moved = [Written(pk, version, {"duplicate_of": was}) for pk, version, was in self.linker.moved]
        if linked and self.remember:
            self.remember.add(linked + moved)

    def _count_linked(self, number: int) -> None:
        """Counts records as updated in which only the link to their original is new."""
        self.outcome.updated += number
        self.outcome.unchanged -= number
        if number:
            self.outcome.changed["duplicate_of"] += number

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
        """Whether the record stays as it is: deleted or marked as a duplicate in this portal, or not the person's team's."""
        if not self.teams.may_touch(record.team_id):
            row.problems["external_id"] = "A record with this ID belongs to a team you can't import into."
        elif not self.has_life:
            return bool(row.problems)
        elif record.deleted_at:
            row.skipped = "deleted here"
        elif record.duplicate_of_id and not self._names_original(row):
            row.skipped = "marked here as a duplicate of another record"
        return bool(row.problems or row.skipped)

    def _with_rows(self, row: Row) -> dict[str, Any]:
        """The row's values, with names of teams, severities and stages replaced by their objects."""
        values: dict[str, Any] = {}
        try:
            values["team"] = self.teams.find(str(row.values.pop("team", "")), self.writer)
        except BadCell as problem:
            row.problems["team"] = str(problem)
        for name, value in row.values.items():
            known = self.lookups.by_column.get(name)
            if name == "services":
                values |= self.lookups.list_services(str(value))
            elif known is None:
                values[name] = value
            elif found := known.find(str(value)):
                values[name] = found
            elif name == "service":
                row.notes.append(f"no service is called “{str(value)[:40]}”: left empty")
            elif name == "severity" or self.preset.exact:
                row.problems[name] = f"“{str(value)[:40]}” is not known. Use one of: {known.names}."
        if self.people and "team" in values:
            self._add_people(self.people, row, values)
        return values

    def _add_people(self, people: People, row: Row, values: dict[str, Any]) -> None:
        """Adds the people whom the row names, if they are members of its team. Others are noted and left out."""
        for name in PEOPLE:
            if not (text := row.links.get(name)):
                continue
            if person := people.find(text, values["team"]):
                values[name] = person
                continue
            row.notes.append(f"the {name} is not a member of the team: not entered")
            count_name(self.strangers, text)

    def _preview(self, row: Row, record: Any, action: str) -> None:
        shown = {
            "line": row.line,
            "action": action,
            "changed": ", ".join(name.replace("_", " ") for name in row.values) if action == "update" else "",
            "team": str(record.team),
            "when": minute(timezone.localtime(getattr(record, FOUND[self.plan.kind]))),
        }
        self.outcome.preview.append(shown | (self._life_of(record) if self.has_life else self._facts_of(record)))

    def _life_of(self, record: Any) -> dict[str, str]:
        return {
            "title": record.title,
            "severity": record.severity.key if record.severity else "",
            "severity_name": str(record.severity or ""),
            "status": record.get_status_display(),
            "stage": str(record.stage_found or "Stage unknown") if isinstance(record, Defect) else "",
        }

    def _facts_of(self, record: Any) -> dict[str, str]:
        if isinstance(record, Deployment):
            result = f"{record.get_environment_display()}, {record.get_result_display().lower()}"
            return {"title": record.release or record.external_id, "status": result}
        return {"title": record.title, "status": "Merged" if record.merged_at else "Open"}

    def _write(self, writer: Writer, created: list[Any], updated: list[tuple[Any, dict[str, Any]]]) -> None:
        """Hands a batch to the writer, which writes it while the next batch is read.

        Updates are waited for. Raises `Busy` if someone saved one of the records since it was read.
        """
        writes: list[Write] = []
        writer.wait()
        if created:
            self._number(created)
            rows = [self.values_of(record.__dict__) for record in created]
            writes.append(Copy(self.model, names_of(self.columns), rows))
        if updated:
            writes.append(
                change_of(self.model, [record for record, _ in updated], {name for _, old in updated for name in old})
            )
        if self.brought:
            links = {record.pk: ids for record, ids in self.brought}
            writes.append(Relink(Deployment._meta.get_field("changes"), links))
        if self.remember:
            news = [Written(record.pk, record.version, None) for record in created]
            writes.append(self.remember.page(news + [written_over(record, old) for record, old in updated]))
        writer.put(*writes)
        if updated:
            try:
                writer.wait()
            except Moved:
                raise Busy("Someone changed one of these records during the import. Import the file again.") from None

    def _number(self, records: list[Any]) -> None:
        """Gives new records their ids, timestamps and their teams' next references."""
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


def count_name(names: Counter[str], name: str) -> None:
    if name in names or len(names) < KEPT_NAMES:
        names[name] += 1


def most_named(about: str, names: Counter[str], most: int = SHOWN_NAMES) -> list[str]:
    """A remark on names in the file that nothing here has."""
    if not names:
        return []
    shown = ", ".join(f"“{name[:60]}” ({number:,})" for name, number in names.most_common(most))
    more = f", and {len(names) - most:,} more" if len(names) > most else ""
    return [f"{about}, by rows: {shown}{more}."]


def change_of(model: Any, records: list[Any], names: set[str]) -> Change:
    """The update that stores these fields of the records. Each record has the version that was read."""
    columns = [column for column in stored_columns(model) if column.name in names]
    values_of = itemgetter("id", "version", *(column.attname for column in columns))
    return Change(model, names_of(columns), [values_of(record.__dict__) for record in records])


def written_over(record: Any, before: dict[str, Any]) -> Written:
    return Written(record.pk, record.version + 1, {name: as_json(value) for name, value in before.items()})


def check_references_at_once() -> None:
    """Checks foreign keys with each statement, while the next rows are read, instead of all of them at the end."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def batched(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    while batch := list(islice(rows, size)):
        yield batch
