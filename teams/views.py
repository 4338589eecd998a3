"""Pages about people and teams: find, check, act, answer."""

from __future__ import annotations

from typing import Any

from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from qmportal.lib.changes import history_of, history_page, part_of
from qmportal.lib.html import format_html_join
from qmportal.lib.pages import form_page
from teams.choices import suggested
from teams.forms import (
    AddressForm,
    InvitationForm,
    NewPersonForm,
    PeopleFilter,
    PreferencesForm,
    ProfileForm,
    RoleForm,
    SetupForm,
    TeamForm,
    TokenForm,
    is_setup_token,
)
from teams.mail import ADDRESS_DAYS, read_address_key
from teams.models import AccountMail, CalendarAddress, Invitation, Membership, Role, Team, User
from teams.permissions import can_manage, can_remove, can_see, is_admin, is_member, may_leave_without_manager, require
from teams.requests import SignedInRequest
from teams.sessions import device, open_sessions, remember_session

ADMINS_ONLY = "Only organisation admins can do this."
NO_MANAGER = "The team would have no manager. Make someone else a manager first, or ask an admin."
COOKIE_AGE = 60 * 60 * 24 * 365


def answer_form(request: HttpRequest, template: str, form: Any, **context: Any) -> HttpResponse:
    """Renders a form, with status 422 if it has errors."""
    return render(request, template, {"form": form, **context}, status=422 if form.is_bound else 200)


# ---- Teams ---------------------------------------------------------------------------------------------------------


@require_safe
def suggest(request: SignedInRequest) -> HttpResponse:
    """Team names that match the text in a search field."""
    names = suggested(request.user, request.GET.get("team", "")[:80])
    return HttpResponse(format_html_join("", '<option value="{}">', ([name] for name in names)))


@form_page
def team_create(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    with transaction.atomic():
        Team.objects.lock_tree()
        form = TeamForm(request.POST or None, initial={"parent": request.GET.get("parent", "")[:20]})
        if form.is_valid():
            team = form.save()
            messages.success(request, f"Team {team} created with key {team.key}. Now invite people.")
            return redirect("teams:members", team.slug)
    return answer_form(request, "teams/form.html", form)


@form_page
def team_edit(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(is_admin(request.user), ADMINS_ONLY)
    with transaction.atomic():
        Team.objects.lock_tree()
        form = TeamForm(request.POST or None, instance=get_object_or_404(Team, pk=team.pk))
        if form.is_valid():
            form.save()
            moved = " From tomorrow, its records count toward the new parent." if "parent" in form.changed_data else ""
            messages.success(request, f"Team {form.instance} saved.{moved}")
            return redirect("dashboards:teams")
    return answer_form(request, "teams/form.html", form, team=team)


@require_POST
def team_archive(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(is_admin(request.user), ADMINS_ONLY)
    try:
        team.archive(timezone.now())
    except ValidationError as problem:
        context = {"form": TeamForm(instance=team), "team": team, "problem": problem.messages[0]}
        return render(request, "teams/form.html", context, status=422)
    messages.success(request, f"Team {team} archived. You can restore it below the list.")
    return redirect("dashboards:teams")


@require_POST
def team_restore(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.archived_for(request.user), slug=slug)
    require(is_admin(request.user), ADMINS_ONLY)
    try:
        team.restore()
        messages.success(request, f"Team {team} restored.")
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    return redirect("dashboards:teams")


# ---- Members -------------------------------------------------------------------------------------------------------


@require_safe
def members(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    return _members_page(request, team)


@require_safe
def team_history(request: SignedInRequest, slug: str) -> HttpResponse:
    """Changes of the team and its members. Only managers see invitations, as on the members page."""
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    sources = [history_of(team), part_of(Membership, "Member", "user", team=team)]
    if can_manage(request.user, team):
        sources.append(part_of(Invitation, "Invitation", "email", team=team))
    context = {
        "page": history_page(sources, request.GET.get("page"), request.user),
        "of": team.name,
        "lead": "Changes of the team and its members.",
        "up": "Members",
        "up_url": reverse("teams:members", args=[slug]),
    }
    return render(request, "teams/history.html", context)


@require_safe
def person_history(request: SignedInRequest, pk: int) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    person = get_object_or_404(User, pk=pk)
    sources = [history_of(person), part_of(Membership, "Member of", "team", user=person)]
    context = {
        "page": history_page(sources, request.GET.get("page"), request.user),
        "of": str(person),
        "lead": "Changes of the account and its memberships.",
        "up": "People",
        "up_url": reverse("teams:people"),
    }
    return render(request, "teams/history.html", context)


def _members_page(request: SignedInRequest, team: Team, form: InvitationForm | None = None, **context: Any) -> HttpResponse:
    refused = bool(context) or (form is not None and form.is_bound)
    memberships = Membership.objects.filter(team__in=team.lineage).select_related("user", "team")
    rows = list(memberships.order_by("user__name", "user__email"))
    context |= {
        "team": team,
        "memberships": [row for row in rows if row.team_id == team.pk],
        "from_above": [row for row in rows if row.team_id != team.pk and can_see(request.user, row.team)],
        "manages": can_manage(request.user, team),
        "form": form or InvitationForm(team=team, initial={"email": request.GET.get("email", "")[:254]}),
        "roles": Role.choices,
    }
    if context["manages"]:
        now = timezone.now()
        context["invitations"] = list(team.invitations.pending().with_delivery().select_related("invited_by"))
        for invitation in context["invitations"]:
            invitation.expired = now >= invitation.expires_at
    return render(request, "teams/members.html", context, status=422 if refused else 200)


@form_page
def invite(request: SignedInRequest, slug: str) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    require(can_manage(request.user, team))
    with transaction.atomic():
        # One at a time per team, so that a double click finds the first invitation.
        Team.objects.select_for_update().get(pk=team.pk)
        form = InvitationForm(request.POST or None, team=team)
        if not form.is_valid():
            return _members_page(request, team, form)
        return _invited(request, form.send(request.user, timezone.now()))


def _invited(request: SignedInRequest, invitation: Invitation) -> HttpResponse:
    """Shows the link once, because not every portal has a mail server."""
    AccountMail.objects.order(AccountMail.Kind.INVITATION, invitation.email, invitation=invitation)
    return render(request, "teams/invited.html", {"invitation": invitation})


@require_POST
def invitation_resend(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    with transaction.atomic():
        invitation = get_object_or_404(team.invitations.pending().select_for_update(), pk=pk)
        require(can_manage(request.user, team))
        invitation.invited_by = request.user
        invitation.renew(timezone.now())
        return _invited(request, invitation)


@require_POST
def invitation_withdraw(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    team = get_object_or_404(Team.objects.with_rows_for(request.user), slug=slug)
    invitation = get_object_or_404(team.invitations.pending(), pk=pk)
    require(can_manage(request.user, team))
    invitation.delete()
    messages.success(request, f"Invitation for {invitation.email} withdrawn. Its link no longer works.")
    return redirect("teams:members", team.slug)


def _locked_membership(request: SignedInRequest, slug: str, pk: int) -> Membership:
    """The membership, or 404. Locks the team, so that two managers cannot remove each other at the same time."""
    team = get_object_or_404(Team.objects.with_rows_for(request.user).select_for_update(), slug=slug)
    return get_object_or_404(Membership.objects.select_related("user", "team"), team=team, pk=pk)


@require_POST
@transaction.atomic
def role(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    membership = _locked_membership(request, slug, pk)
    require(can_manage(request.user, membership.team))
    may_leave = may_leave_without_manager(request.user, membership)
    form = RoleForm(request.POST, instance=membership)
    if not form.is_valid():
        return _members_page(request, membership.team, problem="Choose one of the roles.")
    if membership.role != Role.MANAGER and not may_leave:
        return _members_page(request, membership.team, problem=NO_MANAGER)
    form.save()
    messages.success(request, f"{membership.user} is now {membership.get_role_display().lower()} of {membership.team}.")
    return _back_from(request, membership.team)


@form_page
@transaction.atomic
def remove(request: SignedInRequest, slug: str, pk: int) -> HttpResponse:
    membership = _locked_membership(request, slug, pk)
    require(can_remove(request.user, membership))
    if request.method != "POST":
        return render(request, "teams/remove.html", {"membership": membership, "team": membership.team})
    if not may_leave_without_manager(request.user, membership):
        return _members_page(request, membership.team, problem=NO_MANAGER)
    membership.delete()
    messages.success(request, f"{membership.user} is no longer a member of {membership.team}.")
    return _back_from(request, membership.team)


def _back_from(request: SignedInRequest, team: Team) -> HttpResponse:
    """Redirects to the members, or elsewhere if the person has just left the team."""
    request.user.forget_roles()
    return redirect("teams:members", team.slug) if is_member(request.user, team) else redirect("dashboards:teams")


# ---- Joining -------------------------------------------------------------------------------------------------------


@login_not_required
@never_cache
@sensitive_post_parameters("password", "password_again")
@form_page
@transaction.atomic
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation's link: confirm if the account exists, create one if not."""
    invitation = Invitation.objects.with_token(token).select_for_update(of=("self",)).select_related("team").first()
    if invitation is None:
        return _no_way_in(request, "This invitation was withdrawn or replaced by a newer one.", 404)
    if problem := invitation.problem(timezone.now()):
        return _no_way_in(request, problem, 410)
    invited = User.objects.filter(email__iexact=invitation.email).first()
    if problem := _wrong_person(request, invitation, invited):
        return _no_way_in(request, problem, 403)
    form = None if invited else NewPersonForm(request.POST or None, email=invitation.email, name=invitation.name)
    if form and form.is_valid():
        person = form.save()
        login(request, person)
        return _join(request, invitation, person)
    if request.method == "POST" and invited and request.user == invited:
        return _join(request, invitation, invited)
    context = {"invitation": invitation, "form": form, "invited": invited}
    return render(request, "teams/accept.html", context, status=422 if form and form.is_bound else 200)


def _wrong_person(request: HttpRequest, invitation: Invitation, invited: User | None) -> str:
    """Why the person who follows the link is not the invited one, as a sentence, else ""."""
    if invited is not None and not invited.is_active:
        return "Your account is deactivated. Ask an admin to reactivate it."
    if request.user.is_authenticated and request.user != invited:
        return f"This invitation is for {invitation.email}, but you are signed in as {request.user.email}. Sign out first."
    return ""


def _no_way_in(request: HttpRequest, problem: str, status: int) -> HttpResponse:
    return render(request, "teams/invitation_over.html", {"problem": problem}, status=status)


def _join(request: HttpRequest, invitation: Invitation, person: User) -> HttpResponse:
    invitation.accept(person, timezone.now())
    messages.success(request, f"Welcome to {invitation.team}.")
    return redirect(settings.LOGIN_REDIRECT_URL)


@login_not_required
@never_cache
@sensitive_post_parameters("password", "password_again")
@form_page
@transaction.atomic
def setup(request: HttpRequest) -> HttpResponse:
    """The first visit: creates the admin. Only if there is no account, and only with the token from the terminal."""
    if request.method == "POST":
        User.objects.lock_first_visit()
    if User.objects.exists():
        raise Http404
    token = request.POST.get("token") or request.GET.get("token", "")
    if not is_setup_token(token, settings.SETUP_TOKEN):
        return render(request, "teams/setup_closed.html", status=403)
    form = SetupForm(request.POST or None, initial={"token": token})
    if form.is_valid():
        login(request, form.save())
        (settings.DATA_DIR / "setup-token").unlink(missing_ok=True)  # where the launcher stores it
        messages.success(request, "Your account is ready. You are the admin of this portal.")
        return redirect(settings.LOGIN_REDIRECT_URL)
    return answer_form(request, "teams/setup.html", form)


# ---- Myself --------------------------------------------------------------------------------------------------------


@form_page
def profile(request: SignedInRequest) -> HttpResponse:
    # A copy, so that an invalid name does not show in the navigation.
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        form.save()
        messages.success(request, "Profile saved.")
        return redirect("teams:profile")
    cookies = {"theme": request.COOKIES.get("theme", "system"), "keys": request.COOKIES.get("keys", "on")}
    return _profile_page(request, form, PreferencesForm(initial=cookies))


@require_POST
def preferences(request: SignedInRequest) -> HttpResponse:
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _profile_page(request, ProfileForm(instance=request.user), form)
    response = redirect("teams:profile")
    for name, value in form.cleaned_data.items():
        # The page's script also sets the theme, so it must be able to read the cookie.
        response.set_cookie(name, value, max_age=COOKIE_AGE, samesite="Lax", secure=settings.HTTPS)
    messages.success(request, "Preferences saved for this browser.")
    return response


@require_POST
def calendar_create(request: SignedInRequest) -> HttpResponse:
    """Creates the address of the person's calendar, in place of an earlier one, and shows it this once."""
    address = CalendarAddress.renew(request.user, timezone.now())
    return render(request, "teams/calendar_created.html", {"address": address})


@require_POST
def calendar_revoke(request: SignedInRequest) -> HttpResponse:
    CalendarAddress.objects.filter(user=request.user).delete()
    messages.success(request, "The calendar's address was revoked.")
    return redirect("teams:profile")


def _profile_page(request: SignedInRequest, form: ProfileForm, preferences: PreferencesForm) -> HttpResponse:
    memberships = request.user.memberships.filter(team__archived_at=None).select_related("team")
    calendar = CalendarAddress.objects.filter(user=request.user).first()
    context = {"form": form, "preferences": preferences, "memberships": memberships, "calendar": calendar}
    refused = form.is_bound or preferences.is_bound
    return render(request, "teams/profile.html", context, status=422 if refused else 200)


@rate_limit(action="manage_email")
@sensitive_post_parameters("password")
@form_page
def address(request: SignedInRequest) -> HttpResponse:
    """Changes the person's address. The new one counts after they open the link sent to it."""
    form = AddressForm(request.POST or None, user=request.user)
    if form.is_valid():
        new = form.cleaned_data["email"]
        AccountMail.objects.order(AccountMail.Kind.ADDRESS, new, requested_by=request.user)
        messages.success(request, f"We've sent a link to {new}. Your address changes when you open it.")
        return redirect("account_email")
    return answer_form(request, "teams/address.html", form, days=ADDRESS_DAYS)


@never_cache
@form_page
def address_confirm(request: SignedInRequest, key: str) -> HttpResponse:
    """The link in the email. Only the account that requested the change can confirm it."""
    pk, before, new = read_address_key(key) or (None, "", "")
    problem = ""
    if pk and pk != request.user.pk:
        problem = "This link is for another account. Sign in to that account and open it again."
    elif pk is None or before != request.user.email:
        problem = "This link has expired or was already used. Nothing was changed."
    elif request.method == "POST":
        try:
            request.user.change_address(new)
        except ValidationError as refused:
            problem = refused.messages[0]
        else:
            AccountMail.objects.order(AccountMail.Kind.ADDRESS_CHANGED, before, requested_by=request.user)
            messages.success(request, f"Your address is now {new}. Sign in with it from now on.")
            return redirect("account_email")
    return render(request, "teams/address_confirm.html", {"new": new, "problem": problem}, status=409 if problem else 200)


@form_page
def tokens(request: SignedInRequest) -> HttpResponse:
    form = TokenForm(request.POST or None)
    if form.is_valid():
        access, token = form.create_for(request.user)
        return render(request, "teams/token_created.html", {"access": access, "token": token})
    mine = request.user.auth_token_set.order_by("-created")
    return answer_form(request, "teams/tokens.html", form, tokens=mine, now=timezone.now())


@form_page
def token_revoke(request: SignedInRequest, token_key: str) -> HttpResponse:
    access = get_object_or_404(request.user.auth_token_set, token_key=token_key)
    if request.method != "POST":
        return render(request, "teams/token_revoke.html", {"access": access})
    access.delete()
    messages.success(request, f"Token {access} revoked.")
    return redirect("teams:tokens")


@require_safe
def sessions(request: SignedInRequest) -> HttpResponse:
    """The person's sessions, this browser first."""
    remember_session(request)
    rows = sorted(open_sessions(request.user), key=lambda row: row.session_key != request.session.session_key)
    for row in rows:
        row.device = device(row.user_agent)
    return render(request, "teams/sessions.html", {"sessions": rows, "here": request.session.session_key})


@require_POST
def sessions_end(request: SignedInRequest) -> HttpResponse:
    request.user.end_sessions(but=request.session.session_key)
    messages.success(request, "Signed out everywhere else.")
    return redirect("teams:sessions")


@require_POST
def session_end(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ends one of the person's other sessions. This one ends by signing out."""
    others = open_sessions(request.user).exclude(session_key=request.session.session_key)
    session = get_object_or_404(others, pk=pk)
    session.end()
    messages.success(request, f"{device(session.user_agent)} is signed out.")
    return redirect("teams:sessions")


@require_safe
def admin_door(request: SignedInRequest) -> HttpResponse:
    """Replaces the login of Django's admin: people who come here are already signed in but have no access."""
    require(is_admin(request.user), ADMINS_ONLY)
    return redirect("admin:index")


# ---- Everybody (admins) --------------------------------------------------------------------------------------------


@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    filters = PeopleFilter(request.GET)
    filters.is_valid()
    chosen = filters.cleaned_data
    users = User.objects.prefetch_related("memberships__team")
    if words := chosen.get("q"):
        users = users.filter(Q(name__icontains=words) | Q(email__icontains=words))
    match chosen.get("state"):
        case "active":
            users = users.filter(is_active=True)
        case "off":
            users = users.filter(is_active=False)
        case "admin":
            users = users.filter(is_admin=True)
    page = Paginator(users, 50).get_page(request.GET.get("page"))
    return render(request, "teams/people.html", {"page": page, "filters": filters})


@require_POST
def set_active(request: SignedInRequest, pk: int, active: bool) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    person = get_object_or_404(User, pk=pk)
    try:
        if active:
            person.reactivate()
            messages.success(request, f"{person} can sign in again.")
        else:
            person.deactivate()
            messages.success(request, f"{person} is signed out everywhere and can no longer sign in.")
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    return redirect("teams:people")


@require_POST
def set_admin(request: SignedInRequest, pk: int, admin: bool) -> HttpResponse:
    require(is_admin(request.user), ADMINS_ONLY)
    person = get_object_or_404(User, pk=pk)
    try:
        person.set_admin(admin)
        messages.success(request, f"{person} is {'now' if admin else 'no longer'} an admin of the organisation.")
    except ValidationError as problem:
        messages.error(request, problem.messages[0])
    return redirect("teams:people")
