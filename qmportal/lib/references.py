"""References of records in texts, such as PAY-INC-6, as links. Load with {% load references %}.

Only for people who can see the record: to all others, the reference stays text, as if there were no such record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django import template
from django.apps import apps
from django.http import HttpRequest
from django.utils.safestring import SafeString

from qmportal.lib.html import format_html, html_of
from qmportal.lib.markdown import LEVELS_ABOVE, markdown

register = template.Library()


@cache
def _kinds() -> dict[str, Any]:
    """The models whose rows have references, by the kind in the middle of them."""
    return {kind: model for model in apps.get_models() if (kind := getattr(model, "REFERENCE_KIND", ""))}


@cache
def _pattern() -> re.Pattern[str]:
    """A whole reference, not a part of an address or of a longer name. A team's key: see `Team.key`."""
    return re.compile(rf"(?<![\w/-])[A-Z][A-Z0-9]{{1,7}}-({'|'.join(_kinds())})-[1-9]\d*(?![\w…-])")


def _named(text: str) -> dict[str, str]:
    """The references in a text, each with its kind."""
    return {match[0]: match[1] for match in _pattern().finditer(text)}


class Links:
    """The addresses of the records that texts name, as far as this person can see them. One query for each kind named.

    Pages that show many texts call `load` with all of them; otherwise each text that names new ones loads its own.
    """

    def __init__(self, user: Any, texts: Iterable[str] = ()):
        self.user = user
        self._known: dict[str, str] = {}
        self.load(texts)

    def load(self, texts: Iterable[str]) -> None:
        self._read(_named("\n".join(texts)))

    def _read(self, named: Mapping[str, str]) -> None:
        wanted: dict[str, list[str]] = {}
        for reference, kind in named.items():
            if reference not in self._known:
                wanted.setdefault(kind, []).append(reference)
        for kind, references in wanted.items():
            rows = _kinds()[kind]._default_manager.visible_to(self.user).filter(reference__in=references)
            self._known |= dict.fromkeys(references, "")
            self._known |= {row.reference: row.get_absolute_url() for row in rows.only("reference")}

    def of(self, text: str) -> dict[str, str]:
        """The addresses for one text, by reference."""
        named = _named(text)
        self._read(named)
        return {reference: url for reference in sorted(named) if (url := self._known[reference])}

    def markdown(self, text: str, levels_above: int = LEVELS_ABOVE) -> SafeString:
        return markdown(text, levels_above, tuple(self.of(text).items()))

    def plain(self, text: str) -> SafeString:
        """HTML of a text without any marks."""
        return linked(text, self.of(text))


def linked(text: str, urls: Mapping[str, str]) -> SafeString:
    html, end = "", 0
    for match in _pattern().finditer(text):
        if url := urls.get(match[0]):
            html += html_of(text[end : match.start()]) + format_html('<a href="{}">{}</a>', url, match[0])
            end = match.end()
    return SafeString(html + html_of(text[end:]))


def of_page(request: HttpRequest) -> dict[str, Links]:
    """Context processor: what the tags below read, unless the view passes one that has loaded its texts."""
    return {"record_links": Links(getattr(request, "user", None))}


@register.simple_tag(takes_context=True)
def prose(context: template.Context, text: str, levels_above: int = LEVELS_ABOVE) -> SafeString:
    """What people wrote in Markdown, see `markdown`."""
    links: Links = context["record_links"]
    return links.markdown(text, levels_above)


@register.simple_tag(takes_context=True)
def plain(context: template.Context, text: str) -> SafeString:
    """Text without any marks. Keeps line breaks."""
    links: Links = context["record_links"]
    return SafeString(links.plain(text).replace("\n", "<br>"))
