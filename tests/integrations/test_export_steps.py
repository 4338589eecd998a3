"""Where to find a tool's export: the same steps on the page and in the document, with a picture for each tool."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from integrations.matching.presets import PRESETS
from tests.factories import make_user

DOCS = Path(__file__).parents[2] / "docs"
TOOLS = [preset for preset in PRESETS.values() if preset.steps]
OURS = {"qmportal", "spreadsheet", "titanium"}


def test_every_tool_of_others_has_steps():
    assert {preset.name for preset in PRESETS.values()} - OURS == {preset.name for preset in TOOLS}


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_document_has_the_steps_and_a_picture_with_a_text(tool):
    document = " ".join((DOCS / "imports.md").read_text().split())
    for number, step in enumerate(tool.steps, start=1):
        assert f"{number}. {step}" in document
    path = f"images/imports/{tool.name.replace('_', '-')}.svg"
    alt = re.search(rf"!\[([^\]]+)\]\({path}\)", document)
    picture = ElementTree.parse(DOCS / path)
    assert alt is not None
    assert picture.findtext("{*}desc") == alt[1]
    shown = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert {str(number) for number in range(1, len(tool.steps) + 1)} <= shown


@pytest.mark.django_db
def test_the_page_shows_the_steps(client):
    client.force_login(make_user(admin=True))
    text = client.get(reverse("integrations:import_new")).text
    assert "Where do I find the export?" in text
    assert "Choose <em>Export CSV (all fields)</em>." in text
    assert all(tool.label in text for tool in TOOLS)
