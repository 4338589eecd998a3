"""Figures for authors: what is counted, what is hidden, and that hidden figures cannot be worked out."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios import engine
from scenarios.analytics import FEWEST, analyse, hidden_cells, stops_behind
from scenarios.attempts import colleagues
from scenarios.models import Attempt, Scenario
from scenarios.publishing import TEMPLATE
from teams.models import Role
from tests.factories import NOON, make_member, make_team, make_user
from training.completion import decide

TEXT = TEMPLATE.replace("id: my_scenario", "id: tiny").replace("quality: 0.6", "quality: 0.4")


# ---- Hiding ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ((5, 9, 20), ()),
        ((3, 9, 20), (3, 9)),
        ((3, 4, 20), (3, 4)),
        ((1, 1, 20), (1, 1, 20)),
        ((0, 9, 20), ()),
        ((0, 3, 20), (3, 20)),
        ((0, 0, 20), ()),
    ],
)
def test_small_cells_take_the_next_smallest_with_them(counts, hidden):
    cells = {f"{place}": count for place, count in enumerate(counts)} | {"all": sum(counts)}
    found = hidden_cells(cells, [list(cells)])
    assert sorted(cells[key] for key in found) == sorted(hidden)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6))
@settings(deadline=None)
def test_a_shown_total_never_gives_a_hidden_part_away(counts):
    cells = dict(enumerate(counts))
    hidden = hidden_cells(cells, [list(cells)])
    assert all(cells[key] >= FEWEST or not cells[key] for key in cells.keys() - hidden)
    concealed = [cells[key] for key in hidden]
    everybody = [key for key in cells if cells[key]]
    assert not concealed or hidden == set(everybody) or (len(concealed) > 1 and sum(concealed) >= FEWEST)


def test_a_sum_in_another_group_gives_nothing_away():
    cells = {"a": 3, "b": 9, "c": 20, "after b": 9}
    hidden = hidden_cells(cells, [["a", "b", "c"], ["b", "after b"]])
    assert hidden == {"a", "b", "after b"}


# ---- Counting ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def scenario(db) -> Scenario:
    scenario = Scenario.objects.create(slug="tiny", draft_yaml=TEXT)
    scenario.publish(engine.validate(TEXT)[0], now=NOON)
    return scenario


def play(scenario: Scenario, times: int, *choices: str, seconds: int = 10, **fields: object) -> None:
    """So many learners who take these choices, and stop after them."""
    team = make_team()
    for _ in range(times):
        attempt = scenario.begin(make_member(team=team, role=Role.TRAINEE), NOON)
        Attempt.objects.filter(pk=attempt.pk).update(**fields)
        for seq, choice in enumerate(choices, start=1):
            decide(Attempt.objects.get(pk=attempt.pk), seq=seq, choice=choice, now=NOON, visible_ms=seconds * 1000)


def figures(scenario: Scenario):
    version = scenario.current
    return analyse(version.content, [version])


def shares(node) -> dict[str, int | None]:
    return {choice.id: choice.share.n for choice in node.choices}


def test_nothing_is_shown_below_five(scenario):
    play(scenario, 4, "wait", "own")
    assert figures(scenario).started is None
    play(scenario, 1, "wait", "own")
    assert figures(scenario).started == 5


def test_figures_change_for_five_people_at_once(scenario):
    """Two looks around one attempt never differ by that attempt: not by its choices, nor by where it stands."""

    def take(minute: int, *choices: str) -> None:
        person = make_member(team=team, role=Role.TRAINEE)
        attempt = scenario.begin(person, NOON + timedelta(minutes=minute))
        for seq, choice in enumerate(choices, start=1):
            decide(attempt, seq=seq, choice=choice, now=NOON + timedelta(minutes=minute, seconds=seq))

    team = make_team()
    for minute in range(5):
        take(minute, "wait", "own")
    before = figures(scenario)
    assert (before.started, before.as_of) == (5, NOON + timedelta(minutes=4, seconds=2))
    for minute in range(5, 9):
        take(minute, "ship", "rerun")
        take(minute, "ship")
        assert figures(scenario) == before
    ninth = Attempt.objects.filter(finished_at__isnull=False).latest("pk")
    assert {node: shares.total() for node, shares in colleagues(ninth).items()} == {"friday": 5, "monday": 5}
    take(9, "ship", "rerun")
    after = figures(scenario)
    assert (after.started, after.finished) == (14, 10)
    assert shares(after.nodes[1]) == {"rerun": 5, "own": 5, "wait": 0}


def test_the_figures_of_a_scenario(scenario):
    play(scenario, 12, "wait", "own")
    play(scenario, 6, "ship", "rerun", seconds=30)
    play(scenario, 5, "ship", "own")
    play(scenario, 7, "wait")
    play(scenario, 5)
    found = figures(scenario)
    assert (found.started, found.finished, found.passed.n) == (35, 23, 17)
    assert found.passed.percent == pytest.approx(73.9, abs=0.05)
    assert (found.passed.low, found.passed.high) == (pytest.approx(53.5, abs=0.05), pytest.approx(87.5, abs=0.05))
    friday, monday = found.nodes
    assert (friday.decided, friday.stopped.n, monday.decided, monday.stopped.n) == (30, 5, 23, 7)
    assert shares(friday) == {"wait": 19, "ship": 11}
    assert shares(monday) == {"rerun": 6, "own": 17, "wait": 0}
    assert [choice.is_best for choice in friday.choices] == [True, False]
    assert monday.trap.n == 6
    assert found.trap.n == 11 + 6  # both ship (0.4) and rerun (0.3) are under a half
    assert (monday.median, monday.p90) == (10, 30)
    assert {ending: share.n for ending, _, share in found.endings} == {"good": 17, "bad": 6}
    assert sum(n for _, n in found.scores) == 23
    assert (found.paths[0].choices, found.paths[0].n) == (("wait", "own"), 12)
    assert found.rare_paths == 0


def test_the_correlation_with_the_score(scenario):
    play(scenario, 6, "wait", "own")
    play(scenario, 6, "ship", "rerun")
    friday = figures(scenario).nodes[0]
    assert {choice.id: round(choice.correlation, 6) for choice in friday.choices} == {"wait": 1, "ship": -1}


def test_a_small_choice_is_hidden_wherever_it_could_be_worked_out(scenario):
    play(scenario, 20, "wait", "own")
    play(scenario, 3, "ship", "own")
    found = figures(scenario)
    assert shares(found.nodes[0]) == {"wait": None, "ship": None}
    assert found.nodes[0].trap.n is None
    assert all(path.n != 20 for path in found.paths)


def test_only_first_graded_attempts_of_learners_count(scenario):
    play(scenario, 5, "wait", "own")
    play(scenario, 9, "ship", "rerun", staff=True)
    play(scenario, 9, "ship", "rerun", first=False)
    play(scenario, 9, "ship", "rerun", mode=Attempt.Mode.EXPLORE)
    assert figures(scenario).started == 5


def test_the_queries_do_not_grow_with_the_attempts(scenario, django_assert_num_queries):
    play(scenario, 6, "wait", "own")
    version = scenario.current
    with django_assert_num_queries(7):
        analyse(version.content, [version])
    play(scenario, 6, "ship", "own")
    play(scenario, 6, "ship")
    with django_assert_num_queries(7):
        analyse(version.content, [version])


# ---- The page ------------------------------------------------------------------------------------------------------------


def test_the_page_and_its_csv(client, scenario):
    play(scenario, 12, "wait", "own")
    play(scenario, 6, "ship", "rerun")
    client.force_login(make_user(admin=True))
    address = reverse("scenarios:analytics", args=["tiny"])
    page = client.get(address).text
    assert "Passed at the first attempt" in page
    assert "66.7%" in page

    def lines(**wanted) -> list[list[str]]:
        text = client.get(address, {"format": "csv", **wanted}).content.decode("utf-8-sig")
        return list(csv.reader(text.splitlines()))

    choices = lines()
    assert ",".join(choices[0]) == "node,choice,label,quality,attempts,of,share,low,high,correlation,hidden"
    assert choices[1][:7] == ["friday", "wait", "Hold the release and find the cause", "1", "12", "18", "66.7"]
    assert lines(table="paths")[1] == ["wait > own", "good", "85.6", "yes", "12"]


def test_versions_that_play_the_same_are_counted_together(client, scenario):
    play(scenario, 5, "wait", "own")
    reworded = TEXT.replace("1.0.0", "1.0.1").replace("A calm weekend.", "A quiet weekend.")
    scenario.publish(engine.validate(reworded)[0], now=NOON)
    play(scenario, 5, "wait", "own")
    rewired = TEXT.replace("1.0.0", "1.1.0").replace("{trust: 10, delay: 14}", "{trust: 12, delay: 14}")
    scenario.publish(engine.validate(rewired)[0], now=NOON)
    play(scenario, 6, "wait", "own")
    client.force_login(make_user(admin=True))
    address = reverse("scenarios:analytics", args=["tiny"])
    assert client.get(address).context["figures"].started == 6
    assert client.get(address, {"version": "1"}).context["figures"].started == 10


def test_learners_do_not_see_analytics(client, scenario):
    client.force_login(make_member(team=make_team(), role=Role.ENGINEER))
    assert client.get(reverse("scenarios:analytics", args=["tiny"])).status_code == 403


def test_places_behind_gates_are_found_once_each():
    """Sixty gates in a row, each with two ways to the next: 2**60 ways from the first to the last."""
    gates = "".join(
        f"  g{n}: {{kind: gate, rules: [{{when: [{{metric: trust, op: ge, value: {n}}}], to: a{n}}}], else: b{n}}}\n"
        + "".join(f"  {side}{n}: {{kind: info, prompt: On., to: {f'g{n + 1}' if n < 59 else 'split'}}}\n" for side in "ab")
        for n in range(60)
    )
    content, _ = engine.validate(TEMPLATE.replace("  split:\n", f"{gates}  split:\n"))
    assert content
    assert stops_behind(content, "g0") == {"good", "bad"}
