"""What a person sees of the rows behind a number."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from incidents.models import Incident
from qmportal.lib.face import exact
from qmportal.lib.wording import duration
from records.columns import REFERENCE, SEVERITY, TITLE, Column

STATUSES = dict(Incident.Status.choices)


def _moment(label: str, path: str) -> Column:
    return Column(
        *(label, "", (path,), lambda row, url: exact(timezone.localtime(getattr(row, path)))),
        html='<td class="num when">{}</td>',
        figures=True,
    )


def _span(label: str, path: str) -> Column:
    def cell(row: Any, url: str) -> str:
        span = getattr(row, path)
        return "–" if span is None else duration(span)

    return Column(label, "", (path,), cell, html=f'<td class="num" data-label="{label}">{{}}</td>', figures=True)


STAGE = Column("Found in", "", ("stage_found__name",), lambda row, url: row.stage_found__name or "Stage unknown")
STATUS = Column("Status", "", ("status",), lambda row, url: STATUSES[row.status])
REASON = Column("Reason", "", ("why",), lambda row, url: row.why)
SHOULD_CATCH = Column(
    "Should have been caught in",
    "",
    ("stage_should_catch__name",),
    lambda row, url: row.stage_should_catch__name or "Not said",
)
OF_DEFECTS = (STAGE,), _moment("Found", "found_at")
OF_INCIDENTS = (
    (STATUS, _span("To detect", "time_to_detect"), _span("To restore", "time_to_restore")),
    _moment("Detected", "detected_at"),
)


def columns_behind(*, defects: bool, excluded: bool) -> tuple[Column, ...]:
    """The columns of the counted rows, or of those left out, with the reason."""
    particular, moment = OF_DEFECTS if defects else OF_INCIDENTS
    return (REFERENCE, TITLE, SEVERITY, *particular, *((REASON,) if excluded else ()), moment)
