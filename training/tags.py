"""Template tags for training: {% load training %}. Used by pages of other apps too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import template
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from qmportal.lib.days import local_day
from teams.models import User
from teams.permissions import can_advise
from training.items import address
from training.kinds import ItemKind
from training.models import AdviceRequest, Assignment, Plan, Titles

register = template.Library()


@register.inclusion_tag("training/_to_do.html")
def training_to_do(user: User) -> dict[str, Any]:
    """The person's open assignments and the next item. One query if there are none."""
    plans = Plan.objects.named_to(user).filter(pk=OuterRef("plan")).order_by().values("name")
    rows = list(Assignment.objects.open().filter(user=user).annotate(plan_name=Subquery(plans)))
    if not rows:
        return {"count": 0}
    today = local_day(timezone.now())
    first = next((row for row in rows if not row.closed_until(today, _first_open(rows, row.plan_id))), rows[0])
    names = {row.plan_name for row in rows}
    return {
        "count": len({(row.kind, row.ref) for row in rows}),
        "name": _lower_first(names.pop() or "") if len(names) == 1 else "",
        "next": first,
        "title": Titles()(first.kind, first.ref),
        "url": address(first.kind, first.ref),
        "is_late": first.due_on < today,
    }


@register.simple_tag
def advice_waiting(user: User) -> int:
    """How many requests for advice are waiting, for quality leads; 0 for everyone else."""
    return AdviceRequest.objects.waiting().count() if can_advise(user) else 0


@register.simple_tag
def pages_assigned(user: User) -> dict[str, date]:
    """Due dates of library pages assigned to this person, by slug. One query."""
    asked = Assignment.objects.open().filter(user=user, kind=ItemKind.PAGE).by_ref()
    return {slug: row.due_on for slug, row in asked.items()}


@register.filter
def audience(plan: Plan, user: User) -> str:
    """Who a plan is for, in words."""
    return plan.audience_for(user)


@register.filter
def get(values: Mapping[str, Any], key: str) -> Any:
    return values.get(key)


def _first_open(rows: Sequence[Assignment], plan: int | None) -> int:
    return min((row.position for row in rows if row.plan_id == plan), default=0)


def _lower_first(name: str) -> str:
    """ "First weeks" after "Your": first weeks. An abbreviation stays as it is."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]
