"""Streams long responses in batches, without locks or an open query between them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import BoundedSemaphore
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from qmportal.lib.outages import TooBusy
from qmportal.lib.queries import AnyOf

T = TypeVar("T")

ROWS = 2000
# Each export blocks a thread until its client is done. The other threads are for pages.
_exports = BoundedSemaphore(settings.EXPORTS_AT_ONCE)


def in_batches(rows: QuerySet[Any, Any], read: Callable[[QuerySet[Any, Any]], T]) -> Iterator[T]:
    """Yields what `read` returns for each batch of the rows, in order. A row that is gone or no longer matches is left out.

    Unlike a server-side cursor, this holds no connection for a slow client. Unlike pages by offset, it neither repeats nor
    skips rows when others change.
    """
    ids = array("q", rows.prefetch_related(None).values_list("pk", flat=True).iterator(chunk_size=10_000))
    for start in range(0, len(ids), ROWS):
        batch = read(rows.filter(AnyOf("pk", ids[start : start + ROWS].tolist())))
        if not connection.in_atomic_block:
            connection.close()  # back to the pool
        yield batch


class Export:
    """The chunks of an export. Refuses to start if too many exports are running; closing one frees its slot.

    The first chunk is read at once, so that a database that is too slow gives an error page and not a broken file.
    """

    def __init__(self, chunks: Iterable[str] | Iterable[bytes]):
        if not _exports.acquire(blocking=False):
            raise TooBusy("Several large files are being downloaded right now.")
        self.is_open = True
        each: Iterator[Any] = iter(chunks)
        try:
            self.chunks = chain(list(islice(each, 1)), each)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[str | bytes]:
        return self.chunks

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            _exports.release()
