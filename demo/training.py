"""The demo's training: replays actions in order, with the functions that the pages use."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from demo import training_story as story
from demo.inbox import told_at
from demo.training_story import Assessment, Trainee, Way
from library import content
from library.checks import KnowledgeCheck
from library.measures import described, last_night
from library.models import CheckAnswer
from qmportal.lib.days import local_day, midnight
from scenarios import engine
from scenarios.models import Attempt, DecisionEvent, Scenario, ScenarioVersion
from teams.models import Membership, Role, Team, User
from teams.permissions import can_author
from training import completion
from training.diagnostic import diagnostic
from training.kinds import ItemKind
from training.models import AdviceRequest, Certificate, Diagnosis, Plan, PlanItem, Task
from training.reminders import remind

DOMAIN = "@demo.example"
WEEKS = 8
PUBLISHED_DAYS_AGO = 7 * WEEKS + 21

Action = Callable[[datetime], object]


@transaction.atomic
def seed(number: int, now: datetime) -> str:
    """Creates the training data in one transaction and returns a summary. Its mail is marked as sent."""
    demo = Demo(number, now)
    demo.prepare()
    demo.run()
    attempts = Attempt.objects.filter(user__in=demo.people)
    _fix_random_values(attempts, demo.rng)
    certificates = Certificate.objects.filter(user__in=demo.people).count()
    return f"{attempts.count()} attempts of {len(demo.people)} people at scenarios, {certificates} certificates"


def _fix_random_values(attempts: Collection[Attempt], rng: random.Random) -> None:
    """Replaces random values of attempts and certificates by ones that follow from the seed."""
    rows = sorted(attempts, key=lambda attempt: attempt.pk)
    for row in rows:
        row.seed = rng.randrange(2**31)
    Attempt.objects.bulk_update(rows, ["seed"])
    certificates = list(Certificate.objects.filter(attempt__in=rows).order_by("pk"))
    for certificate in certificates:
        certificate.uuid = uuid.UUID(int=rng.getrandbits(128), version=4)
    Certificate.objects.bulk_update(certificates, ["uuid"])


class Demo:
    """The timeline: plans all actions first, then runs them from oldest to newest."""

    def __init__(self, number: int, now: datetime) -> None:
        self.rng = random.Random(f"{number}:training")
        self.now, self.today = now, local_day(now)
        self.actions: list[tuple[datetime, Action, bool]] = []
        self.scenarios = {row.slug: row for row in Scenario.objects.published()}
        self.contents = {slug: row.current.content for slug, row in self.scenarios.items() if row.current}
        self.checks = {check.id: check for check in content.checks()}
        self.teams = {team.name: team for team in Team.objects.filter(archived_at=None)}
        self.manager = User.objects.filter(email=f"manager{DOMAIN}").first()
        self.lead = User.objects.filter(email=f"admin{DOMAIN}").first()

    # --- Time -----------------------------------------------------------------------------------------------------------

    def on(self, days_ago: int, hour: float = 9) -> datetime:
        """The time that many days ago, or on the Friday before if that was a weekend; never in the future."""
        day = self.today - timedelta(days=days_ago)
        day -= timedelta(days=max(0, day.weekday() - 4))
        return min(midnight(day) + timedelta(hours=hour), self.now)

    def any_hour(self) -> float:
        return self.rng.uniform(8.5, 16.5)

    def plan(self, at: datetime, action: Action, *, notifies: bool = False) -> None:
        """`notifies`: the action creates notifications."""
        self.actions.append((at, action, notifies))

    def run(self) -> None:
        for at, action, notifies in sorted(self.actions, key=lambda planned: planned[0]):
            with told_at(at, self.now) if notifies else nullcontext():
                action(at)

    # --- People ---------------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        self._backdate_publishing()
        joined = self._add_learners()
        self.people = list(User.objects.filter(email__endswith=DOMAIN, is_active=True).order_by("pk"))
        self._first_weeks(joined)
        self._first_attempts([user for user in self.people if not can_author(user)], joined)
        self._team_plan()
        self._organisation_plans()
        self._new_hire_checks()
        for assessment in story.ASSESSMENTS:
            self._assess(assessment)
        if self.manager:
            self._play(self.manager, story.ZERO_BUG, story.BEST, self.on(53, 8))
        for week in range(WEEKS - 1, -1, -1):
            self.plan(self.on(7 * week, 7), remind, notifies=True)

    def _backdate_publishing(self) -> None:
        """Backdates the shipped scenarios, so that they are older than the attempts."""
        day = self.on(PUBLISHED_DAYS_AGO, 10)
        shipped = ScenarioVersion.objects.filter(scenario__in=self.scenarios.values(), published_by=None)
        shipped.filter(published_at__gt=day).update(published_at=day)
        Scenario.objects.filter(pk__in=shipped.values("scenario"), created_at__gt=day).update(created_at=day)

    def _add_learners(self) -> dict[Trainee, User]:
        """Adds the trainees and the engineers, who cannot sign in."""
        names = [*(trainee.name for trainee in story.TRAINEES), *story.ENGINEERS]
        unusable = make_password(None)
        users = User.objects.bulk_create(
            User(email=f"{name.lower().replace(' ', '.')}{DOMAIN}", name=name, password=unusable) for name in names
        )
        trained = self._teams_named(story.TRAINED_TEAMS, len(story.TRAINEES))
        homes = trained + self._teams_named(story.OTHER_TEAMS, len(story.ENGINEERS))
        Membership.objects.bulk_create(
            Membership(user=user, team=home, role=Role.TRAINEE if place < len(story.TRAINEES) else Role.ENGINEER)
            for place, (user, home) in enumerate(zip(users, homes, strict=True))
        )
        for trainee, user in zip(story.TRAINEES, users, strict=False):
            user.date_joined = self.on(trainee.joined, 7)
        for user in users[len(story.TRAINEES) :]:
            user.date_joined = self.on(self.rng.randrange(90, 900), 7)
        User.objects.bulk_update(users, ["date_joined"])
        new_hire = User.objects.get(email=story.NEW_HIRE_EMAIL)
        return {**dict(zip(story.TRAINEES, users, strict=False)), story.NEW_HIRE: new_hire}

    def _teams_named(self, names: Sequence[str], number: int) -> list[Team]:
        """`number` teams: those of `names` that exist (or all teams), in turn."""
        found = [self.teams[name] for name in names if name in self.teams] or list(self.teams.values())
        return [found[place % len(found)] for place in range(number)]

    # --- Plans ----------------------------------------------------------------------------------------------------------

    def _first_weeks(self, joined: dict[Trainee, User]) -> None:
        """The portal's plan for trainees, and each trainee's progress in it."""
        plan = Plan.objects.in_use().filter(automatic=True, role=Role.TRAINEE, team=None).first()
        if plan is None:
            return
        parts = [item for item in plan.items.all() if item.kind != ItemKind.SCENARIO]
        for trainee, user in joined.items():
            self._assign(plan, [user], self.on(trainee.joined, 8))
            for place, item in enumerate(parts[: trainee.parts]):
                if item.ref not in trainee.skipped:
                    day = max(1, trainee.joined - 1 - place * 3 // 2)
                    self._learn(user, item, self.on(day, 10 + place / 2), slips=trainee.joined % 3 == 2)
            if trainee.first is not None:
                self._play(user, story.ZERO_BUG, trainee.first, self.on(trainee.joined - 11, self.any_hour()))
            if trainee.again is not None:
                self._play(user, story.ZERO_BUG, trainee.again, self.on(trainee.joined - 16, self.any_hour()))

    def _assign(self, plan: Plan, people: list[User], at: datetime, team: Team | None = None) -> None:
        by = self.manager if team else None
        self.plan(at, lambda now: plan.assign(people, now=now, by=by, team=team), notifies=True)

    def _learn(self, user: User, item: PlanItem, at: datetime, *, slips: bool) -> None:
        if item.kind == ItemKind.PAGE:
            self.plan(at, lambda now: completion.read(user, item.ref, now))
        elif item.ref in self.checks:
            check = self.checks[item.ref]
            if slips and check.id in story.SLIPS:
                self.plan(at - timedelta(days=1), lambda now: _answer(user, check, now, story.SLIPS[check.id]))
            self.plan(at, lambda now: _answer(user, check, now, {}))

    def _team_plan(self) -> None:
        """A plan that the demo's manager wrote for a team. The new hire has started it."""
        team = self.teams.get(story.TEAM_PLAN_FOR)
        if team is None or self.manager is None:
            return
        day = self.on(story.TEAM_PLAN_DAYS_AGO, 11)
        plan = Plan.objects.create(
            name=story.TEAM_PLAN, description=story.TEAM_PLAN_TEXT, team=team, author=self.manager, started_at=day
        )
        Plan.objects.filter(pk=plan.pk).update(created_at=day)
        PlanItem.objects.bulk_create(
            PlanItem(plan=plan, position=place, kind=kind, ref=ref, due_days=days)
            for place, (kind, ref, days) in enumerate(story.TEAM_PLAN_ITEMS, start=1)
        )
        for to_do in story.TEAM_PLAN_TASKS:
            _add_task(plan, to_do)
        late = [trainee.name for trainee in story.TRAINEES if trainee.joined <= story.TEAM_PLAN_DAYS_AGO]
        members = User.objects.filter(memberships__team=team, is_active=True).exclude(name__in=late).order_by("pk")
        learners = [user for user in members if not can_author(user)]
        self._assign(plan, learners, day, team)
        first = plan.items.get(position=1)
        self._learn_tasks(plan, learners)
        for place, user in enumerate(learners):
            if user.email == story.NEW_HIRE_EMAIL or place % 3 == 0:
                self._learn(user, first, self.on(story.TEAM_PLAN_DAYS_AGO - 2, 9 + place), slips=False)

    def _learn_tasks(self, plan: Plan, learners: list[User]) -> None:
        """The new hire and every second colleague have met the person who leads incidents."""
        task = plan.tasks.get(title=story.MEET_LEAD.title)
        met = [user for place, user in enumerate(learners) if place % 2 == 0 or user.email == story.NEW_HIRE_EMAIL]
        for place, user in enumerate(met):
            at = self.on(story.TEAM_PLAN_DAYS_AGO - 3, 13 + place / 4)
            self.plan(at, partial(completion.do_task, task, user))

    def _organisation_plans(self) -> None:
        day = self.on(story.TEAM_PLAN_DAYS_AGO + 14, 10)
        for each in story.ORGANISATION_PLANS:
            plan = Plan.objects.create(
                name=each.name, description=each.text, role=each.role, author=self.lead, started_at=day
            )
            Plan.objects.filter(pk=plan.pk).update(created_at=day)
            PlanItem.objects.bulk_create(
                PlanItem(plan=plan, position=place, kind=kind, ref=ref, due_days=days)
                for place, (kind, ref, days) in enumerate(each.items, start=1)
            )
            for to_do in each.tasks:
                _add_task(plan, to_do)

    # --- Scenarios ------------------------------------------------------------------------------------------------------

    def _first_attempts(self, learners: list[User], joined: dict[Trainee, User]) -> None:
        """First attempts of all learners, and some second attempts."""
        trainees = {user.pk: trainee for trainee, user in joined.items()}
        others = [user for user in learners if user.pk not in trainees]
        experienced = [user for user in learners if user.pk not in trainees or trainees[user.pk].again]
        for slug, ways in story.WAYS.items():
            pool = list(ways)
            if slug == story.ZERO_BUG:
                for trainee in joined:
                    if trainee.first in pool:
                        pool.remove(trainee.first)
            if slug == story.CORD:
                pool.remove(story.NEW_HIRE_CORD)
                self._play(joined[story.NEW_HIRE], slug, story.NEW_HIRE_CORD, self.on(6, 15))
            players = list(others if slug == story.ZERO_BUG else experienced)
            self.rng.shuffle(pool)
            self.rng.shuffle(players)
            idle: list[Way] = [()] * story.NOT_DECIDED.get(slug, 0)
            self._play_all(slug, list(zip(players, [*pool, *idle], strict=False)))

    def _play_all(self, slug: str, pairs: list[tuple[User, Way]]) -> None:
        better = list(story.BETTER.get(slug, ()))
        self.rng.shuffle(better)
        for user, way in pairs:
            days_ago = self.rng.randrange(2, 7 * WEEKS)
            self._play(user, slug, way, self.on(days_ago, self.any_hour()))
            if better and way and days_ago > 8 and not self._passes(slug, way):
                again = days_ago - self.rng.randrange(4, 7)
                self._play(user, slug, better.pop(), self.on(again, self.any_hour()))

    def _passes(self, slug: str, way: Way) -> bool:
        return engine.score(self.contents[slug], engine.replay(self.contents[slug], way)).passed

    def _play(self, user: User, slug: str, way: Way, at: datetime) -> None:
        scenario, rng = self.scenarios[slug], random.Random(self.rng.random())

        def action(now: datetime) -> None:
            attempt = scenario.begin(user, now)
            if not way:
                return
            run = engine.replay(self.contents[slug], way)
            events = [
                DecisionEvent.of(step, attempt=attempt, seq=seq, **_event_details(rng, step.node, step.choice))
                for seq, step in enumerate(run.steps, start=1)
            ]
            for event in events:
                now += timedelta(milliseconds=event.visible_ms or 0, seconds=rng.uniform(15, 60))
                event.at = min(now, self.now)
            # Only the last decision goes through `decide`, as on the page. Doing this for all would take twice as long.
            *earlier, last = events
            DecisionEvent.objects.bulk_create(earlier)
            told = {name: getattr(last, name) for name in ("confidence", "reason", "visible_ms")}
            completion.decide(attempt, seq=last.seq, choice=last.choice, now=last.at, **told)

        self.plan(at, action)

    # --- Checks and advice ----------------------------------------------------------------------------------------------

    def _new_hire_checks(self) -> None:
        user = User.objects.get(email=story.NEW_HIRE_EMAIL)
        for answers in story.NEW_HIRE_ANSWERS:
            check = self.checks[answers.check]
            for days_ago, right in answers.given:
                self._answer_on(user, check, days_ago, {} if right else answers.slip)

    def _answer_on(self, user: User, check: KnowledgeCheck, days_ago: int, slip: dict[str, str]) -> None:
        at = min(midnight(self.today - timedelta(days=days_ago)) + timedelta(hours=self.any_hour()), self.now)
        self.plan(at, lambda now: _answer(user, check, now, slip))

    def _assess(self, assessment: Assessment) -> None:
        team, manager = self.teams.get(assessment.team), self.manager
        if team is None or manager is None:
            return
        statements = diagnostic().statements
        digits = assessment.answers.replace(" ", "")
        answers = {one.id: int(digit) for one, digit in zip(statements, digits, strict=True)}
        measures = described(last_night(team.pk))
        lead = self.lead

        def action(now: datetime) -> None:
            found = Diagnosis.objects.make(manager, team, answers, measures, now)
            if assessment.question:
                found.ask(manager, assessment.question, now)

        at = self.on(assessment.days_ago, 14) if assessment.days_ago else self.now - timedelta(hours=5)
        self.plan(at, action, notifies=True)
        if assessment.answer and lead:
            waiting = AdviceRequest.objects.filter(diagnosis__team=team).waiting()
            self.plan(at + timedelta(hours=21), lambda now: waiting.get().give(assessment.answer, lead, now), notifies=True)


def _add_task(plan: Plan, to_do: story.ToDo) -> None:
    words = {name: getattr(to_do, name) for name in ("title", "text", "link", "meet", "is_checked")}
    task = Task.objects.create(plan=plan, **words)
    plan.add_item(task.kind, str(task.pk), due_days=to_do.due_days, opens_after=to_do.opens_after, in_order=to_do.in_order)


def _event_details(rng: random.Random, node: str, choice: str) -> dict[str, Any]:
    """What a decision stores besides the choice: time, confidence, reason."""
    words = story.REASONS.get((node, choice), "")
    return {
        "visible_ms": int(1000 * rng.lognormvariate(3.6, 0.6)),  # the median is 37 seconds
        "confidence": rng.choice((None, 2, 3, 3, 4)),
        "reason": words if rng.random() < 0.3 else "",
    }


def _answer(user: User, check: KnowledgeCheck, now: datetime, slip: dict[str, str]) -> None:
    """Answers a check correctly, except for the fields in `slip`."""
    latest = CheckAnswer.objects.filter(user=user, check_id=check.id).first()
    right = check.drawn(user.pk, latest.number + 1 if latest else 1).solution
    completion.answer(user, check, right | slip, after=latest.pk if latest else None, now=now)
