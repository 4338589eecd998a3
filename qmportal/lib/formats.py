"""Formats of API requests and responses. A separate module, because DRF imports it while loading its views."""

from typing import Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser


class PlainJson(JSONParser):
    """Parses JSON. A body that is nested too deeply for Python is a 400, not a 500."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("JSON parse error: nested too deeply.") from None


class Formats(DefaultContentNegotiation):
    """Treats `format` like other parameters: an unknown value is a 400."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        known = sorted({renderer.format for renderer in renderers})
        if format not in known:
            raise ValidationError({"format": f"Choose one of {', '.join(known)}."})
        return super().filter_renderers(renderers, format)
