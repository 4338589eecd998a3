"""A large file arrives in pieces: where the next one starts, what is refused, and what is left of it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from integrations.models import ImportJob, Upload
from integrations.tasks import forget_old_files
from teams.models import Role
from tests.factories import join, make_member, make_team, make_user

pytestmark = pytest.mark.django_db

FILE = b"external_id,title,found_at,stage_found\n1,The total is wrong,2024-03-01T10:00Z,ci\n"
NEW = reverse("integrations:import_new")


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    return tmp_path / "imports"


@pytest.fixture
def manager(client):
    manager = make_member(team=make_team(slug="payments"), role=Role.MANAGER)
    client.force_login(manager)
    return manager


def begin(client, file=FILE, **other):
    return client.post(reverse("integrations:upload_new"), {"name": "a.csv", "size": len(file), "modified": 5} | other)


def patch(client, address, offset, piece):
    headers = {} if offset is None else {"Upload-Offset": str(offset)}
    return client.patch(address, piece, content_type="application/offset+octet-stream", headers=headers)


def sent(client, file=FILE):
    """The token of a file that has arrived in two pieces."""
    found = begin(client, file).json()
    patch(client, found["address"], 0, file[:10])
    assert patch(client, found["address"], 10, file[10:]).status_code == 204
    return found["token"]


def test_pieces_become_an_import(client, manager, files):
    response = client.post(NEW, {"upload": sent(client), "team": "payments"})
    job = ImportJob.objects.get()
    assert response["Location"] == job.get_absolute_url()
    assert (job.file_name, job.size, job.requested_by, job.file.read()) == ("a.csv", len(FILE), manager, FILE)
    assert not Upload.objects.exists()
    assert len(list(files.iterdir())) == 1
    assert next(files.iterdir()).stat().st_mode & 0o777 == 0o600


def test_the_same_file_continues_where_it_stopped(client, manager):
    address = begin(client).json()["address"]
    assert patch(client, address, 0, FILE[:7]).headers["Upload-Offset"] == "7"
    again = begin(client)
    assert (again.json()["address"], again.headers["Upload-Offset"]) == (address, "7")
    head = client.head(address)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("7", str(len(FILE)))
    assert "a.csv" in client.get(NEW).text
    for other in ({"modified": 6}, {"size": 70}, {"name": "b.csv"}):
        assert begin(client, **other).json()["address"] != address


@pytest.mark.parametrize("offset", [0, 3, 8, 10**14])
def test_a_piece_at_another_place_is_a_conflict_and_changes_nothing(client, manager, offset):
    address = begin(client).json()["address"]
    patch(client, address, 0, FILE[:7])
    answer = patch(client, address, offset, b"xyz")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "7")
    patch(client, address, 7, FILE[7:])
    assert Upload.objects.get().file.read() == FILE


def test_more_than_was_announced_is_a_conflict(client, manager):
    address = begin(client).json()["address"]
    assert patch(client, address, 0, FILE + b"x").status_code == 409
    assert Upload.objects.get().received == 0
    with pytest.raises(IntegrityError), transaction.atomic():
        Upload.objects.update(received=1000)


def test_what_an_interrupted_request_wrote_is_written_again(client, manager):
    address = begin(client).json()["address"]
    patch(client, address, 0, FILE[:7])
    with open(Upload.objects.get().file.path, "ab") as file:
        file.write(b"half a piece, longer than the rest of the file " * 9)
    patch(client, address, 7, FILE[7:])
    assert Upload.objects.get().file.read() == FILE


@pytest.mark.parametrize("offset", [None, "", "-1", "1.0", "١", "9" * 20])
def test_an_odd_offset_is_refused(client, manager, offset):
    answer = patch(client, begin(client).json()["address"], offset, b"a")
    assert answer.status_code == 400


@pytest.mark.parametrize("other", [{"size": 0}, {"size": ""}, {"size": 201 * 2**20}, {"modified": "x"}, {"name": ""}])
def test_an_odd_file_is_refused(client, manager, other):
    answer = begin(client, **other)
    assert answer.status_code == 422
    assert answer.json()["problem"]
    assert not Upload.objects.exists()


def test_room_is_kept(client, manager, settings, files):
    settings.IMPORT_MAX_BYTES_KEPT = len(FILE) + 10
    assert begin(client).status_code == 200
    assert "more than 0 MB" in begin(client, name="b.csv").json()["problem"]
    settings.IMPORT_MAX_BYTES_KEPT = 2**30
    for number in range(Upload.MOST):
        begin(client, name=f"{number}.csv")
    assert Upload.objects.count() == Upload.MOST == len(list(files.iterdir()))
    assert not Upload.objects.filter(name="a.csv").exists()  # the one that rested longest


def test_rights_are_checked_at_every_step(client, manager):
    token = begin(client).json()["token"]
    address = reverse("integrations:upload", args=[token])
    manager.memberships.all().delete()
    for answer in (begin(client), client.head(address), patch(client, address, 0, FILE), client.delete(address)):
        assert answer.status_code == 403
    assert client.post(NEW, {"upload": token}).status_code == 403
    assert Upload.objects.get().received == 0


def test_nobody_else_finds_it(client, manager):
    token = sent(client)
    other = make_user()
    join(other, manager.memberships.get().team, Role.MANAGER)
    client.force_login(other)
    address = reverse("integrations:upload", args=[token])
    for answer in (client.head(address), patch(client, address, 0, b"a"), client.delete(address)):
        assert answer.status_code == 404
    assert client.post(NEW, {"upload": token}).status_code == 422
    assert Upload.objects.get().is_complete


def test_half_a_file_is_no_import(client, manager):
    found = begin(client).json()
    patch(client, found["address"], 0, FILE[:7])
    response = client.post(NEW, {"upload": found["token"]})
    assert response.status_code == 422
    assert "The upload was interrupted. Choose the same file to continue." in response.text


def test_a_second_click_makes_no_second_import(client, manager):
    token = sent(client)
    client.post(NEW, {"upload": token})
    assert client.post(NEW, {"upload": token}).status_code == 422
    assert ImportJob.objects.count() == 1


def test_a_file_that_cannot_be_read_does_not_stay(client, manager, files):
    response = client.post(NEW, {"upload": sent(client, b"%PDF-1.7 and so on")})
    assert response.status_code == 422
    assert "This is a PDF." in response.text
    assert not Upload.objects.exists()
    assert not list(files.iterdir())


def test_a_wrong_answer_elsewhere_in_the_form_keeps_the_file(client, manager):
    token = sent(client)
    response = client.post(NEW, {"upload": token, "team": "nowhere"})
    assert response.status_code == 422
    assert token in response.text
    assert Upload.objects.exists()


def test_cancelled_and_forgotten_uploads_leave_no_file(client, manager, files):
    address = begin(client).json()["address"]
    assert client.delete(address).status_code == 204
    assert not list(files.iterdir())
    begin(client)
    begin(client, name="b.csv")
    Upload.objects.filter(name="a.csv").update(touched_at=timezone.now() - timedelta(hours=25))
    forget_old_files()
    assert [upload.name for upload in Upload.objects.all()] == ["b.csv"]
    assert len(list(files.iterdir())) == 1
