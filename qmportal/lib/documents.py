"""Parses a strict subset of YAML: plain values with the line of every key, and clear errors for the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qmportal.lib.late_import import LateImport

if TYPE_CHECKING:
    import yaml
else:
    yaml = LateImport("yaml")

MAX_BYTES = 256 * 1024
MAX_DEPTH = 8
MOST_REFUSED = 100
MAX_DIGITS = 15  # so that JSON does not change the number

Path = tuple[str | int, ...]

_PLAIN_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_PLAIN_FLOAT = re.compile(r"[-+]?[0-9]*\.[0-9]+\Z")


class Unreadable(ValueError):
    """A part of the file, or all of it, is not in the subset of YAML that we accept."""

    def __init__(self, message: str, line: int, fix: str) -> None:
        super().__init__(message)
        self.message, self.line, self.fix = message, line, fix


@dataclass(frozen=True)
class Document:
    """The values of a file, and the line where each one starts.

    `refused`: the parts that are outside our subset. Their values are the text as it was written.
    """

    data: Any
    lines: dict[Path, int]
    refused: list[Unreadable]

    def line(self, path: Path) -> int:
        """The line of `path`, or of its nearest existing parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(text: str) -> Document:
    """Parse one YAML document into dicts, lists, text, ints and Decimals. Raises `Unreadable` for the first fault."""
    document = survey(text)
    if document.refused:
        raise document.refused[0]
    return document


def survey(text: str) -> Document:
    """Like `load`, but goes on after a part that is refused, so that authors see all faults at once.

    Refused with `Unreadable`: more than 256 KiB, nesting deeper than 8, a second document, duplicate keys,
    anchors, aliases, tags, merge keys, and plain words or figures that YAML 1.1 turns into something else
    (`no`, `12:30`, `010`).
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable("The file is larger than 256 KiB.", 1, "Split it into several scenarios.")
    if control := yaml.reader.Reader.NON_PRINTABLE.search(text):
        line = text.count("\n", 0, control.start()) + 1
        raise Unreadable("The file contains a control character.", line, "Delete the invisible character.")
    try:
        return _Builder(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(
            f"This is not valid YAML: {error.problem or error.context}.",
            mark.line + 1 if mark else 1,
            "Look for a missing quote, colon or indent on this line or the one above.",
        ) from error


class _Builder:
    """Builds values from the parser's events, so that a hostile file is rejected before it uses much memory."""

    def __init__(self, text: str) -> None:
        # The C parser is fifteen times faster. The Python one gives the same result.
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.loader = loader(text)
        self.lines: dict[Path, int] = {}
        self.refused: list[Unreadable] = []

    def document(self) -> Document:
        self.loader.get_event()  # the stream starts
        if self.loader.check_event(yaml.StreamEndEvent):
            raise Unreadable("The file is empty.", 1, "Start with `schema: qm-scenario/1`.")
        self.loader.get_event()  # the document starts
        data = self.value((), 0)
        self.loader.get_event()  # the document ends
        if not self.loader.check_event(yaml.StreamEndEvent):
            line = self.loader.peek_event().start_mark.line + 1
            raise Unreadable("The file contains more than one document.", line, "Remove everything from `---` on.")
        return Document(data, self.lines, self.refused)

    def value(self, path: Path, depth: int) -> Any:
        event = self.loader.get_event()
        line = event.start_mark.line + 1
        self.lines.setdefault(path, line)
        self.refuse_cleverness(event, line)
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event, line)
        if depth >= MAX_DEPTH:
            raise Unreadable(f"Nested deeper than {MAX_DEPTH} levels.", line, "Flatten this part.")
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path, depth)
        return self.mapping(path, depth)

    def sequence(self, path: Path, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self.loader.check_event(yaml.SequenceEndEvent):
            items.append(self.value((*path, len(items)), depth + 1))
        self.loader.get_event()
        return items

    def mapping(self, path: Path, depth: int) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not self.loader.check_event(yaml.MappingEndEvent):
            key, line = self.key()
            if key in items:
                self.refuse(f"The key `{key}` appears twice.", line, "Rename or remove one of the two.")
            self.lines[(*path, key)] = line
            items[key] = self.value((*path, key), depth + 1)
        self.loader.get_event()
        return items

    def key(self) -> tuple[str, int]:
        event = self.loader.get_event()
        line = event.start_mark.line + 1
        self.refuse_cleverness(event, line)
        if not isinstance(event, yaml.ScalarEvent):
            raise Unreadable("A key must be a plain word.", line, "Use a word of letters, digits and underscores.")
        if event.style is None and event.value == "<<":
            self.refuse("Merge keys (`<<`) are not accepted.", line, "Write the fields out.")
            return event.value, line
        key = self.scalar(event, line)
        if not isinstance(key, str):
            self.refuse(
                f"The key `{event.value}` is read as a {_kind(key)}, not as a word.",
                line,
                f'Write it in quotes: "{event.value}", or choose a longer word.',
            )
        return str(event.value), line

    def refuse(self, message: str, line: int, fix: str) -> None:
        if len(self.refused) < MOST_REFUSED:
            self.refused.append(Unreadable(message, line, fix))

    def refuse_cleverness(self, event: yaml.Event, line: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise Unreadable("Anchors (&) and aliases (*) are refused.", line, "Write the value out, or quote it.")
        if getattr(event, "anchor", None):
            self.refuse("Anchors (&) and aliases (*) are refused.", line, "Write the value out, or quote it.")
        if getattr(event, "tag", None):
            self.refuse("Tags (!) are not accepted.", line, "Remove the tag, or quote the text.")

    def scalar(self, event: yaml.ScalarEvent, line: int) -> Any:
        text = event.value
        tag = self.loader.resolve(yaml.ScalarNode, text, event.implicit).rpartition(":")[2]
        if tag == "str":
            return text
        if tag == "null":
            return None
        if tag == "int" and _PLAIN_INT.match(text) and len(text) <= MAX_DIGITS:
            return int(text)
        if tag == "float" and _PLAIN_FLOAT.match(text) and len(text) <= MAX_DIGITS:
            return Decimal(text)
        readings = {
            "bool": "true or false",
            "timestamp": "a date",
            "int": "another number",
            "float": "another number",
        }
        self.refuse(
            f"YAML reads `{text[:40]}` as {readings.get(tag, 'something else')}.",
            line,
            f'Put it in quotes ("{text[:40]}") if it is text; write numbers in plain digits, 15 at most.',
        )
        return text


def _kind(value: Any) -> str:
    return "blank" if value is None else "number"
