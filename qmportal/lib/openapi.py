"""Describes the errors of the API, which are the same for every view. Loaded only when somebody asks for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

# Status -> what it means. Which of them an operation can answer with follows from its address and method.
ERRORS = {
    "400": "A parameter or the body is not valid.",
    "401": "No token, or one that is not valid (any more).",
    "403": "The token may only read, or your role does not allow it.",
    "404": "There is no such thing, or you may not see it.",
    "406": "Only JSON is answered.",
    "409": "In conflict with what happened before.",
    "413": "The body is too large.",
    "415": "The body must be JSON.",
    "429": "Too many requests. Try again later.",
    "503": "The database is busy. Try again in a moment.",
}
WITH_A_BODY = {"409", "413", "415"}


class ErrorRow(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField(help_text="A sentence.")
    attr = serializers.CharField(allow_null=True, help_text="The field or parameter that it is about.")


class ErrorAnswer(serializers.Serializer[Any]):
    """The one shape of every error."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorRow(many=True)  # type: ignore[assignment]


class Described(AutoSchema):
    """Every operation with the errors that it can answer with."""

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters = super()._get_parameters()
        for parameter in parameters:
            if parameter["schema"].get("type") == "string" and "enum" not in parameter["schema"]:
                parameter["schema"].setdefault("minLength", 1)  # an empty one is refused, since it would filter nothing
        return parameters

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        for status, words in ERRORS.items():
            if (status in WITH_A_BODY and self.method == "GET") or (status == "404" and "{" not in self.path):
                continue
            responses.setdefault(status, self._get_response_for_code(ErrorAnswer, status) | {"description": words})
        return responses
