"""Models of defects: the defect itself, the zero bug policy, and bug bankruptcies."""

from defects.models.bankruptcy import REOPEN_FOR, Bankruptcy, BankruptcyRow, bankruptcy_of
from defects.models.defect import NOT_VALID, Defect, DefectQuerySet, Resolution
from defects.models.policy import MOST_DAYS, USUAL_DAYS, Kept, Promise, ZeroBugPolicy, kept_in, promised

__all__ = [
    "MOST_DAYS",
    "NOT_VALID",
    "REOPEN_FOR",
    "USUAL_DAYS",
    "Bankruptcy",
    "BankruptcyRow",
    "Defect",
    "DefectQuerySet",
    "Kept",
    "Promise",
    "Resolution",
    "ZeroBugPolicy",
    "bankruptcy_of",
    "kept_in",
    "promised",
]
