"""CSV out: cells that a spreadsheet would run as a formula are made plain text."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 500


def safe_cell(value: Any) -> Any:
    """Text that begins like a formula gets a leading apostrophe, one more if it has some; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip("'").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    response = HttpResponse(_texts(header, rows), content_type="text/csv; charset=utf-8")
    _name(response, filename)
    return response


def csv_stream(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """For a table of any length, sent while it is read."""
    response = StreamingHttpResponse(_texts(header, rows), content_type="text/csv; charset=utf-8")
    _name(response, filename)
    return response


def _name(response: HttpResponseBase, filename: str) -> None:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'


def _texts(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    lines = chain([header], rows)
    while some := list(islice(lines, ROWS_AT_ONCE)):
        text = io.StringIO(newline="")
        csv.writer(text).writerows([safe_cell(value) for value in row] for row in some)
        yield text.getvalue()
