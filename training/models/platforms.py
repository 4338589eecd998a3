"""Learning platforms (LTI 1.3): the portal's keys, registrations, and who is who there."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, Max, Q
from django.urls import reverse

from qmportal.lib.history import tracked
from qmportal.lib.outside import Unfetchable, fetch
from qmportal.lib.sealing import seal, unseal
from qmportal.lib.text import refuse_unstorable
from qmportal.lib.work import Work
from teams.models import Team, User
from training import lti
from training.keys import Signer, new_key

KEYS_KEPT = 60 * 60
# After an unknown key, wait this many seconds before fetching the keys again.
KEYS_PAUSE = 30


class ToolKeyQuerySet(models.QuerySet["ToolKey"]):
    def published(self) -> ToolKeyQuerySet:
        return self.filter(retired_at=None).order_by("-created_at", "-pk")

    def make(self) -> ToolKey:
        private, public = new_key()
        kid = uuid.uuid4().hex
        return self.create(kid=kid, private_key=seal(private), public_key=public | {"kid": kid})

    def signer(self) -> Signer:
        """Signs with the newest key. Raises `lti.Refused` or `Unsealable`."""
        newest = self.published().first()
        if newest is None:
            raise lti.Refused("The portal has no key to sign with. An admin must run manage.py lti_keys.")
        return Signer(newest.kid, unseal(newest.private_key))


@tracked(of=["kid", "retired_at"])
class ToolKey(models.Model):
    """A key pair of the portal. The newest one signs; all are published until retired. The private one is encrypted."""

    kid = models.CharField(max_length=40, unique=True)
    private_key = models.TextField(editable=False)
    public_key = models.JSONField(editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = ToolKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.kid


class PlatformQuerySet(models.QuerySet["Platform"]):
    def active(self) -> PlatformQuerySet:
        return self.filter(is_active=True, team__archived_at=None)

    def named(self, issuer: str, client_id: str) -> Platform:
        """The platform that wants to start a launch. Raises `lti.Refused`."""
        found: list[Platform] = []
        with suppress(ValidationError):
            refuse_unstorable(issuer + client_id)
            found = list(self.active().filter(issuer=issuer, **({"client_id": client_id} if client_id else {}))[:2])
        if len(found) != 1:
            raise lti.Refused("This learning platform is not registered here, or its registration is switched off.")
        return found[0]

    def with_counts(self) -> PlatformQuerySet:
        waiting = Q(people__grades__state__in=(Work.State.QUEUED, Work.State.RUNNING))
        return self.select_related("team").annotate(
            people_count=Count("people", distinct=True),
            waiting_count=Count("people__grades", distinct=True, filter=waiting),
            failed_count=Count("people__grades", distinct=True, filter=Q(people__grades__state=Work.State.FAILED)),
            sent_at=Max("people__grades__sent_at"),
            grade_error=Max("people__grades__error"),
        )


@tracked()
class Platform(models.Model):
    """A learning platform that may launch the portal. People who come from it become trainees of its team."""

    name = models.CharField(max_length=80, unique=True)
    url = models.CharField(
        "Address", max_length=300, help_text="Where people open the platform, as in https://moodle.example."
    )
    issuer = models.CharField(max_length=300, help_text="Also called platform ID.")
    client_id = models.CharField("Client ID", max_length=200)
    deployments = ArrayField(models.CharField(max_length=255), verbose_name="Deployment IDs", help_text="One per line.")
    auth_url = models.CharField("Authentication request URL", max_length=500)
    token_url = models.CharField("Access token URL", max_length=500)
    keys_url = models.CharField("Public keyset URL", max_length=500)
    audience = models.CharField(
        "Token audience",
        max_length=500,
        blank=True,
        help_text="Only if the platform names one. Default: the access token URL.",
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.CASCADE,
        related_name="platforms",
        help_text="People who come from the platform become its trainees.",
    )
    is_active = models.BooleanField("Accept launches", default=True)

    objects = PlatformQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "client_id"],
                name="platform_once",
                violation_error_message="This issuer and client ID are registered already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("training:platform", args=[self.pk])

    @property
    def problem(self) -> str:
        """Why a grade could not be sent, as a sentence, else "". For rows of `with_counts`."""
        error: str | None = self.grade_error  # type: ignore[attr-defined]
        return (error or "").removeprefix("Unfetchable: ")

    @property
    def origins(self) -> list[str]:
        """The origins of the pages that may show the portal's link in a frame."""
        return sorted({lti.origin(self.url), lti.origin(self.issuer)} - {"://"})

    def read(self, token: str) -> lti.Message:
        """The verified message of a launch. Raises `lti.Refused`."""
        terms = {"issuer": self.issuer, "client_id": self.client_id}
        try:
            message = lti.read_message(token, self._keyset(), **terms)
        except lti.UnknownKey:
            message = lti.read_message(token, self._keyset(again=True), **terms)
        if message.deployment_id not in self.deployments:
            raise lti.Refused("This deployment of the learning platform is not registered here.")
        return message

    def _keyset(self, *, again: bool = False) -> Any:
        """The platform's public keys, kept for an hour. `again`: a key was missing, so they are asked for once more."""
        name = f"lti-keys-{self.pk}-{self.keys_url}"
        kept = cache.get(name)
        if kept is not None and not (again and cache.add(f"{name}-asked", 1, KEYS_PAUSE)):
            return kept
        try:
            keyset = json.loads(fetch(self.keys_url, most_bytes=64 * 1024, seconds=5))
        except Unfetchable as problem:
            raise lti.Refused(f"The keys of the learning platform can't be read. {problem}") from None
        except ValueError:
            raise lti.Refused("The keys of the learning platform can't be read. They are not JSON.") from None
        cache.set(name, keyset, KEYS_KEPT)
        return keyset


@tracked()
class PlatformPerson(models.Model):
    """The account of somebody who comes from a platform, by the platform's id of that person. Never by email.

    `connected_at`: when the owner of the account said so, signed in. None for an account that a launch made.
    """

    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="people")
    sub = models.CharField(max_length=255)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="platform_accounts")
    created_at = models.DateTimeField(auto_now_add=True)
    connected_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["platform", "sub"], name="platform_person_once")]

    def __str__(self) -> str:
        return f"{self.user} from {self.platform}"

    @property
    def is_settled(self) -> bool:
        """Whether launches may act for the account.

        A platform may name any address. Once somebody has confirmed the address of an account that a launch made, the
        account is theirs, and they say themselves whether the person of the platform is them.
        """
        return self.connected_at is not None or not self.user.has_confirmed_address
