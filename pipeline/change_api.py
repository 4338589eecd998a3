"""Changes and deployments over the API: a pipeline reports them, and reports them again when they go on."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.assistance import assisted
from pipeline.models import Change, Deployment, Service
from qmportal.lib.api import Conflict, InstantFilter, refuse_undeclared
from qmportal.lib.rows import NameField, RowDetail, RowList, VisibleRows
from qmportal.lib.text import is_storable
from qmportal.lib.versions import Stale
from records import intake
from records.api import MISSING_VERSION, STALE, RecordRow, json_object, read_version, teams_of
from teams.authentication import person
from teams.idempotency import once
from teams.models import Team, User
from teams.permissions import can_report, require

MOST_CHANGES = 1_000
TEXTS = "Send a list of texts."


class ChangeRow(RecordRow):
    written: ClassVar[tuple[str, ...]] = (
        *("title", "team", "service", "lines", "reviewers", "review_minutes", "ai_assisted"),
        *Change.TIMES,
        *("commit", "url", "source", "external_id"),
    )

    reference = serializers.CharField()
    team = NameField(Team, "slug", source="team_id")
    service = NameField(Service, "slug", source="service_id", allow_null=True)
    title = serializers.CharField()
    lines = serializers.IntegerField(allow_null=True, help_text="Changed lines.")
    reviewers = serializers.IntegerField(allow_null=True, help_text="How many people reviewed it.")
    review_minutes = serializers.IntegerField(allow_null=True, help_text="Minutes that reviewing took.")
    ai_assisted = serializers.BooleanField(allow_null=True, help_text="Null: nobody said.")
    committed_at = serializers.DateTimeField(allow_null=True, help_text="First commit.")
    opened_at = serializers.DateTimeField()
    first_review_at = serializers.DateTimeField(allow_null=True)
    merged_at = serializers.DateTimeField(allow_null=True)
    commit = serializers.CharField(help_text="The hash of its merge commit.")
    url = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    version = serializers.IntegerField(help_text="Goes up with each edit.")
    updated_at = serializers.DateTimeField()


class DeploymentRow(RecordRow):
    written: ClassVar[tuple[str, ...]] = (
        *("team", "service", "environment", "release", "result", "kind", "finished_at"),
        *("url", "source", "external_id"),
    )

    reference = serializers.CharField()
    team = NameField(Team, "slug", source="team_id")
    service = NameField(Service, "slug", source="service_id", allow_null=True)
    environment = serializers.ChoiceField(Deployment.Environment.choices)
    release = serializers.CharField(help_text="The version that was deployed.")
    result = serializers.ChoiceField(Deployment.Result.choices)
    kind = serializers.ChoiceField(
        Deployment.Kind.choices, help_text="`rework`: unplanned, to mend something that users saw."
    )
    finished_at = serializers.DateTimeField()
    changes = serializers.ListField(
        child=serializers.CharField(), source="brought", help_text="References of the changes that it brought."
    )
    url = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField()
    version = serializers.IntegerField(help_text="Goes up with each edit.")
    updated_at = serializers.DateTimeField()

    @classmethod
    def select(cls, rows: QuerySet[Any], *more: str, user: Any = None) -> QuerySet[Any]:
        """Names only changes that the person can see."""
        seen = Change.objects.visible_to(user or AnonymousUser()).filter(deployments=OuterRef("pk"))
        named = ArraySubquery(seen.order_by("reference").values("reference"))
        return super().select(rows.annotate(brought=named), *more, user=user)


class FactFilters(django_filters.FilterSet):
    team = django_filters.ModelChoiceFilter(
        queryset=teams_of, to_field_name="slug", method="in_team", help_text="Slug: the team and those below it."
    )
    service = django_filters.ModelChoiceFilter(
        queryset=Service.objects.all(), to_field_name="slug", help_text="Slug of a service."
    )
    source = django_filters.CharFilter(max_length=40, help_text="The source that reported it. Exact match.")
    external_id = django_filters.CharFilter(max_length=120, help_text="Its ID in that source. Exact match.")
    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte", help_text="Changed at this time or later.")

    def in_team(self, rows: Any, name: str, team: Team) -> Any:
        return rows.filter(team__in=Team.objects.descendants_of(team))


class ChangeFilters(FactFilters):
    merged_from = InstantFilter(field_name="merged_at", lookup_expr="gte", help_text="Merged at this time or later.")
    merged_to = InstantFilter(field_name="merged_at", lookup_expr="lt", help_text="Merged before this time.")


class DeploymentFilters(FactFilters):
    environment = django_filters.ChoiceFilter(choices=Deployment.Environment.choices)
    result = django_filters.ChoiceFilter(choices=Deployment.Result.choices)
    kind = django_filters.ChoiceFilter(choices=Deployment.Kind.choices)
    finished_from = InstantFilter(field_name="finished_at", lookup_expr="gte", help_text="Finished at this time or later.")
    finished_to = InstantFilter(field_name="finished_at", lookup_expr="lt", help_text="Finished before this time.")


class FactViews(VisibleRows):
    """Base of the list and the single row."""

    serializer_class: type[RecordRow]
    queryset: Any

    def beside(self, body: dict[str, Any], team: Team | None) -> tuple[dict[str, Any], dict[str, str]]:
        """Takes what isn't a column out of the body: further values for the intake, and the problems by field."""
        return {}, {}

    def after(self, fact: Any) -> None:
        """Stores what isn't a column."""

    def store(self, request: Request, fact: Any, body: dict[str, Any]) -> None:
        """Cleans and stores a body. Raises with the problems by field."""
        user = person(request)
        values, problems = self._read(body, fact, user)
        problems = intake.apply(fact, values, by=user, at=timezone.now(), door=intake.TYPED) | problems
        if problems:
            raise ValidationError(problems)
        require(can_report(user, fact.team))
        with transaction.atomic():
            fact.save()
            self.after(fact)

    def _read(self, body: dict[str, Any], fact: Any, user: User) -> tuple[dict[str, Any], dict[str, str]]:
        columns = {name: value for name, value in body.items() if name not in ("changes", "labels", "message")}
        values, problems = self.serializer_class.values_of(columns, fact, user)
        more, wrong = self.beside(body, values.get("team") or (fact.team if fact.pk else None))
        return values | more, problems | wrong

    def answer(self, fact: Any, code: int = status.HTTP_200_OK, **headers: str) -> Response:
        rows = self.serializer_class.select(type(fact)._base_manager.filter(pk=fact.pk), user=self.request.user)
        row = self.serializer_class(context=self.get_serializer_context()).to_representation(rows.get())
        return Response(row, status=code, headers=headers)


class FactList(FactViews, RowList):
    """Reports one, or reports it again: the same `source` and `external_id` change the same row."""

    def post(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        return once(request, lambda: self._report(request))

    def _report(self, request: Request) -> Response:
        body = dict(json_object(request))
        known = self._known(body, person(request))
        fact = known or self.queryset.model()
        try:
            self.store(request, fact, body)
        except IntegrityError as refused:
            if "_external_unique" not in str(refused):
                raise
            raise Conflict("Another request has just reported this. Send it again.") from None
        if known:
            return self.answer(fact)
        return self.answer(fact, status.HTTP_201_CREATED, Location=f"{settings.SITE_URL}{request.path}{fact.reference}/")

    def _known(self, body: dict[str, Any], user: User) -> Any:
        """The row that was reported before under this name, if the person can see it."""
        named = {name: body.get(name) for name in ("source", "external_id")}
        if not all(is_storable(value) and value.strip() for value in (*named.values(), body.get("team"))):
            return None
        rows = self.queryset.model.objects.visible_to(user).select_related("team")
        return rows.filter(**named, team__slug=body["team"]).first()


class FactDetail(FactViews, RowDetail):
    """One row. PATCH changes the fields that you send."""

    lookup_field = "reference"

    def patch(self, request: Request, reference: str) -> Response:
        refuse_undeclared(request, {"format"})
        rows = self.queryset.model.objects.visible_to(request.user).select_related("team")
        fact = get_object_or_404(rows, reference=reference.upper())
        require(can_report(person(request), fact.team))
        body = dict(json_object(request))
        version = read_version(body)
        if version != fact.version:
            return self.conflict(fact, version)
        try:
            self.store(request, fact, body)
        except Stale as stale:
            return self.conflict(stale.current, version)
        return self.answer(fact)

    def conflict(self, fact: Any, version: int | None) -> Response:
        error = {"code": "conflict", "detail": MISSING_VERSION if version is None else STALE, "attr": "version"}
        body = {"type": "client_error", "errors": [error], "current": self.answer(fact).data}
        return Response(body, status=status.HTTP_409_CONFLICT)


def texts(value: Any) -> list[str] | None:
    """The value, if it is a list of texts."""
    fits = isinstance(value, list) and len(value) <= MOST_CHANGES and all(map(is_storable, value))
    return value if fits else None


class OfChanges(FactViews):
    """Besides the columns: `labels` and `message` say whether AI assisted, unless `ai_assisted` does."""

    def beside(self, body: dict[str, Any], team: Team | None) -> tuple[dict[str, Any], dict[str, str]]:
        labels, message = texts(body.get("labels", [])), body.get("message", "")
        problems = {} if labels is not None else {"labels": TEXTS}
        if not isinstance(message, str):
            problems["message"] = "Enter text."
        if problems or body.get("ai_assisted") is not None:
            return {}, problems
        found = assisted(labels or [], message)
        return ({} if found is None else {"ai_assisted": found}), {}


class OfDeployments(FactViews):
    """Besides the columns: `changes` names what was deployed, by reference, external ID or merge commit."""

    _changes: list[Change] | None = None

    def beside(self, body: dict[str, Any], team: Team | None) -> tuple[dict[str, Any], dict[str, str]]:
        if "changes" not in body:
            return {}, {}
        names = texts(body["changes"])
        if names is None:
            return {}, {"changes": TEXTS}
        seen = Change.objects.visible_to(self.request.user)
        self._changes, unknown = seen.filter(team=team).find_named(names)
        return {}, {"changes": f"The team has no change “{unknown[0][:40]}”."} if unknown else {}

    def after(self, fact: Any) -> None:
        if self._changes is not None:
            fact.bring(self._changes, Change.objects.visible_to(self.request.user))


class ChangeList(OfChanges, FactList):
    """Changes of your teams. POST reports one, or reports it again when it is reviewed or merged."""

    queryset = Change.objects.all()
    serializer_class = ChangeRow
    filterset_class = ChangeFilters
    orderings = ("-opened_at", "opened_at", "-updated_at", "updated_at")


class ChangeDetail(OfChanges, FactDetail):
    """One change. PATCH changes the fields that you send."""

    queryset = Change.objects.all()
    serializer_class = ChangeRow


class DeploymentList(OfDeployments, FactList):
    """Deployments of your teams. POST reports one, with the changes that it brings."""

    queryset = Deployment.objects.all()
    serializer_class = DeploymentRow
    filterset_class = DeploymentFilters
    orderings = ("-finished_at", "finished_at", "-updated_at", "updated_at")


class DeploymentDetail(OfDeployments, FactDetail):
    """One deployment. PATCH changes the fields that you send."""

    queryset = Deployment.objects.all()
    serializer_class = DeploymentRow
