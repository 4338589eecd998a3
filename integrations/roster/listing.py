"""The base of the imports of teams and of people: reads the whole file, judges its rows together and writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, ClassVar, NamedTuple, Protocol

from django.db import transaction

from integrations.importer import SHOWN_ROWS, Outcome, Refused, Report, be_alone
from integrations.lookups import Advice
from integrations.matching.plan import Plan
from integrations.matching.reader import Reader
from integrations.matching.row import Row
from integrations.reading import AS_FOUND, Shape, Table, UnreadableFile, open_table
from qmportal.lib.acting import acting
from teams.models import Team, User

# Rows are compared with each other, so all of them are in memory.
MOST_ROWS = 50_000
REPORTED = 500
# Rows per statement.
AT_ONCE = 1000


class Entry(NamedTuple):
    """A row that an import wrote: its table, its earlier values (None if it is new) and the values written, by column."""

    table: str
    row: int
    before: dict[str, Any] | None
    after: dict[str, Any]


class Diary(Protocol):
    """Stores what an import did, for its undo."""

    def write(self, entries: Iterable[Entry]) -> None: ...


@dataclass
class Item:
    """A valid row, what it does ("create", "update" or "unchanged"), and how the page shows it."""

    row: Row
    action: str = "unchanged"
    changed: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)


class Roster:
    """Reads one file once, with `check` or `write`. Subclasses find out what each row does, and write it.

    `team`: the team for all rows. `allowed`: ids of teams that the person can import into; None for all.
    `by`: who imports. `sends`: whether invitations are mailed at once.
    """

    # The titles of `Item.cells`.
    SHOWN: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        plan: Plan,
        *,
        now: datetime,
        team: Team | None = None,
        allowed: frozenset[int] | None = None,
        shape: Shape = AS_FOUND,
        name: str = "",
        advice: Advice | None = None,
        by: User | None = None,
        sends: bool = True,
        remember: Diary | None = None,
    ):
        self.plan, self.now, self.team, self.allowed = plan, now, team, allowed
        self.shape, self.name, self.by, self.sends, self.remember = shape, name, by, sends, remember
        self.advice = advice or Advice(unknown="Create it first, or import the teams first.")

    def check(self, raw: BinaryIO, report: Report | None = None) -> Outcome:
        """A dry run: judges every row and writes nothing."""
        return self._go_through(raw, report)

    def write(self, raw: BinaryIO, *, skip_errors: bool = False, report: Report | None = None) -> Outcome:
        """Imports all rows, or raises `Refused`, `Busy` or `UnreadableFile` and changes nothing."""
        with acting("import"), transaction.atomic():
            be_alone(self.plan.kind)
            outcome = self._go_through(raw, report, lock=True)
            if outcome.failed and not skip_errors:
                raise Refused(outcome)
            entries = self.store()
            if self.remember:
                self.remember.write(entries)
            return outcome

    def _go_through(self, raw: BinaryIO, report: Report | None, *, lock: bool = False) -> Outcome:
        table = open_table(raw, self.shape, self.name)
        try:
            reader = Reader(self.plan, table.header)
            self.outcome = Outcome(shape=asdict(table.shape))
            self.outcome.name_columns(reader.matched)
            rows = list(self._rows(table, reader, report))
        finally:
            table.close()
        if not rows:
            raise UnreadableFile("The file has a header and no rows.")
        good = [row for row in rows if not row.problems and not row.skipped]
        items = {item.row.line: item for item in self.judge(good, reader.mapped, lock=lock)}
        self.outcome.rows, self.outcome.remarks = len(rows), [*table.notes, *reader.remarks]
        for row in rows:
            self._count(row, items, reader)
        self.outcome.errors.sort(key=lambda error: error[0])
        return self.outcome

    def _rows(self, table: Table, reader: Reader, report: Report | None) -> Iterable[Row]:
        for number, row in enumerate(reader.rows(table.records(), table.faults)):
            if number >= MOST_ROWS:
                raise UnreadableFile(f"A list of {self.plan.kind} can have up to {MOST_ROWS:,} rows.")
            if report and number % REPORTED == 0:
                report(table.done, table.total)
            yield row

    def _count(self, row: Row, items: Mapping[int, Item], reader: Reader) -> None:
        if row.problems:
            self.outcome.fail(row, reader.title)
            return
        if row.skipped:
            self.outcome.skip(row)
            return
        item = items[row.line]
        self.outcome.note(row.notes)
        self.outcome.created += item.action == "create"
        self.outcome.updated += item.action == "update"
        self.outcome.unchanged += item.action == "unchanged"
        self.outcome.changed.update(item.changed)
        if len(self.outcome.preview) < SHOWN_ROWS:
            changed = ", ".join(name.replace("_", " ") for name in item.changed)
            self.outcome.preview.append({"line": row.line, "action": item.action, "changed": changed, "cells": item.cells})

    def judge(self, rows: list[Row], mapped: frozenset[str], *, lock: bool) -> list[Item]:
        """What each row does. Adds to the `problems` of wrong rows and sets `skipped`; others get an `Item`.

        `lock`: locks what the rows change, until the transaction ends.
        """
        raise NotImplementedError

    def store(self) -> list[Entry]:
        """Writes what was judged, and says what it wrote."""
        raise NotImplementedError
