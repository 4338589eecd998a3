"""What no door lets in: each constraint in the database, and the same rule as a sentence at its field."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from defects.models import Defect
from tests.factories import NOON, make_defect, make_team, stage

pytestmark = pytest.mark.django_db
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)

CLOSED = {"status": "closed", "resolution": "fixed"}
# constraint, what is changed on a good row, the field that shows the sentence
RULES = [
    ("defect_found_before_triaged", {"status": "triaged", "triaged_at": BEFORE}, "triaged_at"),
    ("defect_found_before_fixed", {"status": "fixed", "fixed_at": BEFORE}, "fixed_at"),
    ("defect_fixed_before_verified", {"status": "verified", "fixed_at": AFTER, "verified_at": NOON}, "verified_at"),
    ("defect_found_before_closed", CLOSED | {"closed_at": BEFORE}, "closed_at"),
    ("defect_has_no_triaged_at_yet", {"triaged_at": AFTER}, "triaged_at"),
    ("defect_has_no_fixed_at_yet", {"fixed_at": AFTER}, "fixed_at"),
    ("defect_has_no_verified_at_yet", {"status": "fixed", "fixed_at": NOON, "verified_at": AFTER}, "verified_at"),
    ("defect_has_no_closed_at_yet", {"closed_at": AFTER}, "closed_at"),
    ("defect_needs_fixed_at", {"status": "fixed"}, "fixed_at"),
    ("defect_needs_verified_at", {"status": "verified", "fixed_at": NOON}, "verified_at"),
    ("defect_needs_closed_at", CLOSED, "closed_at"),
    ("defect_closed_has_resolution", {"status": "closed", "closed_at": AFTER}, "resolution"),
    ("defect_closed_has_resolution", {"status": "rejected", "closed_at": AFTER}, "resolution"),
    ("defect_closed_has_resolution", {"status": "duplicate", "closed_at": AFTER, "source": "jira"}, "resolution"),
    ("defect_open_has_no_resolution", {"resolution": "fixed"}, "resolution"),
    ("defect_duplicate_has_original", CLOSED | {"resolution": "duplicate", "closed_at": AFTER}, "duplicate_of"),
]


@pytest.fixture
def defect():
    return make_defect(team=make_team())


@pytest.mark.parametrize(("constraint", "changed", "field"), RULES, ids=[rule[0] for rule in RULES])
def test_the_database_and_the_row_enforce_the_same_rule(defect, constraint, changed, field):
    sentence = next(c for c in Defect._meta.constraints if c.name == constraint).violation_error_message
    for name, value in changed.items():
        setattr(defect, name, value)
    assert defect.problems(AFTER)[field] == sentence
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(**changed)


@pytest.mark.parametrize("status", ["fixed", "verified", "closed", "duplicate", "rejected"])
def test_records_from_other_tools_may_lack_times(status):
    life = {"status": status, "resolution": "fixed" if status in Defect.CLOSED else ""}
    defect = Defect(source="jira", found_at=NOON, **life)
    assert defect.problems(AFTER) == {}
    defect.source = "form"
    assert set(defect.problems(AFTER)) & set(Defect.TIMES)


def test_no_defect_is_its_own_duplicate(defect):
    defect.duplicate_of = defect
    assert defect.problems(AFTER) == {"duplicate_of": "A record cannot be a duplicate of itself."}
    with pytest.raises(IntegrityError, match="defect_not_its_own_duplicate"), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(duplicate_of=defect)


def test_an_id_is_unique_within_a_source(defect):
    make_defect(team=defect.team, source="jira", external_id="1")
    with pytest.raises(IntegrityError, match="defect_external_unique"), transaction.atomic():
        make_defect(team=defect.team, source="jira", external_id="1")
    make_defect(team=defect.team, source="bugzilla", external_id="1")


@pytest.mark.parametrize("name", Defect.TIMES)
def test_times_in_the_future_or_before_1990_are_refused(defect, name):
    setattr(defect, name, AFTER + timedelta(minutes=6))
    assert "future" in defect.problems(AFTER)[name]
    setattr(defect, name, NOON.replace(year=1989))
    assert name in defect.problems(AFTER)


@pytest.mark.parametrize(
    ("introduced", "should_catch", "found", "field"),
    [
        ("coding", "ci", "production", None),
        ("coding", "coding", "coding", None),
        ("ci", None, "coding", "stage_introduced"),
        (None, "production", "ci", "stage_should_catch"),
        ("ci", "coding", "production", "stage_should_catch"),
        ("ci", "coding", None, "stage_should_catch"),
        (None, None, None, None),
    ],
)
def test_stages_follow_pipeline_order(defect, introduced, should_catch, found, field):
    defect.stage_introduced = stage(introduced) if introduced else None
    defect.stage_should_catch = stage(should_catch) if should_catch else None
    defect.stage_found = stage(found) if found else None
    assert list(defect.problems(AFTER)) == ([field] if field else [])
