"""Fields of API bodies."""

from typing import Any

from rest_framework import serializers

from qmportal.lib.text import clean_text


class ProseField(serializers.CharField):
    """Text, cleaned as the forms clean it."""

    def to_internal_value(self, data: Any) -> str:
        text = clean_text(super().to_internal_value(data)).strip()
        if not text and not self.allow_blank:
            self.fail("blank")
        return text
