"""A record that a text names is a link, to people who may see it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from incidents.models import Incident
from notifications.models import Notification
from qmportal.lib.references import Links
from records.models import BulkEdit
from tests.factories import (
    NOON,
    make_action,
    make_change,
    make_defect,
    make_deployment,
    make_incident,
    make_member,
    make_review,
    make_team,
    make_test_run,
)

pytestmark = pytest.mark.django_db

THEIRS = "SEC-INC-1"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(client, team):
    ann = make_member(team=team, name="Ann", email="ann@example.com")
    client.force_login(ann)
    return ann


@pytest.fixture
def seen(team):
    """Two incidents: one that Ann may see, and one that she may not."""
    make_incident(team=make_team(key="SEC", members_only=True))
    return make_incident(team=team, title="Cards refused").reference


def links(page):
    """The addresses behind references of the page's own text, by reference."""
    main = page.partition("<main")[2]
    return {name: url for url, name in re.findall(r'<a href="([^"]*)"[^>]*>([A-Z]+-[A-Z]+-\d+)</a>', main)}


def names(seen):
    return f"Like {seen} and {THEIRS}."


def test_every_kind_of_record_is_linked(ann, team):
    rows = [
        make_incident(team=team),
        make_defect(team=team),
        make_action(team=team),
        make_change(team=team),
        make_deployment(team=team),
        make_test_run(team=team),
    ]
    text = " ".join(row.reference for row in rows)
    assert Links(ann).of(text) == {row.reference: row.get_absolute_url() for row in rows}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It was PAY-INC-1, again.", 1),
        ("(PAY-INC-1)\nPAY-INC-1", 2),
        ("PAY-INC-12 and PAY-INC-1x and XPAY-INC-1 and pay-inc-1", 0),
        ("https://elsewhere.example/PAY-INC-1", 0),
        ("cut off at PAY-INC-1…", 0),
        ("<b>PAY-INC-1</b>", 1),
    ],
)
def test_only_whole_references_are_linked(ann, seen, text, number):
    html = str(Links(ann).plain(text))
    assert html.count(f'<a href="/incidents/{seen}/">{seen}</a>') == html.count("<a ") == number
    assert "<b>" not in html


def test_markdown_keeps_code_and_links_of_the_writer(ann, seen):
    text = f"**{seen}** `{seen}` [see {seen}](https://a.example) https://b.example/{seen}"
    html = str(Links(ann).markdown(text))
    assert re.findall(r'href="([^"]*)"', html) == [f"/incidents/{seen}/", "https://a.example", f"https://b.example/{seen}"]
    assert f"<code>{seen}</code>" in html


def test_many_texts_take_one_query_for_each_kind(ann, team, django_assert_num_queries):
    incidents = [make_incident(team=team).reference for _ in range(5)]
    defects = [make_defect(team=team).reference for _ in range(5)]
    assert ann.reach_of_rows
    with django_assert_num_queries(2):
        known = Links(ann, [*incidents, *defects])
        assert all(known.of(text) for text in [*incidents, *defects])
    with django_assert_num_queries(0):
        assert not known.of("No reference here, and INC-1 is none.")


def test_an_action_that_did_not_work_links_what_came_back(client, ann, team):
    before = make_incident(team=team, restored_at=NOON + timedelta(hours=1))
    action = make_action(team=team, incident=before, owner=ann, status="done", closed_at=NOON + timedelta(days=1))
    again = make_incident(team=team, detected_at=NOON + timedelta(days=8), recurrence_of=before)
    action.check_effect(NOON + timedelta(days=40))
    assert again.reference in action.status_reason
    inbox = client.get(reverse("notifications:list")).text
    for page in (client.get(action.get_absolute_url()).text, inbox):
        assert links(page)[again.reference] == again.get_absolute_url()
    assert links(inbox)[action.reference] == action.get_absolute_url()


def pages_with_texts(client, ann, team, text):
    """The pages that show what people wrote, each with this text."""
    incident = make_incident(team=team, summary=text, root_cause=text)
    client.post(reverse("incidents:note", args=[incident.reference]), {"kind": "note", "text": text})
    yield "timeline", incident.get_absolute_url()
    yield "defect", make_defect(team=team, steps=text).get_absolute_url()
    yield "action", make_action(team=team, details=text).get_absolute_url()
    review = make_review(incident)
    review.comments.create(author=ann, text=text, at=NOON)
    yield "review", review.get_absolute_url()
    Notification.objects.tell(ann, key="a", kind="action", subject="Look", body=text, url="/")
    yield "inbox", reverse("notifications:list")
    yield "history", f"{incident.get_absolute_url()}history/"


def test_pages_link_what_the_reader_may_see_and_nothing_else(client, ann, team, seen):
    for name, url in pages_with_texts(client, ann, team, names(seen)):
        if name == "history":
            Incident.objects.filter(summary=names(seen)).update(summary=names(seen) + " Changed.")
        page = client.get(url).text
        assert links(page).get(seen) == f"/incidents/{seen}/", name
        assert THEIRS in page, name
        assert THEIRS not in links(page), name


def test_skipped_records_of_an_edit_of_many_are_linked(client, ann, seen):
    result = {"done": 0, "skipped": {"Not possible now.": [seen]}}
    edit = BulkEdit.objects.create(requested_by=ann, ids=[], model="incidents.Incident", reason=f"As {seen}", result=result)
    page = client.get(reverse("incidents:bulk_result", args=[edit.pk])).text
    assert page.count(f'<a href="/incidents/{seen}/">{seen}</a>') == 2
