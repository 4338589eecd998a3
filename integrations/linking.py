"""Links duplicates to the originals that a file names by id, after all rows are written, so their order doesn't matter."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from integrations.seen import Seen
from qmportal.lib.copying import copy_rows
from qmportal.lib.queries import AnyOf
from records.models import Record

NOT_FOUND = "the original of a duplicate was not found: not linked"
IN_A_CIRCLE = "duplicates of each other in a circle: not linked"
# Each round doubles the length of the chains it resolves.
ROUNDS = 24
LOOKED_UP = 5000
AT_ONCE = 500


Key = tuple[str, str]


class Link(NamedTuple):
    """A duplicate's primary key, and the external id of its original in the same source."""

    record: int
    source: str
    original: str


class Linker:
    """Collects the links of a file batch by batch and writes them at the end. `visible`: as in `Importer`."""

    def __init__(self, model: type[Record], visible: frozenset[int] | None):
        self.model, self.visible = model, visible
        self.taken = 0
        self.notes = Counter[str]()
        # Earlier duplicates that followed their original: (id, new version, id of their original before).
        self.moved: list[tuple[int, int, int]] = []
        self._awaited: list[Key] = []
        # Originals by the duplicate's key, for records in which the file changes nothing else.
        self._unlinked: dict[Key, Key] = {}
        self._here: set[Key] = set()

    # --- In a dry run -------------------------------------------------------------------------------------------------

    def expect(self, original: Key, seen: Seen, *, unlinked: Key | None) -> None:
        if unlinked:
            self._unlinked[unlinked] = original
        if not seen.has(original):
            self._awaited.append(original)

    def missing(self, seen: Seen) -> int:
        """How many expected originals are neither in the file nor in the portal."""
        keys = [key for key in self._awaited if not seen.has(key)]
        for source in {source for source, _ in keys}:
            ids = sorted({each for named, each in keys if named == source})
            for start in range(0, len(ids), LOOKED_UP):
                rows: Any = self.model._base_manager.filter(~Q(external_id=""), source=source, deleted_at=None)
                found = rows.filter(AnyOf("external_id", ids[start : start + LOOKED_UP]), **self._in_view())
                self._here |= {(source, each) for each in found.values_list("external_id", flat=True)}
        return sum(key not in self._here for key in keys)

    def linkable(self, seen: Seen) -> int:
        """How many records would get nothing but a link. Call it after `missing`. Links in a circle don't count."""
        return sum(self._leads_on(key, seen) for key in self._unlinked)

    def _leads_on(self, key: Key, seen: Seen) -> bool:
        passed = {key}
        original = self._unlinked[key]
        if not (seen.has(original) or original in self._here):
            return False
        while original in self._unlinked and original not in passed:
            passed.add(original)
            original = self._unlinked[original]
        return original not in passed

    def _in_view(self) -> dict[str, Any]:
        return {} if self.visible is None else {"team__in": self.visible}

    # --- In an import -------------------------------------------------------------------------------------------------

    def take(self, links: list[Link]) -> None:
        with connection.cursor() as cursor:
            if not self.taken:
                cursor.execute("CREATE TEMP TABLE import_link (record bigint, source text, original text)")
        copy_rows("import_link", Link._fields, links)
        self.taken += len(links)

    def tie(self) -> list[tuple[int, int]]:
        """Points each duplicate at the root of its original. Returns (id, new version) of each linked record."""
        if not self.taken:
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"duplicates.{self.model._meta.db_table}"])
            # Without statistics of rows just written, PostgreSQL would scan the table for each link.
            cursor.execute(f"ANALYZE {self.model._meta.db_table} (source, external_id, duplicate_of_id)")
            wanted = self._find_originals(cursor)
            found = self._follow(cursor)
            self.notes[NOT_FOUND] = wanted - found
            cursor.execute("DELETE FROM import_root AS own USING import_root AS next WHERE own.root = next.record")
            self.notes[IN_A_CIRCLE] = cursor.rowcount
            linked = self._write(cursor)
            cursor.execute("DROP TABLE import_link, import_root")
        return linked

    def _find_originals(self, cursor: Any) -> int:
        """Finds the originals of unlinked duplicates, preferring the same team's. Returns the number of links."""
        table, waiting = self.model._meta.db_table, self.model.WAITS_AS
        cursor.execute(
            f"DELETE FROM import_link AS link USING {table} AS own WHERE own.id = link.record"  # noqa: S608
            " AND (own.duplicate_of_id IS NOT NULL OR %(waits)s NOT IN ('', own.status))",
            {"waits": waiting},
        )
        cursor.execute("ANALYZE import_link")
        cursor.execute(
            "CREATE TEMP TABLE import_root AS"  # noqa: S608
            " SELECT DISTINCT ON (link.record) link.record, coalesce(original.duplicate_of_id, original.id) AS root"
            f" FROM import_link AS link JOIN {table} AS own ON own.id = link.record"
            f" JOIN {table} AS original ON (original.source, original.external_id) = (link.source, link.original)"
            " AND original.external_id <> '' AND original.deleted_at IS NULL"
            " AND (%(all)s OR original.team_id = ANY(%(visible)s))"
            " ORDER BY link.record, original.team_id = own.team_id DESC, original.id",
            {"all": self.visible is None, "visible": list(self.visible or ())},
        )
        cursor.execute("SELECT count(*) FROM import_link")
        wanted: int = cursor.fetchone()[0]
        return wanted

    def _follow(self, cursor: Any) -> int:
        """Follows chains: an original that is itself a duplicate is replaced by its own. Returns how many were found."""
        cursor.execute("CREATE UNIQUE INDEX ON import_root (record)")
        cursor.execute("ANALYZE import_root")
        for _ in range(ROUNDS):
            cursor.execute(
                "UPDATE import_root AS own SET root = next.root FROM import_root AS next"
                " WHERE own.root = next.record AND own.root <> next.root"
            )
            if not cursor.rowcount:
                break
        cursor.execute("SELECT count(*) FROM import_root")
        found: int = cursor.fetchone()[0]
        return found

    def _write(self, cursor: Any) -> list[tuple[int, int]]:
        """Links the records. Earlier duplicates of records that become duplicates are updated first, so no chain exists."""
        table = self.model._meta.db_table
        status = ", status = 'duplicate'" if self.model.WAITS_AS else ""
        changes = "duplicate_of_id = link.root, version = own.version + 1, updated_at = %s"
        cursor.execute(
            f"UPDATE {table} AS own SET {changes} FROM import_root AS link WHERE own.duplicate_of_id = link.record"  # noqa: S608
            " RETURNING own.id, own.version, link.record",
            [timezone.now()],
        )
        self.moved = cursor.fetchall()
        linked: list[tuple[int, int]] = []
        after = 0
        # In batches: the triggers' work grows with the square of a statement's rows.
        while until := self._next(cursor, after):
            cursor.execute(
                f"UPDATE {table} AS own SET {changes}{status} FROM import_root AS link"  # noqa: S608
                " WHERE own.id = link.record AND link.record > %s AND link.record <= %s RETURNING own.id, own.version",
                [timezone.now(), after, until],
            )
            linked += cursor.fetchall()
            after = until
        return linked

    def _next(self, cursor: Any, after: int) -> int | None:
        """The last record of the next batch; None if there are no more."""
        cursor.execute(
            "SELECT max(record) FROM (SELECT record FROM import_root WHERE record > %s ORDER BY record LIMIT %s) AS next",
            [after, AT_ONCE],
        )
        until: int | None = cursor.fetchone()[0]
        return until
