"""The entries of a timeline as HTML, rendered in Python like the rows of a list: a long incident has many of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from qmportal.lib.face import exact

if TYPE_CHECKING:
    from datetime import datetime

    from records.notes import Shown

ENTRY = """<li{}>
  <a class="quiet-link" href="#entry-{}">{}</a>
  <div>
    {}
    <p class="muted small">{}</p>
    {}
  </div>
</li>"""
NOTHING = mark_safe("")


@dataclass(frozen=True)
class Buttons:
    """What a person can do with the entries. Each button names its address, so all of them share one form."""

    pin: str  # the address that pins the entry with the id 0
    undo: str
    undoable: int | None  # the id of the move that the person may undo

    def of(self, shown: Shown, undo: bool) -> SafeString:
        entry = shown.entry
        name, verb = (NOTHING, "Unpin") if shown.is_pinned else (mark_safe(' name="pin"'), "Pin")
        pin = format_html(
            '<button class="quiet-link" type="submit"{} formaction="{}" aria-label="{} {}">{}</button>',
            *(name, self.pin.replace("/0/", f"/{entry.pk}/"), verb, shown.label, verb),
        )
        if not undo or entry.pk != self.undoable:
            return format_html('<p class="row tight">{}</p>', pin)
        return format_html(
            '<p class="row tight">{}'
            '<button class="quiet-link" type="submit" name="entry" value="{}" formaction="{}">Undo</button></p>',
            *(pin, entry.pk, self.undo),
        )


def entry_items(entries: Iterable[Shown], buttons: Buttons | None, *, anchors: bool = True) -> SafeString:
    """The items of the list. `anchors`: each has the id that links lead to; an entry that is shown twice has it once."""
    return format_html_join("\n", "{}", ((_item(shown, buttons, anchors),) for shown in entries))


def _item(shown: Shown, buttons: Buttons | None, anchors: bool) -> SafeString:
    entry = shown.entry
    return format_html(
        ENTRY,
        format_html(' id="entry-{}"', entry.pk) if anchors else NOTHING,
        entry.pk,
        _exact(entry.happened_at),
        _text(shown),
        _origin(shown),
        buttons.of(shown, undo=anchors) if buttons else NOTHING,
    )


def _text(shown: Shown) -> SafeString:
    title = format_html("<p><b>{}</b></p>", shown.title) if shown.title else NOTHING
    text = format_html('<div class="prose">{}</div>', shown.html) if shown.entry.text else NOTHING
    times = format_html_join(
        "",
        '<p class="small">{}: {}</p>',
        ((time["label"], _exact(time["at"]) if time["at"] else "cleared") for time in shown.times),
    )
    return title + text + times


def _origin(shown: Shown) -> SafeString:
    """Who wrote it, when if that was later, and when the next update is due."""
    entry = shown.entry
    late = format_html("recorded {}", _exact(entry.recorded_at)) if shown.is_late else ""
    said = format_html_join(", ", "{}", ((part,) for part in (shown.who, late) if part))
    if not entry.next_update_at:
        return said
    due = format_html("Next update due {}", _exact(entry.next_update_at))
    return format_html("{}. {}", said, due) if said else due


def _exact(moment: datetime) -> SafeString | str:
    return exact(timezone.localtime(moment))
