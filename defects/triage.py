"""Triage: the new defects one by one, each with what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from defects.board import BoardFilter
from defects.models import Defect, DefectQuerySet, Resolution
from qmportal.lib.forms import DayField, KeyField, ProseField
from qmportal.lib.wording import day_words
from records import intake
from records.moves import ASKED
from records.views import SIMILAR_SHOWN
from teams.models import User

DAYS_SNOOZED = 7
# The move that declines a report, by its resolution.
DECLINED = {
    resolution: move.name
    for name in ("reject", "close")
    for move in Defect.LIFE.moves_from(Defect.Status.NEW)
    if move.name == name
    for resolution in move.choices["resolution"]
}


class AcceptForm(forms.Form):
    def act(self, defect: Defect, *, by: User, at: datetime) -> str:
        return defect.make("triage", by=by, at=at).done


class DuplicateForm(forms.Form):
    duplicate_of = KeyField(
        Defect.objects.none(),
        to_field_name="reference",
        label="Original",
        help_text="The reference of the defect that this one duplicates.",
        error_messages={"invalid_choice": intake.unknown(Defect), "required": ASKED["duplicate_of"]},
    )

    def __init__(self, *args: Any, rows: DefectQuerySet, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["duplicate_of"].queryset = rows  # type: ignore[attr-defined]

    def act(self, defect: Defect, *, by: User, at: datetime) -> str:
        return defect.make("mark_duplicate", by=by, at=at, **self.cleaned_data).done


class DeclineForm(forms.Form):
    resolution = forms.ChoiceField(
        choices=[(each.value, each.label) for each in map(Resolution, DECLINED)],
        widget=forms.RadioSelect,
        error_messages={"required": ASKED["resolution"]},
    )
    reason = ProseField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))

    def act(self, defect: Defect, *, by: User, at: datetime) -> str:
        resolution, note = self.cleaned_data["resolution"], self.cleaned_data["reason"]
        return defect.make(DECLINED[resolution], by=by, at=at, note=note, resolution=resolution).done


class SnoozeForm(forms.Form):
    until = DayField(label="Until", help_text="It comes back for triage on that day.")

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.initial["until"] = today + timedelta(days=DAYS_SNOOZED)
        self.fields["until"].widget.attrs["min"] = today + timedelta(days=1)

    def act(self, defect: Defect, *, by: User, at: datetime) -> str:
        defect.snooze(self.cleaned_data["until"], by=by, at=at)
        return f"snoozed until {day_words(self.cleaned_data['until'])}"


@dataclass
class Queue:
    """The defects that wait for triage, worst first and, of these, the oldest; `place` counts from 0."""

    filters: BoardFilter
    today: date
    place: int

    @cached_property
    def _rows(self) -> DefectQuerySet:
        rows: DefectQuerySet = self.filters.chosen().order_by()
        return rows

    @cached_property
    def waiting(self) -> int:
        return self._rows.to_triage(self.today).count()

    @cached_property
    def snoozed(self) -> int:
        return self._rows.snoozed(self.today).count()

    def current(self) -> Defect | None:
        """The defect at the place, or the first one if the queue is shorter by now."""
        rows = self._rows.to_triage(self.today).order_by("severity__rank", "found_at", "id")
        rows = rows.select_related("team", "severity", "stage_found", "reporter")
        found: list[Any] = list(rows[self.place : self.place + 1]) or list(rows[:1])
        return found[0] if found else None


def forms_for(defect: Defect, user: User, today: date, action: str = "", data: Any = None) -> dict[str, Any]:
    """The form of each action; the one that was sent has the data."""

    def sent(name: str) -> Any:
        return data if name == action else None

    return {
        "accept": AcceptForm(sent("accept")),
        "duplicate": DuplicateForm(sent("duplicate"), rows=Defect.objects.visible_to(user).exclude(pk=defect.pk)),
        "decline": DeclineForm(sent("decline")),
        "snooze": SnoozeForm(sent("snooze"), today=today),
    }


def act(form: Any, defect: Defect, *, by: User, at: datetime) -> str:
    """Does what the form says; the end of "PAY-DEF-7 is", or "" with errors at the fields if it is refused."""
    if not form.is_valid():
        return ""
    try:
        done: str = form.act(defect, by=by, at=at)
    except ValidationError as refused:
        by_field = refused.error_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.error_list}
        for name, errors in by_field.items():
            form.add_error(name if name in form.fields else None, errors)
        return ""
    return done


def similar_to(defect: Defect, user: User) -> list[Any]:
    """Possible originals of the same team."""
    rows = Defect.objects.visible_to(user).filter(team=defect.team_id).exclude(pk=defect.pk)
    return list(rows.exclude(duplicate_of=defect.pk).like(defect.title)[:SIMILAR_SHOWN])
