"""Behind a pooler in transaction mode: pages, moves, history, a long export, an import and a night."""

import json
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from qmportal.embedded import ROOT
from tests.setup.conftest import User, clean_environment
from tests.setup.pooler import Pooler

DEFECTS, IN_FILE = 2_500, 300
WORK = f"""
import json, django
django.setup()
from pathlib import Path
from django.conf import settings
from django.test import Client
from django.utils import timezone
from benchmarks.models import MetricSnapshot, SnapshotRun
from benchmarks.tasks import take_nights
from defects.models import Defect
from incidents.models import Incident
from integrations.matching.plan import Plan
from integrations.models import ImportJob
from qmportal.lib.history import events_of
from tests.factories import make_defects, make_member, make_team

team = make_team(name="Payments", slug="payments", key="PAY")
ann = make_member(team=team, role="manager", email="ann@example.com")
make_defects(team, caught={DEFECTS})
client = Client(headers={{"Host": settings.ALLOWED_HOSTS[0]}})
client.force_login(ann)
told = {{"filed": client.post("/incidents/new/", {{"title": "Slow", "team": "payments"}}).status_code}}
incident = Incident.objects.get()
told["moved"] = client.post(f"/incidents/{{incident.reference}}/moves/restore/", {{"severity": "SEV2"}}).status_code
events = [event.pgh_context.metadata for event in events_of(Incident).objects.order_by("pgh_id")]
told["doors"] = sorted({{(event["door"], event["person"] == ann.pk) for event in events}})
answer = client.get("/defects/?format=csv&sort=title")
told["exported"] = b"".join(answer).count(b"\\r\\n") - 1
lines = [f"{{number}},Defect {{number}},2026-03-01T10:00Z,ci" for number in range({IN_FILE})]
folder = Path(settings.MEDIA_ROOT) / "imports"
folder.mkdir(parents=True, exist_ok=True)
(folder / "few.csv").write_text("\\n".join(["external_id,title,found_at,stage_found", *lines]))
job = ImportJob.objects.create(
    file="imports/few.csv", file_name="few.csv", mapping_key="defects/qmportal", phase="import",
    plan=Plan("defects", "qmportal").as_json(), team=team, requested_by=ann,
)
ImportJob.perform(job.pk)
job.refresh_from_db()
told["imported"] = [job.state, Defect.objects.filter(external_id__in=map(str, range({IN_FILE}))).count()]
run = SnapshotRun.request(SnapshotRun.Reason.REQUESTED, now=timezone.now(), requested_by=ann)
take_nights(SnapshotRun._meta.label, run.pk)
run.refresh_from_db()
told["night"] = [run.state, MetricSnapshot.objects.filter(team=team).exists()]
print(json.dumps(told))
"""


@pytest.fixture
def pooler(use) -> Iterator[tuple[User, Pooler]]:
    servers = use()
    pooler = Pooler(servers.database_url)
    yield servers, pooler
    pooler.close()


def by_port(servers: User, port: int) -> str:
    url = urlsplit(servers.database_url)
    return url._replace(netloc=url.netloc.replace(f":{url.port}", f":{port}")).geturl()


def run(folder, servers: User, url: str, *command: str, **switches: str) -> subprocess.CompletedProcess[str]:
    settings = {
        "DATABASE_URL": url,
        "REDIS_URL": servers.redis_url,
        "SECRET_KEY": "x" * 50,
        "LOG_LEVEL": "ERROR",
        **switches,
    }
    settings["DJANGO_SETTINGS_MODULE"] = "qmportal.settings"
    environment = clean_environment(folder) | settings
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_everything_works_through_it(folder, pooler):
    servers, through = pooler
    url = by_port(servers, through.port)
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(url, options="-c statement_timeout=1000")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET statement_timeout = 1234")
        assert connection.execute("SHOW statement_timeout").fetchone() == ("0",), "the setting stayed with its server"
    migrated = run(folder, servers, servers.database_url, "manage.py", "migrate", "-v0")
    assert migrated.returncode == 0, migrated.stderr
    done = run(folder, servers, url, "-c", WORK, QMPORTAL_PGBOUNCER="1")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "filed": 302,
        "moved": 302,
        "doors": [["page", True]],
        "exported": DEFECTS,
        "imported": ["done", IN_FILE],
        "night": ["done", True],
    }
    assert through.transactions > 50
