"""Streams long responses in batches, without locks or an open query between them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from qmportal.lib.outages import TooBusy
from qmportal.lib.queries import AnyOf

ROWS = 1000
# Each export blocks a thread until its client is done. The other threads are for pages.
_exports = BoundedSemaphore(settings.EXPORTS_AT_ONCE)


def in_batches(rows: QuerySet[Any, Any], key: Callable[[Any], int]) -> Iterator[Any]:
    """Yields the rows in order, each once, if they still exist and match when their batch is read.

    `key` returns the id of a row. Unlike a server-side cursor, this holds no connection for a slow client. Unlike pages by
    offset, it neither repeats nor skips rows when others change.
    """
    ids = array("q", rows.prefetch_related(None).values_list("pk", flat=True).iterator(chunk_size=10_000))
    for start in range(0, len(ids), ROWS):
        batch = ids[start : start + ROWS].tolist()
        found = {key(row): row for row in rows.filter(AnyOf("pk", batch)).order_by()}
        if not connection.in_atomic_block:
            connection.close()  # back to the pool
        for pk in batch:
            if pk in found:
                yield found[pk]


class Export:
    """The text chunks of an export. Refuses to start if too many exports are running; closing one frees its slot.

    The first chunk is read at once, so that a database that is too slow gives an error page and not a broken file.
    """

    def __init__(self, texts: Iterable[str]):
        if not _exports.acquire(blocking=False):
            raise TooBusy("Several large files are being downloaded right now.")
        self.is_open = True
        each = iter(texts)
        try:
            self.texts = chain(list(islice(each, 1)), each)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[str]:
        return self.texts

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            _exports.release()
