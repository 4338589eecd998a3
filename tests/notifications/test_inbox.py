"""The inbox: rows first, mail by a worker, read when opened."""

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Mail, Notification
from tests.factories import NOON, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    user = make_user(email="ann@example.com", name="Ann")
    client.force_login(user)
    return user


def tell(user, key="a", **fields):
    return Notification.objects.tell(user, key=key, kind="training", **{"subject": "Something new", **fields})


def test_the_same_key_tells_once(reader):
    tell(reader)
    tell(reader, subject="Again")
    assert [told.subject for told in Notification.objects.all()] == ["Something new"]
    assert Mail.objects.count() == 1


def test_mail_follows_with_the_address(reader):
    Mail.perform(tell(reader, body="Three parts", url="/training/mine/").mail.pk)
    assert mail.outbox[0].to == ["ann@example.com"]
    assert "Three parts" in mail.outbox[0].body
    assert mail.outbox[0].body.endswith("/training/mine/")


def test_a_subject_is_one_line_that_fits(reader):
    told = tell(reader, subject="Name\r\nBcc: eve@example.com " + "x" * 300)
    assert "\n" not in told.subject
    Mail.perform(told.mail.pk)
    assert Mail.objects.get().state == Mail.State.DONE


def test_nobody_who_left_gets_mail(reader):
    reader.is_active = False
    tell(reader)
    assert not Mail.objects.exists()


def test_unread_come_first(client, reader):
    tell(reader, "old", subject="Old and unread")
    tell(reader, "new", subject="New and read").mark_read(NOON)
    page = client.get("/inbox/").content.decode()
    assert page.index("Old and unread") < page.index("New and read")
    assert "1 unread" in page


def test_opening_marks_as_read_and_leads_on(client, reader):
    told = tell(reader, url="/training/mine/")
    answer = client.get(f"/inbox/{told.pk}/")
    assert answer.url == "/training/mine/"
    told.refresh_from_db()
    assert told.read_at


def test_all_can_be_marked_as_read_but_only_mine(client, reader):
    tell(reader)
    other = tell(make_user())
    client.post("/inbox/read/")
    assert not Notification.objects.unread().filter(user=reader).exists()
    assert Notification.objects.unread().get() == other


def test_what_others_were_told_is_hidden(client, reader):
    other = tell(make_user(), subject="For somebody else")
    assert client.get(f"/inbox/{other.pk}/").status_code == 404
    assert "For somebody else" not in client.get("/inbox/").content.decode()


def test_the_bell_counts_on_every_page_without_a_query_of_its_own(client, reader):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/help/")
        return len(captured)

    assert "Inbox&quot;" not in client.get("/help/").content.decode()
    before = queries()
    tell(reader)
    assert "Inbox, 1 unread" in client.get("/help/").content.decode()
    assert queries() == before


def test_text_of_a_notification_is_not_run(client, reader):
    tell(reader, body="<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/inbox/").content.decode()
