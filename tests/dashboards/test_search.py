"""Search and jump: words in any order, references without dashes, and nothing that the person may not open."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboards.search import PLACES
from qmportal.lib.search import holds, references_meant, words_of
from teams.models import Role
from tests.factories import (
    join,
    make_action,
    make_change,
    make_defect,
    make_deployment,
    make_incident,
    make_member,
    make_service,
    make_team,
    make_test_run,
    make_user,
    publish_scenario,
)
from tests.test_access import PORTAL

pytestmark = pytest.mark.django_db

ANDON, ZERO = "Library: Andon", "Decision scenarios: The Zero Bug Policy"


@pytest.fixture
def checkout():
    return make_team(name="Checkout", slug="checkout", key="CHK")


@pytest.fixture
def engineer(checkout, client):
    user = make_member(team=checkout, name="Emil Engineer")
    client.force_login(user)
    return user


def found(client, q: str) -> list[str]:
    """What was found, each as "kind: label"."""
    return [f"{hit.kind}: {hit.label}" for hit in client.get("/search/", {"q": q}).context["results"]]


@pytest.mark.parametrize("q", ["payment card", "card payment", "CARD pay", "payment  card "])
def test_words_are_found_in_any_order(client, engineer, checkout, q):
    make_incident(team=checkout, title="Card payments of region 1 fail")
    make_defect(team=checkout, title="Payments by card are charged twice")
    make_incident(team=checkout, title="Card readers restart")
    hits = found(client, q)
    assert "Incidents: Card payments of region 1 fail" in hits
    assert "Defects: Payments by card are charged twice" in hits
    assert "Incidents: Card readers restart" not in hits


@pytest.mark.parametrize("q", ["CHK-INC-2", "chk-2", "CHK 2", "chkinc2", "chk inc 2", "ＣＨＫ－２"])
def test_a_reference_is_found_however_it_is_written(client, engineer, checkout, q):
    make_incident(team=checkout, title="The first")
    make_incident(team=checkout, title="The second")
    assert found(client, q)[0] == "Incidents: The second"


def test_everything_with_a_reference_is_found_by_it(client, engineer, checkout):
    rows = [make(team=checkout) for make in (make_action, make_change, make_deployment, make_test_run)]
    for row in rows:
        for q in (row.reference, row.reference.replace("-", "").lower()):
            assert row.get_absolute_url() in [hit.url for hit in client.get("/search/", {"q": q}).context["results"]], q
    hidden = make_change(team=make_team(members_only=True))
    assert found(client, hidden.reference) == []


def test_services_are_found(client, engineer):
    make_service("Card gateway")
    assert "Services: Card gateway" in found(client, "gateway card")


def test_every_list_and_form_without_parameters_is_found():
    """A new page is added to the search too."""
    pages = {
        each.name
        for each in PORTAL
        if not each.parameters and each.name.partition(":")[2] in ("list", "create", "overview", "board")
    }
    assert pages <= {place.address for place in PLACES}


def test_lists_search_the_same_way(client, engineer, checkout):
    make_incident(team=checkout, title="Card payments fail")
    make_incident(team=checkout, title="Results are empty")
    for q in ("payments card", "chk 1"):
        assert [row.title for row in client.get("/incidents/", {"q": q}).context["page"]] == ["Card payments fail"], q


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        ("andon", ANDON),
        ("zero bug", ZERO),
        ("bug zero", ZERO),
        ("cost of quality", "Library: Cost of quality"),
        ("incident report", "Actions: Report incident"),
        ("outage", "Actions: Report incident"),
        ("check", "Teams: Checkout"),
        ("chk", "Teams: Checkout"),
        ("restore checkout", "Metrics: Mean time to restore, Checkout"),
        ("mttr", "Metrics: Mean time to restore, Checkout"),
        ("emil", "People: Emil Engineer"),
        ("theme", "Settings: Account"),
        ("tier", "Settings: Thresholds"),
        ("my training", "Pages: My training"),
    ],
)
def test_every_kind_of_page_is_found(client, engineer, q, hit):
    publish_scenario("zero_bug_policy")
    assert hit in found(client, q)


def test_a_knowledge_check_is_found_by_its_title(client, engineer):
    from library import content

    title = content.checks()[0].title
    assert f"Knowledge checks: {title}" in found(client, " ".join(reversed(title.split()[:3])))


def test_actions_come_first(client, engineer, checkout):
    make_incident(team=checkout, title="Report of the incident is wrong")
    assert found(client, "report")[:2] == ["Actions: Report incident", "Actions: Report defect"]


def test_an_empty_result_says_what_to_do(client, engineer):
    page = client.get("/search/", {"q": "no such thing"}).text
    assert "Nothing found for “no such thing”" in page
    assert 'href="/training/library/?q=no%20such%20thing"' in page
    assert "Nothing found" not in client.get("/search/").text


@pytest.mark.parametrize("q", ["", "***", "%", "_", "'", "\\", "a" * 300, " ".join("abcdefghijkl"), "١٢", "0", "inc", "-"])
def test_any_text_gets_an_answer(client, engineer, q):
    assert client.get("/search/", {"q": q}).status_code == 200


def test_hidden_teams_and_their_people_and_records_are_not_found(client, engineer):
    hidden = make_team(name="Secret", slug="secret", key="SEC", members_only=True)
    make_member(team=hidden, name="Sonja Secret")
    make_incident(team=hidden, title="Secret outage")
    for q in ("secret", "sec 1", "sonja", "mttr secret"):
        assert not [hit for hit in found(client, q) if "ecret" in hit], q


def test_people_of_other_teams_are_not_found(client, engineer):
    make_member(team=make_team(), name="Olga Other")
    assert found(client, "olga") == []
    client.force_login(make_user(admin=True))
    assert found(client, "olga") == ["People: Olga Other"]


@pytest.mark.parametrize("role", ["nobody", *Role.values, "admin"])
def test_every_hit_can_be_opened(client, checkout, role):
    """Every place is looked for by its own name, and everything that is found for that can be opened."""
    publish_scenario("zero_bug_policy")
    user = make_user(admin=role == "admin", name="Nadia")
    if role in Role.values:
        join(user, checkout, role)
    make_incident(team=checkout, title="Checkout is slow")
    make_defect(team=checkout, title="Checkout is wrong")
    client.force_login(user)
    queries = ["", "checkout", "nadia", "mttr", "chk 1", "zero", "invite", "thresholds", *(place.label for place in PLACES)]
    urls = {hit.url for q in queries for hit in client.get("/search/", {"q": q}).context["results"]}
    assert len(urls) > 20
    assert {url: status for url in urls if (status := client.get(url).status_code) != 200} == {}


def test_queries_do_not_grow_with_the_data(client, engineer, checkout):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/search/", {"q": "checkout slow 1", "palette": "1"})
        return len(captured)

    make_incident(team=checkout, title="1 checkout is slow")
    few = queries()
    for number in range(12):
        team = make_team(name=f"Slow checkout 1{number}", parent=checkout)
        make_member(team=team, name=f"Slow Checkout 1{number}")
        make_incident(team=team, title="1 slow checkout")
    assert queries() == few
    assert few <= 14


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("payinc42", ["PAY-INC-42", "PAYINC-INC-42", "PAYINC4-INC-2"]),
        ("PAY 42", ["PAY-INC-42", "PAY4-INC-2"]),
        ("pay-07", ["PAY0-INC-7"]),
        ("42", []),
        ("pay", []),
        ("é42", []),
        ("p" * 30 + "1", []),
    ],
)
def test_references_meant(text, meant):
    assert sorted(references_meant(text, "INC")) == sorted(meant)


@pytest.mark.parametrize("key", ["PAY", "DP", "T1", "A1B2C3D4", "INC1", "XINC", "DEFECTS"])
@pytest.mark.parametrize("number", [1, 10, 42, 1_000_000])
@pytest.mark.parametrize("between", ["-", " ", "", "_"])
def test_every_reference_is_found_by_its_own_spelling(key, number, between):
    for spelling in (f"{key}{between}INC{between}{number}", f"{key}{between}{number}"):
        assert f"{key}-INC-{number}" in references_meant(spelling.lower(), "INC")


def test_accents_case_and_dashes_do_not_matter():
    assert holds(words_of("zero-bug ÉQUIPE"), "The equipe's Zero Bug policy")
    assert not holds(words_of("***"), "anything")
