"""Users, teams (a tree), memberships with roles, invitations, tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Count, Exists, F, FilteredRelation, Func, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.text import slugify
from knox.models import AbstractAuthToken

from qmportal.lib.days import local_day
from qmportal.lib.history import tracked
from qmportal.lib.kept import Kept, Versions
from qmportal.lib.queries import Ids, Overlaps
from qmportal.lib.text import folded, in_latin, mail_address
from qmportal.lib.work import Work, WorkQuerySet, ring

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    AnyUser: TypeAlias = "User | AnonymousUser"


# Caches for the most recent users: the teams whose rows they may see, and (smaller, so for more users) only their ids.
REACH, REACH_OF_ROWS = Kept(50), Kept(400)
ADDRESS_TAKEN = "This address belongs to another account."
# Rows per statement when many are written.
AT_ONCE = 1000
ALREADY_A_MEMBER = "This person is already a member of the team."


class UserManager(BaseUserManager["User"]):
    @transaction.atomic
    def create_user(self, email: str, password: str | None = None, *, confirmed: bool = True, **fields: Any) -> User:
        """Creates an account. An invitation, or the person who runs the portal, confirms its address; others don't."""
        user = self.model(email=mail_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        if confirmed:
            user.confirm_address()
        else:
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_admin=True, is_superuser=True, **fields)

    def lock_first_visit(self) -> None:
        """Locks until the transaction ends, so that only one person can create the first account."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('teams.first_visit'))")

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=mail_address(username or ""))


class OwnTeam(NamedTuple):
    """What the pages need to know about a person's own team."""

    pk: int
    name: str
    slug: str
    role: str


class TeamInReach(NamedTuple):
    """What lists of records need to know about a team; the role is None if the permission comes from a parent team."""

    pk: int
    slug: str
    name: str
    role: str | None
    # The ids from the top of the tree down to the team itself.
    lineage: list[int]
    archived: bool


@tracked(of=["email", "name", "time_zone", "is_active", "is_admin"])
class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by email. `is_admin` marks the organisation's admins. Memberships give all other permissions."""

    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=60, blank=True, db_default="", help_text="Empty: that of the organisation.")
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField("organisation admin", default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["name", "email"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="user_email_unique", violation_error_message="This email is already in use."
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    # The session and tokens that a new password doesn't end. Set before saving, by a form that knows who changes it.
    kept_session: str | None = None
    keeps_tokens = False

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password ends all earlier sessions and tokens, wherever it is set: page, link, command or shell."""
        is_renewed = self._password is not None and not self._state.adding  # type: ignore[attr-defined]
        super().save(*args, **kwargs)
        if is_renewed:
            self.end_sessions(but=self.kept_session)
            if not self.keeps_tokens:
                self.revoke_tokens()

    @property
    def is_staff(self) -> bool:
        """Lets the organisation's admins use Django's admin site, which reads this."""
        return self.is_admin

    @cached_property
    def own_teams(self) -> list[OwnTeam]:
        """The teams that this person is a member of, with their role. One query per request."""
        if not self.is_admin:
            return [OwnTeam(team.pk, team.name, team.slug, team.role) for team in self.reach if team.role]
        rows = self.memberships.filter(team__archived_at=None).order_by("team__name")
        return [OwnTeam(*row) for row in rows.values_list("team_id", "team__name", "team__slug", "role")]

    @cached_property
    def reach(self) -> list[TeamInReach]:
        """The teams that this person can choose from, by name: their own and all sub-teams."""
        return [team for team in self._reach if not team.archived]

    @cached_property
    def versions(self) -> Versions:
        """The versions of all tables, as of the first time that this request asked for them."""
        return Versions()

    @cached_property
    def reach_of_rows(self) -> Ids:
        """The ids of the teams whose rows this person may see. Includes archived teams, which still count in parent teams.

        Queries use the ids rather than a subquery: with a subquery, PostgreSQL can't estimate how many rows the teams have,
        and reads all of them to show the newest fifty.
        """
        key = (self.pk, self.is_admin, *self.versions.of(Team, Membership))
        return REACH_OF_ROWS.get_or_make(key, lambda: Ids(team.pk for team in self._reach))

    @cached_property
    def out_of_reach(self) -> list[int]:
        """The ids of the teams whose rows even admins can't see. Usually none."""
        key = ("gone", *self.versions.of(Team))
        return REACH_OF_ROWS.get_or_make(key, lambda: list(Team.objects.gone().values_list("pk", flat=True)))

    @cached_property
    def _reach(self) -> list[TeamInReach]:
        """Like `reach`, but including archived teams."""
        key = (self.pk, self.is_admin, *self.versions.of(Team, Membership))
        return REACH.get_or_make(key, self._read_reach)

    def _read_reach(self) -> list[TeamInReach]:
        mine = Membership.objects.filter(user=self, team__archived_at=None).order_by()
        if self.is_admin:
            teams = Team.objects.without_gone()
        else:
            teams = Team.objects.filter(lineage__overlap=ArraySubquery(mine.values("team")))
        role = Subquery(mine.filter(team=OuterRef("pk")).values("role"))
        rows = teams.annotate(role=role, archived=Q(archived_at__isnull=False))
        return [TeamInReach(*row) for row in rows.values_list("pk", "slug", "name", "role", "lineage", "archived")]

    def reach_below(self, slug: str) -> list[int]:
        """The ids of a team in this person's reach and of its sub-teams, whose rows count for the team too."""
        tops = [team.pk for team in self.reach if team.slug == slug]
        return [team.pk for team in self._reach if any(top in team.lineage for top in tops)]

    @cached_property
    def roles(self) -> dict[int, str]:
        """This person's role by team id, from their own memberships."""
        return {team.pk: team.role for team in self.own_teams}

    @cached_property
    def near(self) -> set[int]:
        """The ids of the teams in this person's reach and of their parent teams, whose plans and notes apply to them too."""
        return {pk for team in self.reach for pk in team.lineage}

    @cached_property
    def managed(self) -> set[int]:
        """The ids of the teams that this person manages, as a manager of the team or of a parent team."""
        mine = {pk for pk, role in self.roles.items() if role == Role.MANAGER}
        return {team.pk for team in self.reach if self.is_admin or mine & set(team.lineage)}

    def forget_roles(self) -> None:
        """Forgets cached memberships, after they changed in this request."""
        for cached in (
            "versions",
            "roles",
            "own_teams",
            "reach",
            "reach_of_rows",
            "out_of_reach",
            "_reach",
            "near",
            "managed",
        ):
            self.__dict__.pop(cached, None)

    @transaction.atomic
    def set_admin(self, admin: bool) -> None:
        """Makes the person an admin of the organisation, or takes that away."""
        if not admin:
            self._refuse_if_last_admin()
        self.is_admin = self.is_superuser = admin
        self.save(update_fields=["is_admin", "is_superuser"])

    @transaction.atomic
    def deactivate(self) -> None:
        """Locks the person out at once: no sign-in, session or token. Memberships stay in case they return."""
        self._refuse_if_last_admin()
        self.is_active = False
        self.save(update_fields=["is_active"])
        self.revoke_tokens()
        self.end_sessions()

    def reactivate(self) -> None:
        self.is_active = True
        self.save(update_fields=["is_active"])

    def end_sessions(self, *, but: str | None = None) -> None:
        """Signs the person out everywhere, except in the session `but`.

        Reads every live session, because the session table has no user column. This is rare enough not to need one.
        """
        live = Session.objects.filter(expire_date__gt=timezone.now()).exclude(pk=but or "").iterator()
        mine = [session.pk for session in live if session.get_decoded().get(SESSION_KEY) == str(self.pk)]
        Session.objects.filter(pk__in=mine).delete()
        UserSession.objects.filter(user=self).exclude(session_key=but or "").delete()

    def revoke_tokens(self) -> None:
        """Also ends the calendar's address, which is a token to read."""
        self.auth_token_set.all().delete()
        CalendarAddress.objects.filter(user=self).delete()

    @transaction.atomic
    def change_address(self, email: str) -> None:
        """Changes the account's address to one that was confirmed by mail."""
        if User.objects.exclude(pk=self.pk).filter(email__iexact=email).exists():
            raise ValidationError(ADDRESS_TAKEN)
        self.email = email
        self.save(update_fields=["email"])
        self.confirm_address()

    @transaction.atomic
    def confirm_address(self) -> None:
        """Tells allauth that this is the account's only address and that it is confirmed."""
        EmailAddress.objects.filter(user=self).exclude(email=self.email).delete()
        EmailAddress.objects.update_or_create(user=self, email=self.email, defaults={"verified": True, "primary": True})

    @property
    def has_confirmed_address(self) -> bool:
        """Whether somebody who reads the mails of the address has shown it."""
        return EmailAddress.objects.filter(user=self, email=self.email, verified=True).exists()

    def _refuse_if_last_admin(self) -> None:
        """Raises ValidationError for the last admin. Locks all admins, so that two can't remove each other at once."""
        admins = User.objects.filter(is_admin=True, is_active=True).order_by("pk").select_for_update()
        if list(admins.values_list("pk", flat=True)) == [self.pk]:
            raise ValidationError("This is the organisation's last admin. Make somebody else an admin first.")


class Role(models.TextChoices):
    """Managers run a team, engineers act for it, trainees learn in it. All three can report. See `permissions`."""

    MANAGER = "manager", "Manager"
    ENGINEER = "engineer", "Engineer"
    TRAINEE = "trainee", "Trainee"


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: AnyUser) -> TeamQuerySet:
        """Teams whose numbers this person may see: all, except members-only teams of others."""
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.filter(archived_at=None)
        return self.filter(Q(members_only=False) | Q(Overlaps("lineage", user.roles)), archived_at=None)

    def with_rows_for(self, user: AnyUser, *roles: str) -> TeamQuerySet:
        """Teams whose rows this person may see. With `roles`, only teams where they have one of these roles.

        Permissions apply to sub-teams.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_admin:
            return self.filter(archived_at=None)
        mine = [team for team, role in user.roles.items() if not roles or role in roles]
        return self.filter(Overlaps("lineage", mine), archived_at=None)

    def descendants_of(self, team: Team) -> TeamQuerySet:
        """The team itself and all teams below it."""
        return self.filter(lineage__contains=[team.pk])

    def above(self, teams: Iterable[int]) -> TeamQuerySet:
        """These teams and all their parent teams."""
        below = Team.objects.filter(pk__in=teams)
        return self.filter(pk__in=below.values_list(Func("lineage", function="unnest"), flat=True))

    def placed(self, day: date) -> Any:
        """Adds `place` to each team: its lineage when the windows as of `day` ended."""
        past = FilteredRelation("past_places", condition=Q(past_places__days__contains=day))
        return self.annotate(past=past, place=Coalesce("past__lineage", "lineage"))

    def family_of(self, team: Team, day: date) -> list[int]:
        """The ids of the team and of all teams that were below it as of `day`. One query."""
        return list(self.placed(day).filter(place__contains=[team.pk]).order_by().values_list("pk", flat=True))

    def gone(self) -> TeamQuerySet:
        """Archived teams without an active parent: their rows are no longer counted anywhere."""
        archived = Team.objects.exclude(archived_at=None)
        return self.exclude(archived_at=None).filter(lineage__0__in=archived.values("pk"))

    def without_gone(self) -> TeamQuerySet:
        return self.exclude(pk__in=Team.objects.gone().values("pk"))

    def archived_for(self, user: AnyUser) -> TeamQuerySet:
        """Archived teams that this person was a member of, or whose records they still see. Admins see all of them."""
        if not user.is_authenticated:
            return self.none()
        archived = self.exclude(archived_at=None)
        if user.is_admin:
            return archived
        return archived.filter(Q(pk__in=user.reach_of_rows) | Q(pk__in=user.memberships.values("team")))

    def with_member_counts(self) -> TeamQuerySet:
        return self.annotate(member_count=Count("memberships", filter=Q(memberships__user__is_active=True)))

    def as_tree(self) -> list[Team]:
        """The teams in tree order, each with its `.depth` among these teams. One query."""
        teams = {team.pk: team for team in self}
        for team in teams.values():
            above = [teams[pk] for pk in team.lineage if pk in teams]
            team.depth, team.path = len(above) - 1, [(each.name.casefold(), each.pk) for each in above]
        return sorted(teams.values(), key=lambda team: team.path)

    def lock_tree(self) -> None:
        """Locks until the transaction ends, so that nobody else creates or moves teams.

        Two moves at once could create a circle, and two new teams at once would get the same free key.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('teams.tree'))")

    def refresh_lineages(self) -> None:
        """Recomputes `lineage` from the parents, after many of them changed. Call it under `lock_tree`."""
        teams = {team.pk: team for team in Team.objects.only("parent", "lineage")}
        found: dict[int | None, list[int]] = {None: []}
        for team in teams.values():
            above = [team]
            while above[-1].parent_id not in found:
                above.append(teams[above[-1].parent_id])  # type: ignore[index]
            for each in reversed(above):
                found[each.pk] = [*found[each.parent_id], each.pk]
        moved = [team for team in teams.values() if team.lineage != found[team.pk]]
        placed = [team.pk for team in moved if team.lineage]
        PastPlace.keep(Team.objects.filter(pk__in=placed), local_day(timezone.now()))
        for team in moved:
            team.lineage = found[team.pk]
        Team.objects.bulk_update(moved, ["lineage"], batch_size=AT_ONCE)

    def free_slug(self, name: str) -> str:
        """An unused slug, made from the name."""
        return self._first_free("slug", slugs_for(name))

    def free_key(self, name: str) -> str:
        """An unused key, made from the name: DP for "Data Platform", PAY for "Payments"."""
        return self._first_free("key", keys_for(name))

    def _first_free(self, field: str, candidates: Iterator[str]) -> str:
        return next(text for text in candidates if not Team.objects.filter(**{field: text}).exists())


def slugs_for(name: str) -> Iterator[str]:
    """Possible slugs for a team with this name: "payments", then "payments-2". Never ends."""
    base = slugify(in_latin(name))[:50].strip("-_") or "team"
    return (base if number == 1 else f"{base}-{number}" for number in count(1))


def keys_for(name: str) -> Iterator[str]:
    """Possible keys for a team with this name, most natural first. Never ends."""
    words = re.findall(r"[A-Z0-9]+", in_latin(name).upper()) or ["TEAM"]
    if not words[0][0].isalpha():
        words[0] = f"T{words[0]}"
    letters = "".join(words)
    if 2 <= len(words) <= 5:
        yield "".join(word[0] for word in words)
    for length in range(3, min(len(letters), 6) + 1):
        yield letters[:length]
    for number in count(2):
        yield f"{letters[:4]}{number}"


@tracked(without=["lineage"])
class Team(models.Model):
    """A team, as a node of a tree. `lineage` holds the ids from the root down to the team itself."""

    # Other rows in the API name this team only to people who can see it.
    IS_NAMED_TO_VIEWERS_ONLY = True

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    key = models.CharField(
        max_length=8,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9]{1,7}\Z", "Use 2 to 8 capital letters or digits. Start with a letter.")],
        help_text="Begins the references of this team's records, as in PAY-INC-42.",
    )
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    lineage = ArrayField(models.BigIntegerField(), default=list, editable=False)
    members_only = models.BooleanField(
        default=False, help_text="Only members (and admins) see this team's numbers. Its records are always for members."
    )
    description = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TeamQuerySet.as_manager()

    # Set by `as_tree()`, `placed()` and `with_member_counts()`.
    depth: int
    path: list[tuple[str, int]]
    place: list[int]
    member_count: int
    # Set by the page that lists teams.
    is_mine: bool
    tier: str | None
    open_incidents: int

    class Meta:
        ordering = ["name"]
        indexes = [GinIndex(fields=["lineage"], name="team_lineage"), models.Index(fields=["name"], name="team_by_name")]
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
        if self.pk and self.parent and self.pk in self.parent.lineage:
            raise ValidationError({"parent": "A team cannot be moved below itself."})
        siblings = Team.objects.filter(parent=self.parent_id, archived_at=None).exclude(pk=self.pk)
        if folded(self.name) in map(folded, siblings.values_list("name", flat=True)):
            raise ValidationError({"name": "There is already a team with this name here."})

    @property
    def has_records(self) -> bool:
        """Whether a reference with this team's key exists: people may have written it down."""
        return ReferenceCounter.objects.filter(team=self, last__gt=0).exists()

    @transaction.atomic
    def archive(self, now: datetime) -> None:
        """Archives the team: it leaves every list, and its records are kept."""
        Team.objects.lock_tree()
        if self.children.filter(archived_at=None).exists():
            raise ValidationError("There are teams below this one. Move or archive them first.")
        self.archived_at = now
        self.save(update_fields=["archived_at"])

    @transaction.atomic
    def restore(self) -> None:
        """Restores the team in its place, unless its parent is archived or now has a team with this name."""
        Team.objects.lock_tree()
        if Team.objects.filter(children=self).exclude(archived_at=None).exists():
            raise ValidationError(f"The team above it, {self.parent}, is archived. Restore that one first.")
        self.clean()
        self.archived_at = None
        self.save(update_fields=["archived_at"])

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Updates `lineage` for the team and, after a move, for all teams below it."""
        before = list(self.lineage)
        super().save(*args, **kwargs)
        parent = Team.objects.select_for_update().get(pk=self.parent_id).lineage if self.parent_id else []
        self.lineage = [*parent, self.pk]
        if self.lineage == before:
            return
        if before:
            PastPlace.keep(Team.objects.filter(lineage__contains=[self.pk]), local_day(timezone.now()))
        Team.objects.filter(pk=self.pk).update(lineage=self.lineage)
        for child in Team.objects.filter(lineage__contains=[self.pk]).exclude(pk=self.pk):
            tail = child.lineage[child.lineage.index(self.pk) + 1 :]
            Team.objects.filter(pk=child.pk).update(lineage=[*self.lineage, *tail])

    def next_references(self, kind: str, count: int = 1) -> list[str]:
        """Reserves the next `count` references of a kind ("INC", "DEF"), without gaps.

        The counter's row stays locked until the surrounding transaction ends. A rollback gives the numbers back.
        """
        last = ReferenceCounter.advance(connection, self, kind, count)
        if last is None:
            raise Team.DoesNotExist
        return self.references_up_to(last, kind, count)

    def references_up_to(self, last: int, kind: str, count: int) -> list[str]:
        return [f"{self.key}-{kind}-{number}" for number in range(last - count + 1, last + 1)]


class PastPlace(models.Model):
    """A team's place in the tree before it moved. Roll-ups as of `days` use it; later ones use `Team.lineage`."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="past_places")
    lineage = ArrayField(models.BigIntegerField())
    days = DateRangeField(help_text="Windows as of these days; without a first day: from the beginning.")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="past_place_one_a_day",
                expressions=[("team", RangeOperators.EQUAL), ("days", RangeOperators.OVERLAPS)],
                violation_error_message="A team can only be in one place at a time.",
            )
        ]

    @classmethod
    def keep(cls, teams: TeamQuerySet, today: date) -> None:
        """Stores the current place of each team that has records, for windows that ended before tomorrow.

        Call it before a move. A place that lasted less than a day isn't stored, nor one without records, wherever they
        were first filed.
        """
        tomorrow = today + timedelta(days=1)
        ended = dict(cls.objects.filter(team__in=teams).values_list("team").annotate(models.Max("days__endswith")))
        # This app must not import the apps with records, so it uses reverse relations.
        itself = Team.objects.filter(pk=OuterRef("pk"))
        recorded = Exists(itself.filter(defects__isnull=False)) | Exists(itself.filter(incidents__isnull=False))
        placed = teams.filter(recorded).values_list("pk", "lineage")
        since = [(team, lineage, ended.get(team)) for team, lineage in placed]
        PastPlace.objects.bulk_create(
            PastPlace(team_id=team, lineage=lineage, days=DateRange(first, tomorrow))
            for team, lineage, first in since
            if first is None or first < tomorrow
        )


class ReferenceCounter(models.Model):
    """The last number that a team has used, by kind of record."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=3)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "kind"], name="reference_counter_unique")]

    @staticmethod
    def advance(through: BaseDatabaseWrapper, team: Team, kind: str, count: int) -> int | None:
        """Advances the counter by `count` and returns the new value. None if this connection can't see the team yet."""
        with through.cursor() as cursor:
            cursor.execute(
                "INSERT INTO teams_referencecounter AS counter (team_id, kind, last)"
                " SELECT id, %(kind)s, %(count)s FROM teams_team WHERE id = %(team)s"
                " ON CONFLICT (team_id, kind) DO UPDATE SET last = counter.last + excluded.last RETURNING last",
                {"team": team.pk, "kind": kind, "count": count},
            )
            row = cursor.fetchone()
        return row and row[0]


class ReferencesBeside:
    """Reserves references for a long transaction, so that nobody else has to wait for it.

    Each block is reserved in a short transaction on another connection. Use it as a context manager around the long
    transaction. If that fails, blocks are given back, unless someone has taken numbers after them. Those stay unused.
    """

    def __enter__(self) -> ReferencesBeside:
        self._beside = connections.create_connection(DEFAULT_DB_ALIAS)
        self._blocks: list[tuple[Team, str, int, int]] = []
        return self

    def take(self, kind: str, counts: Mapping[Team, int]) -> dict[Team, list[str]]:
        """Reserves `counts[team]` references for each team, in one statement."""
        with self._beside.cursor() as cursor:
            cursor.execute(
                "INSERT INTO teams_referencecounter AS counter (team_id, kind, last)"
                " SELECT team.id, %s, wanted.count FROM unnest(%s::bigint[], %s::int[]) AS wanted (team, count)"
                " JOIN teams_team AS team ON team.id = wanted.team ORDER BY team.id"
                " ON CONFLICT (team_id, kind) DO UPDATE SET last = counter.last + excluded.last RETURNING team_id, last",
                [kind, [team.pk for team in counts], list(counts.values())],
            )
            reached = dict(cursor.fetchall())
        taken = {}
        for team, wanted in counts.items():
            if last := reached.get(team.pk):
                self._blocks.append((team, kind, last, wanted))
                taken[team] = team.references_up_to(last, kind, wanted)
            else:  # created in the long transaction, so nobody else can use its numbers yet
                taken[team] = team.next_references(kind, wanted)
        return taken

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        try:
            if failure and self._blocks:
                self._give_back()
        finally:
            self._beside.close()

    def _give_back(self) -> None:
        with self._beside.cursor() as cursor:
            for team, kind, last, count in reversed(self._blocks):
                cursor.execute(
                    "UPDATE teams_referencecounter SET last = last - %s WHERE team_id = %s AND kind = %s AND last = %s",
                    [count, team.pk, kind, last],
                )


@tracked(found_by="team")
class Membership(models.Model):
    """One person's role in one team. Permissions apply to sub-teams."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    # Functions to call when someone joins a team or changes roles, in the same transaction. Added by other apps' AppConfig.
    on_joining: ClassVar[list[Callable[[Membership], object]]] = []

    class Meta:
        ordering = ["team__name", "user__name", "user__email"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"],
                name="membership_unique",
                violation_error_message=ALREADY_A_MEMBER,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.team} ({self.get_role_display()})"

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        for act in self.on_joining:
            act(self)

    @property
    def is_only_manager(self) -> bool:
        """Whether nobody else manages the team, either directly or through a parent team."""
        managers = Membership.objects.filter(team__in=self.team.lineage, role=Role.MANAGER, user__is_active=True)
        return self.role == Role.MANAGER and not managers.exclude(user=self.user_id).exists()


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def pending(self) -> InvitationQuerySet:
        """Invitations that nobody has accepted yet. Includes expired ones, because they can be sent again."""
        return self.filter(accepted_at=None)

    def with_delivery(self) -> InvitationQuerySet:
        """Adds `undelivered` (the mail server refused the last mail, temporarily or for good) and `unsent` (no mail yet).

        Mails are kept longer than an invitation is valid, so `unsent` is right for all that have not expired.
        """
        mails = AccountMail.objects.filter(invitation=OuterRef("pk"), created_at__gte=OuterRef("created_at"))
        refused = mails.exclude(state=AccountMail.State.DONE).exclude(error="")
        return self.annotate(undelivered=Exists(refused), unsent=~Exists(mails))

    def send(self, now: datetime) -> int:
        """Queues the mails of many invitations, with new links that are valid from now. Returns how many."""
        invitations = list(self.select_for_update(of=("self",)))
        for invitation in invitations:
            invitation.start(now)
        Invitation.objects.bulk_update(invitations, ["created_at", "token_hash"], batch_size=AT_ONCE)
        AccountMail.objects.order_invitations(invitations)
        return len(invitations)

    def with_token(self, token: str) -> InvitationQuerySet:
        return self.filter(token_hash=hash_secret(token))


@tracked(without=["token_hash"], found_by="team")
class Invitation(models.Model):
    """A link, sent by email, that lets one person join one team. Only a hash of its token is stored."""

    VALID_FOR = timedelta(days=14)

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True, db_default="", help_text="Suggested to the person who joins.")
    role = models.CharField(max_length=10, choices=Role, default=Role.ENGINEER)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

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

    @property
    def expires_at(self) -> datetime:
        return self.created_at + self.VALID_FOR

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and now < self.expires_at

    def problem(self, now: datetime) -> str:
        """A sentence that says why the link no longer works. "" if it does."""
        if self.accepted_at:
            return "This invitation has already been accepted. Sign in to see the team."
        if self.team.archived_at:
            return f"The team {self.team} has been archived, so nobody can join it now."
        if now >= self.expires_at:
            return f"This invitation has expired. Ask a manager of {self.team} to send it again."
        return ""

    def renew(self, now: datetime) -> str:
        """Saves the invitation with a new token and returns it. The earlier link stops working."""
        self.start(now)
        self.save()
        return self.token

    def start(self, now: datetime) -> None:
        """Gives the invitation a new token, valid from now, without saving it."""
        self.created_at = now
        self.token_hash = hash_secret(self.token)

    @property
    def token(self) -> str:
        """The token, computed from the secret key, so that a mail can be written later without storing the link."""
        text = f"{self.team_id} {self.email} {self.created_at.isoformat()}"
        return salted_hmac("teams.invitation", text, algorithm="sha256").hexdigest()

    @property
    def link(self) -> str:
        return settings.SITE_URL + reverse("teams:accept", args=[self.token])

    def accept(self, user: User, now: datetime) -> None:
        """Makes the person a member. Someone who is already a member keeps their role.

        Raises ValidationError unless the account has the invited address. The mailed link confirms that it is theirs.
        """
        if user.email.lower() != self.email.lower():
            raise ValidationError(f"This invitation is for {self.email}.")
        user.confirm_address()
        Membership.objects.get_or_create(user=user, team=self.team, defaults={"role": self.role})
        self.accepted_at = now
        self.save(update_fields=["accepted_at"])
        user.forget_roles()


class AccessToken(AbstractAuthToken):
    """A bearer token for machines: shown once, stored hashed, scoped, tied to a person."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"

    NAME_LENGTH = 80

    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    scope = models.CharField(max_length=5, choices=Scope, default=Scope.READ)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self) -> str:
        return self.name or f"{self.get_scope_display()} token of {self.user}"


class CalendarAddress(models.Model):
    """The secret address of a person's calendar: shown once, stored hashed. Whoever has it reads what the person may see."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_address")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_read_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"Calendar of {self.user}"

    @classmethod
    def renew(cls, user: User, now: datetime) -> str:
        """A new address, in place of an earlier one. Returns it in full, for this one time."""
        token = secrets.token_urlsafe(32)
        values = {"digest": hash_secret(token), "created_at": now, "last_read_at": None}
        cls.objects.update_or_create(user=user, defaults=values)
        return settings.SITE_URL + reverse("calendar", args=[token])

    @classmethod
    def reader(cls, token: str, now: datetime) -> User | None:
        """The person whose address this is. Notes that it was read, at most once a minute."""
        found = cls.objects.select_related("user").filter(digest=hash_secret(token), user__is_active=True).first()
        if found and (found.last_read_at is None or now - found.last_read_at > timedelta(minutes=1)):
            cls.objects.filter(pk=found.pk).update(last_read_at=now)
        return found.user if found else None


class KeptAnswer(models.Model):
    """The answer to a request with an `Idempotency-Key`, kept to answer a repeated request in the same way."""

    KEPT_FOR = timedelta(hours=24)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)  # of the request body
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    location = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "address", "key"], name="kept_answer_unique")]

    def __str__(self) -> str:
        return f"{self.status} to {self.user} at {self.address}"


class AccountMailQuerySet(WorkQuerySet):
    def order(self, kind: str, address: str, **fields: Any) -> AccountMail:
        """Queues a mail for a worker, because a page never waits for the mail server."""
        mail = AccountMail.objects.create(kind=kind, address=address, **fields)
        ring(mail)
        return mail

    def order_invitations(self, invitations: Iterable[Invitation]) -> None:
        """Queues many mails. The sweep finds them, so no worker is woken for each one."""
        kind = AccountMail.Kind.INVITATION
        mails = (AccountMail(kind=kind, address=each.email, invitation=each) for each in invitations)
        AccountMail.objects.bulk_create(mails, batch_size=AT_ONCE)

    def order_reset(self, address: str) -> None:
        """Queues a mail for a new password: at most `RESETS` per `RESET_PAUSE` and address.

        An address without an account takes the same work, so that timing doesn't reveal who has one.
        """
        since = timezone.now() - AccountMail.RESET_PAUSE
        asked = self.filter(kind=AccountMail.Kind.RESET, address=address, created_at__gt=since).count()
        if asked < AccountMail.RESETS:
            self.order(AccountMail.Kind.RESET, address)


class AccountMail(Work):
    """An account mail. The address may not have an account. Its text is written when it is sent, never stored."""

    class Kind(models.TextChoices):
        INVITATION = "invitation", "Invitation"
        RESET = "reset", "New password"
        ADDRESS = "address", "Confirm an address"
        ADDRESS_CHANGED = "address_changed", "Address changed"
        PASSWORD_CHANGED = "password_changed", "Password changed"

    TASK = "teams.tasks.send_account_mail"
    RESETS, RESET_PAUSE = 3, timedelta(minutes=10)
    KEPT_FOR = timedelta(days=30)

    kind = models.CharField(max_length=20, choices=Kind)
    address = models.EmailField(max_length=254)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, null=True, related_name="mails")

    objects: ClassVar = AccountMailQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["address", "created_at"], name="account_mail_asked")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.address}"


def hash_secret(token: str) -> str:
    """The stored form of a token. A plain hash is enough for a token that nobody can guess."""
    return hashlib.sha256(token.encode()).hexdigest()
