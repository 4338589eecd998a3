"""Rules about one row. Each is written once, as data: it gives the database constraint and the message that people see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CheckConstraint, F, Q

from qmportal.lib.days import EARLIEST_YEAR

# A reporting machine's clock may be this much ahead before its times count as "in the future".
CLOCK_SKEW = timedelta(minutes=5)
# The source of records that people create in the portal itself.
FILED_HERE = "form"
OUR_SOURCES = ("", FILED_HERE)
ONLY_HTTP = "Enter a link that starts with https:// or http://."


@dataclass(frozen=True, slots=True)
class Rule:
    """`holds` and `condition` state the same rule in Python and in SQL; a test compares them on random rows.

    `field` is where a form shows the sentence. `holds` must not query: an import checks 100,000 rows.
    """

    name: str
    field: str
    holds: Callable[[Any], bool]
    condition: Q
    sentence: str

    def constraint(self, prefix: str) -> CheckConstraint:
        return CheckConstraint(condition=self.condition, name=f"{prefix}_{self.name}", violation_error_message=self.sentence)


@dataclass(frozen=True, slots=True)
class Order:
    """`earlier` must not be after `later`. A missing value passes."""

    earlier: str
    later: str
    sentence: str

    @property
    def field(self) -> str:
        return self.later

    def holds(self, row: Any) -> bool:
        earlier, later = getattr(row, self.earlier), getattr(row, self.later)
        return earlier is None or later is None or later >= earlier

    def constraint(self, prefix: str) -> CheckConstraint:
        return CheckConstraint(
            condition=Q(**{f"{self.later}__gte": F(self.earlier)}),
            name=f"{prefix}_{self.earlier}_before_{self.later}".replace("_at", ""),
            violation_error_message=self.sentence,
        )


def needs_time(time: str, *statuses: str, sentence: str, may_be_unknown: bool = False) -> Rule:
    """A record with one of these statuses must have this time. `may_be_unknown`: records from other tools may lack it."""
    named = frozenset(map(str, statuses))
    condition = ~Q(status__in=[*map(str, statuses)]) | Q(**{f"{time}__isnull": False})
    return Rule(
        name=f"needs_{time}",
        field=time,
        holds=lambda row: (
            row.status not in named or getattr(row, time) is not None or (may_be_unknown and row.source not in OUR_SOURCES)
        ),
        condition=condition | ~Q(source__in=OUR_SOURCES) if may_be_unknown else condition,
        sentence=sentence,
    )


def has_no_time(time: str, *statuses: str, sentence: str) -> Rule:
    """A record with one of these statuses must not have this time yet: the move that sets it leads to another status."""
    named = frozenset(map(str, statuses))
    return Rule(
        name=f"has_no_{time}_yet",
        field=time,
        holds=lambda row: getattr(row, time) is None or row.status not in named,
        condition=~Q(status__in=[*map(str, statuses)]) | Q(**{time: None}),
        sentence=sentence,
    )


NOT_ITS_OWN_DUPLICATE = Rule(
    name="not_its_own_duplicate",
    field="duplicate_of",
    holds=lambda row: row.duplicate_of_id is None or row.duplicate_of_id != row.pk,
    condition=~Q(duplicate_of=F("id")),
    sentence="A record cannot be a duplicate of itself.",
)


def rule_problems(row: Any, rules: Iterable[Rule | Order]) -> dict[str, str]:
    """For each field with a broken rule, the sentence of the first one."""
    found: dict[str, str] = {}
    for rule in rules:
        if not rule.holds(row) and rule.field not in found:
            found[rule.field] = rule.sentence
    return found


def date_problems(row: Any, fields: Iterable[str], now: datetime) -> dict[str, str]:
    """A message for each time that is in the future (beyond the allowed clock skew) or before `EARLIEST_YEAR`."""
    values = ((field, getattr(row, field)) for field in fields)
    return {field: sentence for field, value in values if value is not None and (sentence := moment_problem(value, now))}


def moment_problem(moment: datetime, now: datetime) -> str:
    """What is wrong with this time of something that has happened."""
    if moment > now + CLOCK_SKEW:
        return "This time is in the future. Enter a past time."
    return f"Enter a date in {EARLIEST_YEAR} or later." if moment.year < EARLIEST_YEAR else ""
