"""Which format an API answer has. A module of its own: DRF reads it while its views are being loaded."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation


class Formats(DefaultContentNegotiation):
    """`format` is a parameter like the others: a value that names nothing is a typing error of the caller."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:
        known = sorted({renderer.format for renderer in renderers})
        if format not in known:
            raise ValidationError({"format": f"Choose one of {', '.join(known)}."})
        return super().filter_renderers(renderers, format)
