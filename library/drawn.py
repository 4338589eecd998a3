"""Numbers of knowledge checks: drawn for each person and try, and formulas over them. Plain Python."""

from __future__ import annotations

import ast
import math
import operator
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle, islice, product
from typing import Any

Number = int | float
ROUNDS = 50  # so that a list of a single combination ends

_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "ceil": math.ceil,
    "floor": math.floor,
    "ln": math.log,
    "sqrt": math.sqrt,
}
_PLACE = re.compile(r"\{([a-z_]+)(?::(\d))?\}")


def evaluate(formula: str, values: Mapping[str, Number]) -> Number:
    """The value of a formula: numbers, names, + - * / **, brackets and the functions above. Raises `ValueError` for more."""
    return _value(ast.parse(formula, mode="eval").body, values)


def _value(node: ast.expr, values: Mapping[str, Number]) -> Number:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            result: Number = _OPERATORS[type(sign)](_value(left, values), _value(right, values))
            return result
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            found: Number = _FUNCTIONS[name](_value(argument, values))
            return found
    raise ValueError(f"{ast.unparse(node)} is not a formula")


def shuffled(options: Mapping[str, Sequence[Number]], seed: str) -> Iterator[dict[str, Number]]:
    """One number of each list: all combinations in an order of the seed, over and over."""
    combinations = list(product(*options.values()))
    random.Random(seed).shuffle(combinations)
    for chosen in islice(cycle(combinations), ROUNDS * len(combinations)):
        yield dict(zip(options, chosen, strict=True))


def filled(text: str, values: Mapping[str, Number]) -> str:
    """The text with its numbers: `{total}`, or `{rate:1}` with one decimal."""
    return _PLACE.sub(lambda place: written(values[place[1]], int(place[2] or 2)), text)


def written(value: Number, places: int = 2) -> str:
    """A number as people read it: 1,234.5. Zeros at the end are left out."""
    text = f"{round(value + 0.0, places):,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
