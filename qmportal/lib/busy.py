"""When the database has no time for a request: nothing is wrong with it, and the same request works a moment later."""

from django.db import OperationalError
from psycopg.errors import LockNotAvailable
from psycopg_pool import PoolTimeout


def is_busy(problem: BaseException) -> bool:
    """Whether all connections were taken, or somebody else held a row for longer than `lock_timeout`."""
    return isinstance(problem, OperationalError) and isinstance(problem.__cause__, LockNotAvailable | PoolTimeout)
