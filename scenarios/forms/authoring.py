"""Forms for authors: a scenario's YAML, its texts one by one, notes for publishing and voiding."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from qmportal.lib.documents import MAX_BYTES
from qmportal.lib.forms import LineField, ProseField
from qmportal.lib.text import clean_text, refuse_unstorable
from scenarios import engine
from scenarios.engine.shape import HTML, ID, MAX_TEXT
from scenarios.models import Scenario
from teams.models import Role, Team, User
from teams.permissions import can_publish

TOO_LARGE = "The text is larger than 256 KiB. Split it into several scenarios."


class YamlForm(forms.Form):
    """YAML as text or as a file, which takes precedence. The engine, not the form, reports errors in the YAML."""

    base = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = ProseField(
        label="YAML",
        strip=False,
        error_messages={"required": "Enter the YAML of the scenario, or choose a file."},
        widget=forms.Textarea(
            attrs={
                "class": "code",
                "rows": 28,
                "wrap": "off",
                "spellcheck": "false",
                "autocapitalize": "off",
                "data-keep": "",
            }
        ),
    )
    file = forms.FileField(
        label="YAML file",
        required=False,
        help_text="Replaces the text. 256 KiB at most.",
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,text/yaml"}),
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if not file:
            return ""
        if file.size > MAX_BYTES:
            raise ValidationError(TOO_LARGE)
        try:
            text = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValidationError("This is not a UTF-8 text file.") from None
        refuse_unstorable(text)
        return clean_text(text)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("file"):
            self.errors.pop("text", None)
        text = cleaned.get("file") or cleaned.get("text") or ""
        if len(text.encode("utf-8", "replace")) > MAX_BYTES:
            self.add_error("text", TOO_LARGE)
        cleaned["text"] = text
        return cleaned


class TextsForm(forms.Form):
    """One field for each text of a scenario. Paths, effects and numbers are edited as YAML."""

    base = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, content: engine.Scenario, data: Any = None, *, base: int):
        super().__init__(data, initial={"base": base})
        self.content = content
        self.texts = engine.text_paths(content)
        for path, text in self.texts.items():
            self.fields[path] = _text_field(path, text)

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under a heading for each node, in reading order."""
        grouped: dict[str, list[forms.BoundField]] = {}
        for path in self.texts:
            grouped.setdefault(_heading(path), []).append(self[path])
        return list(grouped.items())

    @property
    def changed_texts(self) -> dict[str, str]:
        typed = {path: self.cleaned_data[path] for path in self.texts}
        return {path: words for path, words in typed.items() if words != self.texts[path]}


def _text_field(path: str, text: str) -> ProseField:
    parts = path.split(".")
    label = parts[-1].capitalize() if len(parts) < 4 else f"{parts[3]}: {parts[4]}"
    if "variants" in parts:
        label = f"{parts[4].capitalize()}, variant {parts[3]}"
    if parts[0] == "metrics":
        label = f"{parts[1]}: {parts[2]}"
    short = len(text) <= 80 and parts[-1] in ("title", "label", "unit")
    widget = forms.TextInput() if short else forms.Textarea(attrs={"rows": 3})
    return ProseField(
        label=label,
        initial=text,
        max_length=MAX_TEXT,
        validators=[refuse_html],
        widget=widget,
        error_messages={"required": "This text cannot be empty."},
    )


def _heading(path: str) -> str:
    parts = path.split(".")
    return {"nodes": f"Node {parts[1] if len(parts) > 1 else ''}", "metrics": "Metrics"}.get(parts[0], "Scenario")


def refuse_html(text: str) -> None:
    """A validator: texts are Markdown."""
    if HTML.search(text):
        raise ValidationError("HTML is not allowed. Markdown is.")


class LinkForm(forms.Form):
    """A link of the graph."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    way = forms.ChoiceField(label="From")

    def __init__(self, content: engine.Scenario, data: Any = None, *, base: int):
        super().__init__(data, initial={"base": base}, auto_id=f"{type(self).__name__}_%s")
        self.content = content
        links = [(way.key, f"{way.words} → {way.target}") for way in engine.ways(content)]
        self.fields["way"].choices = links  # type: ignore[attr-defined]


class LeadForm(LinkForm):
    """Leads a choice, rule or node to another node."""

    target = forms.ChoiceField(label="Lead to")

    def __init__(self, content: engine.Scenario, data: Any = None, *, base: int):
        super().__init__(content, data, base=base)
        self.fields["target"].choices = [(key, f"{key} ({node.kind})") for key, node in content.nodes.items()]  # type: ignore[attr-defined]

    @property
    def changed(self) -> engine.Scenario:
        return engine.lead(self.content, self.cleaned_data["way"], self.cleaned_data["target"])


class DecisionForm(LinkForm):
    """Adds a decision with two or three options on a link."""

    name = LineField(label="Id", max_length=40, help_text="A short name, such as first_call. Lower case, no spaces.")
    prompt = ProseField(label="The situation", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 3}))
    best = LineField(label="The best option", max_length=300)
    second = LineField(label="A defensible second-best option", max_length=300)
    third = LineField(label="A tempting poor option", max_length=300, required=False)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if not ID.match(name):
            raise ValidationError("Use lower case letters, digits and underscores, starting with a letter.")
        if name in self.content.nodes:
            raise ValidationError("There is a node with this id already.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for field in ("prompt", "best", "second", "third"):
            if HTML.search(cleaned.get(field, "")):
                self.add_error(field, "HTML is not allowed. Markdown is.")
        return cleaned

    @property
    def changed(self) -> engine.Scenario:
        said = self.cleaned_data
        labels = [said[name] for name in ("best", "second", "third") if said[name]]
        return engine.add_decision(self.content, said["way"], said["name"], said["prompt"], labels)


class PublishForm(forms.Form):
    """Whom a version is for, and what is new in it."""

    base = forms.IntegerField(widget=forms.HiddenInput)
    team = forms.ModelChoiceField(
        label="Publish for",
        queryset=Team.objects.none(),
        required=False,
        help_text="The team and its sub-teams. Only quality leads publish for the whole organisation.",
    )
    note = ProseField(
        label="What is new",
        max_length=500,
        required=False,
        help_text="Shown to other authors on the versions page.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: Any = None, *, scenario: Scenario, user: User):
        super().__init__(data, initial={"base": scenario.version, "team": scenario.team_id})
        for_all = can_publish(user, None)
        teams = Team.objects.with_rows_for(user, Role.MANAGER)
        field = self.fields["team"]
        field.queryset, field.required = teams, not for_all  # type: ignore[attr-defined]
        whole = [("", "The whole organisation")] if for_all else []
        tree = [(team.pk, f"{'– ' * team.depth}{team.name}") for team in teams.as_tree()]
        field.choices = [*whole, *tree]  # type: ignore[attr-defined]


class VoidForm(forms.Form):
    """Why a version is withdrawn."""

    reason = ProseField(
        label="What is wrong with it?",
        max_length=500,
        help_text="Everyone who is credited can read this.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
