"""Pages of reviews: their list, one with its causes and comments, its form and its export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents.blame import Hint, hints
from incidents.fishbone import HEAD, HEIGHT, SPINE, WIDTH, ribs
from incidents.models import Action, Cause, Comment, Incident, Review
from incidents.models.review import CSV_COLUMNS, PUBLISHED, ReviewQuerySet, branches
from incidents.report import markdown_of
from incidents.review_forms import CauseForm, CommentForm, ReviewForm, ReviewsForm
from qmportal.lib.days import local_day
from qmportal.lib.forms import go
from qmportal.lib.pages import Few, form_page, render_page
from qmportal.lib.references import Links
from qmportal.lib.spreadsheet import csv_stream
from qmportal.lib.versions import Stale
from records.timeline import moves_of
from records.views import MOST_TEAMS, events, views_beside
from teams.models import User
from teams.permissions import can_report, require
from teams.requests import SignedInRequest


class ReviewLists:
    """The list of reviews, with saved views and edits of many."""

    model = Review
    noun, plural, app = "review", "reviews", "reviews"

    def url(self, name: str, *args: str) -> str:
        return reverse(f"{self.app}:{name}", args=args)

    def called(self, references: list[str], user: User) -> ReviewQuerySet:
        return Review.objects.visible_to(user).called(references)

    def listed(self, query: QueryDict, user: User) -> ReviewQuerySet:
        show, team, today = _shown(query), query.get("team", ""), local_day(timezone.now())
        rows = Review.objects.visible_to(user)
        if show == "published":
            rows = rows.exclude(published_at=None).order_by("-published_at")
        elif show == "overdue":
            rows = rows.overdue(today)
        else:
            rows = rows.to_do()
        if show == "mine":
            rows = rows.filter(Q(author=user) | Q(reviewer=user))
        return rows.filter(incident__team__in=user.reach_below(team)) if team else rows

    def bulk_form(self, data: QueryDict | None, user: User) -> ReviewsForm:
        return ReviewsForm(data)


REVIEWS = ReviewLists()
STATES = {"": "To do", "mine": "Mine", "overdue": "Overdue", "published": "Published"}


def _shown(query: QueryDict) -> str:
    show = query.get("show", "")
    return show if show in STATES else ""


@require_safe
def review_list(request: SignedInRequest) -> HttpResponseBase:
    rows = REVIEWS.listed(request.GET, request.user)
    if request.GET.get("format") == "csv":
        return csv_stream("reviews.csv", CSV_COLUMNS, rows.with_status())
    rows = rows.select_related("incident__team", "incident__severity", "author", "reviewer")
    context = views_beside(request, REVIEWS) | {
        "kind": REVIEWS,
        "teams": request.user.reach[:MOST_TEAMS],
        "team": request.GET.get("team", ""),
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "show": _shown(request.GET),
        "states": STATES.items(),
        "today": local_day(timezone.now()),
    }
    return render_page(request, "reviews/list.html", context)


@require_safe
def review_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    return _page(request, _find(request, reference))


@require_POST
def start(request: SignedInRequest, reference: str) -> HttpResponse:
    incident = get_object_or_404(Incident.objects.visible_to(request.user), reference=reference.upper())
    require(can_report(request.user, incident.team))
    return redirect(Review.objects.start(incident, by=request.user, at=timezone.now()))


@form_page
def edit(request: SignedInRequest, reference: str) -> HttpResponse:
    review = _find(request, reference)
    require(can_report(request.user, review.incident.team))
    form = ReviewForm(request.POST if request.method == "POST" else None, instance=review)
    status, conflict = (422 if form.is_bound else 200), None
    if review.published_at:
        messages.error(request, PUBLISHED)
        return redirect(review)
    if form.is_valid():
        try:
            with transaction.atomic():
                form.save()
        except Stale as stale:
            conflict, status = form.conflict(stale.current), 409
        else:
            messages.success(request, "The review was saved.")
            return go(request, review)
    context = {"review": review, "incident": review.incident, "form": form, "conflict": conflict}
    return render_page(request, "reviews/form.html", context, status=status)


@require_POST
def take(request: SignedInRequest, reference: str, name: str) -> HttpResponse:
    review = _find(request, reference)
    require(can_report(request.user, review.incident.team))
    try:
        step = review.take(name, by=request.user, at=timezone.now())
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, f"The review is {step.done}.")
    return redirect(review)


@require_POST
def cause(request: SignedInRequest, reference: str) -> HttpResponse:
    review = _editable(request, reference)
    form = CauseForm(request.POST, review=review, tree=branches(review.causes.all()))
    if not form.is_valid():
        return _page(request, review, cause_form=form)
    review.causes.create(**form.cleaned_data)
    return redirect(f"{review.get_absolute_url()}#causes")


@require_POST
def cause_remove(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Removes a cause and what explains it."""
    review = _editable(request, reference)
    get_object_or_404(review.causes, pk=pk).delete()
    return redirect(f"{review.get_absolute_url()}#causes")


@require_POST
def comment(request: SignedInRequest, reference: str) -> HttpResponse:
    review = _find(request, reference)
    require(can_report(request.user, review.incident.team))
    form = CommentForm(request.POST)
    if not form.is_valid():
        return _page(request, review, comment_form=form)
    with transaction.atomic():
        Comment.objects.create(review=review, author=request.user, **form.cleaned_data).tell()
    return redirect(f"{review.get_absolute_url()}#comments")


@require_safe
def export(request: SignedInRequest, reference: str) -> HttpResponse:
    review = _find(request, reference)
    actions = Action.objects.visible_to(request.user).filter(incident=review.incident).select_related("owner", "owner_team")
    text = markdown_of(review, branches(review.causes.all()), _events(review), list(actions))
    headers = {"Content-Disposition": f'attachment; filename="{review.incident.reference}-review.md"'}
    return HttpResponse(text, content_type="text/markdown; charset=utf-8", headers=headers)


def _find(request: SignedInRequest, reference: str) -> Review:
    related = (
        "incident__team",
        "incident__severity",
        "incident__lead",
        "incident__should_have_caught",
        "author",
        "reviewer",
    )
    rows = Review.objects.visible_to(request.user).select_related(*related)
    return get_object_or_404(rows, incident__reference=reference.upper())


def _editable(request: SignedInRequest, reference: str) -> Review:
    review = _find(request, reference)
    require(can_report(request.user, review.incident.team))
    require(review.published_at is None, PUBLISHED)
    return review


def _page(request: SignedInRequest, review: Review, **sent: Any) -> HttpResponse:
    """The page of a review. `sent`: a form with errors."""
    incident, tree = review.incident, branches(review.causes.all())
    may_edit = can_report(request.user, incident.team)
    by_group = {group.label: [one.cause.text for one in tree if one.cause.group == group] for group in Cause.Group}
    actions = Few(Action.objects.visible_to(request.user).filter(incident=incident).as_shown_beside())
    told, comments = _events(review), list(review.comments.select_related("author"))
    texts = [*(event["text"] for event in told), *(one.cause.text for one in tree), *(comment.text for comment in comments)]
    context = {
        "record_links": Links(request.user, texts),
        "review": review,
        "incident": incident,
        "tree": tree,
        "drawing": _drawing(incident, by_group),
        "events": told,
        "actions": actions,
        "comments": comments,
        "steps": review.steps(request.user),
        "may_edit": may_edit,
        "may_change": may_edit and review.published_at is None,
        "hints": list(_hints(review, tree)) if review.published_at is None else [],
        "cause_form": CauseForm(review=review, tree=tree),
        "comment_form": CommentForm(),
    }
    return render_page(request, "reviews/detail.html", context | sent, status=422 if sent else 200)


def _drawing(incident: Incident, by_group: dict[str, list[str]]) -> dict[str, Any]:
    shape = {"width": WIDTH, "height": HEIGHT, "spine": SPINE, "head_x": WIDTH - HEAD, "head_width": HEAD}
    return {
        **shape,
        "ribs": ribs(by_group),
        "groups": by_group,
        "head": incident.reference,
    }


def _events(review: Review) -> list[dict[str, Any]]:
    """The times of the incident, and the entries that are pinned to the top of its timeline."""
    pinned = review.incident.timeline.exclude(pin=None).exclude(text="")
    notes = [{"at": entry.happened_at, "text": entry.text, "note": ""} for entry in pinned]
    return sorted([*events(review.incident, moves_of(review.incident)), *notes], key=lambda event: event["at"])


def _hints(review: Review, tree: list[Any]) -> Iterator[Hint]:
    """Wording that blames. The names are those of the team's members and of the incident."""
    incident = review.incident
    people = User.objects.filter(memberships__team=incident.team_id).values_list("name", flat=True)
    names = {*people, *(person.name for person in (incident.lead, review.author) if person)}
    texts = [text for _, text in review.parts] + [one.cause.text for one in tree]
    yield from hints("\n".join(texts), filter(None, names))
