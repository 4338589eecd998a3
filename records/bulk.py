"""Edits many rows at once: through the same rules and moves as one edit, each on its own, with an honest result.

Records go through the intake. Other rows, such as reviews, have `change_with_others` and `teams`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import DateField
from django.utils import timezone

from qmportal.lib.days import read_day
from qmportal.lib.forms import DayField, KeyField, ProseField
from qmportal.lib.versions import Stale
from records import intake
from records.api import found_by_key
from records.forms import IntakeForm
from records.models import ONLY_MANAGERS, BulkEdit, Record
from records.timeline import Entry, write_entry
from teams.models import User
from teams.permissions import can_work_on

MOST = 10_000
# Up to this many are edited while the person waits.
AT_ONCE = 500
BATCH = 50
KEPT_REFERENCES = 1_000
KEEP = "Keep"
# What permissions and rules read of a record, as far as its kind has it.
RELATED = ("team", "owner_team", "severity")
NOTHING_NEW = "it already has these values"
GONE = "deleted, or not yours"
NOT_ALLOWED = "your role in its team doesn't allow it"
CHANGED = "somebody changed it at the same moment"
# What people give for a move, and not as a change of its own.
FOR_MOVES = ("resolution", "duplicate_of")


class ReasonForm(forms.Form):
    """Base of the forms that change many rows. Empty fields stay as they are."""

    # The fields that can be changed, besides the status by a `move`.
    names: tuple[str, ...] = ()

    reason = ProseField(
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It is kept in the history of each record.",
        error_messages={"required": "Say why."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not cleaned.get("move"):
            if not self.changes:
                raise ValidationError("Choose what to change.")
            if any(name in self.changes for name in FOR_MOVES):
                self.add_error("move", "Choose the status that this is for.")
        return cleaned

    @property
    def changes(self) -> dict[str, str]:
        return {name: str(value) for name in (*FOR_MOVES, *self.names) if (value := self.cleaned_data.get(name))}


class BulkForm(ReasonForm):
    """New values for all chosen records."""

    def __init__(self, *args: Any, record_form: IntakeForm[Any], names: tuple[str, ...], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.names = names
        life = record_form._meta.model.LIFE
        moves = {move.name: move.label for move in reversed(life.moves)}
        self.fields["move"] = forms.ChoiceField(
            label="Status",
            required=False,
            choices=[("", KEEP), *reversed(moves.items())],
            help_text="Records that can't do it are skipped.",
        )
        asked = [name for name in FOR_MOVES if name in life.columns()]
        if "resolution" in asked:
            labels = dict(record_form._meta.model._meta.get_field("resolution").choices or ())
            known = dict.fromkeys(key for move in life.moves for key in move.choices.get("resolution", ()))
            self.fields["resolution"] = forms.ChoiceField(
                required=False,
                choices=[("", "Not needed"), *((key, labels[key]) for key in known)],
                help_text="For closing without a fix, and for rejecting.",
            )
        if "duplicate_of" in asked:
            self.fields["duplicate_of"] = forms.CharField(
                label="Original", required=False, max_length=24, help_text="For duplicates: the reference of the original."
            )
        for name in names:
            self.fields[name] = self._field(record_form.fields[name])
        self.order_fields(["move", *asked, *names, "reason"])

    def _field(self, field: Any) -> forms.Field:
        if isinstance(field, KeyField):
            meaning = str(field.help_text).partition(" Empty:")[0]
            return forms.CharField(label=field.label, required=False, max_length=254, help_text=meaning)
        if isinstance(field, DayField):
            return DayField(label=field.label, required=False)
        choices = [(str(key), label) for key, label in field.choices if str(key)]
        return forms.ChoiceField(label=field.label, required=False, choices=[("", KEEP), *choices])


def edit(bulk: BulkEdit) -> None:
    """Edits the records that are left, in batches: each with its result in one transaction, so it can be repeated."""
    model: Any = apps.get_model(bulk.model)
    user = bulk.requested_by
    assert user is not None
    ids = iter(bulk.ids[bulk.result.get("at", 0) :])
    while batch := list(islice(ids, BATCH)):
        with transaction.atomic():
            result = {"done": bulk.done, "skipped": dict(bulk.reasons), "at": bulk.result.get("at", 0) + len(batch)}
            for pk in batch:
                reference, why = _edit_one(bulk, model, pk, user)
                if why:
                    result["skipped"].setdefault(why, []).append(reference)
                else:
                    result["done"] += 1
            bulk.result = result
            bulk.store(result=result)
        bulk.report(result["at"], len(bulk.ids))


def _edit_one(bulk: BulkEdit, model: Any, pk: int, user: User) -> tuple[str, str]:
    """The record's reference, and why it was skipped; "" if it was changed."""
    related = [name for name in RELATED if hasattr(model, name)]
    record = model.objects.visible_to(user).select_related(*related).filter(pk=pk).first()
    if record is None:
        return str(pk), GONE
    if not can_work_on(user, record):
        return record.reference, NOT_ALLOWED
    try:
        with transaction.atomic():
            return record.reference, "" if _change(bulk, record, user, timezone.now()) else NOTHING_NEW
    except Stale:
        return record.reference, CHANGED
    except IntegrityError:
        return record.reference, "its team already has this record from the same source"
    except ValidationError as refused:
        return record.reference, " ".join(refused.messages)


def _change(bulk: BulkEdit, record: Any, user: User, now: datetime) -> bool:
    if not isinstance(record, Record):
        return bool(record.change_with_others(bulk.changes, bulk.move, by=user, at=now, reason=bulk.reason))
    before = dict(record.__dict__)
    values = _values(bulk.changes, record, user)
    told = {name: values.pop(name) for name in FOR_MOVES if name in values}
    if problems := intake.apply(record, values, by=user, at=now, door=intake.TYPED, reason=bulk.reason):
        raise ValidationError(list(problems.values()))
    changed = bool(intake.changes(record, before))
    if changed:
        record.save()
    if bulk.move:
        move = record.possible_move(bulk.move)
        if not record.may_be_moved(move, user):
            raise ValidationError(ONLY_MANAGERS)
        needed = {name: value for name, value in told.items() if name in move.needs}
        record.make(move.name, by=user, at=now, note=bulk.reason, **needed)
    elif changed and record.HAS_TIMELINE:
        write_entry(record, Entry.Kind.SYSTEM, f"Edited with others: {bulk.reason}", by=user, at=now)
    return changed or bool(bulk.move)


def _values(changes: Mapping[str, str], record: Record, user: User) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in changes.items():
        column: Any = record._meta.get_field(name)
        if column.is_relation:
            key = "key" if any(each.name == "key" for each in column.related_model._meta.fields) else "slug"
            values[name] = found_by_key(column, key, value, user)
        elif isinstance(column, DateField):
            values[name] = read_day(value) if value else None
        else:
            values[name] = value
    return values
