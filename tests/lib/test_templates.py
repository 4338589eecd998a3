"""Templates hold to the content policy, and are written so that a diff shows what changed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "hx-on": re.compile(r"\bhx-on\b"),
    "js: in an attribute": re.compile(r"""=\s*["']js:"""),
    "style attribute": re.compile(r"\sstyle\s*="),
    "event attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", re.IGNORECASE),
    "inline style": re.compile(r"<style\b", re.IGNORECASE),
    "javascript: address": re.compile(r"javascript:", re.IGNORECASE),
}

PARTS = (
    "div|p|h[1-6]|[uod]l|li|d[td]|table|thead|tbody|tr|t[hd]|caption|section|header|nav|aside|article|form|fieldset|details"
)
TWO_PARTS = re.compile(rf"<(?:{PARTS})[ >].*<(?:{PARTS})[ >]")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_holds_to_the_content_policy(path: Path) -> None:
    text = path.read_text()
    assert [name for name, pattern in FORBIDDEN.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_template_has_one_tag_or_sentence_a_line(path: Path) -> None:
    lines = path.read_text().split("\n")
    assert [line for line in lines if len(line) > 120 or TWO_PARTS.search(line)] == []


def test_the_page_of_a_crash_needs_no_app() -> None:
    text = (ROOT / "templates" / "500.html").read_text()
    assert "{% load" not in text
    assert "{% extends" not in text
