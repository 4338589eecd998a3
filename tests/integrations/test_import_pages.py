"""The pages: send a file, see what it would do, import it, see what it did. The worker's call is `manage.py sweep`."""

import csv
import errno
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, transaction
from django.urls import reverse
from django.utils import timezone

from benchmarks.models import SnapshotRun
from defects.models import Defect
from integrations import importer, phases
from integrations.matching.plan import Plan
from integrations.models import ImportJob, SavedMapping
from integrations.tasks import forget_old_files
from qmportal.lib.work import Work
from teams.choices import MOST_IN_MENU
from teams.models import Role, Team
from tests.factories import join, make_defect, make_member, make_team, make_user
from tests.html import sent_form, squeezed
from tests.integrations.files import text_row, xlsx, zipped

pytestmark = pytest.mark.django_db
HEADER = "external_id,title,found_at,stage_found\n"
SHEET = text_row(1, "id", "title", "found_at") + text_row(2, "1", "a")[:-6] + '<c r="C2" s="1"><v>45352</v></c></row>'
GOOD = HEADER + "1,The total is wrong,2024-03-01T10:00Z,ci\n2,Search is slow,2024-03-02T10:00Z,production\n"
ONE_WRONG = GOOD + "3,Never happened,2023-02-29,ci\n"


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path / "imports"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def manager(team, client):
    manager = make_member(team=team, role=Role.MANAGER)
    client.force_login(manager)
    return manager


def send(client, text, *, team=None, name="export.csv", follow=True, **fields):
    content = text.encode() if isinstance(text, str) else text
    data = {"file": SimpleUploadedFile(name, content), "team": team.slug if team else ""} | fields
    return client.post(reverse("integrations:import_new"), data, follow=follow)


def match(client, job, *, follow=True, **changed):
    """Sends the match page as it is shown, with some answers changed."""
    form = sent_form(page(client, job).text, reverse("integrations:import_match", args=[job.pk]))
    data = {name: values for name, values in (form | {"zone": ["UTC"]} | changed).items() if values is not None}
    return client.post(reverse("integrations:import_match", args=[job.pk]), data, follow=follow)


def looked_through(client, text, **fields):
    """Sends the file and lets the worker look through it; the job, whose page asks what its columns mean."""
    response = send(client, text, **fields)
    assert response.status_code == 200, response.context["form"].errors
    work()
    return ImportJob.objects.latest("pk")


def work() -> None:
    """What `manage.py sweep` does with imports. The nights that they ask for have tests of their own, and take long."""
    while waiting := list(ImportJob.objects.waiting(timezone.now())):
        for job in waiting:
            ImportJob.perform(job.pk)


def checked(client, text, *, tool="", matched=None, **fields):
    """Sends the file, takes what its columns are guessed to mean, and lets the worker check it; the job."""
    job = looked_through(client, text, **fields)
    if tool:
        client.post(reverse("integrations:import_match", args=[job.pk]), {"again": "1", "tool": tool})
        job.refresh_from_db()
    response = match(client, job, **(matched or {}))
    assert response.status_code == 200, response.context["form"].errors
    work()
    job.refresh_from_db()
    return job


def page(client, job):
    return client.get(job.get_absolute_url())


def start(client, job, **fields):
    response = client.post(reverse("integrations:import_start", args=[job.pk]), fields)
    work()
    job.refresh_from_db()
    return response


def test_from_upload_to_records(client, team, manager, files):
    response = send(client, GOOD, team=team)
    assert "Reading. Nothing changes yet." in response.text
    assert 'hx-trigger="every 2s"' in response.text
    work()
    job = ImportJob.objects.get()
    assert "Step 2 of 3: match." in page(client, job).text
    assert "Checking. Nothing changes yet." in match(client, job).text
    work()
    text = page(client, job).text
    assert "Import 2 rows" in text
    assert "Search is slow" in text
    assert "every 2s" not in text
    assert not Defect.objects.exists()
    start(client, job)
    assert (job.state, job.result["created"]) == ("done", 2)
    assert {defect.reference for defect in Defect.objects.all()} == {"PAY-DEF-1", "PAY-DEF-2"}
    assert "Import complete" in page(client, job).text
    run = SnapshotRun.objects.get()
    assert (run.reason, run.requested_by) == ("import", manager)


def test_the_same_file_again_has_nothing_to_import(client, team, manager):
    start(client, checked(client, GOOD, team=team))
    ImportJob.objects.all().delete()
    job = checked(client, GOOD, team=team)
    assert job.result["unchanged"] == 2
    assert "Nothing to import" in page(client, job).text
    assert not job.can_start


def test_errors_have_their_lines_and_the_good_rows_wait_for_a_word(client, team, manager):
    job = checked(client, ONE_WRONG, team=team)
    text = page(client, job).text
    assert "1 row with errors" in text
    assert "“2023-02-29”: there is no such day or time." in text
    response = start(client, job)
    assert response.status_code == 422
    assert "Some rows have errors" in response.text
    assert not Defect.objects.exists()
    start(client, job, skip_errors="1")
    assert Defect.objects.count() == 2
    file = client.get(reverse("integrations:import_failed", args=[job.pk])).content
    rows = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    assert rows[0] == ["external_id", "title", "found_at", "stage_found", "problem"]
    assert rows[1][:3] == ["3", "Never happened", "2023-02-29"]
    assert len(rows) == 2


def test_a_row_that_has_become_wrong_since_the_check_stops_the_import(client, team, manager):
    job = checked(client, GOOD, team=team)
    other = make_team()
    join(manager, other, Role.ENGINEER)
    make_defect(team=other, source="qmportal", external_id="2")
    start(client, job)
    assert job.state == Work.State.FAILED
    assert "Line 3, external_id: A record with this ID belongs to a team you can't import into." in job.error
    assert Defect.objects.count() == 1
    assert "Nothing was changed" in page(client, job).text


def test_a_hidden_record_of_the_same_id_is_as_if_it_were_not_there(client, team, manager):
    make_defect(team=make_team(), source="qmportal", external_id="2", title="Canary")
    job = checked(client, GOOD, team=team)
    start(client, job)
    assert (job.state, job.result["created"]) == (Work.State.DONE, 2)
    assert "Canary" not in page(client, job).text
    assert Defect.objects.get(title="Canary").version == 1


def test_a_hidden_reference_reads_like_one_that_nobody_has(client, team, manager):
    hidden = make_defect(team=make_team(key="CANARY"))
    rows = f"{hidden.reference},a,2024-03-01T10:00Z\nCANARY-DEF-99,a,2024-03-01T10:00Z\n"
    errors = checked(client, "reference,external_id,title,found_at\n" + rows.replace(",a", ",,a"), team=team).result[
        "errors"
    ]
    first, second = ((sentence.replace("DEF-1”", "DEF-99”")) for _, _, sentence in errors)
    assert first == second


def test_an_id_that_two_teams_have_is_told_apart_by_the_team(client, team):
    client.force_login(make_user(admin=True))
    other = make_team(slug="search")
    ours, theirs = (make_defect(team=each, source="qmportal", external_id="1") for each in (team, other))
    start(client, checked(client, "external_id,title,found_at,team\n1,New title,2026-03-02T12:00Z,search\n"))
    assert [Defect.objects.get(pk=row.pk).title for row in (ours, theirs)] == ["The total is wrong", "New title"]


def test_a_crash_in_the_middle_rolls_back_and_the_sweep_tries_again(client, team, manager, monkeypatch):
    rows = "".join(f"{number},t,2024-03-01,ci\n" for number in range(30))
    job = checked(client, "external_id,title,found_at,stage_found\n" + rows, team=team)
    stopper = Defect.objects.create(team=team, title="x", severity_id=1, reference="PAY-DEF-25")
    monkeypatch.setattr(importer, "BATCH", 10)
    with pytest.raises(Exception, match="PAY-DEF-25"):
        start(client, job)
    job.refresh_from_db()
    assert (job.state, Defect.objects.count()) == ("queued", 1)
    Defect.objects.filter(pk=stopper.pk).update(reference="PAY-DEF-99")
    ImportJob.objects.update(run_after=timezone.now())
    work()
    assert Defect.objects.exclude(pk=stopper.pk).count() == 30


def test_pressing_import_twice_imports_once(client, team, manager):
    job = checked(client, GOOD, team=team)
    for _ in range(2):
        assert client.post(reverse("integrations:import_start", args=[job.pk])).status_code == 302
    work()
    assert start(client, job).status_code == 302
    assert Defect.objects.count() == 2


def test_the_kind_of_file_is_found_out(client, team, manager):
    header = "Summary,Issue key,Issue Type,Status,Resolution,Created\n"
    assert checked(client, header + "A,P-1,Bug,Open,,2024-01-01\n", team=team).mapping_key == "defects/jira"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "The file is empty."),
        (b"PK\x03\x04" + b"\0" * 50, "The archive is damaged"),
        ("a" * (1 << 25) + "b" * (1 << 21), "Line 1 is longer than 32 MB."),
    ],
)
def test_files_that_cannot_be_used(client, team, manager, text, words):
    response = send(client, text, team=team)
    assert response.status_code == 422
    assert words in response.context["form"].errors["file"][0]
    assert not ImportJob.objects.exists()


def test_a_row_that_cannot_be_taken_apart_does_not_stop_the_others(client, team, manager):
    job = checked(client, GOOD + '3,"5" screen",2024-03-01,ci\n4,Too,2024-03-01,ci,many\n5,Fine,2024-03-01,ci\n', team=team)
    assert "This row has a quotation mark in the wrong place." in page(client, job).text
    assert "This row has 5 cells, the header has 4." in page(client, job).text
    failed = client.get(reverse("integrations:import_failed", args=[job.pk])).content.decode("utf-8-sig")
    broken, longer = list(csv.reader(io.StringIO(failed)))[1:]
    assert (broken[0], broken[4][:17]) == ('3,"5" screen",2024-03-01,ci', "This row has a qu")
    assert (longer[0], longer[5][:17]) == ("4", "This row has 5 ce")
    start(client, job, skip_errors="1")
    assert set(Defect.objects.values_list("external_id", flat=True)) == {"1", "2", "5"}


def test_only_so_many_failed_rows_are_kept_and_the_page_says_so(client, team, manager, monkeypatch):
    monkeypatch.setattr(importer, "KEPT_LINES", 3)
    monkeypatch.setattr(importer, "KEPT_ERRORS", 1)
    wrong = "".join(f"{number},Never,2023-02-3{number},ci\n" for number in range(4))
    right = "".join(f"1{number},Fine,2024-03-01T10:00Z,ci\n" for number in range(20))
    job = checked(client, GOOD + right + wrong, team=team)
    assert "Download the first 3 of these rows" in page(client, job).text
    failed = client.get(reverse("integrations:import_failed", args=[job.pk])).content.decode("utf-8-sig")
    first, *others = [row[-1] for row in list(csv.reader(io.StringIO(failed)))[1:]]
    assert "“2023-02-30”" in first
    assert others == [first.replace("“2023-02-30”", "…")] * 2


def test_with_many_teams_the_match_page_has_a_search_field(client, team, manager):
    for number in range(MOST_IN_MENU):
        join(manager, make_team(name=f"Crew {number}", slug=f"crew-{number}"), Role.MANAGER)
    elsewhere = make_team(name="Elsewhere", slug="elsewhere")
    join(manager, elsewhere)
    file = "external_id,title,found_at,team\n1,a,2024-03-01T10:00Z,Payments\n"
    job = looked_through(client, file, team=team)
    text = page(client, job).text
    assert 'hx-get="/teams/suggest/"' in text
    assert 'value="Payments"' in text
    assert "Leave it empty to use the file's team column." in text
    for name in ("Nowhere", "Elsewhere"):
        assert match(client, job, team=[name]).status_code == 422
    match(client, job, team=["crew 7"])
    job.refresh_from_db()
    assert job.team.slug == "crew-7"


def test_without_a_column_for_it_the_team_is_asked_for(client, team, manager):
    """The only team of a person is chosen for them."""
    job = looked_through(client, GOOD)
    assert '<option value="payments" selected>' in page(client, job).text
    assert phases.NO_TEAM in squeezed(match(client, job, team=None).text)
    join(manager, make_team(name="Search", slug="search"), Role.MANAGER)
    text = page(client, job).text
    assert "selected>Payments" not in text
    assert "Choose a team" in text


def test_what_was_passed_over_is_said(client, team, manager):
    job = checked(client, f"Export of 1 June\n\n{GOOD}Generated at 1 Jun 2024\n", team=team)
    assert job.result["created"] == 2
    assert "The header is on line 3. The lines above it were left out." in page(client, job).text
    assert "Line 6 is not a data row and was left out: “Generated at 1 Jun 2024”." in page(client, job).text


@pytest.mark.parametrize(
    ("name", "content", "read_as"),
    [
        ("bugs.xlsx", xlsx({"Bugs": SHEET}), "Excel workbook from “Bugs”."),
        ("bugs.json", b'{"bugs": [{"id": 1, "title": "a", "found_at": "2024-03-01"}]}', "JSON in UTF-8 from “bugs”."),
        ("bugs.zip", zipped({"a/bugs.csv": "id;title;found_at\n1;a;2024-03-01\n"}), "CSV in UTF-8 separated by semicolons"),
    ],
)
def test_other_formats_than_csv(client, team, manager, name, content, read_as):
    job = checked(client, content, team=team, name=name)
    assert read_as in page(client, job).text
    start(client, job)
    assert Defect.objects.get().found_at.isoformat() == "2024-03-01T00:00:00+00:00"


def test_unused_columns_cost_nothing(client, team, manager):
    header, row = "Summary,Issue key,Issue Type,Status,Resolution,Created", "a,B-1,Bug,Done,Done,2024-06-01 09:00"
    names = ",".join(f"Sprint {number}" for number in range(60))
    job = checked(client, f"{header}{',Comment' * 2_000},{names}\n{row}{',' * 2_060}\n", team=team)
    assert job.result["created"] == 1
    text = " ".join(page(client, job).text.split())
    assert "Comment (2,000), Sprint 0, Sprint 1" in text
    assert "and 11 more." in text


def test_too_large_a_file(client, team, manager, settings):
    settings.IMPORT_MAX_BYTES = 10
    assert send(client, GOOD, team=team).status_code == 422


def test_a_header_alone(client, team, manager):
    job = checked(client, "external_id,title,found_at\n", team=team)
    assert "The file has a header and no rows." in page(client, job).text


@pytest.mark.parametrize(
    "junk",
    [
        {"zone": "Mars"},
        {"zone": "../etc"},
        {"day_order": "x"},
        {"team": "999999"},
        {"column-title": "No such column"},
        {"column-title": ""},
        {"save_as": "x" * 61},
    ],
    ids=str,
)
def test_junk_in_the_answers(client, team, manager, junk):
    job = looked_through(client, GOOD, team=team)
    response = match(client, job, **junk)
    assert response.status_code == 422
    assert "There is a problem" in response.text
    job.refresh_from_db()
    assert (job.phase, job.state) == ("look", "done")


def test_junk_in_the_upload(client, team, manager):
    assert send(client, GOOD, team=make_team()).status_code == 422
    assert send(client, GOOD, pasted="a,b").status_code == 422
    assert client.post(reverse("integrations:import_new"), {"pasted": "  "}).status_code == 422
    assert not ImportJob.objects.exists()


OWN = (
    "Bug ID;Headline;Found on;Phase;Severity\n"
    "1;The total is wrong;13/03/2024;UAT;Terrible\n"
    "2;Search is slow;01/04/2024;Moonbase;Terrible\n"
    "3;A typo;02/04/2024;Live;Cosmetic\n"
)


def test_a_table_of_ones_own_is_matched_by_a_person(client, team, manager):
    job = looked_through(client, OWN, team=team)
    text = squeezed(page(client, job).text)
    assert "“13/03/2024” occurs, so the day comes first." in text
    assert "Severity: 2 words, some unknown" in text
    assert "Terrible" in text
    match(client, job, **{"word-severity": ["Terrible", "Cosmetic"], "means-severity": ["SEV1", "SEV4"]})
    work()
    job.refresh_from_db()
    assert job.result["created"] == 3, job.result
    start(client, job)
    found = Defect.objects.order_by("external_id").values_list(
        "title", "severity__key", "stage_found__slug", "found_at__day"
    )
    assert list(found) == [
        ("The total is wrong", "SEV1", "pre-deploy", 13),
        ("Search is slow", "SEV1", None, 1),
        ("A typo", "SEV4", "production", 2),
    ]


@pytest.mark.parametrize("asked", [{"word-severity": None, "means-severity": None}, {}], ids=["no_words", "other_words"])
def test_another_column_asks_for_its_words_before_the_check(client, team, manager, asked):
    job = looked_through(client, OWN, team=team)
    response = match(client, job, **{"column-severity": ["Phase"]} | asked)
    assert "Choose what these words mean: Severity." in response.text
    assert "Moonbase" in response.text
    given = sent_form(response.text, reverse("integrations:import_match", args=[job.pk]))
    client.post(reverse("integrations:import_match", args=[job.pk]), given)
    work()
    job.refresh_from_db()
    assert (job.phase, job.result["created"]) == ("check", 3)


def test_rows_may_be_left_out_by_a_word_and_all_may_say_the_same(client, team, manager):
    job = looked_through(client, OWN, team=team)
    match(
        client,
        job,
        **{
            "column-stage_found": "",
            "all-stage_found": "production",
            "word-severity": ["Terrible", "Cosmetic"],
            "means-severity": ["SEV2", "(leave out)"],
        },
    )
    work()
    job.refresh_from_db()
    assert (job.result["created"], job.result["left_out"]) == (2, 1)
    start(client, job)
    assert set(Defect.objects.values_list("stage_found__slug", flat=True)) == {"production"}


def test_the_matching_can_be_changed_after_the_check(client, team, manager):
    job = checked(client, OWN, team=team, matched={"all-status": "closed"})
    answer = client.get(f"{job.get_absolute_url()}?match")
    assert "Step 2 of 3" in answer.text
    form = sent_form(answer.text, reverse("integrations:import_match", args=[job.pk]))
    assert form["all-status"] == ["closed"]


def test_errors_of_one_kind_stand_together(client, team, manager):
    good = "".join(f"{number},Right,2024-03-01,ci\n" for number in range(1, 28))
    wrong = "".join(f"{number},Wrong,2023-02-{number},ci\n" for number in range(29, 45))
    job = checked(client, HEADER + good + wrong, team=team)
    text = squeezed(page(client, job).text)
    assert "16 rows with errors" in text
    assert [(fault["column"], fault["rows"]) for fault in job.result["faults"]] == [("found_at", 16)]
    assert f"29, 30, 31, 32, 33, …</td><td>found_at</td><td>{job.result['faults'][0]['sentence']}" in text


def test_what_changed_is_counted_by_field(client, team, manager):
    start(client, checked(client, GOOD, team=team))
    job = checked(client, GOOD.replace("ci\n", "production\n").replace("is wrong", "is right"), team=team)
    text = squeezed(page(client, job).text)
    assert "<li>1 changed in Title.</li>" in text
    assert "<li>1 changed in Found in.</li>" in text


def test_pasted_rows(client, team, manager):
    client.post(reverse("integrations:import_new"), {"pasted": GOOD.replace(",", "\t"), "team": team.slug})
    work()
    assert ImportJob.objects.get().mapping_key == "defects/qmportal"


def test_the_tool_can_be_chosen(client, team, manager):
    job = looked_through(client, GOOD, team=team)
    for tool in ("incidents/qmportal", "no/such"):
        client.post(reverse("integrations:import_match", args=[job.pk]), {"again": "1", "tool": tool})
    job.refresh_from_db()
    assert (job.mapping_key, job.phase) == ("incidents/qmportal", "look")


def test_another_tool_is_never_ignored(client, team, manager):
    """Somebody who chooses another tool and presses the main button sees its columns, not a check by the old ones."""
    job = looked_through(client, GOOD, team=team)
    response = match(client, job, tool="defects/spreadsheet")
    job.refresh_from_db()
    assert (job.mapping_key, job.phase) == ("defects/spreadsheet", "look")
    assert "Step 2 of 3" in response.text


@pytest.mark.parametrize("junk", [{"encoding": "rot13"}, {"encoding": "../etc"}, {"sheet": "Gone"}], ids=str)
def test_a_file_is_opened_only_as_it_was_offered(client, team, manager, junk):
    job = looked_through(client, GOOD, team=team)
    match(client, job, **junk)
    work()
    job.refresh_from_db()
    assert (job.phase, job.state, job.result["created"]) == ("check", "done", 2)


def test_another_encoding_opens_the_file_again(client, team, manager):
    text = "Bug ID;Headline;Found on;Phase\n1;Не проходит оплата;2024-03-13;Live\n"
    job = looked_through(client, text.encode("cp1251"), team=team)
    others = [codec for codec, _ in job.survey["encodings"] if codec != job.shape["encoding"]]
    assert others
    match(client, job, encoding=others[0])
    work()
    job.refresh_from_db()
    assert (job.phase, job.shape["encoding"]) == ("look", others[0])


def test_of_many_teams_one_is_typed_and_not_listed_beside_every_word(client):
    admin = make_user(admin=True)
    client.force_login(admin)
    Team.objects.bulk_create(Team(name=f"Team {number}", slug=f"team-{number}", key=f"T{number}") for number in range(60))
    words = "".join(f"{number},A,2024-03-01,Squad {number}\n" for number in range(30))
    job = looked_through(client, "external_id,title,found_at,team\n" + words)
    client.post(reverse("integrations:import_match", args=[job.pk]), {"again": "1", "tool": "defects/spreadsheet"})
    text = page(client, job).text
    assert text.count('value="team-7"') < 5
    names = [f"Squad {number}" for number in range(30)]
    match(client, job, **{"word-team": names, "means-team": ["team-7"] * 30})
    work()
    job.refresh_from_db()
    assert job.result["created"] == 30, job.result["faults"]


def test_a_mapping_is_saved_used_again_exported_and_deleted(client, team, manager):
    checked(client, OWN, team=team, matched={"all-status": "closed", "save_as": "Our sheet"})
    saved = SavedMapping.objects.get()
    assert (saved.name, saved.owner) == ("Our sheet", manager)
    again = looked_through(client, OWN.replace("1;", "9;"), team=team, mapping=saved.pk)
    assert again.plan == saved.plan
    text = client.get(reverse("integrations:mapping_yaml", args=[saved.pk])).text
    assert "status: closed" in text
    answer = client.post(reverse("integrations:mapping_new"), {"name": "Copy", "text": text})
    assert answer.status_code == 302
    assert SavedMapping.objects.get(name="Copy").plan == saved.plan
    assert client.post(reverse("integrations:mapping_new"), {"name": "Bad", "text": "kind: cats"}).status_code == 422
    client.post(reverse("integrations:mapping_delete", args=[saved.pk]))
    assert not SavedMapping.objects.filter(name="Our sheet").exists()


def test_a_mapping_that_does_not_fit_is_said_and_guessed_anew(client, team, manager):
    saved = SavedMapping.keep("Old", manager, Plan("defects", columns={"title": ("Gone",), "external_id": ("Bug ID",)}))
    job = looked_through(client, OWN, team=team, mapping=saved.pk)
    assert "The mapping you chose doesn&#x27;t fit this file" in page(client, job).text
    assert job.plan["columns"]["title"] == ["Headline"]


def test_mappings_of_others_are_as_if_they_were_not_there(client, team, manager):
    others = SavedMapping.keep("Theirs", make_user(), Plan("defects"))
    for_all = SavedMapping.keep("Everybody's", None, Plan("defects"))
    text = client.get(reverse("integrations:import_list")).text
    assert "Theirs" not in text
    assert "Everybody&#x27;s" in text
    assert client.get(reverse("integrations:mapping_yaml", args=[others.pk])).status_code == 404
    assert client.get(reverse("integrations:mapping_yaml", args=[for_all.pk])).status_code == 200
    assert client.post(reverse("integrations:mapping_delete", args=[for_all.pk])).status_code == 404
    assert send(client, OWN, mapping=others.pk).status_code == 422


def test_an_empty_table_to_start_with(client, manager):
    answer = client.get(reverse("integrations:template", args=["defects"]))
    assert answer.content.decode("utf-8-sig").startswith('"external_id","title","found_at"')
    assert client.get(reverse("integrations:template", args=["cats"])).status_code == 404


def test_the_team_may_come_from_the_file_only_if_it_has_the_column(client, team, manager):
    response = match(client, looked_through(client, GOOD), team=None)
    assert response.status_code == 422
    assert "no column for the team" in response.context["form"].errors["team"][0]


def test_a_manager_reaches_only_own_teams(client, team, manager):
    make_team(name="Search", slug="search", members_only=True)
    text = "external_id,title,found_at,team\n1,A,2024-03-01,Payments\n2,B,2024-03-01,Search\n3,C,2024-03-01,Nowhere\n"
    job = checked(client, text)
    assert job.result["created"] == 1
    assert [sentence for _, _, sentence in job.result["errors"]] == [
        "There is no team “Search” you can import into.",
        "There is no team “Nowhere” you can import into.",
    ]


def test_a_manager_cannot_choose_another_team_or_make_one(client, team, manager):
    assert send(client, GOOD, team=make_team()).status_code == 422
    text = "external_id,title,found_at,team\n1,A,2024-03-01,New\n"
    checked(client, text, matched={"create_teams": "on"})
    assert Team.objects.filter(name="New").count() == 0
    assert ImportJob.objects.get().result["failed"] == 1


def test_an_admin_may_make_teams(client):
    client.force_login(make_user(admin=True))
    job = checked(client, "external_id,title,found_at,team\n1,A,2024-03-01,New\n", matched={"create_teams": "on"})
    assert "New teams: New." in page(client, job).text
    start(client, job)
    assert Defect.objects.get().team.name == "New"


def test_rights_are_read_again_when_the_work_is_done(client, team, manager):
    job = checked(client, GOOD, team=team)
    manager.memberships.all().delete()
    join(manager, make_team(), Role.MANAGER)
    start(client, job)
    assert job.error == "You can't import into the team Payments."
    assert not Defect.objects.exists()


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.TRAINEE])
def test_who_manages_nothing_imports_nothing(client, team, role):
    client.force_login(make_member(team=team, role=role))
    assert client.get(reverse("integrations:import_list")).status_code == 403
    assert client.get(reverse("integrations:import_new")).status_code == 403
    assert send(client, GOOD, team=team).status_code == 403


def test_a_job_of_another_person_is_not_there(client, team, manager):
    job = checked(client, ONE_WRONG, team=team)
    for other in (make_member(team=team, role=Role.MANAGER), make_user(admin=True)):
        client.force_login(other)
        assert page(client, job).status_code == 404
        assert client.get(reverse("integrations:import_failed", args=[job.pk])).status_code == 404
        for name in ("import_start", "import_undo", "import_discard"):
            assert client.post(reverse(f"integrations:{name}", args=[job.pk])).status_code == 404
        assert "export.csv" not in client.get(reverse("integrations:import_list")).text
    client.logout()
    assert page(client, job).status_code == 302


def test_writes_need_a_post(client, team, manager):
    job = checked(client, GOOD, team=team)
    for name in ("import_start", "import_undo", "import_discard"):
        assert client.get(reverse(f"integrations:{name}", args=[job.pk])).status_code == 405


def test_files_are_kept_under_a_name_nobody_can_guess_and_go_away(client, team, manager, files):
    job = checked(client, GOOD, team=team, name="../../évil\u202e.csv")
    path = Path(job.file.path)
    assert path.parent == files
    assert len(path.stem) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    ImportJob.objects.update(created_at=timezone.now() - ImportJob.FILE_KEPT_FOR - timedelta(hours=1))
    forget_old_files()
    assert not path.exists()
    job.refresh_from_db()
    assert not job.can_start
    assert "Import 2 rows" not in page(client, job).text


def test_the_file_goes_after_a_clean_import(client, team, manager, files, django_capture_on_commit_callbacks):
    job = checked(client, GOOD, team=team)
    client.post(reverse("integrations:import_start", args=[job.pk]))
    with django_capture_on_commit_callbacks(execute=True):
        work()
    assert list(files.iterdir()) == []


def test_discarding(client, team, manager, files):
    job = checked(client, GOOD, team=team)
    response = client.post(reverse("integrations:import_discard", args=[job.pk]), follow=True)
    assert "File removed" in response.text
    assert list(files.iterdir()) == []
    assert not ImportJob.objects.exists()


def test_work_in_hand_is_not_discarded(client, team, manager):
    send(client, GOOD, team=team)
    client.post(reverse("integrations:import_discard", args=[ImportJob.objects.get().pk]))
    assert ImportJob.objects.exists()


def test_markup_in_cells_stays_text(client, team, manager):
    text = "external_id,title,found_at,<script>x</script>\n1,<script>alert(1)</script>,2024-03-01,\n2,x,<b>,\n"
    job = checked(client, text, team=team, name="<img src=x>.csv")
    shown = page(client, job).text
    assert "<script>alert" not in shown
    assert "<script>x" not in shown
    assert "<img src=x>" not in shown
    assert "&lt;b&gt;" in shown


def test_the_list(client, team, manager):
    assert "No files yet" in client.get(reverse("integrations:import_list")).text
    checked(client, GOOD, team=team)
    text = client.get(reverse("integrations:import_list")).text
    assert "export.csv" in text
    assert "Waiting for you" in text


def test_a_file_whose_row_cannot_be_made_does_not_stay(manager, files):
    with pytest.raises(DataError), transaction.atomic():
        ImportJob.upload(SimpleUploadedFile("a.csv", b"a,b\n"), file_name="a" * 201, requested_by=make_user())
    assert list(files.iterdir()) == []


def test_half_a_file_on_a_full_disk_does_not_stay(manager, files):
    class Full(SimpleUploadedFile):
        def chunks(self, chunk_size=None):
            yield b"a,b\n"
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        ImportJob.upload(Full("a.csv", b"a,b\n"), file_name="a.csv", requested_by=make_user())
    assert list(files.iterdir()) == []
    assert not ImportJob.objects.exists()


def test_a_full_disk_is_said(client, team, manager, files, monkeypatch):
    def full(self, name, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    answer = send(client, GOOD, team=team)
    assert answer.status_code == 507
    assert "The portal’s disk is full, so nothing was saved." in answer.text


def test_files_that_no_row_names_are_removed_after_a_day(client, team, manager, files):
    job = checked(client, GOOD, team=team)
    old, new = files / "old.csv", files / "new.csv"
    for path, hours in ((old, 25), (new, 23)):
        path.write_text("x")
        moment = (timezone.now() - timedelta(hours=hours)).timestamp()
        os.utime(path, (moment, moment))
    forget_old_files()
    assert {path.name for path in files.iterdir()} == {"new.csv", Path(job.file.name).name}
