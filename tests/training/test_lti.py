"""LTI 1.3 against a platform of our own: launches, accounts, choosing content and grades."""

import json
import re
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings as portal
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from jwt.algorithms import RSAAlgorithm

from library.content import checks
from qmportal.lib.outside import Unfetchable
from scenarios.models import Attempt
from teams.models import Invitation, Role, User
from tests.factories import PASSWORD, join, make_member, make_team, make_user
from tests.lib.test_outside import HOME
from tests.training.test_certificates import BEST, WORST, play
from training import completion
from training.models import Assignment, Grade, Launch, Plan, Platform, PlatformPerson, Task, ToolKey
from training.tasks import forget_results, send_results

pytestmark = pytest.mark.django_db

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
TEACHER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
LAUNCH = f"{portal.SITE_URL}/training/lti/launch/"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class FakePlatform:
    """Signs launches, publishes its key, gives an access token to the owner of the portal's key, and keeps scores."""

    def __init__(self):
        self.scores: list[dict] = []
        self.answers: list[int] = []
        self.asked_keys = 0
        self.url = ""
        self.kid = "first"
        self.tool_keys = {}

    def keyset(self):
        self.asked_keys += 1
        public = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return {
            "keys": [
                {"kty": "oct", "k": "eHh4", "kid": self.kid},
                public | {"kid": self.kid, "alg": "RS256"},
            ]
        }

    def token(self, body):
        form = dict(parse_qsl(body))
        kid = jwt.get_unverified_header(form["client_assertion"])["kid"]
        claims = jwt.decode(
            form["client_assertion"], self.tool_keys[kid], algorithms=["RS256"], audience=f"{self.url}/token"
        )
        assert (claims["iss"], claims["sub"]) == ("client-1", "client-1")
        assert (form["grant_type"], form["scope"]) == ("client_credentials", SCORE)
        return {"access_token": "t0ken", "token_type": "bearer", "expires_in": 3600}

    def take(self, path, headers, body):
        """The status and body of the answer to a POST."""
        if path == "/token":
            return 200, self.token(body)
        status = self.answers.pop(0) if self.answers else 200
        assert headers["Authorization"] == "Bearer t0ken"
        if status == 200:
            self.scores.append(json.loads(body) | {"path": path, "type": headers["Content-Type"]})
        return status, {}

    def claims(self, nonce, /, **changed):
        now = int(timezone.now().timestamp())
        return {
            "iss": self.url,
            "aud": "client-1",
            "sub": "user-7",
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "name": "Ann Lee",
            "email": "ann@example.com",
            f"{CLAIM}message_type": "LtiResourceLinkRequest",
            f"{CLAIM}version": "1.3.0",
            f"{CLAIM}deployment_id": "1",
            f"{CLAIM}target_link_uri": LAUNCH,
            f"{CLAIM}resource_link": {"id": "link-1"},
            f"{CLAIM}roles": [LEARNER],
            f"{CLAIM}custom": {"item": "scenario:zero_bug_policy"},
            AGS: {"scope": [SCORE], "lineitem": f"{self.url}/lines/1?type_id=2"},
        } | changed


@contextmanager
def running(platform):
    def answer(handler, status, found):
        handler.send_response(status)
        handler.end_headers()
        handler.wfile.write(json.dumps(found).encode())

    def do_GET(handler):
        answer(handler, 200, platform.keyset())

    def do_POST(handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"])).decode()
        answer(handler, *platform.take(handler.path, handler.headers, body))

    names = {"do_GET": do_GET, "do_POST": do_POST, "log_message": lambda *_: None}
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), names)) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        platform.url = f"http://127.0.0.1:{server.server_port}"
        yield platform
        server.shutdown()


@pytest.fixture
def team():
    return make_team(name="Course")


@pytest.fixture
def moodle(settings, team):
    settings.FETCH_NETWORKS = HOME
    with running(FakePlatform()) as platform:
        Platform.objects.create(
            name="Moodle",
            url=platform.url,
            issuer=platform.url,
            client_id="client-1",
            deployments=["1", "2"],
            auth_url=f"{platform.url}/auth",
            token_url=f"{platform.url}/token",
            keys_url=f"{platform.url}/jwks",
            team=team,
        )
        call_command("lti_keys", stdout=StringIO())
        published = Client().get("/training/lti/jwks.json").json()["keys"]
        platform.tool_keys = {each["kid"]: jwt.PyJWK(each).key for each in published}
        yield platform


def begin(client, moodle, **asked):
    """The login initiation; what the portal asks the platform for."""
    asked = {"iss": moodle.url, "login_hint": "7", "lti_message_hint": "m", "target_link_uri": LAUNCH} | asked
    answer = client.get("/training/lti/login/", asked)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def signed(claims, key=KEY, algorithm="RS256", kid="first"):
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def launch(client, moodle, asked=None, **changed):
    asked = asked or begin(client, moodle)
    token = signed(moodle.claims(asked["nonce"], **changed), kid=moodle.kid)
    return client.post("/training/lti/launch/", {"state": asked["state"], "id_token": token})


def who(client):
    return client.session.get("_auth_user_id")


# ---- Launch --------------------------------------------------------------------------------------------------------------


def test_a_launch_makes_an_account_and_opens_the_item(client, moodle, team, zero_bug):
    asked = begin(client, moodle, client_id="client-1", lti_deployment_id="1")
    assert asked.items() >= {
        "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
        "client_id": "client-1", "redirect_uri": LAUNCH, "login_hint": "7", "lti_message_hint": "m",
    }.items()  # fmt: skip
    answer = launch(client, moodle, asked)
    assert (answer.status_code, answer["Location"]) == (302, "/training/scenarios/zero_bug_policy/")
    ann = User.objects.get(email="ann@example.com")
    assert (ann.name, ann.has_usable_password(), ann.is_admin) == ("Ann Lee", False, False)
    assert [(each.team, each.role) for each in ann.memberships.all()] == [(team, Role.TRAINEE)]
    assert client.get(answer["Location"]).status_code == 200
    again = Client()
    launch(again, moodle, name="Somebody else", email="new.address@example.com")
    assert who(again) == str(ann.pk)
    assert User.objects.count() == 1
    assert moodle.asked_keys == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exp": 1}, "has expired"),
        ({"exp": None}, "exp"),
        ({"aud": "client-2"}, "meant for another tool"),
        ({"aud": ["client-1", "client-2"]}, "meant for another tool"),
        ({"iss": "https://elsewhere.example"}, "signature of this launch"),
        ({"nonce": "another"}, "not started in this browser"),
        ({"nonce": None}, "nonce"),
        ({"sub": None}, "sub"),
        ({f"{CLAIM}deployment_id": "3"}, "deployment"),
        ({f"{CLAIM}deployment_id": None}, "deployment"),
        ({f"{CLAIM}version": "1.1"}, "does not know"),
        ({f"{CLAIM}message_type": "LtiSubmissionReviewRequest"}, "does not know"),
        ({f"{CLAIM}message_type": "LtiDeepLinkingRequest"}, "of a kind"),
        ({"email": ""}, "did not share your email"),
        ({"email": "nonsense"}, "did not share your email"),
        ({"sub": "x" * 256}, "too long"),
        ({"sub": "a\x00b"}, "too long or not text"),
    ],
)
def test_wrong_messages_are_refused_and_nothing_is_stored(client, moodle, changed, words):
    asked = begin(client, moodle)
    claims = {name: value for name, value in moodle.claims(asked["nonce"], **changed).items() if value is not None}
    answer = client.post("/training/lti/launch/", {"state": asked["state"], "id_token": signed(claims)})
    assert_refused(client, answer, words)


def assert_refused(client, answer, words):
    assert answer.status_code == 403
    assert re.search(rf"<p>[^<]*{words}[^<]*\.</p>", answer.text), answer.text
    assert who(client) is None
    assert not any(model.objects.exists() for model in (Launch, PlatformPerson, Grade, User))


@pytest.mark.parametrize(
    "forged",
    [
        lambda claims: signed(claims, OTHER_KEY),
        lambda claims: signed(claims, kid="unknown"),
        lambda claims: signed(claims, "x" * 32, "HS256"),
        lambda claims: jwt.encode(claims, None, algorithm="none", headers={"kid": "first"}),
        lambda claims: signed(claims)[:-8],
        lambda claims: "nonsense",
        lambda claims: "",
    ],
)
def test_a_signature_of_anybody_else_is_refused(client, moodle, forged):
    asked = begin(client, moodle)
    token = forged(moodle.claims(asked["nonce"]))
    answer = client.post("/training/lti/launch/", {"state": asked["state"], "id_token": token})
    assert_refused(client, answer, "signature of this launch")


def test_a_launch_works_once(client, moodle, zero_bug):
    asked = begin(client, moodle)
    assert launch(client, moodle, asked).status_code == 302
    cookie = client.cookies["lti"].value
    client.logout()
    client.cookies["lti"] = cookie
    answer = launch(client, moodle, asked, sub="user-8", email="eve@example.com")
    assert answer.status_code == 403
    assert "was used before" in answer.text
    assert who(client) is None
    assert PlatformPerson.objects.count() == 1


def test_a_launch_belongs_to_the_browser_and_the_minutes_in_which_it_began(client, moodle, settings, monkeypatch):
    asked = begin(client, moodle)
    assert_refused(Client(), launch(Client(), moodle, asked), "not started in this browser")
    assert_refused(client, launch(client, moodle, asked | {"state": asked["state"][:-2]}), "not started in this browser")
    monkeypatch.setattr("training.views.lti.SECONDS", -1)
    assert_refused(client, launch(client, moodle, asked), "took too long")


def test_a_registration_that_is_off_or_unknown_is_refused(client, moodle):
    asked = begin(client, moodle)
    Platform.objects.update(is_active=False)
    assert_refused(client, launch(client, moodle, asked), "switched off")
    for wrong in ({}, {"iss": "https://elsewhere.example"}, {"client_id": "client-2"}, {"iss": "a\x00"}):
        answer = client.post("/training/lti/login/", {"iss": moodle.url, "login_hint": "7"} | wrong)
        assert_refused(client, answer, "not registered here")
    answer = client.post("/training/lti/launch/", {"state": asked["state"], "error": "login_required"})
    assert_refused(client, answer, "Sign in there")


def test_a_new_key_of_the_platform_is_read_once(client, moodle, zero_bug):
    launch(client, moodle)
    moodle.kid = "second"
    assert launch(client, moodle).status_code == 302
    asked = begin(client, moodle)
    for _ in range(3):
        client.post("/training/lti/launch/", {"state": asked["state"], "id_token": signed(moodle.claims("x"), kid="third")})
    assert moodle.asked_keys == 2


def test_the_own_network_is_not_asked_for_keys(client, moodle, settings):
    settings.FETCH_NETWORKS = []
    assert_refused(client, launch(client, moodle), "private network")


# ---- Frames, cookies -----------------------------------------------------------------------------------------------------


def test_in_a_frame_the_page_only_offers_a_new_window(client, moodle):
    asked = {"iss": moodle.url, "login_hint": "7&8", "target_link_uri": LAUNCH}
    answer = client.get("/training/lti/login/", asked, headers={"Sec-Fetch-Dest": "iframe"})
    assert answer.status_code == 200
    assert f"frame-ancestors {moodle.url};" in answer["Content-Security-Policy"] + ";"
    assert "X-Frame-Options" not in answer
    link = re.search(r'href="(/training/lti/login/\?[^"]+)"\s+target="_blank"', answer.text)[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(link).query)["login_hint"] == ["7&8"]
    assert client.get(link).status_code == 302
    for page in (client.get("/training/lti/login/", {"iss": "x"}), client.get("/account/login/")):
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert page["X-Frame-Options"] == "DENY"


def test_over_https_the_cookie_comes_back_with_the_form_of_the_platform(client, moodle, settings):
    settings.HTTPS = True
    https = {"X-Forwarded-Proto": "https"}
    answer = client.get("/training/lti/login/", {"iss": moodle.url, "login_hint": "7"}, headers=https)
    cookie = answer.cookies["lti"]
    assert (cookie["samesite"], cookie["secure"], cookie["httponly"]) == ("None", True, True)


# ---- Accounts ------------------------------------------------------------------------------------------------------------


def test_an_existing_account_is_never_taken_over_by_its_address(client, moodle, zero_bug):
    ann = make_user(email="ann@example.com")
    answer = launch(client, moodle)
    assert who(client) is None
    enter = answer["Location"]
    assert client.get(enter)["Location"].startswith("/account/login/?next=/training/lti/enter/")
    eve = Client()
    eve.force_login(make_user(email="eve@example.com"))
    assert eve.post(enter).status_code == 403
    assert not PlatformPerson.objects.exists()
    client.login(email="ann@example.com", password=PASSWORD)
    assert "Moodle knows you as Ann Lee" in client.get(enter).text
    assert not PlatformPerson.objects.exists()
    assert client.post(enter)["Location"] == "/training/scenarios/zero_bug_policy/"
    assert PlatformPerson.objects.get().user == ann
    later = Client()
    assert launch(later, moodle)["Location"] == "/training/scenarios/zero_bug_policy/"
    assert who(later) == str(ann.pk)


def test_an_address_that_a_platform_named_is_not_confirmed(client, moodle, team, zero_bug):
    eve = Client()
    launch(eve, moodle, email="ann@example.com")
    ann = User.objects.get(email="ann@example.com")
    assert not ann.has_confirmed_address
    # Now the owner of the address is invited, and the launches of the other person no longer enter the account.
    invitation = Invitation.objects.create(team=team, email=ann.email, role=Role.TRAINEE, invited_by=make_user())
    invitation.accept(ann, timezone.now())
    again = Client()
    enter = launch(again, moodle, email="ann@example.com")["Location"]
    assert enter.startswith("/training/lti/enter/")
    assert who(again) is None
    client.force_login(ann)
    assert "Moodle knows you as Ann Lee" in client.get(enter).text
    client.post(enter)
    later = Client()
    launch(later, moodle, email="ann@example.com")
    assert who(later) == str(ann.pk)


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.MANAGER, "admin"])
def test_a_launch_alone_gives_no_more_than_a_trainee_may(client, moodle, team, zero_bug, role):
    ann = make_user(email="ann@example.com", admin=role == "admin")
    if role != "admin":
        join(ann, make_team(), role)
    PlatformPerson.objects.create(platform=Platform.objects.get(), sub="user-7", user=ann, connected_at=timezone.now())
    enter = launch(client, moodle)["Location"]
    assert who(client) is None
    assert client.get(enter)["Location"].startswith("/account/login/")
    client.force_login(ann)
    assert client.get(enter)["Location"] == "/training/scenarios/zero_bug_policy/"
    assert ann.memberships.get(team=team).role == Role.TRAINEE


def test_a_member_keeps_the_role_and_a_deactivated_account_stays_out(client, moodle, team, zero_bug):
    ann = make_member(team=team, role=Role.ENGINEER, email="ann@example.com")
    PlatformPerson.objects.create(platform=Platform.objects.get(), sub="user-7", user=ann, connected_at=timezone.now())
    launch(client, moodle)
    assert ann.memberships.get().role == Role.ENGINEER
    ann.deactivate()
    answer = launch(client, moodle)
    assert (answer.status_code, who(client)) == (403, None)
    assert "deactivated" in answer.text


# ---- Choosing content ----------------------------------------------------------------------------------------------------


def deep_linking(moodle, **changed):
    settings = {
        "deep_link_return_url": f"{moodle.url}/return?id=5",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "data": "csrf-1",
    }
    roles = {f"{CLAIM}message_type": "LtiDeepLinkingRequest", f"{CLAIM}roles": [TEACHER]}
    return roles | {f"{DEEP}deep_linking_settings": settings} | changed


def test_a_teacher_chooses_in_a_frame_without_cookies(client, moodle, team, zero_bug):
    plan = Plan.objects.create(name="Course plan", team=team, started_at=timezone.now())
    Plan.objects.create(name="Other plan", team=make_team(), started_at=timezone.now())
    target = f"{portal.SITE_URL}/training/lti/choose/"
    start = {"iss": moodle.url, "login_hint": "7", "target_link_uri": target}
    answer = client.get("/training/lti/login/", start, headers={"Sec-Fetch-Dest": "iframe"})
    asked = dict(parse_qsl(urlsplit(answer["Location"]).query))
    framed = Client(enforce_csrf_checks=True)
    choose = launch(framed, moodle, asked, **deep_linking(moodle))["Location"]
    page = framed.get(choose)
    assert f"frame-ancestors {moodle.url}" in page["Content-Security-Policy"]
    for words in ("The Zero Bug Policy", "Course plan", "Mean or median"):
        assert words in page.text
    assert "Other plan" not in page.text
    assert framed.post(choose, {"item": "plan:999"}).status_code == 422
    added = framed.post(choose, {"item": f"plan:{plan.pk}"})
    assert f"form-action {moodle.url}" in added["Content-Security-Policy"]
    assert f'action="{moodle.url}/return?id=5"' in added.text
    message = re.search(r'name="JWT" value="([^"]+)"', added.text)[1]
    kid = jwt.get_unverified_header(message)["kid"]
    claims = jwt.decode(message, moodle.tool_keys[kid], algorithms=["RS256"], audience=moodle.url, issuer="client-1")
    assert (claims[f"{CLAIM}message_type"], claims[f"{DEEP}data"]) == ("LtiDeepLinkingResponse", "csrf-1")
    [item] = claims[f"{DEEP}content_items"]
    assert (item["title"], item["url"], item["custom"]) == ("Course plan", LAUNCH, {"item": f"plan:{plan.pk}"})
    assert (item["window"], item["lineItem"]["scoreMaximum"]) == ({"targetName": "_blank"}, 100)
    assert not User.objects.filter(email="ann@example.com").exists()
    assert who(framed) is None


def test_learners_choose_nothing(client, moodle):
    asked = begin(client, moodle)
    answer = launch(client, moodle, asked, **deep_linking(moodle, **{f"{CLAIM}roles": [LEARNER]}))
    assert_refused(client, answer, "Only teachers")


# ---- Grades --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def ann(client, moodle, zero_bug):
    launch(client, moodle)
    return User.objects.get(email="ann@example.com")


def work():
    for grade in Grade.objects.filter(state=Grade.State.QUEUED):
        Grade.perform(grade.pk)
    return Grade.objects.get()


def test_the_score_of_a_scenario_goes_back(moodle, ann, zero_bug):
    assert work().score is None
    assert moodle.scores == []
    attempt = play(ann, zero_bug, WORST, timezone.now())
    assert Grade.objects.get().state == "queued"
    assert moodle.scores == []
    work()
    [score] = moodle.scores
    assert score.items() >= {
        "path": "/lines/1/scores?type_id=2", "type": "application/vnd.ims.lis.v1.score+json", "userId": "user-7",
        "scoreGiven": float(attempt.score), "scoreMaximum": 100,
        "activityProgress": "Completed", "gradingProgress": "FullyGraded",
    }.items()  # fmt: skip
    Attempt.objects.update(reset_at=timezone.now())
    play(ann, zero_bug, BEST, timezone.now())
    work()
    assert [each["scoreGiven"] for each in moodle.scores] == [float(attempt.score), 98.4]


def test_a_grade_waits_until_the_platform_takes_it(client, moodle, ann, zero_bug):
    play(ann, zero_bug, BEST, timezone.now())
    moodle.answers = [503, 401, 409]
    grade = Grade.objects.get()
    with pytest.raises(Unfetchable):
        Grade.perform(grade.pk)
    grade.refresh_from_db()
    assert (grade.state, grade.sent_at) == ("queued", None)
    assert grade.run_after > timezone.now()
    Grade.objects.update(run_after=timezone.now())
    assert work().state == "failed"
    client.force_login(make_user(admin=True))
    assert "The learning platform refused the score (status 401)." in client.get("/training/connections/").text
    send_results()
    assert Grade.objects.get().state == "failed"
    Grade.objects.update(finished_at=timezone.now() - timedelta(hours=2))
    send_results()
    assert work().state == "done"
    assert moodle.scores == []  # 409: it has a newer one


def test_a_result_from_before_the_launch_counts(client, moodle, zero_bug):
    ann = make_user(email="ann@example.com")
    PlatformPerson.objects.create(platform=Platform.objects.get(), sub="user-7", user=ann, connected_at=timezone.now())
    play(ann, zero_bug, BEST, timezone.now())
    launch(client, moodle)
    work()
    assert [each["scoreGiven"] for each in moodle.scores] == [98.4]


def test_checks_and_plans_are_graded_too(client, moodle, team, zero_bug):
    plan = Plan.objects.create(name="Course plan", team=team, started_at=timezone.now())
    plan.add_item("page", "the-trap", due_days=7)
    task = Task.objects.create(plan=plan, title="Read the rota")
    plan.add_item("task", str(task.pk), due_days=7)
    answer = launch(client, moodle, **{f"{CLAIM}custom": {"item": f"plan:{plan.pk}"}})
    assert answer["Location"] == "/training/mine/"
    ann = User.objects.get(email="ann@example.com")
    # The page was assigned by the plan for everyone new, and nobody gets an item twice.
    assert Assignment.objects.get(user=ann, plan=plan).ref == str(task.pk)
    check = {each.id: each for each in checks()}["can_we_claim_it"]
    lines = {AGS: {"scope": [SCORE], "lineitem": f"{moodle.url}/lines/2"}}
    launch(client, moodle, **lines, **{f"{CLAIM}custom": {"item": "check:can_we_claim_it"}})
    completion.read(ann, "the-trap", timezone.now())
    completion.answer(ann, check, {}, after=None, now=timezone.now())
    for grade in Grade.objects.filter(state=Grade.State.QUEUED):
        Grade.perform(grade.pk)
    completion.do_task(task, ann, timezone.now())
    for grade in Grade.objects.filter(state=Grade.State.QUEUED):
        Grade.perform(grade.pk)
    found = {(each["path"], each["scoreGiven"], each["gradingProgress"]) for each in moodle.scores}
    plan_line = "/lines/1/scores?type_id=2"
    assert found == {
        (plan_line, 50.0, "Pending"),
        (plan_line, 100.0, "FullyGraded"),
        ("/lines/2/scores", 0.0, "Pending"),
    }


def test_without_permission_to_grade_nothing_is_sent(client, moodle, zero_bug):
    launch(client, moodle, **{AGS: {"scope": [], "lineitem": f"{moodle.url}/lines/1"}, f"{CLAIM}custom": {"item": "junk"}})
    assert not Grade.objects.exists()


# ---- Keys, registrations -------------------------------------------------------------------------------------------------


def test_keys_are_made_rotated_and_retired_by_command(client):
    def run(*options):
        out = StringIO()
        call_command("lti_keys", *options, stdout=out)
        return [line.split() for line in out.getvalue().splitlines()]

    [[first, _, use]] = run()
    assert (run(), use) == ([[first, _, "signs"]], "signs")
    with pytest.raises(CommandError, match="only key"):
        run("--retire", first)
    [[second, *_], [old, _, use]] = run("--new")
    assert (old, use) == (first, "published")
    assert ToolKey.objects.signer().kid == second
    assert [each["kid"] for each in client.get("/training/lti/jwks.json").json()["keys"]] == [second, first]
    with pytest.raises(CommandError, match="no such key"):
        run("--retire", "x")
    assert len(run("--retire", first)) == 1
    stored = ToolKey.objects.get(kid=second)
    assert "PRIVATE KEY" not in stored.private_key
    assert set(stored.public_key) == {"kty", "n", "e", "alg", "use", "kid"}


def test_a_platform_is_registered_by_page_or_command(client, team):
    client.force_login(make_user(admin=True))
    base = "https://moodle.example"
    fields = {
        "name": "Moodle", "url": base, "issuer": base, "client_id": "c", "deployments": "1\n\n 2 ", "team": team.pk,
        "auth_url": f"{base}/auth", "token_url": f"{base}/token", "keys_url": f"{base}/jwks", "is_active": "on",
    }  # fmt: skip
    assert "Run manage.py lti_keys once" in client.get("/training/connections/").text
    assert client.post("/training/connections/platforms/new/", fields).status_code == 302
    moodle = Platform.objects.get()
    assert moodle.deployments == ["1", "2"]
    page = client.get("/training/connections/").text
    assert LAUNCH in page
    assert "1\n2</textarea>" in client.get(moodle.get_absolute_url()).text
    wrong = client.post(moodle.get_absolute_url(), fields | {"keys_url": "http://moodle.example/jwks", "deployments": " "})
    assert wrong.status_code == 422
    call_command("lti_platform", "Moodle", "--client-id", "d", "--deployment", "3", "--off", stdout=StringIO())
    moodle.refresh_from_db()
    assert (moodle.client_id, moodle.deployments, moodle.is_active, moodle.issuer) == ("d", ["3"], False, base)
    with pytest.raises(CommandError, match="team"):
        call_command("lti_platform", "Canvas", "--url", base)
    assert (
        client.post("/training/connections/platforms/new/", fields | {"name": "Twin", "client_id": "d"}).status_code == 422
    )
    client.post(f"{moodle.get_absolute_url()}delete/")
    assert not Platform.objects.exists()


def test_launches_are_forgotten_after_a_day(client, moodle, ann):
    forget_results()
    assert Launch.objects.count() == 1
    Launch.objects.update(at=timezone.now() - timedelta(days=2))
    forget_results()
    assert not Launch.objects.exists()
