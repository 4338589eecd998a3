"""Marking library pages as read, which completes assignments."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from library.catalogue import find_page
from teams.requests import SignedInRequest
from training import completion


@require_POST
def page_read(request: SignedInRequest, slug: str) -> HttpResponse:
    if find_page(slug) is None:
        raise Http404("No such page.")
    completion.read(request.user, slug, timezone.now())
    return redirect("library:page", slug)
