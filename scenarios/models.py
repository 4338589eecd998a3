"""Decision scenarios: immutable versions, and attempts whose state is derived from append-only events."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.functional import cached_property

from qmportal.lib.history import tracked
from qmportal.lib.late_import import LateImport
from qmportal.lib.versions import Versioned
from qmportal.lib.wording import minute
from teams.models import Team, User
from teams.permissions import can_author

if TYPE_CHECKING:
    from scenarios import engine
    from teams.permissions import AnyUser
else:
    engine = LateImport("scenarios.engine")

BATCH = 5  # figures about choices change after every so many people
PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class NotOffered(Exception):
    """The scenario cannot be started: it is not published."""


class TooSoon(Exception):
    """The scenario may be taken again, but not before `at`."""

    def __init__(self, at: datetime):
        self.at = at
        super().__init__(f"You can retake this scenario from {minute(at)}.")


class OutOfStep(Exception):
    """The decision is not for the current step, because of another tab, a double click or an old page."""


def reaches(user: AnyUser, prefix: str = "") -> Q:
    """Scenarios for this person: of the organisation, their teams and parent teams. `prefix`: the way to the scenario."""
    if user.is_authenticated and user.is_admin:
        return Q()
    near = user.near if user.is_authenticated else set()
    return Q(**{f"{prefix}team": None}) | Q(**{f"{prefix}team__in": near})


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def published(self) -> ScenarioQuerySet:
        return self.filter(state=Scenario.State.PUBLISHED)

    def published_for(self, user: AnyUser) -> ScenarioQuerySet:
        """Published scenarios that this person can take."""
        return self.published().filter(reaches(user))

    def writable_by(self, user: User) -> ScenarioQuerySet:
        """Scenarios that an author can open: the organisation's, and those of teams they manage."""
        return self if user.is_admin else self.filter(Q(team=None) | Q(team__in=user.managed))


@tracked(without=["draft_yaml", "draft_by"])
class Scenario(Versioned):
    """A training case with a stable id. Its content is in its versions."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    slug = models.CharField(max_length=40, unique=True)
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="scenarios",
        help_text="Published for this team and its sub-teams; empty: for the whole organisation.",
    )
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    draft_yaml = models.TextField(max_length=262_144, blank=True)
    draft_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        return reverse("training:intro", args=[self.slug])

    @property
    def current(self) -> ScenarioVersion | None:
        """The version that a new attempt gets: the latest one that was not voided."""
        return self.versions.filter(voided_at=None).order_by("-number").first()

    @transaction.atomic
    def publish(self, content: engine.Scenario, *, now: datetime, by: User | None = None, note: str = "") -> ScenarioVersion:
        """Publishes the next version. The caller has checked that the engine finds it publishable."""
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
        # The draft is not changed, so open editors stay valid.
        Scenario.objects.filter(pk=self.pk).update(state=self.state, updated_at=now)
        return version

    def retake_from(self, user: User) -> datetime | None:
        """When the person can retake the scenario; None if they never took it, or after a manager's reset."""
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
        """The person's graded attempt in progress, or a new one at the current version.

        Raises `NotOffered` or `TooSoon`. Locks the person's row, so that a double click starts one attempt.
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


class ScenarioVersionQuerySet(models.QuerySet["ScenarioVersion"]):
    def on_offer(self) -> ScenarioVersionQuerySet:
        """The versions for new attempts: the newest of each published scenario that was not voided."""
        return self.filter(scenario__state=Scenario.State.PUBLISHED, voided_at=None).newest()

    def on_offer_to(self, user: AnyUser) -> ScenarioVersionQuerySet:
        """Those of scenarios that this person can take."""
        return self.filter(reaches(user, "scenario__")).on_offer()

    def for_all(self) -> ScenarioVersionQuerySet:
        """Those of scenarios for the whole organisation."""
        return self.filter(scenario__team=None)

    def newest(self) -> ScenarioVersionQuerySet:
        """The newest of these versions for each scenario."""
        return self.order_by("scenario_id", "-number").distinct("scenario_id")


@tracked(of=["voided_at", "void_reason"])
class ScenarioVersion(models.Model):
    """One published version of a scenario. Never edited, because attempts refer to it."""

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

    # Callbacks of higher apps when a version is voided, in the same transaction. Their AppConfig adds them.
    on_voiding: ClassVar[list[Callable[[ScenarioVersion, Collection[User], datetime], object]]] = []

    objects = ScenarioVersionQuerySet.as_manager()

    class Meta:
        ordering = ["scenario", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["scenario", "number"], name="scenario_version_number"),
            models.UniqueConstraint(
                fields=["scenario", "semver"],
                name="scenario_version_semver",
                violation_error_message="This version was already published. Increase the version number.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario} {self.semver}"

    @cached_property
    def content(self) -> engine.Scenario:
        return engine.from_data(self.document)


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def graded(self) -> AttemptQuerySet:
        return self.filter(mode=Attempt.Mode.GRADED)

    def finished(self) -> AttemptQuerySet:
        return self.filter(finished_at__isnull=False)

    def running(self) -> AttemptQuerySet:
        return self.filter(finished_at=None, reset_at=None)

    def visible_to(self, user: AnyUser) -> AttemptQuerySet:
        """The person's own attempts. Nobody else can see their choices."""
        return self.filter(user=user.pk)

    def counted_by_authors(self) -> AttemptQuerySet:
        """First graded attempts of learners, for analytics. Explorations and staff are left out."""
        return self.graded().filter(first=True, staff=False)

    def published_until(self) -> datetime | None:
        """When the last full batch of five people finished. Figures about these attempts count up to then.

        They change only when five more have finished, so comparing two figures never shows what one person chose.
        """
        place = Window(RowNumber(), order_by=["finished_at", "pk"])
        rows = self.finished().annotate(place=place, count=Window(Count("pk")))
        full = rows.filter(place=F("count") - F("count") % BATCH).order_by()
        return full.values_list("finished_at", flat=True).first()


class Attempt(models.Model):
    """One person's path through one version. Its state is derived from its events."""

    class Mode(models.TextChoices):
        GRADED = "graded", "Graded"
        EXPLORE = "explore", "Exploring"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts")
    version = models.ForeignKey(ScenarioVersion, on_delete=models.PROTECT, related_name="attempts")
    mode = models.CharField(max_length=7, choices=Mode, default=Mode.GRADED)
    first = models.BooleanField(default=False, help_text="The person's first graded attempt at the scenario.")
    staff = models.BooleanField(default=False, help_text="Taken by someone who can write scenarios.")
    seed = models.PositiveIntegerField(help_text="Shuffles the options; stored so that their order stays the same.")
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
        help_text="Reset by a manager, or by its owner to start a newer version. The waiting time doesn't apply.",
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
                violation_error_message="This scenario is already in progress. Resume it.",
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
        return reverse("training:attempt", args=[self.pk])

    @property
    def is_running(self) -> bool:
        return self.finished_at is None and self.reset_at is None

    @property
    def counts_as_passed(self) -> bool:
        return bool(self.passed) or self.credited

    @cached_property
    def content(self) -> engine.Scenario:
        """The content of this attempt's version, with the texts of the newest version that plays the same."""
        alike = ScenarioVersion.objects.filter(
            scenario=self.version.scenario_id, graph_hash=self.version.graph_hash, voided_at=None
        )
        return (alike.order_by("-number").first() or self.version).content

    @cached_property
    def newer_version(self) -> ScenarioVersion | None:
        """The current version, if it plays differently from this attempt's version."""
        current = self.version.scenario.current
        differs = current and current.number > self.version.number and current.graph_hash != self.version.graph_hash
        return current if differs else None

    @cached_property
    def own_events(self) -> list[DecisionEvent]:
        return list(self.events.order_by("seq"))

    @cached_property
    def steps(self) -> tuple[engine.Step, ...]:
        """Every step since the start. For an exploration this includes those before it branched off."""
        own = (
            engine.commit(self.content, engine.State.from_data(event.state_before), event.choice)
            for event in self.own_events
        )
        return (*self.steps_before, *own)

    @cached_property
    def steps_before(self) -> tuple[engine.Step, ...]:
        """The steps of the original attempt before the exploration branched off."""
        origin = self.branched_from
        return origin.attempt.steps[: origin.seq - 1] if origin else ()

    @cached_property
    def graded_siblings(self) -> list[Attempt]:
        """The person's finished graded attempts at this scenario, and credited ones."""
        rows = Attempt.objects.graded().filter(user=self.user_id, version__scenario=self.version.scenario_id)
        return list(rows.filter(Q(finished_at__isnull=False) | Q(credited=True)))

    @property
    def play(self) -> engine.Play:
        """The content, the run so far and the seed. Explorations continue the numbering of decisions."""
        state = self.steps[-1].state_after if self.steps else engine.start(self.content)
        return engine.Play(self.content, engine.Run(state, self.steps), self.seed)

    @transaction.atomic
    def commit(self, *, seq: int, choice: str, now: datetime, **told: Any) -> DecisionEvent:
        """Makes one decision, which is final. The last one scores the attempt.

        `told`: confidence, reason, visible_ms, given. Raises `OutOfStep`, or `engine.NotPlayable` for an invalid choice.
        Locks the attempt, so that a double click decides once.
        """
        attempt = Attempt.objects.select_for_update(of=("self",)).select_related("version__scenario").get(pk=self.pk)
        play = attempt.play
        if not attempt.is_running or seq != play.seq:
            raise OutOfStep
        step = engine.commit(play.content, play.run.state, choice)
        event = DecisionEvent.of(step, attempt=attempt, seq=seq, at=now, **told)
        event.save()
        for outdated in ("own_events", "steps"):
            attempt.__dict__.pop(outdated, None)
        play = play.then(step)
        if play.node.kind == "ending":
            attempt._finish(play, now)
        return event

    def _finish(self, play: engine.Play, now: datetime) -> None:
        result = engine.score(play.content, play.run)
        self.finished_at, self.ending = now, result.ending
        self.decision_score, self.outcome_score = result.decision, result.outcome
        self.score, self.passed = result.score, result.passed
        self.credited = self.version.voided_at is not None
        self.save()

    @transaction.atomic
    def restart(self, now: datetime) -> Attempt:
        """Abandons a running attempt and starts one at the version that replaced its own.

        Locks the attempt, so that one that was just finished in another tab counts and is not abandoned.
        """
        attempt = Attempt.objects.select_for_update(of=("self",)).select_related("version__scenario").get(pk=self.pk)
        if not attempt.is_running or attempt.newer_version is None:
            raise OutOfStep
        attempt.reset(attempt.user, now)
        return attempt.version.scenario.begin(attempt.user, now)

    def reset(self, by: User, now: datetime) -> None:
        """Lets the person take the scenario again right away. Past decisions are kept."""
        self.reset_at, self.reset_by = now, by
        self.save(update_fields=["reset_at", "reset_by"])

    def explore(self, event: DecisionEvent, now: datetime) -> Attempt:
        """A new, ungraded attempt that starts where this finished one was before the decision."""
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
    """One committed decision. Append-only, because a decision is final: people are meant to live with its consequences."""

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

    @classmethod
    def of(cls, step: engine.Step, **told: Any) -> DecisionEvent:
        """The unsaved event for a step of the engine."""
        return cls(
            node=step.node,
            choice=step.choice,
            quality=step.quality,
            state_before=step.state_before.to_data(),
            state_after=step.state_after.to_data(),
            **told,
        )
