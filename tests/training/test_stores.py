"""Learning record stores: results become rows with the attempt, and a worker sends them until the store has them."""

import base64
import json
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from qmportal.lib.history import events_of
from qmportal.lib.outside import Unfetchable
from qmportal.lib.sealing import Unsealable, seal, unseal
from tests.factories import make_member, make_team, make_user
from tests.lib.test_outside import HOME
from tests.training.test_certificates import BEST, WORST, play
from training.models import RecordStore, Statement
from training.statements import Writer
from training.tasks import forget_results, send_results

pytestmark = pytest.mark.django_db


class FakeStore:
    """Keeps statements by id, as the specification asks. `answers`: statuses to give instead, one for each request."""

    def __init__(self) -> None:
        self.statements: dict[str, dict] = {}
        self.requests: list[tuple[str, dict, list]] = []
        self.answers: list[int] = []
        self.hated = ""
        self.url = ""

    def take(self, path, headers, documents):
        self.requests.append((path, headers, documents))
        if self.answers:
            return self.answers.pop(0)
        if any(self.hated and self.hated in each["verb"]["id"] for each in documents):
            return 400
        self.statements |= {each["id"]: each for each in documents}
        return 200


@contextmanager
def running(store):
    def do_POST(handler):
        raw = handler.rfile.read(int(handler.headers["Content-Length"]))
        handler.send_response(store.take(handler.path, dict(handler.headers), json.loads(raw)))
        handler.end_headers()

    names = {"do_POST": do_POST, "log_message": lambda *_: None}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), names)) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        store.url = f"http://127.0.0.1:{server.server_port}/xapi"
        yield store
        server.shutdown()


@pytest.fixture
def lrs(settings):
    settings.FETCH_NETWORKS = HOME
    with running(FakeStore()) as store:
        yield store


@pytest.fixture
def connected(lrs):
    row = RecordStore(name="Records", url=lrs.url, username="key", state=RecordStore.State.DONE)
    row.set_password("s3cret phrase")
    row.save()
    return row


@pytest.fixture
def ann():
    return make_member(team=make_team(), name="Ann", email="ann@example.com")


def work(row):
    RecordStore.perform(row.pk)
    row.refresh_from_db()
    return row


def again(row):
    """The time of the next attempt has come."""
    RecordStore.objects.filter(pk=row.pk).update(run_after=timezone.now())
    return work(row)


def test_a_result_is_a_row_first_and_then_in_the_store(lrs, connected, ann, zero_bug, settings):
    attempt = play(ann, zero_bug, BEST, timezone.now())
    assert Statement.objects.waiting().count() == 2
    assert lrs.requests == []
    assert work(connected).state == "done"
    [(path, headers, documents)] = lrs.requests
    assert (path, headers["X-Experience-API-Version"]) == ("/xapi/statements", "1.0.3")
    assert headers["Authorization"] == f"Basic {base64.b64encode(b'key:s3cret phrase').decode()}"
    writer = Writer(settings.SITE_URL)
    assert documents == list(writer.statements(attempt))
    assert "ann@example.com" not in json.dumps(documents)
    assert not Statement.objects.waiting().exists()
    assert connected.last_sent_at


def test_sending_again_changes_nothing_in_the_store(lrs, connected, ann, zero_bug):
    play(ann, zero_bug, BEST, timezone.now())
    work(connected)
    before = dict(lrs.statements)
    Statement.objects.update(sent_at=None)  # the answer was lost, so the portal does not know
    connected.queue(timezone.now())
    work(connected)
    assert len(lrs.requests) == 2
    assert lrs.statements == before


def test_a_store_works_for_years(lrs, connected, ann, zero_bug):
    RecordStore.objects.update(attempts=32_767)  # as many as the column holds
    play(ann, zero_bug, BEST, timezone.now())
    assert work(connected).state == "done"
    assert len(lrs.statements) == 2


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_store_that_is_down_gets_them_later(lrs, connected, ann, zero_bug, status):
    play(ann, zero_bug, WORST, timezone.now())
    lrs.answers = [status]
    with pytest.raises(Unfetchable):
        RecordStore.perform(connected.pk)
    connected.refresh_from_db()
    assert (connected.state, connected.problem) == ("queued", f"The server answered with status {status}.")
    assert connected.run_after > timezone.now()
    assert Statement.objects.waiting().count() == 2
    assert again(connected).state == "done"
    assert {each["verb"]["display"]["en"] for each in lrs.statements.values()} == {"completed", "failed"}


def test_after_all_retries_it_goes_on_trying_while_something_waits(lrs, connected, ann, zero_bug):
    play(ann, zero_bug, BEST, timezone.now())
    now = timezone.now()
    RecordStore.objects.update(state="failed", failures=5, error="Unfetchable: Down.", finished_at=now)
    send_results()
    connected.refresh_from_db()
    assert connected.state == "failed"
    RecordStore.objects.update(finished_at=now - timedelta(minutes=16))
    send_results()
    assert work(connected).state == "done"
    assert len(lrs.statements) == 2


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "refused the user name or password"), (404, "no xAPI service"), (302, "no xAPI service")],
)
def test_wrong_credentials_and_addresses_are_said_at_once(lrs, connected, ann, zero_bug, client, status, words):
    play(ann, zero_bug, BEST, timezone.now())
    lrs.answers = [status]
    assert work(connected).state == "failed"
    client.force_login(make_user(admin=True))
    page = client.get("/training/connections/").text
    assert words in page
    assert "s3cret" not in page
    assert Statement.objects.waiting().count() == 2
    client.post(f"/training/connections/stores/{connected.pk}/send/")
    assert work(connected).problem == ""
    assert len(lrs.statements) == 2


def test_one_refused_statement_does_not_hold_up_the_others(lrs, connected, ann, zero_bug):
    play(ann, zero_bug, BEST, timezone.now())
    lrs.hated = "completed"
    assert work(connected).state == "done"
    assert [each["verb"]["display"]["en"] for each in lrs.statements.values()] == ["passed"]
    assert [each.refusal for each in Statement.objects.exclude(refusal="")] == ["The store refused it with status 400."]


def test_the_own_network_is_never_asked(lrs, connected, ann, zero_bug, settings):
    settings.FETCH_NETWORKS = []
    play(ann, zero_bug, BEST, timezone.now())
    with pytest.raises(Unfetchable, match="private network"):
        RecordStore.perform(connected.pk)
    assert lrs.requests == []


def test_a_store_that_is_off_gets_nothing(lrs, connected, ann, zero_bug):
    RecordStore.objects.update(is_active=False)
    play(ann, zero_bug, BEST, timezone.now())
    assert not Statement.objects.exists()


def test_a_command_sends_earlier_results_once(lrs, ann, zero_bug, monkeypatch):
    play(ann, zero_bug, WORST, timezone.now())
    monkeypatch.setenv("SITE_URL", "http://127.0.0.1:8000")
    with pytest.raises(CommandError, match="No learning record store"):
        call_command("push_xapi")
    RecordStore.objects.create(name="Records", url=lrs.url, mailto=True)
    for _ in range(2):
        out = StringIO()
        call_command("push_xapi", "--since", "2026-01-01", stdout=out)
        assert out.getvalue() == "Records: 2 sent, 0 waiting, 0 refused.\n"
    assert len(lrs.requests) == 1
    assert {each["actor"]["mbox"] for each in lrs.statements.values()} == {"mailto:ann@example.com"}
    monkeypatch.delenv("SITE_URL")
    with pytest.raises(CommandError, match="SITE_URL"):
        call_command("push_xapi")


def test_what_was_sent_long_ago_is_forgotten(lrs, connected, ann, zero_bug):
    play(ann, zero_bug, BEST, timezone.now())
    work(connected)
    forget_results()
    assert Statement.objects.count() == 2
    Statement.objects.update(sent_at=timezone.now() - timedelta(days=91))
    forget_results()
    assert not Statement.objects.exists()


# ---- Pages and the password --------------------------------------------------------------------------------------------


def test_an_admin_connects_a_store_and_its_password_is_kept_encrypted(client):
    client.force_login(make_user(admin=True))
    fields = {
        "name": "Records",
        "url": "https://lrs.example/xapi/statements/",
        "username": "key",
        "password": " p ",
        "is_active": "on",
    }
    assert client.post("/training/connections/stores/new/", fields).status_code == 302
    store = RecordStore.objects.get()
    assert (store.url, store.state) == ("https://lrs.example/xapi", "queued")
    assert " p " not in store.password
    assert unseal(store.password) == " p "
    assert "password" not in {field.name for field in events_of(RecordStore)._meta.get_fields()}
    page = client.get(store.get_absolute_url()).text
    assert store.password not in page
    address = store.get_absolute_url()
    client.post(address, fields | {"password": "", "name": "Renamed"})
    store.refresh_from_db()
    assert (store.name, unseal(store.password)) == ("Renamed", " p ")
    moved = client.post(address, fields | {"password": "", "url": "https://other.example/xapi"})
    assert "Enter the password again" in moved.text
    client.post(f"{address}delete/")
    assert not RecordStore.objects.exists()


@pytest.mark.parametrize(
    "url",
    ["http://lrs.example/xapi", "ftp://lrs.example", "https://a:b@lrs.example/", "https://lrs.example/?x=1", "lrs.example"],
)
def test_other_addresses_are_refused(client, url):
    client.force_login(make_user(admin=True))
    answer = client.post("/training/connections/stores/new/", {"name": "Records", "url": url})
    assert answer.status_code == 422
    assert not RecordStore.objects.exists()


def test_a_secret_survives_a_change_of_the_key_only_with_the_old_one(settings):
    sealed = seal("word")
    old = settings.SECRET_KEY
    settings.SECRET_KEY = "another-key-with-enough-different-characters"
    with pytest.raises(Unsealable, match="SECRET_KEY has changed"):
        unseal(sealed)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(sealed) == "word"
