"""Training: scenarios with immutable versions, attempts as append-only events, checks, plans, certificates.

The texts live in `scenarios/library/`; the arithmetic in `scenarios.engine` and `scenarios.checks`. Here is what
happened: who decided what, who was asked to learn what by when, and what was earned.
"""

from scenarios.models.assignments import Assignment, AssignmentQuerySet, ItemKind
from scenarios.models.cases import (
    Attempt,
    AttemptQuerySet,
    DecisionEvent,
    NotOffered,
    OutOfStep,
    Scenario,
    ScenarioQuerySet,
    ScenarioVersion,
    TooSoon,
)
from scenarios.models.certificates import Certificate, CertificateQuerySet
from scenarios.models.diagnosis import AdviceRequest, AdviceRequestQuerySet, Diagnosis, DiagnosisQuerySet
from scenarios.models.learning import (
    CheckAnswer,
    CheckAnswerQuerySet,
    LibraryLink,
    LibraryLinkQuerySet,
    PageEdit,
    PageEditQuerySet,
    PageRead,
    PageReadQuerySet,
)
from scenarios.models.plans import Handed, Plan, PlanItem, PlanQuerySet, earliest_success

__all__ = [
    "AdviceRequest",
    "AdviceRequestQuerySet",
    "Assignment",
    "AssignmentQuerySet",
    "Attempt",
    "AttemptQuerySet",
    "Certificate",
    "CertificateQuerySet",
    "CheckAnswer",
    "CheckAnswerQuerySet",
    "DecisionEvent",
    "Diagnosis",
    "DiagnosisQuerySet",
    "Handed",
    "ItemKind",
    "LibraryLink",
    "LibraryLinkQuerySet",
    "NotOffered",
    "OutOfStep",
    "PageEdit",
    "PageEditQuerySet",
    "PageRead",
    "PageReadQuerySet",
    "Plan",
    "PlanItem",
    "PlanQuerySet",
    "Scenario",
    "ScenarioQuerySet",
    "ScenarioVersion",
    "TooSoon",
    "earliest_success",
]
