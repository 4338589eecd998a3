"""Imports that wait for their first use. `late` does the same for views."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class LateImport:
    """A module that is imported when something in it is first used: for what models need, but few requests do.

    Give type checkers the import itself: `if TYPE_CHECKING: import yaml`, `else: yaml = LateImport("yaml")`.
    """

    def __init__(self, name: str):
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = getattr(import_module(self._name), name)
        return found
