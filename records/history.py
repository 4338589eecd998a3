"""The history of a record: a page, and a list in the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from rest_framework import generics, serializers
from rest_framework.response import Response

from qmportal.lib.api import refuse_undeclared
from qmportal.lib.changes import Change, Entry, history_page, pages_of, read
from qmportal.lib.pages import render_page
from qmportal.lib.references import Links
from qmportal.lib.timestamps import written_moment
from records.models import Record
from teams.requests import SignedInRequest


def record_history(request: SignedInRequest, model: type[Record], reference: str) -> HttpResponse:
    """Everyone who can see the record can see its history."""
    rows: Any = model._default_manager
    record = get_object_or_404(rows.visible_to(request.user), reference=reference.upper())
    if record.reference != reference:
        return redirect(f"{record.get_absolute_url()}history/")
    plural = str(model._meta.verbose_name_plural)
    page = history_page(record.history_sources(), request.GET.get("page"), request.user)
    context = {"record": record, "page": page, "list_url": reverse(f"{plural}:list"), "plural": plural.capitalize()}
    words = (text for entry in page.object_list for change in entry.changes for text in change.words)
    context["record_links"] = Links(request.user, words)
    return render_page(request, "records/history.html", context)


class FieldChange(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.JSONField(help_text="As in the record. `another record`: a record that you can't see.")
    after = serializers.JSONField()


class HistoryEntry(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    action = serializers.ChoiceField(["created", "changed", "deleted", "brought back", "removed"])
    by = serializers.EmailField(allow_null=True)
    door = serializers.ChoiceField(["page", "api", "import", "bulk", "task", "command", "admin", "unknown"])
    request_id = serializers.CharField()
    changes = FieldChange(many=True)


class RecordHistory(generics.GenericAPIView[Any]):
    """Who changed the record, when and through which door. Latest first, 50 a page."""

    serializer_class = HistoryEntry
    lookup_field = "reference"
    filter_backends = ()
    pagination_class = None

    def get(self, request: Any, reference: str) -> Response:
        refuse_undeclared(request, {"format", "page"})
        rows: Any = self.get_queryset()
        record = get_object_or_404(rows.visible_to(request.user), reference=reference.upper())
        sources = record.history_sources()
        paginator = pages_of(sources)
        number = serializers.IntegerField(min_value=1).run_validation(request.query_params.get("page", 1))
        places = paginator.page(number).object_list if number <= paginator.num_pages else []
        entries = read(sources, list(places), request.user)
        return Response({"count": paginator.count, "results": [_written(entry) for entry in entries]})


def _written(entry: Entry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "action": entry.act.lower(),
        "by": entry.person and entry.person.email,
        "door": entry.door or "unknown",
        "request_id": entry.request,
        "changes": [
            {"field": change.column.name, "before": _plain(change, change.before), "after": _plain(change, change.after)}
            for change in entry.changes
        ],
    }


def _plain(change: Change, value: Any) -> Any:
    """The value as the rest of the API writes it: another row by its key."""
    if isinstance(value, datetime):
        return written_moment(value)
    if isinstance(value, list):
        return [getattr(each, "slug", each) for each in value]
    if not change.column.is_relation or isinstance(value, str | None):
        return value
    return next(getattr(value, name) for name in ("reference", "slug", "key", "email") if hasattr(value, name))
