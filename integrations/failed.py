"""The rows of a file that could not be imported, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, cast

from django.http import HttpResponseBase

from integrations.importer import PARTICULAR
from integrations.models import ImportJob
from integrations.reading import Shape, Table, open_table
from qmportal.lib.spreadsheet import csv_response


def failed_rows_file(job: ImportJob) -> HttpResponseBase | None:
    """CSV in the file's own columns plus one that states the problem. None if there are none, or the file is gone."""
    if not job.file or not job.result.get("failed"):
        return None
    with job.file.open("rb") as raw:
        table = open_table(cast(BinaryIO, raw), Shape(**job.result["shape"]), job.file_name)
        return csv_response(f"rows-with-errors-{job.pk}.csv", [*table.header, "problem"], failed_rows(job, table))


def failed_rows(job: ImportJob, table: Table) -> Iterator[list[str]]:
    """The first KEPT_LINES rows. Beyond KEPT_ERRORS, a row gets the sentence of its kind of error."""
    width, result = len(table.header), job.result
    kinds = dict(zip(result["failed_lines"], result["failed_kinds"], strict=True))
    general = {each["number"]: problem(each["column"], PARTICULAR.sub("…", each["sentence"])) for each in result["faults"]}
    sentences: dict[int, list[str]] = {}
    for line, column, sentence in result["errors"]:
        sentences.setdefault(line, []).append(problem(column, sentence))
    for line, record in table.records():
        if line in kinds:
            said = " ".join(sentences.get(line, [])) or general.get(kinds[line], "")
            yield [*record, *[""] * (width - len(record)), said]


def problem(column: str, sentence: str) -> str:
    return f"{column}: {sentence}" if column else sentence
