"""Rules about one row that the database, forms, API and imports share: each is written once, as data."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CheckConstraint, F, Q

from qmportal.lib.days import EARLIEST_YEAR

# Clocks of machines that report to us may run ahead by this much before a date counts as "in the future".
CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Order:
    """`earlier` may not lie after `later`; a missing value passes. `sentence` is what a person reads."""

    earlier: str
    later: str
    sentence: str

    def constraint(self, prefix: str) -> CheckConstraint:
        return CheckConstraint(
            condition=Q(**{f"{self.later}__gte": F(self.earlier)}),
            name=f"{prefix}_{self.earlier}_before_{self.later}".replace("_at", ""),
            violation_error_message=self.sentence,
        )

    def broken_by(self, row: Any) -> bool:
        earlier, later = getattr(row, self.earlier), getattr(row, self.later)
        return earlier is not None and later is not None and later < earlier


def order_problems(row: Any, orders: Iterable[Order]) -> dict[str, str]:
    """The sentences of the broken orders, keyed by the later field."""
    return {order.later: order.sentence for order in orders if order.broken_by(row)}


def date_problems(row: Any, fields: Iterable[str], now: datetime) -> dict[str, str]:
    """Times that lie in the future (beyond the allowed clock skew) or before anyone kept records."""
    problems = {}
    for field in fields:
        value = getattr(row, field)
        if value is None:
            continue
        if value > now + CLOCK_SKEW:
            problems[field] = "This time is in the future. Enter a past time."
        elif value.year < EARLIEST_YEAR:
            problems[field] = f"Enter a date in {EARLIEST_YEAR} or later."
    return problems
