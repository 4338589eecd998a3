"""Liveness and readiness checks for load balancers, containers and the launcher."""

from collections.abc import Callable
from functools import cache

import structlog
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from psycopg_pool import PoolTimeout

log = structlog.get_logger(__name__)


class HealthMiddleware:
    """Comes first: health checks send any Host, speak plain HTTP and have no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        match request.path:
            case "/healthz":
                return healthz(request)
            case "/readyz":
                return readyz(request)
        return self.get_response(request)


def healthz(request: HttpRequest) -> JsonResponse:
    """Liveness. Checks nothing else, so that a database outage does not restart every container."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: 200 if database and broker answer and all migrations are applied, else 503 with the part that failed."""
    parts = {
        "database": _outcome("database", _ask_database),
        "broker": _outcome("broker", _ask_broker),
    }
    parts["migrations"] = _outcome("migrations", _compare_migrations) if parts["database"] == "ok" else "unknown"
    ready = set(parts.values()) == {"ok"}
    answer = {"status": "ready" if ready else "not ready", **parts}
    return JsonResponse(answer, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


def _outcome(part: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except (Error, PoolTimeout, OSError) as error:
        # The reason goes to the log only: driver errors reveal hosts and users.
        log.warning("not_ready", part=part, error=str(error))
        return "unreachable"


def _ask_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return "ok"


def _ask_broker() -> str:
    # The library takes 9 MB, and a web process may never need it.
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        client.ping()
    except redis.RedisError as error:
        raise ConnectionError(str(error)) from error
    finally:
        client.close()
    return "ok"


def _compare_migrations() -> str:
    missing = _migrations_of_this_code() - set(MigrationRecorder(connection).applied_migrations())
    return f"{len(missing)} not applied" if missing else "ok"


@cache
def _migrations_of_this_code() -> frozenset[tuple[str, str]]:
    """Cached, because a process keeps the code it started with."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    return frozenset(loader.disk_migrations) - _replaced(loader)


def _replaced(loader: MigrationLoader) -> frozenset[tuple[str, str]]:
    """The migrations that a squashed one replaces. They may be missing from the table."""
    return frozenset(key for migration in loader.disk_migrations.values() for key in migration.replaces)
