"""The escape analysis of a team: every number against an independent count, and against the rows that it links to."""

import csv
import random
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from statsmodels.stats.proportion import proportion_confint

from benchmarks.models import EscapeCost
from defects.models import Defect
from pipeline.models import Stage
from qmportal.lib.days import Window, local_day
from records.models import Severity
from teams.models import AccessToken
from tests.factories import NOON, make_defect, make_member, make_service, make_team, make_user, severity
from tests.html import squeezed

pytestmark = pytest.mark.django_db

WINDOW = Window(local_day(NOON), 30)
QUERY = {"window": "30", "as_of": WINDOW.as_of.isoformat()}
DAY = timedelta(days=1)
REASONS = ("", "no_test", "review", "environment")
IMPACTS = ("", "none", "cosmetic", "blocked")


@pytest.fixture
def busy():
    """A team, a sub-team and a stranger with 150 defects: some outside the window, not valid, deleted or without a stage."""
    team, service = make_team(), make_service(slug="cards")
    teams = [team, make_team(parent=team), make_team()]
    order, rng, rows = list(Stage.objects.order_by("position")), random.Random(5), []
    for reference in range(150):
        found = rng.randrange(len(order)) if rng.random() < 0.6 else len(order) - 1
        should = rng.randrange(found + 1)
        escaped = found == len(order) - 1
        rows.append(
            Defect(
                team=rng.choice(teams),
                reference=f"T-DEF-{reference}",
                title="The total is wrong",
                severity=severity(rng.choice(["SEV1", "SEV2", "SEV3", "SEV4"])),
                service=rng.choice([service, None]),
                stage_found=order[found] if rng.random() < 0.95 else None,
                stage_should_catch=order[should] if rng.random() < 0.8 else None,
                stage_introduced=order[rng.randrange(should + 1)] if rng.random() < 0.8 else None,
                escape_reason=rng.choice(REASONS) if escaped else "",
                customer_impact=rng.choice(IMPACTS) if escaped else "",
                support_tickets=rng.choice([None, 0, 3]) if escaped else None,
                customers_affected=rng.choice([None, 40]) if escaped else None,
                found_at=NOON - rng.uniform(-2, 36) * DAY,
                deleted_at=NOON if rng.random() < 0.05 else None,
                **(
                    {"status": "rejected", "resolution": "invalid", "closed_at": NOON + 9 * DAY}
                    if rng.random() < 0.1
                    else {}
                ),
            )
        )
    Defect.objects.bulk_create(rows)
    return team, [each for each in rows if each.team in teams[:2] and counts(each)]


def counts(defect):
    inside = WINDOW.start <= defect.found_at < WINDOW.end
    return inside and not defect.deleted_at and defect.resolution != "invalid" and defect.stage_found is not None


def slug(stage):
    return stage.slug if stage else None


def answer_of(client, team, **query):
    _, token = AccessToken.objects.create(make_user(), expiry=None)
    address = f"/api/v1/teams/{team.slug}/escape-analysis/"
    return client.get(address, QUERY | query, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("service", ["", "cards"])
def test_the_api_counts_as_plain_python_does(client, busy, service):
    team, rows = busy
    rows = [row for row in rows if not service or (row.service and row.service.slug == service)]
    answer = answer_of(client, team, **({"service": service} if service else {})).json()
    escapes = [row for row in rows if row.stage_found.slug == "production"]
    low, high = proportion_confint(len(escapes), len(rows), method="wilson")
    assert answer["escaped"] == {
        **{"part": len(escapes), "n": len(rows), "value": pytest.approx(100 * len(escapes) / len(rows))},
        **{"low": pytest.approx(100 * low, abs=1e-4), "high": pytest.approx(100 * high, abs=1e-4)},
    }
    for cell in answer["matrix"]:
        assert cell["n"] == sum(
            (slug(row.stage_introduced), row.stage_found.slug) == (cell["introduced"], cell["found"]) for row in rows
        )
    assert sum(cell["n"] for cell in answer["matrix"]) == len(rows)
    for line in answer["containment"]:
        caught = sum(row.stage_found.slug == line["stage"] for row in rows)
        missed = sum(
            slug(row.stage_should_catch) == line["stage"] and row.stage_found.position > row.stage_should_catch.position
            for row in rows
        )
        assert (line["part"], line["n"]) == (caught, caught + missed)
    weights = dict(Severity.objects.values_list("pk", "weight"))
    for cause in answer["causes"]:
        same = [
            r for r in escapes if (slug(r.stage_should_catch), r.escape_reason) == (cause["should_catch"], cause["reason"])
        ]
        assert (cause["n"], cause["weight"]) == (len(same), sum(weights[row.severity_id] for row in same))
    assert sum(cause["n"] for cause in answer["causes"]) == len(escapes)
    for line in answer["impact"]:
        same = [row for row in escapes if row.customer_impact == line["impact"]]
        known = [row.support_tickets for row in same if row.support_tickets is not None]
        assert (line["n"], line["tickets"]) == (len(same), sum(known) if known else None)
    assert answer["cost"]["fixes"] == 30 * len(escapes)


SUMMED = {"tickets": "support_tickets", "customers": "customers_affected"}
FIGURE = re.compile(r'<a href="([^"]*escape-analysis/defects/[^"]*)" aria-label="([\d,]+)[^"]*">')


@pytest.mark.parametrize("query", [{}, {"service": "cards", "by": "weight"}])
def test_every_figure_leads_to_as_many_rows(client, busy, query):
    team, _ = busy
    client.force_login(make_member(team=team))
    page = client.get(reverse("dashboards:escapes", args=[team.slug]), QUERY | query).content.decode()
    links = {unescape(address): int(number.replace(",", "")) for address, number in FIGURE.findall(page)}
    assert len(links) > 30
    sums = {address: name for address in links for name in SUMMED if f"{name}=" in address}
    assert len(sums) > 4
    for address, number in links.items():
        if name := sums.get(address):
            behind = [row.reference for row in client.get(address).context["page"].paginator.object_list]
            found = Defect.objects.filter(reference__in=behind).values_list(SUMMED[name], flat=True)
            assert number == sum(found), address
            continue
        rows = client.get(address).content.decode()
        assert f"<h1>{number:,} defect" in rows, address
        assert rows.count('<td class="id">') == min(50, number)


def test_people_outside_see_figures_and_no_rows(client, busy):
    team, rows = busy
    client.force_login(make_user())
    page = client.get(reverse("dashboards:escapes", args=[team.slug]), QUERY).content.decode()
    assert f"of {len(rows)} defects escaped" in squeezed(page)
    rows = client.get(reverse("dashboards:escape_rows", args=[team.slug]), QUERY).content.decode()
    assert "-DEF-" not in rows
    assert "Ask for access" in rows


def test_the_page_takes_as_many_queries_however_many_rows(client, busy):
    team, _ = busy
    client.force_login(make_member(team=team))
    address = reverse("dashboards:escapes", args=[team.slug])
    client.get(address, {"window": "180"})
    queries = []
    for window in ("30", "365"):
        with CaptureQueriesContext(connection) as found:
            client.get(address, QUERY | {"window": window})
        queries.append(len(found))
    assert queries[0] == queries[1] <= 16


def test_few_defects_are_said_to_be_few(client):
    team = make_team()
    make_defect(team=team, stage_found="production", found_at=NOON - DAY)
    client.force_login(make_member(team=team))
    page = squeezed(client.get(reverse("dashboards:escapes", args=[team.slug]), QUERY).content.decode())
    assert "Few defects" in page
    assert "small: n = 1" in page
    assert "20.7% to 100.0%" in page or "20.7% to 100%" in page


def test_without_defects_there_is_no_share(client):
    team = make_team()
    client.force_login(make_member(team=team))
    page = client.get(reverse("dashboards:escapes", args=[team.slug]), QUERY).content.decode()
    assert "No defects in this period" in page
    assert answer_of(client, team).json()["escaped"] == {"part": 0, "n": 0, "value": None, "low": None, "high": None}


def test_the_file_has_the_groups(client, busy):
    team, rows = busy
    client.force_login(make_member(team=team))
    file = client.get(reverse("dashboards:escapes", args=[team.slug]), QUERY | {"format": "csv"}).content.decode("utf-8-sig")
    found = list(csv.DictReader(file.splitlines()))
    assert sum(int(line["defects"]) for line in found if line["part"] == "defects") == len(rows)
    escaped = sum(row.stage_found.slug == "production" for row in rows)
    assert sum(int(line["defects"]) for line in found if line["part"] == "escapes") == escaped


def test_admins_set_the_ratio(client, busy):
    team, rows = busy
    EscapeCost.objects.create(pk=1, ratio=12)
    escaped = sum(row.stage_found.slug == "production" for row in rows)
    assert answer_of(client, team).json()["cost"] == {
        "ratio": 12,
        "fixes": 12 * escaped,
        "share": pytest.approx(100 * 12 * escaped / (12 * escaped + len(rows) - escaped)),
    }
    client.force_login(make_user(admin=True))
    page = client.get(reverse("dashboards:escapes", args=[team.slug]), QUERY).content.decode()
    assert "costs 12 times as much" in squeezed(page)
    assert reverse("admin:benchmarks_escapecost_changelist") in page


def test_an_unknown_service_is_an_error_in_the_api(client):
    assert answer_of(client, make_team(), service="nothing").status_code == 400
