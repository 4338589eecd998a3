"""What is known of a tool's export: its columns, its words, and at most a small function. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.matching.fields import FIELDS, Field, Type
from integrations.matching.words import plain

Said = dict[str, str]
# The tool that is none: columns of one's own.
SPREADSHEET = "spreadsheet"


@dataclass(frozen=True, slots=True)
class Preset:
    """`columns`: our field -> the tool's names of it, best first. `marks`: columns that hardly any other tool has.

    `words`: meanings that are this tool's own, by field. `constants`: what every row of the tool says.
    `prepare` changes the texts of a row by field before they are read, and may raise `NotWanted`. `helpers`: columns that
    only it reads; `fills`: fields that it may fill. `exact`: our own columns, in which an unknown word is an error.
    `says_also`: where the tool has one status for two of ours, the first is what it says and the second may stay.
    `folds`: the file has many rows for one record, which are made one.
    """

    kind: str
    name: str
    label: str
    columns: Mapping[str, tuple[str, ...]]
    hint: str = ""
    marks: tuple[str, ...] = ()
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    helpers: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    prepare: Callable[[Said], None] | None = None
    exact: bool = False
    all_types: bool = False
    says_also: Mapping[str, str] = field(default_factory=dict)
    folds: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def fields(self) -> dict[str, Field]:
        """Those of the kind, and the columns that only this tool has."""
        helpers = {
            name: Field(name, name.replace("_", " ").capitalize(), (), Type.TEXT, helps=True) for name in self.helpers
        }
        return FIELDS[self.kind] | helpers

    def named_in(self, header: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Our fields with the header's titles for them, by name alone."""
        titles: dict[str, str] = {}
        for title in header:
            titles.setdefault(plain(title), title)
        found: dict[str, tuple[str, ...]] = {}
        for key, names in self.columns.items():
            if known := next((titles[plain(name)] for name in names if plain(name) in titles), None):
                found[key] = (known,)
        return found

    def missing(self, columns: Mapping[str, object]) -> list[str]:
        """The tool's names of the required fields without a column."""
        return [
            self.columns.get(key, (field.label,))[0]
            for key, field in self.fields.items()
            if field.required and key not in columns and key not in self.constants
        ]

    def score(self, header: Sequence[str]) -> int:
        """How well the header fits. A column that only this tool has counts more than a name that many have."""
        there = {plain(title) for title in header}
        return len(self.named_in(header)) + 3 * sum(plain(mark) in there for mark in self.marks)
