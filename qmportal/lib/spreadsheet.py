"""Writes CSV: UTF-8 with BOM for Excel, every cell quoted, formulas escaped."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from django.db import connection, models
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from qmportal.lib.batches import Export, in_batches
from qmportal.lib.cells import FORMULA, guard

BOM = "\ufeff"
# `guard` in SQL. Most texts are empty, which a comparison finds faster than the pattern. The collation changes nothing
# but the time: the pattern has no classes of characters.
PATTERN = FORMULA.pattern.replace("'", "''")
GUARDED = f"regexp_replace(NULLIF(%(expressions)s, '') COLLATE \"C\", '{PATTERN}', '\\&''', 'g')"
# The text of a value in SQL, by type. The first type that fits counts.
WRITTEN: Mapping[type[models.Field[Any, Any]], str] = {
    models.DateTimeField: (
        """replace(to_char(timezone('UTC', %(expressions)s), 'YYYY-MM-DD HH24:MI:SS.US"+00:00"'), '.000000', '')"""
    ),
    models.DateField: "to_char(%(expressions)s, 'YYYY-MM-DD')",
    models.BooleanField: "initcap(CAST(%(expressions)s AS text))",
    models.IntegerField: "CAST(%(expressions)s AS text)",
    models.DecimalField: "CAST(%(expressions)s AS text)",
    models.CharField: GUARDED,
    models.TextField: GUARDED,
}


class Cell(models.Func):
    """The text of a cell, as `csv_response` would write the value."""

    output_field = models.TextField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:  # type: ignore[override]
        (value,) = self.get_source_expressions()
        for kind, written in WRITTEN.items():
            if isinstance(value.output_field, kind):
                if written is GUARDED and value.output_field.choices:
                    written = "%(expressions)s"  # nobody typed it
                return super().as_sql(compiler, connection, template=f"COALESCE({written}, '')", **context)
        raise TypeError(f"How to write a {type(value.output_field).__name__} as text?")


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """Writes a table of limited length. Escapes formulas in text. Numbers stay numbers."""
    response = HttpResponse(BOM, content_type="text/csv; charset=utf-8")
    _name(response, filename)
    lines = ([guard(cell) if isinstance(cell, str) else cell for cell in row] for row in chain([header], rows))
    csv.writer(response, quoting=csv.QUOTE_ALL).writerows(lines)
    return response


def csv_stream(filename: str, columns: Mapping[str, Any], rows: QuerySet[Any, Any]) -> StreamingHttpResponse:
    """Streams a table of any length. `columns`: the path or expression to write below each name."""
    response = StreamingHttpResponse(Export(_written(columns, rows)), content_type="text/csv; charset=utf-8")
    _name(response, filename)
    return response


def _name(response: HttpResponseBase, filename: str) -> None:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'


def _written(columns: Mapping[str, Any], rows: QuerySet[Any, Any]) -> Iterator[bytes]:
    texts = in_batches(rows.values_list(*map(Cell, columns.values())), _copied)
    header = BOM + ",".join(f'"{name}"' for name in columns) + "\r\n"
    yield header.encode() + next(texts, b"")
    yield from texts


def _copied(rows: QuerySet[Any, Any]) -> bytes:
    """The database writes the lines: Python would take several times as long, and only passes them on."""
    query, values = rows.query.sql_with_params()
    copy = f"COPY ({query}) TO STDOUT WITH (FORMAT csv, FORCE_QUOTE *)"
    statement = connection.ops.compose_sql(copy, values)  # type: ignore[attr-defined]
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as lines:
        return b"".join(chain.from_iterable((line[:-1], b"\r\n") for line in lines))
