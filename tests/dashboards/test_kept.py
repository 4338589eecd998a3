"""The left bar and the comparison of teams are kept between requests, and yet show every change at once."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse
from django.utils import timezone

from benchmarks.models import MetricSnapshot, ThresholdSet
from benchmarks.snapshots import take_snapshots
from dashboards.context import Shell
from notifications.models import Notification
from pipeline.models import Stage
from qmportal.lib.days import local_day, midnight
from records.models import Severity
from teams.models import Membership, Role, Team, User
from tests.factories import join, make_defects, make_incident, make_member, make_service, make_team, make_user
from tests.html import squeezed

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return local_day(timezone.now())


@pytest.fixture
def payments(today):
    team = make_team(name="Payments", slug="payments")
    make_defects(team, caught=20, found_at=midnight(today) - timedelta(days=3))
    make_incident(team=team, title="Cards are refused")
    take_snapshots(today)
    return team


@pytest.fixture
def engineer(client, payments):
    user = make_user(name="Ada Lovelace")
    join(user, payments)
    client.force_login(user)
    return user


def side(client, path="/incidents/"):
    return re.search(r"<aside.*?</aside>", squeezed(client.get(path).content.decode()))[0]


def archive(team, user):
    Team.objects.filter(pk=team.pk).update(archived_at=timezone.now())


def rename(team, user):
    team.name = "Checkout"
    team.save()


CHANGES = {
    "a new incident": (lambda team, user: make_incident(team=team), ">1<", ">2<"),
    "a deleted incident": (lambda team, user: team.incidents.get().soft_delete(timezone.now()), "open</span>", None),
    "a row changed by hand": (lambda team, user: team.incidents.update(kind="exercise"), "open</span>", None),
    "a renamed team": (rename, "Payments", "Checkout"),
    "an archived team": (archive, "Payments", None),
    "a new role": (lambda team, user: user.memberships.update(role=Role.MANAGER), None, "Team progress"),
    "a lost role": (lambda team, user: user.memberships.all().delete(), "Payments", None),
    "another name": (lambda team, user: User.objects.update(name="Ada King"), "Lovelace", "Ada King"),
    "an admin's rights": (lambda team, user: user.set_admin(True), None, "Import"),
    "a night": (lambda team, user: MetricSnapshot.objects.all().delete(), ", Elite", ", Not enough data"),
}


@pytest.mark.parametrize(("change", "before", "after"), CHANGES.values(), ids=CHANGES)
def test_the_sidebar_shows_a_change_at_once(client, engineer, payments, change, before, after):
    shown = side(client)
    assert before is None or before in shown
    assert after is None or after not in shown
    change(payments, engineer)
    shown = side(client)
    assert before is None or before not in shown
    assert after is None or after in shown


def test_the_sidebar_is_cached_per_person_without_further_queries(client, engineer, payments):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            client.get("/help/")
        return [query["sql"] for query in captured]

    first, second = statements(), statements()
    assert any("incidents_incident" in sql for sql in first)
    assert not any("incidents_incident" in sql or "teams_team" in sql for sql in second)
    client.force_login(make_user(name="Grace Hopper"))
    assert "Payments" not in side(client)


def test_the_sidebar_takes_at_most_a_millisecond(rf, engineer, payments):
    """Of the processor, when nothing has changed: the rights are looked up, and the kept bar marks its entry."""
    spent = []
    for _ in range(30):
        request = rf.get("/incidents/")
        request.user, request.resolver_match = User.objects.get(pk=engineer.pk), resolve("/incidents/")
        began = time.thread_time()
        assert "Payments" in Shell(request, request.user).bar
        spent.append(time.thread_time() - began)
    assert min(spent) < 0.001, spent


def test_the_sidebar_marks_the_current_page(client, engineer, payments):
    for path, entry in {"/incidents/": "Incidents", "/defects/": "Defects", "/t/payments/": "Payments"}.items():
        current = re.findall(r'<a [^>]*aria-current="page"[^>]*>(.*?)</a>', side(client, path))
        assert len(current) == 1
        assert entry in current[0]
    assert "aria-current" not in side(client, reverse("teams:profile"))


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("mine/", "mine"),
        ("tasks/1/", "mine"),
        ("tasks/1/done/", "mine"),
        ("plans/1/tasks/", "progress"),
        ("groups/", "scenarios"),
    ],
)
def test_pages_of_training_belong_to_their_entry(rf, path, entry):
    address = f"/training/{path}"
    assert Shell(rf.get(address), User(), resolve(address)).nav == entry


def test_the_bell_counts_a_new_notification_at_once(client, engineer):
    assert "unread" not in client.get("/help/").content.decode()
    Notification.objects.tell(engineer, key="one", kind="night", subject="Something failed")
    assert "1 unread" in client.get("/help/").content.decode()
    Notification.objects.get().mark_read(timezone.now())
    assert "unread" not in client.get("/help/").content.decode()


def test_values_of_a_rolled_back_transaction_are_not_cached(client, engineer, payments):
    with transaction.atomic():
        make_incident(team=payments)
        assert ">2<" in side(client)
        transaction.set_rollback(True)
    assert ">1<" in side(client)
    with transaction.atomic():
        payments.incidents.update(kind="exercise")
    assert "open</span>" not in side(client)


def lower_thresholds(team):
    row = ThresholdSet.objects.newest("escaped_defect_rate")
    row.pk, row._state.adding, row.minimum_n = None, True, 500
    row.effective_from = local_day(timezone.now())
    row.save()


OVERVIEW = {
    "another night": (lambda team: MetricSnapshot.objects.filter(metric="escaped_defect_rate").delete(), "of 20 defects"),
    "a renamed team": (lambda team: Team.objects.update(name="Checkout"), "Payments</a>"),
    "an archived team": (lambda team: archive(team, None), "Payments</a>"),
    "a team for members only": (lambda team: Team.objects.update(members_only=True), "Payments</a>"),
}


@pytest.mark.parametrize(("change", "gone"), OVERVIEW.values(), ids=OVERVIEW)
def test_the_overview_shows_a_change_at_once(client, payments, change, gone):
    client.force_login(make_user())
    assert gone in client.get("/").content.decode()
    change(payments)
    assert gone not in client.get("/").content.decode()


def test_people_with_the_same_permissions_share_the_cached_overview(client, payments):
    def statements():
        client.force_login(make_user())
        with CaptureQueriesContext(connection) as captured:
            assert "Payments</a>" in client.get("/").content.decode()
        return len(captured)

    first, second = statements(), statements()
    assert second <= first - 4


def test_only_members_see_a_members_only_team_on_the_overview(client, payments):
    Team.objects.update(members_only=True)
    member = make_user()
    join(member, payments)
    client.force_login(member)
    assert "Payments</a>" in client.get("/").content.decode()
    client.force_login(make_user())
    assert "Payments</a>" not in client.get("/").content.decode()
    Membership.objects.all().delete()
    client.force_login(member)
    assert "Payments</a>" not in client.get("/").content.decode()


TEAM = {
    "a new incident": (lambda team: make_incident(team=team, title="The queue is full"), None, "The queue is full"),
    "an incident with another title": (lambda team: team.incidents.update(title="All is well"), "Cards are", "All is well"),
    "deleted defects": (lambda team: team.defects.update(deleted_at=timezone.now()), "20 open", "No open defects"),
    "another stage": (lambda team: Stage.objects.filter(slug="ci").update(name="The build"), ">CI<", "The build"),
    "another severity": (lambda team: Severity.objects.update(name=Concat(F("key"), Value(" new"))), None, "SEV3 new"),
    "another night": (lambda team: MetricSnapshot.objects.all().delete(), "n\u00a0=\u00a020", "Nothing has been computed"),
    "a new sub-team": (lambda team: make_team(name="Cards", parent=team), None, "Includes sub-teams"),
}


@pytest.mark.parametrize(("change", "before", "after"), TEAM.values(), ids=TEAM)
def test_a_team_page_shows_a_change_at_once(client, engineer, payments, change, before, after):
    shown = client.get("/t/payments/").text
    assert before is None or before in shown
    assert after not in shown
    change(payments)
    shown = client.get("/t/payments/").text
    assert before is None or before not in shown
    assert after in shown


def test_a_night_without_snapshots_is_counted_again_after_a_change(client, engineer, payments, today):
    path = f"/t/payments/?as_of={today - timedelta(days=1)}"
    assert "n\u00a0=\u00a020<" in client.get(path).text
    make_defects(payments, escaped=20, found_at=midnight(today) - timedelta(days=3))
    assert "n\u00a0=\u00a040<" in client.get(path).text


def test_cached_incidents_of_a_team_are_shown_to_members_only(client, engineer, payments):
    assert "Cards are refused" in client.get("/t/payments/").text
    client.force_login(make_user())
    assert "Cards are refused" not in client.get("/t/payments/").text


def test_cached_numbers_link_to_records_for_members_only(client, engineer, payments, today):
    service = make_service("Ledger")
    make_incident(team=payments, services=[service.pk], detected_at=midnight(today) - timedelta(days=2))
    links = ("/incidents/?team=payments&amp;service=ledger", "/defects/?team=payments&amp;status=open&amp;severity=")
    for visitor, opens_rows in ((engineer, True), (make_user(), False), (engineer, True)):
        client.force_login(visitor)
        page = client.get("/t/payments/").text
        assert "Ledger" in page
        assert "20 open" in page
        assert all((link in page) is opens_rows for link in links)


def test_a_renamed_severity_or_stage_shows_at_once_whoever_wrote_it(client):
    """Another process writes past the memory of this one, as `update` does."""
    team = make_team(slug="payments")
    client.force_login(make_member(team=team))
    incident = make_incident(team=team)
    pages = ("/defects/", "/defects/new/", "/incidents/new/", f"{incident.get_absolute_url()}edit/")
    assert not any("Blackout" in client.get(page).text or "Live" in client.get(page).text for page in pages)
    Severity.objects.filter(key="SEV1").update(name="Blackout")
    Stage.objects.filter(slug="production").update(name="Live")
    found = {page: client.get(page).text for page in pages}
    assert all("Blackout" in text for text in found.values())
    assert all("Live" in text for text in found.values())
