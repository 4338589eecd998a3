"""Reading a page as a browser does, to which line breaks between tags mean nothing."""

import re
from html.parser import HTMLParser


def squeezed(page: str) -> str:
    """Single spaces, and none beside a tag."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", re.sub(r"\s+", " ", page))


class _Form(HTMLParser):
    """The values that a browser would send of the form with this action, by name."""

    def __init__(self, action: str):
        super().__init__()
        self.action, self.sent, self._inside = action, dict[str, list[str]](), False
        self._select, self._text = "", ""

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        name = a.get("name") or ""
        if tag == "form":
            self._inside = a.get("action") == self.action
        elif not self._inside:
            return
        elif tag == "input" and name and (a.get("type") not in ("checkbox", "radio", "file") or "checked" in a):
            self.sent.setdefault(name, []).append(a.get("value") or "")
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((a.get("value"), "selected" in a))
            self._option = ""
        elif tag == "textarea":
            self._text = name
            self.sent.setdefault(name, []).append("")

    def handle_data(self, data):
        if self._text:
            self.sent[self._text][-1] += data
        elif self._select and self._options and self._options[-1][0] is None:
            self._options[-1] = (data.strip(), self._options[-1][1])

    def handle_endtag(self, tag):
        if tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
            self.sent.setdefault(self._select, []).append(chosen[-1] or "")
            self._select = ""
        elif tag == "textarea":
            self._text = ""
        elif tag == "form":
            self._inside = False


def sent_form(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would send if somebody pressed the form's button without a name."""
    form = _Form(action)
    form.feed(page)
    return form.sent
