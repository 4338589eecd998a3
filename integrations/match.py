"""The match page: what it shows about a file's columns and words, and how the person's answers become a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from integrations.forms import KeepingForm
from integrations.kinds import kinds_for
from integrations.lookups import own_words
from integrations.matching.fields import FOUND, Field, Type
from integrations.matching.guess import Match, Word, matches, words
from integrations.matching.plan import LONGEST_SOURCE, Plan
from integrations.matching.preset import Preset
from integrations.matching.presets import PRESETS
from integrations.matching.survey import Survey
from integrations.matching.words import KEYS, LEAVE_OUT, UNKNOWN, plain
from integrations.models import ImportJob, SavedMapping
from integrations.phases import NO_TEAM
from integrations.reading import Shape
from pipeline.models import Stage
from qmportal.lib.days import zone_named
from qmportal.lib.forms import LineField
from records.models import Severity
from records.rules import FILED_HERE
from teams.choices import MOST_IN_MENU, TeamField
from teams.models import Role, Team, User
from teams.permissions import is_admin

# Words shown for each field. Rarer ones keep their suggested meaning.
MOST_ASKED = 300
DAY_FIRST, MONTH_FIRST = "day", "month"
ORDERS = {DAY_FIRST: True, MONTH_FIRST: False}

NOTHING = dict.fromkeys(("defect status", "incident status", "change state"), "Infer from the row")
NOTHING |= {"role": "No change, engineer if new", "visibility": "No change, everyone if new"}

Choices = list[tuple[str, str]]


class MatchForm(KeepingForm):
    """The questions about the file as a whole. `answered` reads those about columns and words."""

    team = TeamField(
        required=False,
        label="Team for all rows",
        empty_label="Use the file's team column",
        error_messages={"invalid_choice": "Choose a team you can import into."},
    )
    source = LineField(
        max_length=LONGEST_SOURCE,
        required=False,
        label="Source of the IDs",
        help_text="Keeps them apart from those of other lists. Use the same name each time you import this list.",
    )
    create_teams = forms.BooleanField(required=False, label="Create teams that don't exist yet")
    zone = LineField(
        max_length=60,
        label="Time zone",
        help_text="For times without a zone. Example: Europe/Berlin.",
        error_messages={"required": "Enter a time zone."},
    )
    day_order = forms.ChoiceField(
        required=False,
        label="Date order",
        choices=[
            ("", "Reject ambiguous dates"),
            (DAY_FIRST, "2 March (day first)"),
            (MONTH_FIRST, "3 February (month first)"),
        ],
        help_text="How to read dates such as 02/03/2024.",
    )
    all_types = forms.BooleanField(required=False, label="Also import issues that aren't bugs, such as stories and tasks")
    save_as = LineField(
        max_length=60,
        required=False,
        label="Save this mapping as",
        help_text="To reuse it for files like this one.",
    )

    def __init__(self, data: QueryDict | None, *, job: ImportJob, plan: Plan, user: User):
        order = {True: DAY_FIRST, False: MONTH_FIRST, None: ""}[plan.day_first]
        initial = {"zone": plan.zone, "day_order": order, "all_types": plan.all_types, "create_teams": job.create_teams}
        initial |= {"team": job.shown_team and job.shown_team.slug, "source": plan.source or plan.preset.name}
        super().__init__(data, initial=initial, user=user)
        team = cast(TeamField, self.fields["team"])
        if not plan.names_team:
            self._require_team(team, job)
        team.limit_to(user, None, Role.MANAGER)
        if team.user and not team.required:
            team.help_text = "Type part of its name. Leave it empty to use the file's team column."
        asked = {
            "team": "team" in plan.fields,
            # Our own columns name the source of each row.
            "source": plan.kind in FOUND and not plan.preset.exact,
            "create_teams": plan.kind in FOUND and is_admin(user),
            "zone": plan.kind in FOUND,
            "day_order": plan.kind in FOUND,
            "all_types": plan.kind == "defects",
        }
        for name in (name for name, is_asked in asked.items() if not is_asked):
            del self.fields[name]

    def _require_team(self, field: TeamField, job: ImportJob) -> None:
        """No column names the team, so one must be chosen. If the person has only one, it is."""
        field.required = field.widget.is_required = True
        field.error_messages["required"] = NO_TEAM
        field.empty_label = "Choose a team"
        theirs = list(job.writable_teams()[:2])
        if len(theirs) == 1:
            self.initial["team"] = self.initial["team"] or theirs[0].slug

    def clean_zone(self) -> str:
        if zone := zone_named(self.cleaned_data["zone"]):
            return zone.key
        raise ValidationError("Unknown time zone. Example: Europe/Berlin.")

    def clean_source(self) -> str:
        source = self.cleaned_data["source"]
        if source == FILED_HERE:
            raise ValidationError(f"The source “{FILED_HERE}” is reserved for records reported in this portal.")
        return source

    def put_into(self, plan: Plan) -> Plan:
        cleaned = self.cleaned_data
        return replace(
            plan,
            source=cleaned.get("source", ""),
            zone=cleaned.get("zone", plan.zone),
            day_first=ORDERS.get(cleaned.get("day_order", "")),
            all_types=cleaned.get("all_types", False),
        )

    def is_whole(self, plan: Plan, survey: Survey, data: QueryDict) -> bool:
        """Whether the file can be checked with this plan. If not, adds form errors for what is missing."""
        if problems_of(plan, survey):
            self.add_error(None, "Some columns don't fit yet.")
        if new := [each.field.label for each in self._unasked(plan, survey, data)]:
            self.add_error(None, f"Choose what these words mean: {', '.join(new)}.")
        return not self.errors

    def _unasked(self, plan: Plan, survey: Survey, data: QueryDict) -> list[WordList]:
        """Lists with unknown words that the submitted page did not show, because it first chose their column."""
        lists = word_lists(survey, plan, [], one_team=True)
        return [each for each in lists if not each.unknown <= {*data.getlist(f"word-{each.field.key}")}]

    def save_mapping(self, plan: Plan) -> SavedMapping | None:
        """Saves the plan if the form has a name for it, replacing a mapping of the same name."""
        if not (name := self.cleaned_data["save_as"]):
            return None
        return SavedMapping.keep(name, self.owner, plan)


# --- What a person answered ---------------------------------------------------------------------------------------------


def other_shape(data: QueryDict, job: ImportJob) -> Shape | None:
    """The shape with the chosen sheet and encoding, or None if nothing changed."""
    shape = dict(job.shape)
    if data.get("sheet") in job.survey["sheets"]:
        shape["sheet"] = data["sheet"]
    if data.get("encoding") in dict(job.survey["encodings"]):
        shape["encoding"] = data["encoding"]
    return Shape(**shape) if shape != job.shape else None


def tools_for(user: User) -> list[Preset]:
    """The tools whose files this person can import."""
    kinds = kinds_for(user)
    return [preset for preset in PRESETS.values() if preset.kind in kinds]


def other_tool(data: QueryDict, job: ImportJob, user: User) -> str:
    """The tool to guess the columns for: a newly chosen one, or the current one on "Guess again". Otherwise ""."""
    tool = data.get("tool", "")
    known = {preset.key for preset in tools_for(user)}
    return tool if tool in known and (tool != job.mapping_key or "again" in data) else ""


def answered(data: QueryDict, job: ImportJob, survey: Survey) -> Plan:
    """The job's plan with the columns, constants and words of the submitted page."""
    plan = _with_columns(data, Plan.from_json(job.plan))
    return _with_words(data, plan, words(survey, plan, own_words(job.writable_teams())))


def _with_columns(data: QueryDict, plan: Plan) -> Plan:
    columns, constants = {}, {}
    for name in plan.fields:
        if titles := tuple(dict.fromkeys(title for title in data.getlist(f"column-{name}") if title.strip())):
            columns[name] = titles
        if text := data.get(f"all-{name}", ""):
            constants[name] = text
    return replace(plan, columns=columns, constants=constants, words={})


def _with_words(data: QueryDict, plan: Plan, offered: Mapping[str, list[Word]]) -> Plan:
    """Adds the words whose meaning the person changed, or that were unknown. `offered`: the suggested meanings."""
    said = {}
    for name, known_field in plan.fields.items():
        known = {plain(word.word): word.key for word in offered.get(name, []) if word.known}
        pairs = zip(data.getlist(f"word-{name}"), data.getlist(f"means-{name}"), strict=False)
        meant = {word: key for word, key in pairs if known.get(plain(word)) != key}
        # A team left open keeps the file's name for it.
        if kept := {word: key for word, key in meant.items() if key or known_field.type is not Type.TEAM}:
            said[name] = kept
    return replace(plan, words=said)


# --- What the page shows ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A field's row on the page: its columns' titles plus an empty one to add another, and its default value."""

    field: Field
    titles: list[str]
    match: Match | None
    constant: str
    choices: Choices
    problem: str

    @property
    def is_used(self) -> bool:
        """Whether it is listed first. The stage always is: without it, the escaped defect rate has no tier."""
        asked = self.field.required or self.field.key == "stage_found"
        return bool(asked or self.match or self.constant or self.problem)


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of one field. `more`: how many rarer words are not shown."""

    field: Field
    words: list[Word]
    choices: Choices
    more: int

    @property
    def is_typed(self) -> bool:
        """Whether to show text boxes, since a long menu beside hundreds of words would be too heavy."""
        return len(self.choices) > MOST_IN_MENU

    @property
    def unknown(self) -> set[str]:
        return {word.word for word in self.words if not word.known}


def field_rows(survey: Survey, plan: Plan, problems: Mapping[str, str]) -> list[FieldRow]:
    found, ours = matches(survey, plan), _own_choices([])
    return [
        FieldRow(
            field=known,
            titles=[*plan.columns.get(name, ()), ""],
            match=found.get(name),
            constant=plan.constants.get(name, ""),
            choices=[("", "–"), *_keys(known, ours)] if known.words else [],
            problem=problems.get(name, ""),
        )
        for name, known in plan.fields.items()
    ]


def word_lists(survey: Survey, plan: Plan, teams: Iterable[Team], *, one_team: bool) -> list[WordList]:
    """Word lists, those with unknown words first. `one_team`: all rows go to one team, so team words are left out."""
    teams = list(teams)
    ours = _own_choices(teams)
    lists = [
        WordList(plan.fields[name], said[:MOST_ASKED], _choices(plan.fields[name], ours), len(said) - len(said[:MOST_ASKED]))
        for name, said in words(survey, plan, own_words(teams)).items()
        if not (one_team and plan.fields[name].type is Type.TEAM)
    ]
    return sorted(lists, key=lambda each: not each.unknown)


def _own_choices(teams: Iterable[Team]) -> dict[str, Choices]:
    return {
        "severity": [(each.key, f"{each.key} {each.name}") for each in Severity.objects.all()],
        "stage": [(each.slug, each.name) for each in Stage.objects.all()],
        "team": [(each.slug, each.name) for each in teams],
    }


def _keys(known: Field, ours: Mapping[str, Choices]) -> Choices:
    lists = "team" if known.type is Type.TEAM else known.words
    return [*ours.get(lists, KEYS.get(lists, {}).items())]


def _choices(known: Field, ours: Mapping[str, Choices]) -> Choices:
    """The menu for a word. Its empty choice keeps a team's name, and infers a status from the other columns."""
    nothing = "Keep this name" if known.type is Type.TEAM else NOTHING.get(known.words, "No value")
    unknown = [(UNKNOWN, "Stage unknown")] if known.words == "stage" else []
    return [("", nothing), *_keys(known, ours), *unknown, (LEAVE_OUT, "Leave these rows out")]


def problems_of(plan: Plan, survey: Survey) -> dict[str, str]:
    """The first problem of each field that does not fit."""
    found: dict[str, str] = {}
    for name, sentence in plan.problems(survey.header):
        found.setdefault(name, sentence)
    return found
