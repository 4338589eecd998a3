"""The library: pages with their calculators and tables, editing, links and search."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from benchmarks.counting import durations
from benchmarks.metrics import METRICS
from benchmarks.models import DEFAULT_WINDOW, MetricSnapshot, ThresholdSet
from benchmarks.quantities import spans
from benchmarks.tiers import BEST_FIRST, Cuts, Rules, Unit
from library import content
from library.calculators import CALCULATORS, MOST_TIMES, from_team
from library.catalogue import edited, find_page, minutes, pages_now, text_of
from library.forms.pages import CalculatorForm, LinkForm, PageEditForm
from library.measures import last_night, notice_of
from library.models import LibraryLink, PageEdit, PageRead
from qmportal.lib.days import Window, local_day
from qmportal.lib.pages import form_page, render_page
from qmportal.lib.search import search_texts
from qmportal.lib.versions import Conflict, Stale, sent_again, text_diff
from teams.models import Team
from teams.permissions import is_admin, is_member, require
from teams.requests import SignedInRequest

ADMINS_EDIT = "Only organisation admins can edit the library."
MOST_TEAMS = 100

_COMPARISON = re.compile(r"^(above|below|up to) ")
_AMOUNT = re.compile(r"(?P<number>[0-9.]+)(?P<unit>[^0-9.]*)")


@require_safe
def library(request: SignedInRequest) -> HttpResponse:
    q = request.GET.get("q", "").strip()[:100]
    read = set(PageRead.objects.filter(user=request.user).values_list("page", flat=True))
    pages = pages_now()
    groups = [
        {
            "key": group,
            "title": title,
            "pages": [_card(page, read) for page in pages if page.group == group],
        }
        for group, title in content.GROUPS.items()
    ]
    context: dict[str, Any] = {"groups": groups, "q": q, "found": search_texts(q) if q else []}
    context |= {"read": len(read & {page.slug for page in pages}), "total": len(pages)}
    return render_page(request, "library/library.html", context, partial="results")


def _card(page: content.Page, read: set[str]) -> dict[str, Any]:
    return {"page": page, "minutes": minutes(page.body), "read": page.slug in read}


@require_safe
def page(request: SignedInRequest, slug: str) -> HttpResponse:
    shipped = _page_or_404(slug)
    edit = PageEdit.objects.filter(page=slug).select_related("author").first()
    shown = edited(shipped, edit)
    context = {
        "page": shown,
        "text": text_of(shown.body),
        "minutes": minutes(shown.body),
        "edit": edit,
        "group": content.GROUPS[shown.group],
        "read": PageRead.objects.filter(user=request.user, page=slug).first(),
        "related": [found for one in shown.related if (found := find_page(one))],
        "checks": [one for one in content.checks() if one.page == slug],
        "may_edit": is_admin(request.user),
    }
    context |= _neighbours(slug)
    if slug in BESIDE:
        context |= BESIDE[slug](request) | {"beside": f"library/_{slug}.html", "beside_first": slug in FIRST}
    return render(request, "library/page.html", context)


def _neighbours(slug: str) -> dict[str, Any]:
    """The previous and next page in reading order."""
    pages = content.pages()
    place = next(n for n, one in enumerate(pages) if one.slug == slug)
    return {"previous": pages[place - 1] if place else None, "following": next(iter(pages[place + 1 :]), None)}


@form_page
def page_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    """One form with three buttons: preview, save, restore the default text."""
    shipped = _page_or_404(slug)
    require(is_admin(request.user), ADMINS_EDIT)
    history = list(PageEdit.objects.filter(page=slug).select_related("author")[:20])
    newest = history[0] if history else None
    wants = request.POST.get("wants", "preview") if request.method == "POST" else ""
    current = edited(shipped, newest)
    initial = {"body": current.body, "base": newest.pk if newest else 0}
    form = PageEditForm(request.POST if wants else None, wants=wants, initial=initial)
    context = {"page": shipped, "form": form, "history": history, "is_shipped": not (newest and newest.body)}
    template, status = "library/page_edit.html", 200
    if wants and not form.is_valid():
        return render(request, template, context, status=422)
    if wants in ("save", "restore"):
        body = "" if wants == "restore" else form.cleaned_data["body"]
        try:
            return _save_edit(request, slug, form, body)
        except Stale as stale:
            theirs = stale.current
            form.data = sent_again(request.POST, base=theirs.pk)
            diff = text_diff(edited(shipped, theirs).body, body or shipped.body)
            context["conflict"] = Conflict("page", str(theirs.author or ""), theirs.at, theirs.reason, diff=diff)
            status = 409
    if wants == "preview":
        context["preview"] = text_of(form.cleaned_data["body"])
    return render_page(request, template, context, partial="preview", status=status)


def _save_edit(request: SignedInRequest, slug: str, form: PageEditForm, body: str) -> HttpResponse:
    reason = form.cleaned_data["reason"]
    edit = PageEdit(page=slug, body=body, author=request.user, reason=reason, at=timezone.now())
    PageEdit.objects.save_after(edit, form.cleaned_data["base"] or 0)
    messages.success(request, "The page is saved." if body else "The default text is restored.")
    return redirect("library:page", slug)


# ---- Extra content of some pages -----------------------------------------------------------------------------------


def _benchmarks(request: SignedInRequest) -> dict[str, Any]:
    """The thresholds in force today, as one table."""
    sets = ThresholdSet.objects.by_metric(local_day(timezone.now()))
    judged = [(METRICS[metric], sets[metric]) for metric in METRICS if metric in sets and sets[metric].cut_points]
    rows = [
        {"metric": metric, "set": version, "cells": _cells(version.rules().cuts, metric.unit)} for metric, version in judged
    ]
    return {"tiers": BEST_FIRST, "sets": rows}


def _cells(cuts: Cuts | None, unit: Unit) -> list[str]:
    """The five tiers in short: "below 5%", "5–10%", ..., "above 35%". The page says which tier a limit belongs to."""
    if cuts is None:
        return []
    return [_range(start, end) if start != "0" and end else end or start for _, start, end in spans(cuts, unit)]


def _range(start: str, end: str) -> str:
    """ "5% to below 10%" as "5–10%", "24 h to 7 d" as "24 h–7 d"."""
    low, high = (_COMPARISON.sub("", limit) for limit in (start, end))
    from_, to = _AMOUNT.fullmatch(low), _AMOUNT.fullmatch(high)
    if from_ and to and from_["unit"] == to["unit"]:
        low = from_["number"]
    return f"{low}–{high}"


def _calculators(request: SignedInRequest) -> dict[str, Any]:
    """The five calculators, filled with the team's latest measures. Values in the query string take precedence."""
    options, team = _teams(request)
    night = last_night(team.pk) if team else {}
    in_force = ThresholdSet.objects.by_metric(local_day(timezone.now()))
    rules = {metric: version.rules() for metric, version in in_force.items()}
    filled = _filled(request, team, night)
    cards = []
    for calculator in CALCULATORS.values():
        names = [one.name for one in calculator.inputs]
        typed = {name: request.GET[name][:10_000] for name in names if name in request.GET}
        own = {name: filled[name] for name in names if name in filled}
        form = CalculatorForm(calculator, calculator.example | own | typed, rules)
        form.is_valid()
        cards.append({"calculator": calculator, "form": form, "typed": bool(typed), "own": bool(own)})
    as_of = next(iter(night.values())).as_of if night else None
    return {"calculators": cards, "team": team, "team_options": options, "as_of": as_of, "night": notice_of(night)}


def _teams(request: SignedInRequest) -> tuple[list[dict[str, Any]], Team | None]:
    """The teams to choose from (the person's own, or all visible ones), and the chosen one."""
    visible = Team.objects.visible_to(request.user)
    pairs = [(team.slug, team.name) for team in request.user.own_teams]
    pairs = pairs or list(visible.values_list("slug", "name")[:MOST_TEAMS])
    asked = request.GET.get("team") or (pairs[0][0] if pairs else "")
    chosen = visible.filter(slug=asked).first() if asked else None
    if chosen and chosen.slug not in dict(pairs):
        pairs.append((chosen.slug, chosen.name))
    current = chosen.slug if chosen else None
    return [{"value": slug, "label": name, "current": slug == current} for slug, name in pairs], chosen


def _filled(request: SignedInRequest, team: Team | None, night: dict[str, MetricSnapshot]) -> dict[str, str]:
    if team is None or not night:
        return {}
    window = Window(next(iter(night.values())).as_of, DEFAULT_WINDOW)
    times = None
    if "mttr" in night and is_member(request.user, team):
        kept = night["mttr"].threshold_set
        if night["mttr"].n <= MOST_TIMES:
            family = Team.objects.family_of(team, window.as_of)
            times = durations("mttr", family, window, kept.rules() if kept else Rules())
    return from_team({metric: row.measure for metric, row in night.items()}, window.seconds, times)


def _links(request: SignedInRequest) -> dict[str, Any]:
    rows = list(LibraryLink.objects.all())
    return {
        "sections": [(section.label, [row for row in rows if row.section == section]) for section in LibraryLink.Section]
    }


def _teams_of(request: SignedInRequest) -> dict[str, Any]:
    return {"teams": request.user.own_teams}


BESIDE = {
    "benchmarks": _benchmarks,
    "formula": _calculators,
    "tools-and-certifications": _links,
    "what-to-do": _teams_of,
}
FIRST = ("benchmarks", "formula")  # pages whose text explains the content above


# ---- The list of tools and certifications --------------------------------------------------------------------------


@require_safe
def links_edit(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_EDIT)
    return render(request, "library/links.html", _links(request))


@form_page
def link_create(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_EDIT)
    return _link_form(request, LibraryLink(), "Add an entry")


@form_page
def link_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_EDIT)
    return _link_form(request, get_object_or_404(LibraryLink, pk=pk), "Edit entry")


def _link_form(request: SignedInRequest, link: LibraryLink, heading: str) -> HttpResponse:
    form = LinkForm(request.POST if request.method == "POST" else None, instance=link)
    if form.is_valid():
        form.save()
        messages.success(request, f"{link.title} was saved.")
        return redirect("library:links_edit")
    context = {"form": form, "heading": heading}
    return render(request, "library/link_form.html", context, status=422 if form.is_bound else 200)


@require_POST
def link_move(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_EDIT)
    link = get_object_or_404(LibraryLink, pk=pk)
    link.move(-1 if request.POST.get("by") == "up" else 1)
    return redirect(f"{reverse('library:links_edit')}#link-{link.pk}")


@require_POST
def link_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_EDIT)
    link = get_object_or_404(LibraryLink, pk=pk)
    link.delete()
    messages.success(request, f"{link.title} was deleted.")
    return redirect("library:links_edit")


def _page_or_404(slug: str) -> content.Page:
    found = find_page(slug)
    if found is None:
        raise Http404("No such page.")
    return found
