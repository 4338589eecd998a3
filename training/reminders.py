"""Training reminders. Each is sent once, by its key, so a run can be repeated, missed or late."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.urls import reverse

from notifications.models import Notification
from qmportal.lib.days import local_day, midnight
from qmportal.lib.wording import day_words
from teams.models import Membership, Role, User
from training.models import Assignment, Certificate, Titles

DUE_SOON = timedelta(days=3)
EXPIRES_SOON = (7, 30)  # days; the nearest first


def remind(now: datetime) -> int:
    """Sends all reminders of the day. Returns how many were due or sent before. Called once a day."""
    return remind_learners(now) + tell_opened(now) + remind_managers(now) + remind_holders(now)


def remind_learners(now: datetime) -> int:
    """Three days before an item is due, and when it is overdue. Items assigned and due together share a reminder."""
    today = local_day(now)
    waiting = Assignment.objects.open().filter(user__is_active=True).select_related("user")
    soon = waiting.filter(due_on__range=(today, today + DUE_SOON), assigned_at__lt=midnight(today))
    titles = Titles()
    groups = [("due", group) for group in _together(soon)] + [
        ("overdue", group) for group in _together(waiting.overdue(today))
    ]
    for kind, group in groups:
        first, due = group[0], day_words(group[0].due_on)
        what = titles(first.kind, first.ref) if len(group) == 1 else f"{len(group)} items of your training"
        Notification.objects.tell(
            first.user,
            key=f"training-{kind}-{first.due_on}-{first.assigned_at:%Y%m%d%H%M%S%f}",
            kind="training",
            subject=f"Due on {due}: {what}" if kind == "due" else f"Overdue since {due}: {what}",
            body="\n".join(titles(each.kind, each.ref) for each in group[1:] and group),
            url=reverse("training:mine"),
        )
    return len(groups)


def tell_opened(now: datetime) -> int:
    """On the day on which items open that were closed until then. One that waits for others too is told by `tell_next`."""
    today = local_day(now)
    opens_today = Assignment.objects.open().filter(user__is_active=True, opens_on=today).select_related("user")
    titles, groups = Titles(), _together(opens_today.not_closed(today))
    for group in groups:
        first = group[0]
        what = titles(first.kind, first.ref) if len(group) == 1 else f"{len(group)} items of your training"
        Notification.objects.tell(
            first.user,
            key=f"training-opens-{today}-{first.due_on}-{first.assigned_at:%Y%m%d%H%M%S%f}",
            kind="training",
            subject=f"Open now: {what}",
            body="\n".join(titles(each.kind, each.ref) for each in group[1:] and group),
            url=reverse("training:mine"),
        )
    return len(groups)


def tell_next(finished: Iterable[Assignment], now: datetime) -> None:
    """Announces the next item of a plan if it waited for items that are now done or withdrawn."""
    for each in finished:
        rest = Assignment.objects.open().filter(user=each.user_id, plan=each.plan_id, user__is_active=True)
        following = rest.select_related("user", "plan").order_by("position").first() if each.plan_id else None
        if not following or not following.in_order or following.position <= each.position:
            continue
        if following.closed_until(local_day(now), following.position):
            continue
        team = following.plan.team_id if following.plan else None
        Notification.objects.tell(
            following.user,
            key=f"training-next-{following.pk}",
            kind="training",
            subject=f"Open now: {Titles()(following.kind, following.ref)}",
            url=reverse("training:mine"),
            teams=[team] if team else [],
        )


def _together(assignments: Iterable[Assignment]) -> list[list[Assignment]]:
    groups: dict[tuple[int, date, datetime], list[Assignment]] = defaultdict(list)
    for each in assignments:
        groups[each.user_id, each.due_on, each.assigned_at].append(each)
    return list(groups.values())


def remind_managers(now: datetime) -> int:
    """Once a week, on the first day someone is behind: who has how many overdue items."""
    today = local_day(now)
    late = Assignment.objects.overdue(today).filter(user__is_active=True)
    overdue = set(late.order_by().values_list("user_id", flat=True).distinct())
    members = Membership.objects.filter(user__in=overdue, team__archived_at=None).select_related("user", "team")
    behind: dict[int, dict[int, User]] = defaultdict(dict)  # people by team and by every parent team
    for row in members:
        for team in row.team.lineage:
            behind[team][row.user_id] = row.user
    reports: dict[User, dict[int, User]] = defaultdict(dict)
    teams: dict[User, list[int]] = defaultdict(list)
    managers = Membership.objects.filter(role=Role.MANAGER, team__in=behind, team__archived_at=None, user__is_active=True)
    for row in managers.select_related("user"):
        reports[row.user] |= {pk: person for pk, person in behind[row.team_id].items() if pk != row.user_id}
        teams[row.user].append(row.team_id)
    for manager, people in reports.items():
        counts = Counter(late.visible_to(manager).filter(user__in=people).values_list("user_id", flat=True))
        lines = [f"{people[pk]}: {counts[pk]} overdue" for pk in sorted(counts, key=lambda pk: str(people[pk]))]
        if lines:
            _tell_manager(manager, teams[manager], lines, today)
    return len(reports)


def _tell_manager(manager: User, teams: list[int], lines: list[str], today: date) -> None:
    year, week, _ = today.isocalendar()
    Notification.objects.tell(
        manager,
        key=f"training-team-{year}-{week:02}",
        kind="training",
        subject=f"Training is overdue for {len(lines)} {'person' if len(lines) == 1 else 'people'} in your teams",
        body="\n".join(lines),
        url=f"{reverse('training:progress')}?state=overdue",
        teams=teams,
        for_managers=True,
    )


def remind_holders(now: datetime) -> int:
    """30 and 7 days before a certificate expires, unless there is a newer one."""
    today = local_day(now)
    ending = Certificate.objects.in_force(today).filter(
        valid_until__lte=today + timedelta(days=EXPIRES_SOON[-1]), user__is_active=True
    )
    longest = {
        (user, scenario): until
        for user, scenario, until in Certificate.objects.in_force(today)
        .order_by("valid_until")
        .values_list("user_id", "attempt__version__scenario_id", "valid_until")
    }
    told = 0
    for each in ending.with_scenario():
        version = each.attempt.version
        if longest[each.user_id, version.scenario_id] > each.valid_until:
            continue
        days = next(days for days in EXPIRES_SOON if each.valid_until <= today + timedelta(days=days))
        Notification.objects.tell(
            each.user,
            key=f"certificate-{each.pk}-{days}-days",
            kind="certificate",
            subject=f"Your certificate expires on {day_words(each.valid_until)}: {version.title}",
            body="Pass the scenario again to earn a new one.",
            url=version.scenario.get_absolute_url(),
        )
        told += 1
    return told
