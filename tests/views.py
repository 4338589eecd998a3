"""The views behind the portal's addresses."""

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver


def views_of(resolver: URLResolver) -> Iterator[Callable[..., Any]]:
    """What each address below it calls, late views not loaded."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        else:
            yield from views_of(pattern)
