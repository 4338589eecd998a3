"""The diagnostic: a team's answers, the result, and requests for advice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse

from notifications.models import Notification
from teams.models import Role, Team, User
from teams.permissions import can_advise, can_speak_for
from training.diagnostic import advise, diagnostic

if TYPE_CHECKING:
    from teams.permissions import AnyUser


class DiagnosisQuerySet(models.QuerySet["Diagnosis"]):
    def visible_to(self, user: AnyUser) -> DiagnosisQuerySet:
        """Diagnoses of teams whose records this person can see. A trainee's own are private."""
        return self.filter(Q(personal=False) | Q(user=user.pk), team__in=Team.objects.with_rows_for(user))

    def make(
        self, user: User, team: Team, answers: dict[str, int], measures: list[dict[str, Any]], now: datetime
    ) -> Diagnosis:
        """Evaluates the answers together with the team's measures (see `library.measures`) and stores both."""
        tiers = {one["metric"]: one["tier"] for one in measures if one["tier"]}
        advice = advise(diagnostic(), answers, tiers)
        return self.create(
            user=user,
            team=team,
            answers=answers,
            measures={one["metric"]: one for one in measures},
            scores={step: round(100 * score / advice.best) for step, score in advice.scores.items()},
            bottleneck=advice.step.id if advice.step else "",
            because=advice.because,
            adopt_next=advice.adopt,
            scenario_slug=advice.scenario,
            page=advice.page,
            personal=not can_speak_for(user, team),
            at=now,
        )


class Diagnosis(models.Model):
    """One self-assessment on the five steps, with the team's measures at the time and the result."""

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
        return reverse("training:diagnosis", args=[self.pk])

    @transaction.atomic
    def ask(self, by: User, question: str, now: datetime) -> AdviceRequest:
        """Asks the quality leads for advice and notifies them. A second request returns the first."""
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
                    subject=f"Advice requested for {self.team}",
                    body=f"{by} asks: {question}",
                    url=request.get_absolute_url(),
                    teams=[self.team_id],
                )
        return request


class AdviceRequestQuerySet(models.QuerySet["AdviceRequest"]):
    def visible_to(self, user: AnyUser) -> AdviceRequestQuerySet:
        """All for quality leads, those of their teams for managers, none for others."""
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
        return reverse("training:advice_answer", args=[self.pk])

    def is_overdue(self, now: datetime) -> bool:
        return self.answered_at is None and now > self.due_at

    @property
    def was_late(self) -> bool:
        return self.answered_at is not None and self.answered_at > self.due_at

    @transaction.atomic
    def give(self, answer: str, by: User, now: datetime) -> bool:
        """Answers the request and notifies the person who asked. False if someone else has answered already."""
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
                teams=[self.diagnosis.team_id],
            )
        return True
