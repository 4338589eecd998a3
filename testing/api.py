"""Test runs over the API: CI sends a report, and reads what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

import django_filters
from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from pipeline.change_api import FactFilters
from pipeline.models import Service, Stage
from qmportal.lib.api import Conflict, InstantFilter, refuse_undeclared
from qmportal.lib.raw_files import HOW, RawFile
from qmportal.lib.rows import NameField, RowDetail, RowList, RowSerializer
from records.api import RecordRow
from teams.authentication import person
from teams.models import Team
from testing.models import Failure, TestRun
from testing.receiving import receive


class TestRunRow(RecordRow):
    __test__ = False  # for pytest
    written: ClassVar[tuple[str, ...]] = (
        *("team", "service", "stage", "name", "branch", "commit", "ran_at", "url", "source", "external_id"),
    )

    reference = serializers.CharField()
    team = NameField(Team, "slug", source="team_id")
    service = NameField(Service, "slug", source="service_id", allow_null=True)
    stage = NameField(Stage, "slug", source="stage_id", help_text="The stage that ran it. Default: `ci`.")
    name = serializers.CharField(help_text="The job. Runs of one job on one commit are compared to find flaky tests.")
    branch = serializers.CharField()
    commit = serializers.CharField()
    ran_at = serializers.DateTimeField(help_text="Default: now.")
    kind = serializers.ChoiceField(TestRun.Kind.choices)
    tool = serializers.CharField()
    total = serializers.IntegerField(help_text="Tests in the report. Findings, for static analysis.")
    failed = serializers.IntegerField()
    flaky = serializers.IntegerField(help_text="Passed on retry, or with both results on one commit.")
    skipped = serializers.IntegerField()
    distinct = serializers.IntegerField(help_text="Distinct failures.")
    filed = serializers.IntegerField(help_text="Defects that this run filed.")
    url = serializers.CharField(help_text="The page of the run in your CI.")
    source = serializers.CharField()  # type: ignore[assignment]
    external_id = serializers.CharField(help_text="Its ID in that source. Default: a digest.")
    updated_at = serializers.DateTimeField()


class TestRunFilters(FactFilters):
    __test__ = False
    kind = django_filters.ChoiceFilter(choices=TestRun.Kind.choices)
    branch = django_filters.CharFilter(max_length=200, help_text="Exact match.")
    commit = django_filters.CharFilter(max_length=64, help_text="Exact match.")
    ran_from = InstantFilter(field_name="ran_at", lookup_expr="gte", help_text="Ran at this time or later.")
    ran_to = InstantFilter(field_name="ran_at", lookup_expr="lt", help_text="Ran before this time.")


class TestRunList(RowList):
    """Test runs of your teams. POST takes a report: JUnit XML or SARIF."""

    __test__ = False
    queryset = TestRun.objects.all()
    serializer_class = TestRunRow
    filterset_class = TestRunFilters
    orderings = ("-ran_at", "ran_at", "-updated_at", "updated_at")
    parser_classes = [MultiPartParser, RawFile]

    def post(self, request: Request) -> Response:
        """Counts the report once: sent again, it answers 200 with the same run."""
        sent: dict[str, Any] = {**request.data.dict()} if hasattr(request.data, "dict") else dict(request.data)
        file = sent.pop("file", None)
        if not hasattr(file, "chunks"):
            raise ValidationError({"file": HOW})
        declared = set() if set(sent) else {*TestRunRow.written}
        refuse_undeclared(request, {"format", *declared})
        body = sent or {name: request.query_params[name] for name in TestRunRow.written if name in request.query_params}
        user = person(request)
        blank: Any = TestRun()
        values, problems = TestRunRow.values_of(body, blank, user)
        if problems:
            raise ValidationError(problems)
        try:
            run, is_new = receive(file, values, by=user, at=timezone.now())
        except DjangoValidationError as refused:
            raise ValidationError(refused.message_dict) from None
        except IntegrityError:
            raise Conflict("Another request has just sent this report. Send it again.") from None
        rows = TestRunRow.select(TestRun.objects.filter(pk=run.pk), user=user)
        row = TestRunRow(context=self.get_serializer_context()).to_representation(rows.get())
        where = {"Location": f"{settings.SITE_URL}{request.path}{run.reference}/"}
        return Response(row, status.HTTP_201_CREATED if is_new else status.HTTP_200_OK, headers=where)


class TestRunDetail(RowDetail):
    """One test run with its counts. What failed in it is behind `failures/`."""

    __test__ = False
    queryset = TestRun.objects.all()
    serializer_class = TestRunRow
    lookup_field = "reference"


class FailureRow(RowSerializer):
    fingerprint = serializers.CharField(help_text="The same failure has the same one in every run of the team.")
    title = serializers.CharField()
    place = serializers.CharField(help_text="The suite of a test, the file of a finding.")
    tests = serializers.IntegerField(help_text="How many tests failed this way. Findings, for static analysis.")
    examples = serializers.ListField(child=serializers.CharField(), help_text="The first of these tests.")
    first_seen_at = serializers.DateTimeField(help_text="The first run of the team with this failure.")
    last_seen_at = serializers.DateTimeField()
    defect = serializers.CharField(
        source="defect__reference", allow_null=True, help_text="The defect that was filed. Null: none, or it is hidden."
    )


class TestRunFailures(RowList):
    """What failed in a test run: each distinct failure once, new ones first."""

    __test__ = False
    queryset = Failure.objects.all()
    serializer_class = FailureRow
    orderings = ("-first_seen_at", "first_seen_at")

    def get_queryset(self) -> QuerySet[Any]:
        if not getattr(self, "swagger_fake_view", False):
            runs = TestRun.objects.visible_to(self.request.user).only("pk")
            run = get_object_or_404(runs, reference=self.kwargs["reference"].upper())
            self.queryset = Failure.objects.of_run(run)
        return super().get_queryset()
