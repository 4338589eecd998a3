"""The colours of static/css/tokens.css: readable in both themes, and tiers that stay apart for colour-blind eyes."""

import re
from itertools import combinations
from pathlib import Path

import pytest

CSS = (Path(__file__).parents[2] / "static" / "css" / "tokens.css").read_text()
TOKENS = {
    name: {"light": light, "dark": dark}
    for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS)
}
TIERS = ("elite", "good", "average", "needs_work", "critical")
GROUNDS = ("bg", "surface", "sunken", "hover")

TEXT_PAIRS = [
    *((text, ground) for text in ("text", "text-2", "text-3") for ground in GROUNDS),
    *((f"{tier}-text", ground) for tier in (*TIERS, "none") for ground in (f"{tier}-bg", "surface", "bg")),
    *(("accent", ground) for ground in ("surface", "bg", "accent-soft")),
    *((f"{word}-text", ground) for word in ("danger", "success", "warning") for ground in ("surface", "bg")),
    ("danger-text", "danger-bg"),
    ("warning-text", "warning-bg"),
    ("text", "danger-bg"),
    ("text", "warning-bg"),
    ("text", "selected"),
    ("text", "mark"),
    ("text-2", "accent-soft"),
]
GRAPHIC_PAIRS = [
    *((tier, ground) for tier in (*TIERS, "none") for ground in ("surface", "bg")),
    *((f"sev{n}", ground) for n in (1, 2, 3, 4) for ground in ("surface", "bg")),
    *((word, "surface") for word in ("danger", "success", "warning", "accent-quiet")),
    *(("field", ground) for ground in ("surface", "bg")),
    *(("focus", ground) for ground in ("surface", "bg", "sunken")),
]

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> tuple[float, ...]:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    weights = (0.2126, 0.7152, 0.0722)
    low, high = sorted(sum(w * c for w, c in zip(weights, linear(x), strict=True)) for x in (one, other))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: tuple[float, ...]) -> tuple[float, ...]:
    r, g, b = rgb
    l_ = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    m_ = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    s_ = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_,
        1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_,
        0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_,
    )


def seen(colour: str, vision: str) -> tuple[float, ...]:
    rgb = linear(colour)
    mixed = (sum(a * c for a, c in zip(row, rgb, strict=True)) for row in VISION[vision])
    return oklab(tuple(min(1.0, max(0.0, c)) for c in mixed))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_reaches_4_5_to_1(theme: str) -> None:
    low = {pair: contrast(TOKENS[pair[0]][theme], TOKENS[pair[1]][theme]) for pair in TEXT_PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in low.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_graphics_and_borders_reach_3_to_1(theme: str) -> None:
    low = {pair: contrast(TOKENS[pair[0]][theme], TOKENS[pair[1]][theme]) for pair in GRAPHIC_PAIRS}
    assert {pair: round(ratio, 2) for pair, ratio in low.items() if ratio < 3} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fill", ["accent-fill", "accent-hover"])
def test_white_reads_on_the_primary_button(theme: str, fill: str) -> None:
    assert contrast("#ffffff", TOKENS[fill][theme]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", VISION)
def test_tiers_stay_apart(theme: str, vision: str) -> None:
    """0.08 in OKLab is about four times what an eye just notices."""
    near = {}
    for one, other in combinations(TIERS, 2):
        a, b = seen(TOKENS[one][theme], vision), seen(TOKENS[other][theme], vision)
        distance = sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5
        if distance < 0.08:
            near[one, other] = round(distance, 3)
    assert near == {}
