"""Who may do what. Every view, API and form asks here; what may be *seen* is `visible_to(user)` on the querysets.

Rights of a team reach its descendants; an organisation admin may do everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from teams.models import Role, Team

if TYPE_CHECKING:
    from teams.models import AnyUser, Membership, User


def require(allowed: bool, why: str = "Your role in this team does not allow this.") -> None:
    """Visible to you but not allowed: 403, with the reason on the page."""
    if not allowed:
        raise PermissionDenied(why)


def _holds(user: AnyUser, team: Team, *roles: str) -> bool:
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_admin or any(user.roles.get(team_id) in roles for team_id in team.lineage)


def can_see(user: AnyUser, team: Team) -> bool:
    """May see the team's name and numbers: like `visible_to`, for a single team."""
    return user.is_authenticated and team.archived_at is None and (not team.members_only or is_member(user, team))


def is_member(user: AnyUser, team: Team) -> bool:
    """May see the team's records."""
    return _holds(user, team, *Role.values)


def can_report(user: AnyUser, team: Team) -> bool:
    """May file and edit the team's incidents and defects. Trainees may: reporting is never a privilege."""
    return _holds(user, team, *Role.values)


def can_manage(user: AnyUser, team: Team) -> bool:
    """May invite, change roles and remove members, delete records, import into the team."""
    return _holds(user, team, Role.MANAGER)


def can_remove(user: AnyUser, membership: Membership) -> bool:
    """Managers remove members; everybody may leave."""
    return can_manage(user, membership.team) or membership.user_id == user.pk


def may_leave_without_manager(user: AnyUser, membership: Membership) -> bool:
    """Only an admin may take the last manager from a team; anybody else would lock everyone out of it."""
    return is_admin(user) or not membership.is_only_manager


def is_admin(user: AnyUser) -> bool:
    """May make and move teams, set thresholds, recompute."""
    return user.is_authenticated and user.is_active and user.is_admin


def can_author(user: AnyUser) -> bool:
    """May write and publish scenarios: admins and team managers."""
    return user.is_authenticated and user.is_active and (user.is_admin or Role.MANAGER in user.roles.values())


def can_import_somewhere(user: AnyUser) -> bool:
    """May upload files: admins and team managers. The import itself checks each team."""
    return can_author(user)


def can_speak_for(user: AnyUser, team: Team) -> bool:
    """May assess how the team works, for the whole team to see. A trainee's assessment stays private."""
    return _holds(user, team, Role.MANAGER, Role.ENGINEER)


def can_advise(user: AnyUser) -> bool:
    """May answer requests for advice: the quality leads, who are the organisation's admins."""
    return is_admin(user)


def can_train(user: AnyUser, learner: User) -> bool:
    """May see how far somebody's training is, and let an attempt be taken again: managers of a team of theirs."""
    if not user.is_authenticated or not user.is_active:
        return False
    return user.is_admin or Team.objects.with_rows_for(user, Role.MANAGER).filter(memberships__user=learner).exists()


def can_oversee(user: AnyUser) -> bool:
    """May see how far the training of teams is, and assign plans: admins, and whoever manages a team."""
    return can_author(user)


def can_plan(user: AnyUser, team: Team | None) -> bool:
    """May write a plan: managers for their teams, and admins, who alone write those of the organisation (no team)."""
    return can_manage(user, team) if team else is_admin(user)
