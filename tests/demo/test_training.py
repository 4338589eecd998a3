"""What the people of the demo have learnt: enough for every page of training to look alive, on any day."""

from collections import Counter
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db import transaction

from demo import load as organisation
from demo import training
from demo import training_story as story
from library.checks import grade
from library.content import checks
from library.models import CheckAnswer
from library.spacing import read_queue
from notifications.models import Mail, Notification
from qmportal.lib.days import local_day
from scenarios import engine
from scenarios.analytics import FEWEST, analyse
from scenarios.models import Attempt, DecisionEvent, Scenario
from teams.models import User
from training import progress
from training.models import AdviceRequest, Assignment, Certificate, Diagnosis, Plan

DAYS = ["2026-11-24T10:00Z", "2026-11-22T00:20Z", "2028-02-28T00:20Z"]  # a Tuesday, a Sunday, a Monday


pytestmark = pytest.mark.django_db


def learn(day: str = DAYS[0], *, seed: int = 1, teams: int = 14) -> datetime:
    """A demo without records in which people have learnt until this moment."""
    now = datetime.fromisoformat(day)
    call_command("load_library", verbosity=0)
    organisation.seed(organisation.Options(teams, 0, 0, seed, "correct horse battery", snapshots=False), now, str)
    training.seed(seed, now)
    return now


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@demo.example")


@pytest.mark.parametrize("day", DAYS)
def test_on_any_day_the_new_hire_is_in_the_middle_and_some_people_are_behind(day):
    now = learn(day)
    check_new_hire(now)
    check_board(now)


def check_new_hire(now):
    new_hire = person("newhire")
    found = progress.mine(new_hire, now)
    tasks = {row.title: row.words for row in found if row.kind in ("task", "meet")}
    assert tasks == {story.MEET_LEAD.title: "Met", story.SHADOW.title: "Not open yet"}
    rows = {(row.kind, row.ref): row.words for row in found if row.title not in tasks}
    assert {ref: words for (_, ref), words in rows.items() if words not in ("Passed", "Read")} == {
        "mean_or_median": "Overdue",
        story.ZERO_BUG: "Started",
        "canary": "Not started",
        story.CANARY: "Not started",
    }
    assert rows["scenario", story.CORD] == "Passed"
    running = Attempt.objects.running().get(user=new_hire)
    assert running.play.node.id == "close_how"
    queue = read_queue(new_hire, local_day(now), {})
    assert sum(line.is_due for line in queue.waiting) >= 2
    assert queue.resting
    assert queue.new
    assert Certificate.objects.filter(user=new_hire).count() == 1


def check_board(now):
    rows, members = progress.board(progress.managed_teams(person("manager")), person("manager"), now)
    states = Counter(row.state for row in rows)
    assert all(states[state] for state in progress.STATES)
    behind = [each for each in progress.by_person(rows) if each.counts["overdue"]]
    assert 4 <= len(behind) <= 6
    assert any(each.percent == 100 and each.total > 7 for each in progress.by_person(rows))
    assert len(progress.by_team(rows, members)) == 4
    tries = [row.tries for row in rows if row.tries.first is not None]
    assert any(each.best > each.first for each in tries)


def test_enough_colleagues_decided_for_figures_of_every_choice():
    learn(seed=2)
    for slug in (story.ZERO_BUG, story.CORD):
        version = Scenario.objects.get(slug=slug).current
        found = analyse(version.content, [version])
        assert not any(choice.share.hidden for node in found.nodes for choice in node.choices)
        right = [choice.share.percent for node in found.nodes for choice in node.choices if choice.is_best]
        assert all(30 <= share <= 60 for share in right)
        assert 20 <= found.passed.percent <= 50
        assert found.started > found.finished
    assert Attempt.objects.counted_by_authors().filter(version__scenario__slug=story.UNITS).count() < FEWEST


def test_everything_happened_in_order_and_nothing_in_the_future():
    now = learn(DAYS[1])
    assert Attempt.objects.filter(started_at__gte=now).count() == 0
    assert Attempt.objects.filter(finished_at__gt=now).count() == 0
    for attempt in Attempt.objects.prefetch_related("events").select_related("version"):
        moments = [attempt.started_at, *(event.at for event in attempt.events.all())]
        assert moments == sorted(moments)
        assert attempt.version.published_at < attempt.started_at
        assert engine.replay(attempt.version.content, [event.choice for event in attempt.events.all()]) == attempt.play.run
    moments = {
        DecisionEvent: "at",
        CheckAnswer: "at",
        Diagnosis: "at",
        Assignment: "assigned_at",
        Notification: "created_at",
    }
    for model, moment in moments.items():
        assert not model.objects.filter(**{f"{moment}__gt": now}).exists()
    assert not Assignment.objects.filter(done_at__lt=datetime.fromisoformat("2026-09-01T00:00Z")).exists()
    by_id = {check.id: check for check in checks()}
    for answer in CheckAnswer.objects.all():
        asked = by_id[answer.check_id].drawn(answer.user_id, answer.number)
        assert grade(asked, answer.given).right == answer.right


def test_inboxes_have_something_new_no_mail_leaves_and_one_request_waits(django_capture_on_commit_callbacks, mailoutbox):
    with django_capture_on_commit_callbacks(execute=True):
        now = learn()
    assert set(Mail.objects.values_list("state", flat=True)) == {"done"}
    assert not mailoutbox
    for name in ("newhire", "manager", "admin"):
        inbox = Notification.objects.filter(user=person(name))
        assert 1 <= inbox.unread().count() < inbox.count() <= 12
    assert Plan.objects.assign_automatic(now) == 0
    waiting, answered = AdviceRequest.objects.order_by("answered_at").reverse()
    assert (waiting.diagnosis.team.name, waiting.is_overdue(now)) == ("Payments", False)
    assert (answered.diagnosis.team.name, answered.was_late) == ("Checkout", False)
    assert answered.answered_by == person("admin")


def told() -> list:
    """Who did what and when, without the ids that a database gives."""
    return [
        *Attempt.objects.order_by("started_at", "user__email").values_list("user__email", "seed", "started_at", "score"),
        *DecisionEvent.objects.order_by("at", "attempt__user__email").values_list("choice", "at", "visible_ms", "reason"),
        *Certificate.objects.order_by("uuid").values_list("uuid", "score"),
        *Assignment.objects.order_by("user__email", "plan__name", "position").values_list(
            "user__email", "kind", "position", "due_on", "done_at"
        ),
    ]


def test_the_same_seed_and_day_tell_the_same_story():
    stories = []
    for _ in range(2):
        with transaction.atomic():
            learn()
            stories.append(told())
            transaction.set_rollback(True)
    assert stories[0] == stories[1]


def test_a_small_demo():
    learn(teams=3)
    assert Attempt.objects.count() > 60
