"""The shared cache. Rate limits count in Valkey, so they apply across processes and restarts."""

from __future__ import annotations

import logging
import time
from typing import Any
from urllib.parse import urlsplit

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

log = logging.getLogger(__name__)

ANSWER_SECONDS = 0.5
PAUSE_SECONDS = 10


def database_beside(url: str) -> str:
    """The URL of the next database number on the broker's Valkey."""
    parts = urlsplit(url)
    number = parts.path.strip("/")
    return parts._replace(path=f"/{int(number) + 1 if number.isdecimal() else 1}").geturl()


class ValkeyCache(RedisCache):
    """Valkey, or this process's memory while Valkey does not answer, so that limits still apply and nobody is locked out.

    After a failure it does not try Valkey for some seconds, so a hanging server costs a page one timeout, not one per count.
    """

    _ask_again_at = 0.0

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        params["OPTIONS"] = {
            "socket_timeout": ANSWER_SECONDS,
            "socket_connect_timeout": ANSWER_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, params)
        self._here = LocMemCache("while-valkey-is-away", {"KEY_PREFIX": self.key_prefix})

    def _ask(self, name: str, *args: Any, **kwargs: Any) -> Any:
        from redis.exceptions import RedisError

        if time.monotonic() >= ValkeyCache._ask_again_at:
            try:
                return getattr(super(), name)(*args, **kwargs)
            except (RedisError, OSError) as problem:
                log.warning("cache not reached, counting in this process: %s", problem)
                ValkeyCache._ask_again_at = time.monotonic() + PAUSE_SECONDS
        return getattr(self._here, name)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask("touch", *args, **kwargs)

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return self._ask("incr", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._ask("delete", *args, **kwargs)
