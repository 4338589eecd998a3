"""The request as a view finds it once middleware has done its part; only for annotations."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from teams.models import User


class SignedInRequest(HttpRequest):
    """What every view gets that is not open to everybody: LoginRequiredMiddleware has sent all others away.

    A view marked `login_not_required` takes a plain HttpRequest and asks who is there.
    """

    user: User
    htmx: HtmxDetails
