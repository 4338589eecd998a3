"""Undoes an import: deletes the records it created and restores the earlier values of those it changed.

Records that changed since are skipped, so two imports of the same records must be undone newest first.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from integrations.importer import BATCH, Report, be_alone, change_of
from integrations.kinds import MODELS
from pipeline.models import Change, Deployment
from qmportal.lib.copying import Relink, write_now
from qmportal.lib.queries import AnyOf
from records.models import Record

CHANGED = "changed since"
CHANGED_BY_IMPORT = "changed by a later import"
NOT_YOURS = "in a team you can't import into"
GONE = "the earlier team, severity or stage is gone"
TAKEN = "the earlier team has another record with this id"
# Skipped records listed with the result.
KEPT_NAMES = 200


@dataclass
class Undone:
    deleted: int = 0
    restored: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    # Of records, whose names depend on who looks; of teams and people, their names.
    skipped_ids: list[int] = field(default_factory=list)
    skipped_names: list[str] = field(default_factory=list)

    def skip(self, pk: int, reason: str) -> None:
        self.skipped[reason] += 1
        if len(self.skipped_ids) < KEPT_NAMES:
            self.skipped_ids.append(pk)

    def skip_named(self, name: str, reason: str) -> None:
        self.skipped[reason] += 1
        if len(self.skipped_names) < KEPT_NAMES:
            self.skipped_names.append(name)

    def as_json(self) -> dict[str, Any]:
        done = self.deleted + self.restored
        return {**self.__dict__, "done": done, "left": self.skipped.total()}


class Undo:
    """Undoes one import, inside the caller's transaction.

    `rows`: the import's `ImportedRow`s. `later` and `earlier`: those of the uploader's other imports of this kind.
    `allowed`: ids of teams whose records can be written; None for all.
    """

    def __init__(
        self,
        kind: str,
        rows: models.QuerySet[Any],
        *,
        later: models.QuerySet[Any],
        earlier: models.QuerySet[Any],
        now: datetime,
        allowed: frozenset[int] | None,
    ):
        self.kind, self.rows, self.later, self.earlier = kind, rows, later, earlier
        self.now, self.allowed = now, allowed
        self.model = MODELS[kind]
        self.columns = {each.name: each for each in self.model._meta.concrete_fields}
        self.there = {
            name: set(column.related_model._base_manager.values_list("pk", flat=True))
            for name, column in self.columns.items()
            if isinstance(column, models.ForeignKey) and not issubclass(column.related_model, Record)
        }
        self.undone = Undone()

    def run(self, report: Report) -> Undone:
        be_alone(self.kind)
        done, total = 0, self.rows.count()
        # Duplicates that followed their original go back last, when it is no duplicate any more.
        followed = Q(before__has_key="duplicate_of") & ~Q(before__duplicate_of=None)
        for rows in (self.rows.filter(Q(before__isnull=True) | ~followed), self.rows.filter(followed)):
            last = 0
            while ids := list(rows.filter(record__gt=last).order_by("record").values_list("record", flat=True)[:BATCH]):
                gone = self._unchanged(ids)
                self._delete(gone)
                if rest := list(self.rows.filter(AnyOf("record", sorted({*ids} - {*gone}))).order_by("record")):
                    self._take(rest)
                done, last = done + len(ids), ids[-1]
                report(done, total)
        return self.undone

    def _unchanged(self, ids: list[int]) -> list[int]:
        """Locks the records and returns the ids of new ones that can be deleted: unchanged, not referenced, allowed.

        Each query lists the ids, because right after a large import PostgreSQL has no statistics and plans joins badly.
        """
        rows: Any = self.model._base_manager
        new = self.rows.filter(AnyOf("record", ids), before__isnull=True)
        versions = dict(new.values_list("record", "version"))
        locked = rows.filter(AnyOf("id", ids)).order_by("pk").select_for_update().values_list("pk", "version", "team_id")
        there = list(locked)
        pointed_at = self._pointed_at(ids)
        return [
            pk
            for pk, version, team in there
            if versions.get(pk) == version and pk not in pointed_at and (self.allowed is None or team in self.allowed)
        ]

    def _take(self, batch: list[Any]) -> None:
        """Undoes or skips each record. Records are locked before they are read, so they can't change meanwhile."""
        rows: Any = self.model._base_manager
        ids = [row.record for row in batch]
        records = rows.filter(pk__in=ids).order_by("pk").select_for_update().in_bulk()
        pointed_at = self._pointed_at([row.record for row in batch if row.before is None])
        imported_again = self._imported_again(records)
        created, updated, touched, links = [], [], set[str](), dict[int, list[int]]()
        for row in batch:
            record = records.get(row.record)
            if record is None or row.record in pointed_at:
                self.undone.skip(row.record, CHANGED)
            elif record.version != row.version:
                self.undone.skip(row.record, CHANGED_BY_IMPORT if row.record in imported_again else CHANGED)
            elif reason := self._hindrance(record, row.before or {}):
                self.undone.skip(row.record, reason)
            elif row.before is None:
                created.append(row.record)
            else:
                self._set(record, row.before)
                updated.append(record)
                touched |= row.before.keys()
                if "changes" in row.before:
                    links[record.pk] = row.before["changes"]
        self._delete(created)
        self._restore(updated, touched)
        self._relink(links)

    def _pointed_at(self, ids: list[int]) -> set[int]:
        """Which of these records others now refer to, as a duplicate's original, an incident's cause or what was deployed.

        References that this undo removes, by deleting the record or restoring its link, don't count.
        """
        found: set[int] = set()
        for relation in self.model._meta.related_objects:
            if relation.many_to_many:
                name = relation.field.m2m_reverse_name()
                links = relation.through._base_manager.filter(AnyOf(name, ids))
                found |= set(links.values_list(name, flat=True))
            elif issubclass(relation.related_model, Record):
                name = relation.field.attname
                others: Any = relation.related_model._base_manager.filter(AnyOf(name, ids), deleted_at=None)
                naming = {pk: (target, version) for target, pk, version in others.values_list(name, "pk", "version")}
                if relation.related_model is self.model:
                    for pk, version in self._undone_too(list(naming)):
                        if naming[pk][1] == version:
                            del naming[pk]
                found |= {target for target, _ in naming.values()}
        return found

    def _undone_too(self, ids: list[int]) -> Any:
        came = Q(before__isnull=True) | Q(before__has_key="duplicate_of")
        return self.rows.filter(came, AnyOf("record", ids)).values_list("record", "version") if ids else []

    def _imported_again(self, records: dict[int, Any]) -> set[int]:
        """Which of these records are still as a later import left them."""
        versions = self.later.filter(record__in=records).values_list("record", "version")
        return {pk for pk, version in versions if records[pk].version == version}

    def _hindrance(self, record: Any, before: dict[str, Any]) -> str:
        teams = {record.team_id, before.get("team", record.team_id)}
        if self.allowed is not None and not teams <= self.allowed:
            return NOT_YOURS
        if any(before[name] not in self.there[name] for name in before.keys() & self.there.keys() if before[name]):
            return GONE
        if "team" in before and self._is_taken(record, before["team"]):
            return TAKEN
        return ""

    def _is_taken(self, record: Any, team: int) -> bool:
        """Whether another record of the earlier team now has this record's source and external id."""
        rows: Any = self.model._base_manager
        same = rows.filter(source=record.source, external_id=record.external_id, team=team)
        return bool(record.external_id) and same.exclude(pk=record.pk).exists()

    def _set(self, record: Any, before: dict[str, Any]) -> None:
        for name in before.keys() & self.columns.keys():
            column, value = self.columns[name], before[name]
            setattr(record, column.attname, column.to_python(value))

    def _delete(self, ids: list[int]) -> None:
        """Soft-deletes records and clears their external ids, so that a corrected file can be imported again.

        Otherwise the import would skip them, as it does with deleted records. Changes and deployments are deleted for good.
        """
        rows: Any = self.model._base_manager.filter(AnyOf("id", ids))
        if issubclass(self.model, Record):
            rows.update(deleted_at=self.now, updated_at=self.now, external_id="", version=F("version") + 1)
        else:
            rows.delete()
        self.undone.deleted += len(ids)

    def _restore(self, records: list[Any], names: set[str]) -> None:
        """Writes the earlier values, and updates the versions kept for earlier imports so those can be undone next."""
        again = self.rows.filter(record=OuterRef("record"), version=OuterRef("version") + 1)
        ids = [each.pk for each in records]
        self.earlier.filter(Exists(again), AnyOf("record", ids)).update(version=F("version") + 2)
        if records:
            write_now(change_of(self.model, records, names))
        self.undone.restored += len(records)

    def _relink(self, links: dict[int, list[int]]) -> None:
        """Gives deployments the changes back that they brought. Changes that are gone stay gone."""
        if links:
            wanted = {pk for ids in links.values() for pk in ids}
            there = set(Change._base_manager.filter(AnyOf("id", sorted(wanted))).values_list("pk", flat=True))
            kept = {pk: [each for each in ids if each in there] for pk, ids in links.items()}
            write_now(Relink(Deployment._meta.get_field("changes"), kept))
