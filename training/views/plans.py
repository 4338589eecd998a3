"""Training plans, and assigning them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.pages import form_page, render_page, way_back
from teams.models import Team, TeamQuerySet, User
from teams.permissions import can_oversee, can_plan, can_train, require
from teams.requests import SignedInRequest
from training import progress
from training.forms.plans import AssignForm, ChosenTeam, DaysForm, ItemForm, PlanForm, team_choices
from training.forms.tasks import TaskForm
from training.items import address
from training.models import Assignment, Plan, PlanItem, Titles
from training.reminders import tell_next

MANAGERS_ONLY = "Only managers can plan training and see its progress."
NOT_YOURS = "Only admins can edit organisation plans, and only a team's managers can edit its plans."
TICKS_A_PAGE = 200  # well below Django's limit of form fields


# ---- Plans -----------------------------------------------------------------------------------------------------------


@require_safe
def plans(request: SignedInRequest) -> HttpResponse:
    require(can_oversee(request.user), MANAGERS_ONLY)
    asked = Assignment.objects.visible_to(request.user).filter(withdrawn_at=None).values("pk")
    mine = (
        Plan.objects.visible_to(request.user)
        .select_related("team")
        .annotate(
            item_count=Count("items", distinct=True),
            people_count=Count("assignments__user", distinct=True, filter=Q(assignments__in=asked)),
        )
    )
    context = {
        "plans": [plan for plan in mine if not plan.retired_at],
        "retired": [plan for plan in mine if plan.retired_at],
    }
    return render_page(request, "training/plans/plans.html", context)


@form_page
def plan_create(request: SignedInRequest) -> HttpResponse:
    require(can_oversee(request.user), MANAGERS_ONLY)
    return _plan_form(request, Plan(author=request.user))


@form_page
def plan_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _plan_form(request, plan_to_edit(request, pk))


def _plan_form(request: SignedInRequest, plan: Plan) -> HttpResponse:
    teams = progress.managed_teams(request.user)
    form = PlanForm(request.POST if request.method == "POST" else None, instance=plan, user=request.user, teams=teams)
    if form.is_valid():
        return redirect(form.save())
    context = {"form": form, "plan": plan if plan.pk else None}
    return render_page(request, "training/plans/plan_form.html", context, status=422 if form.is_bound else 200)


@require_safe
def plan(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Plan.objects.visible_to(request.user).select_related("team"), pk=pk)
    return plan_page(request, found)


def plan_page(
    request: SignedInRequest,
    found: Plan,
    form: ItemForm | None = None,
    problem: str = "",
    task_form: TaskForm | None = None,
) -> HttpResponse:
    """The plan with its items. One of the forms, or a problem, if something could not be saved."""
    edits = can_plan(request.user, found.team)
    titles = Titles()
    items = [
        {"row": item, "title": titles(item.kind, item.ref), "url": address(item.kind, item.ref)}
        for item in found.items.all()
    ]
    asked = Assignment.objects.visible_to(request.user).filter(plan=found, withdrawn_at=None)
    context = {
        "plan": found,
        "items": items,
        "edits": edits,
        "form": form or (ItemForm(plan=found) if edits else None),
        "task_form": task_form or (TaskForm(plan=found, prefix="") if edits else None),
        "problem": problem,
        "people": asked.aggregate(count=Count("user", distinct=True))["count"],
    }
    return render_page(request, "training/plans/plan.html", context, status=422 if form or task_form or problem else 200)


@require_POST
@transaction.atomic
def plan_item_add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Adds an item at the end. The plan is locked, so a double click adds it once."""
    found = plan_to_edit(request, pk)
    Plan.objects.select_for_update().get(pk=found.pk)
    form = ItemForm(request.POST, plan=found)
    if not form.is_valid():
        return plan_page(request, found, form)
    item = form.save()
    hand_on(request, found, item)
    return redirect(f"{found.get_absolute_url()}#add")


@require_POST
def plan_start(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ends the draft: from now on people get the plan."""
    found = plan_to_edit(request, pk)
    if found.start(request.user, timezone.now()):
        messages.success(request, f"The plan {found} is started.")
    elif not found.items.exists():
        messages.error(request, "Add an item first. A plan without items can't be started.")
    return redirect(found)


def hand_on(request: SignedInRequest, found: Plan, item: PlanItem) -> None:
    """Assigns an item that was added to a plan in use to the people who have the plan."""
    if found.started_at and not found.retired_at:
        told = found.hand_on(item, now=timezone.now(), by=request.user)
        if told:
            messages.success(request, f"Added, and assigned to {told} {'person' if told == 1 else 'people'} with this plan.")


@require_POST
def plan_item(request: SignedInRequest, pk: int, item: int) -> HttpResponse:
    """Moves or removes an item, or changes its due days, depending on the button."""
    found = plan_to_edit(request, pk)
    row = get_object_or_404(PlanItem, plan=found, pk=item)
    match request.POST.get("do"):
        case "up":
            row.move(-1)
        case "down":
            row.move(1)
        case "remove":
            row.delete()
        case _:
            form = DaysForm(request.POST, instance=row)
            if not form.is_valid():
                return plan_page(request, found, problem=" ".join(form.all_errors()))
            form.save()
    return redirect(f"{found.get_absolute_url()}#items")


@require_POST
def plan_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Retires a plan, or reactivates it."""
    found = plan_to_edit(request, pk)
    retired = request.POST.get("state") == "retired"
    changed = Plan.objects.filter(pk=found.pk, retired_at__isnull=retired)
    changed.update(retired_at=timezone.now() if retired else None)
    words = "is retired. Existing assignments stay." if retired else "is in use again."
    messages.success(request, f"The plan {found} {words}")
    return redirect(found)


def plan_to_edit(request: SignedInRequest, pk: int) -> Plan:
    found = get_object_or_404(Plan.objects.visible_to(request.user).select_related("team"), pk=pk)
    require(can_plan(request.user, found.team), NOT_YOURS)
    return found


# ---- Assigning ---------------------------------------------------------------------------------------------------------


@form_page
def assign(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Plan.objects.visible_to(request.user).in_use().select_related("team"), pk=pk)
    teams = progress.managed_teams(request.user)
    if found.team:
        teams = teams.descendants_of(found.team)
    chosen, team, people = _offered(request, found, teams)
    form = AssignForm(request.POST if request.method == "POST" else None, people=people)
    if form.is_valid():
        chosen_people, again = list(form.cleaned_data["people"]), form.cleaned_data["again"]
        result = found.assign(chosen_people, now=timezone.now(), by=request.user, team=team, again=again)
        count = f"{result.people} {'person' if result.people == 1 else 'people'}"
        messages.success(request, f"{found}: {count}, {result.had_it} already had it.")
        return redirect(f"{reverse('training:progress')}?plan={found.pk}")
    page = Paginator(people, TICKS_A_PAGE).get_page(request.GET.get("page"))
    candidates = _candidates(request, found, form, list(page))
    context = {"plan": found, "form": form, "chosen": chosen, "team": team, "page": page, "candidates": candidates}
    return render_page(request, "training/plans/assign.html", context, status=422 if form.is_bound else 200)


def _offered(request: SignedInRequest, found: Plan, teams: TeamQuerySet) -> tuple[ChosenTeam, Team | None, QuerySet[User]]:
    """The chosen team (or the first), and its members with the chosen role (or the plan's)."""
    choices = team_choices(teams)
    chosen = ChosenTeam(request.GET if "team" in request.GET else None, auto_id="filter_%s")
    chosen.fields["team"].choices = choices  # type: ignore[attr-defined]
    chosen.initial = {"team": choices[0][0] if choices else "", "role": found.role}
    values = chosen.cleaned_data if chosen.is_valid() else chosen.initial
    team = teams.filter(slug=values["team"]).first()
    if team is None:
        return chosen, None, User.objects.none()
    return chosen, team, Plan(team=team, role=values["role"]).people()


def _candidates(request: SignedInRequest, found: Plan, form: AssignForm, people: list[User]) -> list[dict[str, Any]]:
    """The people to choose from, with how many items of the plan each has already."""
    items = {(item.kind, item.ref) for item in found.items.all()}
    has = {person.pk: 0 for person in people}
    rows = Assignment.objects.visible_to(request.user).filter(user__in=people, withdrawn_at=None)
    asked = rows.values_list("user_id", "kind", "ref")
    for user, kind, ref in asked.distinct():
        has[user] += (kind, ref) in items
    ticked = set(request.POST.getlist("people")) if form.is_bound else None
    nobody = request.GET.get("ticked") == "none"
    return [
        {
            "person": person,
            "has": has[person.pk],
            "all": bool(items) and has[person.pk] == len(items),
            "ticked": str(person.pk) in ticked if ticked is not None else not nobody,
        }
        for person in people
    ]


@require_POST
@transaction.atomic
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Withdraws an open assignment."""
    asked = get_object_or_404(Assignment.objects.visible_to(request.user).select_related("user"), pk=pk)
    require(can_train(request.user, asked.user), MANAGERS_ONLY)
    now = timezone.now()
    if Assignment.objects.open().filter(pk=pk).update(withdrawn_at=now):
        tell_next([asked], now)
        messages.success(request, f"{asked.user} no longer has to do this.")
    return redirect(way_back(request, "training:progress"))
