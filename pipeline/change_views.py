"""Pages of changes and deployments: lists and details. Machines report them over the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from pipeline.change_filters import ChangeFilter, DeploymentFilter
from pipeline.change_forms import ChangeForm, DeploymentForm
from pipeline.models import Change, Deployment
from qmportal.lib.face import ago, status
from qmportal.lib.html import format_html
from qmportal.lib.pages import Few, form_page, render_page
from qmportal.lib.spreadsheet import csv_stream
from records import columns
from records import views as records
from records.columns import Column
from teams.models import User
from teams.permissions import can_report
from teams.requests import SignedInRequest

ASSISTED = {True: "Yes", False: "No", None: "Not said"}
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKind(records.Kind):
    """What the pages need to know about changes, deployments or test runs."""

    csv: tuple[str, ...]
    icon: str
    about: str
    empty: str = "Your pipeline reports them over the API, you import them from a file, or you add them here."


def number(label: str, sort: str, path: str) -> Column:
    return Column(
        *(label, sort, (path,), lambda row, url: "" if getattr(row, path) is None else f"{getattr(row, path):,}"),
        html=f'<td class="num" data-label="{label}">{{}}</td>',
        figures=True,
    )


def _merged(row: Any, url: str) -> Any:
    return ago(timezone.localtime(row.merged_at)) if row.merged_at else status("Open", "progress")


def _result(row: Any, url: str) -> Any:
    return status("Succeeded", "done") if row.result == Deployment.Result.SUCCEEDED else status("Failed", "open")


def _release(row: Any, url: str) -> Any:
    return format_html('<a href="{}">{}</a>', url, row.release or "No version")


CHANGES = FactKind(
    model=Change,
    form=ChangeForm,
    filters=ChangeFilter,
    prefilled=("title", "team", "service"),
    in_full=("team", "service"),
    created="added",
    columns=(
        columns.REFERENCE,
        columns.TITLE,
        columns.TEAM,
        number("Lines", "lines", "lines"),
        number("Reviewers", "", "reviewers"),
        Column("Merged", "merged", ("merged_at",), _merged, html='<td class="num when small">{}</td>', figures=True),
        columns.moment("Opened", "opened", "opened_at"),
    ),
    csv=(
        *("reference", "title", "team__slug", "service__slug", "lines", "reviewers", "review_minutes", "ai_assisted"),
        *("committed_at", "opened_at", "first_review_at", "merged_at", "commit", "url", "source"),
        "external_id",
    ),
    icon="git-pull-request",
    about="What was proposed, how large it was and how it was reviewed.",
)
DEPLOYMENTS = FactKind(
    model=Deployment,
    form=DeploymentForm,
    filters=DeploymentFilter,
    prefilled=("team", "service", "release", "environment"),
    in_full=("team", "service"),
    created="added",
    columns=(
        columns.REFERENCE,
        Column("Version", "release", ("release",), _release, html='<td class="main">{}</td>'),
        columns.TEAM,
        columns.Column(
            *("Environment", "environment", ("environment",)),
            lambda row, url: Deployment.Environment(row.environment).label,
        ),
        Column("Result", "", ("result",), _result),
        Column("Kind", "", ("kind",), lambda row, url: Deployment.Kind(row.kind).label),
        columns.moment("Finished", "finished", "finished_at"),
    ),
    csv=(
        *("reference", "team__slug", "service__slug", "environment", "release", "result", "kind", "finished_at", "changes"),
        *("url", "source", "external_id"),
    ),
    icon="rocket",
    about="What was released where, and whether it was planned.",
)


@require_safe
def change_list(request: SignedInRequest) -> HttpResponseBase:
    return fact_list(request, CHANGES)


@require_safe
def deployment_list(request: SignedInRequest) -> HttpResponseBase:
    return fact_list(request, DEPLOYMENTS)


def fact_list(request: SignedInRequest, kind: FactKind) -> HttpResponseBase:
    filters = kind.filters(request.GET, user=request.user)
    if request.GET.get("format") == "csv":
        written = {path.partition("__")[0]: _brought(request.user) if path == "changes" else path for path in kind.csv}
        return csv_stream(f"{kind.plural}.csv", written, filters.chosen())
    page = filters.page(columns.read_by(kind.columns))
    context = {
        "kind": kind,
        "filters": filters,
        "page": page,
        "head": columns.table_head(kind.columns, request.GET, filters.DEFAULT_ORDER),
        "rows": columns.table_rows(kind.columns, page, kind.url("list")),
    }
    return render_page(request, "pipeline/facts/list.html", context, partial="rows")


def _brought(user: User) -> Subquery:
    """The references of the changes that a deployment brought, as one text that the importer reads."""
    changes = Change.objects.visible_to(user).filter(deployments=OuterRef("pk")).order_by().values("deployments")
    return Subquery(changes.annotate(named=StringAgg("reference", ", ", order_by="reference")).values("named"))


@require_safe
def change_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    change = CHANGES.find(request, reference)
    if change.reference != reference:
        return redirect(change)
    context = {
        "change": change,
        "assisted": ASSISTED[change.ai_assisted],
        "deployments": Few(Deployment.objects.visible_to(request.user).filter(changes=change)),
    }
    return _detail(request, CHANGES, change, context)


@require_safe
def deployment_detail(request: SignedInRequest, reference: str) -> HttpResponse:
    deployment = DEPLOYMENTS.find(request, reference)
    if deployment.reference != reference:
        return redirect(deployment)
    changes = Change.objects.visible_to(request.user).filter(deployments=deployment)
    context = {
        "deployment": deployment,
        "changes": Few(changes, MOST_SHOWN),
        # A reverse relation, since this app must not import `incidents`.
        "incidents": Few(deployment.incidents.visible_to(request.user)),
    }
    return _detail(request, DEPLOYMENTS, deployment, context)


def _detail(request: SignedInRequest, kind: FactKind, fact: Any, context: dict[str, Any]) -> HttpResponse:
    more = {"kind": kind, "record": fact, "may_edit": can_report(request.user, fact.team)}
    return render_page(request, f"pipeline/facts/{kind.noun}.html", context | more)


@form_page
def change_create(request: SignedInRequest) -> HttpResponse:
    return records.record_create(request, CHANGES)


@form_page
def change_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_edit(request, reference, CHANGES)


@form_page
def deployment_create(request: SignedInRequest) -> HttpResponse:
    return records.record_create(request, DEPLOYMENTS)


@form_page
def deployment_edit(request: SignedInRequest, reference: str) -> HttpResponse:
    return records.record_edit(request, reference, DEPLOYMENTS)
