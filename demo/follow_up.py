"""What teams did after incidents: reviews with causes, actions, a pulled cord and an exercise. A few rows, told by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pgtrigger
from django.db.models import F

from demo.inbox import told_at
from incidents.models import Action, Cause, Cord, Incident, Review
from pipeline.models import EscapeReason, Service, Stage
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
        Todo("Name an owner for each test template", K.PROCESS, 4),
    ),
    (
        Todo("Refuse amounts without a currency", K.CORRECTIVE, 1),
        Todo("Put a second currency into the contract test", K.PREVENTIVE, 6, is_owned=False),
        Todo("Find the orders of the half hour and pay back the difference", K.CORRECTIVE, -1, done=1),
    ),
)
# Of the incident, then of its review.
STORIES: tuple[dict[str, dict[str, Any]], ...] = (
    {
        "incident": {
            "title": "Card payments are refused while connections run out",
            "summary": "The database accepts no further connections, so one in five card payments is refused.",
            "customer_impact": "1,240 customers had to pay again or in another way.",
            "customers_affected": 1_240,
            "revenue_impact": 40_000,
            "root_cause": "A retry opened a new connection each time, until the database accepted no more.",
            "should_have_caught": "pre-deploy",
            "escape_reason": EscapeReason.ENVIRONMENT,
            "detection_source": Incident.DetectionSource.MONITOR,
        },
        "review": {
            "summary": "Payments were refused for a share of customers while connections to the database ran out.",
            "went_well": "The rollback took four minutes, as practised.",
            "went_wrong": "Three dashboards showed three different numbers.",
            "lessons": "Retries need a limit and their own connection pool.",
        },
    },
    {
        "incident": {
            "title": "Orders in other currencies are booked in euros",
            "summary": "Orders in Swiss francs and Swedish kronor have the right number and the wrong currency.",
            "customer_impact": "86 customers were charged too much and got the difference back.",
            "customers_affected": 86,
            "revenue_impact": 3_200,
            "root_cause": "An amount without a currency is read as euros.",
            "should_have_caught": "ci",
            "escape_reason": EscapeReason.DATA,
            "detection_source": Incident.DetectionSource.CUSTOMER,
        },
        "review": {
            "summary": "Orders in other currencies were booked in euros for half an hour.",
            "went_well": "Support had a clear example within ten minutes.",
            "went_wrong": "It was human error to skip the second example, said the first draft.",
            "lessons": "An amount without a currency is no amount.",
        },
    },
)
# Days ago, minutes until somebody answered, reason, and what was learned (nothing: a false alarm).
CORDS = {
    "Payments": (
        (60, 4, "Two builds in a row deploy without the smoke tests.", "The job was skipped when its cache was empty."),
        (12, 6, "The new rule refuses all cards of one bank.", "Rules now start with 1% of traffic."),
    ),
    "Checkout": (
        (47, 9, "Delivery dates are in the past.", "The test of the calendar now runs in every time zone that we sell to."),
        (33, 11, "Totals in staging differ by one cent.", ""),
    ),
}


def make_follow_up(teams: Mapping[str, Team], now: datetime) -> None:
    """For the teams of the demo accounts. Does nothing in a demo without them."""
    people = {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith="@demo.example")}
    writer, reader = people.get("engineer"), people.get("manager")
    if not writer or not reader:
        return
    if payments := teams.get("Payments"):
        _reviewed(payments, writer, reader, STORIES[0], LIMIT, TODOS[0], now - 50 * DAY, now, is_published=True)
        _came_back(payments, writer, now)
        _reopened(payments, writer, now)
    if checkout := teams.get("Checkout"):
        _reviewed(checkout, writer, reader, STORIES[1], CURRENCY, TODOS[1], now - 2 * DAY, now, is_published=False)
        _exercise(checkout, writer, now)
    for name in (name for name in CORDS if name in teams):
        _cords(teams[name], writer, reader, now, is_pulled=name == "Checkout")
    _backdate(now)


def _backdate(now: datetime) -> None:
    """These incidents were reported when they were detected, and their timelines were written as they happened."""
    told = list(Incident.objects.filter(created_at__gte=now))
    Incident.objects.filter(pk__in=[each.pk for each in told]).update(created_at=F("detected_at"))
    with pgtrigger.ignore("incidents.TimelineEntry:append_only"):
        for incident in told:
            incident.timeline.filter(data__from="").update(happened_at=incident.detected_at)
            incident.timeline.update(recorded_at=F("happened_at"))


def _reviewed(
    team: Team,
    writer: User,
    reader: User,
    story: Mapping[str, dict[str, Any]],
    causes: Sequence[tuple[str, str, int | None]],
    todos: Sequence[Todo],
    began: datetime,
    now: datetime,
    *,
    is_published: bool,
) -> None:
    told = story["incident"] | {"should_have_caught": Stage.objects.get(slug=story["incident"]["should_have_caught"])}
    incident = _incident(
        team,
        writer,
        "SEV2",
        began,
        minutes=34,
        customer_impacted=True,
        impact_kind=Incident.ImpactKind.DEGRADED,
        alert_url=f"https://alerts.demo.example/{team.slug}/{began:%Y%m%d}",
        **told,
    )
    start = began + 2 * HOUR
    review = Review.objects.create(
        incident=incident,
        author=writer,
        reviewer=reader,
        due_on=local_day(start + 5 * DAY),
        created_at=start,
        impact=incident.customer_impact,
        **story["review"],
        **({"submitted_at": start + DAY, "published_at": start + 2 * DAY, "published_by": reader} if is_published else {}),
    )
    made: list[Cause] = []
    for text, group, parent in causes:
        made.append(review.causes.create(text=text, group=group, parent=None if parent is None else made[parent]))
    review.comments.create(author=reader, text="Who else has this problem?", at=start + 2 * HOUR)
    for todo in todos:
        _action(team, incident, writer, todo, now)
    if is_published:
        incident.make("close", by=reader, at=start + 3 * DAY)


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


def _incident(team: Team, writer: User, severity: str, began: datetime, *, minutes: int, **fields: Any) -> Incident:
    """One that lasted some minutes until service was restored."""
    minute = timedelta(minutes=1)
    return Incident.objects.create(
        team=team,
        severity=Severity.objects.get(key=severity),
        status=Incident.Status.RESTORED,
        started_at=began,
        detected_at=began + 3 * minute,
        acknowledged_at=began + 5 * minute,
        restored_at=began + minutes * minute,
        lead=writer,
        reporter=writer,
        **fields,
    )


def _exercise(team: Team, writer: User, now: datetime) -> None:
    _incident(
        team,
        writer,
        "SEV2",
        now - 9 * DAY,
        minutes=19,
        title="Exercise: the database of the region is gone",
        summary="Switch to the other region by the runbook, within 15 minutes.",
        kind=Incident.Kind.EXERCISE,
        detection_source=Incident.DetectionSource.TEST,
    )


def _reopened(team: Team, writer: User, now: datetime) -> None:
    """Restored too early: users were affected again in the night, which was noticed in the morning."""
    began, minute = now - 16 * DAY, timedelta(minutes=1)
    incident = _incident(
        team,
        writer,
        "SEV3",
        began,
        minutes=12,
        title="Confirmations of payments arrive late",
        summary="The queue of emails was full twice: first from a retry, then from the backlog that it had left.",
        detection_source=Incident.DetectionSource.CUSTOMER,
    )
    again = began + 7 * HOUR
    reason = "The backlog filled the queue again."
    incident.make("reopen", by=writer, at=again + 9 * minute, note=reason, happened_at=again)
    incident.make("restore", by=writer, at=again + 20 * minute, restored_at=again + 18 * minute)


def _came_back(team: Team, writer: User, now: datetime) -> None:
    """Its action was done, but the problem came back three weeks later, so the effect check reopened the action."""
    story: dict[str, Any] = {
        "title": "Refunds are stuck",
        "summary": "Two jobs wait for each other, and no refund is paid out.",
        "detection_source": Incident.DetectionSource.MONITOR,
    }
    first = _incident(team, writer, "SEV3", now - 72 * DAY, minutes=15, **story)
    first.make("close", by=writer, at=now - 70 * DAY)
    done = now - 69 * DAY
    action = Action(team=team, incident=first, title="Restart the refund job every night", owner=writer, reporter=writer)
    action.begin(at=now - 70 * DAY)
    action.save()
    action.make("finish", by=writer, at=done)
    _incident(team, writer, "SEV3", done + 21 * DAY, minutes=22, recurrence_of=first, **story)
    checked = done + Action.CHECKED_AFTER
    with told_at(checked, now):
        action.check_effect(checked)
    action.due_on = local_day(now + 5 * DAY)
    action.save(update_fields=["due_on"])


def _cords(team: Team, writer: User, reader: User, now: datetime, *, is_pulled: bool) -> None:
    for days, minutes, reason, learned in CORDS[team.name]:
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
