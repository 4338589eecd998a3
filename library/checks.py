"""Knowledge checks: reading and grading answers, and when to ask again. Plain Python."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from benchmarks.tiers import TIER_LABELS
from library.drawn import Number, evaluate, filled, shuffled
from qmportal.lib.documents import Unreadable, load

REPEATS = 24  # after so many tries the numbers come again
LADDER = (1, 3, 7, 21, 60)  # days until the next question, by box (Leitner)

_SPACES = str.maketrans("", "", " \t\u00a0\u2009\u202f'’_")
_NUMBER = re.compile(r"(?P<currency>[€$£]?)(?P<digits>[-+]?[0-9][0-9.,]*|[-+]?\.[0-9]+)(?P<unit>[^0-9.,]*)\Z")
_MULTIPLES = {"k": 1_000, "m": 1_000_000}
_QUOTIENT = re.compile(r"([0-9][0-9.,]*)/([0-9][0-9.,]*)\Z")
_SPAN = re.compile(r"([0-9]+(?:[.,][0-9]+)?)(d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?=[0-9]|\Z)")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


@dataclass(frozen=True)
class NumberField:
    """Asks for a number; correct from `low` to `high` inclusive."""

    id: str
    label: str
    unit: str
    answer: Decimal
    low: Decimal
    high: Decimal

    @property
    def shown(self) -> str:
        number = f"{self.answer:,f}"
        return number + self.unit if self.unit == "%" else f"{number} {self.unit}".strip()


@dataclass(frozen=True)
class ChoiceField:
    """Asks for one of `options` (id -> label); correct if it is in `accepted`."""

    id: str
    label: str
    options: Mapping[str, str]
    accepted: tuple[str, ...]

    @property
    def shown(self) -> str:
        return " or ".join(self.options[key] for key in self.accepted)


Field = NumberField | ChoiceField


@dataclass(frozen=True)
class KnowledgeCheck:
    """One question with one or more fields. `metric` and `calculator`: the portal's metric and the calculator for the same
    number, if any; `page`: the library page that explains it. `numbers`: those of the question, by name."""

    id: str
    title: str
    prompt: str
    fields: tuple[Field, ...]
    worked: str
    trap: str
    page: str
    metric: str = ""
    calculator: str = ""
    numbers: Mapping[str, Number] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def drawn(self, person: int, number: int) -> KnowledgeCheck:
        """The question with the numbers of a person's try. The method stays the same, and the answers to the try before are
        wrong, so that copying doesn't help."""
        if not self.numbers:
            return self
        shown: KnowledgeCheck | None = None
        left = (number - 1) % REPEATS + 1
        for numbers in shuffled(_options(self.body), f"{person}.{self.id}"):
            candidate = _check(self.body, numbers)
            if shown is None or not grade(candidate, shown.solution).right:
                shown, left = candidate, left - 1
            if not left:
                break
        return shown or self

    @property
    def solution(self) -> dict[str, str]:
        """The correct answers by field id."""
        return {one.id: one.accepted[0] if isinstance(one, ChoiceField) else f"{one.answer:f}" for one in self.fields}


@dataclass(frozen=True)
class NumberReading:
    """The parsed number, or None with a hint for the learner."""

    value: Decimal | None
    warning: str = ""


@dataclass(frozen=True)
class FieldGrade:
    """One answer as typed, and whether it is correct."""

    field: Field
    given: str
    right: bool
    warning: str = ""

    @property
    def label(self) -> str:
        return self.field.label

    @property
    def words(self) -> str:
        """The answer as text."""
        return self.field.options.get(self.given, "") if isinstance(self.field, ChoiceField) else self.given

    @property
    def expected(self) -> str:
        return self.field.shown


@dataclass(frozen=True)
class Grade:
    """The answers to all fields of a check."""

    fields: tuple[FieldGrade, ...]

    @property
    def right(self) -> bool:
        return all(grade.right for grade in self.fields)

    @property
    def quality(self) -> Decimal:
        """The share of fields answered correctly, 0..1, rounded to two decimals."""
        right = sum(grade.right for grade in self.fields)
        return (Decimal(right) / len(self.fields)).quantize(Decimal("0.01"))


def parse_number(text: str, *, unit: str = "", expected: Decimal | None = None, thousands: bool = False) -> NumberReading:
    """Parse a number as people write it: `15.8`, `15,8`, `15.8%`, `15/95`, `58,000`, `58.000`, `58k`, `€ 400k`, `5.3 h`,
    and for times also `5 h 18 min` and `318 minutes`.

    `expected` resolves ambiguity: `58,000` is read as the number closer to it, and `0.158` for 15.8% is read as 15.8
    with a warning. Without it, `thousands` decides: whole numbers and amounts of money never have three decimals, so
    `60.000` is 60,000.
    """
    typed = text.translate(_SPACES).replace("−", "-")
    if len(typed) <= 30 and (value := _quotient(typed.removesuffix(unit))) is not None:
        return NumberReading(value * 100) if unit == "%" and expected is None else _meant(value, text, unit, expected)
    if len(typed) <= 30 and (span := _span(typed.casefold(), unit)) is not None:
        return NumberReading(span)
    match = _NUMBER.match(typed)
    if not match or len(match["digits"]) > 30:
        return NumberReading(None, "This is not a number.")
    suffix = match["unit"].casefold()
    if unit == "%" and suffix in ("percent", "pct"):
        suffix = "%"
    factor = 1
    if suffix[:1] in _MULTIPLES and suffix[1:] in ("", unit.casefold()) and suffix != unit.casefold():
        factor, suffix = _MULTIPLES[suffix[0]], suffix[1:]
    if suffix not in ("", unit.casefold(), "€", "$", "£", "eur", "usd"):
        return NumberReading(None, f"Answer in {unit}." if unit else "Give the number without a unit.")
    readings = [value * factor for value in _readings(match["digits"])]
    if not readings:
        return NumberReading(None, "This is not a number.")
    if expected is None:
        return NumberReading(max(readings, key=abs) if thousands and factor == 1 else readings[0])
    value = min(readings, key=lambda reading: abs(reading - expected))
    return NumberReading(value) if suffix == "%" else _meant(value, text, unit, expected)


def _meant(value: Decimal, text: str, unit: str, expected: Decimal | None) -> NumberReading:
    """The value; a fraction counts as a percentage if that is closer to the expected answer (0.158 for 15.8%)."""
    if unit == "%" and expected is not None and 0 < abs(value) <= 1:
        share = value * 100
        if abs(share - expected) < abs(value - expected):
            return NumberReading(share, f"{text.strip()} was read as {round(share, 2).normalize():f}%.")
    return NumberReading(value)


def _quotient(typed: str) -> Decimal | None:
    """The value of `15/95` or `26.5/5`; None if it is not a division, or a division by 0."""
    if not (match := _QUOTIENT.match(typed)):
        return None
    above, below = _readings(match[1]), _readings(match[2])
    return above[0] / below[0] if above and below and below[0] else None


def _span(typed: str, unit: str) -> Decimal | None:
    """A duration such as `1 h 30 min`, in `unit`. None if it is no duration, or a single number in that unit."""
    parts = _SPAN.findall(typed)
    if (
        unit not in ("h", "min")
        or not parts
        or "".join(map("".join, parts)) != typed
        or [unit] == [word for _, word in parts]
    ):
        return None
    seconds = sum(Decimal(amount.replace(",", ".")) * _SECONDS[word[0]] for amount, word in parts)
    return seconds / Decimal(_SECONDS[unit[0]])


def _readings(digits: str) -> list[Decimal]:
    """Possible readings, most likely first: one comma or point before three digits may separate thousands."""
    marks = [mark for mark in digits if mark in ".,"]
    plain = digits.replace(",", "").replace(".", "")
    if not plain.strip("+-"):
        return []
    if not marks:
        return [Decimal(plain)]
    head, _, tail = digits.rpartition(marks[-1])
    groups = re.match(r"[-+]?[1-9][0-9]{0,2}([.,][0-9]{3})+\Z", digits) is not None and len(set(marks)) == 1
    if len(marks) > 1 and len(set(marks)) == 1:
        return [Decimal(plain)] if groups else []
    if len(marks) > 2 and marks.count(marks[-1]) > 1:
        return []
    decimal = Decimal(f"{head.replace(',', '').replace('.', '') or '0'}.{tail or '0'}")
    if not groups:
        return [decimal]
    return [Decimal(plain), decimal] if marks[-1] == "," else [decimal, Decimal(plain)]


def grade(check: KnowledgeCheck, given: Mapping[str, str]) -> Grade:
    """Grade the answers by field id. Missing answers count as wrong."""
    return Grade(tuple(_grade_field(field, given.get(field.id, "")) for field in check.fields))


def _grade_field(field: Field, given: str) -> FieldGrade:
    if isinstance(field, ChoiceField):
        return FieldGrade(field, given, given in field.accepted)
    if not given.strip():
        return FieldGrade(field, given, False, "No answer.")
    reading = parse_number(given, unit=field.unit, expected=field.answer)
    right = reading.value is not None and field.low <= reading.value <= field.high
    return FieldGrade(field, given, right, reading.warning)


def next_due(box: int, correct: bool, today: date) -> tuple[int, date]:
    """The new box (1..5) and the day to ask again. A new check is in box 0; a wrong answer resets it to 1."""
    new_box = min(box + 1, len(LADDER)) if correct else 1
    return new_box, today + timedelta(days=LADDER[new_box - 1])


def read_checks(text: str) -> list[KnowledgeCheck]:
    """Parse a file of knowledge checks. Raises `Unreadable` with the line of the first error."""
    document = load(text)
    if not isinstance(document.data, list):
        raise Unreadable("The file must contain a list of checks.", 1, "Start each check with `- id: some_id`.")
    checks = []
    for index, body in enumerate(document.data):
        try:
            checks.append(_check(body))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = body.get("id", index) if isinstance(body, dict) else index
            message = f"Check {name} cannot be read: {type(error).__name__} {error}."
            raise Unreadable(message, document.line((index,)), "Compare it with the check above.") from error
    ids = [check.id for check in checks]
    if twice := {key for key in ids if ids.count(key) > 1}:
        raise Unreadable(f"Ids appear twice: {', '.join(sorted(twice))}.", 1, "Rename one of them.")
    return checks


def _options(body: Mapping[str, Any]) -> dict[str, list[Number]]:
    """The numbers that each name of a question can have; the first ones are those of the shipped text."""
    options = body.get("draw", {})
    return {name: [float(one) if isinstance(one, Decimal) else one for one in many] for name, many in options.items()}


def _check(body: Mapping[str, Any], numbers: Mapping[str, Number] | None = None) -> KnowledgeCheck:
    known = {"id", "title", "prompt", "fields", "worked", "trap", "page", "metric", "calculator", "draw", "compute"}
    if unknown := body.keys() - known:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    values = dict(numbers or {name: many[0] for name, many in _options(body).items()})
    for name, formula in body.get("compute", {}).items():
        values[name] = evaluate(str(formula), values)
    fields = tuple(_field(field, values) for field in body["fields"])
    if not fields:
        raise ValueError("no fields")
    return KnowledgeCheck(
        id=body["id"],
        title=body["title"].strip(),
        prompt=filled(body["prompt"].strip(), values),
        fields=fields,
        worked=filled(body["worked"].strip(), values),
        trap=filled(body["trap"].strip(), values),
        page=body["page"],
        metric=body.get("metric", ""),
        calculator=body.get("calculator", ""),
        numbers=values,
        body=body,
    )


def _field(body: Mapping[str, Any], values: Mapping[str, Number]) -> Field:
    kind, label = body["kind"], filled(body["label"], values)
    if kind == "number":
        tolerance = Decimal(body.get("tolerance", 0))
        answer = _amount(body["answer"], values, tolerance)
        low, high = (_amount(end, values, tolerance) for end in body.get("range", (answer - tolerance, answer + tolerance)))
        if not low <= answer <= high:
            raise ValueError(f"the answer of {body['id']} is outside its own range")
        return NumberField(body["id"], label, body.get("unit", ""), answer, low, high)
    if kind not in ("choice", "tier"):
        raise ValueError(f"unknown kind {kind}")
    options = TIER_LABELS if kind == "tier" else {key: filled(text, values) for key, text in body["options"].items()}
    accepted = body["answer"] if isinstance(body["answer"], list) else [body["answer"]]
    if not accepted or not set(accepted) <= options.keys():
        raise ValueError(f"the answer of {body['id']} is not among its options")
    return ChoiceField(body["id"], label, options, tuple(accepted))


def _amount(answer: Any, values: Mapping[str, Number], tolerance: Decimal) -> Decimal:
    """A number, or the value of a formula with as many decimals as the tolerance."""
    if not isinstance(answer, str):
        return Decimal(answer)
    value = Decimal(str(evaluate(answer, values))).quantize(tolerance if tolerance < 1 and tolerance else Decimal(1))
    return value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))
