"""Form widgets of the look."""

from collections.abc import Mapping
from typing import Any

from django import forms


class OptionCards(forms.RadioSelect):
    """Radios as cards with a line of explanation each.

    hints: value -> words under the label. severities: value -> SEV1..SEV4, draws the shape before the label.
    """

    def __init__(
        self,
        *args: Any,
        hints: Mapping[Any, str] | None = None,
        severities: Mapping[Any, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hints = {str(value): words for value, words in (hints or {}).items()}
        self.severities = {str(value): key for value, key in (severities or {}).items()}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["hint"] = self.hints.get(str(value), "")
        option["severity"] = self.severities.get(str(value), "")
        return option
