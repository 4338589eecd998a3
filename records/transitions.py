"""Changing the status of a record over the API, by the moves in the model's table."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qmportal.lib.api import Conflict, InstantField
from records.api import RecordViews, found_or_read, json_object, read_version, text_of
from records.models import ONLY_MANAGERS, Record
from records.moves import REASON, Move
from teams.authentication import person
from teams.idempotency import once
from teams.permissions import can_work_on, require


class IllegalTransition(Conflict):
    default_code = "illegal_transition"


class RecordTransitions(RecordViews):
    """POST changes the status: send the new status as `to`, or the name of a `move`."""

    def post(self, request: Request, reference: str) -> Response:
        return once(request, lambda: self._move_or_say(request, reference))

    def _move_or_say(self, request: Request, reference: str) -> Response:
        try:
            return self._move(request, reference)
        except IllegalTransition as illegal:
            return self.conflict(self.find(request, reference), 0, illegal=str(illegal.detail))

    def _move(self, request: Request, reference: str) -> Response:
        record, body = self.find(request, reference), dict(json_object(request))
        require(can_work_on(person(request), record))
        version = read_version(body)
        if version is not None and version != record.version:
            return self.conflict(record, version)
        move = chosen_move(record, body)
        require(record.may_be_moved(move, person(request)), ONLY_MANAGERS)
        values = self._values(request, record, move, body)
        try:
            record.make(move.name, by=person(request), at=timezone.now(), **values)
        except DjangoValidationError as refused:
            if hasattr(refused, "error_dict"):
                raise
            raise IllegalTransition(" ".join(refused.messages)) from None
        return self.answer(record)

    def _values(self, request: Request, record: Record, move: Move, body: dict[str, Any]) -> dict[str, Any]:
        """What `make` takes: the reason, the time at which it happened and the columns that the move needs."""
        takes = {*move.needs, *({"at"} if move.stamps or move.asks_when else ())} | {REASON}
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for name, value in body.items():
            try:
                if name not in takes:
                    problems[name] = f"The move {move.name} doesn't take this field. It takes: {', '.join(sorted(takes))}."
                elif name == REASON:
                    values["note"] = text_of(value or "")
                elif name != "at":
                    values[name] = found_or_read(self.in_full, name, value, record, person(request))
                elif moment := InstantField(required=False).to_python(text_of(value or "")):
                    values |= dict.fromkeys(move.stamps or ("happened_at",), moment)
            except DjangoValidationError as refused:
                problems[name] = refused.messages[0]
        if problems:
            raise ValidationError(problems)
        return values


def chosen_move(record: Any, body: dict[str, Any]) -> Move:
    """Removes `to` or `move` from the body and returns the move. Raises `IllegalTransition` if it isn't possible now."""
    told = {name: body.pop(name) for name in ("to", "move") if name in body}
    if len(told) != 1:
        raise ValidationError({"to": "Send either `to`, a status, or `move`, the name of a move."})
    ((name, value),) = told.items()
    life = record.LIFE
    known = list(record.Status.values) if name == "to" else list(dict.fromkeys(move.name for move in life.moves))
    if value not in known:
        raise ValidationError({name: f"Choose one of {', '.join(known)}."})
    possible = record.possible_moves()
    fitting = [move for move in possible if value == (move.to if name == "to" else move.name)]
    fitting = [move for move in fitting if name == "move" or move.to != record.status]
    if not fitting:
        names = ", ".join(move.name for move in possible) or "none"
        raise IllegalTransition(f"The {record._meta.verbose_name} is {record.status}. Possible now: {names}.")
    return fitting[0]
