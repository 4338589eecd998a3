"""Edits of many records over the API: the same work as on the page, with the same honest result."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qmportal.lib.api import refuse_undeclared
from qmportal.lib.text import clean_text, is_storable
from records import bulk
from records.api import RecordRow, VersionedViews, json_object, text_of
from records.models import BulkEdit
from records.moves import REASON
from teams.authentication import person
from teams.idempotency import once

MOST = bulk.AT_ONCE


class Skipped(serializers.Serializer[Any]):
    why = serializers.CharField()
    references = serializers.ListField(child=serializers.CharField())


class BulkResult(serializers.Serializer[Any]):
    done = serializers.IntegerField()
    skipped = Skipped(many=True)


class BulkViews(VersionedViews):
    """Changes many rows: each is checked as if it were edited alone, and those that can't change are skipped."""

    # The fields that can be changed, besides the status by a `move`.
    names: ClassVar[tuple[str, ...]]
    # The column that has a row's reference.
    reference: ClassVar[str] = "reference"

    def moves(self) -> list[str]:
        """The names of all moves."""
        raise NotImplementedError

    def columns_of_moves(self) -> list[str]:
        """The further fields that a move takes."""
        return []

    def checked(self, values: dict[str, Any], user: Any) -> tuple[dict[str, Any], dict[str, str]]:
        """The new values as the edit stores them, and a sentence for each that is wrong for any row."""
        raise NotImplementedError

    def post(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        return once(request, lambda: self._edit(request))

    def _edit(self, request: Request) -> Response:
        user, model = person(request), self.queryset.model
        references, reason, move, changes = self._read(dict(json_object(request)), user)
        rows = model.objects.visible_to(user).filter(**{f"{self.reference}__in": references})
        known = dict(rows.order_by("pk").values_list(self.reference, "pk"))
        edit = BulkEdit.objects.create(
            model=model._meta.label,
            ids=list(known.values()),
            changes=changes,
            move=move,
            reason=reason,
            requested_by=user,
            progress_total=len(known),
        )
        BulkEdit.perform(edit.pk, prepare=bulk.edit)
        edit.refresh_from_db()
        skipped = dict(edit.reasons)
        if unknown := [reference for reference in references if reference not in known]:
            skipped[bulk.GONE] = skipped.get(bulk.GONE, []) + unknown
        return Response(
            {"done": edit.done, "skipped": [{"why": why, "references": those} for why, those in skipped.items()]}
        )

    def _read(self, body: dict[str, Any], user: Any) -> tuple[list[str], str, str, dict[str, Any]]:
        """The parts of the body. Raises a ValidationError with a sentence for each field that is wrong."""
        problems: dict[str, str] = {}
        told, move = body.pop("references", None), body.pop("move", "")
        references = told if isinstance(told, list) else []
        references = list(dict.fromkeys(each.upper() for each in references if is_storable(each)))
        if not references or len(references) != len(told or ()):
            problems["references"] = "Send a list of different references."
        elif len(references) > MOST:
            problems["references"] = f"Send at most {MOST} references."
        try:
            reason = clean_text(text_of(body.pop(REASON, ""))).strip()
        except DjangoValidationError as refused:
            reason, problems[REASON] = "", refused.messages[0]
        if not reason:
            problems.setdefault(REASON, "Say why.")
        elif len(reason) > 2000:
            problems[REASON] = "Use at most 2,000 characters."
        moves = self.moves()
        if move not in ("", *moves):
            problems["move"] = f"Choose one of {', '.join(moves)}."
        fields = {*self.names, *(self.columns_of_moves() if move else ())}
        problems |= {
            name: f"This can't be changed here. These can: {', '.join(sorted(fields))}." for name in body.keys() - fields
        }
        changes, wrong = self.checked({name: body[name] for name in body if name in fields}, user)
        problems |= wrong
        if not problems and not move and not body:
            problems["move"] = "Send what to change."
        if problems:
            raise ValidationError(problems)
        return references, reason, move, changes


class RecordBulk(BulkViews):
    in_full: type[RecordRow]

    def moves(self) -> list[str]:
        return list(dict.fromkeys(move.name for move in self.queryset.model.LIFE.moves))

    def columns_of_moves(self) -> list[str]:
        return [name for name in bulk.FOR_MOVES if name in self.queryset.model.LIFE.columns()]

    def checked(self, values: dict[str, Any], user: Any) -> tuple[dict[str, Any], dict[str, str]]:
        return values, self.in_full.values_of(values, self.queryset.model(), user)[1]
