"""Limits the size of requests. Larger ones are rejected before they are read, or at the first byte over the limit."""

from collections.abc import Callable
from io import IOBase
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError

View = TypeVar("View", bound=Callable[..., Any])
# The form has other fields and boundaries besides the file.
AROUND_A_FILE = 64 * 1024


class TooLarge(RequestDataTooBig):
    """The request is too large. The message is for its sender."""

    def __init__(self, limit: int):
        size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit // 2**10} kB"
        super().__init__(f"The limit here is {size}. Nothing was saved.")


class Stream(Protocol):
    def read(self, size: int) -> bytes: ...
    def readline(self, size: int) -> bytes: ...


class CountedBody(IOBase):
    """A request body that raises an error over `limit` bytes, or if it ends before the announced length."""

    def __init__(self, stream: Stream, limit: int, announced: int | None):
        self.stream = stream
        self.limit = limit
        self.announced = announced is not None
        self.left = limit if announced is None else announced

    def read(self, size: int | None = None) -> bytes:
        return self._counted(self.stream.read, size)

    def readline(self, size: int | None = None, /) -> bytes:
        return self._counted(self.stream.readline, size)

    def _counted(self, read: Callable[[int], bytes], size: int | None) -> bytes:
        # Read one byte over the limit if the length was not announced, to see whether the body ends.
        most = self.left if self.announced else self.left + 1
        asked = most if size is None or size < 0 else min(size, most)
        try:
            data = read(asked) if asked else b""
        except (
            Exception
        ) as problem:  # servers raise different errors for a lost connection, a deadline or an incomplete chunk
            raise UnreadablePostError(str(problem)) from problem
        if asked and not data and self.announced:
            raise UnreadablePostError("The body is shorter than its Content-Length.")
        self.left -= len(data)
        if self.left < 0:
            raise TooLarge(self.limit)
        return data


def takes_a_file(view: View, limit: str = "IMPORT_MAX_BYTES") -> View:
    """Marks a view that takes a file. `limit`: the setting with its greatest size."""
    view.takes_a_file = limit  # type: ignore[attr-defined]
    return view


class BodyLimitMiddleware:
    """Sets the limit: a few fields for visitors, long text for signed-in people, files only for imports.

    Must run before the CSRF check, which reads the body.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        chunked = "HTTP_TRANSFER_ENCODING" in request.META
        announced = None if chunked else _whole_number(request.META.get("CONTENT_LENGTH", ""))
        if not chunked and not announced:
            return
        limit = _limit(request, view)
        if announced is not None and announced > limit:
            raise TooLarge(limit)
        if chunked:
            # Django and DRF read no body without a length. This stream ends with the body.
            request.META["CONTENT_LENGTH"] = str(limit)
        request._stream = CountedBody(request.META["wsgi.input"], limit, announced)  # type: ignore[assignment]


def _limit(request: HttpRequest, view: Callable[..., Any]) -> int:
    # API views authenticate before they read the body.
    by_token = getattr(view, "csrf_exempt", False) and "HTTP_AUTHORIZATION" in request.META
    if not by_token and not request.user.is_authenticated:
        return settings.ANONYMOUS_BODY_MAX_BYTES
    if limit := getattr(view, "takes_a_file", ""):
        return int(getattr(settings, limit)) + AROUND_A_FILE
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
