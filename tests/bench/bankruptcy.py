"""Row 20: a bug bankruptcy, beside `bulk_update` of the same columns of the same rows."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from defects.models import Bankruptcy, Defect
from teams.models import Role, Team, User

CHUNK = 1_000


def compared(rows: int) -> dict[str, float]:
    """Seconds of both, for so many open defects of one team. Nothing of it stays, so both meet the same rows."""
    team, manager = _prepared(rows)
    with transaction.atomic():
        plain = _bulk_update(team)
        transaction.set_rollback(True)
    found = Bankruptcy.objects.create(
        team=team, teams=[team.pk], days=30, found_before=timezone.now(), rank=0, words={}, requested_by=manager
    )
    Bankruptcy.perform(found.pk)
    number = found.rows.count()
    if number != rows:
        raise RuntimeError(f"The preview has {number:,} of {rows:,} rows.")
    found.phase, found.state, found.note = Bankruptcy.Phase.CLOSE, Bankruptcy.State.QUEUED, "Old."
    found.closed_at = timezone.now()
    found.save()
    began = time.perf_counter()
    Bankruptcy.perform(found.pk)
    took = time.perf_counter() - began
    if Defect.objects.filter(team=team, status="closed").count() != rows:
        raise RuntimeError("The bankruptcy has not closed every defect.")
    return {"bulk_update": plain, "bankruptcy": took}


def _prepared(rows: int) -> tuple[Team, User]:
    """A team of its own with so many open defects, copied from one."""
    manager = User.objects.create(email=f"bankrupt-{time.time_ns()}@example.com")
    team = Team.objects.create(name=f"Bankrupt {time.time_ns()}", slug=f"bankrupt-{time.time_ns()}", key=f"B{manager.pk}")
    team.memberships.create(user=manager, role=Role.MANAGER)
    columns = [column.column for column in Defect._meta.concrete_fields if not column.generated and column.name != "id"]
    fixed: dict[str, Any] = {"team_id": team.pk, "status": "new", "resolution": "", "external_id": "", "source": ""}
    times = dict.fromkeys(("triaged_at", "fixed_at", "verified_at", "closed_at", "duplicate_of_id", "deleted_at"), None)
    fixed |= times | {"found_at": timezone.now() - timedelta(days=100)}
    values = ", ".join(f"%({name})s" if name in fixed else name for name in columns)
    values = values.replace("reference", f"'{team.key}-DEF-' || number")
    names = ", ".join(columns)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(
            f"INSERT INTO defects_defect ({names}) SELECT {values} FROM"
            " (SELECT * FROM defects_defect ORDER BY id LIMIT 1) AS original, generate_series(1, %(rows)s) AS number",
            fixed | {"rows": rows},
        )
        cursor.execute("ANALYZE defects_defect")
    return team, manager


def _bulk_update(team: Team) -> float:
    """What a program would write that knows nothing of leases, states and notes: the triggers are the same."""
    now = timezone.now()
    began = time.perf_counter()
    rows = list(Defect.objects.filter(team=team).order_by("pk"))
    for row in rows:
        row.status, row.resolution, row.status_reason, row.closed_at = "closed", "declined", "Old.", now
        row.version, row.updated_at = row.version + 1, now
    columns = ["status", "resolution", "status_reason", "closed_at", "version", "updated_at"]
    Defect.objects.bulk_update(rows, columns, batch_size=CHUNK)
    return time.perf_counter() - began
