"""Teams as a tree: made, changed, moved and put away by admins."""

import pytest
from django.utils import timezone

from teams.models import Role, Team
from tests.factories import NOON, make_incident, make_member, make_team, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_client(client):
    client.force_login(make_user(admin=True))
    return client


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Payments", "PAY"),
        ("Data Platform", "DP"),
        ("Éclair", "ECL"),
        ("3D Tools", "TT"),
        ("支付", "ZHI"),
        ("Платежи", "PLA"),
        ("الدفع", "LDF"),
        ("🚀", "ROC"),
        ("X", "X2"),
        ("Site Reliability and Production", "SRAP"),
    ],
)
def test_key_is_proposed_from_the_name(admin_client, name, key):
    admin_client.post("/teams/new/", {"name": name})
    assert Team.objects.get(name=name).key == key


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("支付", "zhifu"),
        ("结算", "jiesuan"),
        ("Платежи", "platezhi"),
        ("الدفع", "ldf"),
        ("Ödeme", "odeme"),
        ("İstanbul", "istanbul"),
    ],
)
def test_a_name_of_any_script_has_an_address_of_its_own(admin_client, name, slug):
    admin_client.post("/teams/new/", {"name": name})
    assert Team.objects.get(name=name).slug == slug


@pytest.mark.parametrize(
    ("name", "same"), [("Ödeme", "ödeme"), ("Ödeme", "O\u0308DEME"), ("İstanbul", "istanbul"), ("Straße", "STRASSE")]
)
def test_names_are_compared_without_regard_to_case_and_composition(admin_client, name, same):
    admin_client.post("/teams/new/", {"name": name})
    answer = admin_client.post("/teams/new/", {"name": same})
    assert "There is already a team with this name" in answer.text


def test_proposals_step_aside_for_what_is_taken(admin_client):
    top = make_team(name="Payments", slug="payments", key="PAY")
    response = admin_client.post("/teams/new/", {"name": "Payments", "parent": top.pk})
    made = Team.objects.get(parent=top)
    assert (made.slug, made.key, response["Location"]) == ("payments-2", "PAYM", "/teams/payments-2/members/")


def test_chosen_key_and_address_are_kept(admin_client):
    admin_client.post("/teams/new/", {"name": "Payments", "key": "pmt", "slug": "Pay"})
    assert Team.objects.filter(key="PMT", slug="pay").exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "\u200b"}, "Enter a name."),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "Payments"}, "There is already a team with this name here."),
        ({"name": "New", "key": "PAY"}, "This is already taken. Choose another one."),
        ({"name": "New", "key": "1A"}, "Use 2 to 8 capital letters or digits"),
        ({"name": "New", "slug": "payments"}, "This is already taken. Choose another one."),
        ({"name": "New", "slug": "no spaces"}, "Use only letters a to z"),
        ({"name": "New", "parent": "999999999999999999999999"}, "Choose one of the options."),
    ],
)
def test_bad_input_gets_a_sentence(admin_client, data, sentence):
    make_team(name="Payments", slug="payments", key="PAY")
    response = admin_client.post("/teams/new/", data)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Team.objects.count() == 1


def edit(client, team, **change):
    data = {"name": team.name, "slug": team.slug, "key": team.key, "parent": team.parent_id or ""}
    return client.post(f"/teams/{team.slug}/edit/", data | change)


def test_moving_a_team_takes_everything_below_it_along(admin_client):
    old, new = make_team(), make_team()
    team = make_team(parent=old)
    below = make_team(parent=team)
    edit(admin_client, team, parent=new.pk)
    below.refresh_from_db()
    assert below.lineage == [new.pk, team.pk, below.pk]


def test_a_team_is_not_moved_below_itself(admin_client):
    team = make_team()
    below = make_team(parent=make_team(parent=team))
    for target in (team, below):
        response = edit(admin_client, team, parent=target.pk)
        assert response.status_code == 422
        assert "A team cannot be moved below itself." in response.content.decode()
    team.refresh_from_db()
    assert team.parent is None


def test_the_key_is_fixed_once_there_are_records(admin_client):
    team = make_team(key="PAY")
    edit(admin_client, team, key="PMT")
    team.refresh_from_db()
    assert team.key == "PMT"
    make_incident(team=team)
    edit(admin_client, team, key="PAY", name="Renamed")
    team.refresh_from_db()
    assert (team.key, team.name) == ("PMT", "Renamed")


def test_a_team_is_archived_and_restored(admin_client):
    team = make_team()
    admin_client.post(f"/teams/{team.slug}/archive/")
    assert admin_client.get(f"/teams/{team.slug}/members/").status_code == 404
    assert "Restore" in admin_client.get("/teams/").content.decode()
    admin_client.post(f"/teams/{team.slug}/restore/")
    assert admin_client.get(f"/teams/{team.slug}/members/").status_code == 200


def test_a_team_with_teams_below_is_not_archived(admin_client):
    team = make_team()
    make_team(parent=team)
    response = admin_client.post(f"/teams/{team.slug}/archive/")
    assert response.status_code == 422
    assert "There are teams below this one." in response.content.decode()


def test_a_team_below_an_archived_one_is_not_restored(admin_client):
    top = make_team(archived_at=NOON)
    team = make_team(parent=top, archived_at=NOON)
    response = admin_client.post(f"/teams/{team.slug}/restore/", follow=True)
    assert "is archived. Restore that one first." in response.content.decode()


def test_a_team_is_not_restored_beside_one_of_its_name(admin_client):
    team = make_team(name="Payments", archived_at=NOON)
    make_team(name="payments")
    response = admin_client.post(f"/teams/{team.slug}/restore/", follow=True)
    assert "There is already a team with this name here." in response.content.decode()
    team.refresh_from_db()
    assert team.archived_at


def test_a_team_may_be_called_like_a_page(admin_client):
    for name in ("Join", "Tokens", "People", "New"):
        admin_client.post("/teams/new/", {"name": name})
        assert admin_client.get(f"/teams/{name.lower()}/edit/").status_code == 200


def test_the_list_is_a_tree(client):
    top = make_team(name="Commerce")
    make_team(name="Accounts")
    below = make_team(name="Basket", parent=top)
    hidden = make_team(name="Secret", members_only=True)
    make_incident(team=below, detected_at=timezone.now())
    client.force_login(make_member(team=top, role=Role.MANAGER))
    answer = client.get("/teams/")
    teams = answer.context["teams"]
    assert [(team.name, team.depth, team.open_incidents) for team in teams] == [
        ("Accounts", 0, 0),
        ("Commerce", 0, 1),
        ("Basket", 1, 1),
    ]
    assert hidden not in teams
    assert f'href="/t/{below.slug}/open_incidents/"' in answer.text


def test_the_list_asks_the_same_number_of_questions_for_any_number_of_teams(client, django_assert_max_num_queries):
    top = make_team()
    client.force_login(make_member(team=top, role=Role.MANAGER))
    for _ in range(20):
        make_incident(team=make_team(parent=top))
    client.get("/teams/")  # fills the left bar's cache
    with django_assert_max_num_queries(12):
        client.get("/teams/")
