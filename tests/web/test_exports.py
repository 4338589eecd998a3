"""Long exports beside people who work: no row twice, none missing, no connection kept, and not all threads taken."""

import csv
import io

import pytest
from django.conf import settings

from defects.models import Defect
from pipeline.models import Change
from qmportal.lib import batches
from tests.factories import NOON, make_change, make_defect, make_member, make_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_team(slug="pay", key="PAY")


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(batches, "ROWS", 2)


def rows_of(text):
    return [row["title"] for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff")))]


def test_changes_too_are_read_in_batches(client, team):
    """A client that reads slowly holds no query open, and a pooler may give each batch another connection."""
    for number in range(5):
        make_change(team=team, title=f"change {number}")
    client.force_login(make_member(team=team))
    parts = iter(client.get("/changes/?format=csv&sort=title"))
    text = next(parts).decode() + next(parts).decode()
    Change.objects.filter(title="change 4").delete()
    assert rows_of(text + b"".join(parts).decode()) == [f"change {number}" for number in range(4)]


def test_rows_that_change_meanwhile_come_once_and_in_order(client, team):
    defects = [make_defect(team=team, title=f"defect {number}") for number in range(7)]
    client.force_login(make_member(team=team))
    parts = iter(client.get("/defects/?format=csv&sort=title"))
    text = next(parts).decode() + next(parts).decode()
    Defect.objects.filter(pk=defects[0].pk).update(title="zzz")  # would come again at the end
    Defect.objects.filter(pk=defects[6].pk).update(title="aaa")  # would be skipped
    Defect.objects.filter(pk=defects[5].pk).update(deleted_at=NOON)
    text += b"".join(parts).decode()
    titles = rows_of(text)
    assert len(titles) == 6
    assert titles[:3] == ["defect 0", "defect 1", "defect 2"]


def test_only_some_exports_at_once_and_pages_go_on(client, team):
    make_defect(team=team)
    client.force_login(make_member(team=team))
    running = [client.get("/defects/?format=csv") for _ in range(settings.EXPORTS_AT_ONCE)]
    refused = client.get("/incidents/?format=csv")
    assert refused.status_code == 503
    assert "Several large files are being downloaded" in refused.text
    assert client.get("/defects/").status_code == 200
    for each in running:
        b"".join(each)
    assert client.get("/incidents/?format=csv").status_code == 200


def test_a_head_request_takes_no_place_for_good(client, team):
    client.force_login(make_member(team=team))
    for _ in range(settings.EXPORTS_AT_ONCE + 1):
        answer = client.head("/defects/?format=csv")
        assert answer.status_code == 200
        assert b"".join(answer) == b""
