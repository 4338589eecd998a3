"""After an import, its page says which teams have other tiers than before, once the nights are computed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from benchmarks.models import SnapshotRun
from benchmarks.tasks import take_nights
from teams.models import Role
from tests.factories import join, make_team, make_user
from tests.html import squeezed
from tests.integrations.test_import_pages import checked, files, page, work  # noqa: F401 - the fixture keeps files apart

pytestmark = pytest.mark.django_db
NOTHING = "No team changed tier."


@pytest.fixture
def teams():
    above = make_team(name="Retail", slug="retail", key="RET")
    return above, make_team(name="Payments", slug="payments", key="PAY", parent=above)


@pytest.fixture
def manager(teams, client):
    manager = make_user()
    join(manager, teams[0], Role.MANAGER)
    client.force_login(manager)
    return manager


def file(stage, rows=40):
    found = (timezone.now() - timedelta(days=3)).strftime("%Y-%m-%dT%H:%MZ")
    lines = [f"{number},Defect {number},{found},{stage}" for number in range(rows)]
    return "\n".join(["external_id,title,found_at,stage_found", *lines])


def imported(client, text, team):
    job = checked(client, text, team=team)
    client.post(reverse("integrations:import_start", args=[job.pk]))
    work()
    return job


def nights():
    take_nights("", SnapshotRun.objects.latest("pk").pk)


def test_the_team_and_those_above_it_are_named_with_their_tiers(client, teams, manager):
    job = imported(client, file("ci"), teams[1])
    text = squeezed(page(client, job).text)
    assert "Measures and tiers are being computed." in text
    assert 'hx-trigger="every 5s"' in text
    assert "Tiers that changed" not in text
    nights()
    answer = page(client, job)
    text = squeezed(answer.text)
    assert "Measures and tiers are up to date." in text
    assert 'hx-trigger="every 5s"' not in text
    rows = [row for row in answer.context["moved"] if row.metric == "escaped_defect_rate"]
    assert [(row.team, row.before, row.after, row.windows) for row in rows] == [
        ("Payments", None, "elite", [30, 90, 180, 365]),
        ("Retail", None, "elite", [30, 90, 180, 365]),
    ]
    assert reverse("dashboards:team", args=["payments"]) in answer.text

    worse = imported(client, file("production"), teams[1])
    nights()
    rows = [row for row in page(client, worse).context["moved"] if row.metric == "escaped_defect_rate"]
    assert {(row.team, row.before) for row in rows} == {("Payments", "elite"), ("Retail", "elite")}
    assert not {row.after for row in rows} & {"elite", None}


def test_an_import_may_move_nothing(client, teams, manager):
    job = imported(client, file("ci", rows=1), teams[1])
    nights()
    assert NOTHING in page(client, job).text


def test_a_team_that_its_sender_does_not_see_is_not_named(client, teams, manager):
    hidden = make_team(name="Hidden", slug="hidden", key="HID", members_only=True)
    teams[0].parent = hidden
    teams[0].save()
    job = imported(client, file("ci"), teams[1])
    nights()
    answer = page(client, job)
    assert {row.team for row in answer.context["moved"]} == {"Payments", "Retail"}
    assert "Hidden" not in answer.text


def test_the_newest_night_is_enough_to_see_tiers(client, teams, manager):
    job = imported(client, file("ci"), teams[1])
    SnapshotRun.objects.update(reached=SnapshotRun.objects.get().as_of, state="running")
    answer = page(client, job)
    text = squeezed(answer.text)
    assert "Tiers are up to date. Trends of earlier days are still being computed. No team changed tier." in text
    assert 'hx-trigger="every 5s"' in text


def test_an_old_file_leads_to_the_tiers_of_its_time(client, teams, manager):
    job = imported(client, "external_id,title,found_at,stage_found\n1,a,2024-03-01T10:00Z,ci\n", teams[1])
    text = squeezed(page(client, job).text)
    assert "The newest record of this file is from 1 Mar 2024, so no measure of today counts it." in text
    assert f'href="{reverse("dashboards:team", args=["payments"])}?as_of=2024-03-02"' in text
    assert "The newest record" not in page(client, imported(client, file("ci"), teams[1])).text
