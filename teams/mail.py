"""The text of account emails. Links start with SITE_URL, whatever the request's host."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from qmportal.lib.text import clean_line
from teams.models import AccountMail, Invitation, User

ADDRESS_SALT = "teams.address"
ADDRESS_DAYS = 3

# None: nothing to send
Facts = dict[str, Any] | None


def send(mail: AccountMail) -> None:
    if letter := write(mail, timezone.now()):
        send_mail(*letter, None, [mail.address])


def write(mail: AccountMail, now: datetime) -> tuple[str, str] | None:
    """Subject and text, or None when there is nothing to send."""
    facts = FACTS[mail.kind](mail, now)
    if facts is None:
        return None
    text = render_to_string(f"teams/mail/{mail.kind}.txt", {"site": settings.SITE_URL, **facts})
    subject, _, body = text.strip().partition("\n")
    return clean_line(subject), body.strip()


def _invitation(mail: AccountMail, now: datetime) -> Facts:
    invitation = mail.invitation
    if invitation is None or invitation.problem(now):
        return None
    return {"invitation": invitation, "days": Invitation.VALID_FOR.days}


def _reset(mail: AccountMail, now: datetime) -> Facts:
    """Looks up the address only here, so that the page responds the same way and equally fast for every address."""
    person = User.objects.filter(email=mail.address, is_active=True).first()
    if person is None:
        return None
    key = {"uidb36": user_pk_to_url_str(person), "key": default_token_generator.make_token(person)}
    return {"person": person, "link": settings.SITE_URL + reverse("account_reset_password_from_key", kwargs=key)}


def _address(mail: AccountMail, now: datetime) -> Facts:
    person = mail.requested_by
    if person is None:
        return None
    link = settings.SITE_URL + reverse("account_confirm_email", args=[address_key(person, mail.address)])
    return {"person": person, "link": link, "days": ADDRESS_DAYS, "address": mail.address}


def _changed(mail: AccountMail, now: datetime) -> Facts:
    return {"person": mail.requested_by, "address": mail.address}


FACTS: dict[str, Callable[[AccountMail, datetime], Facts]] = {
    AccountMail.Kind.INVITATION: _invitation,
    AccountMail.Kind.RESET: _reset,
    AccountMail.Kind.ADDRESS: _address,
    AccountMail.Kind.ADDRESS_CHANGED: _changed,
    AccountMail.Kind.PASSWORD_CHANGED: _changed,
}


def address_key(person: User, address: str) -> str:
    """The signed key in the link to confirm an address. It is invalid once the account's address changes."""
    return signing.dumps([person.pk, person.email, address], salt=ADDRESS_SALT)


def read_address_key(key: str) -> tuple[int, str, str] | None:
    """The account, its address at that time, and the new one; None if the link is invalid or too old."""
    try:
        pk, before, address = signing.loads(key, salt=ADDRESS_SALT, max_age=ADDRESS_DAYS * 24 * 60 * 60)
    except signing.BadSignature:
        return None
    return pk, before, address
