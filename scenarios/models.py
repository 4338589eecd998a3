"""Training: scenarios with immutable versions, attempts as append-only events, checks, plans, certificates.

The texts live in `scenarios/library/`; the arithmetic in `scenarios.engine` and `scenarios.checks`. Here is what
happened: who decided what, who was asked to learn what by when, and what was earned.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.functional import cached_property

from scenarios import engine
from teams.models import Membership, Role, Team

if TYPE_CHECKING:
    from teams.permissions import AnyUser

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


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

    objects = AttemptQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "version"],
                condition=Q(mode="graded", finished_at=None),
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
    at = models.DateTimeField()

    class Meta:
        ordering = ["attempt", "seq"]
        constraints = [models.UniqueConstraint(fields=["attempt", "seq"], name="decision_event_seq")]

    def __str__(self) -> str:
        return f"{self.attempt_id}.{self.seq}: {self.node} > {self.choice}"


# --- Knowledge checks and the library ---------------------------------------------------------------------------------


class CheckAnswer(models.Model):
    """One answer to a knowledge check (by its id in the library), and when it comes back: 1, 3, 7, 21, 60 days."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="check_answers")
    check_id = models.CharField(max_length=60)
    given = models.JSONField()
    right = models.BooleanField()
    box = models.PositiveSmallIntegerField()
    due_on = models.DateField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["user", "check_id", "-at"], name="check_answer_latest")]

    def __str__(self) -> str:
        return f"{self.user}: {self.check_id}"


class PageRead(models.Model):
    """A library page that somebody marked as read."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pages_read")
    page = models.CharField(max_length=60)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "page"], name="page_read_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.page}"


class PageEdit(models.Model):
    """An organisation's own text of a library page; the newest one replaces the shipped text. Kept as history."""

    page = models.CharField(max_length=60)
    body = models.TextField(max_length=40_000, blank=True, help_text="Markdown. Empty: the shipped text again.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        ordering = ["page", "-at"]

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


# --- The diagnostic ---------------------------------------------------------------------------------------------------


class Diagnosis(models.Model):
    """One self-assessment on the five steps, with the team's own measures at the time and what it concluded."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="diagnoses")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="diagnoses")
    answers = models.JSONField()
    measures = models.JSONField(default=dict)
    scores = models.JSONField(help_text="0..100 for each of the five steps.")
    bottleneck = models.CharField(max_length=40)
    adopt_next = models.TextField()
    scenario_slug = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "diagnoses"

    def __str__(self) -> str:
        return f"{self.team} at {self.at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        return reverse("scenarios:diagnosis", args=[self.pk])


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

    def is_overdue(self, now: datetime) -> bool:
        return self.answered_at is None and now > self.due_at


# --- Plans, assignments, certificates ---------------------------------------------------------------------------------


class ItemKind(models.TextChoices):
    SCENARIO = "scenario", "Decision scenario"
    CHECK = "check", "Knowledge check"
    PAGE = "page", "Library page"


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
        help_text="Empty: the whole organisation.",
    )
    role = models.CharField(max_length=10, choices=Role, blank=True, help_text="Empty: every role.")
    automatic = models.BooleanField(default=False, help_text="Assigned to new members with this role by itself.")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("scenarios:plan", args=[self.pk])


class PlanItem(models.Model):
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="items")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=ItemKind)
    ref = models.CharField(max_length=60, help_text="A scenario's slug, a check's id or a page's slug.")
    due_days = models.PositiveSmallIntegerField(default=14, help_text="Days after the plan was assigned.")

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
