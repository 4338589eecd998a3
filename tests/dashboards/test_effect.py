"""Whether actions worked: recurrences before and after, as the page of an action and of its team say it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from benchmarks.statistics import rate_ratio_interval
from dashboards.effect import Effect, effect_of, effect_of_all
from incidents.models import Action
from incidents.models.action import is_same_problem
from tests.factories import NOON, make_action, make_defect, make_incident, make_member, make_service, make_team, stage

DAY = timedelta(days=1)
counts = some.integers(0, 400)


@given(counts, counts, some.integers(1, 365), some.integers(1, 365))
def test_the_interval_agrees_with_scipy(c1, c2, t1, t2):
    low, high = rate_ratio_interval(c1, t1, c2, t2)
    if c1 + c2 == 0:
        assert (low, high) == (0, None)
        return
    share = stats.binomtest(c2, c1 + c2).proportion_ci(0.95, method="exact")
    assert low == pytest.approx(share.low / (1 - share.low) * t1 / t2, rel=1e-7)
    if c1:
        assert high == pytest.approx(share.high / (1 - share.high) * t1 / t2, rel=1e-7)
    else:
        assert high is None


def test_known_answers():
    clear, unclear = Effect(12, 90 * DAY, 2, 90 * DAY), Effect(3, 90 * DAY, 1, 30 * DAY)
    assert Effect(12, 90 * DAY, 4, 90 * DAY).p == pytest.approx(0.0384, abs=5e-5)
    assert clear.sentences == [
        "12 in 90 days before, 2 in 90 days since.",
        "17% of the rate before; 95% interval 2% to 75%.",
        "Rarer than before, and hardly by chance (p = 0.006).",
    ]
    assert unclear.verdict.startswith("Too few to tell from chance")
    assert Effect(1, 90 * DAY, 1, 41 * DAY).ratio == "220% of the rate before; 95% interval 3% to more than 1,000%"
    assert Effect(0, 90 * DAY, 0, 90 * DAY).sentences == [
        "0 in 90 days before, 0 in 90 days since.",
        "Too few to tell from chance (p = 1.00).",
    ]


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.mark.django_db
def test_the_rates_count_the_same_problem_on_both_sides(team):
    cards, other, defect = make_service("Cards").pk, make_service("Other").pk, make_defect(team=team)
    first = make_incident(team=team, services=[cards], should_have_caught=stage("ci"), other_services="Lift, door")

    def incident(days, **fields):
        return make_incident(team=team, detected_at=NOON + days * DAY, restored_at=NOON + days * DAY, **fields)

    same = [
        *(incident(days, services=[cards, other]) for days in (-20, -1, 25, 70)),
        incident(-30, other_services=" Door "),
        incident(40, services=[cards], should_have_caught=stage("ci")),
    ]
    different = [
        incident(5, services=[other]),
        incident(-5, services=[cards], should_have_caught=stage("coding")),
        incident(6, caused_by_defect=defect),
        incident(7, other_services=""),
    ]
    for each in (*same, *different):
        assert is_same_problem(first, each) == (each in same)
    incident(8, services=[cards], kind="exercise")
    incident(-95, services=[cards])
    make_incident(team=make_team(), services=[cards], detected_at=NOON + 9 * DAY)
    action = make_action(team=team, incident=first, closed_at=NOON + 10 * DAY)
    found = effect_of(action, NOON + 60 * DAY)
    assert (found.before, found.after) == (4, 2)  # with the incident itself
    assert (found.before_time, found.after_time) == (90 * DAY, 50 * DAY)
    assert effect_of(action, NOON + 10 * DAY) is None
    assert effect_of(make_action(team=team, closed_at=NOON), NOON + 60 * DAY) is None
    assert effect_of(make_action(team=team, incident=first), NOON + 60 * DAY) is None


@pytest.mark.django_db
def test_an_action_that_failed_counts_from_when_it_was_first_done(team):
    service = make_service("Cards").pk
    first = make_incident(team=team, services=[service])
    action = make_action(team=team, incident=first)
    action.make("finish", by=None, at=NOON + DAY)
    before = action.state()
    make_incident(team=team, services=[service], detected_at=NOON + 9 * DAY)
    action.check_effect(NOON + 40 * DAY)
    assert (action.status, action.tried_at) == ("open", NOON + DAY)
    assert effect_of(action, NOON + 41 * DAY).after == 1
    action.make("finish", by=None, at=NOON + 50 * DAY)
    assert effect_of(action, NOON + 51 * DAY).after_time == 50 * DAY
    pooled = effect_of_all([team.pk], NOON + 60 * DAY)
    assert (pooled.actions, pooled.before, pooled.after) == (1, 1, 1)
    assert effect_of_all([team.pk], NOON + 20 * DAY) is None
    assert before["status"] == "done"


@pytest.mark.django_db
def test_undoing_done_forgets_that_it_was_tried(team):
    action = make_action(team=team, incident=make_incident(team=team))
    before = action.state()
    action.make("finish", by=None, at=NOON + DAY)
    action.undo_move(before, action.version, by=None, at=NOON + DAY)
    assert Action.objects.get().tried_at is None


@pytest.mark.django_db
def test_the_page_of_an_action_says_it(client, team):
    client.force_login(make_member(team=team))
    action = make_action(team=team, incident=make_incident(team=team), closed_at=NOON + DAY)
    page = client.get(action.get_absolute_url()).text
    assert "Did it work?" in page
    assert "1 in 90 days before, 0 in 90 days since." in page
    assert "Too few to tell from chance" in page
