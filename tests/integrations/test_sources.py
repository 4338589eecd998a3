"""What the ids of a spreadsheet belong to, so that those of two lists never meet."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from defects.models import Defect
from integrations.models import ImportJob, SavedMapping
from integrations.sources import list_name, source_of
from teams.models import Role
from tests.factories import make_member, make_team
from tests.html import sent_form
from tests.integrations.test_import_pages import match, page, send, start, work

pytestmark = pytest.mark.django_db
SHEET = "No;Title;Found on;Squad\n1;{};2024-03-01;payments\n"


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("Bugs.xlsx", "bugs"),
        ("Bugs 2026-03-01 (2).xlsx", "bugs"),
        ("bugs_20260301T1200.csv", "bugs"),
        ("Copy of bugs.csv", "bugs"),
        ("bugs - Kopie.csv", "bugs"),
        ("bugs 2026-03.1.csv", "bugs"),
        ("Fehlerliste Müller v2.csv", "fehlerliste-muller-v2"),
        ("Ошибки.csv", "oshibki"),
        ("2026-03-01.csv", "spreadsheet"),
        ("Pasted rows.csv", "spreadsheet"),
        ("jira.csv", "spreadsheet-jira"),
        ("form.csv", "spreadsheet-form"),
        ("", "spreadsheet"),
        (f"{'x' * 60}.csv", "x" * 30),
    ],
)
def test_exports_of_one_list_have_one_name(file_name, name):
    assert list_name(file_name) == name


def test_sources_of_two_teams_differ_and_fit():
    one, two = make_team(slug=f"{'long-' * 9}one"), make_team(slug=f"{'long-' * 9}two")
    assert source_of("bugs", make_team(slug="pay")) == "bugs-pay"
    assert source_of("bugs", one) != source_of("bugs", two)
    assert len(source_of("bugs", one)) == 40


@pytest.fixture
def manager(client, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    manager = make_member(team=make_team(slug="payments"), role=Role.MANAGER)
    client.force_login(manager)
    return manager


def source_on_the_page(client, job):
    address = reverse("integrations:import_match", args=[job.pk])
    return sent_form(page(client, job).text, address)["source"]


def imported(client, name, title, **fields):
    send(client, SHEET.format(title), name=name)
    work()
    job = ImportJob.objects.latest("pk")
    offered = source_on_the_page(client, job)
    assert match(client, job, **fields).status_code == 200
    work()
    job.refresh_from_db()
    start(client, job)
    return offered


def test_ids_of_two_lists_do_not_meet_and_exports_of_one_do(client, manager):
    assert imported(client, "Bugs 2024-03-01.csv", "One") == ["bugs"]
    assert imported(client, "Complaints.csv", "Other") == ["complaints"]
    assert imported(client, "Bugs 2024-03-02.csv", "One, again") == ["bugs"]
    rows = Defect.objects.order_by("source").values_list("source", "external_id", "title")
    assert list(rows) == [("bugs", "1", "One, again"), ("complaints", "1", "Other")]


def test_a_source_that_a_person_chose_is_offered_again(client, manager):
    imported(client, "Bugs 2024-03-01.csv", "One", source=["our-bugs"], save_as=["Ours"])
    assert imported(client, "Bugs 2024-03-02.csv", "Two") == ["our-bugs"]
    assert Defect.objects.get().title == "Two"
    saved = SavedMapping.objects.get()
    client.post(
        reverse("integrations:import_new"),
        {"file": SimpleUploadedFile("other.csv", SHEET.format("Three").encode()), "mapping": saved.pk},
    )
    work()
    assert source_on_the_page(client, ImportJob.objects.latest("pk")) == ["our-bugs"]


def test_the_source_of_reported_records_is_reserved(client, manager):
    send(client, SHEET.format("One"), name="bugs.csv")
    work()
    answer = match(client, ImportJob.objects.latest("pk"), source=["form"])
    assert answer.status_code == 422
    assert "reserved for records reported in this portal" in answer.text
