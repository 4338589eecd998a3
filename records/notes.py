"""The timeline on the page of a record: its entries, the form for notes, pins, and undo of the last move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db import connection
from django.http import QueryDict
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from qmportal.lib.forms import MomentField, ProseField
from records.timeline import LONGEST, UNDO, Entry, moves_of, read_times, write_entry

if TYPE_CHECKING:
    from datetime import datetime

    from teams.models import User

PAGE_SIZE = 50
# Entries that were recorded this much later than they happened say so.
RECORDED_LATER = timedelta(minutes=5)
# What the page reads of an entry.
SHOWN = (
    *("id", "kind", "text", "happened_at", "recorded_at", "door", "data", "next_update_at"),
    *("author__name", "author__email", "pin__id"),
)
REMINDERS = {"30": "30 minutes", "60": "1 hour", "120": "2 hours", "240": "4 hours", "1440": "1 day"}


class NoteForm(forms.Form):
    """A note or an update for stakeholders."""

    kind = forms.ChoiceField(
        choices=[(Entry.Kind.NOTE.value, "Note"), (Entry.Kind.UPDATE.value, "Update for stakeholders")],
        widget=forms.RadioSelect,
        initial=Entry.Kind.NOTE.value,
    )
    text = ProseField(
        max_length=LONGEST,
        label="What is new?",
        help_text="Markdown works. Nobody can change an entry later.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write something."},
    )
    happened_at = MomentField(required=False, label="When it happened", help_text="Leave empty for now.")
    next_update = forms.ChoiceField(
        choices=[("", "No reminder"), *REMINDERS.items()],
        required=False,
        label="Next update due in",
        help_text="For updates. The lead gets a reminder.",
    )

    def __init__(self, data: QueryDict | None = None, *, record: Any):
        super().__init__(data, auto_id="note_%s")
        self.record = record
        if not record.HAS_UPDATES:
            del self.fields["kind"], self.fields["next_update"]

    @cached_property
    def groups(self) -> dict[str, SafeString]:
        """Each field with its label, help and errors, as HTML by name."""
        return _groups(self) if self.is_bound else _blank_groups(self.record.__class__)

    def write(self, by: User) -> Entry | None:
        """Adds the entry. Returns None, with errors at the fields, if it is refused."""
        now = timezone.now()
        given = self.cleaned_data
        kind = given.get("kind") or Entry.Kind.NOTE
        minutes = given["next_update"] if kind == Entry.Kind.UPDATE else ""
        due = now + timedelta(minutes=int(minutes)) if minutes else None
        when = {"happened_at": given["happened_at"], "next_update_at": due}
        try:
            entry: Entry = write_entry(self.record, kind, given["text"], by=by, at=now, **when)
        except ValidationError as refused:
            self.add_error(None, refused)
            return None
        return entry


def _groups(form: NoteForm) -> dict[str, SafeString]:
    return {field.name: field.as_field_group() for field in form}


@cache
def _blank_groups(kind: type[Any]) -> dict[str, SafeString]:
    """Of the form that nobody has typed into, which is always the same for a kind of record."""
    return _groups(NoteForm(record=kind))


@dataclass
class Shown:
    """An entry, as the page shows it. `entry` has the columns of `SHOWN`."""

    entry: Any
    record: Any

    @property
    def is_pinned(self) -> bool:
        return self.entry.pin__id is not None

    @property
    def who(self) -> str:
        author = self.entry.author__name or self.entry.author__email
        return author or {"import": "Import", "api": "API"}.get(self.entry.door, "")

    @property
    def is_late(self) -> bool:
        return bool(self.entry.recorded_at - self.entry.happened_at > RECORDED_LATER)

    @cached_property
    def title(self) -> str:
        """What happened, for the entries that people don't write."""
        entry = self.entry
        if entry.kind not in (Entry.Kind.MOVE, Entry.Kind.CORRECTION):
            return Entry.Kind(entry.kind).label if entry.kind != Entry.Kind.NOTE else ""
        move = entry.data.get("move", "")
        status = dict(type(self.record).Status.choices).get(entry.data.get("to", ""), "").lower()
        if not entry.data.get("from"):
            return "Imported" if entry.door == "import" else "Reported"
        if move == UNDO:
            return f"Undone, back to {status}"
        if entry.kind == Entry.Kind.CORRECTION:
            return "Time corrected"
        known = self.record.LIFE.named(move, entry.data["from"])
        return capfirst(known.done) if known else capfirst(status)

    @property
    def label(self) -> str:
        """Names the entry for people who can't see the page."""
        return self.title or str(self.entry.text[:40])

    @property
    def times(self) -> list[tuple[str, datetime | None]]:
        """The times that it set or cleared, each with its name, unless it is the very time of the entry."""
        found = read_times(self.entry.data)
        return [
            (capfirst(self.record._meta.get_field(name).verbose_name), found[name])
            for name in self.record.TIMES
            if name in found and found[name] != self.entry.happened_at
        ]


FACTS = "SELECT max(e.id), max(p.id), count(*) FROM {} e LEFT JOIN {} p ON p.entry_id = e.id WHERE e.record_id = %s"


class Facts(NamedTuple):
    """The last entry and the last pin of a timeline (ids), and how many entries it has."""

    entry: int | None
    pin: int | None
    number: int


@dataclass
class Timeline:
    """One page of a record's timeline, filtered and in the order that the address asks for."""

    record: Any
    query: QueryDict

    @cached_property
    def _facts(self) -> Facts:
        """Plain SQL: Django takes longer to build the query than PostgreSQL to run it, and polling runs nothing else."""
        entries: Any = self.record.timeline.model
        pins = entries._meta.get_field("pin").related_model
        tables = [connection.ops.quote_name(model._meta.db_table) for model in (entries, pins)]
        with connection.cursor() as cursor:
            cursor.execute(FACTS.format(*tables), [self.record.pk])
            return Facts(*cursor.fetchone())

    @property
    def marker(self) -> str:
        """Changes when the record or its timeline does."""
        return f"{self.record.version}.{self._facts.entry or 0}.{self._facts.pin or 0}"

    @cached_property
    def chosen(self) -> str:
        kind = self.query.get("entries", "")
        return kind if kind in Entry.Kind.values else ""

    @cached_property
    def _url(self) -> str:
        return str(self.record.get_absolute_url())

    @property
    def oldest_first(self) -> bool:
        return self.query.get("order") == "oldest"

    @cached_property
    def page(self) -> Page[Any]:
        rows = self.record.timeline.values_list(*SHOWN, named=True)
        rows = rows.filter(kind=self.chosen) if self.chosen else rows
        rows = rows.order_by("happened_at", "id") if self.oldest_first else rows.order_by("-happened_at", "-id")
        pages = Paginator(rows, PAGE_SIZE)
        if not self.chosen:
            pages.count = self._facts.number  # known already
        page = pages.get_page(self.query.get("page"))
        page.object_list = [Shown(entry, self.record) for entry in page.object_list]
        return page

    @cached_property
    def pinned(self) -> list[Shown]:
        if self._facts.pin is None:
            return []
        rows = self.record.timeline.filter(pin__isnull=False).order_by("happened_at", "id")
        return [Shown(entry, self.record) for entry in rows.values_list(*SHOWN, named=True)]

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """The filter, as options of a segmented control."""
        names = [("", "All"), ("note", "Notes"), ("update", "Updates"), ("move", "Status"), ("correction", "Corrections")]
        names = [each for each in names if each[0] != Entry.Kind.UPDATE or self.record.HAS_UPDATES]
        order = "&order=oldest" if self.oldest_first else ""
        return [
            {"label": label, "url": f"{self._url}?entries={key}{order}#timeline", "current": key == self.chosen}
            for key, label in names
        ]

    @property
    def other_order(self) -> dict[str, str]:
        kind = f"&entries={self.chosen}" if self.chosen else ""
        if self.oldest_first:
            return {"label": "Newest first", "url": f"{self._url}?order=newest{kind}#timeline"}
        return {"label": "Oldest first", "url": f"{self._url}?order=oldest{kind}#timeline"}

    @cached_property
    def moves(self) -> list[Any]:
        return moves_of(self.record)


def move_to_undo(record: Any, moves: Sequence[Any]) -> Any:
    """The last move, if nobody has changed since what it set."""
    last = next((entry for entry in reversed(moves) if entry.kind == Entry.Kind.MOVE), None)
    if last is None or "before" not in last.data or last.data.get("move") == UNDO:
        return None
    now = record.state()
    return last if all(now[name] == value for name, value in last.data["after"].items()) else None
