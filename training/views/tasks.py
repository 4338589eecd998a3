"""Tasks of a plan: to-do items and introductions, and colleagues who confirm them."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.days import local_day
from qmportal.lib.pages import form_page, render_page
from teams.permissions import can_plan, require
from teams.requests import SignedInRequest
from training import completion
from training.forms.tasks import AskForm, NoteForm, TaskForm, TaskTextForm
from training.introductions import people_to_meet
from training.models import Plan, Task
from training.views.plans import NOT_YOURS, hand_on, plan_page, plan_to_edit


@require_safe
def task(request: SignedInRequest, pk: int) -> HttpResponse:
    found = _task_or_404(request, pk)
    return _task_page(request, found)


def _task_or_404(request: SignedInRequest, pk: int) -> Task:
    plans = Plan.objects.visible_to(request.user)
    return get_object_or_404(Task.objects.visible_to(request.user, plans).select_related("plan__team"), pk=pk)


def _task_page(request: SignedInRequest, found: Task, form: AskForm | None = None) -> HttpResponse:
    now = timezone.now()
    mine = found.assignments().filter(user=request.user).order_by(F("done_at").desc(nulls_first=True), "due_on").first()
    context = {
        "task": found,
        "edits": can_plan(request.user, found.plan.team),
        "mine": mine,
        "closed": mine.closed_until(local_day(now), mine.first_open()) if mine else "",
        "people": people_to_meet(found.meet, request.user, now) if found.meet and mine else [],
        "form": form or (AskForm(learner=request.user) if mine and found.is_checked else None),
        "claims": found.claims_for(request.user),
    }
    return render_page(request, "training/task.html", context, status=422 if form else 200)


@require_POST
def task_done(request: SignedInRequest, pk: int) -> HttpResponse:
    """Marks one's own task as done, or asks a colleague to confirm it."""
    found = _task_or_404(request, pk)
    now = timezone.now()
    mine = get_object_or_404(found.assignments().open(), user=request.user)
    require(not mine.closed_until(local_day(now), mine.first_open()), "This item isn't open yet.")
    form = AskForm(request.POST, learner=request.user) if found.is_checked else None
    if form and not form.is_valid():
        return _task_page(request, found, form)
    completion.do_task(found, request.user, now, form.cleaned_data["colleague"] if form else None)
    messages.success(request, f"{form.cleaned_data['colleague']} was asked to confirm it." if form else "Done.")
    return redirect(found)


@require_POST
def task_confirm(request: SignedInRequest, pk: int, person: int) -> HttpResponse:
    """Confirms a colleague's task, or sends it back with a note."""
    found = _task_or_404(request, pk)
    claim = get_object_or_404(found.claims_for(request.user), user=person)
    now = timezone.now()
    if request.POST.get("do") == "return":
        note = NoteForm(request.POST)
        text = note.cleaned_data["text"] if note.is_valid() else ""
        completion.send_back_task(found, claim.user, by=request.user, note=text, now=now)
        messages.success(request, f"{claim.user} was told.")
    else:
        completion.confirm_task(found, claim.user, by=request.user, now=now)
        messages.success(request, f"Confirmed for {claim.user}.")
    return redirect(found)


@require_POST
@transaction.atomic
def plan_task_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Adds a to-do item or an introduction at the end of a plan."""
    found = plan_to_edit(request, pk)
    Plan.objects.select_for_update().get(pk=found.pk)
    form = TaskForm(request.POST, plan=found)
    if not form.is_valid():
        return plan_page(request, found, task_form=form)
    hand_on(request, found, form.save_item())
    return redirect(f"{found.get_absolute_url()}#add-task")


@form_page
def task_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Changes what a task says, also for the people who have it."""
    tasks = Task.objects.filter(plan__in=Plan.objects.visible_to(request.user))
    found = get_object_or_404(tasks.select_related("plan__team"), pk=pk)
    require(can_plan(request.user, found.plan.team), NOT_YOURS)
    form = TaskTextForm(request.POST if request.method == "POST" else None, instance=found)
    if form.is_valid():
        return redirect(form.save())
    context = {"form": form, "plan": found.plan}
    return render_page(request, "training/plans/task_form.html", context, status=422 if form.is_bound else 200)
