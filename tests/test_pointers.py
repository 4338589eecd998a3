"""A row that somebody sees names nothing of a team that they don't see, whatever it points at.

The pointers are the foreign keys of all models, so a new one is asked about here without a line of its own.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Field, Model
from django.utils import timezone

from benchmarks.models import SnapshotRun, ThresholdSet
from incidents.models import ReviewTemplate
from integrations.models import ImportJob
from pipeline.models import Service
from records.models import SavedView
from teams.models import Role, Team
from testing.reports.report import Failure, Report
from tests.factories import (
    NOON,
    make_change,
    make_deployment,
    make_member,
    make_team,
)
from tests.test_access import World
from tests.test_leaks import CANARY, answer, doors, fill

pytestmark = pytest.mark.django_db

PORTAL = {"teams", "records", "pipeline", "testing", "defects", "incidents", "benchmarks", "integrations", "scenarios"}
PORTAL |= {"training", "library", "notifications"}
# Rows that everybody sees, or whoever made them, whatever their team is. All others are hidden with their team.
SEEN_ANYWAY = {Service, ThresholdSet, ReviewTemplate, SavedView, ImportJob}
# Within one team, made together and moved together; and the team above, whose plans and scenarios are for those below
# (tests/test_leaks.py says that its name and its numbers are not).
WITHIN = {
    "teams.Team.parent",
    "testing.Sighting.failure",
    "testing.Flake.run",
    "incidents.Cause.parent",
    "teams.AccountMail.invitation",
}
DUPLICATES = {"defects.Defect.duplicate_of", "incidents.Incident.duplicate_of"}
# What a row must be besides, so that the database takes the pointer.
BESIDES: dict[str, dict[str, Any]] = {
    "defects.Defect.duplicate_of": {"status": "duplicate", "resolution": "duplicate", "closed_at": NOON},
    "incidents.Incident.duplicate_of": {"status": "duplicate"},
}


def own(model: type[Model]) -> bool:
    return model._meta.app_label in PORTAL and not hasattr(model, "pgh_obj") and not model.__name__.endswith("Event")


def of_a_team() -> dict[type[Model], str]:
    """The field by which each model belongs to a team, directly or through another row."""
    found: dict[type[Model], str] = {Team: ""}
    while True:
        more = {}
        for model in filter(own, apps.get_models()):
            ways = [field.name for field in pointing(model) if field.related_model in found and not field.many_to_many]
            ways.sort(key=lambda name: (name != "team", model._meta.get_field(name).null))
            if ways and model not in found:
                more[model] = ways[0]
        if not more:
            return found
        found |= more


def pointing(model: type[Model]) -> list[Field[Any, Any]]:
    fields = [*model._meta.concrete_fields, *model._meta.local_many_to_many]
    return [field for field in fields if field.is_relation]


def pointers() -> dict[str, Field[Any, Any]]:
    """Every field that can point to something that another team hides."""
    home = of_a_team()
    return {
        f"{model._meta.label}.{field.name}": field
        for model, way in home.items()
        for field in pointing(model)
        if field.related_model in home.keys() - SEEN_ANYWAY and (field.name != way or model in SEEN_ANYWAY)
    }


def path_to_team(model: type[Model]) -> str:
    home = of_a_team()
    way = home[model]
    over = model._meta.get_field(way).related_model
    return way if over is Team else f"{way}__{path_to_team(over)}"  # type: ignore[arg-type]


def rows_of(model: Any, team: Team) -> Any:
    """The model's rows of a team, by primary key: what they point at may change meanwhile."""
    of_team = {"pk": team.pk} if model is Team else {path_to_team(model): team.pk}
    return model._base_manager.filter(pk__in=list(model._base_manager.filter(**of_team).values_list("pk", flat=True)))


@pytest.fixture
def world() -> World:
    """A team that everybody can see, with one record of each kind."""
    made = World()
    SnapshotRun.objects.update(state=SnapshotRun.State.DONE, finished_at=timezone.now())
    Team.objects.filter(pk=made.team.pk).update(members_only=False)
    failed = {"total": Failure("total", "Cart::total", "3 is not 4", tests=1, examples=["Cart::total"])}
    made.test_run.take(Report("tests", failed={"Cart::total"}, flaky={"Cart::tax"}, failures=failed))
    ReviewTemplate.objects.create(team=made.team)
    newest = ThresholdSet.objects.filter(metric="mttr").latest("pk")
    newest.pk, newest.team = None, made.team
    newest.save()
    made.stranger.assignments.update(team=made.team)
    return made


@pytest.fixture
def hidden(world) -> Team:
    """A members-only team. The canary is in its key, name, references and texts."""
    team = make_team(name=CANARY, slug=CANARY, key=CANARY.upper(), members_only=True)
    manager = make_member(team=team, role=Role.MANAGER, name=f"{CANARY} manager")
    fill(SimpleNamespace(team=team, people={"manager": manager}), "first")  # type: ignore[arg-type]
    make_deployment(team=team, release=CANARY, changes=[make_change(team=team, title=CANARY)])
    return team


@pytest.mark.parametrize("duplicates", [False, True], ids=["alive", "duplicates"])
def test_no_answer_names_what_a_visible_row_points_at(world, hidden, duplicates):
    asked = {name: field for name, field in pointers().items() if name not in WITHIN and (name in DUPLICATES) == duplicates}
    rows = {name: rows_of(field.model, world.team) for name, field in asked.items()}
    assert not [name for name, found in rows.items() if not found], "make such a row in the world"
    walk = doors(world, "manager")
    for name, field in asked.items():
        target = rows_of(field.related_model, hidden).first()
        assert target, f"make a {field.related_model} in the hidden team"
        if field.many_to_many:
            getattr(rows[name][0], field.name).add(target)
        else:
            rows[name].update(**{field.name: target}, **BESIDES.get(name, {}))
    leaks = [path for client, path in walk if CANARY in answer(client, path)[1].casefold()]
    assert not leaks
