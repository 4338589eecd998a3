"""The API of reviews. An incident's review has the address of the incident's reference."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Review
from incidents.models.review import LONGEST, SECTIONS
from qmportal.lib.api import Conflict, refuse_undeclared
from qmportal.lib.days import local_day
from qmportal.lib.rows import RowDetail, RowList, RowSerializer
from qmportal.lib.text import clean_text, refuse_unstorable
from qmportal.lib.versions import Stale
from records.api import STALE, json_object, read_version, text_of
from teams.authentication import person
from teams.permissions import can_report, require


class ReviewRow(RowSerializer):
    incident = serializers.CharField(source="incident__reference")
    author = serializers.EmailField(source="author__email", allow_null=True)
    reviewer = serializers.EmailField(source="reviewer__email", allow_null=True)
    due_on = serializers.DateField()
    created_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True, help_text="null: a draft.")
    published_at = serializers.DateTimeField(allow_null=True)
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="Goes up with each edit.")


class ReviewInFull(ReviewRow):
    summary = serializers.CharField(help_text="Markdown, like the other sections.")
    impact = serializers.CharField()
    went_well = serializers.CharField()
    went_wrong = serializers.CharField()
    lessons = serializers.CharField()


class ReviewChange(serializers.Serializer[Any]):
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, help_text="The version that you read.")
    summary = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    impact = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    went_well = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    went_wrong = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    lessons = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)


class ReviewFilters(django_filters.FilterSet):
    published = django_filters.BooleanFilter(method="is_published")
    overdue = django_filters.BooleanFilter(method="is_overdue", help_text="`true`: not published, and due before today.")

    def is_published(self, rows: QuerySet[Review], name: str, value: bool) -> QuerySet[Review]:
        return rows.exclude(published_at=None) if value else rows.filter(published_at=None)

    def is_overdue(self, rows: QuerySet[Review], name: str, value: bool) -> QuerySet[Review]:
        late = {"published_at": None, "due_on__lt": local_day(timezone.now())}
        return rows.filter(**late) if value else rows.exclude(**late)


class ReviewList(RowList):
    """Reviews of incidents that you can see."""

    queryset = Review.objects.all()
    serializer_class = ReviewRow
    filterset_class = ReviewFilters
    orderings = ("-updated_at", "updated_at", "-created_at", "created_at")


class ReviewDetail(RowDetail):
    """The review of an incident, with its sections. PATCH changes the sections that you send."""

    queryset = Review.objects.all()
    serializer_class = ReviewInFull
    lookup_field = "incident__reference"
    lookup_url_kwarg = "reference"

    def get(self, request: Request, reference: str) -> Response:
        self.kwargs["reference"] = reference.upper()
        return self.retrieve(request)

    def patch(self, request: Request, reference: str) -> Response:
        refuse_undeclared(request, {"format"})
        rows = Review.objects.visible_to(request.user).select_related("incident__team")
        review = get_object_or_404(rows, incident__reference=reference.upper())
        require(can_report(person(request), review.incident.team))
        body = dict(json_object(request))
        if read_version(body) != review.version:
            raise Conflict(STALE)
        if review.published_at:
            raise Conflict("A published review can't be edited.")
        for name, text in _sections(body).items():
            setattr(review, name, text)
        try:
            with transaction.atomic():
                review.save()
        except Stale:
            raise Conflict(STALE) from None
        return self.get(request, reference)


def _sections(body: dict[str, Any]) -> dict[str, str]:
    texts, problems = {}, {}
    for name, value in body.items():
        try:
            if name not in SECTIONS:
                raise DjangoValidationError(f"This field cannot be set here. These can: {', '.join(SECTIONS)}.")
            texts[name] = clean_text(text_of(value)).strip()
            refuse_unstorable(texts[name])
            if len(texts[name]) > LONGEST:
                raise DjangoValidationError(f"Use at most {LONGEST:,} characters.")
        except DjangoValidationError as refused:
            problems[name] = refused.messages
    if problems:
        raise ValidationError(problems)
    return texts
