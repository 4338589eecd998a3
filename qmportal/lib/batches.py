"""Long answers that are streamed: between two batches nothing is locked or held."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from qmportal.lib.outages import TooBusy

ROWS = 500
# Each export occupies one thread until its reader is done; the other threads are for pages.
_exports = BoundedSemaphore(settings.EXPORTS_AT_ONCE)


def in_batches(rows: QuerySet[Any, Any], key: Callable[[Any], int]) -> Iterator[Any]:
    """The rows in their order, each once, as far as they still are there and still match when their batch comes.

    `key` reads the id out of a row. A slow reader keeps no connection, which a server-side cursor would. Pages by offset
    would show a row twice, or never, when others change meanwhile.
    """
    ids = array("q", rows.prefetch_related(None).values_list("pk", flat=True).iterator(chunk_size=10_000))
    for start in range(0, len(ids), ROWS):
        batch = ids[start : start + ROWS]
        found = {key(row): row for row in rows.filter(pk__in=batch)}
        if not connection.in_atomic_block:
            connection.close()  # back to the pool
        for pk in batch:
            if pk in found:
                yield found[pk]


class Export:
    """The texts of an export. Refuses to begin when too many are being sent; its place is free once it is closed."""

    def __init__(self, texts: Iterable[str]):
        if not _exports.acquire(blocking=False):
            raise TooBusy("Several large files are being downloaded at this moment.")
        self.texts = iter(texts)
        self.is_open = True

    def __iter__(self) -> Iterator[str]:
        return self.texts

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            _exports.release()
