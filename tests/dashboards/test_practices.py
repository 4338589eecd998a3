"""Practices on a team's page: coverage, and the missing practice of the stage that leaks most."""

from datetime import timedelta

import pytest
from django.utils import timezone

from benchmarks.snapshots import take_snapshots
from qmportal.lib.days import local_day
from tests.factories import adopt, make_defect, make_member, make_practice, make_team, stage

pytestmark = pytest.mark.django_db


def text_of(client, team) -> str:
    take_snapshots(local_day(timezone.now()))
    client.force_login(make_member(team=team))
    return " ".join(client.get(team.get_absolute_url()).content.decode().split())


def leak(team, should: str, found: str, number: int) -> None:
    at = timezone.now() - timedelta(days=3)
    for _ in range(number):
        make_defect(team=team, stage_found=found, stage_should_catch=stage(should), found_at=at)


def test_the_advice_names_the_gap_where_most_gets_through(client):
    team, other, hidden = make_team(), make_team(), make_team(members_only=True)
    review, smoke = make_practice(stage_slug="code-review", name="Peer review"), make_practice(stage_slug="pre-deploy")
    flags = make_practice(stage_slug="production")
    leak(team, "code-review", "ci", 3)
    leak(team, "pre-deploy", "production", 2)
    for practice in (smoke, flags):
        adopt(team, practice)
    adopt(team, review, "partly")
    for each in (other, hidden):
        adopt(each, review)
        leak(each, "code-review", "code-review", 4)
    page = text_of(client, team)
    assert "3 defects that Code review should have caught got through. Missing: Peer review." in page
    assert "1 other team has it and caught 4 defects in Code review in the same 90 days." in page
    assert "0 of 1" in page


def test_what_is_in_place_is_not_advised(client):
    team, review = make_team(), make_practice(stage_slug="code-review")
    adopt(team, review)
    leak(team, "code-review", "production", 3)
    page = text_of(client, team)
    assert "Missing:" not in page
    assert "1 of 1" in page


def test_a_team_that_never_answered_is_asked(client):
    make_practice()
    assert "Nobody has answered yet which practices are in place." in text_of(client, make_team())
