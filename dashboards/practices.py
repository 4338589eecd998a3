"""Practices on a team's page: coverage per stage, and what is missing where most gets through."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F

from benchmarks.words import plural
from defects.models import Defect, DefectQuerySet
from pipeline.models import NOTHING, Adoption, Coverage, Practice, Stage
from qmportal.lib.days import Window


@dataclass(frozen=True, slots=True)
class Covered:
    """The practices of a team and its sub-teams. Without answers there are no stages."""

    stages: list[tuple[str, Coverage]]
    whole: Coverage
    advice: str


def covered(family: list[int], span: Window | None) -> Covered:
    answered = Adoption.objects.coverage(family)
    if not answered:
        return Covered([], NOTHING, "")
    stages = [
        (stage.name, total)
        for stage in Stage.objects.in_use()
        if (total := sum((each[stage.pk] for each in answered.values() if stage.pk in each), NOTHING)).practices
    ]
    advice = _advice(family, len(answered), span) if span else ""
    return Covered(stages, sum((total for _, total in stages), NOTHING), advice)


def _advice(family: list[int], teams: int, span: Window) -> str:
    """The missing practice of the stage that leaks most, with what other teams that have it caught there."""
    leaks = dict(
        _valid(span)
        .filter(team__in=family, stage_found__position__gt=F("stage_should_catch__position"))
        .values_list("stage_should_catch")
        .annotate(n=Count("pk"))
        .order_by()
    )
    in_place = Adoption.objects.filter(team__in=family, state=Adoption.State.IN_PLACE).values_list("practice")
    having = dict(in_place.annotate(n=Count("pk")).order_by())
    gaps = [
        practice
        for practice in Practice.objects.in_use()
        if leaks.get(practice.stage_id) and having.get(practice.pk, 0) < teams
    ]
    if not gaps:
        return ""
    worst = max(gaps, key=lambda practice: leaks[practice.stage_id]).stage_id
    stage = Stage.objects.get(pk=worst)
    elsewhere = _caught_elsewhere(stage, [each for each in gaps if each.stage_id == worst], family, span)
    practice = max(elsewhere, key=lambda each: elsewhere[each][1])
    others, caught = elsewhere[practice]
    said = f"{plural(leaks[worst], 'defects')} that {stage.name} should have caught got through. Missing: {practice.name}."
    if not others:
        return said
    have = "1 other team has it" if others == 1 else f"{others} other teams have it"
    return f"{said} {have} and caught {plural(caught, 'defects')} in {stage.name} in the same {span.days} days."


def _caught_elsewhere(
    stage: Stage, practices: list[Practice], family: list[int], span: Window
) -> dict[Practice, tuple[int, int]]:
    """For each practice: how many other teams have it in place, and the defects that they found at the stage.

    Leaves out members-only teams, whose numbers are not for everyone.
    """
    rows = Adoption.objects.filter(practice__in=practices, state=Adoption.State.IN_PLACE).exclude(team__in=family)
    teams: dict[int, set[int]] = {}
    for practice, team in rows.filter(team__archived_at=None, team__members_only=False).values_list("practice", "team"):
        teams.setdefault(practice, set()).add(team)
    everyone = set().union(*teams.values()) if teams else set()
    found = dict(
        _valid(span).filter(team__in=everyone, stage_found=stage).values_list("team").annotate(n=Count("pk")).order_by()
    )
    return {
        each: (len(theirs := teams.get(each.pk, set())), sum(found.get(team, 0) for team in theirs)) for each in practices
    }


def _valid(span: Window) -> DefectQuerySet:
    return Defect.objects.found_between(span.start, span.end).valid()
