"""How machines authenticate, and what the scope of their token allows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework import exceptions, permissions

from teams.models import AccessToken, User

if TYPE_CHECKING:
    # DRF's views import this module while they are being loaded.
    from rest_framework.request import Request
    from rest_framework.views import APIView

# Only the owner sees the last use, so it is not worth a write per request.
LAST_USE_STEP = timedelta(minutes=1)


def person(request: Request) -> User:
    """The authenticated user. `ScopedAccess` has rejected everyone else."""
    assert isinstance(request.user, User)
    return request.user


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`. Any problem with the header is a plain 401."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        try:
            return super().authenticate(request)
        except UnicodeEncodeError:
            raise exceptions.AuthenticationFailed("Invalid token.") from None

    def authenticate_credentials(self, token: bytes) -> tuple[User, AccessToken]:
        """One query: the key of a token's row is the token's hash."""
        now = timezone.now()
        # Our tokens are letters and digits; anything else cannot be looked up, let alone match.
        digest = hash_token(token.decode("ascii")) if token.isalnum() else ""
        access = AccessToken.objects.select_related("user").filter(pk=digest).first()
        if access is None or (access.expiry is not None and access.expiry <= now) or not access.user.is_active:
            raise exceptions.AuthenticationFailed("Invalid token.")
        if access.last_used_at is None or now - access.last_used_at > LAST_USE_STEP:
            AccessToken.objects.filter(pk=access.pk).update(last_used_at=now)
        return access.user, access


class ScopedAccess(permissions.IsAuthenticated):
    """Requires authentication, and limits read-only tokens to reading."""

    message = "This token may only read."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method in permissions.SAFE_METHODS or not isinstance(request.auth, AccessToken):
            return True
        return request.auth.scope == AccessToken.Scope.WRITE
