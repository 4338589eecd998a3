"""Certificates: proof of a passed scenario that anyone can verify."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from notifications.models import Notification
from qmportal.lib.history import tracked
from scenarios.models import Attempt
from teams.models import User


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def in_force(self, today: date) -> CertificateQuerySet:
        return self.filter(revoked_at=None, valid_until__gte=today)

    def with_scenario(self) -> CertificateQuerySet:
        """Loads everything that a page shows, without the scenario's content."""
        return self.select_related("user", "revoked_by", "attempt__version__scenario").defer("attempt__version__document")


@tracked()
class Certificate(models.Model):
    """Proof of a passed scenario. Anyone can verify it at /verify/<uuid>."""

    class Status(models.TextChoices):
        VALID = "valid", "Valid"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Revoked"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="certificates")
    attempt = models.OneToOneField(Attempt, on_delete=models.PROTECT, related_name="certificate")
    holder = models.CharField(max_length=120, help_text="The name when it was earned.")
    score = models.DecimalField(max_digits=4, decimal_places=1)
    issued_at = models.DateTimeField()
    valid_until = models.DateField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    revoke_reason = models.CharField(max_length=300, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None) | ~Q(revoke_reason=""),
                name="certificate_revoked_with_reason",
                violation_error_message="Enter a reason.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.holder}: {self.attempt.version}"

    def get_absolute_url(self) -> str:
        return reverse("verify", args=[self.uuid])

    def status(self, today: date) -> Certificate.Status:
        if self.revoked_at:
            return self.Status.REVOKED
        return self.Status.EXPIRED if today > self.valid_until else self.Status.VALID

    @transaction.atomic
    def revoke(self, reason: str, by: User, now: datetime) -> bool:
        """Revokes the certificate and notifies its holder. False if it was revoked before; the first reason stays."""
        if not Certificate.objects.filter(pk=self.pk, revoked_at=None).update(
            revoked_at=now, revoked_by=by, revoke_reason=reason
        ):
            return False
        Notification.objects.tell(
            self.user,
            key=f"certificate-{self.pk}-revoked",
            kind="certificate",
            subject=f"Your certificate was revoked: {self.attempt.version.title}",
            body=f"{by} gave this reason: {reason}",
            url=self.get_absolute_url(),
        )
        return True
