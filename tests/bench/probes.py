"""What has to be asked inside the portal's Django. `python -m tests.bench.probes NAME ARGUMENT...` prints JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks.changes import MARGIN  # noqa: E402
from benchmarks.models import MetricSnapshot  # noqa: E402
from benchmarks.snapshots import take_snapshots  # noqa: E402
from defects.models import Defect, ZeroBugPolicy  # noqa: E402
from incidents.models import Incident  # noqa: E402
from integrations.matching.presets import PRESETS  # noqa: E402
from integrations.models import ImportJob  # noqa: E402
from qmportal.lib.days import local_day  # noqa: E402
from records.timeline import write_entry  # noqa: E402
from teams.models import AccessToken, Invitation, Membership, Role, Team, User  # noqa: E402
from tests.bench import bankruptcy, exports, imports, recompute  # noqa: E402
from tests.bench.large import multiply  # noqa: E402

EMAIL = "bench@example.com"


def person() -> User:
    """Manages every team through the topmost ones: sees all rows, and has teams in the left bar. The heaviest visitor."""
    user, created = User.objects.get_or_create(email=EMAIL, defaults={"name": "Bench Visitor"})
    if created:
        tops = Team.objects.filter(parent=None)
        Membership.objects.bulk_create(Membership(user=user, team=team, role=Role.MANAGER) for team in tops)
    return user


def visitor() -> Client:
    settings.ALLOWED_HOSTS += ["testserver"]
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    client = Client()
    client.force_login(person())
    return client


def credentials() -> dict[str, str]:
    """A session and a token of the visitor, and somewhere to go."""
    client = visitor()
    _, token = AccessToken.objects.create(person(), expiry=None)
    _, writer = AccessToken.objects.create(person(), expiry=None, scope=AccessToken.Scope.WRITE)
    cookie = f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}"
    return {
        "cookie": cookie,
        "token": token,
        "writer": writer,
        "team": Team.objects.exclude(defects=None).earliest("pk").slug,
    }


def busiest_team() -> str:
    """The slug of the team with most rows behind its numbers."""
    night = MetricSnapshot.objects.filter(metric="defects_found", window_days=365).order_by("-as_of", "-n", "team")
    return night.values_list("team__slug", flat=True)[0]


def long_timeline(entries: str) -> str:
    """The address of an open incident after so many notes were added to its timeline."""
    incident = Incident.objects.open().order_by("-pk")[0]
    now = timezone.now()
    for number in range(int(entries)):
        write_entry(incident, "note", f"Step {number}: **restarted** `worker-{number}`.", by=None, at=now)
    return incident.get_absolute_url()


def edit_defect(slug: str) -> str:
    """One save of a defect of the team or of one below, after the night."""
    defect = Defect.objects.filter(team__lineage__contains=[Team.objects.get(slug=slug).pk]).latest("found_at")
    Defect.objects.filter(pk=defect.pk).update(updated_at=timezone.now())
    return defect.reference


def nights(weeks: str) -> int:
    """Snapshots of last night and of the same night of the weeks before: what the sparklines show.

    They say that they were computed a little later. Else the rows, which are as young, would count as changed since.
    """
    today = local_day(timezone.now())
    kept = sum(take_snapshots(today - timedelta(weeks=number)) for number in range(int(weeks) + 1))
    MetricSnapshot.objects.update(computed_at=F("computed_at") + MARGIN + timedelta(seconds=1))
    return kept


def queries(*paths: str) -> dict[str, int]:
    """How many statements each address takes; on the second request, when choices and threshold sets are known."""
    client = visitor()
    return {path: _statements(client, path) for path in paths}


def _statements(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    if response.status_code != 200:
        raise SystemExit(f"{path} answered {response.status_code}")
    return len(captured)


def queries_of_a_report(body: str) -> int:
    """How many statements it takes to report a defect over the API, the second time."""
    client = visitor()
    with transaction.atomic():
        for _ in range(2):
            with CaptureQueriesContext(connection) as captured:
                response = client.post("/api/v1/defects/", body, content_type="application/json")
        transaction.set_rollback(True)
    if response.status_code != 201:
        raise SystemExit(f"A report was answered with {response.status_code}: {response.content[:300]!r}")
    return len(captured)


def queries_of_every_page(members: str) -> dict[str, int]:
    """By the page's name, with so many members, pending invitations and imports beside the records of the database."""
    number = int(members)
    with transaction.atomic():
        client = visitor()
        user = person()
        team = Team.objects.exclude(incidents=None).exclude(defects=None).order_by("pk").first()
        _people(team, number)
        ZeroBugPolicy.objects.set(team, 30, by=user, at=timezone.now() - timedelta(days=1000))  # for all its defects
        report = {"title": "One that is open", "team": team.slug, "severity": "SEV3", "stage_found": "production"}
        client.post("/api/v1/defects/", json.dumps(report), content_type="application/json")
        ImportJob.objects.bulk_create(
            ImportJob(
                mapping_key=next(iter(PRESETS)),
                file_name=f"rows-{each}.csv",
                team=team,
                requested_by=user,
                state=ImportJob.State.DONE,
            )
            for each in range(number)
        )
        found = {name: _statements(client, path) for name, path in pages(team).items()}
        transaction.set_rollback(True)
    return found


def _people(team: Team, number: int) -> None:
    users = User.objects.bulk_create(User(email=f"bench{each}@example.com", name=f"Person {each}") for each in range(number))
    Membership.objects.bulk_create(Membership(user=user, team=team, role=Role.ENGINEER) for user in users)
    Invitation.objects.bulk_create(
        Invitation(team=team, email=f"bench-invited{each}@example.com", token_hash=f"bench{each}") for each in range(number)
    )


def pages(team: Team) -> dict[str, str]:
    incident = Incident.objects.filter(team=team, deleted_at=None).order_by("pk").first()
    defect = Defect.objects.filter(team=team, deleted_at=None).order_by("pk").first()
    return {
        "overview": "/",
        "overview, filtered": "/?q=e&sort=-mttr",
        "team": f"/t/{team.slug}/",
        "zero bugs": f"/t/{team.slug}/zero-bugs/",
        "metric of defects": f"/t/{team.slug}/escaped_defect_rate/?window=365",
        "metric of incidents": f"/t/{team.slug}/mttr/?window=365",
        "excluded rows": f"/t/{team.slug}/mttr/?window=365&tab=excluded",
        "escape analysis": f"/t/{team.slug}/escape-analysis/?window=365",
        "rows of an escape": f"/t/{team.slug}/escape-analysis/defects/?window=365",
        "data quality": f"/t/{team.slug}/data-quality/?window=365",
        "search": "/search/?q=e",
        "incidents": "/incidents/",
        "incidents, filtered": "/incidents/?status=open&sort=team",
        "incident": incident.get_absolute_url(),
        "incident form": "/incidents/new/",
        "actions": "/actions/",
        "reviews": "/reviews/",
        "Andon cords": "/andon/",
        "defects": "/defects/",
        "defects, filtered": "/defects/?status=open&sort=stage",
        "defects, board": "/defects/board/",
        "defects, triage": "/defects/triage/",
        "defect": defect.get_absolute_url(),
        "defect form": "/defects/new/",
        "teams": "/teams/",
        "members": f"/teams/{team.slug}/members/",
        "thresholds": "/thresholds/",
        "threshold history": "/thresholds/mttr/",
        "imports": "/imports/",
        "API: teams": "/api/v1/teams/",
        "API: metrics": f"/api/v1/teams/{team.slug}/metrics/",
        "API: rows of a metric": f"/api/v1/teams/{team.slug}/metrics/mttr/rows/",
        "API: defects": "/api/v1/defects/?page_size=100",
        "API: incidents": "/api/v1/incidents/?page_size=100",
    }


def seconds_of_recompute(rounds: str) -> dict[str, Any]:
    return recompute.compared(int(rounds))


def seconds_of_import(rows: str, rounds: str) -> dict[str, float]:
    return imports.compared(int(rows), int(rounds))


def seconds_of_bankruptcy(rows: str) -> dict[str, float]:
    return bankruptcy.compared(int(rows))


def seconds_of_copy(rounds: str) -> float:
    return min(exports.copied() for _ in range(int(rounds)))


def memory_of_import(rows: str) -> float:
    return imports.grown(int(rows))


PROBES: dict[str, Callable[..., Any]] = {
    probe.__name__: probe
    for probe in (
        *(
            busiest_team,
            credentials,
            edit_defect,
            long_timeline,
            memory_of_import,
            multiply,
            nights,
            queries,
            queries_of_a_report,
        ),
        *(queries_of_every_page, seconds_of_bankruptcy, seconds_of_copy, seconds_of_import, seconds_of_recompute),
    )
}

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](*sys.argv[2:])))
