"""Sign-in rules on top of allauth."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal.ratelimit import get_ip
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from teams.limits import Tries
from teams.models import AccountMail, User


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Disables sign-up: accounts come from an invitation, or from the first visit after installation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if wait := _tries(request, credentials).begin():
            raise ValidationError(f"Too many attempts with a wrong password. Try again in {_spoken(wait)}.")
        super().pre_authenticate(request, **credentials)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user:
            _tries(request, credentials).forget()
        return user

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Forgets failed attempts after a password reset."""
        _tries(request, credentials).forget()

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Mails the owner that the password was changed or reset, the only changes that allauth makes here."""
        AccountMail.objects.order(AccountMail.Kind.PASSWORD_CHANGED, user.email, requested_by=user)


def _tries(request: HttpRequest, credentials: dict[str, Any]) -> Tries:
    return Tries(credentials["email"], get_ip(request))


def _spoken(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} seconds" if seconds < 60 else f"{minutes} minute{'s'[: minutes > 1]}"
