"""Pages of actions. `records.views` has what they share with other records."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.http import require_POST, require_safe

from incidents.action_forms import ActionFilter, ActionForm
from incidents.models import Action
from qmportal.lib.days import local_day
from qmportal.lib.html import format_html
from qmportal.lib.pages import form_page
from qmportal.lib.wording import short_day
from records import columns
from records import views as records
from teams.requests import SignedInRequest


def _due(row: Any, url: str) -> str:
    if row.due_on is None:
        return ""
    late = row.status in Action.TO_DO and row.due_on < local_day(timezone.now())
    day = format_html('<time datetime="{}">{}</time>', row.due_on.isoformat(), short_day(row.due_on))
    return format_html('{}<br><span class="tag danger">Overdue</span>', day) if late else day


def _owner(row: Any, url: str) -> str:
    """The person, else the team that does it. A team that became members-only since is not named."""
    other = "Another team" if row.owner_team__members_only else row.owner_team__name
    if row.owner__name and other:
        return f"{row.owner__name}, {other}"
    return row.owner__name or other or "The team"


ACTIONS = records.Kind(
    model=Action,
    form=ActionForm,
    filters=ActionFilter,
    prefilled=("title", "team", "kind", "incident", "owner"),
    bulk=Action.BULK,
    columns=(
        columns.REFERENCE,
        columns.TITLE,
        columns.Column(
            *("Kind", "kind", ("kind",), lambda row, url: Action.Kind(row.kind).label),
            html='<td class="small">{}</td>',
        ),
        columns.status(dict(Action.Status.choices)),
        columns.Column(
            *("Owner", "owner", ("owner__name", "owner_team__name", "owner_team__members_only"), _owner),
            html='<td class="small name">{}</td>',
        ),
        columns.TEAM,
        columns.Column("Due", "due", ("due_on", "status"), _due, html='<td class="num when small">{}</td>', figures=True),
    ),
    in_full=("team", "owner_team", "owner", "reporter"),
    created="added",
)


@require_safe
def action_list(request: SignedInRequest) -> HttpResponseBase:
    return records.record_list(request, ACTIONS)


@require_safe
def action_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_detail(
        request,
        reference,
        ACTIONS,
        incident=lambda action, user: action.pointed_at("incident", user),
        measured=lambda action, user: _effect_of(action) if action.incident_id else None,
    )


def _effect_of(action: Action) -> Any:
    """Statistics stand above this app, so `settings.ACTION_EFFECT` names who has them."""
    return import_string(settings.ACTION_EFFECT)(action, timezone.now())


@form_page
def action_create(request: SignedInRequest) -> HttpResponse:
    return records.record_create(request, ACTIONS)


@form_page
def action_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_edit(request, reference, ACTIONS)


@form_page
def action_move(request: SignedInRequest, reference: str, name: str) -> HttpResponse:
    return records.record_move(request, reference, name, ACTIONS)


@require_POST
def action_undo_move(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_undo_move(request, reference, ACTIONS)


@form_page
def action_delete(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_delete(request, reference, ACTIONS)


@form_page
def action_restore(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_restore(request, reference, ACTIONS)
