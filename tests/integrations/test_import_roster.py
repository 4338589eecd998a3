"""Lists of teams and of people, through the import pages."""

import io
from datetime import timedelta

import hypothesis
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from integrations.matching.plan import Plan
from integrations.matching.reader import Reader
from integrations.roster.teams import TeamImporter
from integrations.roster.undo import undo
from teams.models import AccountMail, Invitation, Membership, PastPlace, Role, Team, User
from tests.factories import deliver_mail, join, link_in, make_defect, make_member, make_team, make_user
from tests.html import squeezed
from tests.integrations.files import text_row, xlsx
from tests.integrations.test_import_pages import checked, looked_through, match, page, start, work

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def admin(client):
    admin = make_user(admin=True, email="admin@example.com", name="Ada")
    client.force_login(admin)
    return admin


def imported(client, text, *, matched=None, **fields):
    job = checked(client, text, matched=matched)
    start(client, job, send="1", **fields)
    return job


def undone(client, job):
    client.post(reverse("integrations:import_undo", args=[job.pk]))
    work()
    job.refresh_from_db()
    return job.result["undone"]


def errors(job):
    return [(line, sentence) for line, _, sentence in job.result["errors"]]


def counts(job):
    result = job.result
    return result["created"], result["updated"], result["unchanged"], result["left_out"], result["failed"]


# --- Teams --------------------------------------------------------------------------------------------------------------

TREE = "Name,Slug,Parent team,Visibility\nCheckout,checkout,Payments,\nPayments,pay,Products,private\nProducts,,,public\n"


def test_teams_with_parents_that_come_later_in_the_file(client, admin):
    job = checked(client, TREE)
    assert job.mapping_key == "teams/spreadsheet"
    assert counts(job) == (3, 0, 0, 0, 0)
    assert not Team.objects.exists()
    text = squeezed(page(client, job).text)
    assert "Import 3 rows" in text
    assert "Checkout" in text
    start(client, job)
    checkout, pay, products = (Team.objects.get(name=name) for name in ("Checkout", "Payments", "Products"))
    assert (checkout.slug, pay.slug, products.slug) == ("checkout", "pay", "products")
    assert checkout.lineage == [products.pk, pay.pk, checkout.pk]
    assert (pay.members_only, products.members_only) == (True, False)
    assert "Import complete" in page(client, job).text
    assert counts(checked(client, TREE)) == (0, 0, 3, 0, 0)


def test_a_workbook_of_teams(client, admin):
    rows = text_row(1, "Team", "Parent team", "Key") + text_row(2, "Search", "", "SRCH") + text_row(3, "Index", "SRCH", "")
    imported(client, xlsx({"Teams": rows}))
    assert [(team.name, team.key) for team in Team.objects.get(key="SRCH").children.all()] == [("Index", "IND")]


def test_existing_teams_are_found_and_moved_and_empty_cells_change_nothing(client, admin):
    above, old = make_team(name="Platform", slug="platform"), make_team(name="Old home", slug="old")
    team = make_team(name="Search", slug="search", parent=old, members_only=True, description="Finds things")
    below = make_team(name="Index", slug="index", parent=team)
    make_defect(team=below)
    job = imported(client, "Name,Slug,Parent team,Visibility,Description\nSearching,search,platform,,\n")
    assert counts(job) == (0, 1, 0, 0, 0)
    team.refresh_from_db()
    below.refresh_from_db()
    assert (team.name, team.parent, team.members_only, team.description) == ("Searching", above, True, "Finds things")
    assert below.lineage == [above.pk, team.pk, below.pk]
    assert PastPlace.objects.get().lineage == [old.pk, team.pk, below.pk]
    assert undone(client, job)["restored"] == 1
    team.refresh_from_db()
    below.refresh_from_db()
    assert (team.name, team.parent, below.lineage) == ("Search", old, [old.pk, team.pk, below.pk])


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        (
            "A,,a-team,B,\nB,,b-team,A,\nC,,,B,\n",
            {2: "form a circle", 3: "form a circle", 4: "The row of the parent team “B” has an error."},
        ),
        ("A,,,A,\n", {2: "form a circle"}),
        ("A,,,Nowhere,\n", {2: "There is no team “Nowhere”"}),
        ("Alpha,,,,public\nalpha,,,,public\n", {3: "“alpha” is already on line 2"}),
        ("Alpha,,one,,\nalpha,,two,,\n", {2: "already a team with this name here", 3: "already a team with this name here"}),
        ("Alpha,AL,,,\nBeta,AL,,,\n", {3: "is already on line 2"}),
        ("Alpha,al!,,,\n", {2: "Use 2 to 8 capital letters"}),
        (f"{'x' * 81},,,,\n", {2: "at most 80 characters"}),
    ],
)
def test_teams_that_do_not_fit(client, admin, rows, sentences):
    job = checked(client, "Name,Key,Slug,Parent team,Visibility\n" + rows)
    found = dict(errors(job))
    assert found.keys() == sentences.keys(), found
    for line, sentence in sentences.items():
        assert sentence in found[line]


def test_an_unknown_visibility_is_asked_for_and_an_unasked_one_refused(client, admin):
    job = looked_through(client, "Name,Visibility\nAlpha,maybe\nBeta,public\n")
    assert "Unknown: suggested as members" in page(client, job).text
    plan = Plan.from_json(job.plan)
    row = Reader(plan, ["Name", "Visibility"]).read(2, ["Alpha", "maybe"])
    assert row.problems == {"members_only": "“maybe” is not known. Match it to one of: members, everyone."}


def test_only_admins_import_teams(client):
    client.force_login(make_member(team=make_team(), role=Role.MANAGER))
    job = looked_through(client, TREE)
    assert job.kind == "defects"
    assert "teams/spreadsheet" not in page(client, job).text
    client.post(reverse("integrations:import_match", args=[job.pk]), {"again": "1", "tool": "teams/spreadsheet"})
    job.refresh_from_db()
    assert job.kind == "defects"
    assert client.get(reverse("integrations:template", args=["teams"])).status_code == 404
    assert client.get(reverse("integrations:template", args=["people"])).text == '\ufeff"email","name","team","role"\r\n'


def test_who_is_no_admin_any_more_imports_no_teams(client, admin):
    make_user(admin=True)
    job = checked(client, TREE)
    join(admin, make_team(), Role.MANAGER)
    admin.set_admin(False)
    start(client, job)
    assert job.error == "Only admins can import teams."
    assert Team.objects.count() == 1


def test_undo_of_teams_leaves_those_in_use(client, admin):
    job = imported(client, TREE)
    join(make_user(), Team.objects.get(name="Payments"))
    Team.objects.filter(name="Checkout").update(description="We sell")
    result = undone(client, job)
    assert (result["deleted"], result["skipped"]) == (0, {"changed since": 1, "in use since": 2})
    text = page(client, job).text
    assert "Skipped teams" in text
    assert "Payments" in text


def test_undo_of_teams(client, admin):
    job = imported(client, TREE)
    assert "New teams are deleted" in page(client, job).text
    result = undone(client, job)
    assert (result["deleted"], result["left"]) == (3, 0)
    assert not Team.objects.exists()
    assert "3 new teams deleted." in squeezed(page(client, job).text)


def test_undo_of_two_teams_that_swapped_their_names(client, admin):
    for name in ("Red", "Blue"):
        make_team(name=name, slug=name.lower())
    job = imported(client, "Name,Slug\nBlue,red\nRed,blue\n")
    assert job.result["updated"] == 2
    assert undone(client, job)["restored"] == 2
    assert Team.objects.get(slug="red").name == "Red"


@pytest.mark.parametrize("taken", [{"name": "Red"}, {"slug": "red"}])
def test_undo_leaves_a_team_whose_place_is_taken(client, admin, taken):
    team = make_team(name="Red", slug="red", key="RED")
    job = imported(client, "Name,Slug,Key\nGreen,green,RED\n")
    assert Team.objects.get(pk=team.pk).slug == "green"
    make_team(**taken)
    assert undone(client, job)["skipped"] == {"the earlier place, name, address or key is taken": 1}


def test_a_thousand_teams_cost_few_queries(client, admin):
    def queries(number):
        rows = "".join(f"Team {number}-{n},x{number}-{n},{f'x{number}-{n // 10}' if n else ''}\n" for n in range(number))
        job = checked(client, "Name,Slug,Parent team\n" + rows)
        with CaptureQueriesContext(connection) as captured:
            start(client, job)
        assert job.result["created"] == number
        return len(captured)

    assert queries(900) <= queries(20) + 5


class Kept:
    """Keeps in memory what an import did."""

    def __init__(self):
        self.entries = []

    def write(self, entries):
        self.entries += entries


def load_teams(text, **options):
    importer = TeamImporter(Plan("teams"), now=timezone.now(), **options)
    return importer.write(io.BytesIO(text.encode()), skip_errors=True)


def all_teams():
    return {team.slug: (team.name, team.key, team.parent and team.parent.slug, team.lineage) for team in Team.objects.all()}


NAMES = "ABCDEF"
LINES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["", *NAMES, "nobody"]), st.sampled_from(["", "Same", "Other"])),
    max_size=8,
)


@hypothesis.settings(max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@given(LINES, LINES)
def test_any_list_of_teams_keeps_the_tree_whole_and_can_be_repeated_and_undone(first, second):
    """Imports random lists, with circles, doubled names and unknown parents, whose wrong rows are left out."""

    def text(lines):
        return "Name,Slug,Parent team,Description\n" + "".join(
            f"{name or slug},t-{slug.lower()},{f't-{parent.lower()}' if parent else ''},x\n" for slug, parent, name in lines
        )

    Team.objects.all().update(parent=None)
    Team.objects.all().delete()
    if first:
        load_teams(text(first))
    before, kept = all_teams(), Kept()
    if not second:
        return
    load_teams(text(second), remember=kept)
    for team in Team.objects.select_related("parent"):
        assert team.lineage == [*(team.parent.lineage if team.parent else []), team.pk]
    beside = [(team.parent_id, team.name) for team in Team.objects.all()]
    assert len(beside) == len({*beside})
    after = all_teams()
    again = load_teams(text(second))
    assert (again.created, again.updated, all_teams()) == (0, 0, after)
    assert undo("teams", kept.entries, allowed=None).skipped == {}
    assert all_teams() == before


# --- People -------------------------------------------------------------------------------------------------------------

STAFF = "Email,Name,Team,Role\nann@example.com,Ann Low,payments,manager\nBob@Example.com,Bob,Payments,\n"


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments")


@pytest.fixture
def manager(client, team):
    manager = make_member(team=team, role=Role.MANAGER, email="mia@example.com", name="Mia")
    client.force_login(manager)
    return manager


def test_people_are_invited_and_join_with_the_link(client, manager, team):
    job = checked(client, STAFF)
    assert job.mapping_key == "people/spreadsheet"
    assert counts(job) == (2, 0, 0, 0, 0)
    assert "Send 2 invitations now" in squeezed(page(client, job).text)
    assert not Invitation.objects.exists()
    start(client, job, send="1")
    assert User.objects.count() == 1
    found = Invitation.objects.order_by("email").values_list("email", "name", "role", "invited_by__name")
    assert list(found) == [
        ("ann@example.com", "Ann Low", "manager", "Mia"),
        ("bob@example.com", "Bob", "engineer", "Mia"),
    ]
    letters = {letter.to[0]: letter for letter in deliver_mail()}
    assert letters.keys() == {"ann@example.com", "bob@example.com"}
    client.logout()
    link = link_in(letters["ann@example.com"])
    assert 'value="Ann Low"' in client.get(link).text
    client.post(link, {"name": "Ann", "password": "a long good password", "password_again": "a long good password"})
    assert Membership.objects.get(user__email="ann@example.com").role == Role.MANAGER


def test_the_same_list_again_changes_nothing(client, manager):
    imported(client, STAFF)
    assert counts(checked(client, STAFF)) == (0, 0, 2, 0, 0)


def test_invitations_can_wait(client, manager, team):
    job = checked(client, STAFF)
    start(client, job)
    assert deliver_mail() == []
    assert "2 invitations not sent yet." in squeezed(page(client, job).text)
    assert page(client, job).context["unsent"] == 2
    assert "Not sent yet" in client.get(reverse("teams:members", args=["payments"])).text
    Invitation.objects.update(created_at=timezone.now() - timedelta(days=10))
    client.post(reverse("integrations:import_send", args=[job.pk]))
    assert len(deliver_mail()) == 2
    assert all(invitation.is_open(timezone.now() + timedelta(days=13)) for invitation in Invitation.objects.all())
    client.post(reverse("integrations:import_send", args=[job.pk]))
    assert AccountMail.objects.count() == 2
    assert page(client, job).context["unsent"] == 0


def test_members_keep_their_names_and_get_the_role_of_the_file(client, manager, team):
    ann = make_member(team=team, email="ann@example.com", name="Ann")
    job = imported(client, "Email,Name,Team,Role\nANN@example.com,Other Name,payments,trainee\nmia@example.com,,payments,\n")
    assert counts(job) == (0, 1, 1, 0, 0)
    assert User.objects.get(pk=ann.pk).name == "Ann"
    assert ann.memberships.get().role == Role.TRAINEE
    assert deliver_mail() == []
    assert undone(client, job)["restored"] == 1
    assert ann.memberships.get().role == Role.ENGINEER


def test_open_invitations_get_the_role_of_the_file(client, manager):
    imported(client, STAFF)
    job = imported(client, STAFF.replace("manager", "trainee"))
    assert counts(job) == (0, 1, 1, 0, 0)
    assert Invitation.objects.get(email="ann@example.com").role == Role.TRAINEE
    assert AccountMail.objects.count() == 2


def test_an_account_elsewhere_is_invited_like_an_address_without_one(client, manager):
    make_member(team=make_team(), email="ann@example.com", name="Ann")
    make_user(email="bob@example.com", is_active=False)
    job = checked(client, STAFF)
    assert counts(job) == (2, 0, 0, 0, 0)
    assert {row["cells"][4] for row in job.result["preview"]} == {"Is invited"}


def test_admins_see_that_an_account_is_deactivated(client, admin, team):
    make_user(email="bob@example.com", is_active=False)
    job = checked(client, STAFF)
    assert counts(job) == (1, 0, 0, 1, 0)
    assert job.result["skipped"] == {"the account is deactivated": 1}


def test_teams_out_of_reach_look_like_teams_that_do_not_exist(client, manager, team):
    make_team(name="Secret", slug="secret", members_only=True)
    make_team(name="Open", slug="open")
    make_team(name="Below", slug="below", parent=team)
    rows = "".join(f"a@example.com,,{name},engineer\n" for name in ("secret", "open", "nowhere", "below"))
    job = looked_through(client, "Email,Name,Team,Role\n" + rows)
    assert "Secret" not in page(client, job).text
    match(client, job)
    work()
    job.refresh_from_db()
    assert errors(job) == [
        (line, f"There is no team “{name}” you can import into.")
        for line, name in enumerate(("secret", "open", "nowhere"), start=2)
    ]
    assert job.result["created"] == 1


def test_the_last_manager_stays(client, manager, team, admin):
    job = checked(client, "Email,Team,Role\nmia@example.com,payments,trainee\n")
    assert errors(job) == [(2, "Payments would have no manager. Make someone else a manager first.")]
    make_member(team=team, email="ann@example.com")
    job = imported(client, "Email,Team,Role\nmia@example.com,payments,trainee\nann@example.com,payments,manager\n")
    assert counts(job) == (0, 2, 0, 0, 0)
    result = undone(client, job)
    assert result["restored"] == 2


def test_two_managers_can_not_both_be_lowered(client, admin, team):
    for name in ("ann", "bob"):
        make_member(team=team, role=Role.MANAGER, email=f"{name}@example.com")
    job = checked(client, "Email,Team,Role\nann@example.com,payments,engineer\nbob@example.com,payments,engineer\n")
    assert [line for line, _ in errors(job)] == [3]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("not an address,,payments,engineer", "Enter a whole email address, such as ada@example.com."),
        (",,payments,engineer", "Enter an email address."),
        ("a@example.com,,,engineer", "The row names no team. Choose the team for all rows."),
        (f"a@example.com,{'x' * 121},payments,engineer", "A name can have up to 120 characters."),
    ],
)
def test_people_that_do_not_fit(client, manager, row, sentence):
    job = checked(client, f"Email,Name,Team,Role\n{row}\nb@example.com,,payments,engineer\n")
    assert errors(job) == [(2, sentence)]
    start(client, job, skip_errors="1")
    assert Invitation.objects.get().email == "b@example.com"


def test_a_person_named_twice(client, manager):
    rows = "a@example.com,,payments,engineer\na@example.com,,payments,engineer\na@example.com,,payments,trainee\n"
    job = checked(client, "Email,Name,Team,Role\n" + rows)
    assert counts(job) == (1, 0, 0, 1, 1)
    assert errors(job) == [(4, "Line 2 gives this person another role in the same team.")]


def test_an_unknown_role_is_asked_for(client, manager):
    job = looked_through(client, "Email,Team,Role\na@example.com,payments,Head of Everything\n")
    assert "Unknown: suggested as trainee" in page(client, job).text
    match(client, job)
    work()
    job.refresh_from_db()
    start(client, job)
    assert Invitation.objects.get().role == Role.TRAINEE


def test_one_team_for_all_people(client, manager):
    job = looked_through(client, "E-Mail;Vollständiger Name\na@example.com;Anna\n")
    match(client, job, team=["payments"])
    work()
    job.refresh_from_db()
    start(client, job)
    assert Invitation.objects.get().team.slug == "payments"


def test_undo_of_people(client, manager, team):
    job = imported(client, STAFF)
    ann = Invitation.objects.get(email="ann@example.com")
    ann.accept(make_user(email="ann@example.com"), timezone.now())
    result = undone(client, job)
    assert (result["deleted"], result["skipped"]) == (1, {"accepted since": 1})
    assert result["skipped_names"] == ["ann@example.com"]
    assert not Invitation.objects.pending().exists()
    assert "1 invitation withdrawn." in squeezed(page(client, job).text)


def test_undo_leaves_what_people_changed(client, manager, team):
    job = imported(client, STAFF)
    Invitation.objects.filter(email="bob@example.com").update(role=Role.TRAINEE)
    assert undone(client, job)["skipped"] == {"changed since": 1}
    assert Invitation.objects.get().email == "bob@example.com"


def test_undo_by_who_no_longer_manages_the_team(client, manager, team):
    job = imported(client, STAFF)
    make_member(team=team, role=Role.MANAGER)
    manager.memberships.update(team=make_team())
    assert undone(client, job)["skipped"] == {"in a team you can't import into": 2}


def test_ten_thousand_people_cost_few_queries(client, manager):
    def queries(number):
        rows = "".join(f"p{number}-{n}@example.com,payments,engineer\n" for n in range(number))
        job = checked(client, "Email,Team,Role\n" + rows)
        with CaptureQueriesContext(connection) as captured:
            start(client, job, send="1")
        assert job.result["created"] == number
        return len(captured)

    assert queries(900) <= queries(20) + 5


# --- By API -------------------------------------------------------------------------------------------------------------


def test_a_list_of_people_by_api(client, manager):
    data = {"file": SimpleUploadedFile("staff.csv", STAFF.encode()), "kind": "people", "send_invitations": "false"}
    answer = client.post("/api/v1/imports/", data)
    assert answer.status_code == 202, answer.text
    work()
    found = client.get(f"/api/v1/imports/{answer.json()['id']}/").json()
    assert (found["status"], found["created"], found["kind"]) == ("imported", 2, "people")
    assert deliver_mail() == []
    client.post(f"/api/v1/imports/{found['id']}/undo/")
    work()
    assert not Invitation.objects.exists()


def test_only_admins_send_teams_by_api(client, manager):
    sent = {"file": SimpleUploadedFile("teams.csv", TREE.encode()), "kind": "teams"}
    assert client.post("/api/v1/imports/", sent).status_code == 400
    client.force_login(make_user(admin=True))
    sent["file"].seek(0)
    answer = client.post("/api/v1/imports/", sent)
    work()
    assert client.get(f"/api/v1/imports/{answer.json()['id']}/").json()["created"] == 3


# --- By command ---------------------------------------------------------------------------------------------------------


def test_lists_by_command(tmp_path):
    for name, text in (("teams", TREE), ("people", STAFF.replace("payments", "pay").replace("Payments", "pay"))):
        (tmp_path / f"{name}.csv").write_text(text)
        call_command("import_csv", name, str(tmp_path / f"{name}.csv"), "--no-mail")
    assert Invitation.objects.filter(team__slug="pay", invited_by=None).count() == 2
    assert deliver_mail() == []
