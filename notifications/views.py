"""The inbox: notifications, unread first."""

from __future__ import annotations

from typing import Any

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from notifications.access import access_for, ask
from notifications.models import CAN_BE_SILENCED, Notification
from qmportal.lib.pages import render_page, way_back
from qmportal.lib.references import Links
from teams.models import Team, User
from teams.requests import SignedInRequest

REQUESTS = {"ask_access": "20/d/user"}


@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    mine = Notification.objects.visible_to(request.user)
    page = Paginator(mine.unread_first(), 50).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "record_links": Links(request.user, (told.body for told in page)),
        "unread": mine.unread().count(),
        "choices": _choices(request.user),
    }
    return render_page(request, "notifications/inbox.html", context)


def _choices(user: User) -> list[dict[str, Any]]:
    off = set(user.silenced.values_list("kind", flat=True))
    return [{"kind": kind, "label": label, "on": kind not in off} for kind, label in CAN_BE_SILENCED.items()]


@require_POST
def choose(request: SignedInRequest) -> HttpResponse:
    """Stores which kinds of notifications the person wants."""
    wanted = request.POST.getlist("kind")
    off = [kind for kind in CAN_BE_SILENCED if kind not in wanted]
    request.user.silenced.filter(kind__in=wanted).delete()
    for kind in off:
        request.user.silenced.get_or_create(kind=kind)
    messages.success(request, "Saved.")
    return redirect("notifications:list")


@require_GET
def open_one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Marks a notification as read and redirects to its page."""
    told = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    told.mark_read(timezone.now())
    return redirect(told.url or "notifications:list")


@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    Notification.objects.visible_to(request.user).unread().update(read_at=timezone.now())
    messages.success(request, "All marked as read.")
    return redirect("notifications:list")


@require_POST
def ask_access(request: SignedInRequest, slug: str) -> HttpResponse:
    """Asks the managers of a team for access to its records. Asking again before an answer does nothing."""
    team = get_object_or_404(Team.objects.visible_to(request.user), slug=slug)
    access = access_for(request.user, team, timezone.now())
    if access is None:
        messages.success(request, f"You can already see the records of {team}.")
    elif access.asked_at:
        messages.success(request, f"You have already asked. The managers of {team} see it in their inbox.")
    elif not ratelimit.consume(request, app="notifications", action="ask_access", config=REQUESTS):
        messages.error(request, "You have asked for access to many teams today. Try again tomorrow.")
    else:
        ask(request.user, team, timezone.now())
        messages.success(request, f"You asked for access to the records of {team}.")
    return redirect(way_back(request, team.get_absolute_url()))
