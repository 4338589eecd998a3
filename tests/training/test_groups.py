"""Group sessions: join, vote, reveal together, follow the group's choice, and leave nothing about persons behind."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scenarios.models import Attempt
from tests.factories import make_member, make_team, make_user, publish_scenario
from tests.html import squeezed
from training.models import GroupMember, GroupSession
from training.models.groups import winners
from training.tasks import end_group_sessions

pytestmark = pytest.mark.django_db


def as_client(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def scenario():
    return publish_scenario()


@pytest.fixture
def facilitator():
    return as_client(make_member(team=make_team(), role="manager"))


@pytest.fixture
def session(scenario, facilitator):
    facilitator.post(f"/training/groups/start/{scenario.slug}/")
    return GroupSession.objects.get()


@pytest.fixture
def crowd(session):
    people = [as_client(make_user()) for _ in range(3)]
    for client in people:
        client.post(f"{session.get_absolute_url()}join/")
    return people


def lead(facilitator, session, do, **fields):
    session = GroupSession.objects.get(pk=session.pk)
    fields = {"do": do, "seq": session.play.seq} | fields
    return facilitator.post(f"{session.get_absolute_url()}lead/", fields, follow=True).text


def vote(client, session, choice, seq=1):
    return client.post(f"{session.get_absolute_url()}vote/", {"seq": seq, "choice": choice}, follow=True).text


def test_people_join_by_code_or_link_and_vote(session, facilitator):
    typed = f" {session.code[:3].lower()} {session.code[3:]}"
    client = as_client(make_user())
    page = client.post("/training/groups/", {"code": typed}, follow=True).text
    assert "Join to vote" in page
    client.post(f"{session.get_absolute_url()}join/")
    assert "Your vote is in" in vote(client, session, "bankrupt")
    vote(client, session, "smash")  # and change their mind
    assert session.tally() == {"smash": 1}
    page = squeezed(facilitator.get(session.get_absolute_url()).text)
    assert "1 of 1 voted" in page
    assert "Follow this" not in page


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("", "Enter the code"), ("ABC", "A code has 6"), ("AB1DEF", "A code has 6"), ("ZZZZZZ", "There is no session with")],
)
def test_a_wrong_code_is_told(code, sentence):
    answer = as_client(make_user()).post("/training/groups/", {"code": code})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_the_whole_way_with_majority_and_notes_leaves_no_grades_and_no_votes(session, facilitator, crowd):
    url = session.get_absolute_url()
    way = ["bankrupt", "scan", "fix_now", "pareto"]
    for seq, choice in enumerate(way, start=1):
        for client in crowd:
            vote(client, session, choice, seq)
        assert "Follow this" not in crowd[0].get(url).text
        page = lead(facilitator, session, "reveal")
        assert "3 votes" in page
        assert "3 votes" in crowd[0].get(url).text
        assert "btn small primary" in page  # the majority's
        assert "What happened" in lead(facilitator, session, "follow", choice=choice)
        assert not GroupMember.objects.exclude(vote="").exists()
        facilitator.post(f"{url}note/", {"seq": seq, "note": f"Why **{choice}**?"})
        assert f"Why <strong>{choice}</strong>?" in crowd[0].get(url).text
        lead(facilitator, session, "next")
    session.refresh_from_db()
    assert (session.stage, session.choices) == ("over", way)
    page = crowd[1].get(url).text
    assert "How it ended" in page
    assert "hx-get" not in page.partition('id="now"')[2].partition(">")[0]
    assert not GroupMember.objects.exists()
    assert not Attempt.objects.exists()
    assert [step.tally for step in session.steps.all()] == [{choice: 3} for choice in way]


def test_the_facilitator_may_follow_another_option_after_a_tie(session, facilitator, crowd):
    for client, choice in zip(crowd, ("bankrupt", "smash"), strict=False):
        vote(client, session, choice)
    assert "No option has most votes" in lead(facilitator, session, "reveal")
    lead(facilitator, session, "follow", choice="smash")
    session.refresh_from_db()
    assert session.choices == ["smash"]


@pytest.mark.parametrize(
    ("tally", "expected"),
    [({}, []), ({"a": 1}, ["a"]), ({"a": 2, "b": 1}, ["a"]), ({"a": 2, "b": 2, "c": 1}, ["a", "b"])],
)
def test_the_majority(tally, expected):
    assert winners(tally) == expected


def test_what_comes_too_late_changes_nothing(session, facilitator, crowd):
    lead(facilitator, session, "reveal")
    assert "The group has moved on" in vote(crowd[0], session, "bankrupt")
    assert session.tally() == {}
    lead(facilitator, session, "follow", choice="bankrupt")
    assert "The group has moved on" in lead(facilitator, session, "follow", choice="smash", seq=1)
    lead(facilitator, session, "next")
    assert "The group has moved on" in vote(crowd[0], session, "bankrupt", seq=1)
    assert "The group has moved on" in lead(facilitator, session, "reveal", seq=1)
    session.refresh_from_db()
    assert (session.choices, session.stage) == (["bankrupt"], "voting")


def test_only_those_who_joined_vote_and_only_the_facilitator_leads(session, facilitator, crowd):
    stranger = as_client(make_user())
    url = session.get_absolute_url()
    assert stranger.post(f"{url}vote/", {"seq": 1, "choice": "bankrupt"}).status_code == 403
    for path in ("lead/", "note/"):
        assert crowd[0].post(f"{url}{path}", {"do": "end", "seq": 1}).status_code == 403
    assert stranger.post(f"/training/groups/start/{session.version.scenario.slug}/").status_code == 403
    for choice in ("", "nothing"):
        assert crowd[0].post(f"{url}vote/", {"seq": 1, "choice": choice}).status_code == 422


def test_a_poll_is_one_cheap_query_and_204_until_something_changes(session, facilitator, crowd):
    url = session.get_absolute_url()

    def poll(client, seen):
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(f"{url}?seen={seen}", headers={"HX-Request": "true"})
        return answer.status_code, [each["sql"] for each in captured if "training_group" in each["sql"]]

    seen = crowd[0].get(url).context["seen"]
    status, queries = poll(crowd[0], seen)
    assert (status, len(queries)) == (204, 1)
    mine = facilitator.get(url).context["seen"]
    vote(crowd[1], session, "bankrupt")
    assert poll(crowd[0], seen)[0] == 204  # others' votes don't disturb who is choosing
    assert poll(facilitator, mine)[0] == 200
    lead(facilitator, session, "reveal")
    assert poll(crowd[0], seen)[0] == 200


def test_a_session_that_nobody_ended_ends_by_itself(session, crowd):
    GroupSession.objects.update(started_at=timezone.now() - timedelta(hours=13))
    end_group_sessions()
    end_group_sessions()
    session.refresh_from_db()
    assert session.stage == "over"
    assert not GroupMember.objects.exists()
    crowd[0].post(f"{session.get_absolute_url()}join/")
    assert not GroupMember.objects.exists()


def test_an_unknown_session_is_not_found():
    client = as_client(make_user())
    assert client.get("/training/groups/ZZZZZZ/").status_code == 404
    assert client.get("/training/groups/ZZZZZZ/?seen=1").status_code == 404
