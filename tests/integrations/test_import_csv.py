"""The command: files become records, as a whole or not at all."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections

from benchmarks.models import SnapshotRun
from defects.models import Defect
from incidents.models import Incident
from integrations import importer
from integrations.matching.plan import Plan
from integrations.models import ImportJob, SavedMapping
from records.models import Severity
from teams.models import Team
from tests.factories import make_team, make_user, stage

pytestmark = pytest.mark.django_db

DEFECT = {"external_id": "A-1", "title": "The total is wrong", "found_at": "2024-03-01T10:00Z", "stage_found": "ci"}
INCIDENT = {"external_id": "I-1", "title": "Checkout is down", "detected_at": "2024-03-01T10:00Z", "severity": "SEV1"}
BUG = {
    "Summary": "The total is wrong",
    "Issue key": "PAY-1",
    "Issue Type": "Bug",
    "Status": "Open",
    "Priority": "High",
    "Resolution": "",
    "Created": "15/Feb/19 7:15 PM",
    "Resolved": "",
}
PAGE_ENTRY = {
    "id": "p1",
    "name": "API is slow",
    "status": "resolved",
    "impact": "major",
    "created_at": "2024-03-01T10:05:00Z",
    "started_at": "2024-03-01T10:00:00Z",
    "identified_at": "2024-03-01T10:10:00Z",
    "monitoring_at": "2024-03-01T10:30:00Z",
    "resolved_at": "2024-03-01T11:00:00Z",
    "scheduled_for": "",
    "components": "API|Web",
}


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def load(tmp_path):
    """load(kind, mapping, rows, *options) -> what the command printed."""

    def load(kind, mapping, rows, *options):
        path = tmp_path / "file.csv"
        if not isinstance(rows, bytes):
            text = io.StringIO(newline="")
            writer = csv.DictWriter(text, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
            rows = text.getvalue().encode()
        path.write_bytes(rows)
        out, err = io.StringIO(), io.StringIO()
        try:
            tool = ("--mapping", mapping) if mapping else ()
            call_command("import_csv", kind, str(path), *tool, *options, stdout=out, stderr=err)
        except CommandError as refused:
            refused.printed = out.getvalue() + err.getvalue()
            raise
        return out.getvalue() + err.getvalue()

    return load


def refused(load, *arguments):
    with pytest.raises(CommandError) as caught:
        load(*arguments)
    assert caught.value.returncode == 1
    return f"{caught.value} {getattr(caught.value, 'printed', '')}"


def test_a_defect_is_made_with_a_reference_and_rings_for_new_snapshots(load, team):
    printed = load("defects", "qmportal", [DEFECT], "--team", "payments")
    defect = Defect.objects.get()
    assert "created 1, updated 0, unchanged 0, skipped 0, errors 0" in printed
    assert (defect.reference, defect.source, defect.external_id) == ("PAY-DEF-1", "qmportal", "A-1")
    assert (defect.stage_found.slug, defect.severity.key) == ("ci", "SEV3")
    assert defect.found_at == datetime(2024, 3, 1, 10, tzinfo=UTC)
    assert SnapshotRun.objects.get().reason == "import"


def test_the_same_file_twice_touches_nothing(load, team):
    load("defects", "qmportal", [DEFECT], "--team", "payments")
    before = Defect.objects.values().get()
    printed = load("defects", "qmportal", [DEFECT], "--team", "payments")
    assert "created 0, updated 0, unchanged 1" in printed
    assert Defect.objects.values().get() == before


def test_files_that_overlap_by_half(load, team):
    rows = [DEFECT | {"external_id": f"A-{number}"} for number in range(30)]
    load("defects", "qmportal", rows[:20], "--team", "payments")
    printed = load(
        "defects",
        "qmportal",
        [row | {"title": "New words"} if row is rows[15] else row for row in rows[10:]],
        "--team",
        "payments",
    )
    assert "created 10, updated 1, unchanged 9" in printed
    assert Defect.objects.count() == 30
    changed = Defect.objects.get(external_id="A-15")
    assert (changed.title, changed.version) == ("New words", 2)
    assert changed.updated_at > changed.created_at
    assert {row.version for row in Defect.objects.exclude(pk=changed.pk)} == {1}
    assert len({row.reference for row in Defect.objects.all()}) == 30


def test_what_people_entered_stays_where_the_file_says_nothing(load, team):
    load("defects", "jira", [BUG], "--team", "payments")
    defect = Defect.objects.get()
    defect.stage_found = stage("production")
    defect.save()
    load(
        "defects",
        "jira",
        [BUG | {"Status": "Closed", "Resolution": "Fixed", "Resolved": "16/Feb/19 7:15 PM"}],
        "--team",
        "payments",
    )
    defect = Defect.objects.get()
    assert defect.stage_found.slug == "production"
    assert (defect.status, defect.resolution) == ("closed", "fixed")


def test_a_deleted_record_is_not_revived(load, team):
    load("defects", "qmportal", [DEFECT], "--team", "payments")
    Defect.objects.update(deleted_at=datetime(2024, 4, 1, tzinfo=UTC))
    assert "skipped 1: deleted here" in load("defects", "qmportal", [DEFECT | {"title": "Other"}], "--team", "payments")
    assert Defect.objects.get().title == "The total is wrong"


def test_one_wrong_row_at_the_end_changes_nothing(load, team):
    rows = [DEFECT | {"external_id": f"A-{number}"} for number in range(2500)]
    words = refused(load, "defects", "qmportal", [*rows, DEFECT | {"found_at": "2023-02-29"}], "--team", "payments")
    assert "line 2502, found_at: “2023-02-29”: there is no such day or time." in words
    assert not Defect.objects.exists()
    assert not SnapshotRun.objects.exists()


def test_the_good_rows_alone_when_asked(load, team):
    rows = [DEFECT, DEFECT | {"external_id": "A-2", "title": "  "}, DEFECT | {"external_id": "A-3"}]
    printed = load("defects", "qmportal", rows, "--team", "payments", "--skip-errors")
    assert "created 2, updated 0, unchanged 0, skipped 0, errors 1" in printed
    assert "line 3, title: Enter a title." in printed
    assert [row.reference for row in Defect.objects.order_by("pk")] == ["PAY-DEF-1", "PAY-DEF-2"]


def test_a_crash_in_the_middle_leaves_nothing_and_no_gap(load, team, monkeypatch):
    rows = [DEFECT | {"external_id": f"A-{number}"} for number in range(30)]
    with monkeypatch.context() as patch:
        patch.setattr(importer, "BATCH", 10)
        Defect.objects.create(
            team=team, title="x", severity_id=1, found_at=datetime(2024, 1, 1, tzinfo=UTC), reference="PAY-DEF-25"
        )
        with pytest.raises(IntegrityError):
            load("defects", "qmportal", rows, "--team", "payments")
    assert Defect.objects.count() == 1
    assert team.next_references("DEF") == ["PAY-DEF-1"]


def test_a_dry_run_tells_the_same_and_changes_nothing(load, team):
    rows = [DEFECT | {"team": "Payments"}, DEFECT | {"external_id": "A-2", "team": "Search"}]
    printed = load("defects", "qmportal", rows, "--dry-run", "--create-teams")
    assert "created 2" in printed
    assert "new team: Search" in printed
    assert not Defect.objects.exists()
    assert Team.objects.count() == 1


def test_teams_are_found_by_slug_key_or_name_and_made_when_asked(load, team):
    rows = [
        DEFECT | {"external_id": str(number), "team": name}
        for number, name in enumerate(["payments", "pay", "PAYMENTS", "Paytm", "Команда", "paytm"])
    ]
    words = refused(load, "defects", "qmportal", rows)
    assert "line 5, team: There is no team “Paytm”. Create it first, or use --create-teams." in words
    load("defects", "qmportal", rows, "--create-teams")
    assert Defect.objects.filter(team=team).count() == 3
    assert Team.objects.count() == 3
    assert Team.objects.get(name="Paytm").defects.count() == 2
    assert all(each.lineage == [each.pk] for each in Team.objects.all())


def test_errors_that_repeat_are_said_once_with_what_the_command_can_do(load):
    rows = [DEFECT | {"external_id": str(number), "team": "Alloy"} for number in range(1500)]
    words = refused(load, "defects", "qmportal", rows)
    said = "1,500 rows, first line 2, team: There is no team “Alloy”. Create it first, or use --create-teams."
    assert words.count("Alloy") == 1
    assert said in words
    assert "Name the team for all rows: --team SLUG." in refused(load, "defects", "qmportal", [DEFECT])


def test_errors_of_a_kind_are_said_once_with_an_example(load, team):
    days = ("2024-02-30", "2024-02-31", "2023-02-29")
    rows = [DEFECT | {"external_id": f"A-{day}", "found_at": day} for day in days]
    printed = refused(load, "defects", "qmportal", [*rows, DEFECT, DEFECT, DEFECT], "--team", "payments")
    assert "3 rows, first line 2, found_at: “2024-02-30”: there is no such day or time." in printed
    assert "2 rows, first line 6, external_id: The ID “A-1” is already on line 5." in printed
    assert "2024-02-31" not in printed


def test_the_team_of_all_rows_may_be_made_too(load, team):
    with pytest.raises(CommandError, match="There is no team with the slug “web-shop”"):
        load("defects", "qmportal", [DEFECT], "--team", "web-shop")
    load("defects", "qmportal", [DEFECT], "--team", "web-shop", "--create-teams", "--dry-run")
    refused(load, "defects", "qmportal", [DEFECT | {"title": ""}], "--team", "web-shop", "--create-teams")
    assert Team.objects.count() == 1
    load("defects", "qmportal", [DEFECT], "--team", "web-shop", "--create-teams")
    assert (Defect.objects.get().team.name, Defect.objects.get().team.slug) == ("Web Shop", "web-shop")


def test_a_second_import_at_the_same_time_is_sent_away(load, team):
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext('import.defects'))")
        with pytest.raises(CommandError, match="Another import of defects is running"):
            load("defects", "qmportal", [DEFECT], "--team", "payments")
        load("incidents", "qmportal", [INCIDENT], "--team", "payments")
    finally:
        other.close()
    load("defects", "qmportal", [DEFECT], "--team", "payments")


def test_without_a_team_the_file_is_refused(load, team):
    assert "The file has no column for the team" in refused(load, "defects", "qmportal", [DEFECT])
    assert "line 2, team: The row names no team." in refused(load, "defects", "qmportal", [DEFECT | {"team": ""}])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "title: Enter a title."),
        ({"title": "\u200b\u2060"}, "title: Enter a title."),
        ({"title": "a\x00b"}, "title: Null characters are not allowed."),
        ({"external_id": ""}, "external_id: The row has no ID."),
        ({"external_id": "x" * 121}, "the ID up to 120"),
        ({"source": "form"}, "source: The source “form” is reserved for records reported in this portal."),
        ({"found_at": ""}, "found_at: This time is missing."),
        ({"found_at": "2999-01-01"}, "found_at: This time is in the future."),
        ({"found_at": "02/03/2024"}, "could be 2 Mar or 3 Feb"),
        ({"fixed_at": "2024-02-01"}, "fixed_at: A defect cannot be fixed before it is found."),
        ({"severity": "SEV9"}, "severity: “SEV9” is not known. Use one of: SEV1"),
        ({"stage_found": "prodution"}, "stage_found: “prodution” is not known. Use one of: design"),
        ({"stage_introduced": "production"}, "stage_introduced: A defect cannot be introduced after it is found."),
        ({"status": "done"}, "status: “done” is not one of: new, triaged"),
        ({"status": "closed"}, "resolution: Choose how the defect was resolved"),
        ({"resolution": "fixed", "status": "new"}, "resolution: Only a closed defect has a resolution."),
    ],
    ids=str,
)
def test_rows_obey_the_rules_of_forms(load, team, wrong, words):
    row = DEFECT | {"source": "", "severity": "", "stage_introduced": "", "status": "", "resolution": "", "fixed_at": ""}
    printed = refused(load, "defects", "qmportal", [row | wrong], "--team", "payments")
    assert f"line 2, {words}" in printed or words in printed
    assert not Defect.objects.exists()


def test_a_row_with_an_id_that_was_there_already(load, team):
    assert "line 3, external_id: The ID “A-1” is already on line 2." in refused(
        load, "defects", "qmportal", [DEFECT, DEFECT], "--team", "payments"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"external_id,title,found_at,team\n", "a header and no rows"),
        (b"PK\x03\x04rest", "The archive is damaged"),
        (b'external_id,title,found_at,team\n1,"x', "never closed"),
        (b"a,b\n1,2\n", "no column “external_id”, “title”, “found_at”"),
    ],
)
def test_broken_files_change_nothing(load, team, data, words):
    assert words in refused(load, "defects", "qmportal", data)
    assert not Defect.objects.exists()


def test_a_fault_far_down_in_the_file_changes_nothing(load, team):
    good = b"".join(b"A-%d,t,2024-03-01\n" % number for number in range(3000))
    assert "never closed" in refused(
        load, "defects", "qmportal", b"external_id,title,found_at\n" + good + b'x,"y,2024-03-01\n', "--team", "payments"
    )
    assert not Defect.objects.exists()


def test_the_time_zone_of_the_file(load, team):
    load(
        "defects", "qmportal", [DEFECT | {"found_at": "2024-03-01 10:00"}], "--team", "payments", "--timezone", "Asia/Tokyo"
    )
    assert Defect.objects.get().found_at == datetime(2024, 3, 1, 1, tzinfo=UTC)
    assert "no time zone" in refused(load, "defects", "qmportal", [DEFECT], "--team", "payments", "--timezone", "Mars")


def test_formula_cells_are_text(load, team):
    load("defects", "qmportal", [DEFECT | {"title": '=HYPERLINK("http://x")'}], "--team", "payments")
    assert Defect.objects.get().title == '=HYPERLINK("http://x")'


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({}, ("new", "", None, None)),
        ({"Status": "Whatever we call it"}, ("in_progress", "", None, None)),
        ({"Status": "Resolved", "Resolution": "Fixed", "Resolved": "2019-02-16"}, ("closed", "fixed", 16, 16)),
        ({"Status": "Resolved", "Resolution": "Duplicate", "Resolved": "2019-02-16"}, ("duplicate", "duplicate", None, 16)),
        ({"Status": "Closed", "Resolution": "Won't Fix", "Resolved": "2019-02-16"}, ("closed", "wont_fix", None, 16)),
        ({"Status": "Reopened", "Resolution": "Fixed", "Resolved": "2019-02-16"}, ("new", "", None, None)),
        ({"Status": "Resolved", "Resolution": "Unresolved"}, ("fixed", "", None, None)),
        ({"Status": "Done", "Resolution": ""}, ("closed", "fixed", None, None)),
    ],
    ids=str,
)
def test_jira_life(load, team, row, expected):
    load("defects", "jira", [BUG | row], "--team", "payments")
    defect = Defect.objects.get()
    days = [moment and moment.day for moment in (defect.fixed_at, defect.closed_at)]
    assert (defect.status, defect.resolution, *days) == expected
    assert (defect.severity.key, defect.priority, defect.stage_found) == ("SEV2", "high", None)


def test_jira_stories_are_left_out_unless_asked(load, team):
    rows = [BUG, BUG | {"Issue key": "PAY-2", "Issue Type": "Story"}]
    printed = load("defects", "jira", rows, "--team", "payments")
    assert "created 1, updated 0, unchanged 0, skipped 1" in printed
    assert "skipped 1: not a defect (issue type Story)" in printed
    assert "created 1, updated 0, unchanged 1" in load("defects", "jira", rows, "--team", "payments", "--all-types")


def test_a_resolution_that_nobody_knows_is_an_error(load, team):
    row = BUG | {"Status": "Closed", "Resolution": "Frozen"}
    assert "line 2, Resolution: “Frozen” is not known." in refused(load, "defects", "jira", [row], "--team", "payments")


def test_long_titles_of_trackers_are_shortened_and_nothing_is_lost(load, team):
    printed = load("defects", "jira", [BUG | {"Summary": "x" * 250}], "--team", "payments")
    defect = Defect.objects.get()
    assert "note 1: title shortened to 200 characters" in printed
    assert (len(defect.title), defect.title[-1], defect.actual) == (200, "…", "x" * 250)
    assert "unchanged 1" in load("defects", "jira", [BUG | {"Summary": "x" * 250}], "--team", "payments")


def test_long_titles_of_our_own_columns_are_shortened_too(load, team):
    printed = load("defects", "qmportal", [DEFECT | {"title": "x" * 201}], "--team", "payments")
    assert "note 1: title shortened to 200 characters" in printed
    assert Defect.objects.get().actual == "x" * 201


def test_jira_columns_that_repeat(load, team):
    header = b"Summary,Issue key,Issue Type,Status,Resolution,Created,Component/s,Component/s,Sprint,Sprint\n"
    data = header + b"A,P-1,Bug,Open,,2024-01-01,API,Web,1,2\n"
    load("defects", "jira", data, "--team", "payments")
    assert Defect.objects.get().component == "API, Web"


def test_bugzilla_takes_the_resolved_date_of_resolved_bugs_only(load, team):
    row = {
        "Summary": "A",
        "Issue id": "1",
        "Status": "NEW",
        "Priority": "--",
        "Resolution": "",
        "Created": "2024-01-01",
        "Resolved": "2024-01-09",
    }
    load("defects", "bugzilla", [row], "--team", "payments")
    defect = Defect.objects.get()
    assert (defect.status, defect.priority, defect.fixed_at, defect.closed_at) == ("new", "", None, None)
    load("defects", "bugzilla", [row | {"Status": "RESOLVED", "Resolution": "WORKSFORME"}], "--team", "payments")
    defect = Defect.objects.get()
    assert (defect.status, defect.resolution, defect.fixed_at, defect.closed_at.day) == (
        "closed",
        "cannot_reproduce",
        None,
        9,
    )


def test_titanium_stages(load, team):
    row = {
        "source": "t",
        "external_id": "1",
        "title": "A",
        "status": "Open",
        "resolution": "",
        "opened_at": "2024-01-01",
        "found_in": "escaped",
        "issue_type": "Bug",
    }
    rows = [
        row,
        row | {"external_id": "2", "found_in": "caught"},
        row | {"external_id": "3", "found_in": ""},
        row | {"external_id": "4", "found_in": "moon"},
    ]
    printed = load("defects", "titanium", rows, "--team", "payments")
    found = [defect.stage_found and defect.stage_found.slug for defect in Defect.objects.order_by("external_id")]
    assert found == ["production", "ci", None, None]
    assert "stage unknown 2: imported" in printed
    assert Defect.objects.first().source == "t"


def test_an_incident_of_a_status_page(load, team):
    load("incidents", "statuspage", [PAGE_ENTRY], "--team", "payments")
    incident = Incident.objects.get()
    minutes = [
        (moment - incident.started_at).total_seconds() / 60
        for moment in (incident.detected_at, incident.acknowledged_at, incident.mitigated_at, incident.restored_at)
    ]
    assert minutes == [5, 10, 30, 60]
    assert (incident.status, incident.severity.key, incident.kind, incident.reference) == (
        "restored",
        "SEV2",
        "real",
        "PAY-INC-1",
    )


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        ({"created_at": "2024-03-01T09:59:00Z"}, "detected_at", datetime(2024, 3, 1, 10, tzinfo=UTC)),
        ({"identified_at": "2024-03-01T09:59:00Z"}, "acknowledged_at", None),
        ({"monitoring_at": "2024-03-01T12:00:00Z"}, "mitigated_at", None),
        ({"started_at": "2024-03-02T10:00:00Z"}, "started_at", None),
        ({"scheduled_for": "2024-03-01T10:00:00Z"}, "kind", "maintenance"),
        ({"impact": "Maintenance"}, "kind", "maintenance"),
        ({"impact": "critical"}, "severity_id", 1),
        ({"status": "monitoring", "resolved_at": ""}, "status", "mitigated"),
        ({"status": "investigating", "resolved_at": ""}, "restored_at", None),
    ],
    ids=str,
)
def test_status_pages_with_times_out_of_order(load, team, row, field, value):
    load("incidents", "statuspage", [PAGE_ENTRY | row], "--team", "payments")
    assert getattr(Incident.objects.get(), field) == value


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"restored_at": "2024-03-01T09:00Z"}, "restored_at: Service cannot be restored before the incident is detected."),
        ({"started_at": "2024-03-01T11:00Z"}, "detected_at: An incident cannot be detected before its impact began."),
        ({"status": "restored"}, "restored_at: A restored or closed incident needs the time"),
        ({"customer_impacted": "yes"}, "customer_impact: Say how customers are affected."),
        ({"customer_impacted": "perhaps"}, "customer_impacted: Enter yes or no."),
        ({"customers_affected": "1_000"}, "customers_affected: Enter a whole number of up to nine digits"),
        ({"kind": "drill"}, "kind: “drill” is not one of: real"),
    ],
    ids=str,
)
def test_incidents_obey_the_rules_of_forms(load, team, wrong, words):
    row = INCIDENT | dict.fromkeys(
        ("restored_at", "started_at", "status", "customer_impacted", "customers_affected", "kind"), ""
    )
    assert f"line 2, {words}" in refused(load, "incidents", "qmportal", [row | wrong], "--team", "payments").replace(
        "customer impact:", "customer_impact:"
    )


def test_duplicates_without_a_known_original_are_cancelled(load, team):
    printed = load("incidents", "qmportal", [INCIDENT | {"status": "Duplicate"}], "--team", "payments")
    assert Incident.objects.get().status == "cancelled"
    assert "the original of this duplicate is unknown: cancelled" in printed


def test_a_mapping_of_the_other_kind_is_named(load, team):
    with pytest.raises(CommandError, match="The mapping jira does not read incidents"):
        load("incidents", "jira", [BUG])


OWN = b"Nr;Was;Wann;Wo\n7;Zahlung fehlt;31.03.2024;Kunde\n"
OWN_PLAN = Plan(
    "defects",
    columns={"external_id": ("Nr",), "title": ("Was",), "found_at": ("Wann",), "stage_found": ("Wo",)},
    words={"stage_found": {"Kunde": "production"}},
)


def test_a_saved_mapping_by_name(load, team):
    for owner in (make_user(), make_user()):
        SavedMapping.keep("Sheet", owner, OWN_PLAN)
    with pytest.raises(CommandError, match="Several people have a mapping “Sheet”"):
        load("defects", "Sheet", OWN, "--team", "payments")
    SavedMapping.keep("Sheet", None, OWN_PLAN)
    with pytest.raises(CommandError, match="The mapping Sheet reads defects, not incidents"):
        load("incidents", "Sheet", OWN, "--team", "payments")
    assert "created 1" in load("defects", "Sheet", OWN, "--team", "payments")
    assert Defect.objects.get().stage_found.slug == "production"


def test_own_names_of_severities_are_known(load, team):
    Severity.objects.filter(key="SEV2").update(name="Gravissimo")
    rows = b"Bug ID,Title,Found on,Severity\n1,a,2024-03-01,Gravissimo\n"
    assert "Not mapped yet: severity" not in load("defects", "", rows, "--team", "payments")
    assert Defect.objects.get().severity.key == "SEV2"


def undo_line(printed):
    return re.search(r"manage.py import_csv (--undo \d+)", printed)[1].split()


def test_an_import_by_command_can_be_undone(load, team):
    load("defects", "qmportal", [DEFECT], "--team", "payments")
    rows = [DEFECT | {"title": "Other"}, DEFECT | {"external_id": "A-2"}]
    undo = undo_line(load("defects", "qmportal", rows, "--team", "payments"))
    out = io.StringIO()
    call_command("import_csv", *undo, stdout=out)
    assert "Undone: deleted 1, restored 1, skipped 0" in out.getvalue()
    assert list(Defect.objects.filter(deleted_at=None).values_list("external_id", "title")) == [("A-1", DEFECT["title"])]
    with pytest.raises(CommandError, match="that can be undone"):
        call_command("import_csv", *undo)


@pytest.mark.parametrize("arguments", [(), ("defects",), ("--undo", "999")])
def test_nothing_to_do_is_said(db, arguments):
    with pytest.raises(CommandError, match=r"Name the kind of rows|There is no import 999"):
        call_command("import_csv", *arguments)


def test_a_refused_or_dry_run_leaves_no_row(load, team):
    assert "--undo" not in load("defects", "qmportal", [DEFECT], "--team", "payments", "--dry-run")
    refused(load, "defects", "qmportal", [DEFECT | {"found_at": "2023-02-30"}], "--team", "payments")
    assert not ImportJob.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_rows(load, team, django_assert_max_num_queries):
    rows = [DEFECT | {"external_id": f"A-{number}"} for number in range(900)]
    with django_assert_max_num_queries(30):
        load("defects", "qmportal", rows, "--team", "payments")
    with django_assert_max_num_queries(30):
        load("defects", "qmportal", [row | {"title": "Other"} for row in rows], "--team", "payments")
    assert set(Defect.objects.values_list("version", "title")) == {(2, "Other")}


def test_a_file_that_cannot_be_opened_is_named_in_a_sentence(tmp_path):
    for path, said in (
        (tmp_path / "gone.csv", f"There is no file {tmp_path}/gone.csv. Nothing was imported."),
        (tmp_path, f"{tmp_path} is a folder, not a file. Nothing was imported."),
    ):
        with pytest.raises(CommandError) as refused:
            call_command("import_csv", "defects", str(path), "--mapping", "qmportal")
        assert str(refused.value) == said


OWN_FILE = (
    b"Bug ID;Titel;Gefunden am;Phase;Wie schlimm\nB-1;Zahlung;13/03/2024;UAT;Schlimm\nB-2;Summe;02/03/2024;Kunde;Hoch\n"
)


def test_without_a_mapping_the_file_speaks_for_itself(load, team):
    printed = load("defects", None, OWN_FILE, "--team", "payments")
    assert "No known tool, so it is read as your own spreadsheet." in printed
    assert "“13/03/2024” occurs" in printed
    assert list(Defect.objects.values_list("stage_found__slug", flat=True).order_by("pk")) == ["pre-deploy", "production"]


def test_spreadsheets_of_two_teams_may_number_their_rows_alike(load, team):
    make_team(slug="search")
    load("defects", None, OWN_FILE, "--team", "payments")
    assert "created 2" in load("defects", None, OWN_FILE, "--team", "search")
    assert "unchanged 2" in load("defects", None, OWN_FILE, "--team", "payments")
    assert set(Defect.objects.values_list("source", flat=True)) == {"file-payments", "file-search"}


def test_words_that_a_guess_does_not_know_are_listed_once(load, team):
    data = OWN_FILE.replace(b"Wie schlimm", b"Severity")
    printed = refused(load, "defects", None, data, "--team", "payments")
    assert "Not mapped yet: severity “Schlimm” (1)." in printed
    assert "“Schlimm” is not known. Match it to one of: SEV1" in printed


def test_a_plan_says_what_columns_and_words_mean(load, team, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "kind: defects\n"
        "columns: {external_id: Bug ID, title: Titel, found_at: Gefunden am, stage_found: Phase, severity: [Wie schlimm]}\n"
        "words: {severity: {Schlimm: SEV1}}\n"
        "day_first: true\n"
    )
    printed = load("defects", None, OWN_FILE, "--team", "payments", "--plan", str(plan))
    assert "created 2" in printed
    found = Defect.objects.order_by("external_id").values_list("severity__key", "stage_found__slug", "found_at__month")
    assert list(found) == [("SEV1", "pre-deploy", 3), ("SEV2", "production", 3)]
    shown = load("defects", None, OWN_FILE, "--plan", str(plan), "--show-plan")
    assert Plan.from_yaml(shown) == replace(Plan.from_yaml(plan.read_text()), source="file")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: incidents", "reads incidents, not defects"),
        ("kind: cats", "“cats” is not a kind of record"),
        (None, "There is no file"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(load, team, tmp_path, text, said):
    plan = tmp_path / "plan.yaml"
    if text:
        plan.write_text(text)
    assert said in refused(load, "defects", None, OWN_FILE, "--team", "payments", "--plan", str(plan))
