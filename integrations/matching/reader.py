"""Reads the rows of a file by a plan. Plain Python.

Everything that is the same for all rows is worked out once, and the meanings of words are cached by their exact text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from zoneinfo import ZoneInfo

from integrations.matching.fields import Type
from integrations.matching.fold import Fold
from integrations.matching.lives import LIVES, Told
from integrations.matching.plan import Plan
from integrations.matching.row import NotWanted, Row
from integrations.matching.words import DEFECT, EMPTY_MARKS, KEYS, LEAVE_OUT, UNKNOWN, WANTED, meaning, plain
from integrations.reading import BadCell, UnreadableFile
from integrations.reading.dates import Moment, read_time
from qmportal.lib.cells import unguard

NOT_KNOWN = "(not known)"
# "1,200", "1.200" and "1 200" are one number, and "12.0" is 12.
GROUPED = re.compile(r"\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*", re.ASCII)
WHOLE = re.compile(r"[.,]0+$", re.ASCII)
# Words cached for each field. The limit keeps a column of free text from filling the memory.
REMEMBERED = 10_000
OUR_WORDS = {"back_filled": "retrospective", "planned_maintenance": "maintenance", "declined_by_policy": "declined"}
# Fields for which a log's first value is used; for all others it is the last.
FIRST = ("found_at", "detected_at", "started_at", "title")
# Lists of words that decide what is counted, or who can do and see what: an unknown one is an error.
DECISIVE = ("severity", "resolution", "role", "visibility", "deployment environment", "deployment result")
# Identity and title are never read as "no value".
NAMES = ("external_id", "title", "name", "email")


class Reader:
    """Reads the rows of one file. Raises `UnreadableFile` if a required column is missing."""

    def __init__(self, plan: Plan, header: Sequence[str]):
        plan = plan.for_header(header)
        self.plan, self.header, self.preset = plan, list(header), plan.preset
        self.fields = plan.fields
        self.places = self._find(header)
        self._refuse_missing()
        self.zone = ZoneInfo(plan.zone)
        self.all_types = plan.all_types or self.preset.all_types
        self.mapped = frozenset((*self.places, *plan.constants, *self.preset.constants, *self.preset.fills))
        self.life = LIVES[plan.kind, self.preset.exact]
        self.fold = self._fold()
        self._bind()

    def _find(self, header: Sequence[str]) -> dict[str, list[int]]:
        by_name: dict[str, list[int]] = {}
        for place, title in enumerate(header):
            by_name.setdefault(plain(title), []).append(place)
        found = {
            name: [place for title in titles for place in by_name.get(plain(title), ())]
            for name, titles in self.plan.columns.items()
            if name in self.fields
        }
        return {name: places for name, places in found.items() if places}

    def _refuse_missing(self) -> None:
        if missing := self.preset.missing(self.places | dict(self.plan.constants)):
            wanted = ", ".join(f"“{name}”" for name in missing)
            shown = ", ".join(f"“{title[:40]}”" for title in self.header[:12]) + (" …" if len(self.header) > 12 else "")
            raise UnreadableFile(f"The file has no column {wanted}. Its header is: {shown}.")

    def _bind(self) -> None:
        names = {*NAMES} & {*self.fields}
        fields = self.fields
        from_cells = self.places | (self.fold.places if self.fold else {})
        alone = {name: places[0] for name, places in from_cells.items() if len(places) == 1}
        self.single = [(name, place, name in names) for name, place in alone.items()]
        several = {name: places for name, places in from_cells.items() if len(places) > 1}
        self.joined = [(name, places) for name, places in several.items() if fields[name].many]
        self.first = [
            (name, places, len({plain(self.header[place]) for place in self.places[name]}) == 1)
            for name, places in several.items()
            if not fields[name].many
        ]
        constants = dict(self.preset.constants) | dict(self.plan.constants)
        self.constants = [(name, text) for name, text in constants.items() if not fields[name].words]
        self.constant_keys = {name: text for name, text in constants.items() if fields[name].words}
        told = {name: fields[name] for name in dict.fromkeys((*self.places, *self.preset.fills, *constants))}
        self.words: list[tuple[str, dict[str, str]]] = [(name, {}) for name, field in told.items() if field.words]
        self.times = [name for name, field in told.items() if field.type is Type.TIME]
        self.numbers = [name for name, field in told.items() if field.type is Type.NUMBER]
        self.links = [name for name, field in told.items() if field.type in (Type.PERSON, Type.LINK)]
        self.texts = [name for name, field in told.items() if field.type in (Type.TEXT, Type.TEAM) and not field.helps]
        self.always: dict[str, object] = {name: "" for name in ("external_id", "title") if name in fields}
        self.team_words = {plain(word): text for word, text in self.plan.words.get("team", {}).items()}

    # --- For the result page ------------------------------------------------------------------------------------------

    @property
    def matched(self) -> list[tuple[str, str]]:
        """(column's title, field) in the order of the file. The field is empty if the column is not used."""
        fields = {place: name for name, places in self.places.items() for place in places}
        return [(title, fields.get(place, "")) for place, title in enumerate(self.header)]

    def title(self, name: str) -> str:
        """The file's title for a field."""
        return self.header[self.places[name][0]] if name in self.places else name.replace("_", " ")

    # --- Rows ---------------------------------------------------------------------------------------------------------

    def rows(self, records: Iterable[tuple[int, list[str]]], faults: Mapping[int, str]) -> Iterator[Row]:
        """All rows of a file. Rows in `faults` could not be parsed and have a problem; rows of a log are folded by id."""
        for line, cells in records:
            if line in faults:
                yield Row(line, problems={"": faults[line]})
            elif self.fold and (key := clean_cell(cells[self.places["external_id"][0]])):
                self.fold.add(key, line, cells, self._changed(cells))
            else:
                yield self.read(line, cells)
        for line, cells in self.fold or ():
            yield self._row(line, cells)

    def _fold(self) -> Fold | None:
        if not (self.plan.folds or self.preset.folds) or "external_id" not in self.places:
            return None
        first = {name: self.places[name] for name in FIRST if name in self.places}
        return Fold(len(self.header), first, {place for places in self.places.values() for place in places})

    def _changed(self, cells: Sequence[str]) -> str:
        """A sortable time when the row of a log was written; empty if the row has none."""
        for place in self.places.get("changed_at", ()):
            with suppress(BadCell):
                return read_time(cells[place].strip(), self.zone, self.plan.day_first).instant.isoformat()
        return ""

    @property
    def remarks(self) -> list[str]:
        """Remarks on the whole file, once its rows are read."""
        fold = self.fold
        if fold is None or fold.rows == fold.records:
            return []
        return [f"{fold.rows:,} rows became {fold.records:,} records, one for each ID, with its last state."]

    def read(self, line: int, cells: Sequence[str]) -> Row:
        """Reads one row, which has as many cells as the header."""
        return self._row(line, self.fold.widened(cells) if self.fold else cells)

    def _row(self, line: int, cells: Sequence[str]) -> Row:
        row = Row(line)
        try:
            self._read(row, self._said(row, cells))
        except NotWanted as reason:
            row.skipped = str(reason)
            row.problems.clear()
        return row

    def _said(self, row: Row, cells: Sequence[str]) -> dict[str, str]:
        """The row's texts by field, without empty cells and marks for "no value"."""
        said = {}
        for name, place, is_name in self.single:
            text = cells[place]
            if text:
                text = text.strip()
                if "'" in text:
                    text = unguard(text)
                if len(text) > 4 or is_name or text.casefold() not in EMPTY_MARKS:
                    said[name] = text
        for name, places, is_doubled in self.first:
            texts = [text for place in places if (text := clean_cell(cells[place])).casefold() not in EMPTY_MARKS]
            if texts:
                said[name] = texts[0]
            if is_doubled and len(set(texts)) > 1:
                row.notes.append(f"the column “{self.title(name)[:60]}” occurs twice with different values: first used")
        for name, places in self.joined:
            if filled := dict.fromkeys(text for place in places if (text := clean_cell(cells[place]))):
                said[name] = ", ".join(filled)
        for name, text in self.constants:
            said.setdefault(name, text)
        if self.preset.prepare:
            self.preset.prepare(said)
        return said

    def _read(self, row: Row, said: dict[str, str]) -> None:
        values = row.values
        values |= self.always
        for name in self.texts:
            if name in said:
                text = values[name] = said[name]
                if "\x00" in text:
                    row.problems[name] = "Null characters are not allowed."
        if self.team_words and (team := self.team_words.get(plain(said.get("team", "")))):
            if team == LEAVE_OUT:
                raise NotWanted(f"left out: team “{said['team'][:40]}”")
            values["team"] = team
        for name in self.links:
            if name in said:
                row.links[name] = said[name]
        for name in self.numbers:
            self._number(row, name, said.get(name, ""))
        keys, times = self._keys(row, said), self._times(row, said)
        self.life(row, Told(said, keys, times, self.mapped, self.zone))

    def _times(self, row: Row, said: dict[str, str]) -> dict[str, Moment]:
        times = {}
        for name in self.times:
            if name in said:
                try:
                    times[name] = read_time(said[name], self.zone, self.plan.day_first)
                except BadCell as problem:
                    row.problems[name] = str(problem)
        return times

    def _number(self, row: Row, name: str, text: str) -> None:
        match = GROUPED.fullmatch(text)
        digits = text.replace(match[1], "") if match else WHOLE.sub("", text)
        if digits.isascii() and digits.isdigit() and len(digits) <= 9:
            row.values[name] = int(digits)
        elif text:
            row.problems[name] = "Enter a whole number of up to nine digits and nothing else, such as 1200."

    # --- Words --------------------------------------------------------------------------------------------------------

    def _keys(self, row: Row, said: dict[str, str]) -> dict[str, str]:
        keys = dict(self.constant_keys)
        for name, known in self.words:
            text = said.get(name)
            if text is None:
                continue
            key = known.get(text)
            if key is None:
                key = self._meaning(name, text)
                if len(known) < REMEMBERED:
                    known[text] = key
            if key == LEAVE_OUT:
                self._leave_out(name, text)
            elif key == NOT_KNOWN:
                self._say_unknown(row, name, text)
            elif key != UNKNOWN:
                keys[name] = key
        return keys

    def _meaning(self, name: str, text: str) -> str:
        """A word's key: as the plan states, else as the tool means it, else as most tools do."""
        word, field = plain(text), self.fields[name]
        for words in (self.plan.words.get(name, {}), self.preset.words.get(name, {})):
            for each, key in words.items():
                if plain(each) == word:
                    return key
        if self.preset.exact and field.words != "yes or no":
            return text if field.words in ("severity", "stage") else own_key(text)
        if name == "issue_type" and self.all_types:
            return DEFECT
        found = meaning(field.words, text)
        if found == LEAVE_OUT and self.all_types:
            return WANTED.get(field.words, found)
        if found is None:
            return LEAVE_OUT if name == "issue_type" else NOT_KNOWN
        return found

    def _leave_out(self, name: str, text: str) -> None:
        words = name.replace("_", " ")
        if self.plan.kind == "defects" and name in ("issue_type", "severity", "resolution"):
            raise NotWanted(f"not a defect ({words} {text[:40]})")
        raise NotWanted(f"left out: {words} “{text[:40]}”")

    def _say_unknown(self, row: Row, name: str, text: str) -> None:
        """Reports an unknown word."""
        words = name.replace("_", " ")
        if self.fields[name].words in DECISIVE:
            known = ", ".join(KEYS.get(self.fields[name].words, ("SEV1", "SEV2", "SEV3", "SEV4")))
            row.problems[name] = f"“{text[:40]}” is not known. Match it to one of: {known}."
        elif self.fields[name].type is Type.YES_NO:
            row.problems[name] = "Enter yes or no."
        elif name == "stage_found":
            row.notes.append(f"unknown stage “{text[:40]}”: imported as stage unknown")
        elif name not in ("status", "status_category"):
            row.notes.append(f"unknown {words} “{text[:40]}”: left empty")


def own_key(text: str) -> str:
    """The key for a key or label of the portal's own lists. The model's fields check that the list has it."""
    word = plain(text.replace("'", "").replace("’", "")).replace(" ", "_")
    return OUR_WORDS.get(word, word)


def clean_cell(text: str) -> str:
    """The cell without outer spaces, and without the apostrophe that marks a formula as text in spreadsheets."""
    text = text.strip()
    return unguard(text) if "'" in text else text
