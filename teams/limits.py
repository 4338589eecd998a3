"""Limits password attempts per account and network address.

Attacks from elsewhere never lock out the owner of an account. The wait doubles with each failure.
"""

from __future__ import annotations

import hashlib
import math
import time

from django.core.cache import cache

FREE_TRIES = 5
FIRST_WAIT = 30
LONGEST_WAIT = 15 * 60
REMEMBERED = 60 * 60  # counting restarts after an hour without an attempt


def wait_after(failures: int) -> int:
    """Seconds until the next attempt, after this many failures in a row."""
    if failures < FREE_TRIES:
        return 0
    return min(FIRST_WAIT * 2 ** (failures - FREE_TRIES), LONGEST_WAIT)


class Tries:
    """The failed attempts at one account from one network address."""

    def __init__(self, account: str, address: str) -> None:
        digest = hashlib.sha256(f"{account} {address}".encode()).hexdigest()
        self._count, self._until = f"tries:{digest}", f"wait:{digest}"

    def begin(self) -> int:
        """Counts an attempt as failed until `forget` is called. Returns the seconds to wait; 0 allows the attempt.

        Of many parallel attempts, the free ones are allowed, plus the one that starts the wait.
        """
        if until := cache.get(self._until):
            return self._left(until)
        if not cache.add(self._count, 0, REMEMBERED):
            cache.touch(self._count, REMEMBERED)
        tries = cache.incr(self._count)
        wait = wait_after(tries)
        if wait and not cache.add(self._until, time.time() + wait, wait) and tries > FREE_TRIES:
            return self._left(cache.get(self._until) or time.time())
        return 0

    def forget(self) -> None:
        cache.delete(self._count)
        cache.delete(self._until)

    @staticmethod
    def _left(until: float) -> int:
        return max(1, math.ceil(until - time.time()))
