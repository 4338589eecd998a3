"""Notifications and their emails: first a row, then a worker sends it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.mail import send_mail
from django.db import models
from django.db.models import F, Q

from qmportal.lib.history import tracked
from qmportal.lib.text import clean_line
from qmportal.lib.work import Work, ring

if TYPE_CHECKING:
    from teams.models import User
    from teams.permissions import AnyUser


MOST_RINGS = 50  # the sweep finds the rest


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: AnyUser) -> NotificationQuerySet:
        """The user's own, if they still belong to (or, for manager notifications, manage) the teams it is about."""
        mine = self.filter(user=user.pk)
        if not user.is_authenticated or user.is_admin:
            return mine
        managed = Q(teams__contained_by=sorted(user.managed))
        return mine.filter(managed | Q(for_managers=False, teams__contained_by=sorted(user.near)))

    def unread_first(self) -> NotificationQuerySet:
        return self.order_by(F("read_at").desc(nulls_first=True), "-created_at", "-id")

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def tell(self, user: User, *, mail: bool = True, **what: Any) -> Notification:
        """Notifies one person: see `tell_all`."""
        self.tell_all([user], mail=mail, **what)
        return self.get(user=user, key=what["key"])

    def tell_all(
        self,
        users: Collection[User],
        *,
        key: str,
        kind: str,
        subject: str,
        body: str = "",
        url: str = "",
        teams: Iterable[int] = (),
        for_managers: bool = False,
        mail: bool = True,
    ) -> None:
        """Notifies these people once: repeating the same `key` does nothing. A worker sends the emails.

        `teams`: ids of the teams whose texts or people it names. It is hidden from people who leave one of them.
        """
        told_before = set(self.filter(user__in=users, key=key).values_list("user_id", flat=True))
        told_before |= set(Silenced.objects.filter(user__in=users, kind=kind).values_list("user_id", flat=True))
        told = [
            Notification(
                user=user,
                key=key,
                kind=kind,
                subject=clean_line(subject)[:200],
                body=body,
                url=url,
                teams=list(teams),
                for_managers=for_managers,
            )
            for user in users
            if user.pk not in told_before
        ]
        Notification.objects.bulk_create(told, ignore_conflicts=True)
        if mail and told:
            # If two processes notify at once, only one creates the mail.
            new = self.filter(user__in=[each.user_id for each in told if each.user.is_active], key=key, mail=None)
            mails = Mail.objects.bulk_create(Mail(notification=each) for each in new)
            for each in mails[:MOST_RINGS]:
                ring(each)


class Notification(models.Model):
    """One notification to one person, shown in the inbox. `url` is a path of the portal."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    url = models.CharField(max_length=300, blank=True)
    teams = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], help_text="Ids of the teams that it tells about."
    )
    for_managers = models.BooleanField(
        default=False, db_default=False, help_text="Hidden from somebody who no longer manages the teams."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [models.Index(fields=["user", "read_at"], name="notification_inbox")]

    def __str__(self) -> str:
        return self.subject

    def mark_read(self, now: datetime) -> None:
        if self.read_at is None:
            self.read_at = now
            self.save(update_fields=["read_at"])


# The kinds that a person can switch off.
CAN_BE_SILENCED = {
    "incident": "Incidents of my teams: reported, more severe, restored, reopened",
    "update": "Updates for stakeholders that are due",
    "review": "Reviews that I write or read: due, submitted, published, commented on",
    "action": "My actions: due, overdue, did not work",
    "cord": "The Andon cord of my teams: pulled, released",
    "policy": "Defects that a zero bug policy wants decided soon",
    "defect": "Defects of my teams: reported, reopened",
    "assigned": "Defects assigned to me",
}


@tracked()
class Silenced(models.Model):
    """A person does not want notifications of this kind."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="silenced")
    kind = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="silenced_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


class Mail(Work):
    """The email for one notification. Sent at least once: a crash after sending can send it again."""

    notification = models.OneToOneField(Notification, on_delete=models.CASCADE, related_name="mail")

    def run(self) -> None:
        told = self.notification
        if not Notification.objects.visible_to(told.user).filter(pk=told.pk).exists():
            return  # the person has left the team since
        link = f"\n\n{settings.SITE_URL}{told.url}" if told.url else ""
        send_mail(told.subject, f"{told.body}{link}".strip(), None, [told.user.email])
