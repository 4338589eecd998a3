"""A plan: what a file means, as data that a person can change, save and export. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from integrations.matching.fields import FIELDS, Field, Type
from integrations.matching.preset import SPREADSHEET, Preset
from integrations.matching.presets import PRESETS
from integrations.matching.words import KEYS, LEAVE_OUT, UNKNOWN, plain

# Characters of a plan as text. A real one has a few thousand.
MAX_TEXT = 500_000
LONGEST_SOURCE = 40
BOOLEANS = {"true": True, "false": False, "": False, "null": None}


class Problem(NamedTuple):
    """`field`: the field or the part of the plan that is wrong; empty for the whole plan."""

    field: str
    sentence: str


class BadPlan(ValueError):
    """The plan can't be used. `problems` has all reasons."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = list(problems)
        super().__init__(" ".join(problem.sentence for problem in self.problems))


@dataclass(frozen=True)
class Plan:
    """What the columns and words of a file mean.

    `columns`: field -> titles in the file. The first filled one is used; those of a `many` field are joined. If empty,
    columns are found by the tool's names for them.
    `constants`: field -> value for rows whose columns are empty.
    `words`: field -> {word of the file: key, "" (no value), LEAVE_OUT or UNKNOWN}. Other words keep the tool's meaning.
    `day_first`: None rejects a date such as 02/03/2024 as ambiguous.
    `source`: what the ids belong to, such as the name of a spreadsheet; by default the tool's name.
    `all_types`: stories and tasks are imported too. `folds`: the rows of one id become one record.
    """

    kind: str
    tool: str = SPREADSHEET
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    day_first: bool | None = None
    zone: str = "UTC"
    all_types: bool = False
    folds: bool = False
    source: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.tool}"

    @property
    def preset(self) -> Preset:
        return PRESETS[self.key]

    @property
    def fields(self) -> dict[str, Field]:
        return self.preset.fields

    @property
    def names_team(self) -> bool:
        """Whether the rows say which team they belong to, or belong to none."""
        return "team" not in self.fields or "team" in {*self.columns, *self.constants, *self.preset.fills}

    def for_header(self, header: Sequence[str]) -> Plan:
        """The plan with columns: its own, or if it has none, those that the tool's names find in the header."""
        return self if self.columns else replace(self, columns=self.preset.named_in(header))

    def fitted_to(self, header: Sequence[str]) -> tuple[Plan, list[str]]:
        """(plan without columns that the file lacks, their titles). A required field without a column stays a problem."""
        plan, there = self.for_header(header), {plain(title) for title in header}
        gone = [title for titles in plan.columns.values() for title in titles if plain(title) not in there]
        kept = {name: tuple(title for title in titles if plain(title) in there) for name, titles in plan.columns.items()}
        return replace(plan, columns={name: titles for name, titles in kept.items() if titles}), gone

    # --- Validation -----------------------------------------------------------------------------------------------

    def problems(self, header: Sequence[str] | None = None) -> list[Problem]:
        """What is wrong with the plan itself and, if given, why it does not fit the header."""
        if self.kind not in FIELDS:
            return [Problem("kind", f"“{self.kind[:40]}” is not a kind of record. Known: {', '.join(FIELDS)}.")]
        if self.key not in PRESETS:
            names = ", ".join(preset.name for preset in PRESETS.values() if preset.kind == self.kind)
            return [Problem("tool", f"The tool “{self.tool[:40]}” is not known for {self.kind}. Known: {names}.")]
        found = [*self._odd_fields(), *self._odd_words(), *self._odd_zone(), *self._odd_source()]
        return found if header is None else [*found, *self._misfits(header)]

    def _odd_fields(self) -> Iterable[Problem]:
        for name in dict.fromkeys((*self.columns, *self.constants, *self.words)):
            if name not in self.fields:
                yield Problem(name, f"“{name[:40]}” is not a field of {self.kind}.")

    def _odd_words(self) -> Iterable[Problem]:
        for name, text in self.constants.items():
            if (known := self.fields.get(name)) is None:
                continue
            if known.type is Type.TIME:
                yield Problem(name, f"{known.label} cannot be the same in all rows.")
            elif not _is_key(known, text):
                yield Problem(name, f"“{text[:40]}” is not a value of {known.label}. {_choices(known)}")
        for name, words in self.words.items():
            if (known := self.fields.get(name)) is None:
                continue
            if not known.words and known.type is not Type.TEAM:
                yield Problem(name, f"{known.label} has no list of words.")
            for word, text in words.items() if known.words else ():
                if text not in ("", LEAVE_OUT, UNKNOWN) and not _is_key(known, text):
                    yield Problem(name, f"“{word[:40]}” cannot mean “{text[:40]}” in {known.label}. {_choices(known)}")

    def _odd_zone(self) -> Iterable[Problem]:
        try:
            ZoneInfo(self.zone)
        except (OSError, ValueError, ZoneInfoNotFoundError):
            yield Problem("zone", f"“{self.zone[:40]}” is not a time zone. Example: Europe/Berlin.")

    def _odd_source(self) -> Iterable[Problem]:
        if len(self.source) > LONGEST_SOURCE:
            yield Problem("source", f"A source can have up to {LONGEST_SOURCE} characters.")

    def _misfits(self, header: Sequence[str]) -> Iterable[Problem]:
        there = {plain(title) for title in header}
        columns = self.for_header(header).columns
        for name, titles in columns.items():
            gone = [title for title in titles if plain(title) not in there]
            if gone and name in self.fields:
                yield Problem(name, f"The file has no column “{gone[0][:60]}” for {self.fields[name].label}.")
        for name, known in self.fields.items():
            if known.required and not columns.get(name) and name not in self.constants:
                yield Problem(name, f"Choose the column for {known.label}.")

    # --- As data --------------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "tool": self.tool,
            "columns": {name: list(titles) for name, titles in self.columns.items()},
            "constants": dict(self.constants),
            "words": {name: dict(words) for name, words in self.words.items()},
            "day_first": self.day_first,
            "zone": self.zone,
            "all_types": self.all_types,
            "folds": self.folds,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, data: object) -> Plan:
        """A plan from `as_json` or written by a person. Raises `BadPlan` with everything that is wrong."""
        if not isinstance(data, dict):
            raise BadPlan([Problem("", "A mapping is a list of names and values, starting with “kind”.")])
        parts: dict[str, Callable[[Any], object]] = {
            "kind": _text,
            "tool": _text,
            "columns": _titles,
            "constants": _texts,
            "words": _tables,
            "day_first": _day_first,
            "zone": _text,
            "all_types": _truth,
            "folds": _truth,
            "source": _text,
        }
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in data.items():
            if name not in parts:
                problems.append(Problem("", f"“{str(name)[:40]}” is not a part of a mapping. Known: {', '.join(parts)}."))
                continue
            try:
                values[name] = parts[name](value)
            except (TypeError, LookupError, AttributeError):
                problems.append(Problem(name, f"The part “{name}” of the mapping has the wrong format."))
        if "kind" not in data:
            problems.append(Problem("kind", f"Add what the rows are: kind: one of {', '.join(FIELDS)}."))
        if problems:
            raise BadPlan(problems)
        plan = cls(**values)
        if problems := plan.problems():
            raise BadPlan(problems)
        return plan

    def as_yaml(self) -> str:
        return yaml.safe_dump(self.as_json(), allow_unicode=True, sort_keys=False, width=120)

    @classmethod
    def from_yaml(cls, text: str) -> Plan:
        if len(text) > MAX_TEXT:
            raise BadPlan([Problem("", f"A mapping can have up to {MAX_TEXT:,} characters.")])
        try:
            return cls.from_json(yaml.load(text, Loader=_Texts))  # noqa: S506 - a safe loader
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f" See line {mark.line + 1}." if mark else ""
            raise BadPlan([Problem("", f"This is not valid YAML.{where}")]) from error


class _Texts(yaml.SafeLoader):
    """Loads every value as text: `no` is a word, not a boolean."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def _is_key(known: Field, text: str) -> bool:
    """Whether the text is one of the field's keys. Severities and stages are in the database and not checked here."""
    return known.words not in KEYS or text in KEYS[known.words]


def _choices(known: Field) -> str:
    return f"Known: {', '.join(KEYS.get(known.words, {}))}."


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> dict[str, str]:
    return {_text(name): _text(text) for name, text in value.items()}


def _titles(value: Any) -> dict[str, tuple[str, ...]]:
    return {
        _text(name): (titles,) if isinstance(titles, str) else tuple(_text(titles[place]) for place in range(len(titles)))
        for name, titles in value.items()
        if titles
    }


def _tables(value: Any) -> dict[str, dict[str, str]]:
    return {_text(name): _texts(words) for name, words in value.items()}


def _truth(value: Any) -> bool:
    return bool(BOOLEANS[value.lower()]) if isinstance(value, str) else bool(value)


def _day_first(value: Any) -> bool | None:
    if value is None or value == "":
        return None
    return BOOLEANS[value.lower()] if isinstance(value, str) else bool(value)
