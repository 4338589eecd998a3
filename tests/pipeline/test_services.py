"""The catalogue of services: pages, choosing, history, import from Backstage."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone

from benchmarks.snapshots import take_snapshots
from incidents.models import Incident
from pipeline.backstage import MAX_BYTES, BadCatalogue, read_components
from pipeline.models import Service
from qmportal.lib.days import local_day
from tests.factories import NOON, join, make_incident, make_member, make_service, make_team, make_user

pytestmark = pytest.mark.django_db
LIST, CREATE, IMPORT = (reverse(f"pipeline:{name}") for name in ("services", "service_create", "service_import"))
REPORT = reverse("incidents:create")
CATALOGUE = """
apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: cards
  title: Card payments
  description: Takes cards.
  annotations:
    example.com/tier: "1"
  links:
    - url: https://wiki.example.com/cards
      title: Runbook
    - url: javascript:alert(1)
      title: Bad
spec:
  owner: group:default/payments
---
kind: API
metadata: {name: cards-api}
---
kind: Component
metadata: {name: vouchers}
spec: {owner: team-of-nobody}
"""


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments", key="PAY")


@pytest.fixture
def manager(team):
    return make_member(team=team, role="manager")


@pytest.fixture
def client(client, manager):
    client.force_login(manager)
    return client


def edit_url(service):
    return reverse("pipeline:service_edit", args=[service.slug])


def test_a_manager_adds_a_service_of_their_team(client, team):
    answer = client.post(CREATE, {"name": " Cards ", "team": "payments", "tier": "1", "runbook_url": "wiki.example.com"})
    service = Service.objects.get()
    assert answer.headers["Location"] == "/services/cards/"
    assert (service.name, service.team, service.tier, service.runbook_url) == ("Cards", team, 1, "https://wiki.example.com")
    assert "Cards" in client.get(LIST).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "Cards, vouchers"}, "A name can&#x27;t contain a comma or a semicolon."),
        ({"name": "TAKEN"}, "Another service has this name."),
        ({"slug": "taken"}, "This is already taken. Choose another one."),
        ({"team": "theirs"}, "Choose one of your own teams."),
        ({"team": ""}, "Choose a team."),
        ({"runbook_url": "javascript:alert(1)"}, "Enter a whole link, such as https://example.com/page."),
        ({"tier": "9"}, "Choose one of the options."),
    ],
)
def test_invalid_input_shows_a_message_and_stores_nothing(client, fields, sentence):
    make_team(slug="theirs")
    make_service("Taken")
    answer = client.post(CREATE, {"name": "Cards", "team": "payments"} | fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert Service.objects.count() == 1


def test_managers_change_only_services_of_their_teams(client, team):
    theirs, nobodys, own = make_service(team=make_team()), make_service(), make_service(team=team)
    assert [client.get(edit_url(each)).status_code for each in (theirs, nobodys, own)] == [403, 403, 200]


def test_a_retired_service_is_offered_no_more_and_stays_where_it_is_named(client, team):
    cards = make_service("Cards", team=team)
    incident = make_incident(team=team, services=[cards.pk])
    client.post(reverse("pipeline:service_retire", args=["cards"]))
    assert 'value="cards"' not in client.get(REPORT).text
    assert "Cards" in client.get(incident.get_absolute_url()).text
    assert 'value="cards"' in client.get(reverse("incidents:edit", args=[incident.reference])).text
    client.post(reverse("pipeline:service_restore", args=["cards"]))
    assert 'value="cards"' in client.get(REPORT).text


def test_a_service_is_never_deleted(team):
    service = make_service()
    with pytest.raises(ProgrammingError), transaction.atomic():
        service.delete()


def test_an_incident_names_only_services_that_exist(team):
    incident = make_incident(team=team)
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(services=[999_999])


@pytest.mark.parametrize("query", [{"q": "%"}, {"team": "nobody"}, {"page": "x"}, {"show": "x"}])
def test_odd_addresses_are_no_error(client, query):
    assert client.get(LIST, query).status_code == 200


def test_the_owner_is_named_only_to_people_who_can_see_the_team(client):
    make_service("Cards", team=make_team(name="Secret team", members_only=True))
    assert "Secret team" not in client.get(LIST).text
    assert "Secret team" not in client.get("/services/cards/").text


def report(client, **fields):
    answer = client.post(REPORT, {"title": "Cards refused", "team": "payments", "severity": "SEV2"} | fields)
    return answer, Incident.objects.first()


def test_an_incident_names_several_services(client):
    ids = [make_service(name).pk for name in ("Cards", "Vouchers", "Lifts")]
    _, incident = report(client, services=["vouchers", "cards"])
    assert incident.services == ids[:2]
    page = client.get(incident.get_absolute_url()).text
    assert '<a href="/services/cards/">Cards</a>' in page
    assert "Lifts" not in page


def test_the_url_prefills_services(client):
    make_service("Cards")
    page = client.get(f"{REPORT}?services=cards,nonsense").text
    assert re.search(r'<input[^>]*value="cards"[^>]*\schecked', page)


def test_an_unknown_service_is_an_error(client):
    make_service("Cards")
    answer, incident = report(client, services=["card"])
    assert (answer.status_code, incident) == (422, None)
    assert "No service is called “card”. Did you mean Cards?" in answer.text


def test_many_services_are_typed_and_suggested(client):
    for number in range(60):
        make_service(f"Cards {number}")
    page = client.get(REPORT).text
    assert 'hx-get="/services/suggest/"' in page
    suggested = client.get("/services/suggest/", {"services": "cards 7, CARDS 5"}).text
    assert '<option value="cards 7, Cards 5">' in suggested
    assert "cards 7, Cards 7" not in suggested
    _, incident = report(client, services=" cards 7,Cards 5, ")
    assert len(incident.services) == 2
    edit = client.get(reverse("incidents:edit", args=[incident.reference])).text
    assert 'value="Cards 5, Cards 7"' in edit


def test_the_history_names_services(client, team):
    cards = make_service("Cards")
    incident = make_incident(team=team)
    incident.services = [cards.pk]
    incident.save()
    page = client.get(reverse("incidents:history", args=[incident.reference])).text
    assert "Services" in page
    assert "Cards" in page


def test_the_list_is_filtered_by_service(client, team):
    cards = make_service("Cards")
    make_incident(team=team, title="With cards", services=[cards.pk])
    make_incident(team=team, title="Without")
    page = client.get(reverse("incidents:list"), {"service": "cards"}).text
    assert "With cards" in page
    assert "Without" not in page


def test_two_people_see_both_lists_of_services(client, team):
    cards = make_service("Cards")
    incident = make_incident(team=team, services=[cards.pk])
    Incident.objects.get(pk=incident.pk).save()
    data = {"title": incident.title, "team": "payments", "severity": "SEV2", "version": 1, "detected_at": "2026-03-02T12:00"}
    answer = client.post(reverse("incidents:edit", args=[incident.reference]), data)
    assert answer.status_code == 409
    assert [(d.label, d.theirs, d.yours) for d in answer.context["conflict"].differences] == [
        ("Affected services", "Cards", "")
    ]


# ---- API --------------------------------------------------------------------------------------------------------------


def test_the_api_lists_services_and_hides_owners(client):
    make_service("Cards", team=make_team(members_only=True), tier=1)
    make_service("Vouchers", team=make_team(slug="open"), retired_at=NOON)
    rows = client.get("/api/v1/services/").json()["results"]
    assert [(row["slug"], row["team"], row["tier"]) for row in rows] == [("cards", None, 1), ("vouchers", "open", None)]
    assert client.get("/api/v1/services/cards/").json()["name"] == "Cards"
    assert client.get("/api/v1/services/lifts/").status_code == 404


# ---- Backstage ---------------------------------------------------------------------------------------------------------


def test_components_become_services(client, team):
    page = client.post(IMPORT, {"text": CATALOGUE}).text
    cards = Service.objects.get()
    assert (cards.slug, cards.name, cards.team, cards.tier) == ("cards", "Card payments", team, 1)
    assert (cards.runbook_url, [link["title"] for link in cards.links]) == ("https://wiki.example.com/cards", ["Runbook"])
    assert "1 created, 0 updated, 0 unchanged" in page
    assert "1 skipped" in page
    assert "You don&#x27;t manage the team that owns it." in page
    assert "No team is called <b>team-of-nobody</b>" in page
    assert "0 created, 0 updated, 1 unchanged" in client.post(IMPORT, {"text": CATALOGUE}).text


def test_admins_and_the_command_import_everything(client, team, tmp_path):
    path, printed = tmp_path / "catalog-info.yaml", io.StringIO()
    path.write_text(CATALOGUE)
    call_command("import_services", str(path), stdout=printed, stderr=io.StringIO())
    assert printed.getvalue() == "created 2, updated 0, unchanged 0, skipped 0\n"
    client.force_login(make_user(admin=True))
    again = CATALOGUE.replace("Takes cards.", "Takes all cards.")
    assert "0 created, 1 updated, 1 unchanged" in client.post(IMPORT, {"text": again}).text
    with pytest.raises(CommandError):
        call_command("import_services", str(tmp_path / "nothing.yaml"))


def test_a_file_cannot_take_a_service_from_another_team(client, team, manager):
    theirs = make_service("cards", team=make_team())
    assert "1 skipped" not in client.post(IMPORT, {"text": "kind: API"}).text
    client.post(IMPORT, {"text": CATALOGUE})
    theirs.refresh_from_db()
    assert theirs.team != team
    join(manager, theirs.team, "manager")
    client.post(IMPORT, {"text": CATALOGUE})
    theirs.refresh_from_db()
    assert theirs.team == team


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The file describes no component."),
        (b"kind: [", "is not valid YAML: did not find"),
        (b"a: &a [1]\nb: *a", "Line 2: aliases (*) are not accepted."),
        (b"[" * 5000, "nested deeper than 30 levels."),
        (b"\xff\xfe", "The file is not UTF-8 text."),
        (b"kind: Component\nmetadata: x", "A component has no `metadata.name`."),
        (b"a: \x00", "is not valid YAML"),
        (b"x" * (MAX_BYTES + 1), "The file is larger than 512 kB."),
        (b"kind: Component\nmetadata: {name: a}\n---\n" * 2001, "Import at most 2,000 at once."),
    ],
)
def test_an_unusable_file_is_refused_with_a_sentence(raw, sentence):
    with pytest.raises(BadCatalogue, match=r"^[A-Z].*[.]$") as refused:
        read_components(raw)
    assert sentence in str(refused.value)


def test_odd_values_are_left_out():
    (one,) = read_components(b"kind: Component\nmetadata: {name: a, title: [x], links: {a: b}, labels: 7}\nspec: text\n")
    assert (one.name, one.title, one.links, one.tier, one.owner) == ("a", "", [], None, "")


# ---- Measures ----------------------------------------------------------------------------------------------------------


def test_a_team_page_counts_its_incidents_by_service(client, team):
    cards, lifts = make_service("Cards"), make_service("Lifts")
    now = timezone.now() - timedelta(days=5)
    for hours, services in ((2, [cards]), (4, [cards, lifts])):
        ids = sorted(each.pk for each in services)
        make_incident(team=team, services=ids, detected_at=now, restored_at=now + timedelta(hours=hours))
    make_incident(team=team, services=[cards.pk], detected_at=now)
    make_incident(team=team, services=[cards.pk], detected_at=now, kind="exercise")
    make_incident(team=make_team(), services=[cards.pk], detected_at=now)
    take_snapshots(local_day(timezone.now()))
    table = client.get("/t/payments/").text.partition('id="services-h"')[2].partition("</table>")[0]
    rows = [re.sub(r"<[^>]*>", " ", row).split() for row in table.split("<tr>")[2:]]
    assert [" ".join(row) for row in rows] == ["Cards 3 3 h (n = 2) 1", "Lifts 1 4 h (n = 1) 0"]
