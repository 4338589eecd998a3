"""The causes and comments of a review in the API."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Cause, Comment, Review
from incidents.models.review import PUBLISHED, Branch, branches
from incidents.review_forms import CauseForm, CommentForm
from qmportal.lib.api import Conflict, refuse_undeclared
from qmportal.lib.timestamps import written_moment
from records.api import json_object, text_of
from teams.authentication import person
from teams.idempotency import once
from teams.permissions import can_report, require


class NewCause(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=300)
    group = serializers.ChoiceField(Cause.Group.choices)
    parent = serializers.IntegerField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="ID of the cause that it explains; null: the incident itself."
    )


class CauseRow(NewCause):
    id = serializers.IntegerField()
    number = serializers.CharField(help_text="Its place in the tree: 1.2 is the second answer to why 1 happened.")


class NewComment(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=5_000, help_text="Markdown.")


class CommentRow(NewComment):
    id = serializers.IntegerField()
    author = serializers.EmailField(allow_null=True)
    at = serializers.DateTimeField()


class ReviewParts(generics.GenericAPIView[Any]):
    """Base: parts of one review, all at once."""

    queryset = Review.objects.all()
    filter_backends = ()
    pagination_class = None

    def find(self, request: Request, reference: str) -> Review:
        refuse_undeclared(request, {"format"})
        rows = Review.objects.visible_to(request.user).select_related(
            "incident__team", "incident__lead", "author", "reviewer"
        )
        review = get_object_or_404(rows, incident__reference=reference.upper())
        writes = request.method not in ("GET", "HEAD", "OPTIONS")
        require(not writes or can_report(person(request), review.incident.team))
        return review

    def find_editable(self, request: Request, reference: str) -> Review:
        review = self.find(request, reference)
        if review.published_at:
            raise Conflict(PUBLISHED)
        return review


class ReviewCauses(ReviewParts):
    """The causes of a review, each after the one that it explains. POST adds one."""

    serializer_class = CauseRow

    def get(self, request: Request, reference: str) -> Response:
        return Response([cause_row(one) for one in branches(self.find(request, reference).causes.all())])

    def post(self, request: Request, reference: str) -> Response:
        return once(request, lambda: self._add(request, reference))

    def _add(self, request: Request, reference: str) -> Response:
        review = self.find_editable(request, reference)
        data = read_texts(json_object(request), "text", "group", "parent")
        form = CauseForm(data, review=review, tree=branches(review.causes.all()))
        if not form.is_valid():
            raise DjangoValidationError(form.errors.as_data())
        cause = review.causes.create(**form.cleaned_data)
        return Response(cause_row(found(review, cause.pk)), status=status.HTTP_201_CREATED)


class ReviewCause(ReviewParts):
    """One cause. DELETE removes it and those that explain it."""

    serializer_class = CauseRow

    def get(self, request: Request, reference: str, id: int) -> Response:
        return Response(cause_row(found(self.find(request, reference), id)))

    def delete(self, request: Request, reference: str, id: int) -> Response:
        found(self.find_editable(request, reference), id).cause.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReviewComments(ReviewParts):
    """The comments on a review, oldest first. POST adds one; comments stay as they are."""

    serializer_class = CommentRow

    def get(self, request: Request, reference: str) -> Response:
        return Response([comment_row(each) for each in self.find(request, reference).comments.select_related("author")])

    def post(self, request: Request, reference: str) -> Response:
        return once(request, lambda: self._add(request, reference))

    def _add(self, request: Request, reference: str) -> Response:
        review = self.find(request, reference)
        form = CommentForm(read_texts(json_object(request), "text"))
        if not form.is_valid():
            raise DjangoValidationError(form.errors.as_data())
        with transaction.atomic():
            comment = Comment.objects.create(review=review, author=person(request), **form.cleaned_data)
            comment.tell()
        return Response(comment_row(comment), status=status.HTTP_201_CREATED)


def read_texts(body: dict[str, Any], *known: str) -> dict[str, str]:
    """What the page's form would send. Raises a ValidationError for fields with a wrong name or type."""
    problems: dict[str, Any] = dict.fromkeys(
        body.keys() - set(known), f"This field cannot be set here. These can: {', '.join(known)}."
    )
    given: dict[str, str] = {}
    for name in known:
        value = body.get(name)
        try:
            is_id = name == "parent" and type(value) is int
            given[name] = str(value) if is_id else text_of("" if value is None else value)
        except DjangoValidationError as refused:
            problems[name] = refused.messages
    if problems:
        raise ValidationError(problems)
    return given


def found(review: Review, pk: int) -> Branch:
    """A cause with its place in the tree, or 404."""
    for one in branches(review.causes.all()):
        if one.cause.pk == pk:
            return one
    raise Http404


def cause_row(one: Branch) -> dict[str, Any]:
    cause = one.cause
    return {
        "id": cause.pk,
        "parent": cause.parent_id,
        "number": one.number,
        "text": cause.text,
        "group": cause.group,
    }


def comment_row(comment: Comment) -> dict[str, Any]:
    author = comment.author
    return {
        "id": comment.pk,
        "text": comment.text,
        "author": author and author.email,
        "at": written_moment(comment.at),
    }
