"""The same thing by several people at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection


def at_once(work: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
    """Runs the work for all arguments at the same time, each in a thread with a connection of its own."""

    def run(argument: Any) -> Any:
        try:
            return work(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=len(arguments)) as pool:
        return list(pool.map(run, arguments))
