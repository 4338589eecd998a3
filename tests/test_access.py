"""Who gets in where: every address of the portal, for everybody, as a page and as a fragment for htmx.

A new address takes one line in `RULES` (and, if it names a new kind of object, one in `World.values`). An address without
a line fails `test_every_address_has_a_rule`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from benchmarks.models import SnapshotRun, ThresholdSet
from defects.models import Bankruptcy
from incidents.models import IncidentTemplate
from integrations.matching.plan import Plan as ImportPlan
from integrations.matching.presets import PRESETS
from integrations.models import ImportJob, SavedMapping, Upload
from library.models import CheckAnswer, LibraryLink
from notifications.models import Notification
from qmportal.lib.days import local_day
from records.models import BulkEdit, SavedView
from scenarios.content import scenario_texts
from teams.models import AccessToken, Invitation, Membership, Role, User
from testing.models import FlakyTest
from tests.factories import (
    NOON,
    PASSWORD,
    join,
    make_action,
    make_change,
    make_cord,
    make_defect,
    make_deployment,
    make_incident,
    make_practice,
    make_review,
    make_service,
    make_team,
    make_test_run,
    publish_scenario,
)
from training.completion import decide
from training.diagnostic import diagnostic
from training.models import (
    AdviceRequest,
    Assignment,
    Diagnosis,
    GroupSession,
    Launch,
    Plan,
    PlanItem,
    Platform,
    RecordStore,
    Task,
    ToolKey,
)

pytestmark = pytest.mark.django_db

# ---- What each person may meet -------------------------------------------------------------------------------------

OK = "in"  # a page, a file, a form that came back, or a redirect to anywhere but the sign-in
LOGIN = "sign-in"
GET, POST, BOTH = ("get",), ("post",), ("get", "post")
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
PEOPLE = ("anonymous", "nobody", "outsider", "trainee", "engineer", "manager", "admin")


@dataclass(frozen=True)
class Rule:
    """Expected answers. nobody: signed in, in no team. outsider: the manager of another team."""

    methods: tuple[str, ...]
    anonymous: Any = LOGIN
    outsider: Any = OK
    member: Any = OK
    manager: Any = OK
    admin: Any = OK
    nobody: Any = None
    trainee: Any = None

    def expected(self, person: str) -> Any:
        if person == "nobody":
            return self.outsider if self.nobody is None else self.nobody
        if person in ("trainee", "engineer"):
            return self.member if self.trainee is None or person == "engineer" else self.trainee
        return getattr(self, person)


def opened(methods=GET, **other):
    return Rule(methods, anonymous=OK, **other)


def signed_in(methods=GET, **other):
    return Rule(methods, **other)


def members(methods=GET, **other):
    return Rule(methods, outsider=404, **other)


def managers(methods=GET, **other):
    return Rule(methods, outsider=404, member=403, **other)


def admins(methods=GET, outsider=403, **other):
    return Rule(methods, outsider=outsider, member=403, manager=403, **other)


def authors(methods=GET):
    """Whoever manages any team, and admins."""
    return Rule(methods, member=403, nobody=403)


def only_manager(methods=GET, **other):
    """What belongs to this manager (a file, an attempt): nobody else's, not even the admin's."""
    return Rule(methods, outsider=404, member=404, **{"admin": 404} | other)


def overseers(methods=GET):
    """Managers of any team, each for their own."""
    return Rule(methods, member=403, nobody=403)


def hidden_from_learners(methods=GET):
    return Rule(methods, outsider=404, member=404)


def everyone(status, methods=GET, **other):
    return Rule(methods, **dict.fromkeys(("outsider", "member", "manager", "admin"), status), **other)


def api(outsider=OK):
    return Rule(GET, anonymous=401, outsider=outsider)


def api_post():
    """Takes JSON, and has nothing to show."""
    return everyone(405, anonymous=401)


# The team of the world is for members only, so its very existence is hidden from outsiders.
RULES = {
    "dashboards:overview": signed_in(),
    "dashboards:team": members(),
    "dashboards:metric": members(),
    "dashboards:delivery": members(),
    "dashboards:delivery_rows": members(),
    "dashboards:escapes": members(),
    "dashboards:escape_rows": members(),
    "dashboards:quality": members(),
    "dashboards:quality_rows": members(),
    "dashboards:search": signed_in(),
    "dashboards:help": signed_in(),
    "dashboards:cords": signed_in(),
    "dashboards:teams": signed_in(),
    "teams:create": admins(BOTH),
    "teams:suggest": signed_in(),
    "teams:edit": admins(BOTH, outsider=404),
    "teams:archive": admins(POST, outsider=404),
    "teams:restore": Rule(POST, outsider=404, member=404, manager=404),
    "teams:members": members(),
    "teams:history": members(),
    "teams:role": managers(POST),
    "teams:remove": managers(BOTH),
    "teams:invite": managers(BOTH),
    "teams:resend": managers(POST),
    "teams:withdraw": managers(POST),
    "teams:accept": everyone(403, BOTH, anonymous=OK),
    "teams:people": admins(),
    "teams:person_history": admins(),
    "teams:deactivate": admins(POST),
    "teams:reactivate": admins(POST),
    "teams:grant_admin": admins(POST),
    "teams:revoke_admin": admins(POST),
    "teams:profile": signed_in(BOTH),
    "teams:preferences": signed_in(POST),
    "teams:calendar_create": signed_in(POST),
    "teams:calendar_revoke": signed_in(POST),
    "calendar": everyone(404, anonymous=404),
    "teams:tokens": signed_in(BOTH),
    "teams:token_revoke": Rule(BOTH, outsider=404, member=404, admin=404),
    "teams:sessions": signed_in(),
    "teams:sessions_end": signed_in(POST),
    "teams:session_end": only_manager(POST),
    "setup": everyone(404, BOTH, anonymous=404),
    "incidents:list": signed_in(),
    "incidents:create": signed_in(BOTH),
    "incidents:bulk": signed_in(BOTH),
    "incidents:deleted": authors(),
    "incidents:bulk_result": only_manager(),
    "incidents:view_save": signed_in(POST),
    "incidents:view_delete": managers(POST),
    **{
        f"actions:{name}": rule
        for name, rule in {
            "bulk": signed_in(BOTH),
            "deleted": authors(),
            "bulk_result": only_manager(),
            "view_save": signed_in(POST),
            "view_delete": managers(POST),
        }.items()
    },
    "reviews:bulk": signed_in(BOTH),
    "reviews:bulk_result": only_manager(),
    "reviews:view_save": signed_in(POST),
    "reviews:view_delete": managers(POST),
    "defects:bulk": signed_in(BOTH),
    "defects:deleted": authors(),
    "defects:bulk_result": only_manager(),
    "defects:view_save": signed_in(POST),
    "defects:view_delete": managers(POST),
    "incidents:similar": signed_in(),
    "incidents:detail": members(),
    "incidents:history": members(),
    "incidents:edit": members(BOTH),
    "incidents:roles": members(BOTH),
    "response:plan": Rule(GET, outsider=404),
    "incidents:lead": members(POST),
    "response:calendar_set": managers(POST),
    "response:calendar_remove": managers(POST),
    "response:template_create": managers(BOTH),
    "response:template_edit": managers(BOTH),
    "response:template_delete": managers(POST),
    "incidents:fix": members(BOTH),
    "incidents:move": members(BOTH),
    "incidents:undo_move": members(POST),
    "incidents:note": members(POST),
    "incidents:pin": members(POST),
    "incidents:delete": managers(BOTH),
    "incidents:restore": managers(BOTH),
    "actions:list": signed_in(),
    "actions:create": signed_in(BOTH),
    "actions:detail": members(),
    "actions:history": members(),
    "actions:edit": members(BOTH),
    "actions:move": members(BOTH),
    "actions:undo_move": members(POST),
    "actions:delete": managers(BOTH),
    "actions:restore": managers(BOTH),
    "reviews:list": signed_in(),
    "reviews:detail": members(),
    "reviews:export": members(),
    "reviews:start": members(POST),
    "reviews:edit": members(BOTH),
    "reviews:take": members(POST),
    "reviews:cause": members(POST),
    "reviews:cause_remove": members(POST),
    "reviews:comment": members(POST),
    "andon:list": signed_in(),
    "andon:pull": signed_in(BOTH),
    "andon:detail": members(BOTH),
    "andon:confirm": members(POST),
    "dashboards:zero_bugs": members(),
    "defects:policy": managers(BOTH),
    "defects:bankruptcies": managers(BOTH),
    "defects:bankruptcy": members(),
    "defects:bankruptcy_choose": managers(POST),
    "defects:bankruptcy_close": managers(POST),
    "defects:bankruptcy_undo": managers(POST),
    "defects:bankruptcy_reopen": members(POST),
    "defects:list": signed_in(),
    "defects:create": signed_in(BOTH),
    "defects:similar": signed_in(),
    "defects:board": signed_in(),
    "defects:triage": signed_in(BOTH),
    "defects:detail": members(),
    "defects:history": members(),
    "defects:edit": members(BOTH),
    "defects:fix": members(BOTH),
    "defects:move": members(BOTH),
    "defects:undo_move": members(POST),
    "defects:note": members(POST),
    "defects:pin": members(POST),
    "defects:snooze": members(POST),
    "defects:link_add": members(POST),
    "defects:link_remove": members(POST),
    "defects:delete": managers(BOTH),
    "defects:restore": managers(BOTH),
    "pipeline:services": signed_in(),
    "pipeline:service": signed_in(),
    "pipeline:service_history": signed_in(),
    "pipeline:service_suggest": signed_in(),
    "pipeline:service_create": authors(BOTH),
    "pipeline:service_import": authors(BOTH),
    "pipeline:service_edit": Rule(BOTH, outsider=403, member=403),
    "pipeline:service_retire": Rule(POST, outsider=403, member=403),
    "pipeline:service_restore": Rule(POST, outsider=403, member=403),
    "changes:list": signed_in(),
    "changes:detail": members(),
    "changes:create": signed_in(BOTH),
    "changes:edit": members(BOTH),
    "changes:history": members(),
    "test_runs:list": signed_in(),
    "test_runs:detail": members(),
    "test_runs:create": signed_in(BOTH),
    "test_runs:team": members(),
    "test_runs:settings": managers(POST),
    "test_runs:own": members(POST),
    "deployments:list": signed_in(),
    "deployments:detail": members(),
    "deployments:create": signed_in(BOTH),
    "deployments:edit": members(BOTH),
    "deployments:history": members(),
    "practices:overview": signed_in(),
    "practices:team": members(),
    "practices:answer": members(BOTH, trainee=403),
    "practices:mark": members(POST, trainee=403),
    "benchmarks:thresholds": signed_in(),
    "benchmarks:threshold_history": signed_in(),
    "benchmarks:threshold_edit": admins(BOTH),
    "benchmarks:threshold_revert": admins(BOTH),
    "benchmarks:adopt": admins(POST),
    "benchmarks:recompute": admins(POST),
    "benchmarks:run": signed_in(),
    "scenarios:authoring": authors(),
    "scenarios:from_incident": managers(BOTH, nobody=403),
    "scenarios:authoring_new": authors(BOTH),
    "scenarios:authoring_edit": authors(BOTH),
    "scenarios:authoring_check": authors(POST),
    "scenarios:authoring_build": authors(BOTH),
    "scenarios:authoring_texts": authors(BOTH),
    "scenarios:authoring_preview": authors(),
    "scenarios:authoring_export": authors(),
    "scenarios:authoring_duplicate": authors(POST),
    "scenarios:authoring_publish": admins(BOTH),
    "scenarios:authoring_state": admins(POST),
    "scenarios:authoring_versions": authors(),
    "scenarios:authoring_void": admins(BOTH),
    "scenarios:analytics": authors(),
    "integrations:import_list": Rule(GET, member=403, nobody=403),
    "integrations:import_new": Rule(BOTH, member=403, nobody=403),
    "integrations:upload_new": Rule(POST, member=403, nobody=403),
    "integrations:upload": only_manager(("head",)),
    "integrations:import_detail": only_manager(),
    "integrations:import_match": only_manager(POST),
    "integrations:import_start": only_manager(POST),
    "integrations:import_undo": only_manager(POST),
    "integrations:import_send": only_manager(POST),
    "integrations:import_failed": everyone(404),
    "integrations:template": Rule(GET, member=403, nobody=403),
    "integrations:mapping_new": Rule(BOTH, member=403, nobody=403),
    "integrations:mapping_yaml": only_manager(),
    "integrations:mapping_delete": only_manager(POST),
    "integrations:import_discard": only_manager(POST),
    "training:list": signed_in(),
    "training:intro": signed_in(),
    "training:start": signed_in(POST),
    "training:attempt": only_manager(),
    "training:step": only_manager(),
    "training:explore": only_manager(POST),
    "training:restart": only_manager(POST),
    "training:reset": only_manager(POST, admin=OK),
    "training:mine": signed_in(),
    "training:my_statements": signed_in(),
    "training:progress": overseers(),
    "training:statements": admins(),
    "training:plans": overseers(),
    "training:plan_create": overseers(BOTH),
    "training:plan": hidden_from_learners(),
    "training:plan_edit": hidden_from_learners(BOTH),
    "training:plan_retire": hidden_from_learners(POST),
    "training:plan_start": hidden_from_learners(POST),
    "training:plan_item_add": hidden_from_learners(POST),
    "training:plan_item": hidden_from_learners(POST),
    "training:plan_task_add": hidden_from_learners(POST),
    "training:task": hidden_from_learners(),
    "training:task_edit": hidden_from_learners(BOTH),
    "training:task_done": everyone(404, POST),
    "training:task_confirm": hidden_from_learners(POST),
    "training:assign": hidden_from_learners(BOTH),
    "training:withdraw": hidden_from_learners(POST),
    "training:revoke": Rule(BOTH, outsider=403, member=403),
    "training:connections": admins(),
    "training:store_create": admins(BOTH),
    "training:store": admins(BOTH),
    "training:store_send": admins(POST),
    "training:store_delete": admins(POST),
    "training:platform_create": admins(BOTH),
    "training:platform": admins(BOTH),
    "training:platform_delete": admins(POST),
    "training:lti_jwks": opened(),
    "training:lti_begin": everyone(403, BOTH, anonymous=403),
    "training:lti_launch": everyone(403, POST, anonymous=403),
    "training:lti_choose": everyone(403, POST, anonymous=403),
    "training:lti_choose_item": opened(BOTH),
    "training:lti_enter": Rule(BOTH, outsider=403, member=403, admin=403),
    "verify": opened(),
    "badge": opened(),
    "badge_jwt": everyone(404, anonymous=404),
    "badge_key": everyone(404, anonymous=404),
    "notifications:list": signed_in(),
    "notifications:choices": signed_in(POST),
    "notifications:read_all": signed_in(POST),
    "notifications:open": only_manager(),
    "notifications:ask_access": members(POST),
    "training:groups": signed_in(BOTH),
    "training:group_start": overseers(POST),
    "training:group": signed_in(),
    "training:group_join": signed_in(POST),
    "training:group_vote": everyone(403, POST),
    "training:group_lead": Rule(POST, outsider=403, member=403, admin=403),
    "training:group_note": Rule(POST, outsider=403, member=403, admin=403),
    "training:checks": signed_in(),
    "training:check": signed_in(BOTH),
    "training:check_answer": only_manager(),
    "library:library": signed_in(),
    "library:page": signed_in(),
    "training:page_read": signed_in(POST),
    "library:page_edit": admins(BOTH),
    "library:links_edit": admins(),
    "library:link_create": admins(BOTH),
    "library:link_edit": admins(BOTH),
    "library:link_move": admins(POST),
    "library:link_delete": admins(POST),
    "training:diagnostic": signed_in(BOTH),
    "training:diagnosis": members(),
    "training:advice_ask": managers(POST),
    "training:advice": signed_in(),
    "training:advice_answer": Rule(BOTH, outsider=404, member=404, manager=403),
    "account_login": opened(BOTH),
    "account_logout": opened(BOTH),
    "account_inactive": opened(),
    "account_email": signed_in(BOTH),
    "account_change_password": signed_in(BOTH),
    "account_reset_password": opened(BOTH),
    "account_reset_password_done": opened(),
    "account_reset_password_from_key": opened(),
    "account_reset_password_from_key_done": opened(),
    # The key of this world is no link that was ever sent.
    "account_confirm_email": everyone(409, BOTH),
    "api_addresses": api(),
    "api_teams": api(),
    "api_team": api(outsider=404),
    "api_metrics": api(outsider=404),
    "api_delivery": api(outsider=404),
    "api_escapes": api(outsider=404),
    "api_quality": api(outsider=404),
    "api_metric_rows": api(outsider=404),
    "api_stages": api(),
    "api_services": api(),
    "api_service": api(),
    "api_changes": api(),
    "api_change": api(outsider=404),
    "api_test_runs": api(),
    "api_test_run": api(outsider=404),
    "api_test_run_failures": api(outsider=404),
    "api_deployments": api(),
    "api_deployment": api(outsider=404),
    "api_practices": api(),
    "api_adoptions": api(),
    "api_defects": api(),
    "api_defect": api(outsider=404),
    "api_defect_history": api(outsider=404),
    "api_defect_transitions": api_post(),
    "api_defect_timeline": api(outsider=404),
    "api_defect_snooze": api_post(),
    "api_defect_links": api(outsider=404),
    "api_defect_link": api(outsider=404),
    "api_defect_bulk": api_post(),
    "api_incident_bulk": api_post(),
    "api_action_bulk": api_post(),
    "api_review_bulk": api_post(),
    "api_incidents": api(),
    "api_incident_transitions": api_post(),
    "api_incident": api(outsider=404),
    "api_incident_history": api(outsider=404),
    "api_actions": api(),
    "api_action": api(outsider=404),
    "api_action_history": api(outsider=404),
    "api_action_transitions": api_post(),
    "api_incident_timeline": api(outsider=404),
    "api_andon": api(outsider=404),
    "api_zero_bugs": api(outsider=404),
    "api_reviews": api(),
    "api_review": api(outsider=404),
    "api_review_transitions": api_post(),
    "api_review_causes": api(outsider=404),
    "api_review_cause": api(outsider=404),
    "api_review_comments": api(outsider=404),
    "api_incident_roles": api(outsider=404),
    "api_team_roles": api(outsider=404),
    "api_templates": api(outsider=404),
    "api_template": api(outsider=404),
    "api_progress": api(),
    "api_imports": Rule(GET, anonymous=401, member=403, nobody=403),
    "api_import": only_manager(anonymous=401),
    "api_import_failed": everyone(404, anonymous=401),
    "api_import_start": everyone(405, anonymous=401),
    "api_import_undo": everyone(405, anonymous=401),
    "api_scenarios": api(),
    "api_attempts": api(),
    "api_attempt": only_manager(anonymous=401),
    "api_decisions": only_manager(anonymous=401),
    "api_schema": api(),
    "api_docs": signed_in(),
    "api/^(?:.*/)?$": everyone(404, anonymous=401),
    "admin_door": admins(),
}


OF_ATTEMPTS = [f"training:{name}" for name in ("attempt", "step", "explore", "restart", "reset")]
OF_ATTEMPTS += ["api_attempt", "api_decisions"]
OF_IMPORTS = ["api_import", "api_import_failed", "api_import_start", "api_import_undo"]
OF_PLANS = ["plan", "plan_edit", "plan_retire", "plan_start", "plan_item_add", "plan_item", "plan_task_add", "assign"]
OF_PLANS = [f"training:{name}" for name in OF_PLANS]
OF_TASKS = ["training:task", "training:task_edit", "training:task_done", "training:task_confirm"]
OF_STORES = ["training:store", "training:store_send", "training:store_delete"]
OF_PLATFORMS = ["training:platform", "training:platform_delete"]
OF_CERTIFICATES = ["verify", "badge", "badge_jwt", "training:revoke"]


PLATFORM = {
    **{"name": "Moodle", "client_id": "1", "deployments": ["1"]},
    **dict.fromkeys(("url", "issuer", "auth_url", "token_url", "keys_url"), "https://moodle.example"),
}


# ---- The addresses -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    """One pattern of the portal. Its name is the one that `reverse` knows or, for want of one, its route."""

    name: str
    route: str
    parameters: frozenset[str] = field(default_factory=frozenset)

    @property
    def of_admin_site(self) -> bool:
        return self.name.startswith("admin:") or (self.route.startswith("admin/") and self.name == self.route)


def addresses(patterns: list[Any], prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            name = ":".join([*names, pattern.name]) if pattern.name else route
            found = set(pattern.pattern.regex.groupindex) if hasattr(pattern.pattern, "regex") else set()
            yield Address(name, route, frozenset(found))
        else:
            inner = (*names, pattern.namespace) if pattern.namespace else names
            yield from addresses(pattern.url_patterns, route, inner)


ALL = list(addresses(get_resolver().url_patterns))
PORTAL = [address for address in ALL if not address.of_admin_site]
ADMIN_SITE = [address for address in ALL if address.of_admin_site]


# ---- The world -----------------------------------------------------------------------------------------------------


class World:
    """A team with one of everything, and people around it."""

    def __init__(self) -> None:
        self.team = make_team(name="Payments", slug="pay", key="PAY", members_only=True)
        other = make_team()
        nobody_knows = "fits-no-password"  # hashing seven passwords would take longer than all requests
        self.people = {
            name: User.objects.create(email=f"{name}@example.com", password=nobody_knows, is_admin=name == "admin")
            for name in PEOPLE[1:]
        }
        join(self.people["outsider"], other, Role.MANAGER)
        for name in ("trainee", "engineer", "manager"):
            join(self.people[name], self.team, name)
        self.stranger = User.objects.create(email="stranger@example.com", password=nobody_knows)
        join(self.stranger, self.team)
        self.incident = make_incident(team=self.team)
        self.closed = make_incident(team=self.team, status="closed", restored_at=NOON)
        self.defect = make_defect(team=self.team)
        self.defect_link = self.defect.links.create(url="https://tracker.example/1")
        self.action = make_action(team=self.team)
        self.cord = make_cord(team=self.team)
        self.edits = {
            kind: BulkEdit.objects.create(
                model=model, ids=[], reason="Tidy", requested_by=self.people["manager"], state=BulkEdit.State.DONE
            )
            for kind, model in (
                ("incidents", "incidents.Incident"),
                ("defects", "defects.Defect"),
                ("actions", "incidents.Action"),
                ("reviews", "incidents.Review"),
            )
        }
        self.views = {
            kind: SavedView.objects.create(kind=kind, name="Mine", owner=self.people["manager"], team=self.team)
            for kind in ("incidents", "defects", "actions", "reviews")
        }
        self.bankruptcy = Bankruptcy.objects.create(
            team=self.team,
            teams=[self.team.pk],
            days=90,
            found_before=NOON,
            rank=2,
            phase=Bankruptcy.Phase.CLOSE,
            state=Bankruptcy.State.DONE,
            closed_at=NOON,
        )
        self.bankruptcy.rows.create(defect=self.defect, version=1, closes=True)
        self.template = IncidentTemplate.objects.create(team=self.team, name="Cards")
        self.review = make_review(self.incident)
        self.cause = self.review.causes.create(text="The check came too late", group="process")
        self.service = make_service(team=self.team)
        self.practice = make_practice(slug="reviewed")
        self.change = make_change(team=self.team)
        self.deployment = make_deployment(team=self.team)
        self.test_run = make_test_run(team=self.team)
        self.flaky = FlakyTest.objects.create(team=self.team, name="Cart::total")
        self.deleted = {
            "incidents": make_incident(team=self.team, deleted_at=NOON),
            "defects": make_defect(team=self.team, deleted_at=NOON),
            "actions": make_action(team=self.team, deleted_at=NOON),
        }
        invitation = Invitation(team=self.team, email="new@example.com")
        self.secret = invitation.renew(timezone.now())
        self.invitation = invitation
        self.archived = make_team(archived_at=NOON)
        self.access, _ = AccessToken.objects.create(self.people["manager"], expiry=None)
        self.run = SnapshotRun.objects.create(
            reason=SnapshotRun.Reason.REQUESTED, since=date(2026, 1, 1), as_of=date(2026, 1, 1)
        )
        self.job = ImportJob.objects.create(
            mapping_key=next(iter(PRESETS)),
            phase=ImportJob.Phase.CHECK,
            file_name="rows.csv",
            team=self.team,
            requested_by=self.people["manager"],
            state=ImportJob.State.DONE,
        )
        self.upload = Upload.objects.create(owner=self.people["manager"], size=1, modified=1, touched_at=NOON)
        self.mapping = SavedMapping.keep("Mine", self.people["manager"], ImportPlan("defects"))
        self.scenario = publish_scenario()
        self.attempt = self.scenario.begin(self.people["manager"], timezone.now())
        for seq, choice in enumerate(["smash", "push_on"], start=1):
            decide(self.attempt, seq=seq, choice=choice, now=timezone.now())
        self.group = GroupSession.objects.begin(self.scenario, self.people["manager"], timezone.now())
        self.answer = CheckAnswer.objects.create(
            user=self.people["manager"], check_id="mttr_tier_step", given={}, right=False, box=1, due_on=NOON.date(), at=NOON
        )
        self.link = LibraryLink.objects.create(section=LibraryLink.Section.TOOL, title="Tracker")
        self.diagnosis = Diagnosis.objects.create(
            user=self.people["manager"], team=self.team, answers={}, scores={}, adopt_next="Review.", at=NOON
        )
        self.advice = AdviceRequest.objects.create(diagnosis=self.diagnosis, question="Why?", asked_at=NOON, due_at=NOON)
        self.plan = Plan.objects.create(name="Start", team=self.team, started_at=NOON)
        self.part = PlanItem.objects.create(plan=self.plan, position=1, kind="page", ref="the-trap")
        self.plan.assign([self.stranger], now=timezone.now())
        self.task = Task.objects.create(plan=self.plan, title="Read the rota", is_checked=True)
        Assignment.objects.create(
            user=self.stranger, kind="task", ref=str(self.task.pk), due_on=NOON.date(), assigned_at=NOON, claimed_at=NOON
        )
        passed = self.scenario.begin(self.stranger, timezone.now())
        for seq, choice in enumerate(["bankrupt", "scan", "fix_now", "pareto"], start=1):
            decide(passed, seq=seq, choice=choice, now=timezone.now())
        self.store = RecordStore.objects.create(name="Store", url="https://lrs.example/xapi", state=RecordStore.State.DONE)
        self.platform = Platform.objects.create(**PLATFORM, team=self.team)
        launch = {
            "platform": self.platform,
            "deployment_id": "1",
            "sub": "7",
            "email": "manager@example.com",
            "at": timezone.now(),
        }
        self.launch = Launch.objects.create(nonce="a", is_deep_linking=False, may_choose=False, **launch)
        self.deep_launch = Launch.objects.create(nonce="b", is_deep_linking=True, may_choose=True, **launch)
        self.told = Notification.objects.tell(self.people["manager"], key="a", kind="training", subject="New")
        key = SessionStore()
        key.save()
        self.elsewhere = self.people["manager"].usersession_set.create(session_key=key.session_key, ip="127.0.0.1")
        self.clients = {"anonymous": Client()}
        for name, person in self.people.items():
            self.clients[name] = Client()
            self.clients[name].force_login(person)

    def values(self, name: str) -> dict[str, Any]:
        """What the parameters of an address stand for: by its name first, then by its app, then for all."""
        app = name.partition(":")[0]
        return {
            "slug": self.team.slug,
            "metric": "mttr",
            "measure": "fail-rate",
            "check": "stage-unknown",
            "token": self.secret,
            "token_key": self.access.token_key,
            "uidb36": "1",
            "kid": "none",
            "key": "set-password",
            **{
                "incidents": {"reference": self.incident.reference, "name": "acknowledge", "field": "started_at"},
                "defects": {"reference": self.defect.reference, "name": "triage", "field": "stage_found"},
                "actions": {"reference": self.action.reference, "name": "start"},
                "andon": {"pk": self.cord.pk},
                "practices": {"practice": self.practice.slug},
                "reviews": {"reference": self.incident.reference, "name": "submit", "pk": self.cause.pk},
                "changes": {"reference": self.change.reference},
                "deployments": {"reference": self.deployment.reference},
                "test_runs": {"reference": self.test_run.reference, "pk": self.flaky.pk},
                "integrations": {"pk": self.job.pk, "kind": "defects"},
                "scenarios": {"slug": self.scenario.slug, "number": 1},
                "response": {"pk": self.template.pk},
                "pipeline": {"slug": self.service.slug},
            }.get(app, {}),
            **{
                "training:group_start": {"slug": self.scenario.slug},
                **{f"training:group{tail}": {"code": self.group.code} for tail in ("", "_join", "_vote", "_lead", "_note")},
                "training:intro": {"slug": self.scenario.slug},
                "training:start": {"slug": self.scenario.slug},
                **{key: {"pk": self.plan.pk, "item": self.part.pk} for key in OF_PLANS},
                **{key: {"pk": self.task.pk, "person": self.stranger.pk} for key in OF_TASKS},
                **{key: {"uuid": self.stranger.certificates.get().uuid} for key in OF_CERTIFICATES},
                **{key: {"pk": self.store.pk} for key in OF_STORES},
                **{key: {"pk": self.platform.pk} for key in OF_PLATFORMS},
                "training:lti_enter": {"uuid": self.launch.uuid},
                "training:lti_choose_item": {"uuid": self.deep_launch.uuid},
                "training:withdraw": {"pk": self.stranger.assignments.get(kind="page").pk},
                "notifications:open": {"pk": self.told.pk},
                **{name: {"id": self.job.pk} for name in OF_IMPORTS},
                **{name: {"pk": self.attempt.pk, "id": self.attempt.pk, "seq": 1} for name in OF_ATTEMPTS},
                "training:check": {"check_id": self.answer.check_id},
                "training:check_answer": {"check_id": self.answer.check_id, "pk": self.answer.pk},
                **{name: {"slug": "mttr"} for name in ("library:page", "library:page_edit", "training:page_read")},
                **{f"library:link_{name}": {"pk": self.link.pk} for name in ("edit", "move", "delete")},
                **{f"training:{name}": {"pk": self.diagnosis.pk} for name in ("diagnosis", "advice_ask")},
                "training:advice_answer": {"pk": self.advice.pk},
                **{
                    f"defects:bankruptcy{tail}": {"pk": self.bankruptcy.pk, "reference": self.defect.reference}
                    for tail in ("", "_choose", "_close", "_undo", "_reopen")
                },
                **{name: {"slug": self.team.slug} for name in ("defects:policy", "defects:bankruptcies")},
                **{
                    f"api_{kind}{tail}": {"reference": getattr(self, kind).reference}
                    for kind, tail in product(("incident", "defect", "action"), ("", "_history", "_transitions"))
                },
                "api_review_cause": {"reference": self.incident.reference, "id": self.cause.pk},
                "api_template": {"id": self.template.pk},
                "scenarios:from_incident": {"reference": self.closed.reference},
                "api_incident_timeline": {"reference": self.incident.reference},
                "api_defect_timeline": {"reference": self.defect.reference},
                "api_defect_snooze": {"reference": self.defect.reference},
                "api_defect_links": {"reference": self.defect.reference},
                "api_defect_link": {"reference": self.defect.reference, "id": self.defect_link.pk},
                "defects:pin": {"reference": self.defect.reference, "pk": self.defect.timeline.get().pk},
                "defects:link_remove": {"reference": self.defect.reference, "pk": self.defect_link.pk},
                "incidents:pin": {"reference": self.incident.reference, "pk": self.incident.timeline.get().pk},
                "api_change": {"reference": self.change.reference},
                "api_deployment": {"reference": self.deployment.reference},
                "api_test_run": {"reference": self.test_run.reference},
                "api_test_run_failures": {"reference": self.test_run.reference},
                "incidents:restore": {"reference": self.deleted["incidents"].reference},
                "defects:restore": {"reference": self.deleted["defects"].reference},
                **{
                    key: value
                    for kind in ("incidents", "defects", "actions", "reviews")
                    for key, value in {
                        f"{kind}:bulk_result": {"pk": self.edits[kind].pk},
                        f"{kind}:view_delete": {"pk": self.views[kind].pk},
                    }.items()
                },
                "api_service": {"slug": self.service.slug},
                **{
                    f"api_{name}": {"reference": self.incident.reference}
                    for name in ("review", "review_transitions", "review_causes", "review_comments", "incident_roles")
                },
                "actions:restore": {"reference": self.deleted["actions"].reference},
                "benchmarks:threshold_history": {"metric": "escaped_defect_rate"},
                "benchmarks:threshold_edit": {"metric": "escaped_defect_rate"},
                "benchmarks:threshold_revert": {
                    "metric": "escaped_defect_rate",
                    "pk": ThresholdSet.objects.filter(metric="escaped_defect_rate").latest("pk").pk,
                },
                "benchmarks:run": {"pk": self.run.pk},
                "integrations:upload": {"token": self.upload.token},
                **{f"integrations:mapping_{name}": {"pk": self.mapping.pk} for name in ("yaml", "delete")},
                "teams:session_end": {"pk": self.elsewhere.pk},
                "teams:restore": {"slug": self.archived.slug},
                "teams:role": {"pk": self.membership().pk},
                "teams:remove": {"pk": self.membership().pk},
                "teams:resend": {"pk": self.invitation.pk},
                "teams:withdraw": {"pk": self.invitation.pk},
                "teams:person_history": {"pk": self.stranger.pk},
                "teams:deactivate": {"pk": self.stranger.pk},
                "teams:reactivate": {"pk": self.stranger.pk},
                "teams:grant_admin": {"pk": self.stranger.pk},
                "teams:revoke_admin": {"pk": self.stranger.pk},
            }.get(name, {}),
        }

    def membership(self) -> Membership:
        return self.stranger.memberships.get()

    def path(self, address: Address) -> str:
        values = self.values(address.name)
        path = address.route.replace("^", "").replace("$", "")
        if address.name == address.route:
            return "/" + path.replace("(?:.*/)?", "v1/nothing/")
        return reverse(address.name, kwargs={name: values[name] for name in address.parameters})


@pytest.fixture(scope="module")
def standing_world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Built once, in a transaction around those of the tests, which undo what they write."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


@pytest.fixture
def world(standing_world) -> World:
    """The same world for each test, with people and clients of its own."""
    world = copy(standing_world)
    world.people, world.clients = deepcopy(world.people), {name: Client() for name in PEOPLE}
    for name, client in world.clients.items():
        client.cookies = deepcopy(standing_world.clients[name].cookies)
    return world


def outcome(response: Any) -> Any:
    if response.status_code == 401 and response.headers.get("HX-Redirect", "").startswith("/account/login/?next="):
        return LOGIN
    if response.status_code == 302 and response["Location"].startswith("/account/login/"):
        return LOGIN
    if response.status_code == 401 and b'href="/account/login/' in response.content:  # beside what was typed
        return LOGIN
    return OK if response.status_code < 400 or response.status_code == 422 else response.status_code


def ask(client: Client, method: str, path: str, htmx: bool) -> Any:
    """One request whose effects are undone, so that everybody meets the same world."""
    headers = {"HX-Request": "true", "HX-Target": "main", "HX-Current-URL": "http://testserver/"} if htmx else {}
    with transaction.atomic():
        response = getattr(client, method)(path, headers=headers)
        if response.streaming:
            response.getvalue()  # to its end, as a browser does: only so many exports are sent at once
        transaction.set_rollback(True)
    return outcome(response)


# ---- The tests -----------------------------------------------------------------------------------------------------


def test_every_address_has_a_rule():
    assert {address.name for address in PORTAL} == set(RULES)


@pytest.mark.parametrize("address", PORTAL, ids=lambda address: address.name)
def test_everybody_meets_what_the_rule_says(address, world):
    rule = RULES.get(address.name)
    assert rule, f"{address.name} has no line in RULES"
    path = world.path(address)
    wrong = {}
    for person, method, htmx in product(PEOPLE, rule.methods, (False, True)):
        found, expected = ask(world.clients[person], method, path, htmx), rule.expected(person)
        if found != expected:
            wrong[person, method, "fragment" if htmx else "page"] = f"{found} instead of {expected}"
    # Those whom the address keeps out get nowhere with any other method.
    kept_out = [person for person in PEOPLE if rule.expected(person) != OK]
    for person, method in product(kept_out, [method for method in METHODS if method not in rule.methods]):
        if ask(world.clients[person], method, path, False) == OK:
            wrong[person, method] = OK
    # A token is for the API: it opens no page.
    if rule.expected("anonymous") == LOGIN:
        _, token = AccessToken.objects.create(world.people["admin"], expiry=None, scope="write")
        for method in rule.methods:
            if ask(bearer(token), method, path, False) != LOGIN:
                wrong["token", method] = OK
    assert not wrong


# ---- Filled bodies -------------------------------------------------------------------------------------------------

CSV = b"external_id,title,team,severity,stage_found,found_at\nA-1,Imported,pay,SEV3,ci,2026-03-01T09:00:00Z\n"
NEW_PASSWORD = "another horse battery"


def yaml_of(world: World, version: str = "1.1.0", slug: str = "") -> str:
    text = scenario_texts()[world.scenario.slug].replace("version: 1.1.0", f"version: {version}")
    return text.replace(f"id: {world.scenario.slug}", f"id: {slug or world.scenario.slug}")


def thresholds(world: World) -> dict[str, Any]:
    newest = ThresholdSet.objects.filter(metric="escaped_defect_rate").latest("pk")
    cuts = {"elite_ends": "4", "good_ends": "8", "average_ends": "16", "needs_work_ends": "31"}
    asked = {"base": newest.pk, "minimum_n": 5, "effective_from": local_day(timezone.now()), "reason": "We know better."}
    return {**cuts, **asked, "action": "look"}


# What each address that takes a form accepts; an address that is not here asks for nothing.
BODIES: dict[str, Callable[[World], dict[str, Any]]] = {
    "teams:create": lambda world: {"name": "Brand new"},
    "teams:edit": lambda world: {"name": "Renamed", "slug": world.team.slug, "key": "PAY"},
    "teams:role": lambda world: {"role": Role.MANAGER},
    "teams:invite": lambda world: {"email": "somebody@example.com", "role": Role.ENGINEER},
    **dict.fromkeys(
        ("response:template_create", "response:template_edit"), lambda world: {"name": "Vouchers", "kind": "real"}
    ),
    "teams:accept": lambda world: {"name": "New", "password": NEW_PASSWORD, "password_again": NEW_PASSWORD},
    "teams:profile": lambda world: {"name": "Renamed", "time_zone": "Europe/Berlin"},
    "teams:preferences": lambda world: {"theme": "dark", "keys": "off"},
    "teams:tokens": lambda world: {"name": "Script", "scope": "write", "expires": "30"},
    "setup": lambda world: {"name": "Me", "email": "me@example.com", "password": NEW_PASSWORD, "token": "guessed"},
    "incidents:create": lambda world: {"title": "Down", "team": world.team.slug},
    "incidents:edit": lambda world: (
        {"title": "Slow", "team": world.team.slug, "version": 1, "detected_at": "2026-03-02T12:00"}
    ),
    "incidents:fix": lambda world: {"started_at": "2026-03-02T11:00", "version": 1},
    "defects:fix": lambda world: {"stage_found": "coding", "version": 1},
    **dict.fromkeys(
        ("changes:create", "changes:edit"),
        lambda world: {"title": "Round", "team": world.team.slug, "opened_at": "2026-03-02T12:00", "version": 1},
    ),
    **dict.fromkeys(
        ("deployments:create", "deployments:edit"),
        lambda world: (
            {"team": world.team.slug, "finished_at": "2026-03-02T12:00", "version": 1}
            | {"environment": "production", "result": "succeeded", "kind": "planned"}
        ),
    ),
    "test_runs:create": lambda world: {
        "file": SimpleUploadedFile("report.xml", b'<testsuite><testcase name="a"/></testsuite>'),
        "team": world.team.slug,
        "stage": "ci",
    },
    "test_runs:settings": lambda world: {"default_branch": "main"},
    "actions:create": lambda world: {"title": "Alert", "team": world.team.slug},
    "actions:edit": lambda world: {"title": "Alert", "team": world.team.slug, "version": 1},
    "reviews:edit": lambda world: {"summary": "Slow", "due_on": "2026-03-20", "version": 1},
    "reviews:cause": lambda world: {"text": "No alert", "group": "detection"},
    "reviews:comment": lambda world: {"text": "Why then?"},
    "andon:pull": lambda world: {"reason": "Wrong totals", "team": world.team.slug, "service": world.service.slug},
    "andon:detail": lambda world: {"learned": "Round late."},
    "incidents:note": lambda world: {"kind": "note", "text": "News"},
    "defects:note": lambda world: {"text": "News"},
    "defects:link_add": lambda world: {"url": "https://tracker.example/2"},
    "defects:triage": lambda world: {"reference": world.defect.reference, "action": "accept"},
    "practices:answer": lambda world: {"state": "in_place", "version": 0},
    "practices:mark": lambda world: {"state": "partly"},
    "defects:policy": lambda world: {"days": "30"},
    "defects:bankruptcies": lambda world: {"days": "90", "rank": "2"},
    "defects:bankruptcy_choose": lambda world: {"row": world.defect.reference, "to": "keep"},
    "defects:bankruptcy_close": lambda world: {"note": "Too old.", "number": "1"},
    "defects:create": lambda world: {"title": "Wrong", "team": world.team.slug, "severity": "SEV3", "stage_found": "ci"},
    "defects:edit": lambda world: (
        {"title": "Odd", "team": world.team.slug, "severity": "SEV3", "stage_found": "ci"}
        | {"version": 1, "found_at": "2026-03-02T12:00"}
    ),
    "benchmarks:threshold_edit": thresholds,
    "benchmarks:threshold_revert": lambda world: {"base": thresholds(world)["base"], "reason": "As it was."},
    "scenarios:authoring_new": lambda world: {"text": yaml_of(world, slug="another_one")},
    "scenarios:authoring_edit": lambda world: {"text": yaml_of(world), "base": world.scenario.version},
    "scenarios:authoring_check": lambda world: {"text": yaml_of(world), "base": world.scenario.version},
    "scenarios:authoring_build": lambda world: {
        "do": "lead",
        "way": "start",
        "target": "backlog_review",
        "base": world.scenario.version,
    },
    "scenarios:authoring_texts": lambda world: {"title": "Renamed", "base": world.scenario.version},
    "scenarios:authoring_publish": lambda world: {"base": world.scenario.version, "note": "New."},
    "scenarios:authoring_state": lambda world: {"state": "retired"},
    "scenarios:authoring_void": lambda world: {"reason": "Wrong."},
    "integrations:import_new": lambda world: {
        "file": SimpleUploadedFile("rows.csv", CSV),
        "team": world.team.slug,
    },
    "integrations:upload_new": lambda world: {"name": "rows.csv", "size": 9, "modified": 1},
    "integrations:import_match": lambda world: {"zone": "UTC"},
    "integrations:mapping_new": lambda world: {"name": "Sheet", "text": "kind: defects"},
    "integrations:import_start": lambda world: {"skip_errors": "on"},
    "training:groups": lambda world: {"code": world.group.code},
    "training:group_lead": lambda world: {"do": "reveal", "seq": "1"},
    "training:group_note": lambda world: {"note": "Why?", "seq": "1"},
    "training:plan_create": lambda world: {"name": "Mine", "team": world.team.pk},
    "training:plan_edit": lambda world: {"name": "Renamed", "team": world.team.pk},
    "training:plan_retire": lambda world: {"state": "retired"},
    "training:plan_item_add": lambda world: {"item": "page:andon", "due_days": 14},
    "training:plan_item": lambda world: {"due_days": 7},
    "training:task_edit": lambda world: {"title": "Read the whole rota"},
    "training:plan_task_add": lambda world: {"title": "Read the rota", "due_days": 7, "opens_after": 0},
    "training:assign": lambda world: {"people": [world.stranger.pk], "everybody": "on"},
    "training:store_create": lambda world: {"name": "Another", "url": "https://lrs.example/xapi"},
    "training:store": lambda world: {"name": "Renamed", "url": "https://lrs.example/xapi"},
    # Made here, because it takes long: the key that signs the answer.
    "training:lti_choose_item": lambda world: ToolKey.objects.make() and {"item": f"scenario:{world.scenario.slug}"},
    "training:platform_create": lambda world: PLATFORM | {"name": "Other", "client_id": "2", "team": world.team.pk},
    "training:platform": lambda world: PLATFORM | {"name": "Renamed", "team": world.team.pk},
    "training:revoke": lambda world: {"revoke_reason": "By mistake."},
    "training:check": lambda world: {"field_now": "5", "field_next": "2.5"},
    "library:page_edit": lambda world: {"base": 0, "body": "Ours.", "reason": "Ours.", "wants": "save"},
    "library:link_create": lambda world: {"section": LibraryLink.Section.TOOL, "title": "Another"},
    "library:link_edit": lambda world: {"section": LibraryLink.Section.TOOL, "title": "Renamed"},
    "library:link_move": lambda world: {"by": "up"},
    "training:diagnostic": lambda world: {one.id: 2 for one in diagnostic().statements},
    "training:advice_ask": lambda world: {"text": "Why?"},
    "training:advice_answer": lambda world: {"text": "Because."},
    "account_email": lambda world: {"email": "elsewhere@example.com", "password": PASSWORD},
    "account_reset_password": lambda world: {"email": "nobody.here@example.com"},
    "account_login": lambda world: {"login": "manager@example.com", "password": PASSWORD},
}

# What is there today is what the body says, or it is a body of everything: those who are let in are told so.
REFUSED = {
    "benchmarks:threshold_revert",
    "scenarios:authoring_texts",
    "scenarios:authoring_publish",
}

# Open to all who are signed in, or manage something; the body names a team, and it is not theirs.
ANYONE_ADDS = [f"{kind}:create" for kind in ("incidents", "defects", "actions", "changes", "deployments")]
ANYONE_ADDS += ["andon:pull", "test_runs:create"]
NOT_THEIR_TEAM = {
    **{(name, "outsider"): 422 for name in (*ANYONE_ADDS, "integrations:import_new")},
    **{(name, "nobody"): 422 for name in ANYONE_ADDS},
    ("training:plan_create", "outsider"): 422,
    **{("defects:triage", person): 404 for person in ("outsider", "nobody")},
}
# Tables that change with any request of somebody who is signed in.
OWN_SESSION = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "(django_session|usersessions_usersession)"')
WRITES = re.compile(r"^(INSERT|UPDATE|DELETE)")
TAKES_A_FORM = [address for address in PORTAL if "post" in RULES[address.name].methods]


def test_every_body_is_of_a_form():
    assert set(BODIES) <= {address.name for address in TAKES_A_FORM}


@pytest.mark.parametrize("address", TAKES_A_FORM, ids=lambda address: address.name)
def test_a_body_that_would_do_opens_nothing(address, world):
    """Who is kept out is kept out before the form is judged, and nothing is written; for others the body will do."""
    rule, path = RULES[address.name], world.path(address)
    for person in world.people.values():
        person.password = make_password(PASSWORD)  # set_password() would end sessions and tokens
    User.objects.bulk_update(world.people.values(), ["password"])
    for name, person in world.people.items():
        world.clients[name].force_login(person)
    wrong = {}
    for person, htmx in product(PEOPLE, (False, True)):
        expected = NOT_THEIR_TEAM.get((address.name, person), rule.expected(person))
        expected = 422 if expected == OK and address.name in REFUSED else expected
        headers = {"HX-Request": "true", "HX-Target": "main", "HX-Current-URL": "http://testserver/"} if htmx else {}
        with transaction.atomic(), CaptureQueriesContext(connection) as queries:
            response = world.clients[person].post(path, BODIES.get(address.name, lambda world: {})(world), headers=headers)
            transaction.set_rollback(True)
        found = 422 if response.status_code == 422 else outcome(response)
        if found != expected:
            wrong[person, htmx] = f"{found} instead of {expected}"
        written = [query["sql"] for query in queries if WRITES.match(query["sql"]) and not OWN_SESSION.match(query["sql"])]
        if expected != OK and written:
            wrong[person, htmx, "written"] = written
    assert not wrong


# ---- Tokens --------------------------------------------------------------------------------------------------------

API = [address for address in PORTAL if address.route.startswith(("api/v1", "api/schema"))]
UNSAFE = ("post", "put", "patch", "delete")


def bearer(token: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"})


def send(client: Client, method: str, path: str, body: dict[str, Any]) -> int:
    with transaction.atomic():
        status: int = getattr(client, method)(path, body, content_type="application/json").status_code
        transaction.set_rollback(True)
    return status


def by_token(methods, status, **other):
    """What a token to write is answered with; without a token it is 401."""
    return Rule(methods, anonymous=401, **{"outsider": 404, "member": status, "manager": status, "admin": status} | other)


# What each address of the API that takes something would accept, and who gets which answer to it.
NEW = {"title": "Wrong", "team": "pay", "severity": "SEV3"}
FILE, CHANGE, REMOVE = by_token(POST, 201, outsider=400), by_token(("patch",), 200), by_token(("delete",), 204, member=403)
API_WRITES: dict[tuple[str, str], tuple[Rule, dict[str, Any]]] = {
    ("api_defects", "post"): (FILE, NEW | {"stage_found": "ci"}),
    ("api_defect", "patch"): (CHANGE, {"title": "New", "version": 1}),
    ("api_defect", "delete"): (REMOVE, {}),
    ("api_defect_transitions", "post"): (by_token(POST, 200), {"to": "triaged"}),
    ("api_defect_timeline", "post"): (by_token(POST, 201), {"text": "News"}),
    ("api_defect_links", "post"): (by_token(POST, 201), {"url": "https://tracker.example/2"}),
    ("api_defect_link", "delete"): (by_token(("delete",), 204), {}),
    ("api_defect_snooze", "post"): (by_token(POST, 200), {"until": None}),
    ("api_defect_bulk", "post"): (
        by_token(POST, 200, outsider=200),
        {"references": ["PAY-DEF-1"], "priority": "high", "reason": "Tidy"},
    ),
    ("api_incident_bulk", "post"): (
        by_token(POST, 200, outsider=200),
        {"references": ["PAY-INC-1"], "kind": "exercise", "reason": "Tidy"},
    ),
    ("api_action_bulk", "post"): (
        by_token(POST, 200, outsider=200),
        {"references": ["PAY-ACT-1"], "kind": "process", "reason": "Tidy"},
    ),
    ("api_review_bulk", "post"): (
        by_token(POST, 200, outsider=200),
        {"references": ["PAY-INC-1"], "due_on": "2026-04-01", "reason": "Tidy"},
    ),
    ("api_actions", "post"): (FILE, {"title": "New", "team": "pay"}),
    ("api_action", "patch"): (CHANGE, {"title": "New", "version": 1}),
    ("api_action", "delete"): (REMOVE, {}),
    ("api_action_transitions", "post"): (by_token(POST, 200), {"to": "done"}),
    ("api_review", "patch"): (CHANGE, {"lessons": "New", "version": 1}),
    ("api_zero_bugs", "put"): (by_token(("put",), 200, member=403), {"days": 14}),
    ("api_reviews", "post"): (by_token(POST, 200, outsider=400), {"incident": "PAY-INC-1"}),
    ("api_review_transitions", "post"): (by_token(POST, 400), {"to": "in_review"}),
    ("api_review_causes", "post"): (by_token(POST, 201), {"text": "No alert", "group": "detection"}),
    ("api_review_cause", "delete"): (by_token(("delete",), 204), {}),
    ("api_review_comments", "post"): (by_token(POST, 201), {"text": "Why then?"}),
    ("api_incident_roles", "patch"): (CHANGE, {"roles": {"Lead": None}}),
    ("api_team_roles", "patch"): (by_token(("patch",), 200, member=403), {"roles": ["Runner"]}),
    ("api_templates", "post"): (by_token(POST, 201, member=403), {"name": "Refused"}),
    ("api_template", "patch"): (by_token(("patch",), 200, member=403), {"title": "Refused"}),
    ("api_template", "delete"): (REMOVE, {}),
    ("api_incidents", "post"): (FILE, NEW),
    ("api_incident_transitions", "post"): (by_token(POST, 200), {"move": "restore"}),
    ("api_incident_timeline", "post"): (by_token(POST, 201), {"text": "News"}),
    ("api_incident", "patch"): (CHANGE, {"title": "New", "version": 1}),
    ("api_incident", "delete"): (REMOVE, {}),
    # The body is the file, and this one has no rows; a file that is not waiting for anything is a conflict.
    ("api_changes", "post"): (FILE, {"title": "Round", "team": "pay", "opened_at": "2026-03-02T12:00:00Z"}),
    ("api_change", "patch"): (CHANGE, {"title": "New", "version": 1}),
    ("api_deployments", "post"): (FILE, {"team": "pay", "finished_at": "2026-03-02T12:00:00Z"}),
    ("api_deployment", "patch"): (CHANGE, {"release": "2.0", "version": 1}),
    ("api_adoptions", "post"): (
        by_token(POST, 201, outsider=400, nobody=400, trainee=403),
        {"team": "pay", "practice": "reviewed", "state": "in_place"},
    ),
    ("api_test_runs", "post"): (by_token(POST, 400, outsider=400), {}),
    ("api_imports", "post"): (by_token(POST, 422, outsider=422, member=403, nobody=403), {}),
    ("api_import_start", "post"): (by_token(POST, 404, manager=409), {}),
    ("api_import_undo", "post"): (by_token(POST, 404, manager=409), {}),
    ("api_attempts", "post"): (by_token(POST, 201, outsider=201, manager=409), {"scenario": "zero_bug_policy"}),
    ("api_decisions", "post"): (by_token(POST, 404, manager=409), {"seq": 3, "choice": "push_on"}),
}


def api_body(address: Address, method: str) -> dict[str, Any]:
    return API_WRITES[address.name, method][1] if (address.name, method) in API_WRITES else {}


@pytest.mark.parametrize("address", API, ids=lambda address: address.name)
def test_a_token_that_is_over_opens_nothing(address, world):
    manager, path = world.people["manager"], world.path(address)
    revoked, once = AccessToken.objects.create(manager, expiry=None, scope="write")
    revoked.delete()
    _, late = AccessToken.objects.create(manager, expiry=timedelta(seconds=-1), scope="write")
    _, shut = AccessToken.objects.create(world.stranger, expiry=None, scope="write")
    User.objects.filter(pk=world.stranger.pk).update(is_active=False)
    for token in (once, late, shut, "nonsense", ""):
        found = {method: send(bearer(token), method, path, api_body(address, method)) for method in METHODS}
        assert set(found.values()) == {401}, found


@pytest.mark.parametrize("address", API, ids=lambda address: address.name)
def test_a_token_to_read_writes_nothing(address, world):
    _, token = AccessToken.objects.create(world.people["manager"], expiry=None, scope="read")
    found = {method: send(bearer(token), method, world.path(address), api_body(address, method)) for method in UNSAFE}
    assert set(found.values()) == {403}, found


@pytest.mark.parametrize("address", API, ids=lambda address: address.name)
def test_a_token_to_write_reaches_as_far_as_its_owner(address, world):
    rule, path = RULES[address.name], world.path(address)
    for person, user in world.people.items():
        _, token = AccessToken.objects.create(user, expiry=None, scope="write")
        assert ask(bearer(token), "get", path, False) == rule.expected(person), person
        for method in UNSAFE:
            may, body = API_WRITES.get((address.name, method), (None, {}))
            status = send(bearer(token), method, path, body)
            assert status == may.expected(person) if may else status in (404, 405), (person, method, status)


@pytest.mark.parametrize("address", ADMIN_SITE, ids=lambda address: address.route)
def test_the_admin_site_is_shut_for_all_but_admins(address, world):
    path = "/" + address.route.replace("^", "").replace("$", "").replace("(?P<url>.*)", "nothing")
    for parameter in ("object_id", "content_type_id"):
        path = path.replace(f"<path:{parameter}>", "1")
    path = path.replace("(?P<app_label>", "").replace(")", "").split("|")[0]
    path = path if path.endswith("/") else f"{path}/"
    for person in PEOPLE[:-1]:
        for htmx in (False, True):
            with transaction.atomic():
                headers = {"HX-Request": "true"} if htmx else {}
                response = world.clients[person].get(path, headers=headers)
                transaction.set_rollback(True)
            to_its_door = response.status_code == 302 and response["Location"].startswith("/admin/")
            turned_away = outcome(response) == LOGIN or to_its_door
            assert turned_away or response.status_code in (403, 404, 405), (person, path, response.status_code)


def test_whoever_leaves_is_an_outsider_at_once(world):
    world.people["engineer"].memberships.all().delete()
    for name, rule in RULES.items():
        if rule.outsider == 404 and name.partition(":")[0] in ("dashboards", "incidents", "defects", "teams"):
            path = world.path(next(address for address in PORTAL if address.name == name))
            for method in rule.methods:
                assert ask(world.clients["engineer"], method, path, False) == 404, (name, method)


def test_a_token_opens_no_page(world):
    _, token = AccessToken.objects.create(world.people["manager"], expiry=None, scope="write")
    client, wrong = bearer(token), {}
    for address, method in product(PORTAL, ("get", "post")):
        if not address.name.startswith("api") or address.name == "api_docs":
            found = ask(client, method, world.path(address), False)
            if found not in (LOGIN, 401, 403, 404, 405, 410) and found != RULES[address.name].anonymous:
                wrong[address.name, method] = found
    assert not wrong
