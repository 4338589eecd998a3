"""The timeline of a record in the API: read it, add to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qmportal.lib.api import InstantField, refuse_undeclared
from qmportal.lib.timestamps import written_moment
from records.api import json_object, text_of
from records.notes import PAGE_SIZE
from records.timeline import LONGEST, Entry, read_times, source_of, write_entry
from teams.authentication import person
from teams.idempotency import once
from teams.permissions import can_work_on, require


class TimelineEntryRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(Entry.Kind.choices)
    text = serializers.CharField(help_text="Markdown.")
    happened_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    author = serializers.EmailField(allow_null=True)
    door = serializers.CharField()
    move = serializers.CharField(help_text="The name of the move, `undo`, or empty.")
    from_status = serializers.CharField(help_text="Of a move: the status before. Empty for a new record.")
    to_status = serializers.CharField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Where its times come from: auto, manual, alert, import or inferred."
    )
    times = serializers.DictField(help_text="The times that a move or correction set, null if it cleared one.")
    next_update_at = serializers.DateTimeField(allow_null=True)
    pinned = serializers.BooleanField()


class NewTimelineEntry(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST, help_text="Markdown.")
    kind = serializers.ChoiceField([kind.value for kind in Entry.WRITTEN], required=False, help_text="Default: `note`.")
    happened_at = serializers.DateTimeField(required=False, allow_null=True, help_text="Default: now.")
    next_update_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="When the next update is due. Only for `update`."
    )


class RecordTimeline(generics.GenericAPIView[Any]):
    """What happened, oldest first, 50 a page. POST adds a note or an update; entries never change."""

    serializer_class = TimelineEntryRow
    lookup_field = "reference"
    filter_backends = ()
    pagination_class = None

    def find(self, reference: str) -> Any:
        rows: Any = self.get_queryset()
        return get_object_or_404(rows.visible_to(self.request.user).select_related("team"), reference=reference.upper())

    def get(self, request: Request, reference: str) -> Response:
        refuse_undeclared(request, {"format", "page", "kind"})
        rows = self.find(reference).timeline.select_related("author", "pin").order_by("happened_at", "id")
        if "kind" in request.query_params:
            try:
                kind = serializers.ChoiceField(Entry.Kind.choices).run_validation(request.query_params["kind"])
            except ValidationError as refused:
                raise ValidationError({"kind": refused.detail}) from None
            rows = rows.filter(kind=kind)
        paginator = Paginator(rows, PAGE_SIZE)
        number = serializers.IntegerField(min_value=1).run_validation(request.query_params.get("page", 1))
        found = paginator.page(number).object_list if number <= paginator.num_pages else []
        return Response({"count": paginator.count, "results": [written(entry) for entry in found]})

    def post(self, request: Request, reference: str) -> Response:
        refuse_undeclared(request, {"format"})
        return once(request, lambda: self._write(request, reference))

    def _write(self, request: Request, reference: str) -> Response:
        record, body = self.find(reference), json_object(request)
        require(can_work_on(person(request), record))
        given, problems = read_entry(body)
        if given["kind"] == Entry.Kind.UPDATE and not record.HAS_UPDATES:
            problems["kind"] = "Choose note."
        if problems:
            raise ValidationError(problems)
        entry = write_entry(record, by=person(request), at=timezone.now(), **given)
        return Response(written(entry), status=status.HTTP_201_CREATED)


def read_entry(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a new entry, and a sentence for each field with a wrong type or name."""
    given: dict[str, Any] = {"kind": Entry.Kind.NOTE.value, "text": ""}
    problems: dict[str, str] = {}
    for name, value in body.items():
        try:
            if name not in NewTimelineEntry._declared_fields:
                takes = ", ".join(NewTimelineEntry._declared_fields)
                problems[name] = f"This field cannot be set here. These can: {takes}."
            elif name == "text":
                given[name] = text_of(value)
            elif name == "kind":
                given[name] = text_of(value)
                if value not in Entry.WRITTEN:
                    problems[name] = f"Choose one of {', '.join(Entry.WRITTEN)}."
            else:
                moment = None if value is None else InstantField(required=False).to_python(text_of(value))
                given[name] = moment and moment.astimezone(UTC)
        except DjangoValidationError as refused:
            problems[name] = refused.messages[0]
    if given.get("next_update_at") and given["kind"] != Entry.Kind.UPDATE:
        problems.setdefault("next_update_at", "Only an update can announce the next one.")
    return given, problems


def _source(entry: Any) -> str:
    """Of the first time that it set, or empty."""
    at = next(filter(None, read_times(entry.data).values()), None)
    return source_of(entry, at) if at else ""


def written(entry: Any) -> dict[str, Any]:
    """An entry as the API writes it."""

    def moment(at: datetime | None) -> str | None:
        return written_moment(at) if at else None

    return {
        "id": entry.pk,
        "kind": entry.kind,
        "text": entry.text,
        "happened_at": written_moment(entry.happened_at),
        "recorded_at": written_moment(entry.recorded_at),
        "author": entry.author and entry.author.email,
        "door": entry.door,
        "move": entry.data.get("move", ""),
        "from_status": entry.data.get("from", ""),
        "to_status": entry.data.get("to", ""),
        "source": _source(entry),
        "times": {name: moment(at) for name, at in read_times(entry.data).items()},
        "next_update_at": moment(entry.next_update_at),
        "pinned": hasattr(entry, "pin"),
    }
