"""The API of reviews. An incident's review has the address of the incident's reference."""

from __future__ import annotations

from typing import Any

import django_filters
from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Incident, Review
from incidents.models.review import LONGEST, ONLY_THE_REVIEWER, SECTIONS, STEPS
from incidents.review_forms import ReviewForm, ReviewsForm
from qmportal.lib.api import Conflict, refuse_undeclared
from qmportal.lib.days import local_day
from qmportal.lib.rows import RowDetail, RowList, RowSerializer
from qmportal.lib.versions import Stale
from records.api import MOST, VersionedViews, found_by_key, json_object, read_version, text_of
from records.bulk_api import MOST as MOST_AT_ONCE
from records.bulk_api import BulkViews
from teams.authentication import person
from teams.idempotency import once
from teams.models import User
from teams.permissions import can_report, require

WRITTEN = (*SECTIONS, "reviewer", "due_on")
PUBLISHED = "A published review can't be edited. Send it back to draft first."


class ReviewRow(RowSerializer):
    incident = serializers.CharField(source="incident__reference")
    status = serializers.ChoiceField(Review.Status.choices, source="state")
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
    version = serializers.IntegerField(min_value=0, max_value=MOST, help_text="The version that you read.")
    summary = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    impact = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    went_well = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    went_wrong = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    lessons = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST)
    reviewer = serializers.EmailField(required=False, allow_null=True, help_text="A person who can see the incident.")
    due_on = serializers.DateField(required=False)


class NewReview(serializers.Serializer[Any]):
    incident = serializers.CharField(max_length=40, help_text="Reference of the incident.")


class ReviewTransition(serializers.Serializer[Any]):
    to = serializers.ChoiceField(Review.Status.choices)
    version = serializers.IntegerField(required=False, min_value=0, max_value=MOST, help_text="The version that you read.")


class ReviewBulkEdit(serializers.Serializer[Any]):
    references = serializers.ListField(
        child=serializers.CharField(), max_length=MOST_AT_ONCE, help_text="Those of the incidents."
    )
    reason = serializers.CharField(max_length=2000, help_text="Added to each review as a comment.")
    move = serializers.ChoiceField([step.name for step in STEPS], required=False)
    reviewer = serializers.EmailField(required=False, help_text="A person who can see the incidents.")
    due_on = serializers.DateField(required=False)


class ReviewFilters(django_filters.FilterSet):
    published = django_filters.BooleanFilter(method="is_published")
    overdue = django_filters.BooleanFilter(method="is_overdue", help_text="`true`: not published, and due before today.")

    def is_published(self, rows: QuerySet[Review], name: str, value: bool) -> QuerySet[Review]:
        return rows.exclude(published_at=None) if value else rows.filter(published_at=None)

    def is_overdue(self, rows: QuerySet[Review], name: str, value: bool) -> QuerySet[Review]:
        late = {"published_at": None, "due_on__lt": local_day(timezone.now())}
        return rows.filter(**late) if value else rows.exclude(**late)


class ReviewViews(VersionedViews):
    queryset = Review.objects.with_status()
    in_full = ReviewInFull

    def find(self, request: Request, reference: str) -> Review:
        """The review, for writing."""
        refuse_undeclared(request, {"format"})
        related = ("incident__team", "incident__lead", "author", "reviewer")
        rows = Review.objects.visible_to(request.user).select_related(*related)
        review = get_object_or_404(rows, incident__reference=reference.upper())
        require(can_report(person(request), review.incident.team))
        return review


class ReviewList(ReviewViews, RowList):
    """Reviews of incidents that you can see. POST starts the review of an incident, or returns the one that exists."""

    serializer_class = ReviewRow
    filterset_class = ReviewFilters
    orderings = ("-updated_at", "updated_at", "-created_at", "created_at")

    def post(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        return once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        user, body = person(request), json_object(request)
        strange = dict.fromkeys(body.keys() - {"incident"}, "This field cannot be set here. These can: incident.")
        incident = self._incident(body.get("incident"), user)
        if strange:
            raise ValidationError(strange)
        require(can_report(user, incident.team))
        existed = Review.objects.filter(incident=incident).exists()
        review = Review.objects.start(incident, by=user, at=timezone.now())
        address = f"{settings.SITE_URL}{request.path}{incident.reference}/"
        return self.answer(review, status.HTTP_200_OK if existed else status.HTTP_201_CREATED, Location=address)

    def _incident(self, value: Any, user: User) -> Incident:
        column: Any = Review._meta.get_field("incident")
        try:
            incident: Incident | None = found_by_key(column, "reference", value, user)
        except DjangoValidationError as refused:
            raise ValidationError({"incident": refused.messages}) from None
        if incident is None:
            raise ValidationError({"incident": "Enter the reference of an incident."})
        return incident


class ReviewDetail(ReviewViews, RowDetail):
    """The review of an incident, with its sections. PATCH changes the fields that you send."""

    serializer_class = ReviewInFull
    lookup_field = "incident__reference"
    lookup_url_kwarg = "reference"

    def get(self, request: Request, reference: str) -> Response:
        self.kwargs["reference"] = reference.upper()
        return self.retrieve(request)

    def patch(self, request: Request, reference: str) -> Response:
        review = self.find(request, reference)
        body = dict(json_object(request))
        version = read_version(body)
        if version != review.version:
            return self.conflict(review, version)
        if review.published_at:
            raise Conflict(PUBLISHED)
        form = ReviewForm(self._form_data(review, body), instance=review)
        if not form.is_valid():
            raise DjangoValidationError(form.errors.as_data())
        try:
            with transaction.atomic():
                form.save()
        except Stale as stale:
            return self.conflict(stale.current, version)
        return self.answer(review)

    def _form_data(self, review: Review, body: dict[str, Any]) -> dict[str, str]:
        """What the page's form would send: the fields of the body, and the others as they are."""
        problems: dict[str, Any] = {}
        for name, value in body.items():
            try:
                if name not in WRITTEN:
                    raise DjangoValidationError(f"This field cannot be set here. These can: {', '.join(WRITTEN)}.")
                body[name] = text_of("" if value is None else value)
            except DjangoValidationError as refused:
                problems[name] = refused.messages
        if problems:
            raise ValidationError(problems)
        stored = {name: getattr(review, name) for name in SECTIONS}
        reviewer = review.reviewer.email if review.reviewer else ""
        return {**stored, "reviewer": reviewer, "due_on": review.due_on.isoformat(), "version": str(review.version)} | body


class ReviewTransitions(ReviewViews):
    """Submits a review, sends it back, publishes it or opens it for edits again: send the new status as `to`."""

    serializer_class = ReviewInFull

    def post(self, request: Request, reference: str) -> Response:
        return once(request, lambda: self._take(request, reference))

    def _take(self, request: Request, reference: str) -> Response:
        review, body = self.find(request, reference), dict(json_object(request))
        version = read_version(body)
        if version is not None and version != review.version:
            return self.conflict(review, version)
        to = body.pop("to", None)
        if to not in Review.Status.values:
            raise ValidationError({"to": f"Choose one of {', '.join(Review.Status.values)}."})
        if body:
            raise ValidationError(dict.fromkeys(body, "This field cannot be set here. These can: to, version."))
        step = next((step for step in review.possible_steps() if step.to == to), None)
        if step is None:
            possible = ", ".join(step.to for step in review.possible_steps())
            return self.conflict(review, version, illegal=f"The review is {review.status}. Possible now: {possible}.")
        require(review.may_take(step, person(request)), ONLY_THE_REVIEWER)
        try:
            review.take(step.name, by=person(request), at=timezone.now())
        except DjangoValidationError as refused:
            if hasattr(refused, "error_dict"):
                raise
            return self.conflict(review, version, illegal=" ".join(refused.messages))
        return self.answer(review)


class ReviewBulk(BulkViews):
    """Changes many reviews at once, up to 500: the reviewer, the day on which they are due, or the status by a move."""

    queryset = Review.objects.all()
    in_full = ReviewInFull
    names = ReviewsForm.names
    reference = "incident__reference"

    def moves(self) -> list[str]:
        return [step.name for step in STEPS]

    def checked(self, values: dict[str, Any], user: Any) -> tuple[dict[str, Any], dict[str, str]]:
        changes: dict[str, Any] = {}
        problems: dict[str, str] = {}
        for name, value in values.items():
            try:
                changes[name] = str(ReviewsForm.base_fields[name].clean(text_of(value)) or "")
            except DjangoValidationError as refused:
                problems[name] = refused.messages[0]
            else:
                if not changes[name]:
                    problems[name] = "This can't be empty."
        return changes, problems
