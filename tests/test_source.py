"""What the source itself promises, without a database: `make check` runs it too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings

from defects.models import Defect
from incidents.models import Incident

ROOT = Path(settings.BASE_DIR)
OURS = [config for config in apps.get_app_configs() if Path(config.path).parent == ROOT]
SOURCES = [path for config in OURS for path in Path(config.path).rglob("*.py") if "migrations" not in path.parts]


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            yield path.relative_to(ROOT).as_posix(), node


def test_no_sentence_of_a_constraint_is_written_twice():
    own = {rule.sentence for model in (Defect, Incident) for rule in model.RULES}
    given = {
        str(constraint.violation_error_message)
        for config in OURS
        for model in config.get_models()
        for constraint in model._meta.constraints
        if constraint.violation_error_message != constraint.default_violation_error_message
    }
    texts = [node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert len(own) > 30
    assert own < given
    assert {sentence: texts.count(sentence) for sentence in given} == dict.fromkeys(given, 1)


# What belongs to records; other apps have a status of their own.
WITH_RECORDS = {"records", "defects", "incidents", "integrations", "demo", "dashboards", "benchmarks"}


def writes_a_status(node: ast.AST) -> bool:
    """`x.status = ...`, `setattr(x, "status", ...)`, `rows.update(status=...)` or `bulk_update(rows, ["status"])`."""
    match node:
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
        case ast.Call(func=ast.Attribute(attr="update" | "update_or_create"), keywords=keywords):
            return any(keyword.arg == "status" for keyword in keywords)
        case ast.Call(func=ast.Attribute(attr="bulk_update"), args=[_, ast.List(elts=columns)]):
            return any(isinstance(column, ast.Constant) and column.value == "status" for column in columns)
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="status"), _]):
            return True
    return False


def test_only_the_model_of_records_writes_a_status():
    """`Record.save` refuses a status that came from no move; this finds what would go around it."""
    found = {path for path, node in nodes() if path.split("/")[0] in WITH_RECORDS and writes_a_status(node)}
    assert found == {"records/models/record.py"}


MONTH = re.compile(r"%-?[bB]")


def test_only_the_formatter_spells_dates():
    found = {
        path
        for path, node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MONTH.search(node.value)
    }
    assert found == set()
