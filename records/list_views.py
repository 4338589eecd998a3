"""Pages beside a list of records: edits of many at once, and saved views."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.forms import LineField
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.references import Links
from qmportal.lib.work import ring
from records import bulk
from records.models import BulkEdit, SavedView
from records.views import MOST_VIEWS, Kind, Listed, list_query
from teams.models import Team, User
from teams.permissions import is_admin, require
from teams.requests import SignedInRequest

MOST_DELETED = 100

PRIVATE, EVERYONE = "private", "everyone"


# --- Edits of many ------------------------------------------------------------------------------------------------------


@form_page
def record_bulk(request: SignedInRequest, kind: Listed) -> HttpResponse:
    """The form for the records that the address names: `row`s by reference or, with `all`, the list that it filters."""
    ids = _chosen(request, kind)
    if not ids or len(ids) > bulk.MOST:
        sentence = f"Choose up to {bulk.MOST:,} {kind.plural} with the filters." if ids else f"Select {kind.plural} first."
        messages.error(request, sentence)
        return redirect(f"{kind.url('list')}?{list_query(request.GET)}")
    data = request.POST if request.method == "POST" else None
    form = kind.bulk_form(data, request.user)
    if form.is_valid() and request.POST.get("number") != str(len(ids)):
        form.add_error(None, f"{len(ids):,} {kind.plural} match now. Check this and send it again.")
    if not form.is_valid():
        context = {"form": form, "number": len(ids), "back": f"{kind.url('list')}?{list_query(request.GET)}"}
        return _page(request, kind, "bulk", context, status=422 if form.is_bound else 200)
    edit = BulkEdit.objects.create(
        model=kind.model._meta.label,
        ids=ids,
        changes=form.changes,
        move=form.cleaned_data["move"],
        reason=form.cleaned_data["reason"],
        requested_by=request.user,
        progress_total=len(ids),
    )
    if len(ids) > bulk.AT_ONCE:
        ring(edit)
    else:
        BulkEdit.perform(edit.pk, prepare=bulk.edit)
    return redirect(kind.url("bulk_result", str(edit.pk)))


def _chosen(request: SignedInRequest, kind: Listed) -> list[int]:
    """Ids of the rows, and one more than allowed if there are too many."""
    if request.GET.get("all"):
        rows = kind.listed(request.GET, request.user)
    else:
        rows = kind.called(request.GET.getlist("row")[: bulk.AT_ONCE], request.user)
    return list(rows.order_by("pk").values_list("pk", flat=True)[: bulk.MOST + 1])


def _page(request: SignedInRequest, kind: Listed, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page beside the list that all kinds share."""
    return render_page(request, f"records/{name}.html", {"kind": kind} | context, status=status)


@require_safe
def record_bulk_result(request: SignedInRequest, pk: int, kind: Listed) -> HttpResponse:
    """What an edit of many did: only for the person who made it."""
    edits = BulkEdit.objects.filter(requested_by=request.user, model=kind.model._meta.label)
    edit = get_object_or_404(edits, pk=pk)
    reasons = [(why, references[:50], len(references) - 50) for why, references in edit.reasons.items()]
    links = Links(request.user, (reference for _, references, _ in reasons for reference in references))
    return _page(request, kind, "bulk_result", {"edit": edit, "reasons": reasons, "record_links": links})


# --- Saved views --------------------------------------------------------------------------------------------------------


class ViewForm(forms.Form):
    name = LineField(max_length=60, error_messages={"required": "Enter a name."})
    shared = forms.ChoiceField(label="For", error_messages={"invalid_choice": "You can't share a view there."})

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        teams = [(team.slug, team.name) for team in user.reach]
        everyone = [(EVERYONE, "Everyone")] if is_admin(user) else []
        self.fields["shared"].choices = [(PRIVATE, "Only me"), *everyone, *teams]  # type: ignore[attr-defined]


@require_POST
def view_save(request: SignedInRequest, kind: Listed) -> HttpResponse:
    """Saves the list's address under a name; the same name again replaces the person's earlier view."""
    form = ViewForm(request.POST, user=request.user)
    query = list_query(QueryDict(request.POST.get("query", "")[:1000]))
    if not form.is_valid():
        messages.error(request, " ".join(str(sentence) for errors in form.errors.values() for sentence in errors))
        return redirect(f"{kind.url('list')}?{query}")
    shared, name = form.cleaned_data["shared"], form.cleaned_data["name"]
    team = None if shared in (PRIVATE, EVERYONE) else Team.objects.with_rows_for(request.user).filter(slug=shared).first()
    values = {"query": query[:1000], "team": team, "for_everyone": shared == EVERYONE}
    try:
        with transaction.atomic():
            mine = SavedView.objects.filter(kind=kind.plural, owner=request.user)
            if mine.count() >= MOST_VIEWS:
                raise ValidationError(f"You have {MOST_VIEWS} views. Delete one first.")
            if not mine.filter(name__iexact=name).update(**values):
                SavedView.objects.create(kind=kind.plural, owner=request.user, name=name, **values)
    except ValidationError as refused:
        messages.error(request, refused.messages[0])
    except IntegrityError:
        messages.error(request, "A view with this name was just saved.")
    else:
        messages.success(request, f"View “{name}” saved.")
    return redirect(f"{kind.url('list')}?{query}")


@require_POST
def view_delete(request: SignedInRequest, pk: int, kind: Listed) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.visible_to(request.user), kind=kind.plural, pk=pk)
    changeable = SavedView.objects.changeable_by(request.user).filter(pk=view.pk).exists()
    require(changeable, "Only its owner and managers of the team can delete this view.")
    view.delete()
    messages.success(request, f"View “{view.name}” deleted.")
    return redirect(kind.url("list"))


@require_safe
def record_deleted(request: SignedInRequest, kind: Kind) -> HttpResponse:
    """Deleted records that this person may restore, the last deleted one first."""
    managed = request.user.managed
    require(is_admin(request.user) or bool(managed))
    rows = kind.model._default_manager.within_reach_of(request.user).exclude(deleted_at=None).filter(team__in=managed)
    found = rows.order_by("-deleted_at", "-pk").values("reference", "title", "team__name", "deleted_at")[:MOST_DELETED]
    return _page(request, kind, "deleted", {"found": found, "most": MOST_DELETED})
