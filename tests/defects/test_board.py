"""The board and the triage page."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from defects import board
from defects.models import Defect
from defects.models.defect import ONLY_NEW_IS_SNOOZED
from tests.factories import NOON, make_defect, make_member, make_team
from tests.html import sent_form, squeezed

pytestmark = pytest.mark.django_db
BOARD, TRIAGE = "/defects/board/", "/defects/triage/"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def user(team):
    return make_member(team=team)


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


# ---- Board ---------------------------------------------------------------------------------------------------------------


def columns(client, **query):
    page = client.get(BOARD, query)
    return {column.status: column for column in page.context["columns"]}


def test_each_status_has_its_column_with_the_worst_on_top(client, team):
    for key in ("SEV3", "SEV1"):
        make_defect(team=team, title=f"Wrong {key}", severity_key=key)
    make_defect(team=team, title="Being mended", status="in_progress")
    make_defect(team=make_team(), title="Theirs")
    found = columns(client)
    assert [(status, column.number) for status, column in found.items()] == [
        ("new", 2), ("triaged", 0), ("in_progress", 1), ("fixed", 0), ("verified", 0), ("closed", 0)
    ]  # fmt: skip
    assert found["new"].cards.index("Wrong SEV1") < found["new"].cards.index("Wrong SEV3")
    assert "Theirs" not in found["new"].cards


def test_all_filters_hold_however_the_cards_are_found(client, team, monkeypatch):
    now, cards = timezone.now(), make_team(name="Cards", slug="cards", parent=team)
    vault = make_team(name="Vault", slug="vault", members_only=True)
    closed = {"status": "closed", "resolution": "fixed"}
    for number, (owner, values) in enumerate(
        (
            (team, {"stage_found": "production"}),
            (team, {"severity_key": "SEV1"}),
            (team, {"found_at": NOON - timedelta(days=90)}),
            (vault, {"severity_key": "SEV1"}),
            (team, {"status": "fixed", "stage_found": None}),
            (cards, {"stage_found": "production", "found_at": NOON - timedelta(days=9)}),
            (team, closed | {"stage_found": "production", "closed_at": now - timedelta(days=3)}),
            (team, closed | {"closed_at": now - timedelta(days=1)}),
            (vault, closed | {"closed_at": now}),
        )
    ):
        make_defect(team=owner, title=f"Title {number}.", **values)
    everything = {"new": [1, 2, 5, 0], "fixed": [4], "closed": [7, 6]}
    for few in (board.FEW, 0):
        monkeypatch.setattr(board, "FEW", few)
        for query, shown in (
            ({}, everything),
            ({"severity": "SEV3"}, {"new": [2, 5, 0], "fixed": [4], "closed": [7, 6]}),
            ({"stage": "production"}, {"new": [5, 0], "closed": [6]}),
            ({"stage": "none"}, {"fixed": [4]}),
            ({"q": "title", "until": str(NOON.date() - timedelta(days=30))}, {"new": [2]}),
            ({"team": "cards"}, {"new": [5]}),
            ({"team": "vault"}, everything),  # a choice that this person doesn't have
        ):
            found = {
                status: re.findall(r"Title (\d+)\.", column.cards) for status, column in columns(client, **query).items()
            }
            assert {status: [*map(int, here)] for status, here in found.items() if here} == shown, (few, query)


def test_closed_ones_stay_for_two_weeks(client, team):
    now = timezone.now()
    for days in (1, 30):
        make_defect(
            team=team, title=f"Closed {days}", status="closed", resolution="fixed", closed_at=now - timedelta(days=days)
        )
    closed = columns(client)["closed"]
    assert (closed.number, "Closed 1<" in closed.cards, "Closed 30<" in closed.cards) == (1, True, False)


def test_a_card_moves_on_with_one_button_and_the_board_comes_back(client, team):
    defect = make_defect(team=team)
    page = squeezed(client.get(f"{BOARD}?severity=SEV3").text)
    address = f"{defect.get_absolute_url()}moves/triage/"
    assert f'formaction="{address}"' in page
    answer = client.post(address, {"version": 1, "next": f"{BOARD}?severity=SEV3"}, follow=True)
    assert answer.redirect_chain == [(f"{BOARD}?severity=SEV3#PAY-DEF-1", 302)]
    assert '<a id="PAY-DEF-1" href=' in answer.text
    assert "PAY-DEF-1 is triaged." in answer.text
    assert ">Undo</button>" in answer.text
    assert columns(client)["triaged"].number == 1


def test_undo_leads_back_to_the_board(client, team):
    defect, here = make_defect(team=team), f"{BOARD}?severity=SEV3"
    page = client.post(f"{defect.get_absolute_url()}moves/triage/", {"version": 1, "next": here}, follow=True).text
    where, token = re.findall(r'formaction="([^"]+)" name="undo" value="([^"]+)"', page)[0]
    form = re.search(r'<form id="undo".*?</form>', page, re.DOTALL)[0]
    assert f'name="next" value="{here}"' in form
    answer = client.post(where, {"undo": token, "next": here}, follow=True)
    assert answer.redirect_chain == [(f"{here}#PAY-DEF-1", 302)]
    assert "PAY-DEF-1 is back to new." in answer.text


def test_a_long_column_is_cut_and_leads_to_the_list(client, team, monkeypatch):
    monkeypatch.setattr(board, "MOST_CARDS", 2)
    for _ in range(3):
        make_defect(team=team)
    column = columns(client, severity="SEV3")["new"]
    assert (column.number, column.shown, column.is_cut) == (3, 2, True)
    assert column.more_url == "/defects/?severity=SEV3&status=new"


def test_the_cards_say_what_is_special(client, team, user):
    origin = make_defect(team=team, status="closed", resolution="fixed")
    defect = make_defect(team=team, title="<b>Odd</b>", regression_of=origin, reopened=2, assignee=user)
    defect.snooze(timezone.localdate() + timedelta(days=3), by=user, at=timezone.now())
    cards = columns(client)["new"].cards
    for words in ("&lt;b&gt;Odd", "Regression", "Reopened", "Snoozed", user.email, "CI"):
        assert words in cards


def test_the_number_of_queries_does_not_grow(client, team):
    make_defect(team=team)
    few = statements(client)
    for status in ("new", "triaged", "fixed") * 5:
        make_defect(team=team, status=status)
    assert statements(client) == few


def statements(client):
    client.get(BOARD)
    with CaptureQueriesContext(connection) as captured:
        client.get(BOARD)
    return len(captured)


# ---- Triage --------------------------------------------------------------------------------------------------------------


def act(client, defect, action, **body):
    return client.post(TRIAGE, {"reference": defect.reference, "action": action} | body, follow=True)


def test_one_after_the_other_the_worst_first(client, team):
    minor, worst, later = (make_defect(team=team, severity_key=key) for key in ("SEV3", "SEV1", "SEV3"))
    page = client.get(TRIAGE)
    assert (page.context["defect"], page.context["queue"].waiting) == (worst, 3)
    page = act(client, worst, "accept")
    assert page.context["defect"] == minor
    assert "PAY-DEF-2 is triaged." in page.text
    assert client.get(TRIAGE, {"place": 1}).context["defect"] == later
    assert client.get(TRIAGE, {"place": 99}).context["defect"] == minor
    worst.refresh_from_db()
    assert (worst.status, worst.triaged_at is not None) == ("triaged", True)


@pytest.mark.parametrize(
    ("resolution", "status"),
    [("invalid", "rejected"), ("works_as_designed", "rejected"), ("wont_fix", "closed"), ("declined", "closed")],
)
def test_declining_ends_it_in_the_way_of_the_reason(client, team, resolution, status):
    defect = make_defect(team=team)
    assert act(client, defect, "decline").context["forms"]["decline"].errors["resolution"]
    page = act(client, defect, "decline", resolution=resolution, reason="Not ours")
    assert "Nothing to triage" in page.text
    defect.refresh_from_db()
    assert (defect.status, defect.resolution, defect.status_reason) == (status, resolution, "Not ours")


def test_a_duplicate_names_its_original_which_is_suggested(client, team):
    original = make_defect(team=team, title="Cards are refused", status="triaged")
    theirs = make_defect(team=make_team(), title="Cards are refused")
    defect = make_defect(team=team, title="Cards are refused again")
    page = client.get(TRIAGE)
    assert page.context["similar"] == [original]
    assert f"Duplicate of {original.reference}" in page.text
    for wrong in ("", theirs.reference, defect.reference):
        assert act(client, defect, "duplicate", duplicate_of=wrong).status_code == 422
    act(client, defect, "duplicate", duplicate_of=original.reference)
    defect.refresh_from_db()
    assert (defect.status, defect.duplicate_of) == ("duplicate", original)


def test_snoozing_hides_it_until_the_day_and_undo_brings_it_back(client, team):
    defect = make_defect(team=team)
    day = timezone.localdate() + timedelta(days=3)
    assert act(client, defect, "snooze", until="2020-01-01").context["forms"]["snooze"].errors["until"]
    page = act(client, defect, "snooze", until=str(day))
    assert "1 snoozed" in squeezed(page.text)
    assert "Nothing to triage" in page.text
    client.post(f"{defect.get_absolute_url()}snooze/")
    assert client.get(TRIAGE).context["defect"] == defect


def test_the_page_of_a_new_defect_snoozes_it_too(client, team):
    defect = make_defect(team=team)
    address = f"{defect.get_absolute_url()}snooze/"
    page = client.get(defect.get_absolute_url()).text
    day = timezone.localdate() + timedelta(days=7)
    assert sent_form(page, address)["until"] == [str(day)]
    for wrong in ("", "soon", str(timezone.localdate())):
        assert client.post(address, {"until": wrong}).context["snooze_form"].errors["until"]
    page = client.post(address, {"until": str(day)}, follow=True).text
    assert "PAY-DEF-1 is snoozed until" in page
    assert ">Undo</button>" in page
    assert "Snooze…" not in page
    assert client.get(TRIAGE).context["queue"].snoozed == 1


def test_only_a_new_defect_is_snoozed(client, team):
    defect = make_defect(team=team, status="in_progress")
    assert "Snooze…" not in client.get(defect.get_absolute_url()).text
    page = client.post(f"{defect.get_absolute_url()}snooze/", {"until": str(timezone.localdate() + timedelta(days=2))})
    assert (page.status_code, ONLY_NEW_IS_SNOOZED in page.text) == (422, True)


def test_whoever_comes_second_is_told(client, team):
    defect = make_defect(team=team)
    Defect.objects.filter(pk=defect.pk).update(status="triaged", triaged_at=defect.found_at)
    page = act(client, defect, "accept")
    assert page.status_code == 422
    assert "is not possible now: the defect is triaged." in page.text


def test_unknown_actions_and_strangers_change_nothing(client, team):
    defect = make_defect(team=team)
    assert act(client, defect, "burn").status_code == 422
    assert act(client, make_defect(team=make_team()), "accept").status_code == 404
