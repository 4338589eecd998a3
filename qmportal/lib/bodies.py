"""How large a request may be. One that is too large is refused before it is read, or at the first byte too many."""

from collections.abc import Callable
from io import IOBase
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError

View = TypeVar("View", bound=Callable[..., Any])
# A file's form has other fields and boundaries around the file.
AROUND_A_FILE = 64 * 1024


class TooLarge(RequestDataTooBig):
    """With a sentence for the person who sent it."""

    def __init__(self, limit: int):
        size = f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit // 2**10} kB"
        super().__init__(f"The limit here is {size}. Nothing was saved.")


class Stream(Protocol):
    def read(self, size: int) -> bytes: ...
    def readline(self, size: int) -> bytes: ...


class CountedBody(IOBase):
    """What the server has of a body: no more than `limit` bytes, and no less than were announced."""

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
        # One byte more than is allowed of a body without an announced length: its end cannot be seen otherwise.
        most = self.left if self.announced else self.left + 1
        asked = most if size is None or size < 0 else min(size, most)
        try:
            data = read(asked) if asked else b""
        except Exception as problem:  # each server has its own: a lost connection, a deadline, a chunk without an end
            raise UnreadablePostError(str(problem)) from problem
        if asked and not data and self.announced:
            raise UnreadablePostError("The body is shorter than announced.")
        self.left -= len(data)
        if self.left < 0:
            raise TooLarge(self.limit)
        return data


def takes_a_file(view: View) -> View:
    """Marks a view whose form uploads a file."""
    view.takes_a_file = True  # type: ignore[attr-defined]
    return view


class BodyLimitMiddleware:
    """Strangers may send a few fields, signed-in people a long text, and only an import a file.

    Comes before the check for forged forms, which reads the body.
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
            # Django and DRF read no body without a length; the stream ends where the body does.
            request.META["CONTENT_LENGTH"] = str(limit)
        request._stream = CountedBody(request.META["wsgi.input"], limit, announced)  # type: ignore[assignment]


def _limit(request: HttpRequest, view: Callable[..., Any]) -> int:
    # A view of the API asks who is there before it reads anything.
    if getattr(view, "csrf_exempt", False) and "HTTP_AUTHORIZATION" in request.META:
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if not request.user.is_authenticated:
        return settings.ANONYMOUS_BODY_MAX_BYTES
    if getattr(view, "takes_a_file", False):
        return settings.IMPORT_MAX_BYTES + AROUND_A_FILE
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
