"""Changes and deployments of the demo's last half year."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

from demo.story import IncidentRow, Scene
from pipeline.models import Change, Deployment
from teams.models import ReferenceCounter

HISTORY = timedelta(days=182)
# An incident this soon after a deployment is often its fault.
BLAMED_FOR = timedelta(hours=60)
VERBS = ("Add", "Speed up", "Simplify", "Log", "Retry", "Split", "Cache", "Remove unused", "Validate", "Rename")
BATCH = 2_000


class Releases:
    """The production deployments of each team, by time."""

    def __init__(self) -> None:
        self._by_team: dict[int, list[tuple[datetime, int]]] = {}

    def add(self, deployments: Sequence[Deployment]) -> None:
        for each in sorted(deployments, key=lambda each: each.finished_at):
            if each.environment == Deployment.Environment.PRODUCTION:
                self._by_team.setdefault(each.team_id, []).append((each.finished_at, each.pk))

    def blamed(self, incident: IncidentRow) -> IncidentRow:
        """The incident with the deployment that caused it, if there was one shortly before and the numbers say so."""
        released = self._by_team.get(incident.team_id, [])
        place = bisect_left(released, (incident.started_at or incident.detected_at, 0))
        if not place or incident.id % 3 == 0:
            return incident
        at, pk = released[place - 1]
        soon = (incident.started_at or incident.detected_at) - at < BLAMED_FOR
        return incident._replace(caused_by_deployment_id=pk) if soon else incident


def make_delivery(cast: Sequence[Scene]) -> Releases:
    """Writes the changes and deployments of the teams."""
    changes: list[Change] = []
    deployments: list[Deployment] = []
    brought: list[tuple[Deployment, Change]] = []
    for scene in cast:
        _tell(scene, changes, deployments, brought)
    Change.objects.bulk_create(changes, batch_size=BATCH)
    Deployment.objects.bulk_create(deployments, batch_size=BATCH)
    through = Deployment.changes.through
    through.objects.bulk_create(
        (through(deployment_id=deployment.pk, change_id=change.pk) for deployment, change in brought), batch_size=BATCH
    )
    for kind, rows in (("CHG", changes), ("DEP", deployments)):
        last = {each.team_id: int(each.reference.rpartition("-")[2]) for each in rows}
        ReferenceCounter.objects.bulk_create(
            ReferenceCounter(team_id=team, kind=kind, last=number) for team, number in last.items()
        )
    releases = Releases()
    releases.add(deployments)
    return releases


def _tell(
    scene: Scene, changes: list[Change], deployments: list[Deployment], brought: list[tuple[Deployment, Change]]
) -> None:
    """One team: between one and five production deployments a week, most of them tried on staging first."""
    rng, at, first = scene.rng("delivery"), scene.end - HISTORY, len(changes)
    gap = timedelta(days=7) / rng.uniform(1, 5)
    mine = [scene.services[name] for name in scene.domain.services]
    while (at := at + gap * rng.uniform(0.3, 1.7)) < scene.end - timedelta(hours=2):
        service, rework = rng.choice(mine), rng.random() < 0.08
        merged = []
        for _ in range(1 if rework else rng.randint(1, 4)):
            merged.append(_change(scene, len(changes) - first + 1, at, service, rng))
            changes.append(merged[-1])
        for environment, earlier in (("staging", 2), ("production", 0)):
            if environment == "staging" and rework:
                continue
            deployment = Deployment(
                reference=f"{scene.plan.key}-DEP-{_number_of(scene, deployments)}",
                team_id=scene.team_id,
                service_id=service,
                environment=environment,
                release=f"{at:%Y.%m}.{len(changes) - first}",
                result="failed" if rng.random() < 0.03 else "succeeded",
                kind="rework" if rework else "planned",
                finished_at=at - timedelta(hours=earlier),
            )
            deployments.append(deployment)
            brought += [(deployment, change) for change in merged]


def _number_of(scene: Scene, deployments: Sequence[Deployment]) -> int:
    last = deployments[-1] if deployments else None
    return int(last.reference.rpartition("-")[2]) + 1 if last and last.team_id == scene.team_id else 1


def _change(scene: Scene, number: int, deployed_at: datetime, service: int, rng: random.Random) -> Change:
    merged_at = deployed_at - timedelta(hours=rng.uniform(2.5, 30))
    opened_at = merged_at - timedelta(hours=rng.lognormvariate(2, 1))
    lines = max(1, round(rng.lognormvariate(4.6, 1.2)))
    return Change(
        reference=f"{scene.plan.key}-CHG-{number}",
        team_id=scene.team_id,
        service_id=service,
        title=f"{rng.choice(VERBS)} {rng.choice(scene.domain.components).lower()}",
        lines=lines,
        reviewers=rng.choices((0, 1, 2), (1, 8, 3))[0],
        review_minutes=max(2, round(lines**0.5 * rng.uniform(1, 5))),
        ai_assisted=rng.choices((True, False, None), (4, 5, 2))[0],
        committed_at=opened_at - timedelta(hours=rng.lognormvariate(2, 1)),
        opened_at=opened_at,
        first_review_at=opened_at + (merged_at - opened_at) * rng.uniform(0.1, 0.9),
        merged_at=merged_at,
    )
