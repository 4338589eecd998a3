"""Training: scenarios with immutable versions, attempts as append-only events, checks, plans, certificates.

The texts live in `scenarios/library/`; the arithmetic in `scenarios.engine` and `scenarios.checks`. Here is what
happened: who decided what, who was asked to learn what by when, and what was earned.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils.functional import cached_property

from notifications.models import Notification
from qmportal.lib.days import local_day
from scenarios import engine
from scenarios.checks import KnowledgeCheck, grade, next_due
from teams.models import Membership, Role, Team, User
from teams.permissions import can_advise, can_author

if TYPE_CHECKING:
    from teams.permissions import AnyUser

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class NotOffered(Exception):
    """The scenario cannot be started: it is not published."""


class TooSoon(Exception):
    """The scenario may be taken again, but not before `at`."""

    def __init__(self, at: datetime):
        self.at = at
        super().__init__(f"This scenario may be taken again from {at:%-d %b %Y, %H:%M %Z}.")


class OutOfStep(Exception):
    """The decision was made for another step than the one that waits: another tab, a second press, an old page."""


# --- Content ----------------------------------------------------------------------------------------------------------


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def published(self) -> ScenarioQuerySet:
        return self.filter(state=Scenario.State.PUBLISHED)


class Scenario(models.Model):
    """A training case under a stable id. What it says is in its versions."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    slug = models.CharField(max_length=40, unique=True)
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    draft_yaml = models.TextField(max_length=262_144, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("scenarios:intro", args=[self.slug])

    @property
    def current(self) -> ScenarioVersion | None:
        """The version that a new attempt gets: the latest one that was not voided."""
        return self.versions.filter(voided_at=None).order_by("-number").first()

    @transaction.atomic
    def publish(self, content: engine.Scenario, *, now: datetime, by: User | None = None, note: str = "") -> ScenarioVersion:
        """Makes the next version of a text that the engine found publishable."""
        newest = Scenario.objects.select_for_update().get(pk=self.pk).versions.order_by("-number").first()
        version = ScenarioVersion(
            scenario=self,
            number=newest.number + 1 if newest else 1,
            semver=content.version,
            title=content.title,
            summary=content.summary,
            minutes=content.minutes,
            decisions=len(content.optimal_path),
            document=engine.to_data(content),
            graph_hash=engine.graph_hash(content),
            text_hash=engine.text_hash(content),
            published_at=now,
            published_by=by,
            note=note,
        )
        version.validate_constraints()
        version.save()
        self.state = self.State.PUBLISHED
        self.save(update_fields=["state", "updated_at"])
        return version

    def retake_from(self, user: User) -> datetime | None:
        """When the person may take the scenario again; None before the first time, and after a manager's reset."""
        last = (
            Attempt.objects.graded()
            .finished()
            .filter(user=user, version__scenario=self, reset_at=None)
            .order_by("-finished_at")
            .first()
        )
        return last.finished_at + settings.SCENARIO_COOLDOWN if last and last.finished_at else None

    @transaction.atomic
    def begin(self, user: User, now: datetime) -> Attempt:
        """The person's running graded attempt, or a new one at the current version.

        Raises `NotOffered` or `TooSoon`. The person's row is locked, so that two presses begin one attempt.
        """
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        mine = Attempt.objects.graded().filter(user=user, version__scenario=self)
        if running := mine.running().first():
            return running
        version = self.current
        if self.state != self.State.PUBLISHED or version is None:
            raise NotOffered
        again = self.retake_from(user)
        if again and now < again:
            raise TooSoon(again)
        return Attempt.objects.create(
            user=user,
            version=version,
            first=not mine.exists(),
            staff=can_author(user),
            seed=secrets.randbelow(2**31),
            started_at=now,
        )


class ScenarioVersion(models.Model):
    """One published text of a scenario. Never edited: attempts are pinned to it."""

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(help_text="1, 2, 3: the order of publishing.")
    semver = models.CharField(max_length=20)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    minutes = models.PositiveSmallIntegerField(default=10)
    decisions = models.PositiveSmallIntegerField(help_text="Decisions on the best path.")
    document = models.JSONField(help_text="Canonical form; engine.from_data reads it.")
    graph_hash = models.CharField(max_length=64)
    text_hash = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["scenario", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["scenario", "number"], name="scenario_version_number"),
            models.UniqueConstraint(
                fields=["scenario", "semver"],
                name="scenario_version_semver",
                violation_error_message="This version was published before. Raise the version.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} {self.semver}"

    @cached_property
    def content(self) -> engine.Scenario:
        return engine.from_data(self.document)


# --- Taking a scenario ------------------------------------------------------------------------------------------------


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def graded(self) -> AttemptQuerySet:
        return self.filter(mode=Attempt.Mode.GRADED)

    def finished(self) -> AttemptQuerySet:
        return self.filter(finished_at__isnull=False)

    def running(self) -> AttemptQuerySet:
        return self.filter(finished_at=None, reset_at=None)

    def visible_to(self, user: AnyUser) -> AttemptQuerySet:
        """One's own alone: what somebody chose is between them and the scenario."""
        return self.filter(user=user.pk)

    def counted_by_authors(self) -> AttemptQuerySet:
        """First graded attempts of learners: what analytics look at. Previews, explorations and staff are left out."""
        return self.graded().filter(first=True, staff=False)


class Attempt(models.Model):
    """One person's way through one version. Its state is the fold of its events."""

    class Mode(models.TextChoices):
        GRADED = "graded", "Graded"
        EXPLORE = "explore", "Exploring"
        PREVIEW = "preview", "Preview"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts")
    version = models.ForeignKey(ScenarioVersion, on_delete=models.PROTECT, related_name="attempts")
    mode = models.CharField(max_length=7, choices=Mode, default=Mode.GRADED)
    first = models.BooleanField(default=False, help_text="The person's first graded attempt at the scenario.")
    staff = models.BooleanField(default=False, help_text="Taken by somebody who may author scenarios.")
    seed = models.PositiveIntegerField(help_text="Shuffles the order of options; kept so that it stays the same.")
    branched_from = models.ForeignKey(
        "DecisionEvent", on_delete=models.CASCADE, null=True, blank=True, related_name="explorations"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=40, blank=True)
    decision_score = models.DecimalField(max_digits=4, decimal_places=1, null=True, validators=PERCENT)
    outcome_score = models.DecimalField(max_digits=4, decimal_places=1, null=True, validators=PERCENT)
    score = models.DecimalField(max_digits=4, decimal_places=1, null=True, validators=PERCENT)
    passed = models.BooleanField(null=True)
    credited = models.BooleanField(default=False, help_text="Counts as passed because its version was voided.")
    reset_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Set aside by a manager, or by its owner for a newer version: a new attempt need not wait for it.",
    )
    reset_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version"],
                condition=Q(mode="graded", finished_at=None, reset_at=None),
                name="attempt_one_running",
                violation_error_message="This scenario is already under way; go on where you left it.",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None, score=None, passed=None)
                | Q(finished_at__isnull=False, score__isnull=False, passed__isnull=False),
                name="attempt_score_when_finished",
            ),
        ]
        indexes = [models.Index(fields=["user", "mode", "finished_at"], name="attempt_user")]

    def __str__(self) -> str:
        return f"{self.user}: {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("scenarios:attempt", args=[self.pk])

    @property
    def is_running(self) -> bool:
        return self.finished_at is None and self.reset_at is None

    @property
    def counts_as_passed(self) -> bool:
        return bool(self.passed) or self.credited

    @cached_property
    def content(self) -> engine.Scenario:
        """What is played: my version, in the words of the newest version that plays the same."""
        alike = ScenarioVersion.objects.filter(
            scenario=self.version.scenario_id, graph_hash=self.version.graph_hash, voided_at=None
        )
        return (alike.order_by("-number").first() or self.version).content

    @cached_property
    def newer_version(self) -> ScenarioVersion | None:
        """The current version, if it plays differently from mine."""
        current = self.version.scenario.current
        differs = current and current.number > self.version.number and current.graph_hash != self.version.graph_hash
        return current if differs else None

    @cached_property
    def own_events(self) -> list[DecisionEvent]:
        return list(self.events.order_by("seq"))

    @cached_property
    def steps(self) -> tuple[engine.Step, ...]:
        """Every step since the start; an exploration begins with those before the decision that it branched from."""
        own = (
            engine.commit(self.content, engine.State.from_data(event.state_before), event.choice)
            for event in self.own_events
        )
        return (*self.steps_before, *own)

    @cached_property
    def steps_before(self) -> tuple[engine.Step, ...]:
        """The steps that an exploration took over from the attempt that it branched from."""
        origin = self.branched_from
        return origin.attempt.steps[: origin.seq - 1] if origin else ()

    @property
    def run(self) -> engine.Run:
        return engine.Run(self.steps[-1].state_after if self.steps else engine.start(self.content), self.steps)

    @property
    def next_seq(self) -> int:
        """The number of the decision that waits, from 1; the same in all explorations of one path."""
        return len(self.steps) + 1

    @property
    def node(self) -> engine.Node:
        """Where the person stands."""
        return self.content.nodes[self.run.state.node]

    @transaction.atomic
    def decide(self, *, seq: int, choice: str, now: datetime, **told: Any) -> DecisionEvent:
        """Commits one decision for good and, at the end of the way, scores it.

        `told`: confidence, reason, visible_ms, given. Raises `OutOfStep`, and `engine.NotPlayable` for a choice that is
        none here. The attempt is locked meanwhile, so that of two presses one decides.
        """
        attempt = Attempt.objects.select_for_update(of=("self",)).select_related("version__scenario").get(pk=self.pk)
        if not attempt.is_running or seq != attempt.next_seq:
            raise OutOfStep
        step = engine.commit(attempt.content, attempt.run.state, choice)
        event = DecisionEvent.objects.create(
            attempt=attempt,
            seq=seq,
            node=step.node,
            choice=step.choice,
            quality=step.quality,
            state_before=step.state_before.to_data(),
            state_after=step.state_after.to_data(),
            at=now,
            **told,
        )
        attempt.__dict__.pop("own_events", None)
        attempt.__dict__.pop("steps", None)
        if attempt.node.kind == "ending":
            attempt._finish(now)
        return event

    def _finish(self, now: datetime) -> None:
        from scenarios.certificates import issue_for  # certificates are made of attempts

        result = engine.score(self.content, self.run)
        self.finished_at, self.ending = now, result.ending
        self.decision_score, self.outcome_score = result.decision, result.outcome
        self.score, self.passed = result.score, result.passed
        self.credited = self.version.voided_at is not None
        self.save()
        if self.mode == self.Mode.GRADED and self.counts_as_passed:
            Assignment.objects.complete(self.user, ItemKind.SCENARIO, self.version.scenario.slug, now)
            issue_for(self, now)

    @transaction.atomic
    def restart(self, now: datetime) -> Attempt:
        """Leaves a running attempt for the version that has replaced its own."""
        if not self.is_running or self.newer_version is None:
            raise OutOfStep
        self.reset(self.user, now)
        return self.version.scenario.begin(self.user, now)

    def reset(self, by: User, now: datetime) -> None:
        """Lets the person take the scenario again at once. What was decided stays on record."""
        self.reset_at, self.reset_by = now, by
        self.save(update_fields=["reset_at", "reset_by"])

    def explore(self, event: DecisionEvent, now: datetime) -> Attempt:
        """A new, ungraded attempt that stands where this finished one stood before the decision."""
        if self.finished_at is None:
            raise OutOfStep
        return Attempt.objects.create(
            user=self.user,
            version=self.version,
            mode=self.Mode.EXPLORE,
            branched_from=event,
            staff=self.staff,
            seed=self.seed,
            started_at=now,
        )


class DecisionEvent(models.Model):
    """One commit. Append-only: a committed decision is final, since the point is its consequence."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveSmallIntegerField()
    node = models.CharField(max_length=40)
    choice = models.CharField(max_length=40)
    quality = models.DecimalField(max_digits=4, decimal_places=3)
    state_before = models.JSONField()
    state_after = models.JSONField()
    confidence = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 guessing .. 4 very sure")
    reason = models.TextField(max_length=2000, blank=True)
    visible_ms = models.PositiveIntegerField(null=True, blank=True)
    given = models.JSONField(null=True, blank=True, help_text="Answers to a knowledge check by field id.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["attempt", "seq"]
        constraints = [models.UniqueConstraint(fields=["attempt", "seq"], name="decision_event_seq")]

    def __str__(self) -> str:
        return f"{self.attempt_id}.{self.seq}: {self.node} > {self.choice}"


# --- Knowledge checks and the library ---------------------------------------------------------------------------------


class CheckAnswerQuerySet(models.QuerySet["CheckAnswer"]):
    def latest_of(self, user: User) -> dict[str, CheckAnswer]:
        """The person's last answer to each check, by the check's id."""
        rows = self.filter(user=user).order_by("check_id", "-at", "-id").distinct("check_id")
        return {row.check_id: row for row in rows}

    @transaction.atomic
    def record(
        self, user: User, check: KnowledgeCheck, given: dict[str, str], *, after: int | None, now: datetime
    ) -> CheckAnswer:
        """Grades and keeps an answer; a right one completes what was assigned.

        `after` is the person's last answer when the question was shown. If there is a newer one by now (a second press,
        another tab), that one counts and is returned. A right answer before its day is practice and moves nothing:
        whoever has just read the solution would climb the ladder in a minute.
        """
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        latest = self.filter(user=user, check_id=check.id).first()
        if latest and latest.pk != after:
            return latest
        right = grade(check, given).right
        box, due_on = next_due(latest.box if latest else 0, right, local_day(now))
        if right and latest and local_day(now) < latest.due_on:
            box, due_on = latest.box, latest.due_on
        if right:
            Assignment.objects.complete(user, ItemKind.CHECK, check.id, now)
        return self.create(user=user, check_id=check.id, given=given, right=right, box=box, due_on=due_on, at=now)


class CheckAnswer(models.Model):
    """One answer to a knowledge check (by its id in the library), and when it comes back: 1, 3, 7, 21, 60 days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="check_answers")
    check_id = models.CharField(max_length=60)
    given = models.JSONField()
    right = models.BooleanField()
    box = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    at = models.DateTimeField()

    objects = CheckAnswerQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["user", "check_id", "-at"], name="check_answer_latest")]

    def __str__(self) -> str:
        return f"{self.user}: {self.check_id}"

    def get_absolute_url(self) -> str:
        return reverse("scenarios:check_answer", args=[self.check_id, self.pk])


class PageReadQuerySet(models.QuerySet["PageRead"]):
    @transaction.atomic
    def mark(self, user: User, page: str, now: datetime) -> None:
        """Notes that the person has read the page, once, and completes what was assigned."""
        self.get_or_create(user=user, page=page, defaults={"at": now})
        Assignment.objects.complete(user, ItemKind.PAGE, page, now)


class PageRead(models.Model):
    """A library page that somebody marked as read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pages_read")
    page = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects = PageReadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="page_read_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.page}"


class PageEditQuerySet(models.QuerySet["PageEdit"]):
    def newest(self) -> PageEditQuerySet:
        """The edit of each page that was saved last."""
        return self.order_by("page", "-at", "-id").distinct("page")


class PageEdit(models.Model):
    """An organisation's own text of a library page; the newest one replaces the shipped text. Kept as history."""

    page = models.CharField(max_length=60)
    body = models.TextField(max_length=40_000, blank=True, help_text="Markdown. Empty: the shipped text again.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects = PageEditQuerySet.as_manager()

    class Meta:
        ordering = ["page", "-at", "-id"]

    def __str__(self) -> str:
        return f"{self.page} at {self.at:%Y-%m-%d}"


class LibraryLink(models.Model):
    """A tool or a certification worth knowing, with its kind and what it costs. Editable."""

    class Section(models.TextChoices):
        TOOL = "tool", "Tool"
        CERTIFICATION = "certification", "Certification"

    section = models.CharField(max_length=13, choices=Section)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=120, blank=True)
    cost = models.CharField(max_length=120, blank=True)
    url = models.URLField(blank=True)
    note = models.CharField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["section", "position", "title"]

    def __str__(self) -> str:
        return self.title

    @transaction.atomic
    def move(self, by: int) -> None:
        """Up (-1) or down (1) among the entries of its section; at either end it stays."""
        rows = list(LibraryLink.objects.select_for_update().filter(section=self.section))
        place = rows.index(self)
        rows.insert(max(0, place + by), rows.pop(place))
        for position, row in enumerate(rows):
            row.position = position
        LibraryLink.objects.bulk_update(rows, ["position"])


# --- The diagnostic ---------------------------------------------------------------------------------------------------


class DiagnosisQuerySet(models.QuerySet["Diagnosis"]):
    def visible_to(self, user: AnyUser) -> DiagnosisQuerySet:
        """Those of teams whose rows this person may see; a trainee's own is seen by that trainee alone."""
        return self.filter(Q(personal=False) | Q(user=user.pk), team__in=Team.objects.with_rows_for(user))


class Diagnosis(models.Model):
    """One self-assessment on the five steps, with the team's own measures at the time and what it concluded."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="diagnoses")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="diagnoses")
    answers = models.JSONField()
    measures = models.JSONField(default=dict)
    scores = models.JSONField(help_text="0..100 for each of the five steps.")
    bottleneck = models.CharField(max_length=40, blank=True, help_text="A step's id. Empty: no step is weak.")
    because = models.TextField(default="")
    adopt_next = models.TextField()
    scenario_slug = models.CharField(max_length=40, blank=True)
    page = models.CharField(max_length=60, blank=True, help_text="The library page to read.")
    personal = models.BooleanField(default=False, help_text="Made by a trainee, for that trainee alone.")
    at = models.DateTimeField()

    objects = DiagnosisQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "diagnoses"

    def __str__(self) -> str:
        return f"{self.team} at {self.at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("scenarios:diagnosis", args=[self.pk])

    @transaction.atomic
    def ask(self, by: User, question: str, now: datetime) -> AdviceRequest:
        """Sends it to the quality leads, who are told. A second request changes nothing: the first is returned."""
        Diagnosis.objects.select_for_update(no_key=True).get(pk=self.pk)
        request, created = AdviceRequest.objects.get_or_create(
            diagnosis=self,
            defaults={"asked_by": by, "question": question, "asked_at": now, "due_at": now + AdviceRequest.DUE_IN},
        )
        if created:
            for lead in User.objects.filter(is_admin=True, is_active=True).exclude(pk=by.pk):
                Notification.objects.tell(
                    lead,
                    key=f"advice-{request.pk}-asked",
                    kind="advice",
                    subject=f"Advice is wanted on {self.team}",
                    body=f"{by} asks: {question}",
                    url=request.get_absolute_url(),
                )
        return request


class AdviceRequestQuerySet(models.QuerySet["AdviceRequest"]):
    def visible_to(self, user: AnyUser) -> AdviceRequestQuerySet:
        """All for quality leads, to a manager those of the managed teams, to anybody else none."""
        if can_advise(user):
            return self.all()
        return self.filter(diagnosis__team__in=Team.objects.with_rows_for(user, Role.MANAGER))

    def waiting(self) -> AdviceRequestQuerySet:
        return self.filter(answered_at=None)


class AdviceRequest(models.Model):
    """A manager's question to the quality leads about a diagnosis; due in 24 hours."""

    DUE_IN = timedelta(hours=24)

    diagnosis = models.OneToOneField(Diagnosis, on_delete=models.CASCADE, related_name="advice")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    question = models.TextField(max_length=5_000)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answer = models.TextField(max_length=10_000, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = AdviceRequestQuerySet.as_manager()

    class Meta:
        ordering = [F("answered_at").asc(nulls_first=True), "due_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at=None, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="advice_answered_with_text",
                violation_error_message="An answer needs a text.",
            )
        ]

    def __str__(self) -> str:
        return f"Advice on {self.diagnosis}"

    def get_absolute_url(self) -> str:
        return reverse("scenarios:advice_answer", args=[self.pk])

    def is_overdue(self, now: datetime) -> bool:
        return self.answered_at is None and now > self.due_at

    @property
    def was_late(self) -> bool:
        return self.answered_at is not None and self.answered_at > self.due_at

    @transaction.atomic
    def give(self, answer: str, by: User, now: datetime) -> bool:
        """Answers the request and tells who asked. False when somebody else was faster: theirs stays."""
        waiting = AdviceRequest.objects.waiting().filter(pk=self.pk)
        if not waiting.update(answer=answer, answered_by=by, answered_at=now):
            return False
        if self.asked_by and self.asked_by != by:
            Notification.objects.tell(
                self.asked_by,
                key=f"advice-{self.pk}-answered",
                kind="advice",
                subject=f"Advice on {self.diagnosis.team}",
                body=answer,
                url=self.diagnosis.get_absolute_url(),
            )
        return True


# --- Plans, assignments, certificates ---------------------------------------------------------------------------------


class ItemKind(models.TextChoices):
    SCENARIO = "scenario", "Decision scenario"
    CHECK = "check", "Knowledge check"
    PAGE = "page", "Library page"


class Handed(NamedTuple):
    """What came of handing out a plan: how many people were meant, and how many of them had all of it already."""

    people: int
    had_it: int


class PlanQuerySet(models.QuerySet["Plan"]):
    def visible_to(self, user: AnyUser) -> PlanQuerySet:
        """The organisation's plans, and those of the teams that I manage or that lie above them; to learners none."""
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.all()
        lineages = Team.objects.with_rows_for(user, Role.MANAGER).values_list("lineage", flat=True)
        near = {pk for lineage in lineages for pk in lineage}
        return self.filter(Q(team=None) | Q(team__in=near)) if near else self.none()

    def in_use(self) -> PlanQuerySet:
        return self.filter(retired_at=None)

    def assign_automatic(self, now: datetime) -> int:
        """Hands every automatic plan to those it is for and who never had it; to how many people. Safe to repeat."""
        given = 0
        for plan in self.in_use().filter(automatic=True).exclude(items=None):
            had = Assignment.objects.filter(plan=plan).values("user")
            people = list(plan.people().exclude(pk__in=had))
            if people:
                handed = plan.assign(people, now=now)
                given += handed.people - handed.had_it
        return given


class Plan(models.Model):
    """An onboarding plan: ordered items with due days, for a role, a team or chosen people."""

    name = models.CharField(max_length=120)
    description = models.TextField(max_length=2_000, blank=True)
    team = models.ForeignKey(
        Team,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="plans",
        help_text="The team and those below it.",
    )
    role = models.CharField(max_length=10, choices=Role, blank=True)
    automatic = models.BooleanField(
        "Assign it by itself",
        default=False,
        help_text="To everybody who has this role and never had the plan, and to whoever joins later.",
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("scenarios:plan", args=[self.pk])

    @property
    def audience(self) -> str:
        """Whom it is for, in words."""
        role = f"{self.get_role_display()}s" if self.role else "Everybody"
        return f"{role} of {self.team}" if self.team else f"{role} of the organisation"

    def people(self) -> models.QuerySet[User]:
        """Everybody it is for: active members with its role, of its team and those below."""
        teams = Team.objects.descendants_of(self.team) if self.team else Team.objects.all()
        members = Membership.objects.filter(team__in=teams.filter(archived_at=None))
        members = members.filter(role=self.role) if self.role else members
        return User.objects.filter(pk__in=members.values("user"), is_active=True)

    @transaction.atomic
    def assign(
        self,
        people: Collection[User],
        *,
        now: datetime,
        by: User | None = None,
        team: Team | None = None,
        again: bool = False,
    ) -> Handed:
        """Hands out what the people neither have to do nor have done, and tells them.

        What somebody has learnt without being asked is noted as done. `again` asks for everything anew: a refresher.
        The plan is locked, so that a second press finds what the first one handed out.
        """
        Plan.objects.select_for_update(of=("self",)).get(pk=self.pk)
        items = list(self.items.all())
        known = Assignment.objects.filter(user__in=people, withdrawn_at=None)
        known = known.filter(done_at=None) if again else known
        have = set(known.values_list("user_id", "kind", "ref"))
        learnt = {} if again else earliest_success([person.pk for person in people])
        rows = [
            Assignment(
                user=person,
                kind=item.kind,
                ref=item.ref,
                plan=self,
                team=team,
                position=item.position,
                assigned_by=by,
                assigned_at=now,
                due_on=local_day(now) + timedelta(days=item.due_days),
                done_at=learnt.get((person.pk, item.kind, item.ref)),
            )
            for person in people
            for item in items
            if (person.pk, item.kind, item.ref) not in have
        ]
        Assignment.objects.bulk_create(rows, ignore_conflicts=True)
        asked = {row.user: row.due_on for row in sorted(rows, key=lambda row: row.due_on, reverse=True) if not row.done_at}
        for person, first_due in asked.items():
            Notification.objects.tell(
                person,
                key=f"plan-{self.pk}-{now:%Y%m%d%H%M%S%f}",
                kind="training",
                subject=f"You have new training: {self}",
                body=f"{self.description}\n\nThe first part is due on {first_due:%-d %b %Y}.".strip(),
                url=reverse("scenarios:mine"),
            )
        return Handed(len(people), len(people) - len(asked))


def earliest_success(people: Collection[int]) -> dict[tuple[int, str, str], datetime]:
    """When each of these people first passed a scenario, answered a check rightly or read a page. Three queries."""
    graded = Attempt.objects.graded().finished().filter(Q(passed=True) | Q(credited=True), user__in=people)
    found = (
        (ItemKind.SCENARIO, graded.values_list("user", "version__scenario__slug").annotate(first=Min("finished_at"))),
        (
            ItemKind.CHECK,
            CheckAnswer.objects.filter(user__in=people, right=True)
            .values_list("user", "check_id")
            .annotate(first=Min("at")),
        ),
        (ItemKind.PAGE, PageRead.objects.filter(user__in=people).values_list("user", "page", "at")),
    )
    return {(user, kind, ref): at for kind, rows in found for user, ref, at in rows.order_by()}


class PlanItem(models.Model):
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=ItemKind)
    ref = models.CharField(max_length=60, help_text="A scenario's slug, a check's id or a page's slug.")
    due_days = models.PositiveSmallIntegerField(
        "Due after",
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="Days after it was assigned.",
    )

    class Meta:
        ordering = ["plan", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "kind", "ref"],
                name="plan_item_once",
                violation_error_message="This is already part of the plan.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.ref}"

    @transaction.atomic
    def move(self, by: int) -> None:
        """Up (-1) or down (1) in the plan; at either end it stays."""
        rows = list(PlanItem.objects.select_for_update().filter(plan=self.plan_id).order_by("position", "pk"))
        place = rows.index(self)
        rows.insert(max(0, place + by), rows.pop(place))
        for position, row in enumerate(rows, start=1):
            row.position = position
        PlanItem.objects.bulk_update(rows, ["position"])


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def open(self) -> AssignmentQuerySet:
        return self.filter(done_at=None, withdrawn_at=None)

    def visible_to(self, user: AnyUser) -> AssignmentQuerySet:
        """My own, and those of the members of teams that I manage."""
        managed = Team.objects.with_rows_for(user, Role.MANAGER)
        of_members = Membership.objects.filter(team__in=managed).values("user")
        return self.filter(Q(user=user.pk) | Q(user__in=of_members))

    def overdue(self, today: date) -> AssignmentQuerySet:
        return self.open().filter(due_on__lt=today)

    def complete(self, user: User, kind: str, ref: str, now: datetime) -> int:
        """Ticks off what the person was asked to learn; how many assignments that were."""
        return self.open().filter(user=user, kind=kind, ref=ref).update(done_at=now)


class Assignment(models.Model):
    """One thing that one person was asked to learn, by when. `done_at` is set when it is passed or read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=8, choices=ItemKind)
    ref = models.CharField(max_length=60)
    plan = models.ForeignKey(Plan, on_delete=models.SET_NULL, null=True, blank=True, related_name="assignments")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, blank=True, related_name="assignments")
    position = models.PositiveSmallIntegerField(default=0)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    assigned_at = models.DateTimeField()
    due_on = models.DateField()
    done_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "ref"],
                condition=Q(done_at=None, withdrawn_at=None),
                name="assignment_open_once",
                violation_error_message="This person already has this to do.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.ref} by {self.due_on}"


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def in_force(self, today: date) -> CertificateQuerySet:
        return self.filter(revoked_at=None, valid_until__gte=today)

    def with_scenario(self) -> CertificateQuerySet:
        """With what a page says about it; the scenario's long text is left in the database."""
        return self.select_related("user", "revoked_by", "attempt__version__scenario").defer("attempt__version__document")


class Certificate(models.Model):
    """Proof of a passed scenario, checked by anybody at /verify/<uuid>."""

    class Status(models.TextChoices):
        VALID = "valid", "Valid"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Revoked"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="certificates")
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="certificate")
    holder = models.CharField(max_length=120, help_text="The name when it was earned.")
    score = models.DecimalField(max_digits=4, decimal_places=1)
    issued_at = models.DateTimeField()
    valid_until = models.DateField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    revoke_reason = models.CharField(max_length=300, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None) | ~Q(revoke_reason=""),
                name="certificate_revoked_with_reason",
                violation_error_message="Say why the certificate is revoked.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.holder}: {self.attempt.version}"

    def get_absolute_url(self) -> str:
        return reverse("verify", args=[self.uuid])

    def status(self, today: date) -> Certificate.Status:
        if self.revoked_at:
            return self.Status.REVOKED
        return self.Status.EXPIRED if today > self.valid_until else self.Status.VALID

    @transaction.atomic
    def revoke(self, reason: str, by: User, now: datetime) -> bool:
        """Takes the certificate back and tells its holder. False when it was revoked before: that reason stays."""
        if not Certificate.objects.filter(pk=self.pk, revoked_at=None).update(
            revoked_at=now, revoked_by=by, revoke_reason=reason
        ):
            return False
        Notification.objects.tell(
            self.user,
            key=f"certificate-{self.pk}-revoked",
            kind="certificate",
            subject=f"Your certificate was revoked: {self.attempt.version.title}",
            body=f"{by} gave this reason: {reason}",
            url=self.get_absolute_url(),
        )
        return True
