"""Writing scenarios: drafts, the editor, preview, publishing, versions, voiding; through the pages."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from notifications.models import Notification
from scenarios import content as library
from scenarios import engine
from scenarios.attempts import standings
from scenarios.models import Attempt, Scenario
from scenarios.publishing import TEMPLATE, judge
from teams.models import Role, User
from tests.factories import NOON, make_member, make_team, make_user
from tests.html import squeezed
from tests.scenarios.loops import LOOPS, looping
from training import items
from training.completion import decide
from training.kinds import ItemKind
from training.models import Assignment

pytestmark = pytest.mark.django_db

FIRST = TEMPLATE.replace("id: my_scenario", "id: tiny")
REWORDED = FIRST.replace("version: 1.0.0", "version: 1.0.1").replace("A calm weekend.", "A quiet weekend.")
REWIRED = FIRST.replace("version: 1.0.0", "version: 1.1.0").replace("{trust: 10, delay: 14}", "{trust: 12, delay: 14}")


@pytest.fixture
def author(client):
    """A quality lead."""
    person = make_user(admin=True)
    client.force_login(person)
    return person


def url(name: str, *args: object) -> str:
    return reverse(f"scenarios:{name}", args=args)


def make_draft(text: str = FIRST) -> Scenario:
    return Scenario.objects.create(slug="tiny", draft_yaml=text)


def make_published(text: str = FIRST) -> Scenario:
    scenario = make_draft(text)
    parsed, _ = engine.validate(text)
    assert parsed
    scenario.publish(parsed, now=NOON)
    return scenario


def save(client, scenario: Scenario, text: str):
    scenario.refresh_from_db()
    return client.post(url("authoring_edit", scenario.slug), {"text": text, "base": scenario.version})


def publish(client, scenario: Scenario, note: str = ""):
    scenario.refresh_from_db()
    return client.post(url("authoring_publish", scenario.slug), {"base": scenario.version, "note": note})


# ---- Drafts ----------------------------------------------------------------------------------------------------------


def test_the_template_is_fit_to_be_published():
    verdict = judge("my_scenario", TEMPLATE, None)
    assert verdict.problems == ()
    assert verdict.content
    assert engine.to_yaml(verdict.content) == TEMPLATE


def test_only_managers_and_admins_write(client):
    client.force_login(make_member(team=make_team(), role=Role.ENGINEER))
    assert client.get(url("authoring")).status_code == 403
    client.force_login(make_user(admin=True))
    assert client.get(url("authoring")).status_code == 200


def test_a_new_scenario_takes_its_id_from_the_text(client, author):
    response = client.post(url("authoring_new"), {"text": FIRST.replace("\n", "\r\n")})
    assert response.status_code == 302
    scenario = Scenario.objects.get(slug="tiny")
    assert (scenario.draft_yaml, scenario.state, scenario.author) == (FIRST, "draft", author)


def test_a_file_takes_the_place_of_the_text(client, author):
    text = library.scenario_texts()["zero_bug_policy"]
    file = SimpleUploadedFile("zero.yaml", text.encode())
    assert client.post(url("authoring_new"), {"text": FIRST, "file": file}).status_code == 302
    assert Scenario.objects.get().slug == "zero_bug_policy"


@pytest.mark.parametrize("text", ["", "a: [", "id: 5", "id: Not good", "x" * 262_145])
def test_a_text_without_a_usable_id_comes_back(client, author, text):
    response = client.post(url("authoring_new"), {"text": text})
    assert response.status_code == 422
    assert not Scenario.objects.exists()


def test_an_id_is_taken_once(client, author):
    make_draft()
    response = client.post(url("authoring_new"), {"text": FIRST})
    assert response.status_code == 422
    assert "A scenario with the id tiny already exists" in response.text


def test_the_list_says_where_each_scenario_stands(client, author, django_assert_max_num_queries):
    make_published()
    for slug in ("one", "two", "three"):
        Scenario.objects.create(
            slug=slug, draft_yaml=FIRST.replace("id: tiny", f"id: {slug}").replace("to: monday", "to: nowhere")
        )
    with django_assert_max_num_queries(12):
        page = client.get(url("authoring")).text
    assert "As published" in page
    assert page.count("errors") == 3


# ---- The editor ------------------------------------------------------------------------------------------------------


def test_the_editor_shows_problems_and_no_picture_of_a_faulty_draft(client, author):
    page = client.get(url("authoring_edit", make_draft(FIRST.replace("quality: 0.6", "quality: 1.0")).slug)).text
    assert "E05 error" in page
    assert 'data-line="30"' in page
    assert "Fix them to see the node map" in page
    assert "Node map of" not in page


def test_a_draft_that_proves_badly_is_drawn_all_the_same(client, author):
    make_draft(FIRST.replace("[wait, own]", "[ship, own]"))
    page = client.get(url("authoring_edit", "tiny")).text
    assert "E14 error" in page
    assert "Node map of Ship or wait" in page


@pytest.mark.parametrize("loop", LOOPS)
def test_no_page_walks_a_draft_round_and_round(client, author, loop):
    text = looping(loop)
    scenario = make_draft(text)
    for name in ("authoring_edit", "authoring_texts", "authoring_preview", "authoring_publish", "authoring_versions"):
        page = client.get(url(name, "tiny"))
        assert page.status_code == 200
        assert "Node map of" not in page.text
    assert "The draft can't be played yet" in client.get(url("authoring_preview", "tiny"), {"path": "wait"}).text
    assert "E07 error" in client.post(url("authoring_check", "tiny"), {"text": text}).text
    assert client.get(url("authoring")).status_code == 200
    assert save(client, scenario, text).status_code == 302
    assert publish(client, scenario).status_code == 422
    assert client.post(url("authoring_new"), {"text": text.replace("id: tiny", "id: other")}).status_code == 302
    assert client.post(url("authoring_duplicate", "other")).status_code == 302
    assert not Scenario.objects.exclude(state=Scenario.State.DRAFT).exists()


def test_the_list_judges_so_much_and_no_more_at_once(client, author):
    """Each draft costs a sixth of what one request may spend; what was judged is remembered."""
    for n in range(14):
        Scenario.objects.create(slug=f"s{n}", draft_yaml=FIRST.replace("id: tiny", f"id: s{n}") + "# padding\n" * 10_000)
    waiting = [client.get(url("authoring")).text.count("Open it to check it") for _ in range(4)]
    assert waiting == sorted(waiting, reverse=True)
    assert 0 < waiting[1] < waiting[0] < 14
    assert waiting[3] == 0


def test_the_pages_of_the_list(client, author):
    Scenario.objects.bulk_create(Scenario(slug=f"s{n:02}", draft_yaml="id: x") for n in range(51))
    assert "Open it" not in client.get(url("authoring")).text
    assert "s50" in client.get(url("authoring"), {"page": 2}).text


def test_a_sound_draft_lists_its_paths(client, author):
    page = client.get(url("authoring_edit", make_draft().slug)).text
    assert "No problems" in page
    assert "Paths, best first" in page


def test_the_editor_of_a_shipped_scenario_shows_its_version(client, author):
    scenario = make_published()
    Scenario.objects.update(draft_yaml="")
    page = client.get(url("authoring_edit", scenario.slug))
    assert page.context["form"]["text"].value() == engine.to_yaml(scenario.current.content)


def test_checking_saves_nothing(client, author):
    scenario = make_draft()
    broken = FIRST.replace("to: monday", "to: nowhere", 1)
    headers = {"HX-Request": "true", "HX-Target": "div#findings"}
    fragment = client.post(url("authoring_check", "tiny"), {"text": broken}, headers=headers)
    assert fragment.status_code == 200
    assert "E03 error" in fragment.text
    assert "There is no node <code>nowhere</code>." in fragment.text
    assert "<html" not in fragment.text
    page = client.post(url("authoring_check", "tiny"), {"text": broken, "base": 1})
    assert "E03 error" in page.text
    assert "to: nowhere" in page.text
    scenario.refresh_from_db()
    assert scenario.draft_yaml == FIRST


def test_a_large_draft_is_followed_when_it_is_saved_not_while_it_is_written(client, author):
    """Two choices at each of eleven decisions: 2,048 paths, and 4,095 decisions and endings on them."""
    scenario = make_draft()
    decisions = "".join(
        f"""
  d{n}:
    kind: decision
    prompt: Again?
    choices:
      yes_{n}: {{label: "Yes", quality: 1, to: {f"d{n + 1}" if n < 10 else "split"}, effects: {{trust: 1}}}}
      no_{n}: {{label: "No", quality: 0, to: {f"d{n + 1}" if n < 10 else "split"}, effects: {{trust: -1}}}}"""
        for n in range(11)
    )
    best = ", ".join(f"yes_{n}" for n in range(11))
    start, rest = FIRST.split("nodes:")
    text = f"{start.replace('start: friday', 'start: d0')}nodes:{decisions}\n  split:{rest.split('  split:')[1]}"
    text = re.sub(r"optimal_path: .*", f"optimal_path: [{best}]", text)
    written = client.post(url("authoring_check", "tiny"), {"text": text})
    assert "W10 warning" in written.text
    assert not written.context["verdict"].paths
    assert "Paths" not in dict(written.context["numbers"]), "nothing is counted that was not followed"
    assert save(client, scenario, text).status_code == 302
    verdict = client.get(url("authoring_edit", "tiny")).context["verdict"]
    assert len(verdict.paths) == 2**11
    assert "W10" not in {problem.code for problem in verdict.problems}


def test_hostile_text_is_named_not_run(client, author):
    make_draft()
    for text in ("a: !!python/object/apply:os.system [ls]", "a: &x [1]\nb: *x", "\x07"):
        assert "E01 error" in client.post(url("authoring_check", "tiny"), {"text": text}).text
    assert client.post(url("authoring_check", "tiny"), {"text": "nul \x00"}).status_code == 422


def test_saving_twice_from_one_page_shows_both_texts(client, author):
    scenario = make_draft()
    User.objects.filter(pk=author.pk).update(name="Ann Lee")
    base = scenario.version
    assert client.post(url("authoring_edit", "tiny"), {"text": REWORDED, "base": base}).status_code == 302
    response = client.post(url("authoring_edit", "tiny"), {"text": REWIRED, "base": base})
    assert response.status_code == 409
    assert "A quiet weekend." in response.text
    assert "trust: 12" in response.text
    assert "<b>Ann Lee</b>saved it" in squeezed(response.text)
    scenario.refresh_from_db()
    assert scenario.draft_yaml == REWORDED
    again = {"text": REWIRED, "base": response.context["form"]["base"].value()}
    assert client.post(url("authoring_edit", "tiny"), again).status_code == 302
    scenario.refresh_from_db()
    assert scenario.draft_yaml == REWIRED


def test_the_id_never_changes(client, author):
    scenario = make_draft()
    save(client, scenario, FIRST.replace("id: tiny", "id: other"))
    assert publish(client, scenario).status_code == 422
    assert "it can" in client.get(url("authoring_edit", "tiny")).text


def test_export_reads_back_to_the_same_scenario(client, author):
    scenario = make_published()
    response = client.get(url("authoring_export", "tiny"), {"version": "1"})
    assert response["Content-Disposition"] == 'attachment; filename="tiny-1.0.0.yaml"'
    parsed, _ = engine.validate(response.text)
    assert parsed == scenario.current.content
    assert client.get(url("authoring_export", "tiny")).text == FIRST
    assert client.get(url("authoring_export", "tiny"), {"version": "x"}).status_code == 404


def test_a_copy_has_an_id_of_its_own(client, author):
    make_published()
    client.post(url("authoring_duplicate", "tiny"))
    client.post(url("authoring_duplicate", "tiny"))
    copies = Scenario.objects.exclude(slug="tiny")
    assert {copy.slug for copy in copies} == {"tiny_copy", "tiny_copy1"}
    assert all(judge(copy.slug, copy.draft_yaml, None).publishable for copy in copies)


# ---- Texts as a form -------------------------------------------------------------------------------------------------


def typed(response) -> dict[str, str]:
    form = response.context["form"]
    return {name: form[name].value() for name in form.fields}


def test_the_form_of_texts_changes_words_alone(client, author):
    scenario = make_draft()
    fields = typed(client.get(url("authoring_texts", "tiny")))
    client.post(url("authoring_texts", "tiny"), fields)
    scenario.refresh_from_db()
    assert scenario.draft_yaml == FIRST
    client.post(url("authoring_texts", "tiny"), fields | {"nodes.good.text": "A quiet weekend."})
    scenario.refresh_from_db()
    before, after = (engine.validate(text)[0] for text in (FIRST, scenario.draft_yaml))
    assert after.nodes["good"].text == "A quiet weekend."
    assert engine.graph_hash(after) == engine.graph_hash(before)


def test_the_form_of_texts_takes_a_scenario_of_any_size(client, author):
    choice = "      c{}: {{label: Way, quality: {}, to: split, reveal: What happened., why: The reason.}}\n"
    choices = "".join(choice.format(n, 1 if n == 0 else 0) for n in range(5))
    nodes = "".join(f"  d{n}:\n    kind: decision\n    prompt: What now?\n    choices:\n{choices}" for n in range(190))
    make_draft(FIRST.replace("  split:\n", f"{nodes}  split:\n"))
    form = client.get(url("authoring_texts", "tiny")).context["form"]
    assert len(form.texts) > 3_000
    data = {"base": 1} | form.texts | {"title": "Another title"}
    assert client.post(url("authoring_texts", "tiny"), data).status_code == 302
    assert "title: Another title" in Scenario.objects.get().draft_yaml


def test_the_form_of_texts_refuses_html_and_stale_drafts(client, author):
    scenario = make_draft()
    fields = typed(client.get(url("authoring_texts", "tiny")))
    assert client.post(url("authoring_texts", "tiny"), fields | {"title": "<b>x</b>"}).status_code == 422
    save(client, scenario, REWIRED)
    assert client.post(url("authoring_texts", "tiny"), fields | {"title": "New"}).status_code == 409


# ---- Preview ---------------------------------------------------------------------------------------------------------


def test_a_preview_plays_the_draft_and_stores_nothing(client, author):
    make_draft()
    first = client.get(url("authoring_preview", "tiny"))
    assert "Preview, not counted" in first.text
    assert "a race condition that customers" not in first.text
    reveal = client.get(url("authoring_preview", "tiny"), {"path": "", "choice": "wait", "answer": "1"})
    assert "a race condition that customers" in reveal.text
    assert "?path=wait" in reveal.text
    end = client.get(url("authoring_preview", "tiny"), {"path": "wait,own"})
    assert "A calm weekend." in end.text
    assert not Attempt.objects.exists()


def test_a_preview_of_every_shipped_scenario_reaches_the_best_end(client, author):
    for slug, text in library.scenario_texts().items():
        Scenario.objects.create(slug=slug, draft_yaml=text)
        parsed, _ = engine.validate(text)
        for length in range(len(parsed.optimal_path)):
            path = ",".join(parsed.optimal_path[:length])
            assert client.get(url("authoring_preview", slug), {"path": path}).status_code == 200
        page = client.get(url("authoring_preview", slug), {"path": ",".join(parsed.optimal_path)})
        assert "Passed with" in page.text


def test_a_preview_refuses_what_cannot_be_played(client, author):
    make_draft()
    assert client.get(url("authoring_preview", "tiny"), {"path": "nothing"}).status_code == 422
    assert client.get(url("authoring_preview", "tiny"), {"answer": "1"}).status_code == 422
    Scenario.objects.update(draft_yaml=FIRST.replace("to: split", "to: friday", 1))
    assert "can't be played yet" in client.get(url("authoring_preview", "tiny")).text


# ---- Versions --------------------------------------------------------------------------------------------------------


def test_publishing_makes_a_version(client, author):
    scenario = make_draft()
    assert publish(client, scenario, "The first.").status_code == 302
    scenario.refresh_from_db()
    version = scenario.current
    assert (scenario.state, version.number, version.semver, version.note) == ("published", 1, "1.0.0", "The first.")
    assert version.published_by == author
    assert version.content == engine.validate(FIRST)[0]


def test_errors_block_publishing(client, author):
    scenario = make_draft(FIRST.replace("quality: 0.6", "quality: 1.0"))
    assert "Errors block publishing" in client.get(url("authoring_publish", "tiny")).text
    assert publish(client, scenario).status_code == 422
    assert scenario.current is None


@pytest.mark.parametrize(
    ("text", "published"),
    [
        (REWORDED, True),
        (REWIRED, True),
        (FIRST, False),
        (FIRST.replace("A calm weekend.", "A quiet weekend."), False),
        (REWIRED.replace("version: 1.1.0", "version: 1.0.1"), False),
        (REWORDED.replace("version: 1.0.1", "version: 0.9.0"), False),
    ],
    ids=["words", "graph", "nothing new", "same number", "graph in a patch", "lower number"],
)
def test_a_new_version_needs_a_fitting_number(client, author, text, published):
    scenario = make_published()
    save(client, scenario, text)
    assert publish(client, scenario).status_code == (302 if published else 422)
    assert scenario.versions.count() == (2 if published else 1)


def test_a_draft_that_changed_since_is_not_published(client, author):
    scenario = make_draft()
    base = scenario.version
    save(client, scenario, REWORDED)
    response = client.post(url("authoring_publish", "tiny"), {"base": base})
    assert response.status_code == 409
    assert f"{author} saved this draft after you opened this page." in response.text
    assert scenario.current is None


def test_versions_are_compared_place_by_place(client, author):
    scenario = make_published()
    for text in (REWORDED, REWIRED.replace("A calm weekend.", "A quiet weekend.")):
        save(client, scenario, text)
        publish(client, scenario)
    words = client.get(url("authoring_versions", "tiny"), {"old": "1", "new": "2"})
    assert "Both play the same" in words.text
    assert [(d.path, d.is_text) for d in words.context["differences"]] == [("version", True), ("nodes.good.text", True)]
    graph = client.get(url("authoring_versions", "tiny"), {"old": "2", "new": "3"})
    assert "They play differently" in graph.text
    assert ("nodes.friday.choices.wait.effects.trust", "10", "12") in [
        (d.path, d.before, d.after) for d in graph.context["differences"]
    ]


def test_retiring_and_opening_again(client, author):
    scenario = make_published()
    for state in ("retired", "published"):
        client.post(url("authoring_state", "tiny"), {"state": state})
        scenario.refresh_from_db()
        assert scenario.state == state


# ---- Voiding ---------------------------------------------------------------------------------------------------------


def finish(attempt: Attempt, *choices: str) -> None:
    for seq, choice in enumerate(choices, start=1):
        decide(Attempt.objects.get(pk=attempt.pk), seq=seq, choice=choice, now=NOON)


def test_a_voided_version_credits_those_who_met_it(client, author):
    scenario = make_published()
    save(client, scenario, REWIRED)
    publish(client, scenario)
    team = make_team()
    running, failed, passed = (make_member(team=team, role=Role.TRAINEE) for _ in range(3))
    for person in (running, failed, passed):
        Assignment.objects.create(
            user=person, kind=ItemKind.SCENARIO, ref="tiny", assigned_at=NOON, due_on=NOON.date(), team=team
        )
    attempts = {person: scenario.begin(person, NOON) for person in (running, failed, passed)}
    finish(attempts[failed], "ship", "rerun")
    finish(attempts[passed], "wait", "own")
    response = client.post(url("authoring_void", "tiny", 2), {"reason": "The numbers were wrong."})
    assert response.status_code == 302
    for person in (running, failed):
        attempt = Attempt.objects.get(user=person)
        assert attempt.credited
        assert attempt.counts_as_passed
        assert not attempt.is_running
        assert Assignment.objects.get(user=person, ref="tiny").done_at
        told = Notification.objects.get(user=person, subject__contains="counts as passed")
        assert "The numbers were wrong." in told.body
        assert standings(person, NOON)[scenario.pk].state == "passed"
    assert not Attempt.objects.get(user=passed).credited
    assert not Notification.objects.filter(user=passed, subject__contains="counts as passed").exists()
    assert scenario.current.number == 1
    assert scenario.begin(running, NOON).version.number == 1
    assert scenario.begin(failed, NOON).version.number == 1


def test_voiding_twice_changes_nothing(client, author):
    scenario = make_published()
    client.post(url("authoring_void", "tiny", 1), {"reason": "Wrong."})
    client.post(url("authoring_void", "tiny", 1), {"reason": "Another reason."})
    assert scenario.versions.get().void_reason == "Wrong."
    scenario.refresh_from_db()
    assert scenario.state == "draft"


def test_voiding_needs_a_reason(client, author):
    scenario = make_published()
    assert client.post(url("authoring_void", "tiny", 1), {"reason": ""}).status_code == 422
    assert scenario.versions.get().voided_at is None


# ---- For a team, or for all --------------------------------------------------------------------------------------------


@pytest.fixture
def team():
    return make_team(name="Payments", slug="payments")


@pytest.fixture
def manager(client, team):
    person = make_member(team=team, role=Role.MANAGER)
    client.force_login(person)
    return person


def test_a_manager_publishes_for_their_own_team_alone(client, manager, team):
    scenario = make_draft()
    page = client.get(url("authoring_publish", "tiny")).text
    assert "The whole organisation</option>" not in page
    other = make_team()
    for wrong in ("", other.pk):
        body = {"base": scenario.version, "team": wrong}
        assert client.post(url("authoring_publish", "tiny"), body).status_code == 422
    body = {"base": scenario.version, "team": team.pk}
    assert client.post(url("authoring_publish", "tiny"), body).status_code == 302
    scenario.refresh_from_db()
    assert (scenario.team, scenario.state) == (team, "published")
    assert client.post(url("authoring_state", "tiny"), {"state": "retired"}).status_code == 302


def test_only_quality_leads_publish_for_the_whole_organisation(client, manager, team):
    scenario = make_published()
    assert client.get(url("authoring_edit", "tiny")).status_code == 200, "anyone who writes may propose a draft"
    save(client, scenario, REWORDED)
    answer = client.get(url("authoring_publish", "tiny"))
    assert answer.status_code == 403
    assert "Only quality leads publish for the whole organisation" in answer.text
    assert "What is new" not in answer.text
    assert client.post(url("authoring_state", "tiny"), {"state": "retired"}).status_code == 403
    assert client.get(url("authoring_void", "tiny", 1)).status_code == 403
    page = client.get(url("authoring_versions", "tiny")).text
    assert url("authoring_void", "tiny", 1) not in page
    assert url("authoring_state", "tiny") not in page
    client.post(url("authoring_duplicate", "tiny"))
    assert client.get(url("authoring_publish", "tiny_copy")).status_code == 200
    client.force_login(make_user(admin=True))
    assert publish(client, scenario).status_code == 302
    page = client.get(url("authoring_versions", "tiny")).text
    assert url("authoring_void", "tiny", 1) in page
    assert url("authoring_state", "tiny") in page


def test_a_scenario_of_a_team_is_for_the_team_and_its_sub_teams(client, manager, team):
    scenario = make_published()
    Scenario.objects.update(team=team)
    below = make_member(team=make_team(parent=team))
    outsiders = [make_user(), make_member(team=make_team(), role=Role.MANAGER)]
    start, slugs = {"scenario": "tiny"}, "/api/v1/scenarios/"
    for person, sees in [(below, True), (manager, True), *((one, False) for one in outsiders)]:
        client.force_login(person)
        assert ("Ship or wait" in client.get("/training/scenarios/").text) == sees
        assert bool(client.get(slugs).json()) == sees
        assert client.get("/training/scenarios/tiny/").status_code == (200 if sees else 404)
        started = client.post("/api/v1/attempts/", start, content_type="application/json")
        assert started.status_code == (201 if sees else 400)
        assert "Ship or wait" not in client.get("/search/", {"q": "ship or wait"}).text
    for name in ("authoring_edit", "authoring_versions", "analytics", "authoring_preview"):
        assert client.get(url(name, "tiny")).status_code == 404, "the manager of another team"
    assert "Ship or wait" not in client.get(url("authoring")).text
    offered = dict(items.choices(make_team()))["Decision scenarios"]
    assert "scenario:tiny" not in dict(offered)
    assert "scenario:tiny" in dict(dict(items.choices(team))["Decision scenarios"])
    assert scenario.current
