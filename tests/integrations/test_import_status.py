"""A file that names no status changes none; one that names another goes the way that people can go as well."""

import io

import pytest
from django.core.management import CommandError, call_command

from defects.models import Defect
from incidents.models import Incident
from qmportal.lib.acting import acting
from tests.factories import NOON, make_defect, make_incident, make_team

pytestmark = pytest.mark.django_db
DETECTED, RESTORED = "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z"
LATER = NOON.replace(hour=13)


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def load(tmp_path, team):
    """load(kind, **cells) -> imports one row of these cells, named I-1, as the columns of this portal."""

    def load(kind, mapping="qmportal", **cells):
        row = {"external_id": "I-1", "title": "Checkout is down"} | cells
        path = tmp_path / "file.csv"
        path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
        printed = io.StringIO()
        try:
            call_command(
                *("import_csv", kind, str(path), "--mapping", mapping, "--team", "payments"),
                stdout=printed,
                stderr=printed,
            )
        except CommandError as refused:
            return f"{printed.getvalue()}{refused}"
        return printed.getvalue()

    return load


def incident(team, **fields):
    return make_incident(team=team, source="qmportal", external_id="I-1", title="Checkout is down", **fields)


def defect(team, **fields):
    return make_defect(team=team, source="qmportal", external_id="I-1", title="Checkout is down", **fields)


@pytest.mark.parametrize("restored_at", [RESTORED, ""])
def test_a_closed_incident_stays_closed(load, team, restored_at):
    known = incident(team, status="closed", restored_at=LATER, closed_at=LATER)
    assert "errors 0" in load("incidents", detected_at=DETECTED, restored_at=restored_at, summary="More")
    known.refresh_from_db()
    assert (known.status, known.restored_at, known.summary) == ("closed", LATER, "More")


@pytest.mark.parametrize("restored_at", [RESTORED, ""])
def test_a_cancelled_incident_does_not_come_back_to_count(load, team, restored_at):
    known = incident(team, status="cancelled")
    assert "errors 0" in load("incidents", detected_at=DETECTED, restored_at=restored_at, summary="More")
    known.refresh_from_db()
    assert (known.status, known.summary) == ("cancelled", "More")
    assert not Incident.objects.counted().exists()


def test_times_of_an_open_incident_do_not_restore_it_unsaid(load, team):
    known = incident(team)
    assert "Service is not restored yet." in load("incidents", detected_at=DETECTED, restored_at=RESTORED)
    known.refresh_from_db()
    assert (known.status, known.restored_at) == ("active", None)


def test_a_new_incident_is_restored_as_its_times_say(load):
    load("incidents", detected_at=DETECTED, restored_at=RESTORED)
    assert Incident.objects.get().status == "restored"


@pytest.mark.parametrize("resolution", ["", "wont_fix"])
def test_a_closed_defect_stays_closed(load, team, resolution):
    known = defect(team, status="closed", resolution="fixed", closed_at=LATER)
    assert "errors 0" in load("defects", found_at=DETECTED, resolution=resolution, component="Cart")
    known.refresh_from_db()
    assert (known.status, known.resolution, known.component) == ("closed", resolution or "fixed", "Cart")


def test_a_resolution_alone_closes_no_open_defect(load, team):
    known = defect(team)
    assert "Only a closed defect has a resolution" in load("defects", found_at=DETECTED, resolution="fixed")
    known.refresh_from_db()
    assert (known.status, known.resolution) == ("new", "")


def test_a_new_defect_has_the_status_that_its_times_say(load):
    load("defects", found_at=DETECTED, fixed_at=RESTORED)
    assert Defect.objects.get().status == "fixed"


def test_a_status_that_is_named_goes_the_way_of_the_moves(load, team):
    known = incident(team)
    assert "updated 1" in load("incidents", detected_at=DETECTED, restored_at=RESTORED, status="restored")
    known.refresh_from_db()
    assert (known.status, known.restored_at) == ("restored", LATER)


def test_a_tool_that_knows_no_closed_incidents_reopens_none(load, team):
    known = make_incident(
        team=team, source="statuspage", external_id="I-1", status="closed", restored_at=LATER, closed_at=LATER
    )
    cells = {"id": "I-1", "name": "Down", "impact": "major", "created_at": DETECTED, "resolved_at": RESTORED}
    assert "errors 0" in load("incidents", "statuspage", **cells, status="resolved")
    known.refresh_from_db()
    assert (known.status, known.title, known.closed_at) == ("closed", "Down", LATER)


# ---- Back again ----------------------------------------------------------------------------------------------------------


def test_a_file_that_opens_what_it_had_closed_makes_a_regression_which_the_next_file_changes(load, team):
    load("defects", found_at=DETECTED, closed_at=RESTORED, status="closed", resolution="fixed")
    assert "created 1, updated 0" in load("defects", found_at=DETECTED, triaged_at=DETECTED, status="in_progress")
    origin, back = Defect.objects.order_by("pk")
    assert (origin.status, origin.closed_at) == ("closed", LATER)
    assert (back.status, back.regression_of, back.external_id, back.triaged_at) == ("in_progress", origin, "I-1", None)
    assert back.found_at > LATER
    assert "unchanged 1" in load("defects", found_at=DETECTED, triaged_at=DETECTED, status="in_progress")
    assert "created 0, updated 1" in load("defects", found_at=DETECTED, status="closed", resolution="fixed")
    assert "created 1" in load("defects", found_at=DETECTED, status="new")
    assert list(Defect.objects.order_by("pk").values_list("status", "regression_of")) == [
        ("closed", None), ("closed", origin.pk), ("new", back.pk)
    ]  # fmt: skip


def test_what_somebody_closed_here_stays_closed_though_the_file_is_behind(load, team):
    known = defect(team, status="verified")
    with acting("page"):
        known.make("close", by=None, at=LATER)
    assert "created 0, updated 0, unchanged 0, skipped 1" in load("defects", found_at=DETECTED, status="in_progress")
    known.refresh_from_db()
    assert known.status == "closed"


def test_a_defect_reported_here_is_not_reopened_by_a_file(load, team):
    known = make_defect(team=team, source="form", status="closed", resolution="fixed", closed_at=LATER)
    printed = load("defects", external_id="", reference=known.reference, source="form", found_at=DETECTED, status="new")
    assert "was fixed and closed. If it is back, report a regression." in printed
