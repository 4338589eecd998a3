"""The file that a list gives can come back: as it left it changes nothing, and what was edited in it is taken."""

import io
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from defects.models import Defect
from incidents.models import Incident
from integrations.importer import Importer
from integrations.matching.guess import guess
from integrations.matching.plan import Plan
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Survey
from qmportal.lib.text import clean_line, clean_text
from tests.factories import NOON, make_defect, make_incident, make_member, make_service, make_team, stage

pytestmark = pytest.mark.django_db
AWKWARD = [
    "=1+1",
    "'=1+1",
    "''=1+1",
    "-",
    "n/a",
    "+49 30 1234",
    "@home",
    "' quoted",
    "＝1+1",
    "a;=1+1",
    'He said "no", twice; and left',
    "Zażółć gęślą jaźń 日本",
]


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def client(client, team):
    client.force_login(make_member(team=team))
    return client


@pytest.fixture
def load(tmp_path):
    def load(kind, content, *options):
        path, printed = tmp_path / "file.csv", io.StringIO()
        path.write_bytes(content)
        call_command("import_csv", kind, str(path), "--mapping", "qmportal", *options, stdout=printed)
        return printed.getvalue()

    return load


def exported(client, kind):
    return client.get(reverse(f"{kind}:list"), {"format": "csv"}).getvalue()


@pytest.mark.parametrize("model", [Defect, Incident])
def test_the_file_has_all_columns_that_the_importer_reads(model):
    preset = PRESETS[f"{model.__name__.lower()}s/qmportal"]
    assert set(model.csv_columns()) == set(preset.columns)
    assert guess(Survey(list(model.csv_columns()))).plan.preset == preset


def test_defects_come_back_unchanged(client, team, load):
    for number, text in enumerate(AWKWARD):
        make_defect(team=team, title=text, source="form", external_id=f"u-{number}")
        make_defect(
            team=team, title="x", component=text, steps=f"{text}\r\n\r\nThen\n{text}", source="jira", external_id=text
        )
    make_defect(team=team, title="Of no source at all", stage_found=None)
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    make_defect(
        team=team,
        found_at=moment,
        status="closed",
        resolution="wont_fix",
        priority="urgent",
        found_by="automated_test",
        service=make_service("Cards"),
        stage_found="production",
        stage_introduced=stage("coding"),
        stage_should_catch=stage("code-review"),
        triaged_at=moment,
        fixed_at=moment,
        verified_at=moment,
        closed_at=moment + timedelta(microseconds=1),
        **dict.fromkeys(("environment", "version_found", "version_fixed", "expected", "actual"), "2.0"),
    )
    before = list(Defect.objects.order_by("pk").values())
    assert "created 0, updated 0, unchanged 26, skipped 0, errors 0" in load("defects", exported(client, "defects"))
    assert list(Defect.objects.order_by("pk").values()) == before


def test_incidents_come_back_unchanged(client, team, load):
    for number, text in enumerate(AWKWARD):
        make_incident(team=team, title=text, source="form", external_id=f"u-{number}")
    make_incident(team=team, severity_key=None, status="triage", source="statuspage", external_id="p1")
    make_incident(
        team=team,
        restored_at=NOON,
        detected_at=NOON,
        started_at=NOON,
        acknowledged_at=NOON,
        mitigated_at=NOON,
        closed_at=NOON,
        status="closed",
        kind="retrospective",
        environment="staging",
        services=[make_service("Cards").pk, make_service("vouchers").pk],
        other_services="Lift",
        detection_source="internal_user",
        impact_kind="data_loss",
        customer_impacted=True,
        customers_affected=0,
        customer_impact="They paid twice.",
        summary="One\nTwo",
        root_cause="A race",
        should_have_caught=stage("ci"),
        escape_reason="test_skipped",
    )
    reopened = make_incident(team=team, restored_at=NOON + timedelta(hours=1))
    reopened.make("reopen", by=None, at=NOON + timedelta(hours=3, seconds=1), note="Again")
    before = list(Incident.objects.order_by("pk").values())
    assert "created 0, updated 0, unchanged 15, skipped 0, errors 0" in load("incidents", exported(client, "incidents"))
    assert list(Incident.objects.order_by("pk").values()) == before


TEXTS = st.one_of(
    st.sampled_from(AWKWARD), st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
)
SOURCES = (f"list {number}" for number in itertools.count(1))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.sampled_from([make_defect, make_incident]), st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_any_text_comes_back_unchanged(client, team, make, rows):
    source, long = next(SOURCES), "steps" if make is make_defect else "summary"
    for number, (title, text, name) in enumerate(rows):
        texts = {"title": clean_line(title) or "x", long: clean_text(text).strip()}
        make(team=team, source=source, external_id=f"{clean_line(name)}{number}", **texts)
    kind = "defects" if make is make_defect else "incidents"
    content = client.get(reverse(f"{kind}:list"), {"format": "csv", "source": source}).getvalue()
    outcome = Importer(Plan(kind, "qmportal"), now=timezone.now()).write(io.BytesIO(content))
    assert (outcome.unchanged, outcome.rows) == (len(rows), len(rows))


def test_impact_intervals_come_along(client, team, load, capsys):
    """Of a new incident they are imported; those of a stored one stay as they are."""
    spans = "2026-03-02T12:00Z/2026-03-02T13:00Z; 2026-03-02T15:00:00Z/2026-03-02T16:00+00:00"

    def row(external_id, spans, restored_at="2026-03-02T16:00Z"):
        header = "external_id,title,team,detected_at,restored_at,escape_reason,impact_intervals,source"
        return f"{header}\n{external_id},Slow,payments,2026-03-02T12:00Z,{restored_at},no_test,{spans},ours\n".encode()

    assert "created 1, updated 0, unchanged 0, skipped 0, errors 0" in load("incidents", row("a1", spans))
    incident = Incident.objects.get()
    assert (incident.time_to_restore, incident.escape_reason) == (timedelta(hours=2), "no_test")
    assert [span.ended_at - span.began_at for span in incident.impact_intervals.all()] == [timedelta(hours=1)] * 2
    assert "updated 0, unchanged 1" in load("incidents", row("a1", spans))
    printed = load("incidents", row("a1", spans.replace("13:00", "14:00")))
    assert "updated 0, unchanged 1" in printed
    assert "other impact intervals are stored here: kept" in printed
    for bad in (
        spans.replace("15:00:00Z", "12:30:00Z"),  # they overlap
        spans.partition(";")[0],  # a single one that ends too early
        spans.replace("16:00+", "17:00+"),  # not restored then
        spans.replace("2026-03-02T12:00Z", "soon"),
    ):
        assert "created 0, updated 0, unchanged 0, skipped 0, errors 1" in load(
            "incidents", row("a2", bad), "--dry-run", "--skip-errors"
        ), bad
    assert "impact_intervals: The impact intervals do not fit the times of the incident." in capsys.readouterr().err


def test_the_service_of_a_defect_is_read_and_an_unknown_one_is_said(client, team, load, capsys):
    cards = make_service("Cards")
    rows = "1,a,2026-03-02T12:00Z,ci,payments,CARDS\n2,b,2026-03-02T12:00Z,ci,payments,Moon\n"
    printed = load("defects", f"external_id,title,found_at,stage_found,team,service\n{rows}".encode())
    assert "no service is called “Moon”: left empty" in printed
    assert list(Defect.objects.order_by("external_id").values_list("service", flat=True)) == [cards.pk, None]


@pytest.mark.parametrize("kept", ["=1+1", "''=1+1", "'''=1+1"])
def test_a_guard_that_a_spreadsheet_ate_or_doubled_changes_nothing(client, team, load, kept):
    defect = make_defect(team=team, title="=1+1")
    content = exported(client, "defects")
    assert b',"\'=1+1",' in content
    assert "updated 0, unchanged 1" in load("defects", content.replace(b"'=1+1", kept.encode()))
    defect.refresh_from_db()
    assert defect.title == "=1+1"


@pytest.mark.parametrize("kind", ["defects", "incidents"])
def test_the_file_says_that_it_is_utf_8(client, kind):
    # Without the mark, Excel reads accents wrongly.
    assert exported(client, kind).startswith('\ufeff"reference",'.encode())


def test_duplicates_and_other_decisions_of_people_stay(client, team, load):
    original = make_incident(team=team)
    make_incident(team=team, status="duplicate", duplicate_of=original)
    make_defect(team=team, status="duplicate", resolution="duplicate", duplicate_of=make_defect(team=team))
    assert "updated 0, unchanged 1, skipped 1, errors 0" in load("incidents", exported(client, "incidents"))
    assert "updated 0, unchanged 1, skipped 1, errors 0" in load("defects", exported(client, "defects"))


def test_what_was_edited_in_the_file_is_taken(client, team, load):
    filed = make_incident(team=team, title="Checkout is slow", source="form", external_id="u-1")
    content = exported(client, "incidents").replace(b"Checkout is slow", b"Checkout is down")
    assert "created 0, updated 1" in load("incidents", content)
    filed.refresh_from_db()
    assert (filed.title, filed.source, filed.external_id, filed.version) == ("Checkout is down", "form", "u-1", 2)


@pytest.mark.parametrize(
    "row",
    ["PAY-INC-9,,,x,2024-03-01T10:00Z", "PAY-INC-9,form,u-9,x,2024-03-01T10:00Z", "pay-inc-1,,,x,2024-03-01T10:00Z"],
)
def test_a_reference_alone_makes_nothing_and_reaches_only_what_was_filed_here(team, load, row, capsys):
    make_incident(team=team, source="statuspage", external_id="p1", title="Theirs")
    content = f"reference,source,external_id,title,detected_at\n{row}\n".encode()
    printed = load("incidents", content, "--team", "payments", "--dry-run", "--skip-errors")
    assert "created 0, updated 0, unchanged 0, skipped 0, errors 1" in printed
    reference = row.split(",")[0].upper()
    refused = f"line 2, reference: “{reference}” was not reported in this portal."
    assert f"{refused} A record from another tool needs its external_id." in capsys.readouterr().err


def test_a_record_named_twice_is_an_error(client, team, load, capsys):
    make_incident(team=team)
    content = exported(client, "incidents")
    twice = content + content.splitlines(keepends=True)[1]
    assert "unchanged 1, skipped 0, errors 1" in load("incidents", twice, "--dry-run", "--skip-errors")
    assert "The ID “PAY-INC-1” is already on line 2." in capsys.readouterr().err
