"""The kinds of records that a file can contain."""

from typing import Any

from defects.models import Defect
from incidents.models import Incident
from pipeline.models import Change, Deployment

# Records with a life first, then facts, which have neither status nor duplicates and are not counted each night.
MODELS: dict[str, Any] = {"defects": Defect, "incidents": Incident, "changes": Change, "deployments": Deployment}
