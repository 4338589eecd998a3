"""The type of authenticated requests, and the team of the previous page."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, QueryDict
from django.urls import Resolver404, resolve
from django_htmx.middleware import HtmxDetails

from qmportal.lib.pages import address_parts
from teams.models import Team, User


class SignedInRequest(HttpRequest):
    """The request of every view that requires sign-in: LoginRequiredMiddleware has redirected everyone else.

    A view marked `login_not_required` takes a plain HttpRequest and checks the user itself.
    """

    user: User
    htmx: HtmxDetails


def team_before(request: SignedInRequest) -> dict[str, str]:
    """The initial team of a form: the team of the previous page (a team's page, a record's, a list's)."""
    before = address_parts(request.headers.get("Referer", ""))
    if before.netloc != request.get_host():
        return {}
    try:
        page = resolve(before.path)
    except Resolver404:
        return {}
    named = Q(slug=QueryDict(before.query).get("team"))
    if page.namespace in ("dashboards", "teams"):
        named |= Q(slug=page.kwargs.get("slug"))
    if reference := page.kwargs.get("reference"):
        named |= Q(incidents__reference=reference) | Q(defects__reference=reference) | Q(actions__reference=reference)
    slug = Team.objects.with_rows_for(request.user).filter(named).values_list("slug", flat=True).first()
    return {"team": slug} if slug else {}
