"""What every team-owned record has in common: who sees it, soft deletion, an optimistic lock, rules that each door obeys."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any, Self, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import connection, migrations, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Now

from qmportal.lib.batches import in_batches
from qmportal.lib.history import tracked
from qmportal.lib.search import MOST_WORDS, references_meant
from qmportal.lib.versions import Versioned

R = TypeVar("R", bound="Record")

KEPT_FOR_SECONDS = 60
# The source of what people file in the portal itself.
FILED_HERE = "form"


@tracked()
class Severity(models.Model):
    """The effect on the customer; defects and incidents share the scale. Rank 1 is the worst."""

    key = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=40)
    rank = models.PositiveSmallIntegerField(unique=True)
    description = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "severities"

    def __str__(self) -> str:
        return self.name


def severity_names() -> dict[str, str]:
    """The names by key, the worst first. They change about once a year, and every list asks for them."""
    names = Severity.objects.values_list("key", "name")
    kept = caches["process"].get_or_set("severity-names", lambda: dict(names), KEPT_FOR_SECONDS)
    return kept or {}


class AnyOf(models.Func):
    """The column is one of these ids: one parameter, where `IN` has one for each and Django writes them out one by one."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = models.BooleanField()

    def __init__(self, column: str, ids: Collection[int]):
        super().__init__(F(column), Value(list(ids), output_field=ArrayField(models.BigIntegerField())))


class RecordQuerySet(models.QuerySet[R]):
    def alive(self) -> Self:
        """Without those that were deleted."""
        return self.filter(deleted_at=None)

    def within_reach_of(self, user: Any) -> Self:
        """Rows are for members of the team or of a team above it. Deleted ones too: what was deleted can be brought back.

        Rows of an archived team stay with the teams above it, which count them.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.exclude(AnyOf("team", user.out_of_reach)) if user.out_of_reach else self.all()
        return self.filter(AnyOf("team", user.reach_of_rows))

    def visible_to(self, user: Any) -> Self:
        return self.alive().within_reach_of(user)

    def matching(self, words: str) -> Self:
        """Each word stands in the title, in any order; or they begin or spell a reference, with dashes or without.

        The case-blind patterns are served by the trigram index.
        """
        in_title = Q(*(Q(title__iregex=re.escape(word)) for word in words.split()[:MOST_WORDS]))
        meant = Q(reference__in=references_meant(words, self.model.REFERENCE_KIND))
        return self.filter(in_title | meant | Q(reference__startswith=words.upper()))

    def csv_rows(self) -> Iterator[tuple[Any, ...]]:
        """The cells of the model's `CSV_COLUMNS`, row by row."""
        rows = in_batches(self.values_list("pk", *self.model.CSV_COLUMNS), key=itemgetter(0))
        return (row[1:] for row in rows)


class Record(Versioned):
    """Abstract base. Subclasses have a `team`, say in `problems` what is wrong, and name the three below."""

    # The API names it in other rows only to those who may see it.
    IS_NAMED_TO_VIEWERS_ONLY = True
    REFERENCE_KIND: str
    # What a CSV file of the list holds: all that the importer reads of a record, so that the file can come back.
    CSV_COLUMNS: tuple[str, ...]
    # Where the whole of a title goes that had to be cut.
    ROOM_FOR_TITLE: str
    # Always the root: `flat_duplicates` holds it for every way of writing.
    duplicate_of_id: int | None

    reference = models.CharField(max_length=24, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    source = models.CharField(max_length=40, blank=True, editable=False)
    external_id = models.CharField(max_length=120, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.reference} {getattr(self, 'title', '')}"

    @classmethod
    def csv_header(cls) -> list[str]:
        """Names of the columns, without the part that says by which key a row is named that is pointed at."""
        return [path.partition("__")[0] for path in cls.CSV_COLUMNS]

    def problems(self, now: datetime) -> dict[str, str]:
        """What is wrong with this row, as sentences by field. Forms, API and imports all ask here."""
        raise NotImplementedError

    def pointed_at(self, name: str, user: Any) -> Record | None:
        """The record that a column names; None as well if this person may not see it, or if it was deleted."""
        column: Any = self._meta.get_field(name)
        rows: Any = column.related_model._default_manager
        pk = getattr(self, column.attname)
        return rows.visible_to(user).filter(pk=pk).first() if pk else None

    def refuse_problems(self, now: datetime) -> None:
        if problems := self.problems(now):
            raise ValidationError(problems)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new row takes the team's next reference; an edited one must still be at the version that was read."""
        chosen = kwargs.get("update_fields")
        with transaction.atomic():
            if chosen is None or "duplicate_of" in chosen:
                self._flatten_duplicates()
            if self._state.adding and not self.reference:
                self.reference = self.team.next_references(self.REFERENCE_KIND)[0]  # type: ignore[attr-defined]
            if chosen is not None:
                kwargs["update_fields"] = {*chosen, "updated_at"}
            super().save(*args, **kwargs)

    @property
    def is_duplicate(self) -> bool:
        """Its status or resolution says so."""
        raise NotImplementedError

    def circle_problem(self, original: Record) -> str:
        """An original may be a duplicate itself (its root is meant then), but not of this very record."""
        if self.pk and original.duplicate_of_id == self.pk:
            return f"{original.reference} is marked as a duplicate of {self.reference} already."
        return ""

    def _flatten_duplicates(self) -> None:
        """Points a duplicate at the root, and what was a duplicate of it as well. The lock lasts until the commit."""
        if self.duplicate_of_id is None:
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"duplicates.{self._meta.db_table}"])
        rows: Any = type(self)._base_manager
        original = rows.get(pk=self.duplicate_of_id)
        if problem := self.circle_problem(original):
            raise ValidationError({"duplicate_of": problem})
        self.duplicate_of_id = original.duplicate_of_id or original.pk
        if self.pk:
            rows.filter(duplicate_of=self.pk).update(
                duplicate_of=self.duplicate_of_id, version=F("version") + 1, updated_at=Now()
            )

    def put_away(self, at: datetime | None) -> None:
        """Deletes softly, or brings back with None. An open edit becomes stale."""
        self.deleted_at = at
        self.save(update_fields=["deleted_at"])


def flat_duplicates(table: str) -> migrations.RunSQL:
    """For a migration: a trigger that refuses chains and circles of duplicates, whoever writes them.

    No check constraint can look at another row. The lock lets two writers pass one after the other, so that the second
    sees what the first has stored; it is the one that `Record.save` takes before it locks any row.
    """
    name = f"{table}_flat_duplicates"
    return migrations.RunSQL(
        f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext('duplicates.{table}'));
            IF EXISTS (SELECT FROM {table} WHERE id = NEW.duplicate_of_id AND duplicate_of_id IS NOT NULL)
            OR EXISTS (SELECT FROM {table} WHERE duplicate_of_id = NEW.id) THEN
                RAISE check_violation USING
                    CONSTRAINT = '{name}', TABLE = '{table}',
                    MESSAGE = 'A duplicate names an original that is no duplicate itself.';
            END IF;
            RETURN NULL;
        END $$;
        CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE OF duplicate_of_id ON {table}
            FOR EACH ROW WHEN (NEW.duplicate_of_id IS NOT NULL) EXECUTE FUNCTION {name}();
        """,  # noqa: S608
        f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();",
    )
