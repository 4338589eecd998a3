"""Base of all records: who can see them, soft deletion, an optimistic lock, rules, moves between statuses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.contrib.postgres.search import TrigramSimilarity
from django.core.exceptions import ValidationError
from django.db import connection, migrations, models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Greatest, Now

from qmportal.lib.changes import Source, history_of
from qmportal.lib.history import tracked
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.search import MOST_WORDS, references_meant
from qmportal.lib.text import clean_text
from qmportal.lib.versions import Versioned
from records.moves import ASKED, REASON, Life, Move
from records.rules import Order, Rule, date_problems, moment_problem, rule_problems
from records.timeline import AUTO, MANUAL, UNDO, tell_timeline
from teams.permissions import can_manage, can_work_on, has_visible_team

if TYPE_CHECKING:
    from teams.models import Team, User

R = TypeVar("R", bound="Record")

SEVERITIES = Kept(8)
ONLY_MANAGERS = "Only managers can do this."
NOT_DATED = "This move has no time of its own."


@tracked()
class Severity(models.Model):
    """The effect on the customer; defects and incidents share the scale. Rank 1 is the worst."""

    key = models.CharField(max_length=10, unique=True)
    name = models.CharField(max_length=40)
    rank = models.PositiveSmallIntegerField(unique=True)
    description = models.CharField(max_length=200, blank=True)
    weight = models.PositiveSmallIntegerField(
        default=1,
        help_text="How much a defect of this severity weighs where defects are added up by severity.",
    )

    class Meta:
        ordering = ["rank"]
        verbose_name_plural = "severities"

    def __str__(self) -> str:
        return self.name


def severity_texts(versions: Versions) -> dict[str, tuple[str, str]]:
    """Name and description by key, worst first. Kept in memory until one changes: every list and form needs them."""
    rows = Severity.objects.values_list("key", "name", "description")
    return SEVERITIES.get_or_make(versions.of(Severity), lambda: {key: (name, meaning) for key, name, meaning in rows})


def severity_names(versions: Versions) -> dict[str, str]:
    return {key: name for key, (name, _) in severity_texts(versions).items()}


class UnmadeMove(Exception):
    """Code changed a status without `Record.make`."""


class RecordQuerySet(models.QuerySet[R]):
    def alive(self) -> Self:
        """Leaves out deleted records."""
        return self.filter(deleted_at=None)

    def within_reach_of(self, user: Any) -> Self:
        """Rows of the teams whose records the user can see, including deleted rows, which can be restored."""
        return self.filter(has_visible_team(user))

    def visible_to(self, user: Any) -> Self:
        return self.alive().within_reach_of(user)

    def matching(self, words: str) -> Self:
        """Rows whose title contains every word, in any order, or whose reference matches.

        The words match a reference if it starts with them, or if they spell it in full, with or without dashes.
        The case-insensitive patterns use the trigram index.
        """
        in_title = Q(*(Q(title__iregex=re.escape(word)) for word in words.split()[:MOST_WORDS]))
        meant = Q(reference__in=references_meant(words, self.model.REFERENCE_KIND))
        return self.filter(in_title | meant | Q(reference__startswith=words.upper()))

    def like(self, title: str) -> Self:
        """Rows with a similar title (by trigram similarity), closest first."""
        return (
            self.filter(title__trigram_similar=title)
            .annotate(likeness=TrigramSimilarity("title", title))
            .order_by("-likeness", "-id")
        )

    @transaction.atomic
    def make_all(self, move: Move, *, by: User | None, at: datetime, note: str = "", **values: Any) -> int:
        """Makes a move for all these rows in one UPDATE, as `Record.make` does for one record. Returns how many were moved.

        Leaves out rows that can't make it. Lock the rows before, and keep what `undo_all` needs: the timeline gets no state.
        """
        blank = self.model()
        blank._refuse_missing(move, note, values)
        latest = Greatest(Value(at, models.DateTimeField()), *self.model.TIMES)
        columns = dict.fromkeys(move.clears) | dict.fromkeys(move.stamps, latest) | dict(move.sets) | values
        columns = {name: blank._empty(name) if value is None else value for name, value in columns.items()}
        if move.claims:
            columns[move.claims] = Coalesce(F(move.claims), Value(by and by.pk))
        if self.model.HAS_TIMELINE:
            tell_timeline(move=move.name, text=note, author=by and by.pk, at=at.isoformat(), source=AUTO)
        if move.counts:
            columns[move.counts] = F(move.counts) + 1
        only: dict[str, Any] = {f"{name}__in": allowed for name, allowed in move.only.items()}
        only |= {move.unless: None} if move.unless else {}
        able = self.alive().filter(status__in=move.sources, **only)
        return able.update(status=move.to, status_reason=note, **columns, version=F("version") + 1, updated_at=Now())

    @transaction.atomic
    def undo_all(self, before: Mapping[str, Any], *, by: User | None, at: datetime) -> int:
        """Undoes a `make_all`. `before`: a value or expression for each column of the state that the move changed."""
        if self.model.HAS_TIMELINE:
            tell_timeline(move=UNDO, author=by and by.pk, at=at.isoformat())
        return self.update(**before, version=F("version") + 1, updated_at=Now())


class Record(Versioned):
    """Abstract base. Subclasses add `team`, `title`, `severity` and `status`, and set the constants below."""

    # Other rows in the API name this record only to people who can see it.
    IS_NAMED_TO_VIEWERS_ONLY = True
    REFERENCE_KIND: str
    LIFE: Life
    RULES: tuple[Rule | Order, ...]
    TIMES: tuple[str, ...]
    # The columns of a CSV export: everything that the importer reads, so that an export can be imported again.
    CSV_COLUMNS: tuple[str, ...]
    # How to write a column of it that isn't one text.
    CSV_EXPRESSIONS: Mapping[str, models.Expression] = {}
    # The long text that takes a full title if the title had to be cut.
    ROOM_FOR_TITLE: str
    # The status of a duplicate until its original is known; empty if a duplicate needs no original.
    WAITS_AS = ""
    # Columns that can name a team whose records the person does not see.
    OTHER_TEAMS: tuple[str, ...] = ()
    # Whether a trigger writes a timeline (`records.timeline`), which is then in `timeline`.
    HAS_TIMELINE = False
    # Whether people write updates for stakeholders to the timeline, besides notes.
    HAS_UPDATES = False
    # Always points at the root. The trigger of `flat_duplicates` enforces this, whoever writes.
    duplicate_of_id: int | None
    status: Any
    # Why this edit corrects a time. The timeline keeps it.
    correction = ""
    # What the timeline says about a move with the next save.
    _said: dict[str, Any] | None = None
    # The status in the database. If `status` differs when saving, it was changed without a move.
    _stored_status: str | None = None

    reference = models.CharField(max_length=24, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    source = models.CharField(max_length=40, blank=True, editable=False)
    external_id = models.CharField(max_length=120, blank=True, editable=False)
    # The reason for the last move, if that move asks for one. The history keeps earlier reasons.
    status_reason = models.TextField("reason", max_length=2000, blank=True, editable=False, default="", db_default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.reference} {getattr(self, 'title', '')}"

    @classmethod
    def csv_columns(cls) -> dict[str, str | models.Expression]:
        """What to write below each name. The name lacks the key of a related row: `team` for `team__slug`."""
        return {path.partition("__")[0]: cls.CSV_EXPRESSIONS.get(path, path) for path in cls.CSV_COLUMNS}

    def problems(self, now: datetime) -> dict[str, str]:
        """What is wrong with this row: a sentence per field. Forms, the API and imports all use this."""
        return rule_problems(self, self.RULES) | date_problems(self, self.TIMES, now)

    @property
    def teams(self) -> list[Team]:
        """The teams whose members can see the record and work on it. The first one does it."""
        return [self.team]  # type: ignore[attr-defined]

    def history_sources(self) -> list[Source]:
        """Whose events its history shows: its own and those of rows that belong to it."""
        return [history_of(self)]

    def time_notes(self) -> dict[str, str]:
        """Notes on some of the times, such as how long it took until then."""
        return {}

    def pointed_at(self, name: str, user: Any) -> Record | None:
        """The record that a column points to. Also None if this person may not see it, or if it was deleted."""
        column: Any = self._meta.get_field(name)
        rows: Any = column.related_model._default_manager
        pk = getattr(self, column.attname)
        return rows.visible_to(user).filter(pk=pk).first() if pk else None

    def refuse_problems(self, now: datetime) -> None:
        if problems := self.problems(now):
            raise ValidationError(problems)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        record = super().from_db(*args, **kwargs)
        record._stored_status = record.__dict__.get("status")
        return record

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self._stored_status = self.__dict__.get("status")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new row gets the team's next reference; an edited one must still have the version that was read."""
        if not self._state.adding and self._stored_status is not None and self.status != self._stored_status:
            raise UnmadeMove(f"{self.reference} went from {self._stored_status} to {self.status} without a move.")
        chosen = kwargs.get("update_fields")
        with transaction.atomic():
            if chosen is None or "duplicate_of" in chosen:
                self._flatten_duplicates()
            if self._state.adding and not self.reference:
                self.reference = self.team.next_references(self.REFERENCE_KIND)[0]  # type: ignore[attr-defined]
            if chosen is not None:
                kwargs["update_fields"] = {*chosen, "updated_at"}
            # Last of all, because the next statement on the table takes it.
            if self.HAS_TIMELINE and (said := self._said or ({"text": self.correction} if self.correction else None)):
                tell_timeline(**said)
            super().save(*args, **kwargs)
        self.correction, self._said = "", None
        self._stored_status = self.status

    # --- Moves ---

    def infer_status(self) -> None:
        """Sets the status that the times imply. For new records without a status."""
        self.status = self.LIFE.status_by(lambda name: getattr(self, name))

    def begin(self, status: str = "", *, at: datetime | None) -> None:
        """Sets the status of a new record: the given one, or the one its times imply.

        With `at`, it also fills in the times that a given status needs, as the moves to it would have.
        """
        if not status:
            self.infer_status()
            return
        self.status = status
        way = self._way(self.LIFE.first, status) if at else None
        for move in way or []:
            for column, value in {**dict.fromkeys(move.stamps, at), **move.sets}.items():
                setattr(self, column, getattr(self, column) or value)

    def move_as_named(self, status: str, named: Collection[str]) -> bool:
        """Follows the moves to the status that a file gives, without touching the columns in `named`, which the file sets.

        Sets no times, since a file has its own or none, and doesn't save. Returns False if no moves lead there.
        """
        way = self._way(self.status, status)
        for move in way or []:
            for column, value in {**dict.fromkeys(move.clears), **move.sets}.items():
                if column not in named:
                    setattr(self, column, self._empty(column) if value is None else value)
        if way is not None:
            self.status, self.status_reason = status, ""
        return way is not None

    def _way(self, start: str, end: str) -> list[Move] | None:
        """The moves from one status to another. Prefers those that end with the record's own resolution."""
        chosen = {name: value for name in ("resolution",) if (value := getattr(self, name, ""))}
        return self.LIFE.path(start, end, **chosen) or self.LIFE.path(start, end)

    def possible_moves(self) -> list[Move]:
        """The moves that the record can make now."""
        return [move for move in self.LIFE.moves_from(self.status) if move.is_open_to(self)]

    def may_be_moved(self, move: Move, by: User) -> bool:
        """Whether this person may make the move."""
        team: Any = self.team  # type: ignore[attr-defined]
        return can_manage(by, team) if move.for_managers else can_work_on(by, self)

    def possible_move(self, name: str) -> Move:
        """The move with this name, if the record can make it now. Otherwise raises a ValidationError with the reason."""
        for move in self.possible_moves():
            if move.name == name:
                return move
        kind, status = self._meta.verbose_name, self.get_status_display().lower()  # type: ignore[attr-defined]
        label = next((move.label for move in self.LIFE.moves if move.name == name), name[:40])
        raise ValidationError(f"“{label}” is not possible now: the {kind} is {status}.")

    def missing_before(self, move: Move) -> dict[str, str]:
        """What has to be done elsewhere before the move can be made: a sentence each, by column or related name."""
        return {}

    def asks_for(self, move: Move) -> list[str]:
        """What the move needs and the record lacks: names of columns, and perhaps a reason."""
        return [name for name in move.needs if name == REASON or not getattr(self, self._attname(name))]

    @transaction.atomic
    def make(
        self, name: str, *, by: User | None, at: datetime, note: str = "", happened_at: datetime | None = None, **values: Any
    ) -> Move:
        """The only way to change a status: locks the record, checks the move, sets times and values, saves.

        `values`: what the move needs, or a time that it sets, if that isn't now. `happened_at`: of a move that sets no time
        but `asks_when`. Raises ValidationError if it is refused.
        """
        if values.get("duplicate_of") is not None:
            self._lock_duplicates()
        self._lock()
        move = self.possible_move(name)
        if missing := self.missing_before(move):
            raise ValidationError(list(missing.values()))
        note = clean_text(note).strip()
        self._refuse_missing(move, note, values)
        if happened_at and (sentence := moment_problem(happened_at, at) if move.asks_when else NOT_DATED):
            raise ValidationError({"at": sentence})
        before = self.state()
        self.status_reason = note
        times = {time: self._after_all_times(at) for time in move.stamps}
        for column, value in {**dict.fromkeys(move.clears), **times, **move.sets, **values}.items():
            setattr(self, column, self._empty(column) if value is None else value)
        if move.claims and getattr(self, self._attname(move.claims)) is None:
            setattr(self, move.claims, by)
        if move.counts:
            setattr(self, move.counts, getattr(self, move.counts) + 1)
        given = [moment for moment in (happened_at, *(values.get(time) for time in move.stamps)) if moment]
        said = {"move": move.name, "text": note, "author": by and by.pk, "source": MANUAL if given else AUTO}
        said["at"] = min(given, default=at).isoformat()
        self._go_to(move.to, at, before, said)
        return move

    def _refuse_missing(self, move: Move, note: str, values: dict[str, Any]) -> None:
        if strange := values.keys() - {*move.needs, *move.stamps}:
            raise TypeError(f"The move {move.name} takes no {', '.join(sorted(strange))}.")
        given = {name for name, value in values.items() if value} | ({REASON} if note else set())
        problems = {name: ASKED[name] for name in self.asks_for(move) if name not in given}
        for name, choices in move.choices.items():
            if name in given and values[name] not in choices:
                problems[name] = ASKED[name]
        if problems:
            raise ValidationError(problems)

    def state(self) -> dict[str, Any]:
        """Everything that a move can change, so that it can be undone."""
        names = ["status", "status_reason", *map(self._attname, self.LIFE.columns())]
        values = {name: getattr(self, name) for name in names}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}

    @transaction.atomic
    def undo_move(self, before: dict[str, Any], version: int, *, by: User | None, at: datetime) -> None:
        """Restores the `state` before a move. Raises ValidationError if the record has changed since (another `version`)."""
        self._lock()
        if self.version != version:
            raise ValidationError(f"This {self._meta.verbose_name} has changed since, so the move was not undone.")
        now = self.state()
        for name, value in before.items():
            setattr(self, name, datetime.fromisoformat(value) if value and name in self.TIMES else value)
        self._go_to(before["status"], at, now, {"move": UNDO, "author": by and by.pk, "at": at.isoformat()})

    def _go_to(self, status: str, at: datetime, before: dict[str, Any], said: dict[str, Any]) -> None:
        """The last step of a move and of its undo. Anything else that a move has to write belongs here.

        `before`: the state until now; `said`: what the timeline says about the move.
        """
        self.status = self._stored_status = status
        self.refuse_problems(at)
        after = self.state()
        changed = [name for name in after if after[name] != before[name]]
        self._said = said | {
            "before": {name: before[name] for name in changed},
            "after": {name: after[name] for name in changed},
        }
        self.save()

    def _lock(self) -> None:
        self.refresh_from_db(from_queryset=type(self)._base_manager.select_for_update())
        if self.deleted_at:
            raise ValidationError(f"This {self._meta.verbose_name} was deleted.")

    def _after_all_times(self, now: datetime) -> datetime:
        """Now, or the latest time of the row if that is later: a machine with a fast clock may have reported it."""
        return max(filter(None, (now, *(getattr(self, name) for name in self.TIMES))))

    def _attname(self, name: str) -> str:
        return self._meta.get_field(name).attname  # type: ignore[union-attr]

    def _empty(self, name: str) -> str | None:
        return None if self._meta.get_field(name).null else ""

    # --- Duplicates ---

    @property
    def is_duplicate(self) -> bool:
        """Whether its status or resolution says that it is a duplicate."""
        raise NotImplementedError

    def link_problems(self, values: Mapping[str, Any]) -> dict[str, str]:
        """What is wrong with the records that these changed values point to: a sentence per field."""
        original = values.get("duplicate_of")
        sentence = original and self.circle_problem(original)
        return {"duplicate_of": sentence} if sentence else {}

    def circle_problem(self, original: Record) -> str:
        """A message if `original` duplicates this record. (If it duplicates another, that one becomes the original.)"""
        if self.pk and original.duplicate_of_id == self.pk:
            return f"{original.reference} is already marked as a duplicate of {self.reference}."
        return ""

    def _flatten_duplicates(self) -> None:
        """Points this duplicate, and all duplicates of it, at the root. Holds the lock until the commit."""
        if self.duplicate_of_id is None:
            return
        self._lock_duplicates()
        rows: Any = type(self)._base_manager
        original = rows.get(pk=self.duplicate_of_id)
        if problem := self.circle_problem(original):
            raise ValidationError({"duplicate_of": problem})
        self.duplicate_of_id = original.duplicate_of_id or original.pk
        if self.pk:
            rows.filter(duplicate_of=self.pk).update(
                duplicate_of=self.duplicate_of_id, version=F("version") + 1, updated_at=Now()
            )

    def _lock_duplicates(self) -> None:
        """Locks duplicates of this kind until the transaction ends. Must be called before any row is locked."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"duplicates.{self._meta.db_table}"])

    # --- Deleting ---

    def soft_delete(self, at: datetime) -> None:
        """Removes the record from lists and counts. An edit that is open elsewhere becomes stale."""
        self.deleted_at = at
        self.save(update_fields=["deleted_at"])

    def restore(self) -> None:
        """Undoes a deletion."""
        self.deleted_at = None
        self.save(update_fields=["deleted_at"])


def flat_duplicates(table: str) -> migrations.RunSQL:
    """For a migration: a trigger that refuses chains and circles of duplicates, whoever writes them.

    A check constraint can't read another row. The lock makes two writers wait for each other, so that the second sees
    what the first has stored. It is the same lock that `Record.save` takes before it locks any row.
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
