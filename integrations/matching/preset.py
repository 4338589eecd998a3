"""A preset describes a tool's export: its columns, its words, and at most a small function. Plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from integrations.matching.fields import FIELDS, Field, Type
from integrations.matching.words import plain

Said = dict[str, str]
# The name of the preset for files from no known tool.
SPREADSHEET = "spreadsheet"


@dataclass(frozen=True, slots=True)
class Preset:
    """A tool's export.

    `columns`: field -> the tool's column titles, best first. `marks`: titles that hardly any other tool has.
    `words`: this tool's own meanings of words, by field. `constants`: field -> value for rows whose columns are empty.
    `prepare`: changes a row's texts (by field) before they are read; may raise `NotWanted`. `helpers`: columns that only
    `prepare` reads. `fills`: fields that `prepare` may fill.
    `steps`: how to get the file out of the tool, in Markdown with `code` and *labels of buttons* only.
    `exact`: the portal's own columns, in which an unknown word is an error.
    `says_also`: {status in the file: another status that it also covers}. A record in the latter keeps it.
    `folds`: the rows of one id become one record.
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
    steps: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def fields(self) -> dict[str, Field]:
        """The fields of this kind of record, plus the tool's helper columns."""
        helpers = {
            name: Field(name, name.replace("_", " ").capitalize(), (), Type.TEXT, helps=True) for name in self.helpers
        }
        return FIELDS[self.kind] | helpers

    def named_in(self, header: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Field -> its title in the header, found by name alone."""
        titles: dict[str, str] = {}
        for title in header:
            titles.setdefault(plain(title), title)
        found: dict[str, tuple[str, ...]] = {}
        for key, names in self.columns.items():
            if known := next((titles[plain(name)] for name in names if plain(name) in titles), None):
                found[key] = (known,)
        return found

    def missing(self, columns: Mapping[str, object]) -> list[str]:
        """The tool's titles for required fields that have no column and no constant."""
        return [
            self.columns.get(key, (field.label,))[0]
            for key, field in self.fields.items()
            if field.required and key not in columns and key not in self.constants
        ]

    def score(self, header: Sequence[str]) -> int:
        """How well the header fits. A title that only this tool has counts more than a common one."""
        there = {plain(title) for title in header}
        return len(self.named_in(header)) + 3 * sum(plain(mark) in there for mark in self.marks)
