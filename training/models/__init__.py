"""Plans, tasks and assignments, certificates, diagnoses with advice, and connections to learning platforms."""

from training.models.assignments import Assignment, AssignmentQuerySet
from training.models.certificates import Certificate, CertificateQuerySet
from training.models.diagnosis import AdviceRequest, AdviceRequestQuerySet, Diagnosis, DiagnosisQuerySet
from training.models.groups import GroupMember, GroupSession, GroupStep
from training.models.plans import AssignResult, Plan, PlanItem, PlanQuerySet, earliest_success
from training.models.stores import RecordStore, RecordStoreQuerySet, Statement, StatementQuerySet
from training.models.tasks import Meet, Task, TaskQuerySet
from training.models.titles import Titles

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
    "Meet",
    "Plan",
    "PlanItem",
    "PlanQuerySet",
    "RecordStore",
    "RecordStoreQuerySet",
    "Statement",
    "StatementQuerySet",
    "Task",
    "TaskQuerySet",
    "Titles",
    "earliest_success",
]
