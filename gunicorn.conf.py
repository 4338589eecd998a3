"""How the web process runs. gunicorn reads this file from the folder it is started in."""

import ctypes
import os
from contextlib import suppress

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
timeout = 60
graceful_timeout = 20
max_requests = 20_000  # a slow leak of some library never becomes an outage
max_requests_jitter = 2_000
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn makes a private file there
accesslog = None  # django-structlog logs each request with its id

# One pooled connection for each thread: fewer gave errors under load, more stay idle.
os.environ.setdefault("QMPORTAL_POOL_SIZE", str(threads))


def post_fork(server: object, worker: object) -> None:
    """One heap for all threads, and what a page took for a moment goes back: else glibc keeps the largest page for each."""
    M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
    with suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_TRIM_THRESHOLD, 128 * 1024)
        mallopt(M_MMAP_THRESHOLD, 64 * 1024)
