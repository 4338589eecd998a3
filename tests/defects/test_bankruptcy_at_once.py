"""A bankruptcy, with two managers who press the same button and somebody who edits a defect meanwhile."""

from contextlib import suppress
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from defects.models import Bankruptcy, Defect
from notifications.models import Notification
from qmportal.lib.versions import Stale
from teams.models import Team, User
from tests.factories import make_defects, make_member, make_team
from tests.html import sent_form
from tests.threads import at_once, committing_db, erase  # noqa: F401 - pytest finds it as `db`

OLD = timezone.now() - timedelta(days=200)


@pytest.fixture
def team(db):
    team = make_team(slug="broke", key="BROKE")
    yield team
    Bankruptcy.objects.filter(team=team).delete()
    erase(Defect.objects.filter(team=team))
    User.objects.filter(memberships__team=team).delete()
    Team.objects.filter(pk=team.pk).delete()


def as_client(user):
    client = Client()
    client.force_login(user)
    return client


def test_each_defect_is_closed_once_and_no_edit_is_lost(team):
    reporter, *managers = (make_member(team=team, role=role) for role in ("engineer", "manager", "manager"))
    make_defects(team, caught=30, found_at=OLD, reporter=reporter)
    clients = [as_client(manager) for manager in managers]
    clients[0].post("/defects/bankruptcies/of/broke/", {"days": "90", "rank": "0"})
    bankruptcy = Bankruptcy.objects.get(team=team)
    address = f"{bankruptcy.get_absolute_url()}close/"
    sent = sent_form(clients[0].get(bankruptcy.get_absolute_url()).text, address)
    edited = Defect.objects.filter(team=team).order_by("pk")[15]

    def edit(_):
        with suppress(Stale):
            Defect.objects.get(pk=edited.pk).soft_delete(timezone.now())

    jobs = [(client.post, address) for client in clients] + [(edit, "")]
    answers = at_once(lambda job: job[0](job[1], sent) if job[1] else job[0](None), jobs)
    assert [answer.status_code for answer in answers[:2]] == [302, 302]
    rows = Defect.objects.filter(team=team)
    assert set(rows.exclude(pk=edited.pk).values_list("status", "version")) == {("closed", 2)}
    edited.refresh_from_db()
    found = (bankruptcy.rows.get(defect=edited).state, edited.status, edited.version, edited.deleted_at is not None)
    assert found in {("skipped", "new", 2, True), ("closed", "closed", 3, True), ("closed", "closed", 2, False)}
    assert Notification.objects.filter(user=reporter).count() == 1
