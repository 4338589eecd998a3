"""Import pages: upload a file, match its columns, check it, import it, see the result, undo it."""

from __future__ import annotations

from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from benchmarks.models import DEFAULT_WINDOW
from integrations.failed import failed_rows_file
from integrations.forms import MappingForm, PiecesForm, UploadForm
from integrations.importer import SHOWN_ERRORS
from integrations.kinds import kinds_for
from integrations.match import (
    MatchForm,
    answered,
    field_rows,
    other_shape,
    other_tool,
    problems_of,
    tools_for,
    word_lists,
)
from integrations.matching.fields import FIELDS, FOUND
from integrations.matching.guess import day_order
from integrations.matching.plan import Plan
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Survey
from integrations.matching.words import plain
from integrations.models import ImportJob, NoRoom, SavedMapping, Upload
from integrations.reading import Shape, described
from integrations.roster import ROSTERS
from qmportal.lib.bodies import takes_a_file
from qmportal.lib.days import local_day
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.spreadsheet import csv_response
from teams.models import User
from teams.permissions import can_import_somewhere, require
from teams.requests import SignedInRequest

# Columns that the empty table leaves out, since the portal sets them.
FILLED_HERE = ("reference", "source")
# Keys of the result that the "Good to know" list shows.
NOTED = ("remarks", "changed", "linked", "skipped", "notes", "stage_unknown", "new_teams")
MANAGERS_ONLY = "Only team managers and admins can import files."


@require_safe
def import_list(request: SignedInRequest) -> HttpResponse:
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    jobs = ImportJob.objects.visible_to(request.user).defer("survey", "plan")[:50]
    mappings = SavedMapping.objects.usable_by(request.user).select_related("owner")
    mine = set(SavedMapping.objects.changeable_by(request.user).values_list("pk", flat=True))
    context = {"jobs": jobs, "mappings": [(saved, saved.pk in mine) for saved in mappings]}
    return render_page(request, "integrations/list.html", context)


@require_safe
def template(request: SignedInRequest, kind: str) -> HttpResponse:
    """Downloads an empty table with the portal's own columns, to fill in."""
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    if kind not in kinds_for(request.user):
        raise Http404
    ours = PRESETS.get(f"{kind}/qmportal")
    columns = [names[0] for name, names in ours.columns.items() if name not in FILLED_HERE] if ours else [*FIELDS[kind]]
    return csv_response(f"{kind}.csv", columns, [])


@require_safe
def mapping_yaml(request: SignedInRequest, pk: int) -> HttpResponse:
    saved = get_object_or_404(SavedMapping.objects.usable_by(request.user), pk=pk)
    name = slugify(saved.name) or "mapping"
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return HttpResponse(saved.as_plan.as_yaml(), content_type="application/yaml; charset=utf-8", headers=headers)


@form_page
def mapping_new(request: SignedInRequest) -> HttpResponse:
    """Adds a mapping from YAML."""
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    form = MappingForm(request.POST or None, user=request.user)
    if form.is_valid():
        messages.success(request, f"Mapping “{form.save()}” saved.")
        return redirect("integrations:import_list")
    return render_page(request, "integrations/mapping.html", {"form": form}, status=422 if form.is_bound else 200)


@require_POST
def mapping_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    saved = get_object_or_404(SavedMapping.objects.changeable_by(request.user), pk=pk)
    saved.delete()
    messages.success(request, f"Mapping “{saved}” deleted. What was imported with it is kept.")
    return redirect("integrations:import_list")


@form_page
@takes_a_file
def import_new(request: SignedInRequest) -> HttpResponse:
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    form = UploadForm(
        request.POST or None, request.FILES or None, user=request.user, initial={"team": request.GET.get("team")}
    )
    if form.is_valid() and (job := form.queue()):
        return redirect(job)
    tools = [tool for tool in tools_for(request.user) if tool.marks]
    context = {"form": form, "tools": tools, "kinds": kinds_for(request.user)} | uploading(request.user)
    return render_page(request, "integrations/form.html", context, status=422 if form.is_bound else 200)


@require_POST
def upload_new(request: SignedInRequest) -> HttpResponse:
    """Starts sending a file in pieces, or finds what is here of it. `Upload-Offset`: where the next piece starts."""
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    form = PiecesForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"problem": next(iter(form.errors.values()))[0]}, status=422)
    try:
        upload = Upload.objects.begin(request.user, **form.cleaned_data, now=timezone.now())
    except NoRoom as problem:
        return JsonResponse({"problem": str(problem)}, status=422)
    address = reverse("integrations:upload", args=[upload.token])
    return JsonResponse({"token": upload.token, "address": address}, headers=offset_of(upload))


@require_http_methods(["HEAD", "PATCH", "DELETE"])
def upload(request: SignedInRequest, token: str) -> HttpResponse:
    """A file in pieces: HEAD tells where the next one starts, PATCH adds it, DELETE discards all of them."""
    known = get_object_or_404(Upload.objects.visible_to(request.user), token=token)
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    if request.method == "DELETE":
        known.discard()
        return HttpResponse(status=204)
    if request.method == "HEAD":
        return HttpResponse(headers=offset_of(known))
    offset = request.headers.get("Upload-Offset", "")
    if not (offset.isascii() and offset.isdigit() and len(offset) < 16):
        return JsonResponse({"problem": "Send the header Upload-Offset."}, status=400)
    added = known.add(int(offset), request.body, timezone.now())
    return HttpResponse(status=204 if added else 409, headers=offset_of(known))


def uploading(user: User) -> dict[str, Any]:
    """What the page's script needs to send a file in pieces, and the files that it has not sent whole."""
    uploads = Upload.objects.visible_to(user).order_by("-touched_at")
    return {"uploads": uploads, "piece": Upload.PIECE, "most": settings.IMPORT_MAX_BYTES}


def offset_of(upload: Upload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.received), "Upload-Length": str(upload.size)}


def job_of(request: SignedInRequest, pk: int) -> ImportJob:
    jobs = ImportJob.objects.visible_to(request.user).select_related("team", "nights", "requested_by").defer("survey")
    return get_object_or_404(jobs, pk=pk)


@require_safe
def import_detail(request: SignedInRequest, pk: int) -> HttpResponse:
    job = job_of(request, pk)
    if job.is_looked_through or (job.can_match and "match" in request.GET):
        return render_page(request, "integrations/match.html", matching(job, request.user, Plan.from_json(job.plan)))
    return render_page(request, "integrations/detail.html", detail(job))


@require_POST
def import_match(request: SignedInRequest, pk: int) -> HttpResponse:
    """Handles the match page: another sheet or encoding, another tool, or what the columns mean."""
    job = job_of(request, pk)
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    if not job.can_match:
        messages.info(request, "This file is no longer waiting to be matched.")
        return redirect(job)
    if shape := other_shape(request.POST, job):
        job.look_again(shape)
    elif tool := other_tool(request.POST, job, request.user):
        job.guess_again(*tool.split("/"))
    else:
        return _take_answers(request, job)
    return redirect(job)


def _take_answers(request: SignedInRequest, job: ImportJob) -> HttpResponse:
    survey = Survey.from_json(job.survey)
    plan = answered(request.POST, job, survey)
    form = MatchForm(request.POST, job=job, plan=plan, user=request.user)
    if form.is_valid():
        plan = form.put_into(plan)
        if form.is_whole(plan, survey, request.POST):
            form.save_mapping(plan)
            cleaned = form.cleaned_data
            job.start_check(plan, team=cleaned.get("team"), create_teams=cleaned.get("create_teams", False))
            return redirect(job)
    return render_page(request, "integrations/match.html", matching(job, request.user, plan, form), status=422)


@require_POST
def import_start(request: SignedInRequest, pk: int) -> HttpResponse:
    job = job_of(request, pk)
    skip_errors = "skip_errors" in request.POST
    if job.can_start and job.result["failed"] and not skip_errors:
        problem = "Some rows have errors. Fix the file, or choose to leave them out."
        return render_page(request, "integrations/detail.html", detail(job) | {"problem": problem}, status=422)
    if not job.can_start or not job.start(skip_errors=skip_errors, sends_invitations="send" in request.POST):
        messages.info(request, "This file is no longer waiting to be imported.")
    return redirect(job)


@require_POST
def import_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    job = job_of(request, pk)
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    if not job.can_undo(timezone.now()) or not job.start_undo():
        messages.info(request, "This import can't be undone any more.")
    return redirect(job)


@require_POST
def import_send(request: SignedInRequest, pk: int) -> HttpResponse:
    """Mails the invitations that an import held back."""
    job = job_of(request, pk)
    require(can_import_somewhere(request.user), MANAGERS_ONLY)
    sent = job.send_invitations(timezone.now())
    messages.success(request, f"{sent:,} invitation{'s' if sent != 1 else ''} on the way.")
    return redirect(job)


@require_safe
def import_failed(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Downloads the rows with errors, in the file's own columns plus one that states the problem."""
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk)
    answer = failed_rows_file(job)
    if answer is None:
        raise Http404
    return answer


@require_POST
def import_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    job = get_object_or_404(ImportJob.objects.visible_to(request.user), pk=pk)
    if not job.is_over:
        messages.error(request, "The file is being processed. Wait until it is done.")
        return redirect(job)
    job.file.delete(save=False)
    job.delete()
    messages.success(request, "File removed. Imported records are kept.")
    return redirect("integrations:import_list")


def matching(job: ImportJob, user: User, plan: Plan, form: MatchForm | None = None) -> dict[str, Any]:
    survey = Survey.from_json(job.survey)
    problems = problems_of(plan, survey) if form else {}
    rows = field_rows(survey, plan, problems)
    one_team = bool(job.team_id if form is None else form.data.get("team"))
    order = day_order(survey, plan)
    used = {plain(title) for titles in plan.columns.values() for title in titles}
    return {
        "job": job,
        "form": form or MatchForm(None, job=job, plan=plan, user=user),
        "survey": survey,
        "rows": [row for row in rows if row.is_used],
        "more_rows": [row for row in rows if not row.is_used],
        "word_lists": word_lists(survey, plan, job.writable_teams(), one_team=one_team),
        "tools": [(preset.kind, preset.key, f"{preset.label}, {preset.kind}") for preset in tools_for(user)],
        "tool": plan.preset,
        "order": order,
        "needs_order": order.is_open and plan.day_first is None,
        "control_errors": {f"column-{name}": sentence for name, sentence in problems.items()},
        "unused": sum(plain(title) not in used for title in survey.header),
        "read_as": described(Shape(**job.shape)),
        "looked": job.survey,
    }


def detail(job: ImportJob) -> dict[str, Any]:
    result, now = job.result, timezone.now()
    fields, changed = FIELDS.get(job.kind, {}), result.get("changed", {}).items()

    def label(name: str) -> str:
        return fields[name].label if name in fields else name.replace("_", " ").capitalize()

    can_undo = job.can_undo(now)
    newest = date.fromisoformat(result["latest"]) if result.get("latest") else None
    team = job.shown_team
    place = reverse("dashboards:team", args=[team.slug]) if team else reverse("dashboards:overview")
    return {
        "job": job,
        "newest": newest,
        "older_than_window": newest is not None and newest < local_day(now) - timedelta(days=DEFAULT_WINDOW),
        "back_then": f"{place}?as_of={newest + timedelta(days=1)}" if newest else "",
        "standstill": job.standstill(now),
        "can_undo": can_undo,
        "later_imports": job.later_imports() if can_undo else [],
        "nights_open": job.nights is not None and not job.nights.is_over,
        "moved": job.moved_tiers() if job.phase == job.Phase.IMPORT else [],
        "undone": result.get("undone"),
        "skipped_records": job.skipped_records() if result.get("undone") else [],
        "kind": job.kind,
        "shown": ROSTERS[job.kind].SHOWN if job.kind in ROSTERS else (),
        "has_life": job.kind in ("", "defects", "incidents"),
        "when": fields[FOUND[job.kind]].label if job.kind in FOUND else "",
        "noun": {"teams": "team", "people": "row", "changes": "change", "deployments": "deployment"}.get(job.kind, "record"),
        "unsent": job.unsent_invitations.count() if job.kind == "people" and job.imported_at else 0,
        "read_as": described(Shape(**result.get("shape", {}))),
        "remarks": any(result.get(name) for name in NOTED),
        "listed": len(result.get("failed_lines", [])),
        "changes": result.get("created", 0) + result.get("updated", 0),
        "faults": result.get("faults", [])[:SHOWN_ERRORS],
        "changed": [(label(name), number) for name, number in sorted(changed, key=itemgetter(1), reverse=True)],
        "used": [(title, label(name)) for title, name in result.get("columns", []) if name],
        "unused": [title for title, name in result.get("columns", []) if not name],
    }
