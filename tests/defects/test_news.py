"""Who is told of a defect: reported, reopened, assigned; once each, and not of what they did themselves."""

import pytest
from django.utils import timezone

from defects.models.news import tell_news
from notifications.models import Notification
from qmportal.lib.acting import acting
from tests.factories import make_defect, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


@pytest.fixture
def member(team):
    return make_member(team=team)


def told(person):
    for _ in range(2):  # telling twice changes nothing
        tell_news(timezone.now())
    return [note.subject.partition(":")[0] for note in Notification.objects.filter(user=person).order_by("id")]


def test_the_team_is_told_of_a_new_defect_and_the_reporter_is_not(team, member):
    reporter = make_member(team=team)
    with acting("page", person=reporter.pk):
        make_defect(team=team, found_at=timezone.now(), reporter=reporter)
    assert told(member) == ["PAY-DEF-1 was reported"]
    assert told(reporter) == []


def test_nobody_is_told_of_imports(team, member):
    with acting("import"):
        make_defect(team=team)
    assert told(member) == []


def test_a_reopened_defect_is_news_each_time(team, member):
    defect = make_defect(team=team, status="fixed")
    for _ in range(2):
        with acting("page"):
            defect.make("reopen", by=None, at=timezone.now(), note="Still wrong")
            defect.make("fix", by=None, at=timezone.now())
        tell_news(timezone.now())
    assert told(member) == ["PAY-DEF-1 is open again"] * 2


def test_the_assignee_is_told_once_for_each_time(team, member):
    other, defect = make_member(team=team), make_defect(team=team)
    for person in (member, other, member):
        with acting("page"):
            defect.assignee = person
            defect.save()
            defect.priority = "high" if defect.priority != "high" else "low"
            defect.save()
        tell_news(timezone.now())
    assert told(member) == ["PAY-DEF-1 is assigned to you"] * 2
    assert told(other) == ["PAY-DEF-1 is assigned to you"]


def test_who_takes_it_or_has_switched_it_off_is_not_told(team, member):
    defect = make_defect(team=team)
    with acting("page", person=member.pk):
        defect.make("start", by=member, at=timezone.now())
    assert defect.assignee == member
    assert told(member) == []
    member.silenced.create(kind="assigned")
    with acting("page"):
        make_defect(team=team, found_at=timezone.now(), assignee=member)
    assert told(member) == []
