"""The entries of a timeline as HTML, rendered in Python like the rows of a list: a long incident has many of them.

Each is one format string. Everything that people wrote, names included, goes through `escape` or `Links.markdown`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib.face import exact

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from qmportal.lib.references import Links
    from records.notes import Shown


@dataclass(frozen=True)
class Buttons:
    """What a person can do with the entries. Each button names its address, so all of them share one form."""

    pin: str  # the address that pins the entry with the id 0
    undo: str
    undoable: int | None  # the id of the move that the person may undo

    def of(self, shown: Shown, undo: bool) -> str:
        entry = shown.entry
        name, verb = ("", "Unpin") if shown.is_pinned else (' name="pin"', "Pin")
        address = self.pin.replace("/0/", f"/{entry.id}/")
        html = (
            f'<button class="quiet-link" type="submit"{name} formaction="{address}"'
            f' aria-label="{verb} {escape(shown.label)}">{verb}</button>'
        )
        if undo and entry.id == self.undoable:
            html += (
                f'<button class="quiet-link" type="submit" name="entry" value="{entry.id}" formaction="{self.undo}">'
                "Undo</button>"
            )
        return f'<p class="row tight">{html}</p>'


def entry_items(links: Links, entries: Iterable[Shown], buttons: Buttons | None, *, anchors: bool = True) -> SafeString:
    """The items of the list. `anchors`: each has the id that links lead to; an entry that is shown twice has it once."""
    zone = timezone.get_current_timezone()
    entries = list(entries)
    links.load(shown.entry.text for shown in entries)
    return mark_safe("\n".join(_item(shown, links, buttons, anchors, zone) for shown in entries))  # noqa: S308 - see above


def _item(shown: Shown, links: Links, buttons: Buttons | None, anchors: bool, zone: tzinfo) -> str:
    entry = shown.entry
    anchor = f' id="entry-{entry.id}"' if anchors else ""
    return f"""<li{anchor}>
  <a class="quiet-link" href="#entry-{entry.id}">{_exact(entry.happened_at, zone)}</a>
  <div>
    {_text(shown, links, zone)}
    <p class="muted small">{_origin(shown, zone)}</p>
    {buttons.of(shown, undo=anchors) if buttons else ""}
  </div>
</li>"""


def _text(shown: Shown, links: Links, zone: tzinfo) -> str:
    html = f"<p><b>{escape(shown.title)}</b></p>" if shown.title else ""
    if shown.entry.text:
        html += f'<div class="prose">{links.markdown(shown.entry.text)}</div>'
    for label, at in shown.times:
        html += f'<p class="small">{escape(label)}: {_exact(at, zone) if at else "cleared"}</p>'
    return html


def _origin(shown: Shown, zone: tzinfo) -> str:
    """Who wrote it, when if that was later, and when the next update is due."""
    entry = shown.entry
    late = f"recorded {_exact(entry.recorded_at, zone)}" if shown.is_late else ""
    said = ", ".join(part for part in (escape(shown.who), late) if part)
    if not entry.next_update_at:
        return said
    due = f"Next update due {_exact(entry.next_update_at, zone)}"
    return f"{said}. {due}" if said else due


def _exact(moment: datetime, zone: tzinfo) -> str:
    return exact(moment.astimezone(zone))
