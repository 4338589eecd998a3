"""What teams did after incidents: reviews with causes, actions, a pulled cord and an exercise. A few rows, told by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from incidents.models import Action, Cause, Cord, Incident, Review
from pipeline.models import Service
from qmportal.lib.days import local_day
from records.models import Severity
from teams.models import Team, User

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
G, K, E = Cause.Group, Action.Kind, Action.Effect

# Causes as (text, group, place of the one that it explains).
LIMIT = (
    ("The connection limit of the database was reached", G.CODE, None),
    ("A retry opened a new connection each time", G.CODE, 0),
    ("The load test uses an answer that never fails", G.TOOLS, 1),
    ("The template of load tests has no failing partner", G.PROCESS, 2),
    ("Nobody owns the template", G.PEOPLE, 3),
    ("The alert watches errors, not connections", G.DETECTION, 0),
)
CURRENCY = (
    ("Amounts without a currency were read as euros", G.REQUIREMENTS, None),
    ("The contract of the interface leaves the currency out", G.REQUIREMENTS, 0),
    ("The contract test has only euro examples", G.TOOLS, 1),
    ("Support reported it before any alert", G.DETECTION, 0),
)


class Todo(NamedTuple):
    """An action: days until it is due (negative: overdue) or, if it is done, since it was."""

    title: str
    kind: str
    due: int
    is_owned: bool = True
    done: int | None = None
    effect: str = ""


TODOS = (
    (
        Todo("Reuse the connection on retries", K.CORRECTIVE, -40, done=41, effect=E.WORKED),
        Todo("Alert on 80% of the connection limit", K.DETECTIVE, -36, done=38, effect=E.WORKED),
        Todo("Add a failing partner to the template of load tests", K.PREVENTIVE, -3),
        Todo("Name an owner for each test template", K.PROCESS, 4, is_owned=False),
    ),
    (
        Todo("Refuse amounts without a currency", K.CORRECTIVE, -1),
        Todo("Put a second currency into the contract test", K.PREVENTIVE, 6),
        Todo("Replay last month's payouts in a second currency", K.DETECTIVE, -12, done=10),
    ),
)
REVIEWS = (
    (
        "Payments were refused for a share of customers while connections to the database ran out.",
        "The rollback took four minutes, as practised.",
        "Three dashboards showed three different numbers.",
        "A retry needs a limit and a connection of its own pool.",
        LIMIT,
    ),
    (
        "Payouts in other currencies were booked as euros.",
        "Support had a clear example within ten minutes.",
        "It was human error to skip the second example, said the first draft.",
        "An amount without a currency is no amount.",
        CURRENCY,
    ),
)


def make_follow_up(teams: Mapping[str, Team], now: datetime) -> None:
    """For the teams of the demo accounts. Does nothing in a demo without them."""
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith="@demo.example")}
    writer, reader = people.get("engineer"), people.get("manager")
    for name, (texts, todos, is_published) in {
        "Payments": (REVIEWS[0], TODOS[0], True),
        "Checkout": (REVIEWS[1], TODOS[1], False),
    }.items():
        if name in teams and writer and reader:
            _review(teams[name], writer, reader, texts, todos, now, is_published=is_published)
            _exercise(teams[name], writer, now)
            _reopened(teams[name], writer, now)
            _came_back(teams[name], writer, now)
            _cords(teams[name], writer, reader, now, is_pulled=name == "Checkout")


def _review(
    team: Team,
    writer: User,
    reader: User,
    texts: tuple[str, str, str, str, tuple[tuple[str, str, int | None], ...]],
    todos: tuple[Todo, ...],
    now: datetime,
    *,
    is_published: bool,
) -> None:
    before = now - (45 if is_published else 2) * DAY
    rows = Incident.objects.counted().filter(team=team, restored_at__lt=before, severity__key__in=["SEV1", "SEV2"])
    incident = rows.order_by("-restored_at").first() or Incident.objects.filter(team=team).exclude(restored_at=None).first()
    if incident is None or incident.restored_at is None:
        return
    link = f"https://alerts.demo.example/{team.slug}/{incident.pk}"
    Incident.objects.filter(pk=incident.pk).update(alert_url=link, revenue_impact=40_000)
    start = incident.restored_at + HOUR
    summary, well, wrong, lessons, causes = texts
    review = Review.objects.create(
        incident=incident,
        author=writer,
        reviewer=reader,
        due_on=local_day(start + 5 * DAY),
        created_at=start,
        summary=summary,
        impact=incident.customer_impact,
        went_well=well,
        went_wrong=wrong,
        lessons=lessons,
        **({"submitted_at": start + DAY, "published_at": start + 2 * DAY, "published_by": reader} if is_published else {}),
    )
    made: list[Cause] = []
    for text, group, parent in causes:
        made.append(review.causes.create(text=text, group=group, parent=None if parent is None else made[parent]))
    review.comments.create(author=reader, text="Who else uses this template?", at=start + 2 * HOUR)
    for todo in todos:
        _action(team, incident, writer, todo, now)


def _action(team: Team, incident: Incident, writer: User, todo: Todo, now: datetime) -> None:
    over = {} if todo.done is None else {"status": Action.Status.DONE, "closed_at": now - todo.done * DAY}
    Action.objects.create(
        team=team,
        incident=incident,
        title=todo.title,
        kind=todo.kind,
        owner=writer if todo.is_owned else None,
        reporter=writer,
        due_on=local_day(now + todo.due * DAY),
        effect=todo.effect,
        evidence=f"https://git.demo.example/{team.slug}/pulls/{100 + todo.done}" if todo.done else "",
        **over,
    )


def _exercise(team: Team, writer: User, now: datetime) -> None:
    began = now - 9 * DAY
    Incident.objects.create(
        team=team,
        title="Exercise: the database of the region is gone",
        summary="Switch to the other region by the runbook, within 15 minutes.",
        kind=Incident.Kind.EXERCISE,
        severity=Severity.objects.get(key="SEV2"),
        status=Incident.Status.RESTORED,
        started_at=began,
        detected_at=began + timedelta(minutes=2),
        acknowledged_at=began + timedelta(minutes=3),
        restored_at=began + timedelta(minutes=19),
        detection_source=Incident.DetectionSource.TEST,
        lead=writer,
        reporter=writer,
    )


def _reopened(team: Team, writer: User, now: datetime) -> None:
    """Restored too early: users were affected again in the night, which was noticed in the morning."""
    began, minute = now - 16 * DAY, timedelta(minutes=1)
    incident = Incident.objects.create(
        team=team,
        title="Confirmations of payments arrive late",
        summary="The queue of emails was full twice: first from a retry, then from the backlog that it had left.",
        severity=Severity.objects.get(key="SEV3"),
        status=Incident.Status.RESTORED,
        started_at=began,
        detected_at=began + 3 * minute,
        acknowledged_at=began + 5 * minute,
        restored_at=began + 12 * minute,
        detection_source=Incident.DetectionSource.CUSTOMER,
        lead=writer,
        reporter=writer,
    )
    again = began + 7 * HOUR
    reason = "The backlog filled the queue again."
    incident.make("reopen", by=writer, at=again + 9 * minute, note=reason, happened_at=again)
    incident.make("restore", by=writer, at=again + 20 * minute, restored_at=again + 18 * minute)


def _came_back(team: Team, writer: User, now: datetime) -> None:
    """Its action was done, but three weeks later the problem was back, so the check of effects opened the action again."""
    first = _stuck_refunds(team, writer, now - 72 * DAY)
    first.make("close", by=writer, at=now - 70 * DAY)
    done = now - 69 * DAY
    action = Action(team=team, incident=first, title="Restart the refund job every night", owner=writer, reporter=writer)
    action.begin(at=now - 70 * DAY)
    action.save()
    action.make("finish", by=writer, at=done)
    _stuck_refunds(team, writer, done + 21 * DAY, recurrence_of=first)
    action.check_effect(done + Action.CHECKED_AFTER)
    action.due_on = local_day(now + 5 * DAY)
    action.save(update_fields=["due_on"])


def _stuck_refunds(team: Team, writer: User, began: datetime, recurrence_of: Incident | None = None) -> Incident:
    minute = timedelta(minutes=1)
    return Incident.objects.create(
        team=team,
        title="Refunds are stuck",
        summary="Two jobs wait for each other, and no refund is paid out.",
        severity=Severity.objects.get(key="SEV3"),
        status=Incident.Status.RESTORED,
        started_at=began,
        detected_at=began + 4 * minute,
        acknowledged_at=began + 6 * minute,
        restored_at=began + 15 * minute,
        detection_source=Incident.DetectionSource.MONITOR,
        recurrence_of=recurrence_of,
        lead=writer,
        reporter=writer,
    )


def _cords(team: Team, writer: User, reader: User, now: datetime, *, is_pulled: bool) -> None:
    for days, minutes, reason, learned in (
        (60, 4, "Two builds in a row deploy without the smoke tests.", "The job was skipped when its cache was empty."),
        (33, 11, "Totals in staging differ by one cent.", ""),
        (12, 6, "The new rule refuses all cards of one bank.", "Rules now start with 1% of traffic."),
    ):
        pulled = now - days * DAY
        Cord.objects.create(
            team=team,
            reason=reason,
            raised_by=writer,
            raised_at=pulled,
            confirmed_by=reader,
            confirmed_at=pulled + timedelta(minutes=minutes),
            released_by=reader,
            released_at=pulled + timedelta(minutes=7 * minutes),
            learned=learned,
            false_alarm=not learned,
        )
    if is_pulled:
        reason = "The basket shows prices of another shop. Please don't deploy until we know why."
        service = Service.objects.filter(team=team).order_by("name").first()
        Cord.objects.create(
            team=team, service=service, reason=reason, raised_by=writer, raised_at=now - timedelta(minutes=20)
        )
