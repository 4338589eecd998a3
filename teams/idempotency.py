"""`Idempotency-Key`: a request that is repeated because its response was lost takes effect once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone
from rest_framework import exceptions, status
from rest_framework.response import Response

from qmportal.lib.api import Conflict
from teams.models import KeptAnswer

if TYPE_CHECKING:
    # DRF's views import this module while they are being loaded.
    from rest_framework.request import Request

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")


class AnotherBody(exceptions.APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used before with another body. Use a new key for a new request."


class UnderWay(Conflict):
    default_code = "in_progress"
    default_detail = "A request with this Idempotency-Key is still being processed. Try again in a moment."


def digest_of(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def once(request: Request, act: Callable[[], Response], digest: Callable[[], str] | None = None) -> Response:
    """Returns the response of `act`, or the stored one if the person has sent this key to this address before.

    `digest`: identifies a body that isn't JSON.

    Only successful responses are stored, so a rejected request can be fixed and sent again with the same key.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not KEY.fullmatch(key):
        raise exceptions.ValidationError({HEADER: "Use 1 to 200 visible ASCII characters, such as a UUID."})
    mine: dict[str, Any] = {"user": request.user, "address": request.path, "key": key}
    sent = digest() if digest else digest_of(request.data)
    with transaction.atomic():
        _lock_or_refuse(f"{request.user.pk} {request.path} {key}")
        kept = KeptAnswer.objects.filter(**mine).first()
        if kept and kept.created_at > timezone.now() - KeptAnswer.KEPT_FOR:
            if kept.digest != sent:
                raise AnotherBody
            return Response(kept.body, status=kept.status, headers={"Location": kept.location} if kept.location else None)
        response = act()
        if response.status_code >= status.HTTP_300_MULTIPLE_CHOICES:
            return response
        answer = {"status": response.status_code, "body": response.data, "location": response.headers.get("Location", "")}
        KeptAnswer.objects.update_or_create(**mine, defaults={"digest": sent, "created_at": timezone.now(), **answer})
        return response


def _lock_or_refuse(name: str) -> None:
    """Rejects a parallel request with the same key until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency {name}"])
        if not cursor.fetchone()[0]:
            raise UnderWay
