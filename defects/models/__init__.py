"""Models of defects: the defect itself with its timeline and links, the zero bug policy, and bug bankruptcies."""

from defects.models import odc
from defects.models.bankruptcy import REOPEN_FOR, Bankruptcy, BankruptcyRow, bankruptcy_of
from defects.models.defect import BULK, FIXED_FOR_GOOD, NOT_VALID, Defect, DefectQuerySet, Resolution, Status
from defects.models.links import MOST_LINKS, DefectLink
from defects.models.policy import (
    LATE,
    MOST_DAYS,
    USUAL_DAYS,
    Kept,
    Promise,
    ZeroBugPolicy,
    due_in,
    kept_in,
    promised,
    unpromised,
)
from defects.models.timeline import DefectEntry, DefectPin

__all__ = [
    "BULK",
    "FIXED_FOR_GOOD",
    "LATE",
    "MOST_DAYS",
    "MOST_LINKS",
    "NOT_VALID",
    "REOPEN_FOR",
    "USUAL_DAYS",
    "Bankruptcy",
    "BankruptcyRow",
    "Defect",
    "DefectEntry",
    "DefectLink",
    "DefectPin",
    "DefectQuerySet",
    "Kept",
    "Promise",
    "Resolution",
    "Status",
    "ZeroBugPolicy",
    "bankruptcy_of",
    "due_in",
    "kept_in",
    "odc",
    "promised",
    "unpromised",
]
