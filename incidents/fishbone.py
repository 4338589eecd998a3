"""Geometry of the fishbone drawing. Plain Python: causes by group in, places of lines and texts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 960, 400
SPINE = HEIGHT // 2
HEAD = 170  # the width of the box with the problem
RIB_TOP, RIB_FOOT, SLANT = 44, SPINE, 70
FIRST, STEP = 74, 27  # of the causes along a rib
SHOWN, LETTERS = 4, 34


@dataclass(frozen=True)
class Text:
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Rib:
    """One group: its line from the label to the spine, and its causes along it."""

    label: Text
    x1: int
    y1: int
    x2: int
    y2: int
    causes: list[Text] = field(default_factory=list)


def ribs(groups: Mapping[str, Sequence[str]]) -> list[Rib]:
    """The ribs in the order of the groups: the first half above the spine, the second half below."""
    half = (len(groups) + 1) // 2
    span = (WIDTH - HEAD - SLANT) // half
    drawn = []
    for place, (label, texts) in enumerate(groups.items()):
        is_above = place < half
        left = (place % half) * span + span - SLANT
        lines = [shortened(text) for text in texts[:SHOWN]]
        if len(texts) > SHOWN:
            lines[-1] = f"and {len(texts) - SHOWN + 1} more"

        def y(height: int, is_above: bool = is_above) -> int:
            return height if is_above else HEIGHT - height

        causes = []
        for number, line in enumerate(lines):
            height = FIRST + STEP * number
            along = left + SLANT * (height - RIB_TOP) // (RIB_FOOT - RIB_TOP)
            causes.append(Text(along - 8, y(height), line))
        drawn.append(Rib(Text(left, y(RIB_TOP - 14), label), left, y(RIB_TOP), left + SLANT, SPINE, causes))
    return drawn


def shortened(text: str) -> str:
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1].rstrip()}…"
