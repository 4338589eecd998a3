"""Knowledge checks inside scenarios. `settings.SCENARIO_CHECKS` names this module."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms

from library import checks, content
from library.checks import Grade, KnowledgeCheck
from library.forms.checks import answer_field


def ids() -> set[str]:
    return {check.id for check in content.checks()}


def find(ref: str) -> KnowledgeCheck:
    return next(check for check in content.checks() if check.id == ref)


def form_fields(check: KnowledgeCheck) -> dict[str, forms.Field]:
    """A form field per answer, by the answer's id."""
    return {field.id: answer_field(field) for field in check.fields}


def grade(check: KnowledgeCheck, given: Mapping[str, str]) -> Grade:
    return checks.grade(check, given)
