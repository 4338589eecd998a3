"""The pages that every kind of record has. An app passes its `Kind` and adds only what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from qmportal.lib.changes import last_change
from qmportal.lib.forms import go, prefill
from qmportal.lib.html import format_html_join
from qmportal.lib.kept import Kept
from qmportal.lib.pages import form_page, render_page, way_back
from qmportal.lib.spreadsheet import csv_stream
from qmportal.lib.text import clean_line
from qmportal.lib.undo import read_undo, say_with_undo
from qmportal.lib.versions import Stale
from records import columns
from records.bulk import BulkForm, ReasonForm
from records.entries import Buttons
from records.filters import ListForm
from records.forms import IntakeForm, MoveForm
from records.models import ONLY_MANAGERS, Record, SavedView
from records.notes import NoteForm, Timeline, move_to_undo
from records.scales import fill
from records.timeline import ALERT, IMPORT, MANUAL, moves_of, time_sources
from teams.choices import team_named
from teams.models import Membership, Team, User
from teams.permissions import can_manage, can_work_on, is_admin, require
from teams.requests import SignedInRequest, team_before

SIMILAR_SHOWN = 4
SOURCES = {MANUAL: "entered manually", IMPORT: "imported", ALERT: "from an alert"}
MOST_VIEWS = 30
# Teams offered for sharing a view.
MOST_TEAMS = 50
VIEWS = Kept(400)


class Listed(Protocol):
    """A list that can have saved views and edits of many rows."""

    @property
    def model(self) -> Any: ...

    @property
    def plural(self) -> str: ...

    @property
    def app(self) -> str: ...

    def url(self, name: str, *args: str) -> str: ...

    def called(self, references: list[str], user: User) -> Any:
        """The rows with these references that the person can see."""

    def listed(self, query: QueryDict, user: User) -> Any:
        """The rows that the list shows with this address."""

    def bulk_form(self, data: QueryDict | None, user: User) -> ReasonForm: ...


@dataclass(frozen=True, slots=True)
class Kind:
    """What the pages need to know about a kind of record. `form` and `filters` are called like their base classes."""

    model: Any
    form: Callable[..., IntakeForm[Any]]
    filters: Callable[..., ListForm]
    prefilled: tuple[str, ...]  # form fields that the URL can fill in for a new record
    columns: tuple[columns.Column, ...]  # of the list
    in_full: tuple[str, ...]  # related rows that the record's page reads
    scales: tuple[str, ...] = ()  # the same of short tables, which are kept in memory
    bulk: tuple[str, ...] = ()  # fields that an edit of many can change; empty: no such edits, and no saved views
    created: str = "reported"  # what one does to make a new one

    @property
    def noun(self) -> str:
        return str(self.model._meta.verbose_name)

    @property
    def plural(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def app(self) -> str:
        """The namespace of its pages, and the folder of its templates."""
        return self.plural

    @property
    def with_article(self) -> str:
        return f"{'an' if self.noun[0] in 'aeiou' else 'a'} {self.noun}"

    @property
    def verb(self) -> str:
        return self.created.removesuffix("ed").capitalize()

    def url(self, name: str, *args: str) -> str:
        return reverse(f"{self.app}:{name}", args=args)

    def called(self, references: list[str], user: User) -> Any:
        return self.model._default_manager.visible_to(user).filter(reference__in=references)

    def listed(self, query: QueryDict, user: User) -> Any:
        return self.filters(query, user=user).chosen()

    def bulk_form(self, data: QueryDict | None, user: User) -> ReasonForm:
        return BulkForm(data, record_form=self.form(user=user), names=self.bulk)

    def find(self, request: SignedInRequest, reference: str) -> Any:
        rows = self.model._default_manager.visible_to(request.user).select_related(*self.in_full)
        record = get_object_or_404(rows, reference=reference.upper())
        fill(record, self.scales, request.user)
        return record

    def page(self, request: SignedInRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        """Renders the app's own page with this name. The template finds the record as `record` and under its noun."""
        record = {self.noun: context["record"]} if "record" in context else {}
        return render_page(request, f"{self.app}/{name}.html", {"kind": self} | record | context, status=status)

    def shared_page(self, request: SignedInRequest, name: str, record: Record, **context: Any) -> HttpResponse:
        status = context.pop("status", 200)
        return render_page(request, f"records/{name}.html", {"kind": self, "record": record} | context, status=status)


def record_list(request: SignedInRequest, kind: Kind) -> HttpResponseBase:
    filters = kind.filters(request.GET, user=request.user)
    if request.GET.get("format") == "csv":
        return csv_stream(f"{kind.plural}.csv", kind.model.csv_columns(), filters.chosen())
    shown = (columns.CHOOSE, *kind.columns) if kind.bulk else kind.columns
    page = filters.page(columns.read_by(shown))
    context = {
        "kind": kind,
        "filters": filters,
        "page": page,
        "head": columns.table_head(shown, request.GET, filters.DEFAULT_ORDER),
        "rows": columns.table_rows(shown, page, kind.url("list")),
    }
    if kind.bulk:
        context |= views_beside(request, kind)
    return render_page(request, f"{kind.app}/list.html", context, partial="rows")


def list_query(asked: QueryDict) -> str:
    """The part of a list's address that says what it shows: filters and order."""
    kept = asked.copy()
    for name in ("page", "format", "row", "all"):
        kept.pop(name, None)
    return urlencode(sorted((name, value) for name, value in kept.items() if value))


def views_beside(request: SignedInRequest, kind: Listed) -> dict[str, Any]:
    """The saved views that the person sees above the list, kept until a view or what the person may see changes."""
    user = request.user
    key = (user.pk, user.is_admin, kind.plural, *user.versions.of(SavedView, Team, Membership))
    return VIEWS.get_or_make(key, lambda: _views_for(user, kind)) | {"query": list_query(request.GET)}


def _views_for(user: User, kind: Listed) -> dict[str, Any]:
    views = SavedView.objects.filter(kind=kind.plural)
    everyone = [("everyone", "Everyone")] if is_admin(user) else []
    teams = [(team.slug, team.name) for team in user.reach[:MOST_TEAMS]]
    return {
        "views": list(views.visible_to(user)[:MOST_VIEWS]),
        "changeable_views": set(views.changeable_by(user).values_list("pk", flat=True)),
        "share_with": format_html_join("", '<option value="{}">{}</option>', [("private", "Only me"), *everyone, *teams]),
    }


def record_detail(request: SignedInRequest, reference: str, kind: Kind, **context: Any) -> HttpResponse:
    """The page of a record. `context`: further values that the app's page shows, as functions of record and user."""
    record = kind.find(request, reference)
    if record.reference != reference:  # typed in lower case
        return redirect(record)
    if record.HAS_TIMELINE and request.htmx and request.GET.get("seen") == Timeline(record, request.GET).marker:
        return HttpResponse(status=204)
    return detail_page(request, kind, record, **context)


def detail_page(
    request: SignedInRequest, kind: Kind, record: Any, form: NoteForm | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """The page of a record. `form`: what was typed into the form for notes."""
    timeline = Timeline(record, request.GET) if record.HAS_TIMELINE else None
    shared = {
        "record": record,
        "events": events(record, timeline.moves if timeline else ()),
        "original": record.duplicate_of_id and record.pointed_at("duplicate_of", request.user),
        "moves": moves_for(request.user, record),
        "may_edit": can_work_on(request.user, record),
        "may_delete": can_manage(request.user, record.team),
    }
    if timeline:
        shared |= {"timeline": timeline, "note_form": form or NoteForm(record=record)}
        if shared["may_edit"]:
            shared["buttons"] = _buttons(request.user, kind, record, move_to_undo(record, timeline.moves))
    found = {name: of(record, request.user) for name, of in context.items()}
    return kind.page(request, "detail", shared | found, status)


def _buttons(user: User, kind: Kind, record: Record, last_move: Any) -> Buttons:
    undoable = last_move.id if _may_undo(user, record, last_move) else None
    return Buttons(kind.url("pin", record.reference, "0"), kind.url("undo_move", record.reference), undoable)


def _may_undo(user: User, record: Record, entry: Any) -> bool:
    """Whoever may make a move may undo it."""
    move = record.LIFE.named(entry.data["move"], entry.data["from"]) if entry else None
    return move is not None and record.may_be_moved(move, user)


def record_note(request: SignedInRequest, reference: str, kind: Kind, **context: Any) -> HttpResponse:
    """Adds a note to the timeline."""
    record = kind.find(request, reference)
    require(can_work_on(request.user, record))
    form = NoteForm(request.POST, record=record)
    if not form.is_valid() or not (entry := form.write(request.user)):
        return detail_page(request, kind, record, form, 422, **context)
    return redirect(f"{record.get_absolute_url()}#entry-{entry.pk}")


def record_pin(request: SignedInRequest, reference: str, pk: int, kind: Kind) -> HttpResponse:
    """Pins an entry to the top of the timeline, or takes the pin away."""
    record = kind.find(request, reference)
    require(can_work_on(request.user, record))
    entry = get_object_or_404(record.timeline, pk=pk)
    pins: Any = type(entry)._meta.get_field("pin").related_model
    if "pin" in request.POST:
        pins.objects.get_or_create(entry=entry, defaults={"by": request.user, "at": timezone.now()})
    else:
        pins.objects.filter(entry=entry).delete()
    return redirect(f"{record.get_absolute_url()}#timeline")


def record_create(
    request: SignedInRequest, kind: Kind, *, initial: dict[str, Any] | None = None, what: str = "", **context: Any
) -> HttpResponse:
    """The form of a new record. `initial`: values that win over the previous page's team, and lose against the URL's.

    `what`: what the heading calls it, if that is not its noun.
    """
    data = request.POST if request.method == "POST" else None
    initial = team_before(request) | (initial or {}) | prefill(request, kind.prefilled)
    form = kind.form(data, user=request.user, initial=initial)
    if form.is_valid():
        record = form.file()
        messages.success(request, f"{record.reference} was {kind.created}.")
        return go(request, record)
    return _answer_form(request, kind, form, f"{kind.verb} {what or kind.with_article}", **context)


def record_similar(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """Possible duplicates of the title that the person is typing. It is only a hint, so bad input gives no error."""
    title, team = clean_line(request.GET.get("title", "")[:200]), team_named(request.user, request.GET.get("team", ""))
    rows = kind.model._default_manager.visible_to(request.user).filter(team__slug=team)
    similar = rows.like(title)[:SIMILAR_SHOWN] if title and team else []
    return render_page(request, "records/_title.html#similar", {"kind": kind, "similar": similar})


def record_edit(request: SignedInRequest, reference: str, kind: Kind) -> HttpResponse:
    record = kind.find(request, reference)
    require(can_work_on(request.user, record))
    form = kind.form(request.POST if request.method == "POST" else None, instance=record, user=request.user)
    try:
        if not form.is_valid() or not form.store():
            return _answer_form(request, kind, form, f"Edit {reference}", record=record)
    except Stale as stale:
        conflict = form.conflict(kind.find(request, stale.current.reference))  # 404 if the user can no longer see it
        return _answer_form(request, kind, form, f"Edit {reference}", record=record, status=409, conflict=conflict)
    messages.success(request, f"{reference} was saved.")
    return go(request, record)


@form_page
def record_fix(request: SignedInRequest, reference: str, field: str, kind: Kind) -> HttpResponse:
    """The form of a single field, for lists of what is missing: it goes back to the list."""
    record = kind.find(request, reference)
    require(can_work_on(request.user, record))
    form = kind.form(request.POST if request.method == "POST" else None, instance=record, user=request.user)
    if field not in form.columns:
        raise Http404("No such field.")
    form.keep_only(field)
    context = {"form": form, "next": request.POST.get("next", "")}
    try:
        if not form.is_valid() or not form.store():
            return kind.shared_page(request, "fix", record, status=422 if form.is_bound else 200, **context)
    except Stale as stale:
        context["conflict"] = form.conflict(kind.find(request, stale.current.reference))
        return kind.shared_page(request, "fix", record, status=409, **context)
    messages.success(request, f"{record.reference} was saved.")
    return redirect(way_back(request, record.get_absolute_url()))


def record_move(request: SignedInRequest, reference: str, name: str, kind: Kind) -> HttpResponse:
    """The short form of a move. A move that asks for nothing has a button on the record's page that posts here."""
    record = kind.find(request, reference)
    require(can_work_on(request.user, record))
    read = request.POST.get("version", "")
    try:
        move = record.possible_move(name)
        require(record.may_be_moved(move, request.user), ONLY_MANAGERS)
        form = MoveForm(request.POST if request.method == "POST" else None, record=record, move=move, user=request.user)
        before = record.state()
        if not form.is_valid() or not form.make(timezone.now()):
            status = 422 if form.is_bound else 200
            return kind.shared_page(request, "move", record, form=form, move=move, status=status)
    except ValidationError as refused:
        current = kind.find(request, reference)
        if read and read != str(current.version):
            change = last_change(current, request.user)
            known = {"refused": refused.messages, "change": change, "move": known_move(current, name)}
            return kind.shared_page(request, "moved", current, status=409, **known)
        messages.error(request, " ".join(refused.messages))
    else:
        undo = kind.url("undo_move", record.reference)
        say_with_undo(request, f"{record.reference} is {move.done}.", undo, version=record.version, before=before)
    return redirect(way_back(request, record.get_absolute_url(), at=record.reference))


def to_do(kind: Kind, record: Record, missing: dict[str, str], **elsewhere: str) -> dict[str, str]:
    """What `missing_before` returns, by the address where it is entered: the edit page, if not `elsewhere`."""
    edit = kind.url("edit", record.reference)
    return {elsewhere.get(name, f"{edit}#id_{name}"): sentence for name, sentence in missing.items()}


def known_move(record: Record, name: str) -> Any:
    """A move by its name, whether the record can make it now or not."""
    return next((move for move in record.LIFE.moves if move.name == name), None)


def record_undo_move(request: SignedInRequest, reference: str, kind: Kind) -> HttpResponse:
    record = kind.find(request, reference)
    require(can_work_on(request.user, record))
    try:
        facts = read_undo(request) or _last_move(request, record)
        if facts is None:
            raise ValidationError("This can no longer be undone here.")
        record.undo_move(facts["before"], facts["version"], by=request.user, at=timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, f"{record.reference} is back to {record.get_status_display().lower()}.")
    return redirect(way_back(request, record.get_absolute_url(), at=record.reference))


def _last_move(request: SignedInRequest, record: Record) -> dict[str, Any] | None:
    """What to undo, from the button in the timeline, which names the move's entry."""
    if not record.HAS_TIMELINE or "entry" not in request.POST:
        return None
    entry = move_to_undo(record, moves_of(record))
    if entry is None or str(entry.id) != request.POST["entry"] or not _may_undo(request.user, record, entry):
        return None
    return {"before": record.state() | entry.data["before"], "version": record.version}


def record_delete(request: SignedInRequest, reference: str, kind: Kind) -> HttpResponse:
    record = kind.find(request, reference)
    require(can_manage(request.user, record.team))
    if request.method == "POST":
        record.soft_delete(timezone.now())
        undo = kind.url("restore", record.reference)
        say_with_undo(request, f"{record.reference} was deleted.", undo, version=record.version)
        return redirect(kind.url("list"))
    return kind.shared_page(request, "delete", record)


def record_restore(request: SignedInRequest, reference: str, kind: Kind) -> HttpResponse:
    """Undoes a deletion."""
    rows = kind.model._default_manager.within_reach_of(request.user).exclude(deleted_at=None).select_related("team")
    record = get_object_or_404(rows, reference=reference)
    require(can_manage(request.user, record.team))
    if request.method == "POST":
        version = (read_undo(request) or {}).get("version")  # None if it was sent from the confirmation page
        if version not in (None, record.version):
            messages.error(request, f"{record.reference} has changed since, so it stays deleted.")
            return redirect(kind.url("list"))
        record.restore()
        messages.success(request, f"{record.reference} was restored.")
        return redirect(record)
    return kind.shared_page(request, "restore", record)


def moves_for(user: User, record: Record) -> dict[str, list[dict[str, Any]]]:
    """The moves that this person can make, each with a flag that says whether it asks for something first.

    The usual steps are buttons, and the first is the primary one. If there are two or more other moves, they share a menu.
    """
    possible = [move for move in record.possible_moves() if record.may_be_moved(move, user)]
    usual = [move for move in possible if move.leads_on]
    others = [move for move in possible if not move.leads_on]
    buttons, menu = (usual, others) if usual and len(others) > 1 else (usual + others, [])
    return {
        name: [{"move": move, "asks": bool(record.asks_for(move))} for move in moves]
        for name, moves in (("buttons", buttons), ("menu", menu))
    }


def events(record: Any, moves: Iterable[Any]) -> list[dict[str, Any]]:
    """The known times in order, each with its note, such as how long it took until then. `moves`: from its timeline."""
    notes = record.time_notes()
    for name, source in time_sources(moves).items():
        if source in SOURCES:
            notes[name] = f"{notes[name]}; {SOURCES[source]}" if notes.get(name) else capfirst(SOURCES[source])
    return [
        {"at": at, "text": capfirst(record._meta.get_field(name).verbose_name), "note": notes.get(name, "")}
        for name in record.TIMES
        if (at := getattr(record, name)) is not None
    ]


def _answer_form(
    request: SignedInRequest, kind: Kind, form: IntakeForm[Any], heading: str, *, status: int = 0, **context: Any
) -> HttpResponse:
    status = status or (422 if form.is_bound else 200)
    return kind.page(request, "form", {"form": form, "heading": heading} | context, status)
