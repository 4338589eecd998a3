"""The calendar of what is due for a person, for calendar apps. Its secret address stands for a sign-in."""

from __future__ import annotations

import hashlib

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from incidents.calendar import calendar_of
from teams.models import CalendarAddress


@login_not_required  # calendar apps can't sign in
@require_safe
def due(request: HttpRequest, token: str) -> HttpResponseBase:
    user = CalendarAddress.reader(token, timezone.now())
    if user is None:
        raise Http404
    text = calendar_of(user)
    etag = f'"{hashlib.sha256(text).hexdigest()}"'
    headers = {"Content-Disposition": 'inline; filename="due.ics"', "Cache-Control": "private, no-cache", "ETag": etag}
    answer = HttpResponse(text, content_type="text/calendar; charset=utf-8", headers=headers)
    return get_conditional_response(request, etag=etag, response=answer) or answer
