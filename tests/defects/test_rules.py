"""What no door lets in: each constraint in the database, and the same rule as a sentence at its field."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from defects.models import Defect
from tests.factories import NOON, make_defect, make_team, stage

pytestmark = pytest.mark.django_db
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)

# constraint, what is changed on a good row, the field that shows the sentence
RULES = [
    ("defect_found_before_triaged", {"triaged_at": BEFORE}, "triaged_at"),
    ("defect_found_before_fixed", {"fixed_at": BEFORE}, "fixed_at"),
    ("defect_fixed_before_verified", {"fixed_at": AFTER, "verified_at": NOON}, "verified_at"),
    ("defect_found_before_closed", {"closed_at": BEFORE}, "closed_at"),
]


@pytest.fixture
def defect():
    return make_defect(team=make_team())


@pytest.mark.parametrize(("constraint", "changed", "field"), RULES, ids=[rule[0] for rule in RULES])
def test_the_database_and_the_row_say_the_same(defect, constraint, changed, field):
    sentence = next(c for c in Defect._meta.constraints if c.name == constraint).violation_error_message
    for name, value in changed.items():
        setattr(defect, name, value)
    assert defect.problems(AFTER)[field] == sentence
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(**changed)


@pytest.mark.parametrize(
    "changed", [{"status": "closed"}, {"status": "rejected"}, {"status": "duplicate"}, {"resolution": "fixed"}]
)
def test_a_resolution_is_there_exactly_when_closed(defect, changed):
    for name, value in changed.items():
        setattr(defect, name, value)
    assert "resolution" in defect.problems(AFTER)
    with pytest.raises(IntegrityError, match="defect_resolution_when_closed"), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(**changed)


def test_no_defect_is_its_own_duplicate(defect):
    defect.duplicate_of = defect
    assert defect.problems(AFTER) == {"duplicate_of": "A defect cannot be a duplicate of itself."}
    with pytest.raises(IntegrityError, match="defect_not_its_own_duplicate"), transaction.atomic():
        Defect.objects.filter(pk=defect.pk).update(duplicate_of=defect)


def test_one_row_for_each_id_of_a_source(defect):
    make_defect(team=defect.team, source="jira", external_id="1")
    with pytest.raises(IntegrityError, match="defect_external_unique"), transaction.atomic():
        make_defect(team=defect.team, source="jira", external_id="1")
    make_defect(team=defect.team, source="bugzilla", external_id="1")


@pytest.mark.parametrize("name", Defect.TIMES)
def test_no_time_lies_in_the_future_or_before_the_records(defect, name):
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
def test_stages_are_in_the_order_of_the_pipeline(defect, introduced, should_catch, found, field):
    defect.stage_introduced = stage(introduced) if introduced else None
    defect.stage_should_catch = stage(should_catch) if should_catch else None
    defect.stage_found = stage(found) if found else None
    assert list(defect.problems(AFTER)) == ([field] if field else [])
