"""Moves from one status to another, as data. Plain Python: pages, API, importer and docs use the same table.

A model has one `Life`: its statuses, the moves between them and the times that imply each status.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# What a move can ask for, and the message if it is missing. The reason isn't a column of its own: it belongs to the move.
REASON = "reason"
ASKED = {
    REASON: "Give a reason.",
    "severity": "Choose a severity.",
    "resolution": "Choose how it was resolved.",
    "duplicate_of": "Enter the reference of the original.",
}


@dataclass(frozen=True, slots=True)
class Move:
    """A move from any of the `sources` to one status. `name` is its key in URLs and the API, `label` the text of its button.

    Several moves may share a name if their sources differ: the record's status decides which one applies.
    """

    name: str
    label: str
    done: str  # the end of "PAY-INC-7 is"
    sources: tuple[str, ...]
    to: str
    stamps: tuple[str, ...] = ()  # times that it sets
    clears: tuple[str, ...] = ()  # columns that it empties
    sets: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()  # keys of ASKED; a severity only if there is none yet
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # allowed values of what it needs
    unless: str = ""  # not possible if the record has this time
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # values that the record must have
    counts: str = ""  # this column goes up by one
    claims: str = ""  # if this column is empty, it is set to the person who makes the move
    for_managers: bool = False
    asks_when: str = ""  # a move that sets no time, but may have happened earlier: the question

    @property
    def leads_on(self) -> bool:
        """Whether it is a usual step forward: it takes nothing back and asks for no explanation."""
        return not self.clears and not set(self.needs) - {"severity"}

    def is_open_to(self, record: Any) -> bool:
        """Whether a record in one of the sources can make the move."""
        if self.unless and getattr(record, self.unless):
            return False
        return all(getattr(record, name) in values for name, values in self.only.items())

    def fits(self, values: Mapping[str, str]) -> bool:
        """Whether it can lead to these values: it neither sets nor requires other ones."""
        return all(
            self.sets.get(name, value) == value and value in self.choices.get(name, (value,))
            for name, value in values.items()
        )


@dataclass(frozen=True, slots=True)
class Life:
    """`first` is the status of a new record. `reached_by` says which column, usually a time, implies which status."""

    first: str
    moves: tuple[Move, ...]
    reached_by: tuple[tuple[str, str], ...]

    def moves_from(self, status: str) -> list[Move]:
        return [move for move in self.moves if status in move.sources]

    def named(self, name: str, status: str) -> Move | None:
        """The move with this name from this status, if there is one."""
        return next((move for move in self.moves_from(status) if move.name == name), None)

    def path(self, start: str, end: str, **values: str) -> list[Move] | None:
        """The shortest path from one status to another, or None. With `values`, the last move must fit them."""
        ways: deque[tuple[str, list[Move]]] = deque([(start, [])])
        seen = {start}
        while ways:
            status, made = ways.popleft()
            if status == end:
                return made
            for move in self.moves_from(status):
                if move.to not in seen and (move.to != end or move.fits(values)):
                    seen.add(move.to)
                    ways.append((move.to, [*made, move]))
        return None

    def status_by(self, known: Callable[[str], Any]) -> str:
        """The status that the columns of `reached_by` imply. `known` says whether a column has a value."""
        return next((status for name, status in self.reached_by if known(name)), self.first)

    def columns(self) -> list[str]:
        """All columns that a move can change, other than the status."""
        names = {name for move in self.moves for name in _columns_of(move)}
        return sorted(names - {REASON})


def _columns_of(move: Move) -> Iterator[str]:
    yield from (*move.stamps, *move.clears, *move.sets, *move.needs)
    yield from filter(None, (move.claims, move.counts))


def table(life: Life, status_names: Mapping[str, str], column_names: Callable[[str], str]) -> str:
    """The moves as a table in Markdown, for the docs."""
    lines = ["| move | from | to | sets | clears | asks for |", "| --- | --- | --- | --- | --- | --- |"]
    for move in life.moves:
        cells = (
            f"{move.label} (`{move.name}`)" + (", managers only" if move.for_managers else ""),
            ", ".join(status_names[status] for status in move.sources)
            + "".join(f" ({column_names(name)} {', '.join(values)})" for name, values in move.only.items()),
            status_names[move.to],
            ", ".join(
                [
                    *map(column_names, move.stamps),
                    *(f"{column_names(name)}: {value}" for name, value in move.sets.items()),
                    *([f"{column_names(move.claims)}, if empty"] if move.claims else []),
                    *([f"{column_names(move.counts)}: one more"] if move.counts else []),
                ]
            ),
            ", ".join(map(column_names, move.clears)),
            ", ".join(
                (name if name == REASON else column_names(name))
                + (f" ({', '.join(move.choices[name])})" if name in move.choices else "")
                for name in move.needs
            )
            + (", when it happened (optional)" if move.asks_when else ""),
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
