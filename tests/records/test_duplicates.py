"""Duplicates point at an original that is none itself: no chains, no circles, whoever writes them and when."""

from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from defects.models import Defect
from incidents.models import Incident
from teams.models import ReferenceCounter, Team, User
from tests.factories import NOON, make_defect, make_incident, make_member, make_team
from tests.threads import at_once, committing_db, erase  # noqa: F401 - pytest finds it as `db`

# The factory, and what makes a row a duplicate.
KINDS = {
    Defect: (make_defect, {"status": "duplicate", "resolution": "duplicate", "closed_at": NOON}),
    Incident: (make_incident, {"status": "duplicate"}),
}
pytestmark = pytest.mark.parametrize("model", KINDS)


@pytest.fixture
def team(db):
    team = make_team(slug="crowd", key="CROWD")
    yield team
    for model in (Incident, Defect):
        erase(model.objects.filter(team=team).exclude(duplicate_of=None))
        erase(model.objects.filter(team=team))
    ReferenceCounter.objects.filter(team=team).delete()
    User.objects.filter(memberships__team=team).delete()
    Team.objects.filter(pk=team.pk).delete()


def make(model, team, original=None):
    factory, as_duplicate = KINDS[model]
    return factory(team=team, **({"duplicate_of": original} | as_duplicate if original else {}))


def mark(client, row, original):
    """A person marks a row as a duplicate."""
    url = reverse(f"{row._meta.app_label}:move", args=[row.reference, "mark_duplicate"])
    return client.post(url, {"duplicate_of": original.reference})


def originals(*rows):
    for row in rows:
        row.refresh_from_db()
    return [row.duplicate_of for row in rows]


def test_two_people_mark_two_records_as_duplicates_of_each_other(model, team):
    user = make_member(team=team)
    first, second = make(model, team), make(model, team)

    def press(pair):
        client = Client()
        client.force_login(user)
        row, original = pair
        return mark(client, row, original).status_code

    answers = at_once(press, [(first, second), (second, first)])
    assert sorted(answers) == [302, 422]
    assert originals(first, second).count(None) == 1


def test_duplicates_follow_their_original_to_its_own_original(model, team, client):
    client.force_login(make_member(team=team))
    root, original = make(model, team), make(model, team)
    duplicate = make(model, team, original)
    mark(client, original, root)
    assert originals(root, original, duplicate) == [None, root, root]
    assert duplicate.version == 2


def test_a_duplicate_of_a_duplicate_points_at_the_root(model, team, client):
    client.force_login(make_member(team=team))
    root, row = make(model, team), make(model, team)
    mark(client, row, make(model, team, root))
    assert originals(row) == [root]


def test_a_circle_is_refused_with_a_message(model, team, client):
    client.force_login(make_member(team=team))
    original = make(model, team)
    duplicate = make(model, team, original)
    answer = mark(client, original, duplicate)
    assert answer.status_code == 422
    sentence = f"{duplicate.reference} is already marked as a duplicate of {original.reference}."
    assert answer.context["form"].errors["duplicate_of"] == [sentence]


def test_chains_created_at_the_same_time_become_flat(model, team):
    rows = [make(model, team) for _ in range(6)]

    def point(pair):
        row = model.objects.get(pk=pair[0].pk)
        row.make("mark_duplicate", by=None, at=NOON, duplicate_of=pair[1])

    at_once(point, list(pairwise(rows)))
    assert set(originals(*rows)) == {None, rows[-1]}


def test_no_other_write_can_create_a_chain(model, team):
    _, as_duplicate = KINDS[model]
    first, second, third = (make(model, team) for _ in range(3))
    model.objects.filter(pk=first.pk).update(duplicate_of=second, **as_duplicate)
    for row, original in ((second, third), (third, first), (second, first)):
        with pytest.raises(IntegrityError, match="an original that is no duplicate itself"), transaction.atomic():
            model.objects.filter(pk=row.pk).update(duplicate_of=original, **as_duplicate)
    table = model._meta.db_table
    circle = f"UPDATE {table} SET status = 'duplicate', duplicate_of_id = %s - id WHERE id IN (%s, %s)"
    if model is Defect:
        circle = circle.replace("SET", "SET resolution = 'duplicate', closed_at = found_at,")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(circle, [second.pk + third.pk, second.pk, third.pk])
    new = model(team=team, reference="CROWD-NEW-1", title="x", duplicate_of=first, severity=first.severity, **as_duplicate)
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.bulk_create([new])
