"""What a file means is guessed from its header and its values, and said why."""

import csv
import io
import json
import tracemalloc
from dataclasses import replace

import pytest

from defects.models import Defect, Resolution, odc
from incidents.models import Incident
from integrations.matching.guess import guess, matches, near, words
from integrations.matching.order import DayOrder
from integrations.matching.plan import Plan
from integrations.matching.reader import Reader
from integrations.matching.survey import MOST_WORDS, Survey
from integrations.matching.words import KEYS, LEAVE_OUT, UNKNOWN, VOCABULARY, meaning
from pipeline.models import EscapeReason


def survey(text):
    text = "\n".join(line.strip() for line in text.strip().splitlines())
    header, *rows = csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ",")
    return Survey.of(header, rows)


SEVERITIES = [f"SEV{rank}" for rank in (1, 2, 3, 4)]
STAGES = ["design", "coding", "pre-commit", "code-review", "ci", "pre-deploy", "production"]
OWN = """
Bug ID;Title;Found on;Phase;Wie schlimm;Seen by
B-1;Checkout is down;13/03/2024;UAT;S1 - Critical;Ann
B-2;Totals are wrong;02/03/2024;Production;S2 - Major;Bob
B-3;A typo;05/03/2024;moon;S4 - Cosmetic;Ann
"""


def test_a_spreadsheet_of_ones_own():
    found = guess(survey(OWN))
    assert found.plan.key == "defects/spreadsheet"
    assert {name: match.titles[0] for name, match in found.matches.items()} == {
        "external_id": "Bug ID",
        "title": "Title",
        "found_at": "Found on",
        "stage_found": "Phase",
        "severity": "Wie schlimm",
    }
    assert found.missing == []
    assert found.matches["severity"].why == "values such as S1 - Critical, S2 - Major, S4 - Cosmetic look like severity"
    assert found.matches["found_at"].samples == ("13/03/2024", "02/03/2024", "05/03/2024")
    assert (found.plan.day_first, found.order_why) == (True, "“13/03/2024” occurs, so the day comes first.")
    assert [(word.word, word.key, word.known) for word in found.words["stage_found"]] == [
        ("UAT", "pre-deploy", True),
        ("Production", "production", True),
        ("moon", UNKNOWN, False),
    ]


def test_the_plan_of_a_guess_reads_the_file():
    found = guess(survey(OWN))
    row = Reader(found.accepted, ["Bug ID", "Title", "Found on", "Phase", "Wie schlimm", "Seen by"]).read(
        2, ["B-2", "Totals are wrong", "02/03/2024", "Production", "S2 - Major", "Bob"]
    )
    assert (row.values["severity"], row.values["stage_found"], row.values["found_at"].month) == ("SEV2", "production", 3)
    assert (row.problems, row.notes) == ({}, [])


def test_unknown_words_wait_for_a_person_with_an_offer():
    found = guess(survey("ID,Title,Found on,Severity,Resolution\n1,a,2024-03-01,Weird,Frozen\n2,b,2024-03-01,Weird,Fixed"))
    assert [(word.word, word.count, word.key, word.why) for word in found.unmapped["severity"]] == [
        ("Weird", 2, "SEV3", "unknown: suggested as SEV3")
    ]
    assert found.unmapped["resolution"][0].why == "unknown: suggested as declined by policy"
    header = ["ID", "Title", "Found on", "Severity", "Resolution"]
    cells = ["1", "a", "2024-03-01", "Weird", "Frozen"]
    assert set(Reader(found.plan, header).read(2, cells).problems) == {"severity", "resolution"}
    assert Reader(found.accepted, header).read(2, cells).problems == {}


def test_an_unknown_status_is_open_until_a_row_has_an_end():
    found = guess(survey("ID,Title,Found on,Status,Resolved\n1,a,2024-03-01,Odd,\n2,b,2024-03-01,Odd,2024-03-02"))
    assert [(word.key, word.why) for word in found.unmapped["status"]] == [
        ("", "unknown: in progress until a row has an end or a resolution")
    ]
    reader = Reader(found.accepted, ["ID", "Title", "Found on", "Status", "Resolved"])
    statuses = [reader.read(2, ["1", "a", "2024-03-01", "Odd", end]).values["status"] for end in ("", "2024-03-02")]
    assert statuses == ["in_progress", "closed"]


def test_values_speak_where_no_name_is_known():
    found = guess(
        survey("A,B,C,D\nx-1,The checkout is down again,2024-03-01,Open\nx-2,The totals are wrong,2024-03-02,Closed")
    )
    assert {name: (match.titles[0], match.why) for name, match in found.matches.items()} == {
        "found_at": ("C", "all 2 values are dates"),
        "status": ("D", "values such as Open, Closed look like status"),
        "external_id": ("A", "every row has a different value"),
        "title": ("B", "its texts are as long as titles"),
    }
    assert not any(match.sure for match in found.matches.values())


def test_a_name_within_a_longer_name():
    found = guess(survey("Ticket ID,Summary,Created (UTC),Defect severity\n1,a,2024-03-01,High"))
    assert found.matches["severity"].why == "the name contains “severity”"
    assert found.matches["found_at"].titles == ("Created (UTC)",)


def test_a_column_whose_values_are_no_dates_is_not_taken_for_a_time():
    found = guess(survey("ID,Title,Created,Opened\n1,a,Ann,2024-03-01\n2,b,Bob,2024-03-02"))
    assert found.matches["found_at"].titles == ("Opened",)


def test_the_last_change_is_offered_aloud_where_no_other_date_is():
    found = guess(
        survey("Bug ID,Product,Component,Assignee,Status,Resolution,Summary,Changed\n1,P,C,a,NEW,---,A,2024-03-01 10:00")
    )
    assert found.plan.tool == "bugzilla"
    assert (found.matches["found_at"].titles, found.matches["found_at"].sure) == (("Changed",), False)
    assert found.notes == ["The file has no creation date. “Changed”, the last change, is suggested instead, but is later."]


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("Incident,Title,Outage start,Restored,Impact", "incidents/spreadsheet"),
        ("Störung,Titel,Beginn,Behoben,Schweregrad", "incidents/spreadsheet"),
        ("Defect ID,Summary,Detected on,Severity", "defects/spreadsheet"),
        ("Email,Name,Team,Role", "people/spreadsheet"),
        ("Team,Parent team,Key", "teams/spreadsheet"),
        ("Summary,Issue key,Issue Type,Status,Created", "defects/jira"),
        ("Zusammenfassung,Vorgangsschlüssel,Vorgangstyp,Status,Erstellt,Lösung", "defects/jira"),
        ("Clé de ticket,Résumé,Type de ticket,État,Création,Résolution", "defects/jira"),
        ("Clave de incidencia,Resumen,Tipo de Incidencia,Estado,Creada", "defects/jira"),
        ("external_id,title,found_at", "defects/qmportal"),
        ("reference,title,detected_at,external_id", "incidents/qmportal"),
    ],
)
def test_kind_and_tool_by_the_header(header, key):
    assert guess(Survey.of(header.split(","), [])).plan.key == key


@pytest.mark.parametrize(
    ("statuses", "kind"), [(["Investigating", "Monitoring"], "incidents"), (["Verified", "In test"], "defects")]
)
def test_kind_by_the_statuses(statuses, kind):
    rows = [["1", "a", "2024-03-01", statuses[0]], ["2", "b", "2024-03-01", statuses[1]]]
    assert guess(Survey.of(["ID", "Title", "Date", "State"], rows)).plan.kind == kind


def test_a_person_may_say_the_kind():
    assert guess(survey(OWN), kind="incidents").plan.kind == "incidents"


def test_what_is_missing_is_said():
    assert [each.key for each in guess(survey("Title,Status\na,Open")).missing] == ["external_id", "found_at"]


def test_after_a_change_of_columns_the_words_are_listed_anew():
    seen = survey(OWN)
    plan = Plan("defects", columns={"external_id": ("Bug ID",), "title": ("Title",), "stage_introduced": ("Phase",)})
    assert [word.word for word in words(seen, plan)["stage_introduced"]] == ["UAT", "Production", "moon"]
    assert [match.why for match in matches(seen, plan).values()] == [
        "the name is known",
        "the name is known",
        "chosen by you",
    ]


def test_names_of_the_portal_count_as_known():
    own = {"severity": {"Wrecked": "SEV0"}, "team": {"Payments": "payments"}}
    found = guess(
        survey("ID,Title,Found on,Severity,Team\n1,a,2024-03-01,wrecked,PAYMENTS\n2,b,2024-03-01,High,Other"), own=own
    )
    assert found.plan.words == {"severity": {"wrecked": "SEV0"}, "team": {"PAYMENTS": "payments"}}
    assert [word.word for word in found.unmapped["team"]] == ["Other"]


def test_only_what_differs_from_the_guess_is_called_chosen():
    own, seen = (
        {"team": {"Payments": "payments"}},
        survey("ID,Title,Found on,Team\n1,a,2024-03-01,PAYMENTS\n2,b,2024-03-01,Old"),
    )
    plan = guess(seen, own=own).plan
    assert plan.words == {"team": {"PAYMENTS": "payments"}}
    assert [(each.word, each.why) for each in words(seen, plan, own)["team"]] == [
        ("PAYMENTS", "has this name in the portal"),
        ("Old", "no team has this name"),
    ]
    chosen = replace(plan, words={"team": {"PAYMENTS": "checkout", "Old": "checkout"}})
    assert [each.why for each in words(seen, chosen, own)["team"]] == ["chosen by you", "chosen by you"]


def test_columns_with_other_values_than_their_names_say_are_said():
    many = "\n".join(f"{n},a,soon,S{n}" for n in range(400))
    assert guess(survey(f"ID,Title,Created,Status\n{many}")).notes == [
        "“Created” is not used for Found: “soon” and other values are not dates.",
        "“Status” is not used for Status: it has too many different values.",
    ]
    found = guess(survey("ID,Title,Created\n1,a,2024-03-01\n2,b,2024-03-02\n3,c,soon"))
    assert found.notes == ["1 of 3 values in “Created” are not dates."]


def test_unused_columns_cost_nothing():
    header = ["Summary", "Issue key", "Status", "Created", *["Comment"] * 1500, *(f"Custom field ({n})" for n in range(500))]
    found = guess(Survey.of(header, [["a", "B-1", "Open", "2024-03-01", *[""] * 2000]]))
    assert (found.plan.key, found.missing, found.notes) == ("defects/jira", [], [])


def test_doubled_columns_are_said():
    assert guess(survey("ID,Title,Found on,Severity,Severity\n1,a,2024-03-01,,High")).notes == [
        "“Severity” occurs 2 times: the filled one is used."
    ]


def test_status_category_decides_about_invented_statuses():
    header = ["Summary", "Issue key", "Issue Type", "Status", "Status Category", "Created"]
    reader = Reader(Plan("defects", "jira"), header)
    row = reader.read(2, ["a", "B-1", "Bug", "Shipped to moon", "Done", "2024-03-01"])
    assert (row.values["status"], row.values["resolution"], row.notes) == ("closed", "fixed", ["closed without a date"])
    row = reader.read(3, ["a", "B-2", "Bug", "Thinking", "In Progress", "2024-03-01"])
    assert (row.values["status"], row.notes) == ("in_progress", [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Won't do", ("closed", "wont_fix")),
        ("Cancelled", ("closed", "declined")),
        ("Canceled", ("closed", "declined")),
        ("Won't fix", ("closed", "wont_fix")),
        ("Fertig", ("closed", "fixed")),
        ("Ready for release", ("fixed", "")),
        ("Terminé(e)", ("closed", "fixed")),
        ("Finalizada", ("closed", "fixed")),
        ("In Arbeit", ("in_progress", "")),
        ("Whatever", ("in_progress", "")),
    ],
)
def test_final_states_of_teams_without_resolutions(status, expected):
    reader = Reader(Plan("defects", "jira"), ["Summary", "Issue key", "Status", "Created"])
    row = reader.read(2, ["a", "B-1", status, "2024-03-01"])
    assert (row.values["status"], row.values["resolution"]) == expected
    if status == "Whatever":
        assert row.notes == ["unknown status “Whatever”: imported as in progress"]


@pytest.mark.parametrize(
    ("words", "text", "key"),
    [
        *(
            ("severity", text, "SEV1")
            for text in ("Severity 1", "S1 - Critical", "1 - Critical", "P1", "Sev-1", "Showstopper")
        ),
        *(("severity", text, "SEV1") for text in ("SEV0", "Blocker", "Kritisch", "Critical (1)", "Priority 1")),
        *(("severity", text, "SEV2") for text in ("2 - High", "SEV-2", "Major", "High", "Élevée")),
        *(("severity", text, "SEV3") for text in ("3 - Moderate", "Medium", "normal", "Mittel")),
        *(("severity", text, "SEV4") for text in ("Cosmetic", "4 - Low", "5 - Planning", "trivial", "S5")),
        ("severity", "enhancement", LEAVE_OUT),
        ("severity", "feature", LEAVE_OUT),
        ("severity", "Weird", None),
        ("resolution", "WONTFIX", "wont_fix"),
        ("resolution", "NOT_REPRODUCIBLE", "cannot_reproduce"),
        ("resolution", "NORESPONSE", "cannot_reproduce"),
        ("resolution", "ANSWERED", "works_as_designed"),
        ("resolution", "UPSTREAM", "external"),
        ("resolution", "FEATURE", LEAVE_OUT),
        ("resolution", "NEEDINFO", "cannot_reproduce"),
        ("resolution", "LATER", "wont_fix"),
        ("resolution", "Known Error", "wont_fix"),
        ("resolution", "Software failure", "fixed"),
        ("defect status", "NEEDINFO", "new"),
    ],
)
def test_what_words_mean(words, text, key):
    assert meaning(words, text) == key


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("severity", "Critical outage", ("SEV1", "critical")),
        ("severity", "Moderat", ("SEV3", "moderate")),
        ("defect status", "In Progress (Dev)", ("in_progress", "in progress")),
        ("resolution", "not fixed", None),
        ("severity", "", None),
    ],
)
def test_words_that_look_like_known_ones(words, text, found):
    assert near(words, text) == found


@pytest.mark.parametrize(
    ("texts", "day_first"),
    [
        (["13/03/2024", "02/03/2024"], True),
        (["03/13/24 7:15 PM", "02/03/24"], False),
        (["02/03/2024", "03/03/2024"], None),
        (["13/03/2024", "03/13/2024"], None),
        (["2024-03-13"], None),
    ],
)
def test_the_order_of_dates(texts, day_first):
    order = DayOrder()
    for text in texts:
        order.add(text)
    assert order.day_first is day_first


def test_every_word_means_a_key_of_ours():
    for name, known in VOCABULARY.items():
        keys = KEYS.get(name) or {"severity": SEVERITIES, "stage": STAGES}[name]
        assert {*known.values()} <= {*keys, "", LEAVE_OUT, UNKNOWN}, name
        assert "" not in known


def test_the_keys_are_those_of_the_models():
    for name, choices in (
        ("priority", Defect.Priority),
        ("resolution", Resolution),
        ("defect status", Defect.Status),
        ("found by", Defect.FoundBy),
        ("incident status", Incident.Status),
        ("incident kind", Incident.Kind),
        ("environment", Incident.Environment),
        ("detection source", Incident.DetectionSource),
        ("impact kind", Incident.ImpactKind),
        ("escape reason", EscapeReason),
        ("customer impact", Defect.CustomerImpact),
        ("reproducibility", Defect.Reproducibility),
        ("odc trigger", odc.Trigger),
        ("odc type", odc.Type),
        ("odc qualifier", odc.Qualifier),
    ):
        assert KEYS[name] == dict(choices.choices), name


def test_a_survey_stays_small_however_long_the_file_is():
    seen = Survey(["id", "text", "day"])
    tracemalloc.start()
    for number in range(20_000):
        seen.add([str(number), f"{number} " * 30, f"2024-03-{number % 28 + 1:02}"])
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    seen.close()
    assert kept < 500_000
    ids, texts, days = seen.columns
    assert (ids.words, texts.words, len(days.words)) == (None, None, 28)
    assert (ids.filled, days.dates, texts.dates) == (20_000, 20_000, 0)


def test_a_column_of_dates_is_read_to_its_end_for_the_order():
    days = [f"{number % 12 + 1:02}/{number % 12 + 1:02}/{1991 + number % 60}" for number in range(MOST_WORDS * 3)]
    times = [f"{day} {number // 60 % 24:02}:{number % 60:02}" for number, day in enumerate(days)]
    seen = Survey.of(["Created"], [[text] for text in [*times, "13/03/2024 10:00"]])
    assert seen.columns[0].words is None
    assert seen.columns[0].order.day_first is True


def test_a_survey_is_kept_as_json():
    rows = [["P1", "13/03/2024", "x\x00y"], ["P2", "1/2/2024", "a text \u00e9"], ["", "2/2/2024", "?"]]
    survey = Survey.of(["Severity", "Created", "Title"], rows)
    kept = json.loads(json.dumps(survey.as_json()))
    assert "\x00" not in json.dumps(kept)
    again = Survey.from_json(kept)
    assert again.header == survey.header
    assert again.as_json() == survey.as_json()
    assert guess(again) == guess(survey)


def test_of_a_very_wide_file_the_short_lists_of_words_are_kept(monkeypatch):
    monkeypatch.setattr("integrations.matching.survey.KEPT_WORDS", 5)
    kept = Survey.of(["A", "B"], [[str(number), str(number % 3)] for number in range(9)]).as_json()
    assert [column["words"] is None for column in kept["columns"]] == [True, False]


@pytest.mark.parametrize(("team", "expected"), [("?", False), ("", False), ("Ops", True)])
def test_a_team_column_without_a_team_is_not_used(team, expected):
    header = "number,short_description,incident_state,priority,opened_at,assignment_group"
    rows = "\n".join(f"INC{n},Mail is slow,Active,3 - Moderate,2026-03-0{n} 12:00,{team}" for n in range(1, 5))
    found = guess(survey(f"{header}\n{rows}"))
    assert found.plan.key == "incidents/servicenow"
    assert ("team" in found.matches) is expected
