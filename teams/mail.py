"""Mail that this app sends by itself."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from qmportal.lib.text import clean_line
from teams.models import Invitation

log = logging.getLogger(__name__)


def send_invitation(invitation: Invitation, link: str) -> bool:
    """Sends the link after the invitation is committed. False: the mail server refused; the link is shown instead."""
    context = {"invitation": invitation, "link": link, "days": Invitation.VALID_FOR.days}
    text = render_to_string("teams/invitation_mail.txt", context)
    subject = clean_line(f"Join {invitation.team} on qmportal")
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email])
    except (OSError, ValueError) as problem:  # the server's refusals, and addresses that no header can carry
        log.warning("invitation not sent: %s", problem, extra={"invitation": invitation.pk})
        return False
    return True
