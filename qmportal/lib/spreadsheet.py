"""Writes CSV: UTF-8 with BOM for Excel, every cell quoted, formulas escaped."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from qmportal.lib.batches import Export
from qmportal.lib.cells import guard

BOM = "\ufeff"
ROWS_AT_ONCE = 500


def safe_cell(value: Any) -> Any:
    """Escapes formulas in text. Numbers stay numbers."""
    return guard(value) if isinstance(value, str) else value


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    response = HttpResponse(_texts(header, rows), content_type="text/csv; charset=utf-8")
    _name(response, filename)
    return response


def csv_stream(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingHttpResponse:
    """Streams a table of any length."""
    response = StreamingHttpResponse(Export(_texts(header, rows)), content_type="text/csv; charset=utf-8")
    _name(response, filename)
    return response


def _name(response: HttpResponseBase, filename: str) -> None:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'


def _texts(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield BOM
    lines = chain([header], rows)
    while some := list(islice(lines, ROWS_AT_ONCE)):
        text = io.StringIO(newline="")
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([safe_cell(value) for value in row] for row in some)
        yield text.getvalue()
