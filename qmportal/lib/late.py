"""Views that are imported with the first request for them, so that a web process holds the code of what it serves."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLResolver
from django.urls.resolvers import RoutePattern
from django.utils.module_loading import import_string


class LateModule:
    """A module of views for a URLconf, in place of its import: `views = LateModule("teams.views")`."""

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> LateView:
        return LateView(self._name, name)


class LateView:
    """A view of a module that is imported when the view is first called, or asked for an attribute such as `csrf_exempt`.

    `made_with`: the arguments of `as_view`, for the class of an API view. None for a function.
    """

    def __init__(self, module: str, name: str, made_with: dict[str, Any] | None = None):
        self.__module__, self.__name__, self.__qualname__ = module, name, name
        self._made_with = made_with
        self._view: Any = None

    def as_view(self, **made_with: Any) -> LateView:
        return LateView(self.__module__, self.__name__, made_with)

    @property
    def view(self) -> Any:
        """The view itself. Raises `ImportError` if there is none, which a test rules out."""
        if self._view is None:
            found = import_string(f"{self.__module__}.{self.__name__}")
            self._view = found if self._made_with is None else found.as_view(**self._made_with)
        return self._view

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = self.view(request, *args, **kwargs)
        return response

    def __getattr__(self, name: str) -> Any:
        if name == "view_class":  # asked by Django for the name of each view, which ours have without their module
            raise AttributeError(name)
        return getattr(self.view, name)


class LateUrls(URLResolver):
    """A namespace whose URLs are imported with the first request below `prefix`, or the first link to one of them.

    Django would import them with the first link to any page, for a table that it doesn't read: it looks up names of a
    namespace in another one. That other one needs a prefix.
    """

    def __init__(self, prefix: str, module: str, namespace: str):
        super().__init__(RoutePattern(prefix), module, app_name=namespace, namespace=namespace)

    def _populate(self) -> None:
        pass
