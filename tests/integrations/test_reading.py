"""Files as they come: every oddity is read right or refused with a sentence."""

import csv
import io
import random
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.reading import Shape, UnreadableFile, open_table

MISPLACED = "This row has a quotation mark in the wrong place. Inside a cell, write it twice."
UNCLOSED = "This row opens a quotation mark that is never closed."
TEXT = "id,título\n1,naïve café\n2,“quoted”\n"


def rows_of(data: bytes, **shape: str) -> list[list[str]]:
    table = open_table(io.BytesIO(data), Shape(**shape))
    return [table.header, *(cells for _, cells in table.records())]


def read(data: bytes):
    """The table, with all its records read."""
    table = open_table(io.BytesIO(data))
    table.body = iter(list(table.records()))
    return table


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
        (b"PK\x03\x04" + b"\0" * 100, "The archive is damaged"),
        (b"\x1f\x8b\x08rest", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0rest", "an old Excel workbook"),
        (b"a,b\x00c\n1,2\n", "null characters"),
        (random.Random(7).randbytes(5000), "This is not a text file"),
        (b'\na,"b\n1,2\n3,4\n', "Line 2: This row opens a quotation mark that is never closed"),
        (b'a,"b\nc\x00"\n1,2\n', "null characters"),
        (b"a,b\n" + b"x" * (1 << 25) + b"y" * (1 << 21), "Line 2 is longer than 32 MB"),
        ("a,é\n1,é\n".encode() + b"2,\xff\n3,x\n", "Line 3 is not valid UTF-8"),
        ("a,é\n".encode() + b"\xed\xa0\x80,x\n", "Line 2 is not valid UTF-8"),
        ("a,é\n1,é".encode()[:-1], "not valid UTF-8"),
        (bytes(range(1, 256)) * 9, "This is not a text file"),
        ("a,b\n1,x\n".encode("utf-16") + b"\x00\xd8", "not valid UTF-16"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(data, words):
    assert words in refusal(data)


HEADER, ROW = "Summary,Issue key,Status", "{},B-1,Done"
WRITTEN_IN = [
    ("cp1251", "Не проходит оплата"),
    ("cp1251", "Тест"),
    ("cp1251", "ОШИБКА при входе"),
    ("koi8_r", "Не проходит оплата"),
    ("cp1250", "Žádost"),
    ("cp1250", "Příliš žluťoučký kůň"),
    ("cp1250", "Błąd płatności"),
    ("iso8859_2", "Příliš žluťoučký kůň"),
    ("iso8859_7", "Σφάλμα πληρωμής, Άλλο"),
    ("cp1253", "Πρόβλημα"),
    ("cp932", "決済エラー"),
    ("cp932", "支払いができない"),
    ("gb18030", "支付失败"),
    ("gb18030", "登录页面打不开"),
    ("big5", "付款失敗"),
    ("cp949", "결제 오류"),
    ("euc_jp", "支払いができない"),
    ("cp1252", "Zahlung für Müller schlägt fehl"),
    ("cp1252", "naïve café, “déjà vu” à l’été"),
    ("cp1252", "São Paulo: pagamento não concluído"),
    ("cp1254", "Ödeme başarısız oldu"),
    ("cp1255", "שגיאה בתשלום"),
    ("cp1256", "خطأ في الدفع"),
    ("cp1257", "Klaida mokėjime žinutė"),
    ("cp850", "Zahlung für Müller"),
]


@pytest.mark.parametrize("place", [1, 40_000], ids=["at once", "late"])
@pytest.mark.parametrize(("codec", "title"), WRITTEN_IN)
def test_old_encodings_are_recognised_by_one_title(codec, title, place):
    lines = [HEADER, *[ROW.format("plain")] * place, ROW.format(f'"{title}"')]
    table = read("\n".join(lines).encode(codec))
    assert [cells[0] for _, cells in table.records()][-1] == title
    assert title in table.encodings[0][1]
    assert any(note.startswith("Read as ") and title in note for note in table.notes)


def test_other_encodings_are_offered_with_a_sample_and_can_be_told():
    data = f"{HEADER}\n{ROW.format('Fizetési hiba: nem működik')}\n".encode("cp1250")
    offered = dict(read(data).encodings)
    assert "Fizetési hiba: nem mûködik" in offered["cp1252"]
    assert "Fizetési hiba: nem működik" in offered["cp1250"]
    assert rows_of(data, encoding="cp1250")[1][0] == "Fizetési hiba: nem működik"


@pytest.mark.parametrize("codec", ["zip_codec", "rot13", "idna", "utf-7", "nonsense", "\x00"])
def test_only_known_encodings_can_be_told(codec):
    with pytest.raises(UnreadableFile, match="is not supported"):
        rows_of(b"a,b\n1,2\n", encoding=codec)


def test_a_wrong_encoding_that_was_told_is_refused_with_its_line():
    with pytest.raises(UnreadableFile, match="is not valid UTF-8 text"):
        rows_of("a,b\n1,é\n".encode("cp1252"), encoding="utf-8-sig")


def test_utf8_says_nothing_about_encodings():
    table = read("a,b\n1,é\n".encode())
    assert (table.encodings, table.notes) == ([], [])


@pytest.mark.parametrize("columns", [258, 2_008, 1_000_000])
def test_a_file_may_have_any_number_of_columns(columns):
    header = "Summary,Issue key" + ",Comment" * (columns - 2)
    table = open_table(io.BytesIO(f"{header}\na,B-1{',' * (columns - 2)}\nb,B-2\n".encode()))
    assert len(table.header) == columns
    assert [(line, cells[:3], len(cells)) for line, cells in table.records()] == [
        (2, ["a", "B-1", ""], columns),
        (3, ["b", "B-2", ""], columns),
    ]


def test_a_cell_may_be_longer_than_csv_readers_allow_by_default():
    long = "x" * 131_073
    assert rows_of(f"id,steps\n1,{long}\n".encode())[1] == ["1", long]


PREAMBLE = b"JIRA export\n\nid,title,status\n1,a,Done\n"


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        pytest.param(b"a|b\n1|2\n", [["a", "b"], ["1", "2"]], id="bars"),
        pytest.param(b"sep=|\na;x|b\n1|2\n", [["a;x", "b"], ["1", "2"]], id="a named bar"),
        pytest.param(b"a;b\n1,5;2,5\n", [["a", "b"], ["1,5", "2,5"]], id="decimal commas"),
        pytest.param(PREAMBLE, [["id", "title", "status"], ["1", "a", "Done"]], id="a title above the header"),
        pytest.param(
            b"Project;Payments;;\nExported;1 Jun 2024;;\nid;title;status;priority\n1;a;Done;High\n",
            [["id", "title", "status", "priority"], ["1", "a", "Done", "High"]],
            id="names and values above the header",
        ),
        pytest.param(b"id,,title\n1,x,a\n", [["id", "Column 2", "title"], ["1", "x", "a"]], id="a column without name"),
        pytest.param(b"id,title,,\n1,a,,\n2,b\n", [["id", "title"], ["1", "a"], ["2", "b"]], id="empty columns at the end"),
        pytest.param(b"a,b,c\n1\n2,x\n3,y,z\n", [["a", "b", "c"], ["1", "", ""], ["2", "x", ""], ["3", "y", "z"]], id="cut"),
        pytest.param(b"a,b\n1,2,,\n", [["a", "b"], ["1", "2"]], id="empty cells beyond the header"),
        pytest.param(b"a,b\n,\n\n , \n1,2\n", [["a", "b"], ["1", "2"]], id="empty rows"),
        pytest.param(
            b'a,b,c\n1,"He said \\"no\\"",x\n2,"a \\"b\\", c",y\n3,C:\\new,z\n',
            [["a", "b", "c"], ["1", 'He said "no"', "x"], ["2", 'a "b", c', "y"], ["3", "C:\\new", "z"]],
            id="quotation marks behind backslashes",
        ),
        pytest.param(b'a,b\n1,"x\r\ny"\n', [["a", "b"], ["1", "x\r\ny"]], id="a line end in a cell"),
    ],
)
def test_rows_come_as_they_were_meant(data, rows):
    assert rows_of(data) == rows


@pytest.mark.parametrize(
    ("data", "lines", "faults"),
    [
        (b"a,b\n1,2,3\n4,5\n", [2, 3], {2: "This row has 3 cells, the header has 2."}),
        (
            b'a,b\n1,"x"y\n2,z\n',
            [2, 3],
            {2: MISPLACED},
        ),
        (b'a,b\n1,"open\n2,x\n3,y\n', [2, 3, 4], {2: UNCLOSED}),
        (b'a,b\n1,"' + (b"x" * 99 + b"\n") * 50_000 + b"2,z", None, {2: UNCLOSED}),
    ],
)
def test_a_row_that_cannot_be_taken_apart_is_named_and_the_rest_is_read(data, lines, faults):
    table = open_table(io.BytesIO(data))
    found = [line for line, _ in table.records()]
    assert {line: table.faults[line] for line in faults} == faults
    assert lines is None or (found, table.faults) == (lines, faults)


@pytest.mark.parametrize(
    ("end", "left_out"),
    [
        ("Generated at 1 Jun 2024\n", ["Generated at 1 Jun 2024"]),
        ("\nTotal,,,12\nGenerated at 1 Jun 2024,,,\n", ["Total 12", "Generated at 1 Jun 2024"]),
        ("Summe: ;;;".replace(";", ",") + "\n", ["Summe:"]),
    ],
)
def test_totals_and_footers_are_left_out_with_a_note(end, left_out):
    table = read(f"id,title,status,hours\n1,,,\n2,b,Done,12\n{end}".encode())
    assert [cells[0] for _, cells in table.records()] == ["1", "2"]
    assert [note.split("“")[1].split("”")[0] for note in table.notes] == left_out


def test_an_only_row_is_no_footer():
    assert rows_of(b"a,b,c\n1\n") == [["a", "b", "c"], ["1", "", ""]]


def test_what_is_above_the_header_is_mentioned():
    assert read(PREAMBLE).notes == ["The header is on line 3. The lines above it were left out."]


def test_many_broken_rows_between_long_ones_are_all_found():
    good, bad = '1,"a\nb"\n', '2,"x"y\n'
    table = read(("id,title\n" + (good * 3 + bad) * 10_000).encode())
    assert len(list(table.records())) == 40_000
    assert len(table.faults) == 10_000
    assert list(table.faults)[:2] == [8, 15]


def test_how_far_it_is_counts_bytes():
    data = b"a,b\n" + b"1,2\n" * 500_000
    table = open_table(io.BytesIO(data))
    records = table.records()
    next(records)
    assert 0 < table.done < table.total == len(data)
    assert sum(1 for _ in records) == 499_999
    assert table.done == table.total


def test_the_file_stays_open_and_can_be_read_again():
    raw = io.BytesIO(b"a,b\n1,2\n")
    open_table(raw).close()
    assert list(open_table(raw).records()) == [(2, ["1", "2"])]


MEMORY = """
import resource, sys
from integrations.reading import open_table
from integrations.reading import delimited, documents
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as raw:
    before = peak()
    print(sum(1 for _ in open_table(raw, name=sys.argv[1]).records()), peak() - before)
"""


@pytest.mark.parametrize(
    ("name", "head", "row", "end"),
    [
        ("x.csv", "id,title,status,hours\n", '1,"a title, and more of it",Done,12\n', ""),
        ("x.jsonl", "", '{"id": 1, "fields": {"status": "Done"}, "labels": ["a", "b"]}\n', ""),
        ("x.json", '{"issues": [{"id": 1}', ',{"id": 2, "title": "a title", "updates": [{"n": 1}]}\n', "]}"),
    ],
)
def test_memory_does_not_grow_with_the_file(tmp_path, name, head, row, end):
    """Of a process of its own, in kB, over a file of 30 MB."""
    file = tmp_path / name
    file.write_text(head + row * ((30 << 20) // len(row)) + end)
    done = subprocess.run([sys.executable, "-c", MEMORY, file], capture_output=True, text=True, check=True)
    rows, grown = map(int, done.stdout.split())
    assert rows > 400_000
    assert grown < 10_000


@settings(max_examples=200)
@given(st.lists(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")), min_size=2, max_size=2))
def test_any_text_in_a_cell_comes_back(cells):
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["title", "steps"], cells])
    table = open_table(io.BytesIO(out.getvalue().encode()))
    records = [record for _, record in table.records()]
    assert records == ([cells] if any(cell.strip() for cell in cells) else [])


@settings(max_examples=300)
@given(st.binary(max_size=300), st.sampled_from([b"", b"title,steps,status\n", b"\xef\xbb\xbftitle;steps\n", b"title\n"]))
def test_any_bytes_are_a_table_or_refused(data, header):
    try:
        table = open_table(io.BytesIO(header + data))
        for line, cells in table.records():
            assert len(cells) == len(table.header) or line in table.faults
    except UnreadableFile:
        return
    assert all(table.header)


@settings(max_examples=300)
@given(st.text(st.sampled_from('ab",;\\\n\r\t| '), max_size=60))
def test_any_quotation_marks_are_a_table_or_refused(text):
    try:
        table = open_table(io.BytesIO(b"a,b,c\n" + text.encode()))
        lines = [line for line, _ in table.records()]
    except UnreadableFile:
        return
    assert lines == sorted(set(lines))
