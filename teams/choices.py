"""Choosing a team: from a menu or, if there are many, by typing part of its name."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.safestring import SafeString

from qmportal.lib.forms import with_stored
from qmportal.lib.html import format_html
from qmportal.lib.text import folded
from teams.models import Team, User

MOST_IN_MENU = 50
MOST_SUGGESTED = 10


def team_names(user: User) -> dict[str, str]:
    """Names by slug of the teams that the person can choose. Adds the slug to duplicate names."""
    known = Counter(folded(team.name) for team in user.reach)
    return {team.slug: team.name if known[folded(team.name)] == 1 else f"{team.name} ({team.slug})" for team in user.reach}


def suggested(user: User, typed: str) -> list[str]:
    """Names that contain the typed text; those that start with it come first."""
    part = folded(typed.strip())
    found = [name for name in team_names(user).values() if part in folded(name)]
    return list(islice(sorted(found, key=lambda name: not folded(name).startswith(part)), MOST_SUGGESTED))


def team_named(user: User, typed: str) -> str:
    """The slug of the team with this name or slug. "" if there is none."""
    names, name = team_names(user), folded(typed.strip())
    return typed if typed in names else next((slug for slug, known in names.items() if folded(known) == name), "")


class TeamSearch(forms.TextInput):
    """A text box that loads suggestions while the person types."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = f"{(attrs or {}).get('id', name)}_options"
        search = {
            "list": options,
            "autocomplete": "off",
            "hx-get": reverse("teams:suggest"),
            "hx-trigger": "input changed delay:200ms",
            "hx-target": f"#{options}",
        }
        box = super().render(name, value, search | (attrs or {}), renderer)
        return format_html('{}<datalist id="{}"></datalist>', box, options)


class TeamField(forms.ModelChoiceField):
    """One of the teams that a person can choose, see `limit_to`."""

    def __init__(self, **kwargs: Any):
        kwargs.setdefault("empty_label", "Choose a team")
        super().__init__(Team.objects.none(), to_field_name="slug", **kwargs)
        # Only set for a person with many teams.
        self.user: User | None = None
        self.names: dict[str, str] = {}

    def limit_to(self, user: User, stored: Team | None, *roles: str) -> None:
        """Limits the choices to the user's teams, with `roles` to those where they have one. The stored team stays valid."""
        self.queryset = with_stored(Team.objects.with_rows_for(user, *roles), stored)
        names = team_names(user)
        if roles and not user.is_admin:
            theirs = set(self.queryset.values_list("slug", flat=True))
            names = {slug: name for slug, name in names.items() if slug in theirs}
        if stored:
            names.setdefault(stored.slug, stored.name)
        if len(names) <= MOST_IN_MENU:
            self.choices = [("", self.empty_label), *names.items()]
        else:
            self.user, self.names = user, names
            self.widget = TeamSearch()
            self.widget.is_required = self.required
            self.help_text = "Type part of its name."

    def limit_to_seen(self, user: User, stored: Team | None) -> None:
        """Limits the choices to teams that everyone may know, whether the person belongs to them or not."""
        seen = Team.objects.visible_to(user).filter(members_only=False)
        self.queryset = with_stored(seen, stored)
        self.names = dict(self.queryset.values_list("slug", "name"))
        if len(self.names) <= MOST_IN_MENU:
            self.choices = [("", self.empty_label), *self.names.items()]
        else:
            self.user = user
            self.widget = forms.TextInput()
            self.help_text = f"{self.help_text} Type its name."

    def prepare_value(self, value: Any) -> Any:
        slug = super().prepare_value(value)
        return self.names.get(slug, slug) if self.user else slug

    def to_python(self, value: Any) -> Any:
        if not self.user or value in self.empty_values or isinstance(value, Team):
            return super().to_python(value)
        typed = str(value)
        slug = team_named(self.user, typed) or next((slug for slug, name in self.names.items() if name == typed), "")
        if not slug:
            raise ValidationError(self._unknown(typed), code="invalid_choice")
        return super().to_python(slug)

    def _unknown(self, typed: str) -> str:
        """An error that suggests teams, because without scripts there were no suggestions."""
        names = suggested(self.user, typed) if self.user else []
        return f"Choose one of these teams: {', '.join(names)}." if names else "None of your teams has this name."
