"""Writing scenarios: drafts, the editor with the engine's problems, preview, versions. For managers and admins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Count, Q, When
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.pages import form_page, render_page
from qmportal.lib.spreadsheet import csv_response
from qmportal.lib.versions import Conflict, Stale, text_diff
from scenarios import engine, previewing, publishing
from scenarios.analytics import Analytics, analyse
from scenarios.forms.authoring import DecisionForm, LeadForm, PublishForm, TextsForm, VoidForm, YamlForm
from scenarios.models import Scenario, ScenarioVersion
from scenarios.publishing import NotPublishable, Verdict, judge_draft, judge_typing, newest_of
from teams.permissions import can_author, can_publish, require
from teams.requests import SignedInRequest

AUTHORS_WRITE = "Only managers and admins can write scenarios."
PUBLISHERS = "Only quality leads publish for the whole organisation."
NO_ID = "The text has no valid id. Add a line such as id: my_scenario, using lowercase letters, digits and underscores."
PATHS_PER_PAGE = 200
ROWS_PER_PAGE = 50


@require_safe
def authoring(request: SignedInRequest) -> HttpResponse:
    """All scenarios with their state, retired ones last."""
    require(can_author(request.user), AUTHORS_WRITE)
    attempts = Count("versions__attempts", filter=Q(versions__attempts__mode="graded"))
    retired_last = Case(When(state=Scenario.State.RETIRED, then=1), default=0)
    scenarios = Scenario.objects.writable_by(request.user).annotate(attempt_count=attempts).order_by(retired_last, "slug")
    page = Paginator(scenarios, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    versions = ScenarioVersion.objects.filter(scenario__in=[each.pk for each in page]).newest()
    newest = {version.scenario_id: version for version in versions}
    budget = engine.Budget()
    rows = [
        {"scenario": each, "newest": newest.get(each.pk), "draft": publishing.summary(each, newest.get(each.pk), budget)}
        for each in page
    ]
    return render_page(request, "scenarios/authoring/list.html", {"rows": rows, "page": page})


@form_page
def authoring_new(request: SignedInRequest) -> HttpResponse:
    """Creates a scenario from the template, pasted text, or a file."""
    require(can_author(request.user), AUTHORS_WRITE)
    data, files = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = YamlForm(data, files, initial={"text": publishing.TEMPLATE})
    if form.is_valid():
        text = form.cleaned_data["text"]
        name = publishing.id_in(text)
        if not name:
            form.add_error("text", NO_ID)
        elif (scenario := publishing.create(text, request.user)) is None:
            form.add_error(
                "text", f"A scenario with the id {name} already exists. Change the id, or paste this into its draft."
            )
        else:
            messages.success(request, "The draft is saved.")
            return redirect("scenarios:authoring_edit", scenario.slug)
    status = 422 if form.is_bound else 200
    verdict = judge_typing("", form.cleaned_data.get("text", ""), None) if form.is_bound else None
    return render_page(request, "scenarios/authoring/new.html", {"form": form, "verdict": verdict}, status=status)


@form_page
def authoring_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    scenario, newest = _find(request, slug)
    if request.method != "POST":
        form = YamlForm(initial={"text": publishing.draft_text(scenario, newest), "base": scenario.version})
        return _editor(request, scenario, newest, form, judge_draft(scenario, newest))
    form = YamlForm(request.POST, request.FILES)
    good = form.is_valid() and form.cleaned_data["base"] is not None
    text = form.cleaned_data.get("text", "")
    if not good:
        return _editor(request, scenario, newest, form, judge_typing(slug, text, newest), status=422)
    try:
        publishing.save_draft(scenario, text, base=form.cleaned_data["base"], by=request.user)
    except Stale as conflict:
        return _conflict(request, conflict.current, newest, text)
    messages.success(request, "The draft is saved.")
    return redirect("scenarios:authoring_edit", slug)


@require_POST
def authoring_check(request: SignedInRequest, slug: str) -> HttpResponse:
    """The engine's problems with a text that is being typed. Saves nothing."""
    scenario, newest = _find(request, slug)
    form = YamlForm(request.POST, request.FILES)
    good = form.is_valid()
    text = form.cleaned_data.get("text", "")
    if good and form.cleaned_data["file"]:  # continue in the editor with the text of the file
        form = YamlForm(initial={"text": text, "base": request.POST.get("base")})
    verdict = judge_typing(slug, text, newest)
    return _editor(request, scenario, newest, form, verdict, partial="findings", status=200 if good else 422)


@form_page
def authoring_texts(request: SignedInRequest, slug: str) -> HttpResponse:
    """The draft as a form with one field for each text."""
    scenario, newest = _find(request, slug)
    verdict = judge_typing(slug, publishing.draft_text(scenario, newest), newest)
    page = "scenarios/authoring/texts.html"
    context = _about(scenario, newest, "texts", verdict) | {"verdict": verdict}
    if verdict.content is None:
        return render_page(request, page, context, status=200 if request.method != "POST" else 409)
    form = TextsForm(verdict.content, request.POST if request.method == "POST" else None, base=scenario.version)
    context |= {"form": form}
    if not form.is_valid():
        return render_page(request, page, context, status=422 if form.is_bound else 200)
    if form.changed_texts:
        text = engine.to_yaml(engine.reworded(verdict.content, form.changed_texts))
        try:
            publishing.save_draft(scenario, text, base=form.cleaned_data["base"], by=request.user)
        except Stale as conflict:
            return _conflict(request, conflict.current, newest, text)
    messages.success(request, "The draft is saved.")
    return redirect("scenarios:authoring_texts", slug)


@form_page
def authoring_build(request: SignedInRequest, slug: str) -> HttpResponse:
    """The graph as forms: add a decision on a link, or lead a link elsewhere. Writes the same YAML."""
    scenario, newest = _find(request, slug)
    verdict = judge_typing(slug, publishing.draft_text(scenario, newest), newest)
    page, content = "scenarios/authoring/build.html", verdict.content
    context = _about(scenario, newest, "build", verdict) | {"verdict": verdict}
    if content is None:
        return render_page(request, page, context, status=200 if request.method != "POST" else 409)
    forms = {
        name: form(content, request.POST if request.POST.get("do") == name else None, base=scenario.version)
        for name, form in (("decision", DecisionForm), ("lead", LeadForm))
    }
    sent = forms.get(request.POST.get("do", ""))
    if sent is None or not sent.is_valid():
        context |= {"forms": forms, "form": sent, "ways": engine.ways(content)}
        return render_page(request, page, context, status=422 if request.method == "POST" else 200)
    text = engine.to_yaml(sent.changed)
    try:
        publishing.save_draft(scenario, text, base=sent.cleaned_data["base"], by=request.user)
    except Stale as conflict:
        return _conflict(request, conflict.current, newest, text)
    messages.success(request, "The draft is saved.")
    return redirect("scenarios:authoring_build", slug)


@require_safe
def authoring_preview(request: SignedInRequest, slug: str) -> HttpResponse:
    """Plays the draft. The choices so far are in the query string; nothing is stored."""
    scenario, newest = _find(request, slug)
    verdict = judge_typing(slug, publishing.draft_text(scenario, newest), newest)
    context = _about(scenario, newest, "preview", verdict) | {"verdict": verdict}
    if verdict.playable and verdict.content:
        context |= previewing.preview(verdict.content, scenario.pk, request.GET)
    return render_page(request, "scenarios/authoring/preview.html", context, status=422 if context.get("refused") else 200)


@require_safe
def authoring_export(request: SignedInRequest, slug: str) -> HttpResponse:
    """The draft, or one version as YAML that parses to the same scenario."""
    scenario, newest = _find(request, slug)
    number = request.GET.get("version", "")
    name, text = slug, publishing.draft_text(scenario, newest)
    if number:
        version = get_object_or_404(scenario.versions, number=number if number.isdigit() and len(number) < 9 else 0)
        name, text = f"{slug}-{version.semver}", engine.to_yaml(version.content)
    headers = {"Content-Disposition": f'attachment; filename="{name}.yaml"'}
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)


@require_POST
def authoring_duplicate(request: SignedInRequest, slug: str) -> HttpResponse:
    scenario, newest = _find(request, slug)
    content = judge_typing(slug, publishing.draft_text(scenario, newest), newest).content
    if content is None:
        messages.error(request, "This draft cannot be read yet, so it cannot be duplicated.")
        return redirect("scenarios:authoring_edit", slug)
    copy = publishing.duplicate(scenario, content, request.user)
    messages.success(request, f"Copied. The id is {copy.slug}.")
    return redirect("scenarios:authoring_edit", copy.slug)


@form_page
def authoring_publish(request: SignedInRequest, slug: str) -> HttpResponse:
    """Shows what will change, and publishes the draft."""
    scenario, newest = _find(request, slug)
    verdict = judge_draft(scenario, newest)
    form = PublishForm(request.POST if request.method == "POST" else None, scenario=scenario, user=request.user)
    context = _about(scenario, newest, "publish", verdict) | {"verdict": verdict, "form": form}
    if verdict.content and newest:
        context["differences"] = publishing.differences(newest.content, verdict.content)
        context["same_graph"] = engine.graph_hash(verdict.content) == newest.graph_hash
    page = "scenarios/authoring/publish.html"
    if not _may_publish(request, scenario):
        return render_page(request, page, context | {"refused": True}, status=403)
    if not form.is_valid():
        return render_page(request, page, context, status=422 if form.is_bound else 200)
    try:
        version = publishing.publish(scenario, **form.cleaned_data, by=request.user, now=timezone.now())
    except Stale as stale:
        saved_by = stale.current.draft_by or "Someone else"
        form.add_error(None, f"{saved_by} saved this draft after you opened this page. Review it again, then publish.")
        return render_page(request, page, context, status=409)
    except NotPublishable as problem:
        form.add_error(None, str(problem))
        return render_page(request, page, context, status=422)
    messages.success(request, f"Version {version.semver} is published.")
    return redirect("scenarios:authoring_versions", slug)


@require_POST
def authoring_state(request: SignedInRequest, slug: str) -> HttpResponse:
    """Retires a scenario, or reopens it."""
    scenario, _ = _find(request, slug)
    require(_may_publish(request, scenario), PUBLISHERS)
    if request.POST.get("state") == Scenario.State.RETIRED:
        publishing.retire(scenario)
        messages.success(request, "The scenario is retired. Attempts in progress can still be finished.")
    else:
        publishing.reopen(scenario)
        messages.success(request, "The scenario is published again.")
    return redirect("scenarios:authoring_versions", slug)


@require_safe
def authoring_versions(request: SignedInRequest, slug: str) -> HttpResponse:
    """All versions, and the differences between two of them."""
    scenario, newest = _find(request, slug)
    counted = Count("attempts", filter=Q(attempts__mode="graded"))
    versions = list(scenario.versions.annotate(attempt_count=counted).select_related("published_by").order_by("-number"))
    context = _about(scenario, newest, "versions") | {"versions": versions, "current": scenario.current}
    context["may_publish"] = _may_publish(request, scenario)
    by_number = {str(version.number): version for version in versions}
    old, new = (by_number.get(request.GET.get(side, "")) for side in ("old", "new"))
    if len(versions) > 1 and old is None and new is None:
        new, old = versions[0], versions[1]
    if old and new:
        differences = publishing.differences(old.content, new.content)
        context |= {"old": old, "new": new, "differences": differences, "same_graph": old.graph_hash == new.graph_hash}
    return render_page(request, "scenarios/authoring/versions.html", context)


@form_page
def authoring_void(request: SignedInRequest, slug: str, number: int) -> HttpResponse:
    """Withdraws a faulty version and credits everyone who took it."""
    scenario, newest = _find(request, slug)
    require(_may_publish(request, scenario), PUBLISHERS)
    version = get_object_or_404(scenario.versions, number=number)
    form = VoidForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        credited = publishing.void(version, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now())
        if credited is None:
            messages.error(request, "This version was already withdrawn. Nothing was changed.")
        else:
            messages.success(request, f"Version {version.semver} was withdrawn. People credited: {credited}.")
        return redirect("scenarios:authoring_versions", slug)
    next_one = scenario.versions.filter(voided_at=None).exclude(pk=version.pk).order_by("-number").first()
    context = _about(scenario, newest, "versions") | {"form": form, "void": version, "next_one": next_one}
    return render_page(request, "scenarios/authoring/void.html", context, status=422 if form.is_bound else 200)


@require_safe
def analytics(request: SignedInRequest, slug: str) -> HttpResponse:
    """What learners do in versions that play the same, as a page, or as a CSV of choices or paths."""
    scenario, newest = _find(request, slug)
    versions = list(scenario.versions.order_by("-number"))
    asked = request.GET.get("version", "")
    chosen = next((version for version in versions if str(version.number) == asked), scenario.current or newest)
    if chosen is None:
        raise Http404("This scenario was never published.")
    alike = [version for version in versions if version.graph_hash == chosen.graph_hash]
    figures = analyse(chosen.content, alike)
    if request.GET.get("format") == "csv":
        return _analytics_csv(slug, figures, request.GET.get("table") == "paths")
    groups: dict[str, list[ScenarioVersion]] = {}
    for version in versions:
        groups.setdefault(version.graph_hash, []).append(version)
    options = [
        {"label": ", ".join(v.semver for v in group), "value": group[0].number, "current": chosen in group}
        for group in groups.values()
    ]
    context = _about(scenario, newest, "analytics") | {"figures": figures, "chosen": chosen, "options": options}
    return render_page(request, "scenarios/authoring/analytics.html", context)


# --- What the views share -------------------------------------------------------------------------------------------------


def _find(request: SignedInRequest, slug: str) -> tuple[Scenario, ScenarioVersion | None]:
    require(can_author(request.user), AUTHORS_WRITE)
    scenario = get_object_or_404(Scenario.objects.writable_by(request.user).select_related("team"), slug=slug)
    return scenario, newest_of(scenario)


def _may_publish(request: SignedInRequest, scenario: Scenario) -> bool:
    """A draft that was never published belongs to nobody yet: the form offers the teams it can be published for."""
    is_new = scenario.team is None and not scenario.versions.exists()
    return is_new or can_publish(request.user, scenario.team)


def _about(scenario: Scenario, newest: ScenarioVersion | None, here: str, verdict: Verdict | None = None) -> dict[str, Any]:
    """The header of every page about one scenario. `verdict`: for the text on the page, if there is one."""
    content = verdict.content if verdict else None
    title = content.title if content else newest.title if newest else scenario.slug
    places = {
        "edit": ("Draft", "authoring_edit"),
        "build": ("Build", "authoring_build"),
        "texts": ("Texts", "authoring_texts"),
        "preview": ("Preview", "authoring_preview"),
        "publish": ("Publish", "authoring_publish"),
        "versions": ("Versions", "authoring_versions"),
        "analytics": ("Analytics", "analytics"),
    }
    tabs = [
        {"label": label, "url": reverse(f"scenarios:{name}", args=[scenario.slug]), "current": key == here}
        for key, (label, name) in places.items()
        if newest or key != "analytics"
    ]
    return {"scenario": scenario, "newest": newest, "tabs": tabs, "title": title}


def _editor(
    request: SignedInRequest,
    scenario: Scenario,
    newest: ScenarioVersion | None,
    form: YamlForm,
    verdict: Verdict,
    *,
    partial: str = "",
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = _about(scenario, newest, "edit", verdict) | {
        "form": form,
        "verdict": verdict,
        **_drawn(verdict, request),
        **more,
    }
    return render_page(request, "scenarios/authoring/edit.html", context, partial=partial, status=status)


def _drawn(verdict: Verdict, request: SignedInRequest) -> dict[str, Any]:
    """Map, outline, paths and numbers of a draft. None while it has errors in its paths or values."""
    content = verdict.content
    if content is None or not verdict.playable:
        return {}
    page = Paginator(verdict.paths, PATHS_PER_PAGE).get_page(request.GET.get("page"))
    numbers = [
        ("Nodes", len(content.nodes)),
        ("Decisions", sum(node.kind in ("decision", "check") for node in content.nodes.values())),
    ]
    if verdict.paths:  # else they were not followed
        passing = sum(result.passed for _, result in verdict.paths)
        numbers += [("Paths", len(verdict.paths)), ("Paths that pass", passing)]
    if verdict.difficulty:
        numbers.append(("Difficulty, 0 to 100", verdict.difficulty.figure))
    return {
        "content": content,
        "map": engine.node_map(content),
        "outline": engine.outline(content),
        "page": page,
        "numbers": numbers,
    }


def _conflict(request: SignedInRequest, current: Scenario, newest: ScenarioVersion | None, text: str) -> HttpResponse:
    """Shows both texts (409). Mine stays in the form; saving again overwrites theirs."""
    theirs = publishing.draft_text(current, newest)
    saved_by = str(current.draft_by or "")
    conflict = Conflict("draft", saved_by, current.updated_at, diff=text_diff(theirs, text))
    form = YamlForm(initial={"text": text, "base": current.version})
    verdict = judge_typing(current.slug, text, newest)
    return _editor(request, current, newest, form, verdict, status=409, theirs=theirs, conflict=conflict)


def _analytics_csv(slug: str, figures: Analytics, paths: bool) -> HttpResponse:
    """Hidden figures are empty and marked as hidden."""
    if paths:
        header = ["path", "ending", "score", "passes", "attempts"]
        lines = [[" > ".join(p.choices), p.ending, p.score, "yes" if p.passes else "no", p.n] for p in figures.paths]
        return csv_response(f"{slug}-paths.csv", header, lines)
    header = ["node", "choice", "label", "quality", "attempts", "of", "share", "low", "high", "correlation", "hidden"]
    rows = [
        [
            *(node.id, choice.id, choice.label, choice.quality, choice.share.n, node.decided),
            *(_rounded(value) for value in (choice.share.percent, choice.share.low, choice.share.high)),
            *(_rounded(choice.correlation, 3), "yes" if choice.share.hidden else "no"),
        ]
        for node in figures.nodes
        for choice in node.choices
    ]
    return csv_response(f"{slug}-choices.csv", header, rows)


def _rounded(value: float | None, digits: int = 1) -> float | str:
    return "" if value is None else round(value, digits)
