"""Renders a page, or the partial that htmx requested."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

# A view that shows a form and takes it.
form_page = require_http_methods(["GET", "HEAD", "POST"])


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """Renders the page, or only its named partial if htmx swaps just that. The view has already checked access."""
    htmx = getattr(request, "htmx", None)
    # htmx 4 names its target as "tag#id".
    if partial and htmx and not htmx.boosted and (htmx.target or "").rpartition("#")[2] == partial:
        template = f"{template}#{partial}"
    return render(request, template, context, status=status)


def way_back(request: HttpRequest, otherwise: str) -> str:
    """The page that a form came from, by its `next` field; `otherwise` if that is not a page of this portal."""
    to = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return to if ours else resolve_url(otherwise)
