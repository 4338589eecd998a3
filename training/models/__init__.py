"""Plans, tasks and assignments, certificates, diagnoses with advice, and connections to learning platforms."""

from training.models.assignments import Assignment, AssignmentQuerySet
from training.models.certificates import Certificate, CertificateQuerySet
from training.models.diagnosis import AdviceRequest, AdviceRequestQuerySet, Diagnosis, DiagnosisQuerySet
from training.models.grades import Grade, GradeQuerySet
from training.models.groups import GroupMember, GroupSession, GroupStep
from training.models.launches import Item, Launch, LaunchQuerySet, may_enter_by_launch, plans_of
from training.models.plans import AssignResult, Plan, PlanItem, PlanQuerySet, earliest_success
from training.models.platforms import Platform, PlatformPerson, PlatformQuerySet, ToolKey, ToolKeyQuerySet
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
    "Grade",
    "GradeQuerySet",
    "GroupMember",
    "GroupSession",
    "GroupStep",
    "Item",
    "Launch",
    "LaunchQuerySet",
    "Meet",
    "Plan",
    "PlanItem",
    "PlanQuerySet",
    "Platform",
    "PlatformPerson",
    "PlatformQuerySet",
    "RecordStore",
    "RecordStoreQuerySet",
    "Statement",
    "StatementQuerySet",
    "Task",
    "TaskQuerySet",
    "Titles",
    "ToolKey",
    "ToolKeyQuerySet",
    "earliest_success",
    "may_enter_by_launch",
    "plans_of",
]
