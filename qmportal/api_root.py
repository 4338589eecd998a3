"""Views of the API that belong to no app: its list of addresses, and the answer to unknown ones."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from qmportal.lib.api import refuse_undeclared


class AddressSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(help_text="With what stands in for a name or an id in braces.")
    methods = serializers.ListField(child=serializers.CharField())


class Addresses(APIView):
    """The addresses of this version and what each of them takes."""

    described: Callable[[], dict[str, Any]] | None = None  # the whole description by OpenAPI, read at the first request

    def get(self, request: Request) -> Response:
        refuse_undeclared(request, {"format"})
        assert self.described is not None
        paths = self.described()["paths"]
        return Response([{"address": path, "methods": [name.upper() for name in paths[path]]} for path in sorted(paths)])


class Unknown(APIView):
    """Addresses that are none: the same shape of error as everywhere else, whatever the method."""

    def get(self, request: Request) -> Response:
        raise NotFound

    post = put = patch = delete = get
