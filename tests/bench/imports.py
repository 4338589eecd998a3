"""Row 10: a file of defects through the importer, beside COPY of the rows that it made. Row 11: its memory."""

from __future__ import annotations

import csv
import io
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from defects.models import Defect
from integrations.importer import Importer
from integrations.matching.plan import Plan
from integrations.models import ImportJob
from qmportal.lib.days import organisation_zone
from teams.models import Team, User

HEADER = ("external_id", "title", "team", "severity", "status", "stage_found", "found_at", "steps")
STEPS = "Open the page and press the button twice, then look at the total."


def compared(rows: int, rounds: int) -> dict[str, float]:
    """Seconds of both, the least of each: what else the machine does only ever adds."""
    took = [(imported(rows, f"bench-{each}"), copied(f"bench-{each}")) for each in range(rounds)]
    return {"import": min(pair[0] for pair in took), "copy": min(pair[1] for pair in took)}


def imported(rows: int, source: str) -> float:
    """Validation, references, the rows and their history, in one transaction."""
    text = io.StringIO()
    write_file(text, rows)
    raw = io.BytesIO(text.getvalue().encode())
    plan = Plan("defects", "qmportal", zone=organisation_zone().key)
    began = time.perf_counter()
    Importer(plan, now=timezone.now(), source=source).write(raw)
    return time.perf_counter() - began


def write_file(text: TextIO, rows: int, prefix: str = "") -> None:
    writer = csv.writer(text)
    writer.writerow(HEADER)
    team = Team.objects.order_by("pk")[0].slug
    for number in range(rows):
        title = f"Defect number {number} of the file"
        writer.writerow((f"{prefix}{number}", title, team, "SEV3", "new", "ci", "2026-03-02T12:00:00Z", STEPS))


def grown(rows: int) -> float:
    """Megabytes, at the peak, of what a worker does with a file: the records, and the notes for an undo."""
    settings.MEDIA_ROOT = tempfile.mkdtemp(prefix="qmportal-bench-files-")
    admin = User.objects.create(email=f"{rows}-rows@example.com", is_admin=True)
    job = ImportJob(
        file=f"{rows}.csv", mapping_key="defects/qmportal", requested_by=admin, plan=Plan("defects", "qmportal").as_json()
    )
    job.phase, job.file_name = ImportJob.Phase.IMPORT, job.file.name
    try:
        with Path(job.file.path).open("w") as text:
            write_file(text, rows, prefix=f"{time.time_ns()}-")
        job.save()
        before = memory_now()
        ImportJob.perform(job.pk)
        job.refresh_from_db()
        if job.state != ImportJob.State.DONE or job.result["created"] != rows:
            raise RuntimeError(f"The import has not done its work: {job.error}")
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1_000_000 - before
    finally:
        shutil.rmtree(settings.MEDIA_ROOT)


def memory_now() -> float:
    """Resident, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1_000_000


def copied(source: str) -> float:
    """The same rows into a table with the same indexes and generated columns, and nothing else."""
    columns = [column.column for column in Defect._meta.concrete_fields if not column.generated]
    names = ", ".join(f'"{name}"' for name in columns)
    rows: list[Any] = list(Defect.objects.filter(source=source).values_list(*columns))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE floor (LIKE defects_defect INCLUDING ALL) ON COMMIT DROP")
        began = time.perf_counter()
        with cursor.copy(f"COPY floor ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return time.perf_counter() - began
