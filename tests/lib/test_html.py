"""HTML written in Python is escaped as in a template."""

import pytest
from django.utils.functional import lazystr
from django.utils.html import format_html as of_django
from django.utils.safestring import SafeString

from qmportal.lib.html import format_html, format_html_join


@pytest.mark.parametrize("value", ['<b>"O\'Neil" & co</b>', SafeString("<b>bold</b>"), lazystr("<i>"), 12, None, ""])
def test_values_are_escaped_as_by_django(value: object) -> None:
    written = format_html("<p title='{}'>{named}</p>", value, named=value)
    assert written == of_django("<p title='{}'>{named}</p>", value, named=value)
    assert isinstance(written, SafeString)


def test_rows_are_escaped_and_joined() -> None:
    assert format_html_join("<br>", "{}: {}", [("a", "<"), ("b", SafeString("<"))]) == "a: &lt;&lt;br&gt;b: <"
