"""What pages of other apps show of training. Load with {% load training %}."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from qmportal.lib.days import local_day
from scenarios.items import Titles, address
from scenarios.models import Assignment, Plan
from teams.models import User

register = template.Library()


@register.inclusion_tag("scenarios/_to_do.html")
def training_to_do(user: User) -> dict[str, Any]:
    """What the person was asked to learn and has not done, and the next item. One query if that is nothing."""
    plans = Plan.objects.named_to(user).filter(pk=OuterRef("plan")).order_by().values("name")
    rows = list(Assignment.objects.open().filter(user=user).annotate(plan_name=Subquery(plans)))
    if not rows:
        return {"count": 0}
    first = rows[0]
    names = {row.plan_name for row in rows}
    return {
        "count": len({(row.kind, row.ref) for row in rows}),
        "name": _lower_first(names.pop() or "") if len(names) == 1 else "",
        "next": first,
        "title": Titles()(first.kind, first.ref),
        "url": address(first.kind, first.ref),
        "is_late": first.due_on < local_day(timezone.now()),
    }


def _lower_first(name: str) -> str:
    """ "First weeks" after "Your": first weeks. An abbreviation stays as it is."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
