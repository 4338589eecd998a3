"""The library: pages with what stands beside them, search, edits by admins, calculators on the page, lists of links."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from benchmarks.models import MetricSnapshot, ThresholdSet
from library import content
from library.models import LibraryLink, PageEdit, PageRead
from qmportal.lib.days import local_day
from tests.factories import make_member, make_team, make_user
from training.kinds import ItemKind
from training.models import Assignment

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    user = make_user(name="Bob")
    client.force_login(user)
    return user


@pytest.fixture
def admin(client):
    user = make_user(name="Alice", admin=True)
    client.force_login(user)
    return user


def text(response):
    return response.content.decode()


def snapshot(team, metric, **fields):
    return MetricSnapshot.objects.create(
        team=team, metric=metric, window_days=90, as_of="2026-03-02", state="ok", computed_at=timezone.now(), **fields
    )


# ---- Reading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", content.pages(), ids=lambda page: page.slug)
def test_every_page_opens_with_its_own_headings_and_sources(client, reader, page):
    shown = text(client.get(f"/training/library/{page.slug}/"))
    assert f"<h1>{page.title}" in shown.replace("&#x27;", "'")
    assert "<h4>" not in shown
    assert "../" not in shown.split('<article class="prose">')[1].split("</article>")[0]


def test_the_links_between_pages_lead_somewhere(client, reader):
    for page in content.pages():
        for slug in content.PAGE_LINK.findall(page.body):
            assert client.get(f"/training/library/{slug}/").status_code == 200, (page.slug, slug)


def test_the_index_groups_all_pages_with_reading_times(client, reader):
    page = text(client.get("/training/library/"))
    for title in content.GROUPS.values():
        assert f">{title}</h2>" in page
    for one in content.pages():
        assert f"/training/library/{one.slug}/" in page
    assert f"You have read 0 of {len(content.pages())}." in page


def test_a_page_is_marked_as_read_once_and_completes_its_assignment(client, reader):
    day = local_day(timezone.now()) + timedelta(days=3)
    due = Assignment.objects.create(user=reader, kind=ItemKind.PAGE, ref="mttr", assigned_at=timezone.now(), due_on=day)
    assert "Assigned, by" in text(client.get("/training/library/"))
    for _ in range(2):
        page = text(client.post("/training/library/mttr/read/", follow=True))
    assert "You read this" in page
    assert PageRead.objects.filter(user=reader, page="mttr").count() == 1
    due.refresh_from_db()
    assert due.done_at is not None


@pytest.mark.parametrize("path", ["/training/library/nothing/", "/training/library/nothing/read/"])
def test_an_unknown_page_is_not_found(client, reader, path):
    assert (client.post if "read" in path else client.get)(path).status_code == 404


def test_the_benchmarks_show_the_set_in_force(client, reader):
    default = ThresholdSet.objects.by_metric(local_day(timezone.now()))["escaped_defect_rate"]
    ThresholdSet.objects.create(
        metric="escaped_defect_rate",
        effective_from=local_day(timezone.now()),
        author=reader,
        reason="Stricter",
        minimum_n=default.minimum_n,
        cut_elite=3,
        cut_good=7,
        cut_average=12,
        cut_needs_work=20,
    )
    page = text(client.get("/training/library/benchmarks/"))
    assert "below 3%" in page
    assert "7–12%" in page


def test_the_five_steps_lead_to_my_teams(client):
    client.force_login(make_member(team=make_team(name="Payments", slug="pay")))
    page = text(client.get("/training/library/what-to-do/"))
    assert 'href="/t/pay/"' in page
    assert "/training/diagnostic/" in page


# ---- Search --------------------------------------------------------------------------------------------------------


def test_the_search_finds_pages_checks_and_scenarios(client, reader):
    call_command("load_library", verbosity=0)
    page = text(client.get("/training/library/?q=canary"))
    assert "/training/library/progressive-delivery/" in page
    assert "/training/checks/canary/" in page
    assert "/training/scenarios/canary_that_sang_too_late/" in page
    assert "<mark>Canary</mark>" in page


def test_an_excerpt_reads_like_the_page(client, reader):
    assert "Canary</mark>: one percent of traffic" in text(client.get("/training/library/?q=canary"))


def test_a_number_stays_with_its_unit(client, reader):
    assert "4-24&nbsp;h" in text(client.get("/training/library/benchmarks/"))


def test_every_word_must_occur(client, reader):
    assert "Nothing found for" in text(client.get("/training/library/?q=canary+xylophone"))


def test_the_search_does_not_give_solutions_away(client, reader):
    found = text(client.get("/training/library/?q=597.6"))
    assert "/training/checks/canary/" not in found


@pytest.mark.parametrize("q", ["<script>alert(1)</script>", "' or 1=1", "%", "*", "(", "\\", "ß", "🦊", "a" * 5000, "  "])
def test_odd_words_are_only_words(client, reader, q):
    response = client.get("/training/library/", {"q": q})
    assert response.status_code == 200
    assert "<script>alert" not in text(response)


def test_htmx_gets_the_results_alone(client, reader):
    headers = {"HX-Request": "true", "HX-Target": "div#results"}
    fragment = text(client.get("/training/library/?q=mttr", headers=headers))
    assert fragment.lstrip().startswith('<div id="results">')
    assert "<html" not in fragment


# ---- Editing -------------------------------------------------------------------------------------------------------

OURS = "## Our way\n\nWe restore first. See [MTBF](../mtbf/). <script>alert(1)</script>"


def edit(client, wants="save", **fields):
    return client.post(
        "/training/library/mttr/edit/", {"wants": wants, "body": OURS, "reason": "Our words", "base": 0} | fields
    )


def test_an_edit_replaces_the_shipped_text_and_is_searched(client, admin):
    assert edit(client).status_code == 302
    page = text(client.get("/training/library/mttr/"))
    assert "We restore first." in page
    assert "Six moments" not in page
    assert 'href="/training/library/mtbf/"' in page
    assert "<script>alert" not in page
    assert "Our words" in page
    assert "/training/library/mttr/" in text(client.get("/training/library/?q=restore+first"))


def test_the_shipped_text_comes_back_and_the_history_stays(client, admin):
    edit(client)
    response = edit(client, wants="restore", body="", reason="Theirs is better", base=PageEdit.objects.get().pk)
    assert response.status_code == 302
    assert "Six moments" in text(client.get("/training/library/mttr/"))
    assert [one.reason for one in PageEdit.objects.all()] == ["Theirs is better", "Our words"]


def test_the_preview_saves_nothing(client, admin):
    page = text(edit(client, wants="preview", reason=""))
    assert "Our way" in page
    assert 'href="/training/library/mtbf/"' in page
    assert not PageEdit.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"reason": " "}, {"body": "  "}, {"body": "x" * 40_001}, {"base": "x"}, {"body": "\x00"}]
)
def test_an_edit_needs_a_text_and_a_reason(client, admin, fields):
    response = edit(client, **fields)
    assert response.status_code == 422
    assert not PageEdit.objects.exists()


def test_a_text_that_somebody_else_saved_meanwhile_is_shown_first(client, admin):
    edit(client)
    response = edit(client, body="Mine", reason="Mine is newer")
    assert response.status_code == 409
    assert "saved this page first" in text(response)
    assert "Mine" in text(response)
    assert PageEdit.objects.count() == 1
    assert edit(client, body="Mine", reason="Mine is newer", base=PageEdit.objects.get().pk).status_code == 302


def test_only_admins_edit(client, reader):
    assert client.get("/training/library/mttr/edit/").status_code == 403
    assert edit(client).status_code == 403
    assert client.get("/training/library/links/").status_code == 403


# ---- Calculators on the page ---------------------------------------------------------------------------------------


def test_the_calculators_begin_with_my_teams_numbers(client):
    team = make_team(name="Payments", slug="pay")
    snapshot(team, "escaped_defect_rate", value=6 / 50 * 100, n=50, numerator=6, denominator=50)
    client.force_login(make_member(team=team))
    page = text(client.get("/training/library/formula/"))
    assert 'name="escaped" value="6"' in page
    assert 'name="caught" value="44"' in page
    assert "12.0%" in page
    assert "the next 11 defects all caught before release" in page


def test_what_the_address_says_comes_first(client, reader):
    page = text(client.get("/training/library/formula/?escaped=10&caught=190"))
    assert "95.0%" in page
    assert "With the numbers you typed." in page


def test_without_a_team_the_examples_stand_in(client, reader):
    assert "15.8%" in text(client.get("/training/library/formula/"))


@pytest.mark.parametrize(
    "query",
    ["escaped=many&caught=1", "escaped=0&caught=0", "times=soon", "share=0", "exposure=1+h&downtime=2+h", "ratio=-1"],
)
def test_nonsense_is_answered_at_the_field(client, reader, query):
    response = client.get(f"/training/library/formula/?{query}")
    assert response.status_code == 200
    assert "Fix the marked field to see a result." in text(response)


def test_the_numbers_of_a_hidden_team_stay_hidden(client, reader):
    hidden = make_team(name="Secret", slug="secret", members_only=True)
    snapshot(hidden, "escaped_defect_rate", value=50, n=50, numerator=25, denominator=50)
    page = text(client.get("/training/library/formula/?team=secret"))
    assert "Secret" not in page
    assert 'name="escaped" value="15"' in page


def test_durations_of_single_incidents_are_for_members(client, reader):
    team = make_team(slug="pay")
    snapshot(team, "mttr", value=3600, n=5, numerator=18000, denominator=5)
    assert "5 x 1 h" in text(client.get("/training/library/formula/?team=pay"))


# ---- Tools and certifications --------------------------------------------------------------------------------------


def make_link(title="Issue tracker", **fields):
    return LibraryLink.objects.create(section="tool", title=title, **fields)


def test_the_page_lists_kinds_and_costs(client, reader):
    make_link(kind="Planning", cost="Free", url="https://example.com/")
    page = text(client.get("/training/library/tools-and-certifications/"))
    assert 'href="https://example.com/"' in page
    assert "Planning" in page
    assert "Edit the lists" not in page


def test_an_admin_adds_edits_moves_and_deletes_entries(client, admin):
    make_link("First", position=0)
    client.post("/training/library/links/new/", {"section": "tool", "title": " Second ", "url": "example.com"})
    second = LibraryLink.objects.get(title="Second")
    assert second.url == "https://example.com"
    client.post(f"/training/library/links/{second.pk}/move/", {"by": "up"})
    assert [link.title for link in LibraryLink.objects.all()] == ["Second", "First"]
    client.post(f"/training/library/links/{second.pk}/move/", {"by": "up"})
    assert [link.title for link in LibraryLink.objects.all()] == ["Second", "First"]
    client.post(f"/training/library/links/{second.pk}/", {"section": "certification", "title": "Renamed"})
    second.refresh_from_db()
    assert (second.title, second.section) == ("Renamed", "certification")
    client.post(f"/training/library/links/{second.pk}/delete/")
    assert not LibraryLink.objects.filter(pk=second.pk).exists()


def test_a_new_entry_stands_last_although_others_were_deleted(client, admin):
    for position in (0, 1, 3):
        make_link(f"Old {position}", position=position)
    client.post("/training/library/links/new/", {"section": "tool", "title": "New"})
    assert LibraryLink.objects.last().title == "New"


@pytest.mark.parametrize(
    "fields",
    [
        {"title": ""},
        {"title": "\u200b"},
        {"title": "x" * 121},
        {"section": "shop"},
        {"url": "javascript:alert(1)"},
        {"url": "ftp://example.com"},
        {"kind": "\x00"},
    ],
)
def test_an_entry_that_cannot_be_used_comes_back(client, admin, fields):
    response = client.post("/training/library/links/new/", {"section": "tool", "title": "Tracker"} | fields)
    assert response.status_code == 422
    assert not LibraryLink.objects.exists()


def test_queries_stay_constant(client, django_assert_max_num_queries):
    call_command("load_library", verbosity=0)
    client.force_login(make_member(team=make_team(slug="pay")))
    for path, most in (("", 12), ("?q=canary", 14), ("mttr/", 14), ("formula/", 14), ("benchmarks/", 14)):
        with django_assert_max_num_queries(most):
            client.get(f"/training/library/{path}")
