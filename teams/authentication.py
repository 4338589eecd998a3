"""How machines prove who they are, and what the scope of their token lets them do."""

from datetime import timedelta

from django.utils import timezone
from knox.auth import TokenAuthentication
from rest_framework import exceptions, permissions
from rest_framework.request import Request
from rest_framework.views import APIView

from teams.models import AccessToken, User

# Last use is shown to the owner; a write for each request would cost more than it tells.
LAST_USE_STEP = timedelta(minutes=1)


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer <token>`. Whatever is wrong with the header, the answer is a plain 401."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, AccessToken]:
        try:
            token.decode("ascii")
        except UnicodeDecodeError:
            raise exceptions.AuthenticationFailed("Invalid token.") from None
        user, access = super().authenticate_credentials(token)
        now = timezone.now()
        if access.last_used_at is None or now - access.last_used_at > LAST_USE_STEP:
            AccessToken.objects.filter(pk=access.pk).update(last_used_at=now)
        return user, access


class ScopedAccess(permissions.IsAuthenticated):
    """Signed in; and a token that may only read does only that."""

    message = "This token may only read."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method in permissions.SAFE_METHODS or not isinstance(request.auth, AccessToken):
            return True
        return request.auth.scope == AccessToken.Scope.WRITE
