import re

import pytest

from qmportal.lib.markdown import backticks, markdown


def test_the_usual_marks_are_drawn():
    html = markdown("# Symptoms\n\n- **504** from the `gateway`\n\n| a | b |\n| - | - |\n| 1 | 2 |\n")
    assert "<h3>Symptoms</h3>" in html
    assert "<li><strong>504</strong> from the <code>gateway</code></li>" in html
    assert "<td>1</td>" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[press](javascript:alert(1))",
        "[press](data:text/html;base64,PHNjcmlwdD4=)",
        "![](https://elsewhere.example/pixel.png)",
        '<p style="position:fixed">',
        "<javascript:alert(1)>",
    ],
)
def test_nothing_runs_or_loads(text):
    html = markdown(text)
    for danger in ("<script", "<img", 'href="javascript', 'href="data', "<p style"):
        assert danger not in html


def test_links_lead_away_without_a_vote():
    assert 'rel="nofollow noopener noreferrer"' in markdown("[log](https://elsewhere.example/)")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("See https://a.example/x_y_z?b=1&c=2.", ["https://a.example/x_y_z?b=1&amp;c=2"]),
        ("(https://a.example/f(1)), https://b.example!", ["https://a.example/f(1)", "https://b.example"]),
        ("**https://a.example** and <https://b.example>", ["https://a.example", "https://b.example"]),
        ("[https://a.example](https://b.example)", ["https://b.example"]),
        ("`https://a.example`\n\n    https://b.example", []),
        ("javascript://a.example ftp://b.example http:// https://...", []),
    ],
)
def test_pasted_addresses_are_links(text, links):
    html = markdown(text)
    assert re.findall(r'href="([^"]*)"', html) == links
    assert html.count("<a ") == len(links)


def test_deep_nesting_and_long_texts_end():
    assert markdown("> " * 9_000)
    assert markdown("*" * 20_000)
    assert markdown("[" * 20_000)
    assert markdown("http://a" + ")." * 10_000)
    assert markdown("https://" * 2_000)


def test_no_text_is_no_markup():
    assert markdown("") == ""


@pytest.mark.parametrize(
    ("text", "tags"),
    [("# a\n## b\n# c", "h3 h4 h3"), ("## a\n## b", "h3 h3"), ("### a\n# b", "h3 h3"), ("# a\n###### b\n### c", "h3 h4 h4")],
)
def test_headings_follow_those_of_the_page_without_a_gap(text, tags):
    assert re.findall(r"<(h\d)>", markdown(text)) == tags.split()


def test_backticks_are_set_as_code_and_nothing_else_is_marked_up():
    assert backticks("`to` is *missing* in `a_b`.") == "<code>to</code> is *missing* in <code>a_b</code>."
    assert backticks("`<b>` & one ` alone") == "<code>&lt;b&gt;</code> &amp; one ` alone"
