"""Who can do what. Every view, API and form asks here. What people can *see* is `visible_to(user)` on the querysets.

Permissions apply to sub-teams. Organisation admins can do everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from qmportal.lib.queries import AnyOf, is_one_of
from teams.models import Role, Team

if TYPE_CHECKING:
    from teams.models import AnyUser, Membership, User


class TeamsOwned(Protocol):
    """Something that one or more teams work on."""

    @property
    def teams(self) -> list[Team]: ...


def require(allowed: bool, why: str = "Your role in this team does not allow this.") -> None:
    """Raises 403 with the reason, for things that the person can see but not do."""
    if not allowed:
        raise PermissionDenied(why)


def _holds(user: AnyUser, team: Team, *roles: str) -> bool:
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_admin or any(user.roles.get(team_id) in roles for team_id in team.lineage)


def can_see(user: AnyUser, team: Team) -> bool:
    """Can see the team's name and numbers: like `visible_to`, for a single team."""
    return user.is_authenticated and team.archived_at is None and (not team.members_only or is_member(user, team))


def has_visible_team(user: AnyUser) -> Q:
    """The condition on rows with a `team` that the person may see them: those of their teams and of all sub-teams.

    Members of a parent team still see the rows of an archived sub-team, since their team counts them.
    """
    if not user.is_authenticated:
        return Q(pk__in=[])
    if user.is_admin:
        return ~Q(AnyOf("team", user.out_of_reach)) if user.out_of_reach else Q()
    return is_one_of("team", user.reach_of_rows)


def is_member(user: AnyUser, team: Team) -> bool:
    """Can see the team's records."""
    return _holds(user, team, *Role.values)


def can_report(user: AnyUser, team: Team) -> bool:
    """Can report and edit the team's incidents and defects. Every member can, including trainees."""
    return _holds(user, team, *Role.values)


def can_work_on(user: AnyUser, record: TeamsOwned) -> bool:
    """Can edit and move a record: members of its team, and of another team that does it."""
    return any(can_report(user, team) for team in record.teams)


def can_manage(user: AnyUser, team: Team) -> bool:
    """Can invite people, change roles, remove members, delete records and import into the team."""
    return _holds(user, team, Role.MANAGER)


def can_manage_service(user: AnyUser, owner: Team | None) -> bool:
    """Can create, edit and retire a service: managers of the team that owns it, and admins."""
    return can_manage(user, owner) if owner else is_admin(user)


def can_remove(user: AnyUser, membership: Membership) -> bool:
    """Managers can remove members; everyone can leave."""
    return can_manage(user, membership.team) or membership.user_id == user.pk


def may_leave_without_manager(user: AnyUser, membership: Membership) -> bool:
    """Only admins can leave a team without a manager, because nobody else could add one again."""
    return is_admin(user) or not membership.is_only_manager


def is_admin(user: AnyUser) -> bool:
    """Can create and move teams, set thresholds and recompute."""
    return user.is_authenticated and user.is_active and user.is_admin


def can_author(user: AnyUser) -> bool:
    """Can write scenarios: admins and team managers."""
    return user.is_authenticated and user.is_active and (user.is_admin or Role.MANAGER in user.roles.values())


def can_publish(user: AnyUser, team: Team | None) -> bool:
    """Can publish a scenario for a team, retire and withdraw it: its managers. For the whole organisation: quality leads."""
    return can_manage(user, team) if team else can_advise(user)


def can_import_somewhere(user: AnyUser) -> bool:
    """Can upload files: admins and team managers. The import itself checks each team."""
    return can_author(user)


def can_import_teams(user: AnyUser) -> bool:
    """Can import a list of teams: admins, who alone can create and move teams."""
    return is_admin(user)


def can_speak_for(user: AnyUser, team: Team) -> bool:
    """Can assess the team, with a result that the whole team sees. A trainee's assessment stays private."""
    return _holds(user, team, Role.MANAGER, Role.ENGINEER)


def can_advise(user: AnyUser) -> bool:
    """Can answer requests for advice: the quality leads, who are the organisation's admins."""
    return is_admin(user)


def can_train(user: AnyUser, learner: User) -> bool:
    """Can see the learner's progress and allow early retakes: managers of one of the learner's teams."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_admin or Team.objects.with_rows_for(user, Role.MANAGER).filter(memberships__user=learner).exists()


def can_oversee(user: AnyUser) -> bool:
    """Can see the progress of teams and assign plans: admins and team managers."""
    return can_author(user)


def can_plan(user: AnyUser, team: Team | None) -> bool:
    """Can write a plan: managers for their teams, admins for all teams and for the organisation (team None)."""
    return can_manage(user, team) if team else is_admin(user)
