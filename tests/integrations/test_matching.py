"""Columns and words of a file: each is found, or said to be missing, and read into our fields."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.matching.plan import BadPlan, Plan
from integrations.matching.reader import Reader, clean_cell
from integrations.matching.words import LEAVE_OUT, UNKNOWN
from integrations.reading import UnreadableFile, open_table

HEADER = ["Title", "Bug ID", "Found on"]
GOOD = ["Checkout is down", "B-1", "2024-03-01"]
SPREADSHEET = Plan("defects")


def read(header, cells, plan=SPREADSHEET):
    return Reader(plan, header).read(7, cells)


def test_columns_are_found_wherever_they_stand_and_however_they_are_written():
    reader = Reader(SPREADSHEET, ["other", "component_s", "SUMMARY", "bug-id", "found_on"])
    row = reader.read(7, ["x", "a", " b ", "1", "2024-03-01"])
    assert (row.values["component"], row.values["title"], row.problems) == ("a", "b", {})
    assert reader.matched == [
        ("other", ""),
        ("component_s", "component"),
        ("SUMMARY", "title"),
        ("bug-id", "external_id"),
        ("found_on", "found_at"),
    ]


def test_repeated_columns_are_joined_where_they_may_repeat():
    assert read([*HEADER, "Component/s", "Component/s"], [*GOOD, "b", "a"]).values["component"] == "b, a"


def test_the_best_name_wins_when_a_header_has_two():
    assert read(["Summary", *HEADER], ["s", *GOOD]).values["title"] == "Checkout is down"


@pytest.mark.parametrize(
    ("cells", "title", "noted"),
    [
        (["", "high"], "SEV2", False),
        (["high", ""], "SEV2", False),
        (["high", "high"], "SEV2", False),
        (["high", "low"], "SEV2", True),
    ],
)
def test_of_a_doubled_column_the_filled_one_is_taken(cells, title, noted):
    row = read([*HEADER, "Severity", "Severity"], [*GOOD, *cells])
    assert (row.values["severity"], row.problems) == (title, {})
    assert row.notes == ["the column “Severity” occurs twice with different values: first used"] * noted


def test_several_columns_may_feed_one_field():
    columns = {"title": ("Title",), "external_id": ("Bug ID",), "found_at": ("Seen", "Found on")}
    row = read([*HEADER, "Seen"], [*GOOD, ""], Plan("defects", columns=columns))
    assert row.values["found_at"].day == 1
    assert read([*HEADER, "Seen"], [*GOOD, "2024-03-09"], Plan("defects", columns=columns)).values["found_at"].day == 9


def test_missing_columns_are_refused():
    with pytest.raises(UnreadableFile) as caught:
        Reader(SPREADSHEET, ["1", "Checkout fails"])
    assert "no column “external id”, “title”, “found at”. Its header is: “1”, “Checkout fails”" in str(caught.value)


@pytest.mark.parametrize(
    ("cell", "text"),
    [("=SUM(A1)", "=SUM(A1)"), ("'=SUM(A1)", "=SUM(A1)"), ("'-1", "-1"), ("'tis", "'tis"), (" x ", "x"), ("--", "--")],
)
def test_formulas_are_plain_text(cell, text):
    assert clean_cell(cell) == text
    assert read(HEADER, [cell, *GOOD[1:]]).values["title"] == text


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    try:
        table = open_table(io.BytesIO(b"title,steps,external_id,found_at\n" + data))
        reader = Reader(Plan("defects", "qmportal"), table.header)
        for line, record in table.records():
            if line not in table.faults:
                reader.read(line, record)
    except UnreadableFile:
        return


@pytest.mark.parametrize(
    ("text", "number"),
    [("1200", 1200), ("1,200", 1200), ("1.200", 1200), ("1 200 000", 1_200_000), ("12.0", 12), ("0", 0), ("1,5", None),
     ("1_000", None), ("1,20", None), ("-3", None), ("1,200.5", None)],
)  # fmt: skip
def test_numbers(text, number):
    row = read(["ID", "Title", "Detected", "Customers affected"], ["1", "a", "2024-03-01", text], Plan("incidents"))
    assert (row.values.get("customers_affected"), bool(row.problems)) == (number, number is None)


# --- Plans --------------------------------------------------------------------------------------------------------------

PLAN = Plan(
    "defects",
    columns={"title": ("Titel",), "external_id": ("Nr",), "found_at": ("Am",), "status": ("Stand",), "team": ("Gruppe",)},
    constants={"stage_found": "production"},
    words={"status": {"no": "", "Egal": LEAVE_OUT, "Klar": "closed"}, "team": {"Kasse": "payments"}},
    day_first=True,
    zone="Europe/Berlin",
)


def test_a_plan_comes_back_from_json_and_yaml():
    assert Plan.from_json(PLAN.as_json()) == PLAN
    assert Plan.from_yaml(PLAN.as_yaml()) == PLAN


def test_a_plan_decides_what_columns_and_words_mean():
    reader = Reader(PLAN, ["Nr", "Titel", "Am", "Stand", "Gruppe"])
    row = reader.read(2, ["1", "Zahlung", "02.03.2024", "Klar", "Kasse"])
    assert (row.values["team"], row.values["status"], row.values["stage_found"]) == ("payments", "closed", "production")
    assert row.values["found_at"].isoformat() == "2024-03-01T23:00:00+00:00"
    assert reader.read(3, ["2", "Zahlung", "02.03.2024", "egal", ""]).skipped == "left out: status “egal”"


def test_a_stage_may_be_said_to_be_unknown():
    plan = Plan("defects", words={"stage_found": {"CI": UNKNOWN}})
    assert "stage_found" not in read([*HEADER, "Phase"], [*GOOD, "ci"], plan).values


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"kind": "cats"},
            "“cats” is not a kind of record. Known: defects, incidents, changes, deployments, teams, people.",
        ),
        ({"tool": "jura"}, "The tool “jura” is not known for defects. Known: jira"),
        ({"columns": {"colour": ["Farbe"]}}, "“colour” is not a field of defects."),
        ({"constants": {"status": "dead"}}, "“dead” is not a value of Status. Known: new, triaged"),
        ({"constants": {"found_at": "2024-01-01"}}, "Found cannot be the same in all rows."),
        ({"words": {"status": {"x": "dead"}}}, "“x” cannot mean “dead” in Status. Known: new, triaged"),
        ({"words": {"title": {"x": "y"}}}, "Title has no list of words."),
        ({"zone": "Mars"}, "“Mars” is not a time zone. Example: Europe/Berlin."),
        ({"zone": "../etc"}, "is not a time zone"),
        ({"words": ["x"]}, "The part “words” of the mapping has the wrong format."),
        ({"columns": {"title": {"x": 1}}}, "The part “columns” of the mapping has the wrong format."),
        ({"day_first": "perhaps"}, "The part “day_first” of the mapping has the wrong format."),
        ({"colour": "red"}, "“colour” is not a part of a mapping. Known: kind, tool"),
    ],
    ids=str,
)
def test_a_wrong_plan_is_refused_with_a_sentence(change, words):
    with pytest.raises(BadPlan) as caught:
        Plan.from_json(PLAN.as_json() | change)
    assert words in str(caught.value)


@pytest.mark.parametrize("text", ["", "- a", "kind: [", "a: &a [*a]", "kind: !!python/object:os.x {}", "x" * 600_000])
def test_any_other_text_is_not_a_plan(text):
    with pytest.raises(BadPlan):
        Plan.from_yaml(text)


def test_a_plan_says_what_does_not_fit_a_header():
    said = [problem.sentence for problem in PLAN.problems(["Titel", "Am", "Stand"])]
    assert said == ["The file has no column “Nr” for ID.", "The file has no column “Gruppe” for Team."]
    assert [problem.sentence for problem in Plan("defects").problems(["Titel"])] == [
        "Choose the column for ID.",
        "Choose the column for Found.",
    ]


def test_a_plan_is_fitted_to_a_file_that_lacks_columns():
    plan = Plan("defects", columns={"title": ("Title",), "severity": ("Sev", "Prio"), "found_in": ("Gone",)})
    fitted, gone = plan.fitted_to(["title", "Prio"])
    assert (fitted.columns, gone) == ({"title": ("Title",), "severity": ("Prio",)}, ["Sev", "Gone"])
