"""The progress board for managers, and everyone's own training."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_safe

from library.spacing import read_queue
from qmportal.lib.batches import Export
from qmportal.lib.days import local_day, midnight
from qmportal.lib.pages import render_page
from qmportal.lib.spreadsheet import csv_response
from teams.models import Team
from teams.permissions import can_oversee, is_admin, require
from teams.requests import SignedInRequest
from training import progress
from training.forms.progress import ProgressFilter
from training.models import Certificate, Plan
from training.statements import Writer, attempts_since
from training.views.plans import MANAGERS_ONLY

PAGE_SIZE = 50
VIEWS = {"people": "By person", "teams": "By team", "items": "Every item"}


@require_safe
def board(request: SignedInRequest) -> HttpResponse:
    require(can_oversee(request.user), MANAGERS_ONLY)
    teams = progress.managed_teams(request.user)
    filters = ProgressFilter(request.GET, teams=teams, plans=Plan.objects.visible_to(request.user))
    filters.is_valid()
    chosen = filters.cleaned_data
    if chosen.get("team"):
        teams = teams.descendants_of(Team.objects.get(slug=chosen["team"]))
    items = set(chosen["plan"].items.values_list("kind", "ref")) if chosen.get("plan") else set()
    rows, members = progress.board(teams, request.user, timezone.now())
    rows = progress.narrow(rows, person=chosen.get("person"), state=chosen.get("state") or "", items=items)
    if request.GET.get("format") == "csv":
        return _csv(rows)
    return render_page(
        request, "training/plans/progress.html", _board_context(request, filters, rows, members), partial="board"
    )


def _board_context(
    request: SignedInRequest, filters: ProgressFilter, rows: list[progress.ItemProgress], members: list[tuple[str, str, int]]
) -> dict[str, Any]:
    chosen = filters.cleaned_data
    view = chosen.get("view") or ""
    view = view if view in VIEWS else "items" if chosen.get("person") else "people"
    listed = _listed(view, rows, members, request.GET.get("sort", ""))
    query = request.GET.copy()
    for name in ("page", "view", "sort", "format"):
        query.pop(name, None)
    link = f"{query.urlencode()}&" if query else ""
    return {
        "filters": filters,
        "view": view,
        "tabs": [{"label": label, "url": f"?{link}view={key}", "current": key == view} for key, label in VIEWS.items()],
        "page": Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page")),
        "figures": [
            {"label": words, "value": sum(row.state == state for row in rows), "url": f"?{link}view=items&state={state}"}
            for state, (words, _) in progress.STATES.items()
        ],
        "people": len({row.person.pk for row in rows}),
        "person": next((row.person for row in rows), None) if chosen.get("person") else None,
        "link": link,
        "csv_url": f"?{link}format=csv",
        "narrowed": any(chosen.get(name) for name in ("team", "plan", "state", "person")),
        "today": local_day(timezone.now()),
    }


def _listed(view: str, rows: list[progress.ItemProgress], members: list[tuple[str, str, int]], sort: str) -> list[Any]:
    """Every item, or totals by person or team, most overdue first."""
    if view == "items":
        return progress.ordered(rows, sort)
    sums = progress.by_person(rows) if view == "people" else progress.by_team(rows, members)
    return sorted(sums, key=lambda each: -each.counts["overdue"])


CSV_COLUMNS = (
    "person", "email", "teams", "kind", "item", "title", "state",
    "assigned_on", "due_on", "started_on", "done_on", "tries", "first_score", "best_score", "version",
)  # fmt: skip


def _csv(rows: list[progress.ItemProgress]) -> HttpResponse:
    def day(moment: datetime | None) -> Any:
        return local_day(moment) if moment else ""

    lines = (
        (
            row.person.name, row.person.email, "; ".join(row.person.teams), row.kind, row.ref, row.title, row.state,
            day(row.assigned_at), row.due_on or "", day(row.tries.started_at), day(row.done_at), row.tries.count or "",
            "" if row.tries.first is None else row.tries.first, "" if row.tries.best is None else row.tries.best,
            row.tries.version,
        )
        for row in rows
    )  # fmt: skip
    return csv_response("training.csv", CSV_COLUMNS, lines)


# ---- My training -------------------------------------------------------------------------------------------------------


@require_safe
def mine(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    today = local_day(now)
    rows = progress.mine(request.user, now)
    certificates = Certificate.objects.filter(user=request.user).with_scenario()
    context = {
        "waiting": sorted((row for row in rows if row.state != "passed"), key=lambda row: (row.due_on, row.title)),
        "passed": progress.ordered([row for row in rows if row.state == "passed"], "-done"),
        "certificates": [{"row": each, "status": each.status(today)} for each in certificates],
        "checks_due": sum(line.is_due for line in read_queue(request.user, today, {}).lines),
    }
    return render_page(request, "training/mine.html", context)


@require_safe
def statements(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    """xAPI statements about everyone, for admins; `?since=2026-03-01`. Without individual decisions."""
    require(is_admin(request.user), "Only organisation admins can export everyone's results.")
    try:
        since = parse_date(request.GET.get("since", ""))
    except ValueError:
        since = None
    if request.GET.get("since") and since is None:
        return HttpResponse("since: enter a date such as 2026-03-01.", status=400, content_type="text/plain")
    writer = Writer(settings.SITE_URL)
    return _jsonl(writer.lines(attempts_since(midnight(since) if since else None)), "statements.jsonl")


@require_safe
def my_statements(request: SignedInRequest) -> StreamingHttpResponse:
    """xAPI statements about the signed-in person, with their decisions."""
    writer = Writer(settings.SITE_URL, choices=True)
    return _jsonl(writer.lines(attempts_since(None, request.user)), "my-statements.jsonl")


def _jsonl(lines: Any, filename: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return StreamingHttpResponse(Export(lines), content_type="application/jsonl; charset=utf-8", headers=headers)
