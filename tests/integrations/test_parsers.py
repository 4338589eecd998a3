"""Columns are found by name, and rows become values."""

from zoneinfo import ZoneInfo

import pytest

from integrations.parsers import Column, Reading, bind, clean_cell
from integrations.reading import UnreadableFile

UTC_READING = Reading(ZoneInfo("UTC"))

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
    ("cell", "text"),
    [("=SUM(A1)", "=SUM(A1)"), ("'=SUM(A1)", "=SUM(A1)"), ("'-1", "-1"), ("'tis", "'tis"), (" x ", "x"), ("--", "--")],
)
def test_formulas_are_plain_text(cell, text):
    assert clean_cell(cell) == text
