"""Practices: the check-list of a team, coverage, reminders, stages as admin rows, and the API."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse

from notifications.models import Notification
from pipeline.models import Adoption, Coverage, Practice, Stage
from pipeline.reminders import remind
from pipeline.shipped import read_practices, shipped_practices
from qmportal.lib.documents import Unreadable
from teams.models import Role
from tests.factories import NOON, adopt, make_defect, make_member, make_practice, make_team, make_user, stage

pytestmark = pytest.mark.django_db


# --- What ships -----------------------------------------------------------------------------------------------------------


def test_every_shipped_practice_belongs_to_a_stage():
    assert {each.stage for each in shipped_practices()} == {"pre-commit", "code-review", "ci", "pre-deploy", "production"}
    assert set(Stage.objects.values_list("slug", flat=True)) >= {each.stage for each in shipped_practices()}


def test_loading_again_adds_only_what_is_missing():
    Practice.objects.load(shipped_practices())
    Practice.objects.filter(slug="canary").update(name="Canary, 1% first", retired=True)
    Practice.objects.get(slug="linting").delete()
    assert Practice.objects.load(shipped_practices()) == 1
    assert Practice.objects.get(slug="canary").name == "Canary, 1% first"
    assert Practice.objects.count() == len(shipped_practices())


def test_the_library_command_loads_them():
    call_command("load_library", verbosity=0)
    assert Practice.objects.filter(slug="peer-review", stage=stage("code-review")).exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("stage: ci", 1),
        ("- stage: ci\n  slug: a", 1),
        ("- {stage: ci, slug: a, name: A, catches: B}\n- {stage: ci, slug: a, name: C, catches: D}", 2),
        ("- stage: ci\n  slug: Not A Slug\n  name: A\n  catches: B", 2),
        ("- stage: ci\n  slug: a\n  name: 7\n  catches: B", 3),
    ],
)
def test_a_wrong_file_names_the_line(text, line):
    with pytest.raises(Unreadable) as refused:
        read_practices(text)
    assert refused.value.line == line


# --- Coverage -------------------------------------------------------------------------------------------------------------


def test_coverage_counts_practices_in_place_per_stage(django_assert_num_queries):
    team, other = make_team(), make_team()
    one, two, three = (make_practice(stage_slug="ci") for _ in range(3))
    retired = make_practice(stage_slug="ci", retired=True)
    review = make_practice(stage_slug="code-review")
    for practice, state in ((one, "in_place"), (two, "partly"), (three, "not_yet"), (retired, "in_place")):
        adopt(team, practice, state)
    with django_assert_num_queries(2):
        covered = Adoption.objects.coverage([team.pk, other.pk])
    assert covered == {team.pk: {one.stage_id: Coverage(1, 1, 3), review.stage_id: Coverage(0, 0, 1)}}


@pytest.mark.parametrize(
    ("in_place", "practices", "level"), [(0, 3, 0), (1, 3, 2), (1, 4, 1), (3, 4, 3), (4, 4, 4), (0, 0, 0)]
)
def test_the_shade_follows_the_share(in_place, practices, level):
    assert Coverage(in_place, 0, practices).level == level


def test_the_heat_table_has_the_figures_as_text(client, django_assert_max_num_queries):
    team, practice = make_team(name="Payments"), make_practice(stage_slug="ci")
    adopt(team, practice)
    make_team(name="Search")
    client.force_login(make_user())
    client.get(reverse("practices:overview"))
    with django_assert_max_num_queries(16):
        page = client.get(reverse("practices:overview")).content.decode()
    assert f'<a href="/practices/{team.slug}/#stage-ci">1 of 1</a>' in " ".join(page.split())
    assert 'id="stage-ci"' in client.get(f"/practices/{team.slug}/").content.decode()
    assert "Not answered yet" in page


# --- The check-list -------------------------------------------------------------------------------------------------------


def test_one_click_marks_a_practice_and_plans_the_next_look(client):
    team, practice = make_team(), make_practice()
    engineer = make_member(team=team)
    client.force_login(engineer)
    client.post(reverse("practices:mark", args=[team.slug, practice.slug]), {"state": "partly"})
    row = Adoption.objects.get()
    assert (row.state, row.by, row.next_look) == ("partly", engineer, row.at.date() + timedelta(days=91))
    page = client.get(reverse("practices:team", args=[team.slug])).content.decode()
    assert 'value="partly" aria-pressed="true"' in " ".join(page.split())


def test_a_click_keeps_the_evidence(client):
    team, practice = make_team(), make_practice()
    adopt(team, practice, evidence="https://ci.example.com/")
    client.force_login(make_member(team=team))
    client.post(reverse("practices:mark", args=[team.slug, practice.slug]), {"state": "not_yet"})
    assert Adoption.objects.get().evidence == "https://ci.example.com/"


def test_of_two_people_who_answer_the_second_sees_both(client):
    team, practice = make_team(), make_practice()
    client.force_login(make_member(team=team))
    address = reverse("practices:answer", args=[team.slug, practice.slug])
    adopt(team, practice, "in_place")
    sent = {"state": "not_yet", "evidence": "", "next_look": "2027-01-01", "version": "0"}
    refused = client.post(address, sent)
    assert refused.status_code == 409
    assert "Someone else saved this answer first" in refused.content.decode()
    assert Adoption.objects.get().state == "in_place"
    assert client.post(address, sent | {"version": "1"}).status_code == 302
    assert (Adoption.objects.get().state, Adoption.objects.get().next_look) == ("not_yet", date(2027, 1, 1))


@pytest.mark.parametrize("evidence", ["javascript:alert(1)", "not an address", "ftp://files.example.com"])
def test_evidence_is_a_web_address(client, evidence):
    team, practice = make_team(), make_practice()
    client.force_login(make_member(team=team))
    address = reverse("practices:answer", args=[team.slug, practice.slug])
    answer = client.post(address, {"state": "in_place", "evidence": evidence, "version": "0"})
    assert answer.status_code == 422
    assert not Adoption.objects.exists()


def test_people_outside_see_coverage_and_no_answers(client):
    team, practice = make_team(), make_practice(name="Smoke tests")
    adopt(team, practice, evidence="https://secret.example.com/")
    client.force_login(make_user())
    page = client.get(reverse("practices:team", args=[team.slug])).content.decode()
    assert "1 of 1 in place" in page
    assert "secret.example.com" not in page
    assert "Ask for access" in page


# --- Reminders ------------------------------------------------------------------------------------------------------------


def test_managers_are_reminded_once_for_each_day_that_brings_more():
    team, later = make_team(), make_practice(name="Canary")
    manager = make_member(team=team, role=Role.MANAGER)
    make_member(team=team)
    adopt(team, make_practice(name="Linting"), next_look=date(2026, 3, 1))
    adopt(team, later, next_look=date(2026, 3, 4))
    remind(NOON)
    remind(NOON)
    told = Notification.objects.get()
    assert (told.user, told.body) == (manager, "Linting: in place")
    remind(NOON + timedelta(days=2))
    assert Notification.objects.first().body == "Linting: in place\nCanary: in place"
    remind(NOON + timedelta(days=3))
    assert Notification.objects.count() == 2


def test_retired_practices_need_no_look():
    team = make_team()
    make_member(team=team, role=Role.MANAGER)
    adopt(team, make_practice(retired=True), next_look=date(2026, 1, 1))
    assert remind(NOON) == 0


# --- Stages ---------------------------------------------------------------------------------------------------------------


def place(slug: str, number: int) -> None:
    found = stage(slug)
    if problem := found.order_problem(number):
        raise ValidationError(problem)
    found.save_at(number)


def order() -> list[str]:
    return list(Stage.objects.order_by("position").values_list("slug", flat=True))


def test_an_unused_stage_can_go_anywhere_before_a_used_last_one():
    make_defect(team=make_team(), stage_found="production")
    place("design", 3)
    assert order()[:3] == ["coding", "pre-commit", "design"]
    assert list(Stage.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    with pytest.raises(ValidationError, match="escaped"):
        place("design", 7)


def test_two_stages_in_use_keep_their_order():
    team = make_team()
    make_defect(team=team, stage_found="ci")
    make_defect(team=team, stage_found="code-review")
    with pytest.raises(ValidationError, match="order can't change"):
        place("ci", 4)


def test_the_admin_site_adds_retires_and_never_deletes(client):
    client.force_login(make_user(admin=True, is_superuser=True))
    sent = {"name": "Canary", "slug": "canary", "description": "", "place": "7"}
    assert client.post(reverse("admin:pipeline_stage_add"), sent).status_code == 302
    assert order()[-2:] == ["canary", "production"]
    production = stage("production")
    address = reverse("admin:pipeline_stage_change", args=[production.pk])
    refused = client.post(address, {"name": "Production", "description": "", "place": "8", "retired": "on"})
    assert refused.status_code == 200
    assert not stage("production").retired
    assert client.post(reverse("admin:pipeline_stage_delete", args=[production.pk])).status_code == 403


def test_forms_do_not_offer_a_retired_stage_but_keep_a_stored_one(client):
    team = make_team()
    defect = make_defect(team=team, stage_found="coding")
    retired = stage("coding")
    retired.retired = True
    retired.save()
    client.force_login(make_member(team=team))
    assert 'value="coding"' not in client.get(reverse("defects:create")).content.decode()
    assert 'value="coding" selected' in client.get(reverse("defects:edit", args=[defect.reference])).content.decode()
    assert 'value="coding"' in client.get(reverse("defects:list")).content.decode()


# --- The API --------------------------------------------------------------------------------------------------------------


def test_a_pipeline_reports_what_the_team_has(client):
    team, practice = make_team(), make_practice()
    client.force_login(make_member(team=team))
    sent = {"team": team.slug, "practice": practice.slug, "state": "in_place", "evidence": "https://ci.example.com/1"}
    first = client.post("/api/v1/adoptions/", sent, content_type="application/json")
    again = client.post("/api/v1/adoptions/", sent | {"state": "partly"}, content_type="application/json")
    assert (first.status_code, again.status_code) == (201, 200)
    (row,) = client.get(f"/api/v1/adoptions/?team={team.slug}").json()["results"]
    assert row == again.json()
    assert row["state"] == "partly"
    assert row["practice"] == practice.slug
    assert practice.slug in [each["slug"] for each in client.get("/api/v1/practices/").json()]


def test_the_api_answers_for_own_teams_only(client):
    team, practice = make_team(), make_practice()
    adopt(team, practice)
    client.force_login(make_member(team=make_team()))
    sent = {"team": team.slug, "practice": practice.slug, "state": "not_yet"}
    assert client.post("/api/v1/adoptions/", sent, content_type="application/json").status_code == 400
    assert client.get("/api/v1/adoptions/").json()["results"] == []
    trainee = make_member(team=team, role=Role.TRAINEE)
    client.force_login(trainee)
    assert client.post("/api/v1/adoptions/", sent, content_type="application/json").status_code == 403
