"""Pages of reviews: their list, one with its causes and comments, its form and its export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from incidents.blame import Hint, hints
from incidents.fishbone import HEAD, HEIGHT, SPINE, WIDTH, ribs
from incidents.models import Action, Cause, Comment, Incident, Review
from incidents.models.review import SECTIONS, branches
from incidents.report import markdown_of
from qmportal.lib.days import local_day
from qmportal.lib.forms import DayField, KeyField, LineField, ProseField, WholeNumberField, clean_formfield, go
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.versions import Conflict, Difference, Stale, sent_again
from records.views import events
from teams.models import User
from teams.permissions import can_report, is_member, require
from teams.requests import SignedInRequest

STATES = {"": "To do", "mine": "Mine", "overdue": "Overdue", "published": "Published"}
NOT_A_MEMBER = "Nobody who can see this incident has that email."


class ReviewForm(forms.ModelForm):
    reviewer = KeyField(
        User.objects.filter(is_active=True),
        to_field_name="email",
        fold=str.lower,
        required=False,
        help_text="Email of the person who reads it before it is published.",
        error_messages={"invalid_choice": NOT_A_MEMBER},
    )
    due_on = DayField(label="Due", error_messages={"required": "Enter the day on which it is due."})
    version = WholeNumberField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    class Meta:
        model = Review
        fields = (*SECTIONS, "reviewer", "due_on")
        formfield_callback = clean_formfield
        widgets = dict.fromkeys(SECTIONS, forms.Textarea(attrs={"rows": 6}))
        help_texts = {
            "summary": "What users saw, and what was done about it. Markdown works.",
            "impact": "Who was affected, how much and for how long.",
            "went_well": "What helped, so that you keep it.",
            "went_wrong": "What made it harder or slower.",
            "lessons": "What you would tell another team.",
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.read = self.instance.version
        self.initial.update(version=self.read, reviewer=self.instance.reviewer)

    def clean_reviewer(self) -> User | None:
        person: User | None = self.cleaned_data["reviewer"]
        if person and person != self.initial["reviewer"] and not is_member(person, self.instance.incident.team):
            raise ValidationError(NOT_A_MEMBER)
        return person

    def clean(self) -> dict[str, Any]:
        self.instance.version = self.cleaned_data.get("version", self.read)
        return self.cleaned_data

    def conflict(self, current: Review) -> Conflict:
        """What someone else has saved in the meantime. Sending the form again overwrites it."""
        self.data = sent_again(self.data, version=current.version)
        pairs = [(str(self[name].label), getattr(current, name), self.cleaned_data[name]) for name in SECTIONS]
        differing = [Difference(*pair) for pair in pairs if pair[1].split() != pair[2].split()]
        return Conflict("review", at=current.updated_at, differences=differing)


class CauseForm(forms.Form):
    text = LineField(max_length=300, label="Cause", error_messages={"required": "Say what caused it."})
    group = forms.ChoiceField(choices=Cause.Group.choices, label="Kind of cause")
    parent = forms.ModelChoiceField(
        Cause.objects.none(), required=False, label="Explains", empty_label="The incident itself"
    )

    def __init__(self, *args: Any, review: Review, tree: list[Any], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.review, self.size = review, len(tree)
        field: Any = self.fields["parent"]
        field.queryset = review.causes.all()
        field.choices = [("", field.empty_label), *((one.cause.pk, f"{one.number} {one.cause.text}") for one in tree)]
        if tree:  # the next why usually follows from the last answer
            self.initial["parent"] = max(one.cause.pk for one in tree)

    def clean(self) -> dict[str, Any]:
        if self.size >= Cause.MOST:
            raise ValidationError(f"A review has at most {Cause.MOST} causes.")
        return self.cleaned_data


class CommentForm(forms.Form):
    text = ProseField(
        max_length=5_000,
        label="Comment",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter a comment."},
    )


@require_safe
def review_list(request: SignedInRequest) -> HttpResponse:
    show = request.GET.get("show", "")
    show = show if show in STATES else ""
    rows, today = Review.objects.visible_to(request.user), local_day(timezone.now())
    if show == "published":
        rows = rows.exclude(published_at=None).order_by("-published_at")
    elif show == "overdue":
        rows = rows.overdue(today)
    else:
        rows = rows.to_do()
    if show == "mine":
        rows = rows.filter(author=request.user) | rows.filter(reviewer=request.user)
    rows = rows.select_related("incident__team", "incident__severity", "author", "reviewer")
    context = {
        "page": Paginator(rows, 50).get_page(request.GET.get("page")),
        "show": show,
        "states": STATES.items(),
        "today": today,
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
        messages.error(request, "A published review can't be edited. Choose “Edit again” first.")
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
    actions = Action.objects.visible_to(request.user).filter(incident=review.incident).select_related("owner")
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
    require(review.published_at is None, "A published review can't be edited. Choose “Edit again” first.")
    return review


def _page(request: SignedInRequest, review: Review, **sent: Any) -> HttpResponse:
    """The page of a review. `sent`: a form with errors."""
    incident, tree = review.incident, branches(review.causes.all())
    may_edit = can_report(request.user, incident.team)
    by_group = {group.label: [one.cause.text for one in tree if one.cause.group == group] for group in Cause.Group}
    actions = Action.objects.visible_to(request.user).filter(incident=incident).select_related("owner")
    context = {
        "review": review,
        "incident": incident,
        "tree": tree,
        "drawing": _drawing(incident, by_group),
        "events": _events(review),
        "actions": actions,
        "comments": review.comments.select_related("author"),
        "steps": review.steps(request.user),
        "is_overdue": review.is_overdue(local_day(timezone.now())),
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
    return sorted([*events(review.incident), *notes], key=lambda event: event["at"])


def _hints(review: Review, tree: list[Any]) -> Iterator[Hint]:
    """Wording that blames. The names are those of the team's members and of the incident."""
    incident = review.incident
    people = User.objects.filter(memberships__team=incident.team_id).values_list("name", flat=True)
    names = {*people, *(person.name for person in (incident.lead, review.author) if person)}
    texts = [text for _, text in review.parts] + [one.cause.text for one in tree]
    yield from hints("\n".join(texts), filter(None, names))
