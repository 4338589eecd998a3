"""API views that belong to no app: the list of endpoints, and the answer for unknown ones."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from qmportal.lib.api import refuse_undeclared


class AddressSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(help_text="The path with its parameters in braces.")
    methods = serializers.ListField(child=serializers.CharField())


class Addresses(APIView):
    """The endpoints of this version and the parameters each one accepts."""

    described: Callable[[], dict[str, Any]] | None = None  # the full OpenAPI description, generated at the first request

    def get(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        assert self.described is not None
        paths = self.described()["paths"]
        return Response([{"address": path, "methods": [name.upper() for name in paths[path]]} for path in sorted(paths)])


class Unknown(APIView):
    """Answers unknown addresses in the usual error format, for every method."""

    def get(self, request: Request) -> Response:
        raise NotFound

    post = put = patch = delete = get
