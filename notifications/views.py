"""The inbox: what one was told, unread first."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from notifications.models import Notification
from qmportal.lib.pages import render_page
from teams.requests import SignedInRequest


@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    mine = Notification.objects.visible_to(request.user)
    context = {
        "page": Paginator(mine.unread_first(), 50).get_page(request.GET.get("page")),
        "unread": mine.unread().count(),
    }
    return render_page(request, "notifications/inbox.html", context)


@require_GET
def open_one(request: SignedInRequest, pk: int) -> HttpResponse:
    """Marks one as read and goes where it leads."""
    told = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    told.mark_read(timezone.now())
    return redirect(told.url or "notifications:list")


@require_POST
def read_all(request: SignedInRequest) -> HttpResponse:
    Notification.objects.visible_to(request.user).unread().update(read_at=timezone.now())
    messages.success(request, "Everything is marked as read.")
    return redirect("notifications:list")
