"""Search: actions, teams, records, metrics, people and pages. Finds only what the person may open.

Other apps add their pages, checks and scenarios through `settings.READABLES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Q
from django.urls import reverse

from benchmarks.forms import EDITABLE
from benchmarks.metrics import METRICS
from defects.models import Defect
from incidents.models import Action, Incident
from pipeline.models import Change, Deployment, Service
from qmportal.lib.queries import AnyOf
from qmportal.lib.search import Hit, holds, matches, references_meant, words_of
from teams.models import Membership, Role, Team, User
from teams.permissions import can_author, can_import_somewhere, can_oversee, can_see, is_admin
from testing.models import TestRun

MOST = 6
# The order of the results. A kind that isn't listed here comes just before "Pages".
KINDS = (
    *("Actions", "Teams", "Incidents", "Defects", "Follow-up actions", "Changes", "Deployments", "Test runs", "Metrics"),
    *("Services", "People"),
    *("Decision scenarios", "Knowledge checks", "Library", "Pages", "Settings"),
)


# What is found by its reference alone.
REFERENCED: dict[str, Any] = {
    "Follow-up actions": Action,
    "Changes": Change,
    "Deployments": Deployment,
    "Test runs": TestRun,
}


class Place(NamedTuple):
    """A page of the portal. `also`: other words that find it. `may`: who may open it."""

    kind: str
    label: str
    address: str
    also: str = ""
    may: Callable[[User], bool] = lambda user: True


PLACES = (
    Place("Actions", "Report incident", "incidents:create", "new file outage down"),
    Place("Actions", "Report defect", "defects:create", "new file bug fault"),
    Place("Actions", "Add an action", "actions:create", "new follow-up task"),
    Place("Actions", "Triage defects", "defects:triage", "new reports accept decline"),
    Place("Actions", "Upload a test report", "test_runs:create", "junit sarif results"),
    Place("Actions", "Add a change", "changes:create", "new pull request"),
    Place("Actions", "Add a deployment", "deployments:create", "new release"),
    Place("Actions", "Pull the Andon cord", "andon:pull", "stop line hold deployment"),
    Place("Actions", "Import a file", "integrations:import_new", "upload csv excel tracker", can_import_somewhere),
    Place("Actions", "Create a team", "teams:create", "new add", is_admin),
    Place("Actions", "Create a training plan", "training:plan_create", "new onboarding assign", can_oversee),
    Place("Actions", "Write a scenario", "scenarios:authoring_new", "new create draft", can_author),
    Place("Pages", "Overview", "dashboards:overview", "home start teams tiers comparison"),
    Place("Pages", "Incidents", "incidents:list", "outages"),
    Place("Pages", "Defects", "defects:list", "bugs faults"),
    Place("Pages", "Board of defects", "defects:board", "kanban columns status"),
    Place("Pages", "Services", "pipeline:services", "catalogue components owners runbooks"),
    Place("Pages", "Practices", "practices:overview", "pipeline stages coverage adoption"),
    Place("Pages", "Changes", "changes:list", "pull requests merges reviews"),
    Place("Pages", "Deployments", "deployments:list", "releases rework"),
    Place("Pages", "Test runs", "test_runs:list", "ci reports flaky failures static analysis"),
    Place("Pages", "Reviews", "reviews:list", "post-mortems incident reviews learning"),
    Place("Pages", "Actions", "actions:list", "follow-up tasks due overdue"),
    Place("Pages", "Andon cord", "andon:list", "stopped lines"),
    Place("Pages", "Inbox", "notifications:list", "notifications messages unread"),
    Place("Pages", "Decision scenarios", "training:list", "training cases practice"),
    Place("Pages", "Group sessions", "training:groups", "training workshop code vote"),
    Place("Pages", "Knowledge checks", "training:checks", "training questions due review"),
    Place("Pages", "Library", "library:library", "training concepts reading tools certifications"),
    Place("Pages", "My training", "training:mine", "plan assignments certificates"),
    Place("Pages", "Self-assessment", "training:diagnostic", "diagnostic self check advice"),
    Place("Pages", "Requests for advice", "training:advice", "quality leads"),
    Place("Pages", "Team progress", "training:progress", "training board", can_oversee),
    Place("Pages", "Training plans", "training:plans", "onboarding", can_oversee),
    Place(
        "Pages",
        "Connections",
        "training:connections",
        "learning platforms LTI Moodle Canvas xAPI record stores LRS",
        is_admin,
    ),
    Place("Pages", "Scenario editor", "scenarios:authoring", "drafts authoring analytics", can_author),
    Place("Pages", "Import", "integrations:import_list", "imports csv files", can_import_somewhere),
    Place("Pages", "Teams and people", "dashboards:teams", "members invite invitations groups"),
    Place("Pages", "Shortcuts and help", "dashboards:help", "keyboard keys"),
    Place("Settings", "Thresholds", "benchmarks:thresholds", "settings tiers benchmarks cut points"),
    Place("Settings", "Account", "teams:profile", "settings profile name theme colours reminders keyboard preferences"),
    Place("Settings", "Email address", "account_email", "settings account email"),
    Place("Settings", "Change password", "account_change_password", "settings account"),
    Place("Settings", "Sessions", "teams:sessions", "settings signed in browsers devices"),
    Place("Settings", "Access tokens", "teams:tokens", "settings api"),
    Place("Settings", "API reference", "api_docs", "documentation openapi schema"),
    Place("Settings", "People", "teams:people", "settings accounts users admins deactivate", is_admin),
    Place("Settings", "Library links", "library:links_edit", "settings tools certifications", is_admin),
)


def search_everything(user: User, q: str) -> list[Hit]:
    """Up to `MOST` hits of each kind, actions first. An empty query returns the usual pages and the user's teams.

    Takes a few queries, however many words there are: teams, incidents, defects, people, those of other apps, and one for
    what a text like "PAY-CHG-7" names.
    """
    words = words_of(q)
    hits = [*_places(user, words), *_threshold_editors(user, words), *_invitations(user, words), *_teams(user, words)]
    if words:
        hits += [*_records(user, q), *_metrics(user, words), *_services(user, words), *_people(user, words)]
        hits += _readables(q)
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(hits, key=lambda hit: order.get(hit.kind, order["Pages"]))


def _places(user: User, words: Sequence[str]) -> Iterator[Hit]:
    for place in PLACES:
        if (holds(words, place.label, place.also) if words else place.kind != "Settings") and place.may(user):
            yield Hit(place.kind, place.label, "", reverse(place.address))


def _threshold_editors(user: User, words: Sequence[str]) -> Iterator[Hit]:
    if is_admin(user):
        for slug in EDITABLE:
            label = f"Edit thresholds for {METRICS[slug].label.lower()}"
            if holds(words, label, METRICS[slug].short, "change tiers cut points"):
                yield Hit("Actions", label, "", reverse("benchmarks:threshold_edit", args=[slug]))


def _invitations(user: User, words: Sequence[str]) -> Iterator[Hit]:
    for team in [team for team in user.own_teams if team.role == Role.MANAGER][:MOST]:
        if holds(words, f"Invite people to {team.name}", "add member"):
            yield Hit("Actions", f"Invite people to {team.name}", "", reverse("teams:members", args=[team.slug]))


def _teams(user: User, words: Sequence[str]) -> list[Hit]:
    if not words:
        return [Hit("Teams", team.name, "", reverse("dashboards:team", args=[team.slug])) for team in user.own_teams[:MOST]]
    found = Team.objects.visible_to(user).filter(_named(words)).select_related("parent")[:MOST]
    return [
        Hit(
            "Teams",
            team.name,
            team.parent.name if team.parent and can_see(user, team.parent) else "",
            team.get_absolute_url(),
        )
        for team in found
    ]


def _named(words: Sequence[str]) -> Q:
    return Q(*(Q(name__icontains=word) | Q(key__iexact=word) for word in words))


def _records(user: User, q: str) -> list[Hit]:
    return [
        *_rows("Incidents", Incident.objects.visible_to(user), references_meant(q, Incident.REFERENCE_KIND), q),
        *_rows("Defects", Defect.objects.visible_to(user), references_meant(q, Defect.REFERENCE_KIND), q),
        *_referenced(user, q),
    ]


def _rows(kind: str, visible: Any, meant: list[str], q: str) -> list[Hit]:
    """An exact reference comes first: PAY-INC-4 before PAY-INC-49, however old it is."""
    visible = visible.only("reference", "title")
    found = list(visible.filter(reference__in=meant)) if meant else []
    found += visible.matching(q).exclude(pk__in=[row.pk for row in found])[:MOST]
    return [Hit(kind, row.title, row.reference, row.get_absolute_url()) for row in found[:MOST]]


def _referenced(user: User, q: str) -> Iterator[Hit]:
    """Other rows, by a reference that says what kind they are."""
    for kind, model in REFERENCED.items():
        if model.REFERENCE_KIND in q.upper() and (meant := references_meant(q, model.REFERENCE_KIND)):
            for row in model.objects.visible_to(user).filter(reference__in=meant)[:MOST]:
                yield Hit(kind, str(row), "", row.get_absolute_url())


def _services(user: User, words: Sequence[str]) -> list[Hit]:
    """Of the catalogue in memory."""
    found = [each for each in Service.objects.catalogue(user.versions).in_use() if holds(words, each.name, each.slug)]
    return [Hit("Services", each.name, "", reverse("pipeline:service", args=[each.slug])) for each in found[:MOST]]


def _metrics(user: User, words: Sequence[str]) -> list[Hit]:
    """A metric of a team: "mttr payments" or "payments time to restore". Without a team, of the user's own teams."""
    rest = {
        slug: [word for word in words if len(word) < 3 or not holds([word], metric.label, metric.short)]
        for slug, metric in METRICS.items()
    }
    fewest = min(map(len, rest.values()))
    slugs = [slug for slug, others in rest.items() if len(others) == fewest]
    if fewest == len(words):
        return []
    named = rest[slugs[0]]
    mine = Q(pk__in=list(user.roles)) if user.roles else Q()
    teams = Team.objects.visible_to(user).filter(_named(named) if named else mine)[:3]
    return [
        Hit("Metrics", f"{METRICS[slug].label}, {team.name}", "", reverse("dashboards:metric", args=[team.slug, slug]))
        for team in teams
        for slug in slugs[:2]
    ]


def _readables(q: str) -> list[Hit]:
    """Library pages, checks and scenarios, which everyone can open. Title matches come first."""
    hits: dict[str, list[Hit]] = {}
    for found in matches(q):
        kind = found.kind if found.kind == "Library" else f"{found.kind}s"
        hits.setdefault(kind, []).append(Hit(kind, found.title, found.note, found.url))
    return [hit for kind in hits.values() for hit in kind[:MOST]]


def _people(user: User, words: Sequence[str]) -> list[Hit]:
    """Members of the teams whose members the user may see. Admins find everyone."""
    named = Q(*(Q(name__icontains=word) | Q(email__icontains=word) for word in words))
    if is_admin(user):
        everybody = User.objects.filter(named, is_active=True)[:MOST]
        return [Hit("People", str(person), person.email, reverse("teams:people")) for person in everybody]
    reached = AnyOf("team", [team.pk for team in user.reach])
    rows = Membership.objects.filter(reached, user__is_active=True, user__in=User.objects.filter(named))
    people: dict[int, Hit] = {}
    for row in rows.select_related("user", "team")[: 4 * MOST]:
        url = reverse("teams:members", args=[row.team.slug])
        people.setdefault(row.user_id, Hit("People", str(row.user), row.team.name, url))
    return sorted(people.values(), key=attrgetter("label"))[:MOST]
