import errno
import smtplib
import socket

import psycopg
import pytest
from django.db import DatabaseError, OperationalError
from psycopg_pool import PoolTimeout

from qmportal.lib.outages import is_outage


def database(cause: Exception, words: str = "") -> OperationalError:
    problem = OperationalError(words or str(cause))
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize(
    ("problem", "outage"),
    [
        (database(psycopg.errors.DiskFull("could not extend file")), True),
        (database(psycopg.errors.TooManyConnections("sorry, too many clients already")), True),
        (database(psycopg.errors.AdminShutdown("terminating connection")), True),
        (database(psycopg.errors.CannotConnectNow("the database system is starting up")), True),
        (database(psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")), True),
        (database(psycopg.OperationalError("connection failed: connection refused")), True),
        (database(PoolTimeout("couldn't get a connection after 5.00 sec")), True),
        (database(psycopg.errors.QueryCanceled("canceling statement due to statement timeout")), False),
        (database(psycopg.errors.DeadlockDetected("deadlock detected")), False),
        (DatabaseError("Save with update_fields did not affect any rows."), False),
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (PermissionError(errno.EACCES, "Permission denied"), False),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), True),
        (TimeoutError("timed out"), True),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), True),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), True),
        (smtplib.SMTPResponseException(421, b"try again later"), True),
        (smtplib.SMTPAuthenticationError(535, b"bad credentials"), False),
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"unknown")}), False),
        (ZeroDivisionError("float division by zero"), False),
        (MemoryError(), False),
    ],
    ids=repr,
)
def test_an_outage_passes_and_a_fault_of_the_work_does_not(problem, outage):
    assert is_outage(problem) is outage
