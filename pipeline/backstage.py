"""Reads a `catalog-info.yaml` of Backstage: the components that it describes. Plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_BYTES = 512 * 1024
MAX_COMPONENTS = 2_000
MAX_DEPTH = 30
MAX_LINKS = 20

# Reads every value as text, so a version such as 1.10 stays as it is and no date can be invalid.
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class BadCatalogue(ValueError):
    """The file can't be used. The message is a sentence for people."""


@dataclass(frozen=True)
class Component:
    """A component as the file describes it. `owner` is the name of a group, without kind and namespace."""

    name: str
    title: str = ""
    description: str = ""
    owner: str = ""
    tier: int | None = None
    links: list[dict[str, str]] = field(default_factory=list)

    @property
    def runbook(self) -> str:
        """The first link that calls itself a runbook."""
        return next((link["url"] for link in self.links if "runbook" in f"{link['title']} {link['type']}".lower()), "")


def read_components(raw: bytes) -> list[Component]:
    """The components of all documents in the file. Other kinds, such as APIs and groups, are left out."""
    if len(raw) > MAX_BYTES:
        raise BadCatalogue(f"The file is larger than {MAX_BYTES // 1024} kB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadCatalogue("The file is not UTF-8 text.") from None
    try:
        _refuse_traps(text)
        documents = list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise BadCatalogue(f"Line {mark.line + 1 if mark else 1} is not valid YAML: {error.problem}.") from None
    except yaml.YAMLError:
        raise BadCatalogue("The file is not valid YAML.") from None
    found = [_component(each) for each in documents if _is_component(each)]
    if not found:
        raise BadCatalogue("The file describes no component. It needs a document with `kind: Component`.")
    if len(found) > MAX_COMPONENTS:
        raise BadCatalogue(f"The file describes {len(found):,} components. Import at most {MAX_COMPONENTS:,} at once.")
    return found


def _refuse_traps(text: str) -> None:
    """Refuses aliases, which can make a small file huge, and deep nesting."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise BadCatalogue(f"Line {line}: aliases (*) are not accepted. Write the value out.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise BadCatalogue(f"Line {line} is nested deeper than {MAX_DEPTH} levels.")


def _is_component(document: Any) -> bool:
    return isinstance(document, dict) and document.get("kind") == "Component"


def _component(document: dict[str, Any]) -> Component:
    metadata, spec = _mapping(document, "metadata"), _mapping(document, "spec")
    name = _text(metadata, "name")
    if not name:
        raise BadCatalogue("A component has no `metadata.name`.")
    return Component(
        name=name,
        title=_text(metadata, "title"),
        description=_text(metadata, "description"),
        owner=_text(spec, "owner").rpartition("/")[2].rpartition(":")[2],
        tier=_tier(metadata),
        links=list(_links(metadata.get("links"))),
    )


def _mapping(parent: dict[str, Any], key: str) -> dict[str, Any]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _text(parent: dict[str, Any], key: str) -> str:
    value = parent.get(key)
    return value.strip() if isinstance(value, str) else ""


def _tier(metadata: dict[str, Any]) -> int | None:
    """From a label or an annotation, such as `tier: "1"` or `example.com/tier: tier-1`."""
    for part in ("labels", "annotations"):
        for key, value in _mapping(metadata, part).items():
            if str(key).rpartition("/")[2].rpartition(".")[2] in ("tier", "service-tier") and isinstance(value, str):
                figure = value.lower().removeprefix("tier").strip(" -_")
                if figure in ("1", "2", "3", "4"):
                    return int(figure)
    return None


def _links(value: Any) -> Iterator[dict[str, str]]:
    for link in (value if isinstance(value, list) else [])[:MAX_LINKS]:
        if isinstance(link, dict) and (url := _text(link, "url")).startswith(("https://", "http://")) and len(url) <= 500:
            yield {"url": url, "title": _text(link, "title")[:200], "type": _text(link, "type")[:40]}
