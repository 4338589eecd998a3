"""LTI 1.3: learning platforms launch the portal, and teachers choose what to link.

A launch signs in people with a trainee's rights. It needs a first-party cookie, so it opens in a new window. Choosing
content needs no account and no cookie: the launch itself, whose address nobody can guess, says what may be done. So it
also works in a frame of the platform, where browsers refuse cookies.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.pages import form_page, render_page
from qmportal.lib.sealing import Unsealable
from qmportal.lib.text import clean_line, mail_address
from teams.forms import AddressField
from teams.models import User
from teams.requests import SignedInRequest
from training import lti
from training.forms.connections import PickForm
from training.items import address
from training.kinds import PLAN
from training.models import Item, Launch, Platform, ToolKey, may_enter_by_launch

COOKIE = "__Host-lti" if settings.HTTPS else "lti"
SALT = "training.lti"
# From the login initiation to the launch.
SECONDS = 10 * 60
FRAMES = ("iframe", "frame", "embed", "object")
NO_ADDRESS = (
    "The learning platform did not share your email address, which your account here needs. Ask its administrators to"
    " share names and addresses with this tool."
)
OTHER_BROWSER = "This launch was not started in this browser, or it took too long. Open the activity in your course again."


@login_not_required
@require_safe
def jwks(request: HttpRequest) -> HttpResponse:
    """The portal's public keys."""
    keys = list(ToolKey.objects.published().values_list("public_key", flat=True))
    return JsonResponse({"keys": keys}, headers={"Cache-Control": "public, max-age=300"})


# ---- Launch --------------------------------------------------------------------------------------------------------------


@csrf_exempt
@login_not_required
@form_page
def begin(request: HttpRequest) -> HttpResponse:
    """The platform starts a launch. The browser goes back there for a signed message."""
    asked = request.POST if request.method == "POST" else request.GET
    try:
        platform = Platform.objects.named(asked.get("iss", ""), asked.get("client_id", ""))
    except lti.Refused as problem:
        return _refused(request, problem)
    chooses = asked.get("target_link_uri", "") == site_address("lti_choose")
    if request.headers.get("Sec-Fetch-Dest") in FRAMES and not chooses:
        page = render_page(request, "training/lti/new_window.html", {"platform": platform, "query": asked.urlencode()})
        return _framed_by(platform, page)
    nonce, browser = secrets.token_urlsafe(24), request.COOKIES.get(COOKIE) or secrets.token_urlsafe(24)
    to = lti.login_url(
        platform.auth_url,
        client_id=platform.client_id,
        redirect_uri=site_address("lti_launch"),
        state=signing.dumps([platform.pk, nonce, _hash(browser)], salt=SALT),
        nonce=nonce,
        login_hint=asked.get("login_hint", ""),
        message_hint=asked.get("lti_message_hint", ""),
    )
    response = redirect(to)
    # The platform's form comes from another site, so the cookie must too. Browsers accept that over https only.
    across: dict[str, Any] = {"secure": True, "samesite": "None"} if settings.HTTPS else {}
    response.set_cookie(COOKIE, browser, max_age=SECONDS, httponly=True, **across)
    return response


@csrf_exempt
@login_not_required
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Receives the signed message, and opens an item or lets a teacher choose one."""
    now = timezone.now()
    try:
        platform, message = _read(request)
        with transaction.atomic():
            taken = Launch.objects.take(platform, message, now)
            return redirect("training:lti_choose_item", taken.uuid) if taken.is_deep_linking else _enter(request, taken, now)
    except lti.Refused as problem:
        return _refused(request, problem)


def _read(request: HttpRequest) -> tuple[Platform, lti.Message]:
    """The verified message, of the platform and the browser that began. Raises `lti.Refused`."""
    if "error" in request.POST:
        raise lti.Refused("The learning platform did not open this. Sign in there, and open the activity again.")
    try:
        pk, nonce, browser = signing.loads(request.POST.get("state", ""), salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        raise lti.Refused(OTHER_BROWSER) from None
    platform = Platform.objects.active().filter(pk=pk).first()
    if platform is None:
        raise lti.Refused("This learning platform is not registered here, or its registration is switched off.")
    message = platform.read(request.POST.get("id_token", ""))
    if not constant_time_compare(message.nonce, nonce):
        raise lti.Refused(OTHER_BROWSER)
    if message.is_deep_linking and not message.may_choose:
        raise lti.Refused("Only teachers can add content to a course.")
    # Choosing signs nobody in, so it needs no cookie, which browsers refuse in frames.
    if not message.is_deep_linking and not constant_time_compare(_hash(request.COOKIES.get(COOKIE, "")), browser):
        raise lti.Refused(OTHER_BROWSER)
    return platform, message


def _enter(request: HttpRequest, launch: Launch, now: datetime) -> HttpResponse:
    """Signs the person in and opens the item. Those who have an account already confirm first that it is theirs."""
    person = launch.person()
    if person is None and (user := _new_user(launch)):
        person = launch.connect(user)
    if person is None or not person.is_settled:
        return redirect("training:lti_enter", launch.uuid)
    if not person.user.is_active:
        raise lti.Refused("Your account is deactivated. Ask an admin to reactivate it.")
    launch.open(person, now)
    if not may_enter_by_launch(person.user):
        return redirect("training:lti_enter", launch.uuid)
    login(request, person.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect(_address(launch))


def _new_user(launch: Launch) -> User | None:
    """Creates an account. None if the address already has one, which a launch never takes over."""
    try:
        email = AddressField(label="Email").clean(launch.email)
    except ValidationError:
        raise lti.Refused(NO_ADDRESS) from None
    if User.objects.filter(email__iexact=email).exists():
        return None
    return User.objects.create_user(email, None, confirmed=False, name=clean_line(launch.name)[:120])


def _address(launch: Launch) -> str:
    """Where the launch leads: to its item, or to the person's training."""
    item = Item.named(launch.item)
    return reverse("training:mine") if item is None or item.kind == PLAN else address(item.kind, item.ref)


@form_page
def enter(request: SignedInRequest, uuid: UUID) -> HttpResponse:
    """For people who sign in themselves: with an account that is not connected yet, or with more than a trainee's rights."""
    now = timezone.now()
    found = get_object_or_404(Launch.objects.fresh(now).filter(is_deep_linking=False), uuid=uuid)
    person = found.person()
    if (person.user if person else None) not in (None, request.user) or (
        person is None and mail_address(found.email) != request.user.email
    ):
        return _refused(request, f"You are signed in as {request.user.email}, which is another account. Sign out first.")
    is_settled = person is not None and person.is_settled
    if not is_settled and request.method != "POST":
        return render_page(request, "training/lti/connect.html", {"launch": found})
    if not is_settled:
        with transaction.atomic():
            found.open(found.connect(request.user, now), now)
    return redirect(_address(found))


# ---- Choosing content ----------------------------------------------------------------------------------------------------


@csrf_exempt
@login_not_required
@form_page
def choose(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A teacher chooses what to link. The answer is a form that returns to the platform."""
    found = get_object_or_404(Launch.objects.fresh(timezone.now()).filter(is_deep_linking=True), uuid=uuid)
    form = PickForm(request.POST if request.method == "POST" else None, team=found.platform.team)
    if not form.is_valid():
        page = render_page(
            request, "training/lti/choose.html", {"form": form, "launch": found}, status=422 if form.is_bound else 200
        )
        return _framed_by(found.platform, page)
    title = form.title
    try:
        answer = _answer(found, form.cleaned_data["item"], title)
    except (lti.Refused, Unsealable) as problem:
        return _framed_by(found.platform, _refused(request, problem))
    context = {"launch": found, "title": title, "answer": answer}
    page = render_page(request, "training/lti/add.html", context)
    return _framed_by(found.platform, page, **{"form-action": [lti.origin(found.return_url)]})


def _answer(launch: Launch, item: str, title: str) -> str:
    return lti.deep_linking_answer(
        ToolKey.objects.signer(),
        client_id=launch.platform.client_id,
        issuer=launch.platform.issuer,
        deployment_id=launch.deployment_id,
        data=launch.return_data,
        content=lti.content_item(title=title, url=site_address("lti_launch"), item=item),
        now=timezone.now(),
    )


# ---- Shared --------------------------------------------------------------------------------------------------------------


def site_address(name: str) -> str:
    """An address of this page with scheme and host, as platforms store it."""
    return settings.SITE_URL + reverse(f"training:{name}")


def _hash(browser: str) -> str:
    return salted_hmac(SALT, browser, algorithm="sha256").hexdigest()


def _refused(request: HttpRequest, problem: object) -> HttpResponse:
    return render_page(request, "training/lti/refused.html", {"problem": problem}, status=403)


def _framed_by(platform: Platform, page: HttpResponse, **policy: list[str]) -> HttpResponse:
    """Lets pages of the platform, and of nobody else, show this page in a frame."""
    page.xframe_options_exempt = True
    framed: Any = csp_replace({"frame-ancestors": platform.origins} | policy)(lambda _: page)
    return framed(None)
