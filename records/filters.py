"""Lists with their whole state in the address: filters, order, page. What cannot be used is left out, and said."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeVar

from django import forms
from django.core.paginator import InvalidPage, Page, PageNotAnInteger, Paginator
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import F, QuerySet
from django.db.models.expressions import OrderBy
from django.http import QueryDict
from django.utils.functional import cached_property

from qmportal.lib.days import EARLIEST_YEAR, midnight
from qmportal.lib.forms import DayField, LineField
from qmportal.lib.widgets import Menu
from records.models import severity_names

Q = TypeVar("Q", bound=QuerySet[Any, Any])

PAGE_SIZE = 50
# Longer junk is cut before it is shown to the person who sent it.
SHOWN_CHARACTERS = 40


def severity_choices() -> list[tuple[str, str]]:
    return [*severity_names().items()]


class LongPaginator(Paginator):
    """Counts no further than anybody pages: counting a million rows takes a hundred times as long as showing fifty."""

    MOST = 10_000

    object_list: QuerySet[Any, Any]

    @cached_property
    def _counted(self) -> int:
        return self.object_list.order_by()[: self.MOST + 1].count()

    @cached_property
    def count(self) -> int:
        """How many rows can be paged through."""
        return min(self._counted, self.MOST)

    @property
    def is_cut(self) -> bool:
        """There are more rows than that."""
        return self._counted > self.MOST


class RecordDayField(DayField):
    """A calendar day of the organisation, within the years that its records can have."""

    default_validators = [MinValueValidator(date(EARLIEST_YEAR, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


class ListForm(forms.Form):
    """The GET form over a list. A subclass adds fields, says in `narrow` what they mean, and names its `ORDERS`."""

    # The key in the address -> the column to sort by.
    ORDERS: dict[str, str]
    DEFAULT_ORDER: str

    q = LineField(
        label="Search",
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Title or reference"}),
    )
    since = RecordDayField(label="From")
    until = RecordDayField(label="To")
    # Set by links from other pages rather than chosen here.
    source = LineField(label="Source", max_length=40, widget=forms.HiddenInput)

    # Fields of subclasses come before the days.
    field_order = ("q", "team", "status", "severity", "kind", "stage", "found_by", "since", "until")

    def __init__(self, data: QueryDict):
        super().__init__(data, auto_id="filter_%s", use_required_attribute=False)
        self.ignored: list[str] = []
        for name in [name for name, field in self.fields.items() if field.widget.is_hidden and not data.get(name)]:
            del self.fields[name]
        for field in self.fields.values():
            field.required = False
            if isinstance(field, forms.ChoiceField):
                field.widget = Menu(choices=list(field.widget.choices))

    def clean(self) -> dict[str, Any]:
        chosen = self.cleaned_data
        since, until = chosen.get("since"), chosen.get("until")
        if since and until and until < since:
            self.add_error("until", "This day is before the first one.")
        return chosen

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter is at work; without one, an empty list is an empty portal."""
        return any(value for name, value in self.cleaned_data.items() if value != self.fields[name].initial)

    def offer(self, name: str, *choices: tuple[str, str]) -> None:
        """The choices of a field, the one for "any" first."""
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def narrow(self, rows: Any, chosen: dict[str, Any]) -> Any:
        """The rows that the filters leave. `chosen` lacks what could not be used."""
        raise NotImplementedError

    def chosen(self, rows: Q) -> Q:
        """All rows that the address asks for, in its order. Afterwards `ignored` holds a sentence for each part left out."""
        for name in self.errors:
            self._leave_out(self[name].label, self.data.get(name, ""))
        return self.narrow(rows, self.cleaned_data).order_by(self._order(rows), "-id")

    def page(self, rows: QuerySet) -> Page:
        """The page of them that the address asks for."""
        paginator = LongPaginator(self.chosen(rows), PAGE_SIZE)
        asked = self.data.get("page") or "1"
        try:
            if not asked.isascii() or not asked.isdigit():
                raise PageNotAnInteger
            return paginator.page(asked)
        except InvalidPage:
            self._leave_out("Page", asked, "This is the first page")
            return paginator.page(1)

    def _order(self, rows: QuerySet) -> OrderBy:
        asked = self.data.get("sort") or self.DEFAULT_ORDER
        if asked.removeprefix("-") not in self.ORDERS:
            self._leave_out("Order", asked)
            asked = self.DEFAULT_ORDER
        path = self.ORDERS[asked.removeprefix("-")]
        # Only for columns that can be empty: an index in its plain order serves no NULLS LAST.
        last = rows.model._meta.get_field(path.split("__")[0]).null or None
        return F(path).desc(nulls_last=last) if asked.startswith("-") else F(path).asc(nulls_last=last)

    def _leave_out(self, label: Any, value: str, instead: str = "It was left out") -> None:
        shown = value if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]}…"
        self.ignored.append(f"{label}: “{shown}” cannot be used here. {instead}.")


def within(rows: Q, column: str, chosen: dict[str, Any]) -> Q:
    """Rows whose moment lies on the days from `since` to `until`, both included."""
    if chosen.get("since"):
        rows = rows.filter(**{f"{column}__gte": midnight(chosen["since"])})
    if chosen.get("until"):
        rows = rows.filter(**{f"{column}__lt": midnight(chosen["until"] + timedelta(days=1))})
    return rows
