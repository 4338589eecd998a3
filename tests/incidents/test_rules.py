"""What no door lets in: each constraint in the database, and the same rule as a sentence at its field."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from incidents.models import Incident
from tests.factories import NOON, make_incident, make_team

pytestmark = pytest.mark.django_db
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)
RESTORED = {"status": "restored"}

# constraint, what is changed on a good row, the field that shows the sentence
RULES = [
    ("incident_started_before_detected", {"started_at": AFTER}, "detected_at"),
    ("incident_detected_before_acknowledged", {"acknowledged_at": BEFORE}, "acknowledged_at"),
    (
        "incident_started_before_mitigated",
        {"started_at": NOON, "mitigated_at": BEFORE, "status": "mitigated"},
        "mitigated_at",
    ),
    ("incident_started_before_restored", {"started_at": NOON, "restored_at": BEFORE, "status": "restored"}, "restored_at"),
    (
        "incident_mitigated_before_restored",
        {"mitigated_at": AFTER, "restored_at": NOON, "status": "restored"},
        "restored_at",
    ),
    ("incident_restored_before_closed", {"restored_at": AFTER, "closed_at": NOON, "status": "closed"}, "closed_at"),
    ("incident_needs_restored_at", {"status": "restored"}, "restored_at"),
    ("incident_needs_restored_at", {"status": "closed", "closed_at": AFTER}, "restored_at"),
    ("incident_needs_closed_at", {"status": "closed", "restored_at": AFTER}, "closed_at"),
    ("incident_needs_mitigated_at", {"status": "mitigated"}, "mitigated_at"),
    ("incident_has_no_acknowledged_at_yet", {"status": "triage", "acknowledged_at": AFTER}, "acknowledged_at"),
    ("incident_has_no_mitigated_at_yet", {"mitigated_at": AFTER}, "mitigated_at"),
    ("incident_has_no_restored_at_yet", {"restored_at": AFTER}, "restored_at"),
    ("incident_has_no_closed_at_yet", {"closed_at": AFTER}, "closed_at"),
    ("incident_restored_has_severity", {"status": "restored", "restored_at": AFTER, "severity": None}, "severity"),
    ("incident_restored_after_detected", {"restored_at": BEFORE, "status": "restored"}, "restored_at"),
    ("incident_impact_is_described", {"customer_impacted": True}, "customer_impact"),
]


@pytest.fixture
def incident():
    return make_incident(team=make_team())


@pytest.mark.parametrize(("constraint", "changed", "field"), RULES, ids=[f"{rule[0]}-{rule[2]}" for rule in RULES])
def test_the_database_and_the_row_enforce_the_same_rule(incident, constraint, changed, field):
    sentence = next(c for c in Incident._meta.constraints if c.name == constraint).violation_error_message
    for name, value in changed.items():
        setattr(incident, name, value)
    assert incident.problems(AFTER)[field] == sentence
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(**changed)


def test_a_duplicate_and_its_original(incident):
    rows = Incident.objects.filter(pk=incident.pk)
    with pytest.raises(IntegrityError, match="incident_duplicate_has_original"), transaction.atomic():
        rows.update(status="duplicate")
    with pytest.raises(IntegrityError, match="incident_original_means_duplicate"), transaction.atomic():
        rows.update(duplicate_of=make_incident(team=incident.team))
    with pytest.raises(IntegrityError, match="incident_not_its_own_duplicate"), transaction.atomic():
        rows.update(status="duplicate", duplicate_of=incident)
    incident.status = "duplicate"
    assert incident.problems(AFTER) == {"duplicate_of": "Enter the incident that this one duplicates."}
    incident.duplicate_of = incident
    assert incident.problems(AFTER) == {"duplicate_of": "A record cannot be a duplicate of itself."}
    incident.status = "active"
    assert "duplicate_of" in incident.problems(AFTER)


def test_an_id_is_unique_within_a_source(incident):
    make_incident(team=incident.team, source="jira", external_id="1")
    with pytest.raises(IntegrityError, match="incident_external_unique"), transaction.atomic():
        make_incident(team=incident.team, source="jira", external_id="1")
    make_incident(team=incident.team, source="statuspage", external_id="1")


@pytest.mark.parametrize("name", Incident.TIMES)
def test_times_in_the_future_or_before_1990_are_refused(incident, name):
    setattr(incident, name, AFTER + timedelta(minutes=6))
    assert "future" in incident.problems(AFTER)[name]
    setattr(incident, name, NOON.replace(year=1989))
    assert name in incident.problems(AFTER)


def test_the_database_computes_durations(incident):
    times = {"started_at": BEFORE, "acknowledged_at": AFTER, "mitigated_at": AFTER}
    Incident.objects.filter(pk=incident.pk).update(status="mitigated", **times)
    incident.refresh_from_db()
    assert incident.time_to_detect == timedelta(hours=1)
    assert incident.time_to_acknowledge == timedelta(hours=1)
    assert incident.time_to_mitigate == timedelta(hours=2)
    assert incident.time_to_restore is None
    Incident.objects.filter(pk=incident.pk).update(started_at=None, mitigated_at=None, restored_at=AFTER, status="restored")
    incident.refresh_from_db()
    assert incident.time_to_restore == timedelta(hours=1)
