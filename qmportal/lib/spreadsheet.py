"""Writes CSV: UTF-8 with BOM for Excel, every cell quoted, formulas escaped."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from qmportal.lib.batches import Export
from qmportal.lib.cells import guard_all

BOM = "\ufeff"
ROWS_AT_ONCE = 500


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
    """Escapes formulas in text. Numbers stay numbers."""
    lines, mark = chain([header], rows), BOM
    while some := list(islice(lines, ROWS_AT_ONCE)):
        text = io.StringIO(mark, newline="")
        text.seek(0, io.SEEK_END)
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(_guarded(some))
        yield text.getvalue()
        mark = ""


def _guarded(rows: list[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Column by column, which is faster, unless a row is longer or shorter than the others."""
    if len({len(row) for row in rows}) > 1:
        return map(guard_all, rows)
    return zip(*map(guard_all, zip(*rows, strict=True)), strict=True)
