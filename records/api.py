"""The API of records: base classes for the list, the single record and its fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qmportal.lib.api import InstantField, InstantFilter, refuse_undeclared
from qmportal.lib.changes import last_change
from qmportal.lib.days import read_day
from qmportal.lib.ids import RowIds
from qmportal.lib.rows import NameField, RowDetail, RowList, RowSerializer, VisibleRows, alias_of
from qmportal.lib.text import refuse_unstorable
from qmportal.lib.timestamps import written_moment
from qmportal.lib.versions import Stale
from records import intake
from records.models import Record, Severity
from records.moves import REASON
from records.scales import row_by, rows_by
from teams.authentication import person
from teams.idempotency import once
from teams.models import Team, User
from teams.permissions import can_manage, can_work_on, require


def teams_of(request: HttpRequest | None) -> QuerySet[Team]:
    """The teams that the caller may filter by: those whose rows they can see."""
    return Team.objects.with_rows_for(request.user) if request is not None else Team.objects.none()


class RecordFilters(django_filters.FilterSet):
    """The filters that every list of records has. An unknown value is an error, since it can only be a typo."""

    team = django_filters.ModelChoiceFilter(
        queryset=teams_of, to_field_name="slug", method="in_team", help_text="Slug: the team and those below it."
    )
    severity = django_filters.ModelChoiceFilter(
        queryset=Severity.objects.all(), to_field_name="key", help_text="`SEV1` to `SEV4`."
    )
    source = django_filters.CharFilter(max_length=40, help_text="The source it was imported from. Exact match.")
    external_id = django_filters.CharFilter(max_length=120, help_text="Its ID in that source. Exact match.")
    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte", help_text="Changed at this time or later.")
    search = django_filters.CharFilter(
        method="with_words", max_length=200, help_text="Words in the title, or the start of the reference."
    )

    def in_team(self, rows: QuerySet[Any], name: str, team: Team) -> QuerySet[Any]:
        return rows.filter(team__in=Team.objects.descendants_of(team))

    def with_words(self, rows: Any, name: str, words: str) -> Any:
        return rows.matching(words)


# --- Writing ------------------------------------------------------------------------------------------------------------


MOST_NAMED = 20  # so many keys are named in the message about an unknown one
MOST = 2**31 - 1  # the largest value of an integer column
MISSING_VERSION = "Send the version that you read, so that you don't overwrite someone else's edit."
STALE = "Somebody changed this since you read it. Compare with `current` and send its version."
NO_STATUS = "To change the status, POST to transitions/ under this address."


class RecordRow(RowSerializer):
    """A record as the API returns it. `written` names the fields that a client can set.

    A foreign key is written with the key that it returns, and only if the person may refer to that row.
    """

    written: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def column_of(cls, name: str, model: type[Record] | Record) -> tuple[Any, str]:
        """The column that a field sets and, if it points to another row, the name of the key that replaces the id."""
        field = cls._declared_fields[name]
        path, _, key = cls.columns()[name].partition("__")
        return model._meta.get_field(path), field.key if isinstance(field, NameField) else key

    @classmethod
    def body(cls, name: str, model: type[Record], *needed: str, but: str = "") -> type[serializers.Serializer[Any]]:
        """The body of a request, for the API's schema. Fields in `needed` are required; `but` is left out."""
        fields: dict[str, Any] = {}
        for each in (each for each in cls.written if each != but):
            field: Any = cls._declared_fields[each]
            column, _ = cls.column_of(each, model)
            options = {"required": each in needed, **field._kwargs, "source": None}
            if type(field) is serializers.CharField and column.max_length:
                options["max_length"] = column.max_length
            if isinstance(field, serializers.IntegerField):
                options |= {"min_value": 0, "max_value": MOST}
            options["allow_null"] = each not in needed
            named = isinstance(field, NameField)
            fields[each] = serializers.CharField(**options) if named else type(field)(*field._args, **options)
        return type(name, (serializers.Serializer,), fields)

    @classmethod
    def values_of(cls, body: dict[str, Any], record: Record, user: User) -> tuple[dict[str, Any], dict[str, str]]:
        """Reads a request body: the values for the intake, and a message for each field with a wrong type or key."""
        values: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for name, value in body.items():
            if name == "status" and not record._state.adding:
                problems[name] = NO_STATUS
            elif name not in cls.written:
                problems[name] = f"This field cannot be set here. These can: {', '.join(sorted(cls.written))}."
            else:
                try:
                    values[name] = found_or_read(cls, name, value, record, user)
                except DjangoValidationError as refused:
                    problems[name] = refused.messages[0]
        return values, problems


def found_or_read(row: type[RecordRow], name: str, value: Any, record: Record, user: User) -> Any:
    """The value or row that a field of a request body stands for. A ValidationError says what is wrong with it."""
    column, key = row.column_of(name, record)
    if isinstance(column, RowIds):
        return ids_by_slug(column, value, user)
    return found_by_key(column, key, value, user) if key else _read(column, value)


def _read(column: models.Field[Any, Any], value: Any) -> Any:
    """Converts a JSON value to the column's type. None means "empty"."""
    if value is None:
        return "" if column.empty_strings_allowed else None
    match column:
        case models.DateTimeField():
            moment = InstantField(required=False).to_python(text_of(value))
            return moment and moment.astimezone(UTC)
        case models.DateField():
            try:
                return read_day(text_of(value))
            except ValueError:
                raise DjangoValidationError("Enter a date, such as 2026-03-01.") from None
        case models.BooleanField():
            if not isinstance(value, bool):
                raise DjangoValidationError("Enter true or false.")
        case models.IntegerField():
            if not isinstance(value, int) or isinstance(value, bool):
                raise DjangoValidationError("Enter a whole number.")
        case _:
            return text_of(value)
    return value


def text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise DjangoValidationError("Enter text.")
    refuse_unstorable(value)
    return value


def found_by_key(column: models.ForeignKey[Any, Any], key: str, value: Any, user: User) -> Any:
    """The row with this key. A row that the person may not refer to gives the same error as one that doesn't exist."""
    text = "" if value is None else text_of(value).strip()
    if not text:
        return None
    target: Any = column.related_model
    found: Any
    if target is Team and column.name in getattr(column.model, "OTHER_TEAMS", ()):
        found = Team.objects.visible_to(user).filter(slug=text).first()
    elif target is Team:
        found = next(iter(Team.objects.filter(slug=text, archived_at=None).order_by()), None)
        found = found if found and (user.is_admin or found.pk in user.reach_of_rows) else None
    elif target is User:
        found = User.objects.filter(is_active=True, email=text.lower()).first()
    elif getattr(target, "IS_NAMED_TO_VIEWERS_ONLY", False):  # records, and facts of the pipeline
        found = target._default_manager.visible_to(user).filter(reference=text.upper()).first()
    else:
        found = row_by(key, text, target, user)
        rows = rows_by(key, target, user)
        if found is None and 0 < len(rows) <= MOST_NAMED:
            raise DjangoValidationError(f"“{text[:40]}” is not one of: {', '.join(rows)}.")
    if found is None:
        raise DjangoValidationError(intake.unknown(target))
    return found


def ids_by_slug(column: RowIds, value: Any, user: User) -> list[int]:
    """The sorted ids of the rows with these slugs."""
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise DjangoValidationError("Enter a list of texts.")
    rows = rows_by("slug", column.named_model, user)
    for slug in value or ():
        if slug not in rows:
            raise DjangoValidationError(f"No {column.named_model._meta.verbose_name} is called “{text_of(slug)[:80]}”.")
    return sorted({rows[slug].pk for slug in value or ()})


def json_object(request: Request) -> dict[str, Any]:
    """The request body, which must be a JSON object."""
    if not isinstance(request.data, dict):
        raise ValidationError("Send one JSON object.")
    return request.data


def read_version(body: dict[str, Any]) -> int | None:
    """Removes the version from the body and returns it. None if the body has no version."""
    version = body.pop("version", None)
    if version is not None and type(version) is not int:
        raise ValidationError({"version": "Enter a whole number."})
    return version


def value_at(record: Any, path: str) -> Any:
    """What a selected row would hold for a column of the record, or of a row that it points to."""
    for name in path.split("__"):
        record = None if record is None else getattr(record, name)
    return written_moment(record) if isinstance(record, datetime) else record


class VersionedViews(VisibleRows):
    """Rows with a version that people write. Subclasses name the serializer of a single row."""

    in_full: type[RowSerializer]
    queryset: Any

    def answer(self, row: Any, code: int = status.HTTP_200_OK, **headers: str) -> Response:
        """The row as it is now stored."""
        rows = self.in_full.select(self.queryset.filter(pk=row.pk), user=self.request.user)
        body = self.in_full(context=self.get_serializer_context()).to_representation(rows.get())
        return Response(body, status=code, headers=headers)

    def conflict(self, row: Any, version: int | None, illegal: str = "") -> Response:
        """409 with the row as it is now and its last change. `illegal`: why a move isn't possible any more."""
        sentence = MISSING_VERSION if version is None else STALE
        error: dict[str, str | None] = {"code": "conflict", "detail": sentence, "attr": "version"}
        if illegal:
            error = {"code": "illegal_transition", "detail": illegal, "attr": None}
        body = {"type": "client_error", "errors": [error], "current": self.answer(row).data}
        if change := last_change(row, self.request.user):
            body["changed"] = {
                "at": written_moment(change.at),
                "by": change.person and change.person.email,
                "door": change.door or "unknown",
            }
        return Response(body, status=status.HTTP_409_CONFLICT)


class RecordViews(VersionedViews):
    """Base of the list and the single record."""

    in_full: type[RecordRow]

    def answer_new(self, record: Any) -> Response:
        """The answer for a record that this request created. Queries again only if it points to another record."""
        columns = record._meta.concrete_fields
        others = [each for each in columns if each.is_relation and issubclass(each.related_model, Record)]
        address = f"{settings.SITE_URL}{self.request.path}{record.reference}/"
        if any(getattr(record, each.attname) for each in others):
            return self.answer(record, status.HTTP_201_CREATED, Location=address)
        row = {alias_of(path): value_at(record, path) for path in self.in_full.columns().values()}
        body = self.in_full(context=self.get_serializer_context()).to_representation(row)
        return Response(body, status=status.HTTP_201_CREATED, headers={"Location": address})

    def find(self, request: Request, reference: str) -> Any:
        refuse_undeclared(request, {"format"})
        rows = self.queryset.model.objects.visible_to(request.user).select_related("team")
        return get_object_or_404(rows, reference=reference.upper())


class RecordList(RecordViews, RowList):
    """Records of your teams and their sub-teams. POST creates one."""

    def post(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        return once(request, lambda: self._file(request))

    def _file(self, request: Request) -> Response:
        user, model = person(request), self.queryset.model
        record = model(reporter=user)
        values, problems = self.in_full.values_of(json_object(request), record, user)
        problems = intake.apply(record, values, by=user, at=timezone.now(), door=intake.TYPED) | problems
        if problems:
            raise ValidationError(problems)
        record.save()
        return self.answer_new(record)


class RecordDetail(RecordViews, RowDetail):
    """One record, with its long texts. PATCH changes the fields that you send, DELETE removes the record."""

    lookup_field = "reference"

    def patch(self, request: Request, reference: str) -> Response:
        record = self.find(request, reference)
        require(can_work_on(person(request), record))
        body = dict(json_object(request))
        version = read_version(body)
        if version != record.version:
            return self.conflict(record, version)
        try:
            reason = text_of(body.pop(REASON, "")) if record.HAS_TIMELINE else ""
        except DjangoValidationError as refused:
            raise ValidationError({REASON: refused.messages}) from None
        values, problems = self.in_full.values_of(body, record, person(request))
        door, now = intake.TYPED, timezone.now()
        problems = intake.apply(record, values, by=person(request), at=now, door=door, reason=reason) | problems
        if problems:
            raise ValidationError(problems)
        try:
            record.save()
        except Stale as stale:
            return self.conflict(stale.current, version)
        return self.answer(record)

    def delete(self, request: Request, reference: str) -> Response:
        record = self.find(request, reference)
        require(can_manage(person(request), record.team))
        record.soft_delete(timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
