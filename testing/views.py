"""Pages of test runs: the list, one run, a team's failures and flaky tests, and the upload."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from defects.models import Defect
from pipeline.change_views import FactKind, fact_list, number
from qmportal.lib.bodies import takes_a_file
from qmportal.lib.days import local_day, midnight
from qmportal.lib.face import status
from qmportal.lib.html import format_html
from qmportal.lib.pages import form_page, render_page
from records import columns
from records.columns import Column
from teams.models import Team, User
from teams.permissions import can_manage, can_report, require
from teams.requests import SignedInRequest
from testing.filters import RunFilter
from testing.forms import ReportForm, SettingsForm
from testing.models import SOURCES, Failure, FlakyTest, ReportSettings, TestRun
from testing.receiving import STAGE, receive

MOST_SHOWN = 50
DAYS = 30


class RunKind(FactKind):
    app = "test_runs"


def _job(row: Any, url: str) -> Any:
    return format_html('<a href="{}">{}</a>', url, row.name or row.tool or row.reference)


def _team(row: Any, url: str) -> Any:
    return format_html('<a href="{}">{}</a>', reverse("test_runs:team", args=[row.team__slug]), row.team__name)


RUNS = RunKind(
    model=TestRun,
    form=ReportForm,  # type: ignore[arg-type]  # `upload` shows it
    filters=RunFilter,
    prefilled=("team",),
    in_full=("team", "service", "stage"),
    created="uploaded",
    columns=(
        columns.REFERENCE,
        Column("Job", "", ("name", "tool"), _job, html='<td class="main">{}</td>'),
        Column("Team", "team", ("team__name", "team__slug"), _team, html='<td class="small name">{}</td>'),
        Column("Branch", "", ("branch",), lambda row, url: row.branch or "–", html='<td class="small">{}</td>'),
        Column(
            *("Result", "", ("failed",)),
            lambda row, url: status("Failed", "open") if row.failed else status("Passed", "done"),
        ),
        number("Tests", "tests", "total"),
        number("Failed", "failed", "failed"),
        number("Flaky", "flaky", "flaky"),
        columns.moment("Ran", "ran", "ran_at"),
    ),
    csv=(
        *("reference", "team__slug", "service__slug", "stage__slug", "name", "branch", "commit", "ran_at", "kind", "tool"),
        *("total", "failed", "flaky", "skipped", "distinct", "filed", "url", "source", "external_id"),
    ),
    icon="flask-conical",
    about="What CI and static analysis reported.",
    empty="Send JUnit XML or SARIF from CI over the API, or upload a report.",
)


@require_safe
def run_list(request: SignedInRequest) -> HttpResponseBase:
    return fact_list(request, RUNS)


@require_safe
def run_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    runs = TestRun.objects.visible_to(request.user).select_related("team", "service", "stage")
    run = get_object_or_404(runs.defer("passed_marks", "failed_marks"), reference=reference.upper())
    if run.reference != reference:
        return redirect(run)
    sightings = run.sightings.select_related("failure").order_by("-tests", "failure__title")
    sightings = sightings.annotate(defect=seen_defect("failure__defect", request.user))
    flakes = run.flakes.select_related("test").order_by("test__name")
    is_tests = run.kind == TestRun.Kind.TESTS
    context = {
        "run": run,
        "what": "failures" if is_tests else "findings",
        "counted": "Tests" if is_tests else "Findings",
        "sightings": sightings[:MOST_SHOWN],
        "more": max(0, run.distinct - MOST_SHOWN),
        "flakes": flakes[:MOST_SHOWN],
    }
    return render_page(request, "testing/detail.html", context)


@require_safe
def team_tests(request: SignedInRequest, slug: str) -> HttpResponse:
    """What failed lately, what was filed, and which tests are flaky."""
    team = find_team(request, slug)
    rules = ReportSettings.of(team)
    context = summary(team, request.user, timezone.now()) | {
        "team": team,
        "form": SettingsForm(instance=rules),
        "rules": rules,
        "may_set": can_manage(request.user, team),
        "may_own": can_report(request.user, team),
    }
    return render_page(request, "testing/team.html", context)


def seen_defect(link: str, user: User) -> Subquery:
    """The reference of the defect behind this link, if the person can see it: it may belong to another team by now."""
    return Subquery(Defect.objects.visible_to(user).filter(pk=OuterRef(link)).values("reference"))


def summary(team: Team, user: User, now: datetime) -> dict[str, Any]:
    first = local_day(now) - timedelta(days=DAYS)
    since = midnight(first)
    recent = Q(sightings__run__ran_at__gte=since)
    failures = Failure.objects.filter(team=team, last_seen_at__gte=since)
    failures = failures.annotate(filed_as=seen_defect("defect", user))
    flaky = FlakyTest.objects.filter(team=team).with_trend(since).select_related("owner").exclude(recent=0, earlier=0)
    runs = TestRun.objects.filter(team=team, ran_at__gte=since)
    filed = Defect.objects.filter(team=team, source__in=SOURCES.values(), found_at__gte=since, deleted_at=None)
    return {
        "days": DAYS,
        "first": first,
        "counts": runs.aggregate(runs=Count("pk"), failed=Count("pk", filter=Q(failed__gt=0))),
        "failures": failures.annotate(runs=Count("sightings", filter=recent)).order_by("-last_seen_at", "-pk")[:MOST_SHOWN],
        "distinct": failures.count(),
        "filed": filed.count(),
        "flaky": flaky[:MOST_SHOWN],
        "flaky_count": flaky.count(),
    }


def find_team(request: SignedInRequest, slug: str) -> Team:
    return get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)


@require_POST
def set_rules(request: SignedInRequest, slug: str) -> HttpResponse:
    team = find_team(request, slug)
    require(can_manage(request.user, team))
    form = SettingsForm(request.POST, instance=ReportSettings.of(team))
    if form.is_valid():
        form.save()
        messages.success(request, "Settings saved.")
    else:
        messages.error(request, "Enter the main branch.")
    return redirect("test_runs:team", team.slug)


@require_POST
def own(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    """One click: I repair this flaky test, or nobody does any more."""
    team = find_team(request, slug)
    test = get_object_or_404(FlakyTest, team=team, pk=pk)
    require(can_report(request.user, team))
    test.owner = None if "release" in request.POST else request.user
    test.save(update_fields=["owner"])
    messages.success(request, "You own this test now." if test.owner else "Nobody owns this test now.")
    return redirect("test_runs:team", team.slug)


@form_page
@partial(takes_a_file, limit="TEST_REPORT_MAX_BYTES")
def upload(request: SignedInRequest) -> HttpResponse:
    initial = {"stage": STAGE, "team": request.GET.get("team")}
    form = ReportForm(request.POST or None, request.FILES or None, user=request.user, initial=initial)
    if form.is_valid():
        values = dict(form.cleaned_data)
        try:
            run, is_new = receive(values.pop("file"), values, by=request.user, at=timezone.now())
        except ValidationError as refused:
            for name, problems in refused.message_dict.items():
                form.add_error(name if name in form.fields else None, problems)
        else:
            if not is_new:
                messages.info(request, "This report was counted before.")
            return redirect(run)
    return render_page(request, "testing/upload.html", {"form": form}, status=422 if form.is_bound else 200)
