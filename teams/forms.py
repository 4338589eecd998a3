"""Forms about people and teams."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from allauth.core import context
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from qmportal.lib.days import organisation_zone, zone_names
from qmportal.lib.forms import LineField, with_stored
from qmportal.lib.text import mail_address
from teams.models import ADDRESS_TAKEN, ALREADY_A_MEMBER, AccessToken, AccountMail, Invitation, Membership, Team, User

# Longer passwords are rejected, because hashing them takes long.
PASSWORD_MAX = 256


class AddressField(forms.EmailField):
    """An email address in its normal form, so that one person never has two accounts."""

    default_error_messages = {"required": "Enter an email address."}

    def __init__(self, *, label: str, autocomplete: str = "email") -> None:
        widget = forms.EmailInput(attrs={"autocomplete": autocomplete, "inputmode": "email"})
        super().__init__(label=label, max_length=254, widget=widget)

    def to_python(self, value: Any) -> str:
        address = mail_address(super().to_python(value) or "")
        if not address.rpartition("@")[0].isascii():
            raise ValidationError("The part before the @ can only contain plain letters (a to z), digits and signs.")
        return address


def password_field(label: str, autocomplete: str = "new-password", **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    missing = {"required": "Enter a password."}
    return forms.CharField(
        label=label, strip=False, max_length=PASSWORD_MAX, widget=widget, error_messages=missing, **options
    )


def name_field() -> LineField:
    widget = forms.TextInput(attrs={"autocomplete": "name"})
    return LineField(label="Your name", max_length=120, widget=widget, error_messages={"required": "Enter your name."})


class SignInForm(LoginForm):
    """allauth's form with a limit on the password, and a hint if the portal has no accounts."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["password"].validators.append(_refuse_long)
        # The page itself leads to the reset.
        self.fields["password"].help_text = ""
        self.fields["password"].error_messages["required"] = "Enter your password."
        self.fields["login"] = AddressField(label="Email", autocomplete="username")
        self.fields["remember"].label = "Keep me signed in on this device"
        self.fields["password"].widget.attrs.pop("placeholder", None)
        self.order_fields(["login", "password", "remember"])

    @property
    def nobody_yet(self) -> bool:
        return not User.objects.exists()


def _refuse_long(password: str) -> None:
    if len(password) > PASSWORD_MAX:
        raise ValidationError(f"Use at most {PASSWORD_MAX} characters.")


class PasswordForm(ChangePasswordForm):
    """Changes the password of someone who knows the old one. Other devices are always signed out."""

    keep_tokens = forms.BooleanField(
        required=False,
        label="Keep my access tokens",
        help_text="Otherwise they are revoked, and programs that use them need new ones.",
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _plain_passwords(self, oldpassword="Current password", password1="New password", password2="Repeat new password")
        if not self.user.auth_token_set.exists():
            del self.fields["keep_tokens"]

    def save(self) -> None:
        self.user.kept_session = context.request.session.session_key
        self.user.keeps_tokens = self.cleaned_data.get("keep_tokens", False)
        super().save()


class ForgottenForm(ResetPasswordForm):
    """Requests a password reset. Only the worker looks up the account."""

    email = AddressField(label="Email")

    def clean_email(self) -> str:
        return self.cleaned_data["email"]

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        address: str = self.cleaned_data["email"]
        AccountMail.objects.order_reset(address)
        return address


class NewPasswordForm(ResetPasswordKeyForm):
    """Sets a new password by an emailed link, which confirms the address.

    Ends all sessions and tokens, in case someone else was in the account.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        _plain_passwords(self, password1="New password", password2="Repeat new password")

    def save(self) -> None:
        # The changed password already ends this session. Do not delete its row, because the response needs it.
        self.user.kept_session = context.request.session.session_key
        super().save()
        self.user.confirm_address()


def _plain_passwords(form: forms.Form, **labels: str) -> None:
    """The same limit and look as our own forms."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label, field.help_text = label, ""
        field.error_messages["required"] = f"{label}." if label.startswith("Repeat") else f"Enter your {label.lower()}."
        field.validators.append(_refuse_long)
        field.widget.attrs.pop("placeholder", None)


class AddressForm(forms.Form):
    """Changes the account's address after the new one was confirmed by email."""

    email = AddressField(label="New address")
    password = password_field("Your password", autocomplete="current-password")

    def __init__(self, *args: Any, user: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Checks the password first, so that only the owner can find out which addresses are taken."""
        password: str = self.cleaned_data["password"]
        if not get_adapter().reauthenticate(self.user, password):
            raise ValidationError("This is not your password.")
        return password

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if cleaned["email"] == self.user.email:
            self.add_error("email", "This is already your address.")
        elif User.objects.filter(email__iexact=cleaned["email"]).exists():
            self.add_error("email", ADDRESS_TAKEN)
        return cleaned


class TeamForm(forms.ModelForm):
    name = LineField(max_length=80, error_messages={"required": "Enter a name."})
    description = LineField(max_length=200, required=False)
    slug = forms.SlugField(
        label="Address",
        max_length=60,
        required=False,
        help_text="Used in links, such as /t/payments/. Leave empty to derive it from the name.",
    )
    key = LineField(
        max_length=8,
        required=False,
        help_text="Prefix of record references, such as PAY-INC-42. Leave empty to derive it from the name.",
    )
    parent = forms.ModelChoiceField(
        label="Parent team",
        queryset=Team.objects.filter(archived_at=None),
        required=False,
        empty_label="None (top level)",
    )
    members_only = forms.BooleanField(
        required=False,
        label="Only members see this team's numbers",
        help_text="Records are always visible to members only.",
    )

    class Meta:
        model = Team
        fields = ["name", "parent", "description", "key", "slug", "members_only"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        parent.queryset = with_stored(parent.queryset, self.instance.parent)  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["slug"].help_text = "Used in links. If you change it, old links stop working."
            self.fields["key"].disabled = self.instance.has_records
            self.fields["key"].help_text = "Prefix of record references. Can't be changed once there are records."

    def clean_slug(self) -> str:
        return self.cleaned_data["slug"].lower()

    def clean_key(self) -> str:
        return self.cleaned_data["key"].strip().upper()

    def clean(self) -> dict[str, Any]:
        """Derives empty slug and key from the name."""
        cleaned = super().clean() or self.cleaned_data
        if name := cleaned.get("name"):
            if cleaned.get("slug") == "":
                cleaned["slug"] = self.instance.slug or Team.objects.free_slug(name)
            if cleaned.get("key") == "":
                cleaned["key"] = self.instance.key or Team.objects.free_key(name)
        return cleaned


class InvitationForm(forms.ModelForm):
    email = AddressField(label="Email", autocomplete="off")

    class Meta:
        model = Invitation
        fields = ["email", "role"]

    def __init__(self, *args: Any, team: Team, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.instance.team = team

    def clean_email(self) -> str:
        email, team = self.cleaned_data["email"], self.instance.team
        if team.memberships.filter(user__email__iexact=email).exists():
            raise ValidationError(ALREADY_A_MEMBER)
        if team.invitations.pending().filter(email__iexact=email).exists():
            raise ValidationError("This person already has an open invitation to the team. You can send it again below.")
        if User.objects.filter(email__iexact=email, is_active=False).exists():
            raise ValidationError("The account of this person is deactivated. An admin can reactivate it.")
        return email

    def send(self, invited_by: User, now: datetime) -> Invitation:
        self.instance.invited_by = invited_by
        self.instance.renew(now)
        return self.instance


class RoleForm(forms.ModelForm):
    class Meta:
        model = Membership
        fields = ["role"]


class NewPersonForm(forms.Form):
    """Name and password for a new account whose email is already known. `name` is only a suggestion."""

    name = name_field()
    password = password_field("Password", help_text="At least 10 characters, and not a common one.")
    password_again = password_field("Repeat password")

    def __init__(self, *args: Any, email: str = "", name: str = "", **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.known_email = email
        self.fields["name"].initial = name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if not password:
            return cleaned
        if cleaned.get("password_again") not in (None, password):
            self.add_error("password_again", "The two passwords differ.")
        person = User(email=cleaned.get("email", self.known_email), name=cleaned.get("name", ""))
        try:
            password_validation.validate_password(password, person)
        except ValidationError as problem:
            self.add_error("password", problem)
        return cleaned

    def save(self) -> User:
        return User.objects.create_user(self.known_email, self.cleaned_data["password"], name=self.cleaned_data["name"])


class SetupForm(NewPersonForm):
    """The portal's first account, an admin. Only a person who can read the terminal knows the token."""

    token = forms.CharField(widget=forms.HiddenInput)
    email = AddressField(label="Email")
    field_order = ["token", "name", "email", "password", "password_again"]

    def save(self) -> User:
        cleaned = self.cleaned_data
        return User.objects.create_superuser(cleaned["email"], cleaned["password"], name=cleaned["name"])


def is_setup_token(given: str, expected: str) -> bool:
    """Compares setup tokens. An empty expected token means that setup is closed."""
    return bool(expected) and constant_time_compare(given, expected)


class ProfileForm(forms.ModelForm):
    name = name_field()

    time_zone = forms.ChoiceField(label="Time zone", required=False, help_text="Used for times on pages and in forms.")

    class Meta:
        model = User
        fields = ["name", "time_zone"]

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        zone = self.fields["time_zone"]
        assert isinstance(zone, forms.ChoiceField)
        own = self.instance.time_zone
        default = ("", f"Organisation default: {organisation_zone().key}")
        zone.choices = [default, *((name, name) for name in dict.fromkeys([*filter(None, [own]), *zone_names()]))]


class PreferencesForm(forms.Form):
    """Preferences in cookies, so that the first paint is right without a database query."""

    theme = forms.ChoiceField(label="Colours", choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")])
    keys = forms.ChoiceField(
        label="Single-key shortcuts",
        choices=[("on", "On"), ("off", "Off")],
        help_text="For example, g then o opens the overview. Ctrl K always works.",
    )


class TokenForm(forms.ModelForm):
    EXPIRIES = {"30": "30 days", "90": "90 days", "365": "A year", "never": "Never"}

    name = LineField(
        label="What is it for?",
        max_length=80,
        help_text="The program or machine that will use it.",
        error_messages={"required": "Enter a name for it."},
    )
    expires = forms.ChoiceField(label="Expires after", choices=EXPIRIES.items(), initial="90")

    class Meta:
        model = AccessToken
        fields = ["name", "scope"]
        labels = {"scope": "What may it do?"}

    def create_for(self, user: User) -> tuple[AccessToken, str]:
        """Creates the token and returns it this one time. Only its hash is stored."""
        cleaned = self.cleaned_data
        expiry = None if cleaned["expires"] == "never" else timedelta(days=int(cleaned["expires"]))
        return AccessToken.objects.create(user, expiry=expiry, name=cleaned["name"], scope=cleaned["scope"])


class PeopleFilter(forms.Form):
    """The filters of the list of people. Ignores invalid values in the query string."""

    q = LineField(
        label="Find a person",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Name or email"}),
    )
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Everybody"), ("active", "Active"), ("off", "Deactivated"), ("admin", "Admins")],
    )
