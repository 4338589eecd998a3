"""Rows for tests. A test states every fact it needs and no other; the rest has plain defaults here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage

from defects.models import Defect
from incidents.models import Action, Cord, Incident, Review
from pipeline.models import Adoption, Change, Deployment, Practice, Service, Stage
from records.models import Record, Severity
from scenarios import content, engine
from scenarios.models import Scenario
from teams.models import AccountMail, Membership, Role, Team, User
from teams.tasks import send_account_mail
from testing.models import TestRun

PASSWORD = "correct horse battery"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_number = count(1)


def make_user(*, email: str = "", name: str = "", admin: bool = False, **fields: Any) -> User:
    email = email or f"person{next(_number)}@example.com"
    return User.objects.create_user(email, PASSWORD, name=name, is_admin=admin, **fields)


def deliver_mail() -> list[EmailMessage]:
    """Does what a worker does with the mails about accounts; all mail that has left."""
    for waiting in AccountMail.objects.filter(state=AccountMail.State.QUEUED):
        send_account_mail(AccountMail._meta.label, waiting.pk)
    return mail.outbox


def link_in(message: EmailMessage) -> str:
    """The path of the link in a mail."""
    found = re.search(rf"^{re.escape(settings.SITE_URL)}(/\S+)$", message.body, re.MULTILINE)
    assert found, message.body
    return found[1]


def make_team(*, name: str = "", parent: Team | None = None, key: str = "", slug: str = "", **fields: Any) -> Team:
    number = next(_number)
    fields.setdefault("created_at", LONG_AGO)
    return Team.objects.create(
        name=name or f"Team {number}", slug=slug or f"team-{number}", key=key or f"T{number}", parent=parent, **fields
    )


def join(user: User, team: Team, role: str = Role.ENGINEER) -> Membership:
    user.forget_roles()
    return Membership.objects.create(user=user, team=team, role=role)


def make_member(*, team: Team, role: str = Role.ENGINEER, **fields: Any) -> User:
    user = make_user(**fields)
    join(user, team, role)
    return user


def stage(slug: str) -> Stage:
    return Stage.objects.get(slug=slug)


def severity(key: str) -> Severity:
    return Severity.objects.get(key=key)


def times_of(model: type[Record], status: str, moment: datetime) -> dict[str, datetime]:
    """The times that a record of this status must have."""
    row = model(status=status)
    return {rule.field: moment for rule in model.RULES if rule.field in model.TIMES and not rule.holds(row)}


def new_defect(
    *, team: Team, stage_found: str | None = "ci", severity_key: str = "SEV3", found_at: datetime = NOON, **fields: Any
) -> Defect:
    """Not saved yet."""
    fields = times_of(Defect, fields.get("status", Defect.Status.NEW), found_at) | fields
    if fields.get("resolution") == "duplicate" and "duplicate_of" not in fields:
        fields.setdefault("source", "jira")  # other tools need not name the original
    return Defect(
        team=team,
        title=fields.pop("title", "The total is wrong"),
        severity=severity(severity_key),
        stage_found=stage(stage_found) if stage_found else None,
        found_at=found_at,
        **fields,
    )


def make_defect(*, team: Team, **fields: Any) -> Defect:
    defect = new_defect(team=team, **fields)
    defect.save()
    return defect


def make_defects(team: Team, *, escaped: int = 0, caught: int = 0, **fields: Any) -> None:
    """Many at once: found in production, and in CI."""
    for stage_found, number in (("production", escaped), ("ci", caught)):
        if number:
            alike = new_defect(team=team, stage_found=stage_found, **fields)
            defects = [copy(alike) for _ in range(number)]
            for defect, reference in zip(defects, team.next_references(Defect.REFERENCE_KIND, number), strict=True):
                defect.reference = reference
            Defect.objects.bulk_create(defects)


def make_service(name: str = "", **fields: Any) -> Service:
    name = name or f"Service {next(_number)}"
    return Service.objects.create(name=name, **{"slug": Service.objects.free_slug(name)} | fields)


def make_incident(
    *,
    team: Team,
    severity_key: str | None = "SEV2",
    detected_at: datetime = NOON,
    restored_at: datetime | None = None,
    **fields: Any,
) -> Incident:
    """Open, unless a restore time is given: then restored."""
    fields.setdefault("status", Incident.Status.RESTORED if restored_at else Incident.Status.ACTIVE)
    fields = times_of(Incident, fields["status"], restored_at or detected_at) | fields
    restored_at = fields.pop("restored_at", restored_at)
    return Incident.objects.create(
        team=team,
        title=fields.pop("title", "Checkout is slow"),
        severity=severity(severity_key) if severity_key else None,
        detected_at=detected_at,
        restored_at=restored_at,
        **fields,
    )


def make_cord(*, team: Team, raised_at: datetime = NOON, **fields: Any) -> Cord:
    """Pulled, and not confirmed yet."""
    return Cord.objects.create(team=team, raised_at=raised_at, reason=fields.pop("reason", "Totals are wrong"), **fields)


def make_action(*, team: Team, closed_at: datetime | None = None, **fields: Any) -> Action:
    """To do, unless a closing time is given: then done."""
    status = fields.pop("status", Action.Status.DONE if closed_at else Action.Status.OPEN)
    title = fields.pop("title", "Alert on refused cards")
    return Action.objects.create(team=team, title=title, status=status, closed_at=closed_at, **fields)


def make_change(*, team: Team, opened_at: datetime = NOON, **fields: Any) -> Change:
    return Change.objects.create(team=team, opened_at=opened_at, title=fields.pop("title", "Round early"), **fields)


def make_deployment(
    *, team: Team, finished_at: datetime = NOON, changes: Sequence[Change] = (), **fields: Any
) -> Deployment:
    """To production, succeeded and planned."""
    deployment = Deployment.objects.create(team=team, finished_at=finished_at, **fields)
    deployment.changes.set(changes)
    return deployment


def make_test_run(*, team: Team, ran_at: datetime = NOON, **fields: Any) -> TestRun:
    """In CI, and green."""
    return TestRun.objects.create(team=team, ran_at=ran_at, stage=stage("ci"), **fields)


def make_practice(*, stage_slug: str = "ci", slug: str = "", **fields: Any) -> Practice:
    slug = slug or f"practice-{next(_number)}"
    return Practice.objects.create(stage=stage(stage_slug), slug=slug, name=fields.pop("name", slug), **fields)


def adopt(team: Team, practice: Practice, state: str = "in_place", **fields: Any) -> Adoption:
    fields.setdefault("next_look", date(2026, 6, 1))
    return Adoption.objects.create(team=team, practice=practice, state=state, at=fields.pop("at", NOON), **fields)


def make_review(incident: Incident, *, at: datetime = NOON, **fields: Any) -> Review:
    """A draft, unless the fields say otherwise."""
    fields.setdefault("due_on", at.date())
    return Review.objects.create(incident=incident, created_at=at, **fields)


def publish_scenario(slug: str = "zero_bug_policy") -> Scenario:
    """One of the shipped scenarios, published."""
    scenario, _ = engine.validate(content.scenario_texts()[slug])
    assert scenario
    row = Scenario.objects.create(slug=slug)
    row.publish(scenario, now=NOON)
    return row
