"""Who was asked to learn what by when, what was earned, and what a team found out about itself."""

from training.models.assignments import Assignment, AssignmentQuerySet, ItemKind
from training.models.certificates import Certificate, CertificateQuerySet
from training.models.diagnosis import AdviceRequest, AdviceRequestQuerySet, Diagnosis, DiagnosisQuerySet
from training.models.plans import Handed, Plan, PlanItem, PlanQuerySet, earliest_success

__all__ = [
    "AdviceRequest",
    "AdviceRequestQuerySet",
    "Assignment",
    "AssignmentQuerySet",
    "Certificate",
    "CertificateQuerySet",
    "Diagnosis",
    "DiagnosisQuerySet",
    "Handed",
    "ItemKind",
    "Plan",
    "PlanItem",
    "PlanQuerySet",
    "earliest_success",
]
