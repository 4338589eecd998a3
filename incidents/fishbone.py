"""Geometry of the fishbone drawing. Plain Python: causes by group in, places of lines and texts out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT = 760, 440
SPINE = HEIGHT // 2
HEAD = 120  # the width of the box with the problem
RIB_TOP, SLANT = 34, 56
FIRST, LINE, GAP = 60, 15, 6  # of the causes along a rib
SHOWN, LETTERS, LINES = 3, 20, 3


@dataclass(frozen=True)
class Text:
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Rib:
    """One group: its line from the label to the spine, and the lines of its causes along it."""

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
        left = (place % half + 1) * span - SLANT
        top = RIB_TOP if is_above else HEIGHT - RIB_TOP
        rib = Rib(Text(left, top - 12 if is_above else top + 20, label), left, top, left + SLANT, SPINE)
        rib.causes.extend(_causes(texts, left, is_above))
        drawn.append(rib)
    return drawn


def _causes(texts: Sequence[str], left: int, is_above: bool) -> list[Text]:
    """The lines of text, from the top down, each ending at the rib."""
    blocks = [textwrap.wrap(text, LETTERS, max_lines=LINES, placeholder="…") for text in texts[:SHOWN]]
    if len(texts) > SHOWN:
        blocks[-1] = [f"and {len(texts) - SHOWN + 1} more"]
    height, lines = FIRST if is_above else SPINE + 30, []
    for block in blocks:
        for line in block:
            away = SPINE - height if is_above else height - SPINE
            along = left + SLANT - SLANT * away // (SPINE - RIB_TOP)
            lines.append(Text(along - 8, height, line))
            height += LINE
        height += GAP
    return lines
