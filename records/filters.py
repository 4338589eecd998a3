"""Lists of records. The URL holds the whole state: filters, order, page. Invalid parts are ignored, with a message."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from django import forms
from django.core.paginator import InvalidPage, Page, PageNotAnInteger, Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, Model, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.http import QueryDict
from django.utils.functional import cached_property

from qmportal.lib.days import EARLIEST_YEAR, midnight
from qmportal.lib.forms import DayField, LineField
from qmportal.lib.kept import Kept
from qmportal.lib.widgets import Menu, Options
from records.models import Record, Severity, severity_names
from records.scales import row_by
from teams.models import Membership, Team

Q = TypeVar("Q", bound=QuerySet[Any, Any])

PAGE_SIZE = 50
# The row counts of the lists that people opened last.
COUNTS = Kept(4_000)
# An invalid value is cut to this length before it is quoted in a message.
SHOWN_CHARACTERS = 40


def severity_order() -> Iterable[int]:
    return Severity.objects.order_by("rank").values_list("pk", flat=True)


def severity_choices(user: Any) -> list[tuple[str, str]]:
    return [*severity_names(user.versions).items()] if user.is_authenticated else []


@dataclass(frozen=True)
class Scale:
    """A column with few values to sort by. The rows of each value are read from an index, value by value in this order."""

    path: str
    column: str
    values: Callable[[], Iterable[Any]]


class LongPaginator(Paginator):
    """Stops counting at `MOST` rows: counting a million rows takes a hundred times as long as showing fifty.

    `shown`: the columns that the page shows. `parts`: the same rows, split by the value they are sorted by.
    `key`: everything that the row count depends on.
    """

    MOST = 10_000
    # Up to this many rows, finding and sorting all of them is faster than walking an index in order until a page is full.
    FEW = 1_000

    object_list: QuerySet[Any, Any]

    def __init__(self, rows: QuerySet[Any, Any], shown: Sequence[str], parts: Sequence[QuerySet[Any, Any]], key: Hashable):
        super().__init__(rows, PAGE_SIZE)
        self._shown, self._parts, self._key = shown, parts, key

    @cached_property
    def _counted(self) -> int:
        return COUNTS.get_or_make(self._key, lambda: self.object_list.order_by()[: self.MOST + 1].count())

    @cached_property
    def count(self) -> int:
        """The number of rows that people can page through."""
        return min(self._counted, self.MOST)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than people can page through."""
        return self._counted > self.MOST

    def page(self, number: Any) -> Page:
        """The rows of the page, read in the way that is fastest for the number of matches."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        stop = min(start + self.per_page, self.count)
        rows = self.object_list
        if not self.count:
            return Page([], number, self)
        if self.count <= self.FEW:
            # Find the rows with the query that counts them, then sort. The LIMIT stops PostgreSQL merging both steps.
            found = self._those(rows.order_by().values("pk")[: self.MOST + 1])[start:stop]
        elif self._parts:
            # Sort and skip narrow rows: only their ids.
            found = self._those(self._ids(start, stop))
        elif self.is_cut:
            found = self._those(rows.values("pk")[start:stop])
        else:
            found = rows[start:stop]
        return Page(list(found.values_list("id", *self._shown, named=True)), number, self)

    def _those(self, ids: Any) -> QuerySet[Any, Any]:
        """The rows whose ids this subquery returns, in the order of the list."""
        rows = self.object_list
        return rows.model._base_manager.filter(pk__in=ids).order_by(*rows.query.order_by)

    def _ids(self, start: int, stop: int) -> RawSQL:
        """A subquery for the ids of the page. It reads no part beyond the end of the page."""
        parts = [
            part.order_by("-id").annotate(part=Value(number)).values_list("part", "id")[:stop]
            for number, part in enumerate(self._parts)
        ]
        whole = parts[0].union(*parts[1:], all=True).order_by("part", "-id") if len(parts) > 1 else parts[0]
        statement, values = whole[start:stop].query.sql_with_params()
        return RawSQL(f"SELECT id FROM ({statement}) AS page", values)  # noqa: S608, S611 - written by Django


class RecordDayField(DayField):
    """A calendar day in the organisation's time zone, within the years that records can have."""

    default_validators = [MinValueValidator(date(EARLIEST_YEAR, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


class ListForm(forms.Form):
    """The filter form (GET) of a list. A subclass adds fields, applies them in `narrow` and names its `ORDERS`."""

    # The value of `sort` in the URL -> the column to sort by.
    ORDERS: dict[str, str | Scale]
    DEFAULT_ORDER: str
    MODEL: type[Record]
    # The other tables that the filters use. If one changes, rows are counted again.
    SCALES: tuple[type[Model], ...] = (Severity,)

    q = LineField(
        label="Search",
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Title or reference"}),
    )
    since = RecordDayField(label="From")
    until = RecordDayField(label="To")
    # Links from other pages set this; it can't be chosen here.
    source = LineField(label="Source", max_length=40, widget=forms.HiddenInput)

    # Fields of subclasses come before the days.
    field_order: tuple[str, ...] = (
        *("q", "team", "status", "severity", "service", "kind", "stage", "found_by", "since", "until"),
    )

    def __init__(self, data: QueryDict, *, user: Any):
        super().__init__(data, auto_id="filter_%s", use_required_attribute=False)
        self.user = user
        self.ignored: list[str] = []
        for name in [name for name, field in self.fields.items() if field.widget.is_hidden and not data.get(name)]:
            del self.fields[name]
        for field in self.fields.values():
            field.required = False
            if isinstance(field, forms.ChoiceField):
                field.widget = Menu(choices=field.choices)  # type: ignore[arg-type]

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and until < since:
            self.add_error("until", "Enter a day on or after “From”.")
        return chosen

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is set. If none is, an empty list means that there are no records at all."""
        return any(value for name, value in self.cleaned_data.items() if value != self.fields[name].initial)

    def limit_choices(self, name: str, *choices: tuple[str, str]) -> None:
        """Sets the choices of a field; the one for "any" comes first."""
        self.fields[name].choices = Options(choices)  # type: ignore[attr-defined]

    def narrow(self, rows: Any, chosen: dict[str, Any]) -> Any:
        """The rows that match the filters. `chosen` holds the valid values only."""
        raise NotImplementedError

    def chosen(self) -> Any:
        """All visible rows that match the URL, sorted. Adds a sentence to `ignored` for each invalid part of the URL."""
        rows: Any = self.MODEL._default_manager
        for name in self.errors:
            self._leave_out(self[name].label, self.data.get(name, ""))
        order, is_falling = self._order(say=True)
        path = order.path if isinstance(order, Scale) else order
        # Only for nullable columns: PostgreSQL can't use a plain index for NULLS LAST.
        last = self._is_nullable(path) or None
        by = F(path).desc(nulls_last=last) if is_falling else F(path).asc(nulls_last=last)
        return self.narrow(rows.visible_to(self.user), self.cleaned_data).order_by(by, "-id")

    def page(self, shown: Sequence[str]) -> Page:
        """The page that the URL asks for, with the columns in `shown`."""
        chosen = self.chosen()
        paginator = LongPaginator(chosen, shown, self._parts(chosen), self.key())
        asked = self.data.get("page") or "1"
        try:
            if not asked.isascii() or not asked.isdigit():
                raise PageNotAnInteger
            return paginator.page(asked)
        except InvalidPage:
            self._leave_out("Page", asked, "Showing the first page")
            return paginator.page(1)

    def key(self) -> Hashable:
        """Everything that the number of rows depends on."""
        changes = self.user.versions.of(self.MODEL, Team, Membership, *self.SCALES)
        return (self.MODEL, self.user.pk, self.user.is_admin, *changes, *self.cleaned_data.items())

    def with_scale(self, rows: Q, column: str, key: str, value: str) -> Q:
        """Rows with this severity or stage. By id: PostgreSQL can't estimate how many rows a join to a key finds."""
        scale: Any = self.MODEL._meta.get_field(column).related_model
        row = row_by(key, value, scale, self.user)
        return rows.filter(**{column: row.pk}) if row else rows.none()

    def _parts(self, rows: QuerySet) -> list[QuerySet]:
        """If the list is sorted by a scale: its rows split by value, with the empty value always last. Otherwise none."""
        order, is_falling = self._order()
        if not isinstance(order, Scale):
            return []
        values: list[Any] = list(order.values())
        ordered = values[::-1] if is_falling else values
        if self._is_nullable(order.column):
            ordered.append(None)
        return [rows.filter(**{order.column: value}) for value in ordered]

    def _order(self, say: bool = False) -> tuple[str | Scale, bool]:
        """The column to sort by, and whether the order is descending. With `say`, reports an unknown order."""
        asked = self.data.get("sort") or self.DEFAULT_ORDER
        if asked.removeprefix("-") not in self.ORDERS:
            if say:
                self._leave_out("Order", asked)
            asked = self.DEFAULT_ORDER
        return self.ORDERS[asked.removeprefix("-")], asked.startswith("-")

    def _leave_out(self, label: Any, value: str, instead: str = "It was ignored") -> None:
        shown = value if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]}…"
        self.ignored.append(f"{label}: “{shown}” cannot be used here. {instead}.")

    def _is_nullable(self, path: str) -> bool:
        column: Any = self.MODEL._meta.get_field(path.split("__")[0])
        return bool(column.null or column.generated)  # Django doesn't know whether a generated column can be empty


def within_days(rows: Q, column: str, chosen: dict[str, Any]) -> Q:
    """Like `within`, for a column of days."""
    if chosen.get("since"):
        rows = rows.filter(**{f"{column}__gte": chosen["since"]})
    if chosen.get("until"):
        rows = rows.filter(**{f"{column}__lte": chosen["until"]})
    return rows


def within(rows: Q, column: str, chosen: dict[str, Any]) -> Q:
    """Rows whose time falls on a day from `since` to `until`, both included."""
    if chosen.get("since"):
        rows = rows.filter(**{f"{column}__gte": midnight(chosen["since"])})
    if chosen.get("until"):
        rows = rows.filter(**{f"{column}__lt": midnight(chosen["until"] + timedelta(days=1))})
    return rows
