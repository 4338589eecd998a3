"""Who: users, teams (a tree), memberships with roles, invitations, tokens."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from knox.models import AbstractAuthToken

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    AnyUser = "User | AnonymousUser"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_admin=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail. `is_admin` marks the organisation's admins; other rights come from memberships."""

    email = models.EmailField("e-mail", max_length=254)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField("organisation admin", default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []

    class Meta:
        ordering = ["name", "email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message="This e-mail is already in use."
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Django's admin site asks this; the organisation's admins are its staff."""
        return self.is_admin

    @property
    def initials(self) -> str:
        words = (self.name or self.email).replace("@", " ").replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()

    @cached_property
    def roles(self) -> dict[int, str]:
        """My role by team id, from my own memberships. One query for each request."""
        return dict(self.memberships.values_list("team_id", "role"))


class Role(models.TextChoices):
    MANAGER = "manager", "Manager"
    ENGINEER = "engineer", "Engineer"
    TRAINEE = "trainee", "Trainee"


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: AnyUser) -> TeamQuerySet:
        """Teams whose numbers this person may see: all but those set to members only."""
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.filter(archived_at=None)
        return self.filter(Q(members_only=False) | Q(lineage__overlap=list(user.roles)), archived_at=None)

    def with_rows_for(self, user: AnyUser, *roles: str) -> TeamQuerySet:
        """Teams whose rows this person may see (or, with `roles`, in which one of these roles is held).

        A right in a team reaches its descendants.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.filter(archived_at=None)
        mine = [team for team, role in user.roles.items() if not roles or role in roles]
        return self.filter(lineage__overlap=mine, archived_at=None)

    def descendants_of(self, team: Team) -> TeamQuerySet:
        """The team itself and everything below it."""
        return self.filter(lineage__contains=[team.pk])


class Team(models.Model):
    """A node of the organisation's tree. `lineage` holds the ids from the root down to the team itself."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    key = models.CharField(
        max_length=8,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9]{1,7}\Z", "Use 2 to 8 capital letters or digits, a letter first.")],
        help_text="Begins the references of this team's records, as in PAY-INC-42.",
    )
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    lineage = ArrayField(models.BigIntegerField(), default=list, editable=False)
    members_only = models.BooleanField(
        default=False, help_text="Only members (and admins) see this team's numbers. Its records are always for members."
    )
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        indexes = [GinIndex(fields=["lineage"], name="team_lineage")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(parent=F("id")),
                name="team_not_its_own_parent",
                violation_error_message="A team cannot be its own parent.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dashboards:team", args=[self.slug])

    def clean(self) -> None:
        if self.pk and self.parent_id and self.pk in self.parent.lineage:
            raise ValidationError({"parent": "A team cannot be moved below itself."})

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps `lineage` true for the team and, after a move, for everything below it."""
        before = list(self.lineage)
        super().save(*args, **kwargs)
        parent = Team.objects.select_for_update().get(pk=self.parent_id).lineage if self.parent_id else []
        self.lineage = [*parent, self.pk]
        if self.lineage == before:
            return
        Team.objects.filter(pk=self.pk).update(lineage=self.lineage)
        for child in Team.objects.filter(lineage__contains=[self.pk]).exclude(pk=self.pk):
            tail = child.lineage[child.lineage.index(self.pk) + 1 :]
            Team.objects.filter(pk=child.pk).update(lineage=[*self.lineage, *tail])

    def next_references(self, kind: str, count: int = 1) -> list[str]:
        """Reserves the next `count` references of a kind ("INC", "DEF"), without gaps.

        The counter's row stays locked until the surrounding transaction ends, so a number is used or given back.
        """
        ReferenceCounter.objects.get_or_create(team=self, kind=kind)
        counter = ReferenceCounter.objects.select_for_update().get(team=self, kind=kind)
        first = counter.last + 1
        counter.last += count
        counter.save(update_fields=["last"])
        return [f"{self.key}-{kind}-{number}" for number in range(first, first + count)]


class ReferenceCounter(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=3)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "kind"], name="reference_counter_unique")]


class Membership(models.Model):
    """One person's role in one team. Rights reach the team's descendants."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["team__name", "user__name", "user__email"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"],
                name="membership_unique",
                violation_error_message="This person is already a member of the team.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.get_role_display()})"


class Invitation(models.Model):
    """A link, sent by e-mail, that lets one person join one team. Only a hash of its token is kept."""

    VALID_FOR = timedelta(days=14)

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail", max_length=254)
    role = models.CharField(max_length=10, choices=Role, default=Role.ENGINEER)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "team",
                condition=Q(accepted_at=None),
                name="invitation_open_unique",
                violation_error_message="This person already has an open invitation to the team.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.team}"

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and now < self.created_at + self.VALID_FOR


class AccessToken(AbstractAuthToken):
    """A bearer token for machines: shown once, stored hashed, scoped, tied to a person."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    name = models.CharField(max_length=80, blank=True)
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.READ)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name or f"{self.get_scope_display()} token of {self.user}"


def new_secret() -> str:
    """An unguessable token for a link (256 bits)."""
    return secrets.token_urlsafe(32)
