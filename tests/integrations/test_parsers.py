"""Files as they come: every oddity is read right or refused with a sentence."""

import csv
import io
import random
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.mappings import DEFECTS
from integrations.parsers import (
    MAX_CELL,
    BadCell,
    Column,
    Reading,
    UnreadableFile,
    bind,
    clean_cell,
    open_table,
    read_row,
    read_time,
)

TEXT = "id,título\n1,naïve café\n2,“quoted”\n"
UTC_READING = Reading(ZoneInfo("UTC"))
BERLIN = Reading(ZoneInfo("Europe/Berlin"))


def rows_of(data: bytes) -> list[list[str]]:
    table = open_table(io.BytesIO(data))
    return [table.header, *(cells for _, cells in table.records())]


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableFile) as caught:
        rows_of(data)
    return str(caught.value)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"], ids=lambda name: f"as {name}"
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_encodings_delimiters_and_line_ends(encoding, delimiter, end):
    data = TEXT.replace(",", delimiter).replace("\n", end).encode(encoding)
    assert rows_of(data) == [["id", "título"], ["1", "naïve café"], ["2", "“quoted”"]]


def test_utf16_by_its_mark_in_either_order():
    assert rows_of("\ufeff".encode("utf-16-be") + TEXT.encode("utf-16-be"))[0] == ["id", "título"]


def test_the_line_of_a_record_is_its_first_physical_line():
    table = open_table(io.BytesIO(b'a,b\n1,"x\ny\nz"\n\n2,w\n'))
    assert [line for line, _ in table.records()] == [2, 6]


def test_a_name_in_the_header_may_go_on_in_the_next_line():
    table = open_table(io.BytesIO(b'a,"Found\nin"\n1,2\n'))
    assert table.header == ["a", "Found\nin"]
    assert list(table.records()) == [(3, ["1", "2"])]


def test_excel_may_name_the_delimiter_in_a_first_line():
    assert rows_of(b"sep=;\na;b\n1;2\n") == [["a", "b"], ["1", "2"]]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n  \n", "The file is empty"),
        (b"PK\x03\x04" + b"\0" * 100, "a zip archive or an Excel workbook"),
        (b"\x1f\x8b\x08rest", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"a,b\x00c\n1,2\n", "null characters"),
        (random.Random(7).randbytes(5000), "This is not a text file"),
        (b'a,b\n1,"open\n2,x\n', "opened in the record that begins on line 2 is never closed"),
        (b'a,b\n1,"x"y\n', "line 2 has a quotation mark in the wrong place"),
        (b'\na,"b\n1,2\n3,4\n', "opened in the record that begins on line 2 is never closed"),
        (b'a,"b\nc\x00"\n1,2\n', "null characters"),
        (",".join(f"c{i}" for i in range(201)).encode() + b"\n", "201 columns; at most 200"),
        (b",".join([b"a"] * 1_000_000), "1,000,000 columns"),
        (b"a" * 3_000_000, "Line 1 is longer than"),
        (b"a,b\n1," + b"x" * (MAX_CELL + 1) + b"\n", "line 2 is longer than"),
        (b"a,b\n1," + b"x" * 2_100_000 + b"\n", "Line 2 is longer than"),
        ("a,é\n1,é\n".encode() + b"2,\xff\n3,x\n", "Line 3 is not valid UTF-8"),
        ("a,é\n".encode() + b"\xed\xa0\x80,x\n", "Line 2 is not valid UTF-8"),
        ("a,é\n1,é".encode()[:-1], "not valid UTF-8"),
        (b"a,b\n1,\x81\n", "not valid CP1252"),
        ("a,b\n1,x\n".encode("utf-16") + b"\x00\xd8", "not valid UTF-16"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(data, words):
    assert words in refusal(data)


def test_a_cell_of_fifty_megabytes_is_refused():
    assert "longer than" in refusal(b"a,b\n1," + b"x" * (50 << 20) + b"\n")


COLUMNS = (Column("title", ("Title", "Summary"), required=True), Column("parts", ("Component/s",), many=True))


def test_columns_are_found_wherever_they_stand_and_however_they_are_written():
    binding = bind(COLUMNS, ["other", "component_s", "SUMMARY"])
    assert binding.cells(["x", "a", " b "]) == {"parts": "a", "title": "b"}
    assert binding.matched == [("other", ""), ("component_s", "parts"), ("SUMMARY", "title")]


def test_repeated_columns_are_joined_where_they_may_repeat():
    assert bind(COLUMNS, ["Title", "Component/s", "Component/s"]).cells(["t", "b", "a"])["parts"] == "b, a"


def test_the_best_name_wins_when_a_header_has_two():
    assert bind(COLUMNS, ["Summary", "Title"]).cells(["s", "t"]) == {"title": "t"}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["Title", "title"], "“Title” stands in the header more than once: columns 1 and 2"),
        (["1", "Checkout fails"], "no column “Title”. Its first line names: “1”, “Checkout fails”"),
    ],
)
def test_missing_and_doubled_headers_are_refused(header, words):
    with pytest.raises(UnreadableFile) as caught:
        bind(COLUMNS, header)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("record", "has"), [(["only"], "1 cell"), (["a", "b", "c"], "3 cells"), (["a"] * 4000, "4,000 cells")]
)
def test_ragged_rows_are_errors(record, has):
    row = read_row(7, record, bind(COLUMNS, ["Title", "x"]), UTC_READING, lambda draft: None)
    assert row.problems == {"": f"This row has {has}, the header has 2."}


def test_empty_cells_after_the_last_column_do_no_harm():
    assert bind(COLUMNS, ["Title"]).cells(["t", "", ""]) == {"title": "t"}


def test_rows_of_delimiters_alone_are_left_out():
    assert read_row(7, ["", " ", ""], bind(COLUMNS, ["Title"]), UTC_READING, lambda draft: None).skipped == "empty row"


@pytest.mark.parametrize(
    ("cell", "text"),
    [("=SUM(A1)", "=SUM(A1)"), ("'=SUM(A1)", "=SUM(A1)"), ("'-1", "-1"), ("'tis", "'tis"), (" x ", "x"), ("--", "--")],
)
def test_formulas_are_plain_text(cell, text):
    assert clean_cell(cell) == text


@settings(max_examples=200)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")), min_size=2, max_size=2))
def test_any_text_in_a_cell_comes_back(cells):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["title", "steps"], cells])
    table = open_table(io.BytesIO(out.getvalue().encode()))
    records = [record for _, record in table.records()]
    assert records == [cells]


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        table = open_table(io.BytesIO(b"title,steps\n" + data))
        binding = bind((Column("title", ("title",)),), table.header)
        for line, record in table.records():
            read_row(line, record, binding, UTC_READING, DEFECTS.fill)
    except UnreadableFile:
        return


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-03-31T14:05:06Z", datetime(2024, 3, 31, 14, 5, 6, tzinfo=UTC)),
        ("2024-03-31 14:05:06.25+02:00", datetime(2024, 3, 31, 12, 5, 6, 250000, tzinfo=UTC)),
        ("2020-01-02 17:14:21+00:00", datetime(2020, 1, 2, 17, 14, 21, tzinfo=UTC)),
        ("2019-02-15T19:15:40.470-0800", datetime(2019, 2, 16, 3, 15, 40, 470000, tzinfo=UTC)),
        ("2024-03-31T14:05:06.123456789Z", datetime(2024, 3, 31, 14, 5, 6, 123456, tzinfo=UTC)),
        ("2024-03-31 14:05 UTC", datetime(2024, 3, 31, 14, 5, tzinfo=UTC)),
        ("2024-03-31 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("2024/03/30", datetime(2024, 3, 29, 23, tzinfo=UTC)),
        ("2024-06-01T00:00+14:00", datetime(2024, 5, 31, 10, tzinfo=UTC)),
        ("15/Feb/19 7:15 PM", datetime(2019, 2, 15, 18, 15, tzinfo=UTC)),
        ("15/Feb/2019 12:15 AM", datetime(2019, 2, 14, 23, 15, tzinfo=UTC)),
        ("Feb 15, 2019 19:15", datetime(2019, 2, 15, 18, 15, tzinfo=UTC)),
        ("15 February 2019", datetime(2019, 2, 14, 23, tzinfo=UTC)),
        ("31.03.2024 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("31/03/2024 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("03/31/2024 14:05", datetime(2024, 3, 31, 12, 5, tzinfo=UTC)),
        ("1711893906000", datetime(2024, 3, 31, 14, 5, 6, tzinfo=UTC)),
        ("1711893906", datetime(2024, 3, 31, 14, 5, 6, tzinfo=UTC)),
        # The clocks went back: 02:30 happened twice, the first is meant.
        ("2024-10-27 02:30", datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
    ],
)
def test_dates(text, instant):
    assert read_time(text, BERLIN) == instant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2023-02-29", "no such day"),
        ("0001-01-01", "1990 or later"),
        ("10000-01-01", "not a date"),
        ("9999-12-31", "1990 or later"),
        ("2024-01-01T10:00:60Z", "seconds 0 to 59"),
        ("2024-01-01T25:00Z", "no such day or time"),
        ("15/Feb/19 13:15 PM", "no such time of day"),
        ("2024-01-01T10:00+14:30", "no time zone"),
        ("2024-01-01T10:00 PST", "not a date"),
        ("2024-W53-1", "not a date"),
        ("2024-03-31 02:30", "does not exist in Europe/Berlin"),
        ("02/03/2024", "could be 2 Mar or 3 Feb"),
        ("１２/３/2024", "not a date"),
        ("20240301", "not a date"),
        ("1" * 30, "not a date"),
        ("yesterday", "not a date"),
    ],
)
def test_dates_that_are_refused(text, words):
    with pytest.raises(BadCell) as caught:
        read_time(text, BERLIN)
    assert words in str(caught.value)


def test_ambiguous_dates_are_read_once_their_order_is_told():
    zone = ZoneInfo("UTC")
    assert read_time("02/03/2024", Reading(zone, day_first=True)).month == 3
    assert read_time("02/03/2024", Reading(zone, day_first=False)).month == 2
    assert read_time("03/03/2024", Reading(zone)).day == 3


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(text):
    with suppress(BadCell):
        assert read_time(text, BERLIN).tzinfo is UTC


@given(st.datetimes(datetime(1991, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - the zone is written in the test
def test_iso_dates_come_back(moment):
    assert read_time(moment.isoformat() + "Z", BERLIN) == moment.replace(tzinfo=UTC)
