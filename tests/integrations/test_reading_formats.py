"""Workbooks, JSON and archives: the same table as from CSV, and one sentence for what cannot be one."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.reading import Shape, UnreadableFile, described, open_table
from tests.integrations.files import ods, ods_cell, ods_row, text_row, xlsx, zipped

HEAD, BODY = text_row(3, "id", "title", "when"), '<row r="4"><c r="A4"><v>12</v></c><c r="B4"><v>1.5</v></c></row>'
KINDS = (
    '<row r="5"><c r="A5" s="1"><v>45415</v></c><c r="B5" s="2"><v>45415.375</v></c><c r="C5" s="3"><v>0.5</v></c></row>'
    '<row r="6"><c r="A6" s="4"><v>1.5</v></c><c r="B6" t="b"><v>1</v></c><c r="C6" t="e"><v>#N/A</v></c></row>'
    '<row r="7"><c r="A7"><v>0.30000000000000004</v></c><c r="B7"><f>A4</f><v>12</v></c><c r="C7"><v>-3</v></c></row>'
)
ONE = text_row(1, "id", "title") + text_row(2, "1", "a")
FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
CSV = b"id,title\n1,a\n"


def read(data: bytes, name: str = "", **shape: str):
    """The table, with all its records read."""
    table = open_table(io.BytesIO(data), Shape(**shape), name)
    table.body = iter(list(table.records()))
    return table


def rows(table):
    return [table.header, *(cells for _, cells in table.records())]


def as_json(value) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def test_cells_of_a_workbook_are_texts_as_they_are_shown():
    table = read(xlsx({"Bugs": HEAD + BODY + KINDS}))
    assert table.header == ["id", "title", "when"]
    assert list(table.records()) == [
        (4, ["12", "1.5", ""]),
        (5, ["2024-05-03", "2024-05-03 09:00:00", "12:00:00"]),
        (6, ["36:00:00", "true", ""]),
        (7, ["0.3", "12", "-3"]),
    ]
    assert (table.done, table.total) == (7, 7)
    assert (table.shape, table.sheets) == (Shape(format="xlsx", sheet="Bugs"), [])


def test_the_first_sheet_with_columns_is_taken_unless_another_is_named():
    data = xlsx({"Read me": text_row(1, "How to read this"), "Bugs": ONE, "Old": text_row(1, "key", "name")})
    assert (read(data).shape.sheet, read(data).sheets) == ("Bugs", ["Read me", "Bugs", "Old"])
    assert read(data, sheet="Old").header == ["key", "name"]


def test_a_title_above_the_header_of_a_sheet_and_a_total_below_it():
    sheet = text_row(1, "Bugs of June") + HEAD + text_row(4, "1", "a", "b") + text_row(6, "Total", "", "1")
    assert rows(read(xlsx({"A": sheet}))) == [["id", "title", "when"], ["1", "a", "b"]]


def test_a_spreadsheet_of_open_document():
    table = ods_row(ods_cell("id"), ods_cell("title"), ods_cell("", 16_382))
    table += ods_row(ods_cell("1"), ods_cell("a"), ods_cell("", 16_382), repeated=2) + ods_row(
        ods_cell("", 16_384), repeated=1_000_000
    )
    assert rows(read(ods({"Bugs": table}))) == [["id", "title"], ["1", "a"], ["1", "a"]]
    assert read(ods({"Bugs": table})).shape.format == "ods"


def test_macros_are_never_looked_at():
    assert rows(read(xlsx({"A": ONE}, {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}))) == [["id", "title"], ["1", "a"]]


def test_a_document_with_one_list():
    data = as_json({"page": {"id": "x"}, "incidents": [{"id": 1, "name": "Down"}, {"id": 2, "impact": "major"}]})
    table = read(data)
    assert rows(table) == [["id", "name", "impact"], ["1", "Down", ""], ["2", "", "major"]]
    assert (table.shape, table.sheets) == (Shape(format="json", encoding="utf-8-sig", sheet="incidents"), [])


def test_values_of_a_document_as_texts():
    value = {
        "key": "A-1",
        "fields": {"status": {"name": "Done"}, "labels": ["a", "b", 3], "assignee": None, "empty": {}, "none": []},
        "updates": [{"at": "2024-01-01T10:00Z", "n": 1.5}],
        "draft": False,
        "hours": 1.50,
        "big": 12345678901234567890,
    }
    (_, cells), *_ = (table := read(as_json([value]))).records()
    assert dict(zip(table.header, cells, strict=True)) == {
        "key": "A-1",
        "fields.status.name": "Done",
        "fields.labels": "a, b, 3",
        "fields.assignee": "",
        "fields.empty": "",
        "fields.none": "",
        "updates": '[{"at":"2024-01-01T10:00Z","n":1.5}]',
        "draft": "false",
        "hours": "1.5",
        "big": "12345678901234567890",
    }


def test_a_field_that_is_null_here_and_an_object_there_has_no_column_of_its_own():
    assert read(as_json([{"id": 1, "user": None}, {"id": 2, "user": {"login": "ann"}}])).header == ["id", "user.login"]


def test_the_longest_list_is_taken_unless_another_is_named():
    data = as_json({"data": {"open": [{"id": 1}], "closed": [{"id": 2}, {"id": 3}], "tags": ["x", "y", "z"]}})
    assert (read(data).shape.sheet, read(data).sheets) == ("data.closed", ["data.open", "data.closed"])
    assert rows(read(data, sheet="data.open")) == [["id"], ["1"]]


@pytest.mark.parametrize(
    ("data", "name", "format"),
    [
        pytest.param(b'{"id": 1}\n{"id": 2, "x": [{"y": 1}]}\n', "", "jsonl", id="by lines"),
        pytest.param(b'\n{"id": 1}\r\n\r\n{"id": 2}', "", "jsonl", id="by lines, with empty ones"),
        pytest.param(b'{"id": 1, "x": [{"y": 1}]}', "one.jsonl", "jsonl", id="one line"),
        pytest.param(b'{\n "id": 1\n}\n{\n "id": 2\n}\n', "", "json", id="one after another"),
        pytest.param(b' [{"id": 1}, {"id": 2}] ', "", "json", id="a list"),
        pytest.param(b'{"id": 1}', "", "json", id="one object"),
        pytest.param('[{"id": 1}, {"id": 2}]'.encode("utf-16"), "", "json", id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf[{"id": 1}]', "", "json", id="with a mark"),
    ],
)
def test_json_in_its_shapes(data, name, format):
    table = read(data, name)
    assert table.shape.format == format
    assert table.header[0] == "id"
    assert [cells[0] for _, cells in table.records()] in (["1", "2"], ["1"])


def test_a_broken_line_is_named_and_the_rest_is_read():
    table = read(b'{"id": 1}\n{"id": 2\n[3]\n{"id": ' + b"[" * 99_999 + b'\n{"id": 5}\n{"id": 6')
    assert [line for line, _ in table.records()] == [1, 2, 3, 4, 5, 6]
    assert list(table.faults) == [2, 3, 4, 6]
    assert table.faults[3] == "This entry is not an object."


def test_names_that_come_late_are_mentioned():
    lines = ['{"id": 1}'] * 5_000 + ['{"id": 2, "late": "x", "none": null}'] * 3
    assert read("\n".join(lines).encode()).notes == ["“late” first occurs in entry 5001 and was left out."]


@pytest.mark.parametrize("end", ["\n", ","], ids=["by lines", "in a list"])
def test_numbers_that_are_none_and_very_long_ones(end):
    digits = "1" + "0" * 5_000
    lines = end.join(['{"id": NaN, "n": -1.50}', f'{{"id": {digits}, "n": 1e400}}'])
    assert rows(read((lines if end == "\n" else f"[{lines}]").encode()))[1:] == [["", "-1.50"], [digits, "1E+400"]]


def test_entries_longer_than_what_is_read_at_once():
    long = "x" * 700_000
    table = read(as_json({"a": 1, "list": [{"id": n, "text": long} for n in range(5)] + [{"id": 5}], "z": 12345}))
    assert [(cells[0], len(cells[1])) for _, cells in table.records()] == [*((str(n), 700_000) for n in range(5)), ("5", 0)]


def test_half_a_character_does_no_harm():
    assert rows(read(b'[{"id": "\\ud83d", "\\udc00": "x"}]'))[1] == ["�", "x"]


def test_an_archive_with_one_file():
    table = read(zipped({"export/bugs.csv": CSV, "export/": "", "__MACOSX/bugs.csv": "x", "notes.md": "x"}))
    assert rows(table) == [["id", "title"], ["1", "a"]]
    assert (table.shape.sheet, table.sheets) == ("export/bugs.csv", [])
    assert described(table.shape) == "CSV in UTF-8 separated by commas from “export/bugs.csv”"


def test_an_archive_with_several_files_and_sheets():
    data = zipped({"a.csv": CSV * 9, "b.xlsx": xlsx({"X": ONE, "Y": text_row(1, "key", "name")})})
    table = read(data, sheet="b.xlsx/Y")
    assert table.header == ["key", "name"]
    assert table.sheets == ["b.xlsx/X", "b.xlsx/Y", "a.csv"]
    assert read(data, sheet="b.xlsx").shape.sheet == "b.xlsx/X"
    assert rows(read(data, **{"sheet": "a.csv"}))[1] == ["1", "a"]


@pytest.mark.parametrize("data", [xlsx({"A": ONE}), as_json({"a": [{"id": 1, "title": "a"}]}), zipped({"a.csv": CSV}), CSV])
def test_how_a_file_was_found_opens_it_again(data):
    found = read(data).shape
    table = open_table(io.BytesIO(data), found)
    assert (rows(table), table.shape) == ([["id", "title"], ["1", "a"]], found)


def encrypted(data: bytes) -> bytes:
    """The mark that a member needs a password, set in both places."""
    return data.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")


OUTSIDE = {"a.exe": "x", "../b.csv": CSV, "/etc/c.csv": CSV, "C:\\d.csv": CSV}


def with_size(data: bytes, size: int, claimed: int) -> bytes:
    return data.replace(size.to_bytes(4, "little"), claimed.to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(lambda: zipped({}), "holds no CSV, Excel", id="empty zip"),
        pytest.param(lambda: zipped(OUTSIDE), "holds no CSV", id="paths"),
        pytest.param(lambda: zipped({"a.csv": zipped({"b.csv": CSV})}), "holds another archive", id="nested"),
        pytest.param(lambda: encrypted(zipped({"a.csv": CSV})), "protected by a password", id="password"),
        pytest.param(lambda: zipped({"a.csv": b"a,b\n" * (15 << 20)}), "too large when unpacked: 60 MB", id="bomb"),
        pytest.param(lambda: zipped({f"{n}.csv": "" for n in range(2_001)}), "more than 2,000 files", id="members"),
        pytest.param(
            lambda: zipped({"x" * 200 + f"{n}.csv": "" for n in range(9_000)}), "more than 2,000 files", id="directory"
        ),
        pytest.param(lambda: zipped({"a.csv": CSV * 99})[:-40], "damaged", id="cut"),
        pytest.param(lambda: with_size(zipped({"a.csv": CSV * 99}), 1287, 1286), "damaged", id="false size"),
        pytest.param(lambda: xlsx({"A": FAR}), "a sheet can span 5 million cells", id="cells far apart"),
        pytest.param(
            lambda: xlsx({"A": FAR.replace('<c r="', "<c s='0' r = '").replace('"><v>', "'><v>")}),
            "span 5 million",
            id="quotes",
        ),
        pytest.param(lambda: xlsx({"A": FAR.replace("<c", "<x:c").replace("</c", "</x:c")}), "", id="prefixed"),
        pytest.param(
            lambda: xlsx({"A": "<row>" + "<c><v>1</v></c>" * 6 + '</row><row r="1048576"><c><v>1</v></c></row>'}),
            "a sheet can span",
            id="cells without places",
        ),
        pytest.param(
            lambda: xlsx({"A": ONE}, {"xl/sharedStrings.xml": '<sst uniqueCount="99999999999"/>'}),
            "damaged",
            id="false count",
        ),
        pytest.param(
            lambda: xlsx({"A": ONE}, {"xl/worksheets/sheet2.xml": "<a>" * (30 << 20)}),
            "too large when unpacked",
            id="xml bomb",
        ),
        pytest.param(lambda: xlsx({"A": ONE[:-30]}), "damaged", id="cut sheet"),
        pytest.param(lambda: xlsx({}), "no sheets", id="no sheets"),
        pytest.param(lambda: xlsx({"A": ""}), "The file is empty", id="empty sheet"),
        pytest.param(
            lambda: zipped({"[Content_Types].xml": "", "word/document.xml": ""}), "a document, not a workbook", id="Word"
        ),
        pytest.param(
            lambda: zipped({"[Content_Types].xml": "", "xl/workbook.bin": ""}), "binary Excel workbook (XLSB)", id="XLSB"
        ),
        pytest.param(
            lambda: ods({"A": ods_row(ods_cell("x", 16_000), repeated=1_000_000)}), "a sheet can span", id="repeats"
        ),
        pytest.param(
            lambda: b"\xd0\xcf\x11\xe0" + b"x" * 99, "an old Excel workbook (XLS) or one with a password", id="XLS"
        ),
        pytest.param(lambda: b"<!DOCTYPE html><table>", "a web page", id="page"),
        pytest.param(lambda: b'[{"id": 1}, {"id"', "not valid JSON near", id="cut JSON"),
        pytest.param(lambda: b"[1, 2]", "no list of objects", id="numbers"),
        pytest.param(lambda: b"[]", "no list of objects", id="empty list"),
        pytest.param(lambda: b"{}", "no list of objects", id="empty object"),
        pytest.param(lambda: b'[{"id": 1} {"id": 2}]', "not valid JSON near “{", id="no comma"),
        pytest.param(lambda: b'{1: [{"id": 2}]}', "not valid JSON", id="a number for a name"),
        pytest.param(lambda: b'{"x": [{"id": 2}]', "The file ends in the middle", id="no end"),
        pytest.param(lambda: b'[{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]", "", id="depth"),
        pytest.param(lambda: b'{"id": ' * 10_000 + b"1" + b"}" * 10_000, "", id="depth of objects"),
    ],
)
def test_what_cannot_be_a_table_is_refused_with_a_sentence(data, words):
    with pytest.raises(UnreadableFile) as caught:
        read(data())
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("cell", [{"sheet": "Nope"}, {"sheet": "A/B"}])
def test_a_sheet_that_is_not_there(cell):
    for data in (xlsx({"A": ONE}), zipped({"a.csv": CSV}), as_json({"x": [{"id": 1}]})):
        with pytest.raises(UnreadableFile):
            read(data, **cell)


SAMPLES = [
    xlsx({"A": ONE}),
    ods({"A": ods_row(ods_cell("id"), ods_cell("x"))}),
    zipped({"a.csv": CSV}),
    as_json({"a": [{"id": [1]}]}),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers(0, 3_000), st.binary(max_size=6), st.integers(0, 20))
def test_any_damage_is_read_or_refused(data, place, bytes_, removed):
    place %= len(data)
    try:
        table = read(data[:place] + bytes_ + data[place + removed :])
    except UnreadableFile:
        return
    for line, cells in table.records():
        assert len(cells) == len(table.header) or line in table.faults


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), max_size=4), st.booleans())
def test_any_json_is_a_table_or_refused(values, by_lines):
    data = "\n".join(map(json.dumps, values)) if by_lines else json.dumps(values)
    try:
        table = read(data.encode(), "x.jsonl" if by_lines else "x.json")
    except UnreadableFile:
        return
    for line, cells in table.records():
        assert len(cells) == len(table.header) or line in table.faults
        "".join(cells).encode()
