"""Launches from learning platforms: each is used once, and makes the person a trainee of the platform's team."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models import Q

from teams.models import Membership, Role, Team, User
from training import lti
from training.kinds import PLAN, ItemKind
from training.models.grades import Grade
from training.models.plans import Plan
from training.models.platforms import Platform, PlatformPerson

KEPT_FOR = timedelta(days=1)


class Item(NamedTuple):
    """What a launch opens: a scenario, a check, a page or a plan."""

    kind: str
    ref: str

    @classmethod
    def named(cls, value: str) -> Item | None:
        """The item of "kind:ref"."""
        kind, _, ref = value.partition(":")
        known = (ItemKind.SCENARIO, ItemKind.CHECK, ItemKind.PAGE, PLAN)
        return cls(kind, ref) if kind in known and ref and (kind != PLAN or (ref.isascii() and ref.isdigit())) else None


class LaunchQuerySet(models.QuerySet["Launch"]):
    def take(self, platform: Platform, message: lti.Message, now: datetime) -> Launch:
        """Keeps a launch, once. Raises `lti.Refused` for one that was used before."""
        # One at a time, so that somebody who opens two things at once gets one account.
        Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
        launch, is_new = self.get_or_create(
            nonce=message.nonce,
            defaults={
                "platform": platform,
                "deployment_id": message.deployment_id,
                "sub": message.sub,
                "name": message.name,
                "email": message.email,
                "is_deep_linking": message.is_deep_linking,
                "may_choose": message.may_choose,
                "item": message.item,
                "line_item": message.line_item,
                "return_url": message.return_url,
                "return_data": message.return_data,
                "at": now,
            },
        )
        if not is_new:
            raise lti.Refused("This launch was used before. Open the activity in your course again.")
        return launch

    def fresh(self, now: datetime) -> LaunchQuerySet:
        """Launches of the last hour, of platforms that are switched on."""
        recent = self.filter(at__gte=now - timedelta(hours=1), platform__in=Platform.objects.active())
        return recent.select_related("platform__team")

    def forget_old(self, now: datetime) -> None:
        self.filter(at__lt=now - KEPT_FOR).delete()


class Launch(models.Model):
    """One verified launch. Its nonce can be used once; the row is deleted after a day."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    nonce = models.CharField(max_length=64, unique=True)
    platform = models.ForeignKey(Platform, on_delete=models.CASCADE, related_name="launches")
    deployment_id = models.CharField(max_length=255)
    sub = models.CharField(max_length=255)
    name = models.CharField(max_length=120)
    email = models.CharField(max_length=254)
    is_deep_linking = models.BooleanField()
    may_choose = models.BooleanField()
    item = models.CharField(max_length=80)
    line_item = models.CharField(max_length=1000)
    return_url = models.CharField(max_length=1000)
    return_data = models.TextField()
    at = models.DateTimeField(db_index=True)

    objects = LaunchQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.sub} from {self.platform}"

    def person(self) -> PlatformPerson | None:
        """Whose account it is, if that is known."""
        return PlatformPerson.objects.filter(platform=self.platform_id, sub=self.sub).select_related("user").first()

    def connect(self, user: User, connected_at: datetime | None = None) -> PlatformPerson:
        """Remembers that this person of the platform is this user. `connected_at`: when the user said so, signed in."""
        terms: dict[str, Any] = {"platform": self.platform, "sub": self.sub, "user": user}
        return PlatformPerson.objects.update_or_create(**terms, defaults={"connected_at": connected_at})[0]

    @transaction.atomic
    def open(self, person: PlatformPerson, now: datetime) -> None:
        """Makes the person a trainee of the platform's team, assigns a plan, and prepares the grade."""
        team = self.platform.team
        Membership.objects.get_or_create(user=person.user, team=team, defaults={"role": Role.TRAINEE})
        person.user.forget_roles()
        item = Item.named(self.item)
        if self.is_deep_linking or item is None:
            return
        if item.kind == PLAN and (plan := plans_of(team).filter(pk=int(item.ref)).first()):
            plan.assign([person.user], now=now, team=team)
        if self.line_item:
            names: dict[str, Any] = {"person": person, "line_item": self.line_item}
            grade, _ = Grade.objects.update_or_create(**names, defaults={"kind": item.kind, "ref": item.ref})
            grade.settle(now)


def plans_of(team: Team) -> Any:
    """The plans that people of this team can get."""
    return Plan.objects.filter(Q(team=None) | Q(team__in=team.lineage), started_at__isnull=False, retired_at=None)


def may_enter_by_launch(user: User) -> bool:
    """Whether a launch alone signs the person in. It gives a trainee's rights, so those with more sign in themselves."""
    return not user.is_admin and set(user.roles.values()) <= {Role.TRAINEE}
