"""Template tags for records: severity, status and what is overdue. Load with {% load records %}."""

from functools import lru_cache
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from qmportal.lib.days import local_day
from qmportal.lib.face import status
from qmportal.lib.html import format_html
from records import entries

register = template.Library()


@register.simple_tag(takes_context=True)
def entry_items(context: template.Context, *args: Any, **options: Any) -> SafeString:
    return entries.entry_items(context["record_links"], *args, **options)


SEVERITY_KEYS = ("SEV1", "SEV2", "SEV3", "SEV4")


@register.filter
def is_overdue(row: Any) -> bool:
    """Whether an action or a review should have been done before today."""
    overdue: bool = row.is_overdue(local_day(timezone.now()))
    return overdue


@register.simple_tag
@lru_cache(maxsize=64)
def severity(key: str, label: str) -> SafeString:
    """The icon of a severity (SEV1 to SEV4), followed by `label`, which may be empty."""
    number = key[-1:] if key in SEVERITY_KEYS else "4"
    return format_html(
        '<span class="severity"><svg class="fill-sev{0}" aria-hidden="true"><use href="#sev-{0}"/></svg>{1}</span>',
        number,
        label,
    )


STATUS_KINDS = {
    **dict.fromkeys(("triage", "active", "new", "triaged", "open", "draft"), "open"),
    **dict.fromkeys(("mitigated", "in_progress", "fixed", "in_review"), "progress"),
    **dict.fromkeys(("restored", "verified", "closed", "done", "published"), "done"),
}


@register.simple_tag
@lru_cache(maxsize=64)
def record_status(key: str, label: str) -> SafeString:
    """The status of a defect or incident."""
    return status(label, STATUS_KINDS.get(key, ""))
