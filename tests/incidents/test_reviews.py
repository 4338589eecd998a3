"""Reviews: started from an incident, with causes, comments and a reviewer; published; exported."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from incidents.models import Cause, Comment, Review, ReviewPolicy, ReviewTemplate
from incidents.models.review import branches
from notifications.models import Notification
from teams.models import AccessToken, Role
from tests.factories import NOON, make_action, make_incident, make_member, make_review, make_team, severity

pytestmark = pytest.mark.django_db

PAGE = "/reviews/PAY-INC-1/"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def ann(client, team):
    ann = make_member(team=team, name="Ann Berg", email="ann@example.com")
    client.force_login(ann)
    return ann


@pytest.fixture
def bob(team):
    return make_member(team=team, name="Bob", email="bob@example.com")


@pytest.fixture
def incident(team):
    return make_incident(
        team=team,
        summary="Cards were refused.",
        customer_impacted=True,
        customer_impact="5% of payments failed.",
        started_at=NOON - timedelta(minutes=5),
        restored_at=NOON + timedelta(hours=1),
    )


def sections(review, **fields):
    return {"summary": review.summary, "due_on": "2026-03-09", "version": review.version} | fields


@pytest.mark.parametrize(("key", "due"), [("SEV1", 5), ("SEV2", 7), ("SEV3", 12)])
def test_it_is_filled_in_from_the_incident_and_due_by_severity(client, ann, incident, key, due):
    incident.severity = severity(key)
    incident.save()
    assert "Start the review" in client.get(incident.get_absolute_url()).text
    assert client.post(f"{PAGE}start/")["Location"] == PAGE
    review = Review.objects.get()
    assert (review.summary, review.impact) == ("Cards were refused.", "5% of payments failed.")
    assert (review.author, review.due_on, review.status) == (ann, date(2026, 3, due), "draft")
    page = client.get(PAGE).text
    for words in ("Cards were refused.", "1 h 5 min", "Impact began", "Restored"):
        assert words in page
    client.post(f"{PAGE}start/")
    assert Review.objects.count() == 1


def test_an_empty_review_leads_to_where_it_is_written(client, ann, incident):
    make_review(incident, author=ann)
    assert f'<a href="{PAGE}edit/">Write what happened</a>' in client.get(PAGE).text


def test_the_closest_template_gives_the_first_text(client, ann, team, incident):
    for lessons, fields in (
        ("Any", {}),
        ("Severity", {"severity": severity("SEV2")}),
        ("Team", {"team": team}),
        ("Other team", {"team": make_team()}),
    ):
        ReviewTemplate.objects.create(lessons=lessons, **fields)
    client.post(f"{PAGE}start/")
    assert Review.objects.get().lessons == "Team"
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewTemplate.objects.create()


def test_it_is_edited_reviewed_and_published(client, ann, bob, incident):
    review = make_review(incident, author=ann)
    assert "Choose who reviews it." in client.post(f"{PAGE}steps/submit/", follow=True).text
    body = sections(review, lessons="Check **limits**.", reviewer="bob@example.com")
    assert client.post(f"{PAGE}edit/", body)["Location"] == PAGE
    assert "Check <strong>limits</strong>." in client.get(PAGE).text
    client.post(f"{PAGE}steps/submit/")
    assert Notification.objects.get(user=bob).subject == "Please review: PAY-INC-1"
    assert "Only the reviewer or a manager can do this." in client.post(f"{PAGE}steps/publish/", follow=True).text
    reader = Client()
    reader.force_login(bob)
    reader.post(f"{PAGE}steps/publish/")
    review.refresh_from_db()
    assert (review.status, review.published_by) == ("published", bob)
    assert Notification.objects.get(user=ann).subject == "Review is published: PAY-INC-1"
    assert client.post(f"{PAGE}edit/", sections(review))["Location"] == PAGE
    assert client.post(f"{PAGE}causes/", {"text": "x", "group": "code"}).status_code == 403
    reader.post(f"{PAGE}steps/reopen/")
    review.refresh_from_db()
    assert review.status == "draft"


def test_a_manager_can_publish_too(client, ann, bob, team, incident):
    make_review(incident, author=ann, reviewer=bob, submitted_at=NOON)
    client.force_login(make_member(team=team, role=Role.MANAGER))
    client.post(f"{PAGE}steps/publish/")
    assert Review.objects.get().published_at


def test_a_stranger_cannot_be_the_reviewer(client, ann, incident):
    make_member(team=make_team(), email="sam@example.com")
    review = make_review(incident, author=ann)
    response = client.post(f"{PAGE}edit/", sections(review, reviewer="sam@example.com"))
    assert response.status_code == 422
    assert "Nobody who can see this incident has that email." in response.text


def test_two_people_edit_at_once(client, ann, incident):
    review = make_review(incident, author=ann)
    client.post(f"{PAGE}edit/", sections(review, lessons="First"))
    second = client.post(f"{PAGE}edit/", sections(review, lessons="Second"))
    assert second.status_code == 409
    assert "First" in second.text
    assert "Second" in second.text
    assert Review.objects.get().lessons == "First"


def test_causes_are_a_tree_shown_as_whys_and_as_a_fishbone(client, ann, incident):
    review = make_review(incident, author=ann)
    client.post(f"{PAGE}causes/", {"text": "The limit was reached", "group": "code"})
    first = Cause.objects.get()
    client.post(f"{PAGE}causes/", {"text": "Nobody watched the limit", "group": "detection", "parent": first.pk})
    client.post(f"{PAGE}causes/", {"text": "The limit is in no plan", "group": "process", "parent": first.pk})
    tree = [(one.number, one.depth, one.cause.text) for one in branches(review.causes.all())]
    assert tree == [
        ("1", 1, "The limit was reached"),
        ("1.1", 2, "Nobody watched the limit"),
        ("1.2", 2, "The limit is in no plan"),
    ]
    page = client.get(PAGE).text
    assert "Why 1.2" in page
    assert '<text class="bone-cause"' in page
    assert "Requirements and data" in page
    client.post(f"{PAGE}causes/{first.pk}/remove/")
    assert not Cause.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("text", " "), ("text", "x" * 301), ("group", "magic"), ("parent", "0"), ("parent", "x")]
)
def test_a_cause_that_makes_no_sense_is_refused(client, ann, team, incident, field, value):
    make_review(incident, author=ann)
    response = client.post(f"{PAGE}causes/", {"text": "A", "group": "code"} | {field: value})
    assert response.status_code == 422
    assert "There is a problem" in response.text


def test_a_cause_of_another_review_cannot_be_the_parent(client, ann, team, incident):
    make_review(incident, author=ann)
    other = make_review(make_incident(team=team)).causes.create(text="Other", group="code")
    assert client.post(f"{PAGE}causes/", {"text": "A", "group": "code", "parent": other.pk}).status_code == 422
    assert client.post(f"{PAGE}causes/{other.pk}/remove/").status_code == 404


def test_comments_tell_those_who_write_and_review(client, ann, bob, team, incident):
    make_review(incident, author=ann, reviewer=bob)
    client.post(f"{PAGE}comments/", {"text": "What about <b>retries</b>?"})
    assert Comment.objects.get().author == ann
    assert [told.user for told in Notification.objects.all()] == [bob]
    page = client.get(PAGE).text
    assert "What about" in page
    assert "<b>retries" not in page
    assert client.post(f"{PAGE}comments/", {"text": " "}).status_code == 422


def test_blameful_wording_is_pointed_out_and_not_blocked(client, ann, incident):
    review = make_review(incident, author=ann)
    client.post(f"{PAGE}edit/", sections(review, lessons="Human error. Ann should have asked."))
    page = client.get(PAGE).text
    assert "Nothing written yet." not in page
    assert "Some wording may sound like blame" in page
    assert "Ann should have" in page


def test_the_export_is_markdown(client, ann, team, incident):
    review = make_review(incident, author=ann, summary="Cards were *refused*.")
    review.causes.create(text="The limit was reached", group="code")
    make_action(team=team, incident=incident, title="Alert on limits")
    make_action(team=team, incident=incident, title="Raise the limit", owner_team=make_team(name="Databases"))
    answer = client.get(f"{PAGE}review.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert "PAY-INC-1-review.md" in answer["Content-Disposition"]
    for line in (
        "# PAY-INC-1: Checkout is slow",
        "Cards were *refused*.",
        "- The limit was reached (Code)",
        "- PAY-ACT-1 Alert on limits (Corrective, Open, no owner)",
        "- PAY-ACT-2 Raise the limit (Corrective, Open, Databases)",
    ):
        assert line in answer.text


def test_what_is_overdue_says_so_wherever_it_is_shown(client, ann, team, incident):
    review = make_review(incident, author=ann, due_on=date(2020, 1, 2))
    action = make_action(team=team, incident=incident, owner=ann, due_on=date(2020, 1, 3))
    make_action(team=team, incident=incident, owner=ann, due_on=date(2099, 1, 3))

    def marked(row):
        return client.get(row.get_absolute_url()).text.count(">Overdue<")

    assert [marked(row) for row in (incident, review, action)] == [2, 2, 1]
    action.make("finish", by=ann, at=timezone.now())
    assert [marked(row) for row in (incident, review, action)] == [1, 1, 0]


def test_the_list_shows_what_is_to_do(client, ann, bob, team, incident):
    make_review(incident, author=ann)
    done = make_incident(team=team, title="Published one")
    make_review(done, reviewer=bob, submitted_at=NOON, published_at=NOON)
    make_review(make_incident(team=make_team(), title="Canary"), author=ann)
    assert "Checkout is slow" in client.get("/reviews/").text
    assert "Checkout is slow" in client.get("/reviews/?show=mine").text
    assert "Overdue" in client.get("/reviews/?show=overdue").text
    page = client.get("/reviews/?show=published").text
    assert "Published one" in page
    assert "Checkout is slow" not in page
    assert client.get("/reviews/?show=mine&format=csv").getvalue().decode() == (
        "\ufeff"
        '"incident","title","team","severity","status","author","reviewer","due_on","submitted_at","published_at"\r\n'
        '"PAY-INC-1","Checkout is slow","payments","SEV2","draft","ann@example.com","","2026-03-02","",""\r\n'
    )
    assert all("Canary" not in client.get(f"/reviews/?show={show}").text for show in ("", "mine", "overdue", "published"))


def test_required_reviews_are_started_and_reminded_of(team, ann, incident):
    incident.lead = ann
    incident.save()
    make_incident(team=team, severity_key="SEV3", restored_at=NOON)
    make_incident(team=team, kind="exercise", restored_at=NOON)
    make_incident(team=team, source="jira", restored_at=NOON)
    make_incident(team=team, detected_at=NOON - timedelta(days=30), restored_at=NOON - timedelta(days=29))
    for day in range(8):
        now = NOON + timedelta(days=day, hours=2)
        Review.objects.open_required(now)
        Review.objects.remind(now)
    assert Review.objects.get().incident == incident
    told = Notification.objects.filter(user=ann).order_by("pk").values_list("subject", flat=True)
    assert list(told) == [
        "Review due on 7 Mar 2026: PAY-INC-1",
        "Due on 7 Mar 2026: review of PAY-INC-1",
        "Overdue since 7 Mar 2026: review of PAY-INC-1",
    ]


def test_policies_are_rows(team, incident):
    ReviewPolicy.objects.filter(severity__key="SEV2").update(due_in_days=1)
    assert Review.objects.start(incident, by=None, at=NOON).due_on == date(2026, 3, 3)


def api(user):
    """Calls the API as this person: (method, body) -> status and answer."""
    _, token = AccessToken.objects.create(user, expiry=None, scope="write")
    headers = {"Authorization": f"Bearer {token}"}

    def call(method, path, body=None):
        answer = getattr(Client(), method)(f"/api/v1/{path}", body, content_type="application/json", headers=headers)
        return answer.status_code, answer.json()

    return call


def test_the_api_reads_and_changes_sections(ann, bob, incident):
    review, call = make_review(incident, author=ann, summary="Refused"), api(ann)
    (row,) = call("get", "reviews/?published=false")[1]["results"]
    assert (row["incident"], row["author"], row["status"]) == ("PAY-INC-1", "ann@example.com", "draft")

    def patch(**body):
        return call("patch", "reviews/pay-inc-1/", body)

    assert patch(version=1, lessons="Limits", reviewer="BOB@example.com", due_on="2026-03-20")[1] == {
        **row,
        **{"impact": "", "went_well": "", "went_wrong": "", "summary": "Refused"},
        **{"lessons": "Limits", "reviewer": "bob@example.com", "due_on": "2026-03-20", "version": 2},
        "updated_at": call("get", "reviews/PAY-INC-1/")[1]["updated_at"],
    }
    make_member(team=make_team(), email="elsewhere@example.com")
    code, stale = patch(version=1, lessons="Again")
    assert (code, stale["current"]["version"], stale["changed"]["by"]) == (409, 2, "ann@example.com")
    for refused in (
        {"published_at": "2026-03-02"},
        {"lessons": "\x00"},
        {"lessons": 3},
        {"due_on": "2026-02-30"},
        {"due_on": None},
        {"due_on": "9999-12-31"},
        {"reviewer": "elsewhere@example.com"},
    ):
        code, answer = patch(version=2, **refused)
        assert (code, [error["attr"] for error in answer["errors"]]) == (400, list(refused)), refused
    Review.objects.update(submitted_at=NOON, published_at=NOON)
    assert patch(version=2, lessons="Late")[0] == 409
    review.refresh_from_db()
    assert review.lessons == "Limits"


def test_the_api_starts_and_publishes_a_review_as_the_pages_do(ann, bob, incident):
    """Ann writes, Bob reviews; Ann cannot publish her own."""
    of_ann, of_bob = api(ann), api(bob)

    def move(call, to, **more):
        code, answer = call("post", "reviews/PAY-INC-1/transitions/", {"to": to, **more})
        return code, answer["errors"][0]["code"] if code >= 400 else answer["status"]

    assert of_ann("post", "reviews/", {"incident": "PAY-INC-9"})[0] == 400
    assert of_ann("post", "reviews/", {})[1]["errors"][0]["attr"] == "incident"
    code, review = of_ann("post", "reviews/", {"incident": "pay-inc-1"})
    assert (code, review["status"], review["summary"]) == (201, "draft", "Cards were refused.")
    assert of_bob("post", "reviews/", {"incident": "PAY-INC-1"}) == (200, review)
    assert move(of_ann, "published") == (409, "illegal_transition")
    assert move(of_ann, "in_review") == (400, "invalid")  # nobody reviews it
    of_ann("patch", "reviews/PAY-INC-1/", {"version": 1, "reviewer": "bob@example.com"})
    assert move(of_ann, "in_review", version=1) == (409, "conflict")
    assert move(of_ann, "in_review", version=2) == (200, "in_review")
    assert move(of_ann, "published") == (403, "permission_denied")
    assert move(of_bob, "published") == (200, "published")
    assert move(of_bob, "in_review") == (409, "illegal_transition")
    assert move(of_bob, "shredded") == (400, "invalid")
    assert move(of_bob, "draft") == (200, "draft")
    told = Notification.objects.filter(kind="review").values_list("user__email", "subject")
    assert sorted(told)[:2] == [
        ("ann@example.com", "Review is a draft again: PAY-INC-1"),
        ("ann@example.com", "Review is published: PAY-INC-1"),
    ]


def test_causes_and_comments_over_the_api(ann, bob, incident):
    review, of_ann, of_bob = make_review(incident, author=ann, reviewer=bob), api(ann), api(bob)
    causes, comments = "reviews/pay-inc-1/causes/", "reviews/PAY-INC-1/comments/"
    code, first = of_ann("post", causes, {"text": "The limit was reached", "group": "code"})
    assert (code, first["number"], first["parent"]) == (201, "1", None)
    code, why = of_ann("post", causes, {"text": "Nobody watched it", "group": "detection", "parent": first["id"]})
    assert (code, why["number"]) == (201, "1.1")
    assert of_bob("get", causes) == (200, [first, why])
    strange = make_review(make_incident(team=make_team())).causes.create(text="Other", group="code")
    for refused, field in (
        ({}, "text"),
        ({"text": "x" * 301}, "text"),
        ({"text": 5}, "text"),
        ({"text": "a\x00"}, "text"),
        ({"group": "magic"}, "group"),
        ({"parent": strange.pk}, "parent"),
        ({"parent": True}, "parent"),
        ({"parent": 10**30}, "parent"),
        ({"number": "1"}, "number"),
    ):
        body = {"text": "A", "group": "code"} | refused if refused else {"group": "code"}
        code, answer = of_ann("post", causes, body)
        assert (code, answer["errors"][0]["attr"]) == (400, field), refused
    code, comment = of_ann("post", comments, {"text": "What about **retries**?"})
    assert (code, comment["author"]) == (201, "ann@example.com")
    assert of_bob("get", comments) == (200, [comment])
    assert [told.user for told in Notification.objects.all()] == [bob]
    assert of_ann("post", comments, {"text": " "})[1]["errors"][0]["attr"] == "text"
    assert Client().delete(f"/api/v1/{causes}{first['id']}/").status_code == 401
    Review.objects.update(submitted_at=NOON, published_at=NOON)
    assert of_ann("post", causes, {"text": "Late", "group": "code"})[0] == 409
    assert [cause.text for cause in review.causes.all()] == ["The limit was reached", "Nobody watched it"]


def test_a_cause_is_removed_over_the_api_with_what_explains_it(ann, incident):
    first = make_review(incident, author=ann).causes.create(text="A", group="code")
    first.because.create(text="B", group="code", review=first.review)
    _, token = AccessToken.objects.create(ann, expiry=None, scope="write")
    headers = {"Authorization": f"Bearer {token}"}
    assert Client().delete(f"/api/v1/reviews/PAY-INC-1/causes/{first.pk}/", headers=headers).status_code == 204
    assert not Cause.objects.exists()
