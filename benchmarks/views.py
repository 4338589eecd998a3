"""Thresholds: the current ones, their history, the editor with its preview; and recomputations."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from benchmarks.counting import SEVERITIES_OF
from benchmarks.forms import EDITABLE, NOTHING_CHANGED, WITH_MEDIAN, ReasonForm, ThresholdForm
from benchmarks.metrics import METRICS
from benchmarks.models import MetricSnapshot, SnapshotRun, ThresholdSet
from benchmarks.preview import preview
from benchmarks.quantities import spans
from qmportal.lib.changes import added_by_row
from qmportal.lib.days import local_day
from qmportal.lib.html import format_html
from qmportal.lib.pages import form_page
from qmportal.lib.versions import Conflict, Stale, sent_again
from qmportal.lib.wording import day_words
from records.models import severity_names
from teams.models import User
from teams.permissions import is_admin, require
from teams.requests import SignedInRequest

LOOKED_AT = "thresholds_looked_at"
ADMINS_SET = "Only organisation admins change thresholds."
ADMINS_RECOMPUTE = "Only organisation admins start a recomputation."


@require_safe
def thresholds(request: SignedInRequest) -> HttpResponse:
    """The threshold set of each metric that is in force today."""
    today = _today()
    sets = {version.metric: version for version in ThresholdSet.objects.in_force(today).select_related("author")}
    upcoming = {version.metric: version for version in reversed(ThresholdSet.objects.upcoming(today))}
    cards = [
        _described(sets[metric], request.user) | {"upcoming": upcoming.get(metric)} for metric in EDITABLE if metric in sets
    ]
    context = {
        "cards": sorted(cards, key=lambda card: card["set"].cut_points is None),
        "run": SnapshotRun.objects.first(),
        "night": MetricSnapshot.objects.latest_day(today),
        "may_edit": is_admin(request.user),
        "may_adopt": is_admin(request.user) and not ThresholdSet.objects.adopted(),
    }
    return render(request, "benchmarks/thresholds.html", context)


@require_safe
def threshold_history(request: SignedInRequest, metric: str) -> HttpResponse:
    """All versions of one metric's thresholds and what each one changed, by the day they take effect, latest first."""
    current = _current_or_404(metric)
    versions = list(ThresholdSet.objects.history(metric).select_related("author", "reverts_to"))
    names = severity_names(request.user.versions)
    added = added_by_row(ThresholdSet, [version.pk for version in versions], request.user)
    entries = [
        {
            "version": version,
            "added": added.get(version.pk),
            "changes": version.changes_from(before, names) if before else version.in_words,
            "is_first": before is None,
        }
        for version, before in zip(versions, [*versions[1:], None], strict=True)
    ]
    context = _described(current, request.user) | {"entries": entries, "today": _today(), "may_edit": is_admin(request.user)}
    return render(request, "benchmarks/history.html", context)


@form_page
def threshold_edit(request: SignedInRequest, metric: str) -> HttpResponse:
    """One form with two buttons: preview the change, or apply it.

    If the change would move teams and its author has not seen the preview of these values today, show that first.
    """
    current = _current_or_404(metric)
    require(is_admin(request.user), ADMINS_SET)
    applying = request.POST.get("action") == "apply"
    newest = ThresholdSet.objects.newest(metric) or current
    data = request.POST if request.method == "POST" else None
    form = ThresholdForm(data, current=current, newest=newest, today=_today(), applying=applying)
    context = _described(current, request.user) | {
        "form": form,
        "upcoming": ThresholdSet.objects.upcoming(_today()).filter(metric=metric),
    }
    if not form.is_bound:
        return render(request, "benchmarks/edit.html", context)
    if not form.is_valid():
        return render(request, "benchmarks/edit.html", context, status=422)
    version = form.version(request.user)
    look = f"{metric} {_today()} {version.rules()}"
    seen = applying and request.session.get(LOOKED_AT) == look
    if not seen:
        context["preview"] = preview(metric, version.rules(), _today())
    if seen or (applying and not context["preview"].moves):
        return _apply(request, version, form, "benchmarks/edit.html", context)
    request.session[LOOKED_AT] = look
    if applying:
        return render(request, "benchmarks/edit.html", context | {"to_confirm": True}, status=422)
    return render(request, "benchmarks/edit.html", context)


@form_page
def threshold_revert(request: SignedInRequest, metric: str, pk: int) -> HttpResponse:
    """Asks for confirmation, with the same preview, and saves an old version's values as a new version."""
    current = _current_or_404(metric)
    old = get_object_or_404(ThresholdSet.objects.history(metric), pk=pk)
    require(is_admin(request.user), ADMINS_SET)
    newest = ThresholdSet.objects.newest(metric) or current
    form = ReasonForm(request.POST if request.method == "POST" else None, initial={"base": newest.pk})
    changes = old.changes_from(current, severity_names(request.user.versions))
    context = _described(current, request.user) | {
        "form": form,
        "old": old,
        "changes": changes,
        "preview": preview(metric, old.rules(), _today()),
        "upcoming": ThresholdSet.objects.upcoming(_today()).filter(metric=metric),
    }
    if form.is_valid() and not changes:
        form.add_error(None, NOTHING_CHANGED)
    if not form.is_valid():
        return render(request, "benchmarks/revert.html", context, status=422 if form.is_bound else 200)
    version = old.successor(author=request.user, reason=form.cleaned_data["reason"], effective_from=_today())
    return _apply(request, version, form, "benchmarks/revert.html", context)


@require_POST
def adopt(request: SignedInRequest) -> HttpResponse:
    """An admin confirms the default thresholds."""
    require(is_admin(request.user), ADMINS_SET)
    if ThresholdSet.objects.adopt(author=request.user, now=timezone.now()):
        messages.success(request, "You now use the default thresholds. You can change them at any time.")
    return redirect("benchmarks:thresholds")


@require_POST
def recompute(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_RECOMPUTE)
    return redirect(SnapshotRun.request(SnapshotRun.Reason.REQUESTED, now=timezone.now(), requested_by=request.user))


@require_safe
def run(request: SignedInRequest, pk: int) -> HttpResponse:
    """The progress of a recomputation. The page refreshes itself until it is done."""
    work = get_object_or_404(SnapshotRun.objects.select_related("requested_by"), pk=pk)
    context = {"run": work, "standstill": work.standstill(timezone.now()), "may_edit": is_admin(request.user)}
    return render(request, "benchmarks/run.html", context)


def _today() -> date:
    return local_day(timezone.now())


def _current_or_404(metric: str) -> ThresholdSet:
    """The metric's version in force; 404 if the metric has no thresholds."""
    current = ThresholdSet.objects.by_metric(_today()).get(metric) if metric in EDITABLE else None
    if current is None:
        raise Http404("This metric has no thresholds.")
    return current


def _described(version: ThresholdSet, user: User) -> dict[str, Any]:
    """A version with the texts that its pages show."""
    cuts = version.rules().cuts
    return {
        "set": version,
        "metric": version.definition,
        "spans": spans(cuts, version.definition.unit) if cuts else [],
        "severities": version.severities_in_words(severity_names(user.versions)),
        "with_median": version.metric in WITH_MEDIAN,
        "severities_leader": METRICS[SEVERITIES_OF[version.metric]] if version.metric in SEVERITIES_OF else None,
    }


def _apply(
    request: SignedInRequest, version: ThresholdSet, form: ReasonForm, template: str, context: dict[str, Any]
) -> HttpResponse:
    """Saves the version, or shows it next to the one that someone else saved in the meantime (409)."""
    base = form.cleaned_data["base"]
    try:
        with transaction.atomic():
            version.save_after(base)
            recomputation = SnapshotRun.request_judging(version, now=timezone.now())
    except Stale as stale:
        newest = stale.current
        names = severity_names(request.user.versions)
        began_from = ThresholdSet.objects.history(version.metric).filter(pk=base).first()
        context["conflict"] = Conflict(
            "set of thresholds",
            by=str(newest.author or ""),
            at=newest.created_at,
            reason=newest.reason,
            theirs=newest.changes_from(began_from, names) if began_from else [],
            yours=version.changes_from(newest, names),
            keep=newest.get_absolute_url(),
        )
        form.data = sent_again(request.POST, base=newest.pk)
        return render(request, template, context, status=409)
    if recomputation:
        done = 'The new thresholds are in force. <a href="{}">Follow the recomputation</a>.'
        messages.success(request, format_html(done, recomputation.get_absolute_url()))
    else:
        messages.success(request, f"The new thresholds take effect on {day_words(version.effective_from)}.")
    return redirect(version)
