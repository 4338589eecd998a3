"""Background tasks for accounts: mails, and nightly clean-up."""

from allauth.usersessions.models import UserSession
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from teams import mail
from teams.models import AccountMail, KeptAnswer


@shared_task
def send_account_mail(label: str, pk: int) -> None:
    """Writes and sends one mail. Safe to call twice."""
    AccountMail.perform(pk, run=mail.send)


@shared_task
def forget_old_rows() -> None:
    """Deletes expired sessions, old mails and expired idempotency responses, each night."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    AccountMail.objects.filter(finished_at__lt=now - AccountMail.KEPT_FOR).delete()
    KeptAnswer.objects.filter(created_at__lt=now - KeptAnswer.KEPT_FOR).delete()
