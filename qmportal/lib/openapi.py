"""Describes the errors of the API, which are the same for every view. Loaded only for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction
from rest_framework import serializers

# Status -> meaning. Address and method decide which ones an operation can return.
ERRORS = {
    "400": "A parameter or the body is not valid.",
    "401": "The token is missing, invalid or expired.",
    "403": "The token may only read, or your role does not allow it.",
    "404": "Not found, or you don't have access.",
    "406": "Only JSON is available.",
    "409": "Conflicts with the current state.",
    "413": "The body is too large.",
    "415": "The body must be JSON.",
    "429": "Too many requests. Try again later.",
    "503": "The database is busy. Try again in a moment.",
}
WITH_A_BODY = {"409", "413", "415"}


class ErrorRow(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField(help_text="A sentence.")
    attr = serializers.CharField(allow_null=True, help_text="The field or parameter with the error.")


class ErrorAnswer(serializers.Serializer[Any]):
    """The format of every error."""

    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorRow(many=True)  # type: ignore[assignment]


class Described(AutoSchema):
    """Adds possible errors to every operation."""

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters = super()._get_parameters()
        for parameter in parameters:
            if parameter["schema"].get("type") == "string" and "enum" not in parameter["schema"]:
                parameter["schema"].setdefault("minLength", 1)  # empty values would filter nothing
        return parameters

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        responses = super()._get_response_bodies(direction)
        for status, words in ERRORS.items():
            if (status in WITH_A_BODY and self.method == "GET") or (status == "404" and "{" not in self.path):
                continue
            responses.setdefault(status, self._get_response_for_code(ErrorAnswer, status) | {"description": words})
        return responses
