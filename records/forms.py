"""Base of the forms that create and edit records and other rows, and the short form of a move.

It detects that someone else saved in between, and creates one record when the button was pressed twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.db.models.fields import BLANK_CHOICE_DASH
from django.utils import timezone

from qmportal.lib.changes import last_change
from qmportal.lib.days import viewer_zone
from qmportal.lib.forms import (
    UNSET,
    KeyField,
    LineField,
    ListField,
    MomentField,
    ProseField,
    WholeNumberField,
    with_stored,
)
from qmportal.lib.versions import Conflict, Difference, sent_again
from qmportal.lib.widgets import Menu, OptionCards, Options, Suggesting
from qmportal.lib.wording import clock
from records import intake
from records.models import Record, Severity, severity_names, severity_texts
from records.moves import ASKED, REASON, Move
from records.rules import FILED_HERE
from records.tags import severity

if TYPE_CHECKING:
    from teams.models import User

TITLE_LENGTH = 200
# Originals suggested for a duplicate.
SIMILAR_OFFERED = 8
# Django's label of the empty choice.
DASHES = BLANK_CHOICE_DASH[0][1]
M = TypeVar("M", bound=Any)
R = TypeVar("R", bound=Record)


class SeverityCards(OptionCards):
    def label_of(self, value: str, label: str) -> str:
        """With its icon. The empty choice has none."""
        return severity(value, label) if value else label


def severity_cards(user: User, undetermined: str = "") -> SeverityCards:
    """The severities as cards with icon and meaning. `undetermined`: the text below the empty choice, if there is one."""
    meanings = {key: meaning for key, (_, meaning) in severity_texts(user.versions).items()}
    return SeverityCards(attrs={"class": "two"}, hints=meanings | {"": undetermined})


class IntakeForm(forms.ModelForm, Generic[M]):
    """Base of the forms whose values go through the intake. `RARELY` names the fields under "More"."""

    RARELY: tuple[str, ...] = ()
    # Two forms with the same number are the same press of the button if these columns are equal, too.
    TOLD_APART_BY: tuple[str, ...]

    # A new row stores this number of the form, so that pressing the button twice creates one row.
    submission = forms.UUIDField(required=False, widget=forms.HiddenInput)
    # The version that the person read. If the database has another one, someone else saved in between.
    version = WholeNumberField(
        min_value=0,
        max_value=2**31 - 1,
        widget=forms.HiddenInput,
        error_messages={"required": "This form is incomplete. Open it again."},
    )

    instance: M

    def __init__(self, *args: Any, user: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user
        for name in ("submission" if self.instance.pk else "version", *self.left_out()):
            del self.fields[name]
        self.initial["submission"] = uuid.uuid4()
        self.initial["version"] = self.instance.version
        for name in self.columns:
            field = self.fields[name]
            if type(field.widget) is forms.Select:
                field.widget = Menu(field.widget.attrs, field.widget.choices)
            if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
                if self.instance.pk:  # Django would use the id; our fields use other keys
                    self.initial[name] = self._shown(self.instance, name)
                field.empty_label = UNSET if field.empty_label == DASHES else field.empty_label
            if self._has_default(name):
                field.required = isinstance(field, MomentField) and bool(self.instance.pk)
                field.error_messages["required"] = f"Enter when it was {str(field.label).lower()}."
            self._use_sentences_of_intake(name, field)

    def _use_sentences_of_intake(self, name: str, field: forms.Field) -> None:
        """Shows the same error messages as the API and imports."""
        if name in intake.MISSING:
            field.error_messages["required"] = intake.MISSING[name]
        if isinstance(field, forms.ModelChoiceField) and field.queryset is not None:
            field.error_messages["invalid_choice"] = intake.unknown(field.queryset.model)

    def _shown(self, record: M, name: str) -> Any:
        """The value that a field shows. It shows what has a reference, like a record, only if this person may see it."""
        target = self._meta.model._meta.get_field(name).related_model
        if hasattr(target, "REFERENCE_KIND"):
            return record.pointed_at(name, self.user)
        return getattr(record, name)

    def _looks_empty(self, name: str) -> bool:
        """Whether the field looks empty only because this person may not see the record it names. Its value is kept."""
        hidden = self.instance.pk and self.initial.get(name) is None and getattr(self.instance, name) is not None
        return bool(hidden) and self.cleaned_data.get(name) is None

    def _has_default(self, name: str) -> bool:
        model: Any = self._meta.model
        return intake.fields_of(model)[name].has_default

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields that the record stores, in form order."""
        return tuple(name for name in self._meta.fields or () if name in self.fields)

    def left_out(self) -> list[str]:
        """Fields that don't apply to this row now. (No form has a status field: only moves change a status.)"""
        return []

    def keep_only(self, name: str) -> None:
        """Keeps only this field, for lists of missing values. Raises KeyError if the form doesn't have it."""
        kept = {each: self.fields[each] for each in (name, *({"version", REASON} & self.fields.keys()))}
        self.fields = kept

    def limit_choices(self, name: str, rows: QuerySet) -> None:
        """Limits a field to these rows. The stored value stays valid if the form shows it."""
        stored = self.initial.get(name) if self.instance.pk else None
        self.fields[name].queryset = with_stored(rows, stored)  # type: ignore[attr-defined]

    def limit_teams(self) -> None:
        """Limits the team field to the person's teams. One team is preselected; with none, the hint says how to get one."""
        field: Any = self.fields["team"]
        field.limit_to(self.user, self.initial.get("team") if self.instance.pk else None)
        if self.instance.pk:
            return
        if len(self.user.reach) == 1:
            self.initial.setdefault("team", self.user.reach[0].slug)
        elif not self.user.reach:
            field.help_text = (
                "There is no team yet. Create the first one under “Teams and people”."
                if self.user.is_admin
                else "You aren't in a team yet. Ask a manager of the team to invite you."
            )

    def show_choices(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        """Sets the choices of a field from known values, so that the form needn't query the rows it accepts."""
        field: Any = self.fields[name]
        field.choices = Options([*([("", field.empty_label)] if field.empty_label is not None else []), *choices])

    def set_widget(self, name: str, widget: forms.widgets.ChoiceWidget) -> None:
        """Shows a field's choices with another widget."""
        widget.choices = self.fields[name].choices  # type: ignore[attr-defined]
        self.fields[name].widget = widget

    @property
    def zone(self) -> str:
        """The time zone of all times in the form."""
        return viewer_zone().key

    @property
    def is_open_for_more(self) -> bool:
        """Whether the rarely used fields start unfolded: when editing, or when one of them has an error."""
        return bool(self.instance.pk) or any(name in self.errors for name in self.RARELY)

    def clean(self) -> dict[str, Any]:
        """Passes the typed values to the intake, which checks the record and returns an error for each field to fix."""
        cleaned = super().clean() or self.cleaned_data
        is_stale = cleaned.get("version", self.instance.version) != self.instance.version
        self.instance.version = cleaned.get("version", self.instance.version)
        hidden = [name for name in cleaned if isinstance(self.fields[name], KeyField) and self._looks_empty(name)]
        typed = [name for name in cleaned if name in self.columns and name not in hidden and not self._is_as_shown(name)]
        values = {name: cleaned[name] for name in typed}
        problems = intake.apply(
            self.instance, values, by=self.user, at=timezone.now(), door=intake.TYPED, reason=cleaned.get(REASON, "")
        )
        # Django sets the fields on the record again, so `cleaned_data` must hold the same values.
        stored = {name: getattr(self.instance, name) for name in self.columns if name in cleaned and name not in hidden}
        self.cleaned_data = {name: value for name, value in cleaned.items() if name not in hidden} | stored
        # A stale edit is refused as a whole. A time missing here may have been set by a move in the meantime.
        for name, sentence in ({} if is_stale else problems).items():
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, sentence)
        return self.cleaned_data

    def _is_as_shown(self, name: str) -> bool:
        """Whether a time was not edited. It keeps its seconds, which the form doesn't show."""
        return isinstance(self.fields[name], MomentField) and name not in self.changed_data

    def file(self) -> M:
        """Saves a new row. If the same form was sent before, returns the row that it created then."""
        row = self.save(commit=False)
        row.source = FILED_HERE
        row.external_id = self._submission(row)
        try:
            row.save()
        except IntegrityError:
            twin = type(row)._default_manager.filter(source=FILED_HERE, external_id=row.external_id).first()
            if twin is None:
                raise
            return twin
        return row

    def _submission(self, row: M) -> str:
        """An id that is the same when the button is pressed twice.

        It differs if the person went back and changed, say, the title or the team: that is another row.
        """
        number = self.cleaned_data.get("submission") or uuid.uuid4()
        told = " ".join(str(getattr(row, name)) for name in self.TOLD_APART_BY)
        return str(uuid.uuid5(number, f"{self.user.pk} {told}"))

    def store(self) -> bool:
        """Saves an edit. Returns False, with errors at the fields, if someone else's save has just made it impossible."""
        try:
            self.save()
        except ValidationError as refused:
            self.add_error(None, refused)
        except IntegrityError as refused:
            if "_external_unique" not in str(refused):
                raise
            self.add_error("team", "This team already has this record from the same source.")
        return not self.errors

    def conflict(self, current: M) -> Conflict:
        """Shows what someone else has saved in the meantime. Sending the form again overwrites it."""
        self.data = sent_again(self.data, version=current.version)
        conflict = Conflict("record", at=current.updated_at, differences=self._differences(current))
        if change := last_change(current, self.user):
            conflict.by, conflict.at, conflict.through = change.by, change.at, change.through
        return conflict

    def _differences(self, current: M) -> list[Difference]:
        """The fields in which the typed value differs from the saved one."""
        pairs = (
            (name, self._words(name, self._shown(current, name)), self._words(name, self.cleaned_data.get(name)))
            for name in self.columns
        )
        return [
            Difference(str(self[name].label), stored, typed)
            for name, stored, typed in pairs
            if stored.split() != typed.split()
        ]

    def _words(self, name: str, value: Any) -> str:
        field = self.fields[name]
        if value in (None, ""):
            return ""
        if isinstance(value, datetime):
            return clock(value.astimezone(viewer_zone()))
        if isinstance(value, bool):
            return "Yes" if value else "No"
        if isinstance(field, ListField):
            return ", ".join(field.names_of(value))
        if isinstance(field, KeyField):
            return str(field.prepare_value(value))
        return str(dict(getattr(field, "choices", ())).get(value, value) if isinstance(value, str) else value)


class RecordForm(IntakeForm[R]):
    """Base of the forms that create and edit a record."""

    TOLD_APART_BY = ("team_id", "title")

    title = LineField(
        max_length=TITLE_LENGTH,
        help_text="One sentence a colleague in another team would understand.",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not self.instance.pk and not self.is_bound:  # in a form with errors, the summary gets the focus
            self.fields["title"].widget.attrs["autofocus"] = True

    def left_out(self) -> list[str]:
        return [] if self.instance.pk and self.instance.is_duplicate else ["duplicate_of"]

    def limit_severities(self, undetermined: str = "") -> None:
        self.limit_choices("severity", Severity.objects.all())
        self.show_choices("severity", severity_names(self.user.versions).items())
        self.set_widget("severity", severity_cards(self.user, undetermined))

    def file(self) -> R:
        record: Any = self.instance
        record.reporter = self.user
        return super().file()


class MoveForm(forms.Form):
    """Asks for the values that a move needs and the record lacks. If there are none, the form has only its button."""

    def __init__(self, *args: Any, record: Record, move: Move, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.record, self.move, self.user = record, move, user
        for name in record.asks_for(move):
            field = self._field(name)
            field.error_messages["required"] = ASKED[name]
            # If the form has errors, the focus goes to their summary.
            if not self.fields and not self.is_bound and isinstance(field.widget, (forms.TextInput, forms.Textarea)):
                field.widget.attrs["autofocus"] = True
            self.fields[name] = field
        if move.asks_when:
            self.fields["at"] = MomentField(
                label=move.asks_when, required=False, help_text=f"In {viewer_zone().key}. Empty: now."
            )

    def _field(self, name: str) -> forms.Field:
        record, move, user = self.record, self.move, self.user
        match name:
            case "severity":
                field = forms.ModelChoiceField(Severity.objects.all(), to_field_name="key", empty_label=None)
                field.widget = severity_cards(user)
                field.widget.choices = field.choices
                return field
            case "resolution":
                labels = dict(type(record)._meta.get_field(name).choices)  # type: ignore[union-attr,arg-type]
                choices = [(key, labels[key]) for key in move.choices[name]]
                return forms.ChoiceField(choices=choices, widget=forms.RadioSelect)
            case "duplicate_of":
                return self._original(record)
        return ProseField(label="Reason", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def _original(self, record: Any) -> KeyField:
        kind, rows = record._meta.verbose_name, type(record)._default_manager.visible_to(self.user)
        similar = rows.filter(team=record.team_id).exclude(pk=record.pk).like(record.title)[:SIMILAR_OFFERED]
        offered = [(row.reference, f"{row.title}, {row.get_status_display().lower()}") for row in similar]
        return KeyField(
            rows,
            to_field_name="reference",
            label="Original",
            help_text=f"Reference of the {kind} that this one duplicates. Similar ones are suggested.",
            widget=Suggesting(offered),
            error_messages={"invalid_choice": intake.unknown(type(record))},
        )

    def make(self, at: datetime) -> bool:
        """Makes the move. Returns False, with errors at the fields, if it is refused; raises if the form has no fields."""
        values = dict(self.cleaned_data)
        note, happened_at = values.pop(REASON, ""), values.pop("at", None)
        try:
            self.record.make(self.move.name, by=self.user, at=at, note=note, happened_at=happened_at, **values)
        except ValidationError as refused:
            if not self.fields:
                raise
            by_field = refused.error_dict if hasattr(refused, "error_dict") else {NON_FIELD_ERRORS: refused.error_list}
            for name, errors in by_field.items():
                self.add_error(name if name in self.fields else None, errors)
        return not self.errors
