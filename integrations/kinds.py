"""The kinds of rows that a file can contain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from defects.models import Defect
from incidents.models import Incident
from pipeline.models import Change, Deployment
from teams.permissions import can_import_teams

if TYPE_CHECKING:
    from teams.models import User

# Records with a life first, then facts, which have neither status nor duplicates and are not counted each night.
MODELS: dict[str, Any] = {"defects": Defect, "incidents": Incident, "changes": Change, "deployments": Deployment}
# Lists of the portal itself, which `integrations.roster` reads. Unlike records, they are judged and written as a whole.
LISTS = ("teams", "people")
KINDS = (*MODELS, *LISTS)


def kinds_for(user: User) -> tuple[str, ...]:
    """The kinds of files that this person can import."""
    return tuple(kind for kind in KINDS if kind != "teams" or can_import_teams(user))
