"""Plans and assignments, certificates, and diagnoses with advice."""

from training.models.assignments import Assignment, AssignmentQuerySet
from training.models.certificates import Certificate, CertificateQuerySet
from training.models.diagnosis import AdviceRequest, AdviceRequestQuerySet, Diagnosis, DiagnosisQuerySet
from training.models.groups import GroupMember, GroupSession, GroupStep
from training.models.plans import AssignResult, Plan, PlanItem, PlanQuerySet, earliest_success

__all__ = [
    "AdviceRequest",
    "AdviceRequestQuerySet",
    "AssignResult",
    "Assignment",
    "AssignmentQuerySet",
    "Certificate",
    "CertificateQuerySet",
    "Diagnosis",
    "DiagnosisQuerySet",
    "GroupMember",
    "GroupSession",
    "GroupStep",
    "Plan",
    "PlanItem",
    "PlanQuerySet",
    "earliest_success",
]
