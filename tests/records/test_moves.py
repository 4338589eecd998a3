"""The tables of moves, as plain data: each status can be reached, each rule about times fits the moves."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from defects.models import Defect
from incidents.models import Incident
from records.moves import ASKED, REASON, Life, Move

KINDS = pytest.mark.parametrize("model", [Defect, Incident])


@KINDS
def test_the_tables_name_statuses_and_columns_that_exist(model):
    columns = {field.name for field in model._meta.concrete_fields}
    for move in model.LIFE.moves:
        assert {*move.sources, move.to} <= set(model.Status)
        assert {*move.stamps, *move.clears, *move.sets, *move.needs, *filter(None, [move.claims, move.unless])} <= {
            *columns,
            REASON,
        }
        assert set(move.needs) <= set(ASKED)
        assert set(move.choices) <= set(move.needs)
    assert set(model.LIFE.columns()) <= columns


@KINDS
def test_a_name_and_a_status_identify_one_move(model):
    for status in model.Status:
        names = [move.name for move in model.LIFE.moves_from(status)]
        assert len(names) == len(set(names))


@KINDS
def test_every_status_leads_to_every_other(model):
    for start in model.Status:
        for end in model.Status:
            assert model.LIFE.path(start, end) is not None, (start, end)


@pytest.mark.parametrize(
    ("start", "end", "values", "names"),
    [
        ("new", "new", {}, []),
        ("new", "fixed", {}, ["fix"]),
        ("new", "verified", {}, ["fix", "verify"]),
        ("new", "closed", {"resolution": "wont_fix"}, ["close"]),
        ("new", "closed", {"resolution": "fixed"}, ["fix", "close"]),
        ("new", "rejected", {"resolution": "invalid"}, ["reject"]),
        ("new", "rejected", {"resolution": "fixed"}, None),
        ("closed", "in_progress", {}, ["reopen", "start"]),
        ("duplicate", "triaged", {}, ["reopen", "triage"]),
    ],
)
def test_the_shortest_path_of_a_defect(start, end, values, names):
    path = Defect.LIFE.path(start, end, **values)
    assert (path and [move.name for move in path]) == (names or path)
    assert (path is None) == (names is None)


def test_the_shortest_path_of_an_incident():
    assert [move.name for move in Incident.LIFE.path("triage", "closed")] == ["restore", "close"]
    assert [move.name for move in Incident.LIFE.path("closed", "cancelled")] == ["reopen", "cancel"]


def test_an_unreachable_status_has_no_path():
    life = Life("a", (Move("go", "Go", "gone", ("a",), "b"),), ())
    assert life.path("b", "a") is None


@pytest.mark.parametrize(
    ("model", "times", "status"),
    [
        (Incident, [], "triage"),
        (Incident, ["acknowledged_at"], "active"),
        (Incident, ["mitigated_at", "acknowledged_at"], "mitigated"),
        (Incident, ["mitigated_at", "restored_at"], "restored"),
        (Incident, ["restored_at", "closed_at"], "closed"),
        (Defect, [], "new"),
        (Defect, ["triaged_at"], "triaged"),
        (Defect, ["fixed_at"], "fixed"),
        (Defect, ["fixed_at", "verified_at"], "verified"),
        (Defect, ["closed_at"], "closed"),
    ],
)
def test_the_times_imply_a_status(model, times, status):
    assert model.LIFE.status_by(times.__contains__) == status


@given(walk=some.lists(some.integers(0, 20), max_size=12))
@KINDS
def test_no_sequence_of_moves_breaks_a_rule_about_times(model, walk):
    """Whatever moves are made one after the other, the times stay those that the status needs and allows."""
    row = model(title="x", severity_id=1, **{model.TIMES[1 if model is Incident else 0]: 0})
    rules = [rule for rule in model.RULES if rule.field in model.TIMES]
    for number, step in enumerate(walk, start=1):
        moves = row.possible_moves()
        if not moves:
            break
        move = moves[step % len(moves)]
        for column in move.clears:
            setattr(row, column, row._empty(column))
        for column, values in (move.choices | {name: (value,) for name, value in move.sets.items()}).items():
            setattr(row, column, values[step % len(values)])
        for column in move.stamps:
            setattr(row, column, number)
        row.status = move.to
        assert [rule.sentence for rule in rules if not rule.holds(row)] == []
