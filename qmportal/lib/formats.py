"""Which format an API body and its answer have. A module of its own: DRF reads it while its views are being loaded."""

from typing import Any

from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import JSONParser


class PlainJson(JSONParser):
    """JSON that Python can hold: a body nested beyond its stack is the caller's fault, not ours."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None


class Formats(DefaultContentNegotiation):
    """`format` is a parameter like the others: a value that names nothing is a typing error of the caller."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        known = sorted({renderer.format for renderer in renderers})
        if format not in known:
            raise ValidationError({"format": f"Choose one of {', '.join(known)}."})
        return super().filter_renderers(renderers, format)
