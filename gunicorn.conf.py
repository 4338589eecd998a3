"""How the web process runs. gunicorn reads this file from the folder it is started in."""

import ctypes
import gc
import os
from contextlib import suppress

worker_class = "qmportal.worker.PatientWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Set for the settings too, which share them out between pages and exports.
threads = int(os.environ.setdefault("WEB_THREADS", "8"))
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_connections = 500  # each waiting client needs a socket; 1,024 open files is a common limit
preload_app = True  # workers start at once, and share the memory of what was loaded before them
sendfile = False  # the worker's deadline must also apply to files
timeout = 60
graceful_timeout = 20
max_requests = 20_000  # a memory leak in a library must not become an outage
max_requests_jitter = 2_000
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - gunicorn makes a private file there
accesslog = None  # django-structlog logs each request with its id

# One pooled connection per thread: fewer caused errors under load, more stay idle.
os.environ.setdefault("QMPORTAL_POOL_SIZE", str(threads))


def post_fork(server: object, worker: object) -> None:
    """Threads share one heap: with one each, glibc keeps what the largest page took once for every thread."""
    M_ARENA_MAX = -8
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def when_ready(server: object) -> None:
    """What is loaded by now stays. The workers' garbage collector leaves it out, so it is faster and comes round sooner.

    Otherwise it would wait for a quarter of all objects to be new before it looks at the old ones again.
    """
    gc.collect()
    gc.freeze()
