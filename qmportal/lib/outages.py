"""Temporary outages: a full disk, or a database or mail server that is down."""

import errno
import smtplib
import socket

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from psycopg import Error as DriverError
from psycopg.errors import DeadlockDetected, DiskFull, LockNotAvailable, QueryCanceled
from psycopg_pool import PoolTimeout

RETRY_AFTER_SECONDS = 5
CONTENDED = "Someone else, or an import, is changing the same records."
SLOW = "This took longer than the portal allows for one request. A shorter period or fewer rows may help."
DOWN = "The portal can't reach its database right now."
NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
# Classes of SQLSTATE: connection lost, resources (disk, memory, connections), the server shuts down or starts, system error.
SQLSTATES = ("08", "53", "57P", "58")


def is_outage(problem: BaseException) -> bool:
    """True if a retry makes sense without a limit."""
    if isinstance(problem, DatabaseError):
        cause = problem.__cause__
        if isinstance(cause, PoolTimeout):
            return True
        state = cause.sqlstate if isinstance(cause, DriverError) else None
        # No SQLSTATE means no answer from the server: unreachable, or the connection was lost.
        return state.startswith(SQLSTATES) if state else "connection" in str(problem).lower()
    if isinstance(problem, smtplib.SMTPResponseException):
        return 400 <= problem.smtp_code < 500
    if isinstance(problem, smtplib.SMTPServerDisconnected | ConnectionError | TimeoutError | socket.gaierror):
        return True
    return is_full(problem)


class TooBusy(Exception):
    """The portal is too busy for this request. The message says so."""


def why_unavailable(problem: BaseException | None) -> str:
    """Why a request failed that will work later, as a sentence, else ""."""
    if isinstance(problem, TooBusy):
        return str(problem)
    if not isinstance(problem, OperationalError | InterfaceError):
        return ""
    match problem.__cause__:
        case LockNotAvailable() | DeadlockDetected():
            return CONTENDED
        case QueryCanceled():
            return SLOW
    return DOWN


def is_full(problem: BaseException) -> bool:
    """True if the portal's or the database's disk is full."""
    return isinstance(problem.__cause__, DiskFull) or (isinstance(problem, OSError) and problem.errno in NO_SPACE)
