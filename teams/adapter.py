"""Sign-in rules on top of allauth."""

import logging

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

log = logging.getLogger(__name__)


class InvitationOnlyAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves: an account begins with an invitation or with the installation's first visit."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """A mail server that is down must not fail the page; nor tell, by failing, which accounts exist."""
        try:
            super().send_mail(template_prefix, email, context)
        except OSError as problem:
            log.error("account mail not sent: %s", problem, extra={"template": template_prefix})
