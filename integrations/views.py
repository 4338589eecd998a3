"""Pages of the importer: send a file, see what it would do, import it, see what it did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from integrations.forms import KINDS, ImportForm
from integrations.importer import SHOWN_ERRORS
from integrations.matching.presets import PRESETS
from integrations.models import ImportJob
from integrations.reading import Shape, Table, described, open_table
from qmportal.lib.bodies import takes_a_file
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.spreadsheet import csv_response
from teams.permissions import can_import_somewhere, require
from teams.requests import SignedInRequest

MANAGERS_ONLY = "Managers of a team import its files, and admins those of all teams."


@require_safe
def import_list(request: SignedInRequest) -> HttpResponse:
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    jobs = ImportJob.objects.visible_to(request.user).select_related("team")[:50]
    return render_page(request, "integrations/list.html", {"jobs": jobs})


@form_page
@takes_a_file
def import_new(request: SignedInRequest) -> HttpResponse:
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    form = ImportForm(
        request.POST or None, request.FILES or None, user=request.user, initial={"team": request.GET.get("team")}
    )
    if form.is_valid():
        return redirect(form.upload())
    context = {"form": form, "mappings": [preset for preset in PRESETS.values() if preset.kind in KINDS]}
    return render_page(request, "integrations/form.html", context, status=422 if form.is_bound else 200)


def job_of(request: SignedInRequest, pk: int) -> ImportJob:
    jobs = ImportJob.objects.visible_to(request.user).select_related("team", "nights", "requested_by")
    return get_object_or_404(jobs, pk=pk)


@require_safe
def import_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    job = job_of(request, pk)
    return render_page(request, "integrations/detail.html", detail(job))


@require_POST
def import_start(request: SignedInRequest, pk: int) -> HttpResponse:
    job = job_of(request, pk)
    skip_errors = "skip_errors" in request.POST
    if job.can_start and job.result["failed"] and not skip_errors:
        problem = "Some rows have errors. Mend the file, or say that they are to be left out."
        return render_page(request, "integrations/detail.html", detail(job) | {"problem": problem}, status=422)
    if not job.can_start or not job.start(skip_errors=skip_errors):
        messages.info(request, "This file is no longer waiting to be imported.")
    return redirect(job)


@require_POST
def import_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    job = job_of(request, pk)
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    if not job.can_undo(timezone.now()) or not job.start_undo():
        messages.info(request, "This import can't be undone any more.")
    return redirect(job)


@require_safe
def import_failed(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rows with errors as a file of the same shape, with one more column that says what is wrong."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk)
    if not job.file or not job.result.get("failed"):
        raise Http404
    with job.file.open("rb") as raw:
        table = open_table(raw, Shape(**job.result["shape"]), job.file_name)
        return csv_response(f"rows-with-errors-{job.pk}.csv", [*table.header, "problem"], failed_rows(job, table))


def failed_rows(job: ImportJob, table: Table) -> Iterator[list[str]]:
    width = len(table.header)
    lines = set(job.result["failed_lines"])
    sentences: dict[int, list[str]] = {}
    for line, column, sentence in job.result["errors"]:
        sentences.setdefault(line, []).append(f"{column}: {sentence}" if column else sentence)
    for line, record in table.records():
        if line in lines:
            yield [*record, *[""] * (width - len(record)), " ".join(sentences.get(line, []))]


@require_POST
def import_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk)
    if not job.is_over:
        messages.error(request, "The file is being processed. Wait until that is done.")
        return redirect(job)
    job.file.delete(save=False)
    job.delete()
    messages.success(request, "File removed. Imported records are kept.")
    return redirect("integrations:import_list")


def detail(job: ImportJob) -> dict[str, Any]:
    result, now = job.result, timezone.now()
    can_undo = job.can_undo(now)
    return {
        "job": job,
        "standstill": job.standstill(now),
        "can_undo": can_undo,
        "later_imports": job.later_imports() if can_undo else [],
        "nights_open": job.nights is not None and not job.nights.is_over,
        "moved": job.moved_tiers() if job.phase == job.Phase.IMPORT else [],
        "undone": result.get("undone"),
        "skipped_records": job.skipped_records() if result.get("undone") else [],
        "kind": KINDS[job.mapping.kind].lower(),
        "read_as": described(Shape(**result.get("shape", {}))),
        "remarks": any(result.get(name) for name in ("remarks", "skipped", "notes", "stage_unknown", "new_teams")),
        "changes": result.get("created", 0) + result.get("updated", 0),
        "shown_errors": result.get("errors", [])[:SHOWN_ERRORS],
        "used": [(title, name.replace("_", " ")) for title, name in result.get("columns", []) if name],
        "unused": [title for title, name in result.get("columns", []) if not name],
    }
