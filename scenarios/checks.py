"""Knowledge checks inside scenarios.

They belong to the library, which this app must not import. `settings.SCENARIO_CHECKS` names the module to load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any, Protocol, cast

from django import forms
from django.conf import settings


class Check(Protocol):
    """A question with one or more answer fields."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def prompt(self) -> str: ...
    @property
    def fields(self) -> Sequence[Any]: ...
    @property
    def worked(self) -> str: ...
    @property
    def trap(self) -> str: ...


class Answer(Protocol):
    """The answer in one field, and whether it is correct."""

    @property
    def label(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def right(self) -> bool: ...
    @property
    def expected(self) -> str: ...
    @property
    def warning(self) -> str: ...


class Grade(Protocol):
    """All answers to a check. `quality`: the share of correct answers, 0 to 1."""

    @property
    def quality(self) -> Decimal: ...
    @property
    def fields(self) -> Sequence[Answer]: ...


class Source(Protocol):
    """The functions of the module named in `settings.SCENARIO_CHECKS`."""

    def ids(self) -> set[str]: ...
    def find(self, ref: str) -> Check: ...
    def form_fields(self, check: Check) -> dict[str, forms.Field]: ...
    def grade(self, check: Check, given: Mapping[str, str]) -> Grade: ...


def source() -> Source:
    return cast(Source, import_module(settings.SCENARIO_CHECKS))
