"""Renders a page, or the partial that htmx requested."""

from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

# How many rows of another table a page shows beside its own.
MOST_BESIDE = 20
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


class Few(list[Any]):
    """The first rows that a page shows beside its own; `more`: how many others there are. Usually one query."""

    def __init__(self, rows: QuerySet[Any], most: int = MOST_BESIDE):
        super().__init__(rows[: most + 1])
        self.more = 0
        if len(self) > most:
            self.pop()
            self.more = rows.count() - most


def address_parts(header: str) -> SplitResult:
    """The parts of an address in a header of the request. Empty if it is none, because anybody can send any header."""
    try:
        parts = urlsplit(header)
    except ValueError:
        parts = urlsplit("")
    return urlsplit("") if "\x00" in unquote(header) else parts


def way_back(request: HttpRequest, otherwise: str, at: str = "") -> str:
    """The page that a form came from, by its `next` field; `otherwise` if that is not a page of this portal.

    `at`: the id of an element on that page. The browser scrolls to it and focuses it, so keyboard users keep their place.
    """
    to = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    if not ours:
        return resolve_url(otherwise)
    return f"{to}#{at}" if at and "#" not in to else to
