"""Scenarios and your own attempts over the API, with the same rules as the pages.

Before a decision is committed, a response contains only the fields of `attempts.Question`.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, QuerySet, Value, When
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from library.checks import ChoiceField
from qmportal.lib.api import Conflict, refuse_undeclared
from qmportal.lib.serializers import ProseField
from scenarios import attempts, engine
from scenarios.forms.taking import step_form
from scenarios.models import Attempt, NotOffered, OutOfStep, Scenario, TooSoon
from teams.authentication import person
from training.catalogue import offers
from training.completion import FAULTY, decide

ATTEMPT_STATES = ["running", "finished", "set_aside"]
STANDINGS = ["not_started", "in_progress", "passed", "not_passed"]
STEP_KINDS = ["decision", "check"]
OUT_OF_STEP = "This step was already decided, or is not the current one. Nothing was changed."


# --- Scenarios ----------------------------------------------------------------------------------------------------------


class ScenarioRow(serializers.Serializer):
    slug = serializers.CharField(source="scenario.slug")
    title = serializers.CharField(source="version.title")
    summary = serializers.CharField(source="version.summary")
    version = serializers.CharField(source="version.semver")
    minutes = serializers.IntegerField(source="version.minutes")
    decisions = serializers.IntegerField(source="version.decisions", help_text="Decisions on the best path.")
    difficulty = serializers.ChoiceField(["", *engine.DIFFICULTIES])
    tags = serializers.ListField(child=serializers.CharField(), help_text="Empty until you have finished the scenario.")
    my_state = serializers.ChoiceField(STANDINGS, source="standing.state")
    best_score = serializers.FloatField(source="standing.best.score", allow_null=True, default=None)
    retake_from = serializers.DateTimeField(source="standing.retake_from", allow_null=True)
    due_on = serializers.DateField(source="assignment.due_on", allow_null=True, default=None)


class ScenarioList(APIView):
    """Published scenarios: those assigned to you first, by due date, then the others by difficulty and title."""

    def get(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        return Response(ScenarioRow(offers(person(request), timezone.now()), many=True).data)


# --- Attempts -----------------------------------------------------------------------------------------------------------


class AttemptRow(serializers.Serializer):
    id = serializers.IntegerField()
    scenario = serializers.CharField(source="slug")
    version = serializers.CharField(source="semver")
    mode = serializers.ChoiceField(Attempt.Mode.choices)
    state = serializers.ChoiceField(ATTEMPT_STATES)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    decision_score = serializers.FloatField(allow_null=True)
    outcome_score = serializers.FloatField(allow_null=True)
    passed = serializers.BooleanField(allow_null=True)
    credited = serializers.BooleanField()


class MetricValue(serializers.Serializer):
    id = serializers.CharField(source="metric.id")
    label = serializers.CharField(source="metric.label")  # type: ignore[assignment]
    unit = serializers.CharField(source="metric.unit")
    value = serializers.FloatField()


class OptionRow(serializers.Serializer):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class CheckFieldRow(serializers.Serializer):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField(default="")
    options = serializers.SerializerMethodField()

    def get_options(self, field: Any) -> dict[str, str]:
        return dict(field.options) if isinstance(field, ChoiceField) else {}


class MessageRow(serializers.Serializer):
    who = serializers.CharField()
    at = serializers.CharField()
    text = serializers.CharField()


class ExhibitRow(serializers.Serializer):
    """Evidence to read: `text` of a log or a diff, `messages` of a chat, `labels` and `values` of a chart."""

    kind = serializers.ChoiceField(engine.EXHIBITS, source="exhibit.kind")
    title = serializers.CharField(source="exhibit.title")
    text = serializers.CharField(source="exhibit.text")
    unit = serializers.CharField(source="exhibit.unit")
    labels = serializers.ListField(child=serializers.CharField(), source="exhibit.labels")
    values = serializers.ListField(child=serializers.FloatField(), source="exhibit.values")
    messages = MessageRow(source="exhibit.messages", many=True)


class QuestionRow(serializers.Serializer):
    """The current step before the decision."""

    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(STEP_KINDS)
    infos = serializers.ListField(child=serializers.CharField())
    prompt = serializers.SerializerMethodField()
    exhibits = ExhibitRow(many=True)
    options = serializers.SerializerMethodField()
    fields_to_answer = serializers.SerializerMethodField(help_text="Of a knowledge check.")
    metrics = MetricValue(source="meters", many=True)

    def get_prompt(self, question: attempts.Question) -> str:
        return "\n\n".join(part for part in (question.prompt, question.check.prompt if question.check else "") if part)

    def get_options(self, question: attempts.Question) -> list[dict[str, str]]:
        return [{"id": key, "label": label} for key, label in question.options]

    def get_fields_to_answer(self, question: attempts.Question) -> list[dict[str, Any]]:
        return list(CheckFieldRow(question.check.fields, many=True).data) if question.check else []


class ResultRow(serializers.Serializer):
    ending = serializers.CharField(source="ending.id")
    outcome = serializers.CharField(source="ending.outcome")
    cap = serializers.FloatField(source="ending.cap")
    text = serializers.CharField(source="ending.text")
    lesson = serializers.CharField(source="ending.lesson")
    path = serializers.ListField(child=serializers.DictField(), help_text="Your decisions, and what each cost in points.")
    reflections = serializers.ListField(child=serializers.CharField())


class AttemptInFull(AttemptRow):
    question = QuestionRow(allow_null=True)
    result = ResultRow(allow_null=True)


class NewAttempt(serializers.Serializer):
    scenario = serializers.CharField(max_length=40, help_text="Slug of a published scenario.")


def my_attempts(request: Request) -> QuerySet[Any]:
    return Attempt.objects.visible_to(request.user).annotate(
        slug=F("version__scenario__slug"),
        semver=F("version__semver"),
        state=Case(
            When(finished_at__isnull=False, then=Value("finished")),
            When(reset_at__isnull=False, then=Value("set_aside")),
            default=Value("running"),
        ),
    )


def in_full(request: Request, id: int) -> dict[str, Any]:
    attempt = get_object_or_404(my_attempts(request).select_related("version__scenario", "user"), pk=id)
    attempt.question = attempts.question(attempt.play) if attempt.is_running else None
    attempt.result = attempts.debrief(attempt) if attempt.finished_at else None
    return dict(AttemptInFull(attempt).data)


class AttemptList(generics.ListAPIView[Any]):
    """Your own attempts. POST starts one, or returns the one in progress."""

    serializer_class = AttemptRow
    queryset = Attempt.objects.none()
    orderings = ("-started_at", "started_at")

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return Attempt.objects.none()
        columns = {name: field.source or name for name, field in AttemptRow._declared_fields.items()}
        return my_attempts(self.request).order_by().values(*columns.values())

    def post(self, request: Request) -> Response:
        asked = NewAttempt(data=request.data)
        asked.is_valid(raise_exception=True)
        scenario = Scenario.objects.published_for(person(request)).filter(slug=asked.validated_data["scenario"]).first()
        if scenario is None:
            raise ValidationError({"scenario": "There is no published scenario with this slug."})
        try:
            attempt = scenario.begin(person(request), timezone.now())
        except TooSoon as early:
            raise Conflict(str(early)) from None
        except NotOffered:
            raise ValidationError({"scenario": "This scenario cannot be taken right now."}) from None
        return Response(in_full(request, attempt.pk), status=status.HTTP_201_CREATED)


class AttemptDetail(APIView):
    """One of your own attempts: the current step, or the result."""

    def get(self, request: Request, id: int) -> Response:
        refuse_undeclared(request, {"format"})
        return Response(in_full(request, id))


# --- Decisions ----------------------------------------------------------------------------------------------------------


class MetricChangeRow(serializers.Serializer):
    metric = serializers.CharField(source="metric.id")
    before = serializers.FloatField()
    after = serializers.FloatField()


class ConsequenceRow(serializers.Serializer):
    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    chosen = serializers.BooleanField()
    quality = serializers.FloatField()
    reveal = serializers.CharField()
    why = serializers.CharField()
    moves = MetricChangeRow(many=True)


class DecisionRow(serializers.Serializer):
    """A past decision, with the consequences of all its options."""

    seq = serializers.IntegerField()
    node = serializers.CharField(source="event.node")
    choice = serializers.CharField(source="event.choice")
    at = serializers.DateTimeField(source="event.at")
    confidence = serializers.IntegerField(source="event.confidence", allow_null=True)
    reason = serializers.CharField(source="event.reason")
    prompt = serializers.CharField()
    sentence = serializers.CharField(help_text="What it changed, in words.")
    moves = MetricChangeRow(many=True)
    options = ConsequenceRow(many=True)


class NewDecision(serializers.Serializer):
    seq = serializers.IntegerField(min_value=1, max_value=1000, help_text="The number of the current step.")
    choice = serializers.CharField(required=False, max_length=40, help_text="Id of an option.")
    answers = serializers.DictField(
        child=serializers.CharField(max_length=40), required=False, help_text="At a knowledge check: answer by field id."
    )
    confidence = serializers.IntegerField(required=False, allow_null=True, help_text="1 guessing .. 4 very sure.")
    reason = ProseField(required=False, allow_blank=True, max_length=2000)


class DecisionList(APIView):
    """The decisions of one of your own attempts. POST submits the next one, which is final."""

    def get(self, request: Request, id: int) -> Response:
        refuse_undeclared(request, {"format"})
        attempt = self._find(request, id)
        return Response([DecisionRow(attempts.reveal(attempt.play, event)).data for event in attempt.own_events])

    def post(self, request: Request, id: int) -> Response:
        attempt = self._find(request, id)
        asked = NewDecision(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        if not attempt.is_running or told["seq"] != attempt.play.seq:
            return self._out_of_step(request, id)
        answers = {f"answer_{key}": value for key, value in told.pop("answers", {}).items()}
        typed = {key: value for key, value in told.items() if value is not None}
        form = step_form(attempts.question(attempt.play), answers | typed)
        if not form.is_valid():
            errors = {name: [str(error) for error in found] for name, found in form.errors.items()}
            raise ValidationError({name.removeprefix("answer_"): found for name, found in errors.items()})
        try:
            event = decide(attempt, seq=told["seq"], choice=form.answer, now=timezone.now(), **form.told)
        except OutOfStep:
            return self._out_of_step(request, id)
        except engine.NotPlayable:
            raise ValidationError({"choice": FAULTY}) from None
        return Response(DecisionRow(attempts.reveal(attempt.play, event)).data, status=status.HTTP_201_CREATED)

    def _find(self, request: Request, id: int) -> Attempt:
        attempt = Attempt.objects.visible_to(request.user).select_related("version__scenario", "user").filter(pk=id).first()
        if attempt is None:
            raise Http404
        return attempt

    def _out_of_step(self, request: Request, id: int) -> Response:
        error = {"code": "conflict", "detail": OUT_OF_STEP, "attr": "seq"}
        body = {"type": "client_error", "errors": [error], "current": in_full(request, id)}
        return Response(body, status=status.HTTP_409_CONFLICT)
