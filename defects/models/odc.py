"""Orthogonal Defect Classification (ODC): what set a defect off, what kind of fault it is, what is wrong with it.

The organisation decides whether forms ask for it: `settings.ODC`.
"""

from django.db import models


class Trigger(models.TextChoices):
    """What had to happen for the fault to surface."""

    DESIGN_CONFORMANCE = "design_conformance", "Design conformance"
    LOGIC_FLOW = "logic_flow", "Logic or flow"
    COMPATIBILITY = "compatibility", "Compatibility"
    CONCURRENCY = "concurrency", "Concurrency"
    DOCUMENTATION = "documentation", "Internal documentation"
    SIDE_EFFECTS = "side_effects", "Side effects"
    RARE_SITUATION = "rare_situation", "Rare situation"
    SIMPLE_PATH = "simple_path", "Simple path"
    COMPLEX_PATH = "complex_path", "Complex path"
    COVERAGE = "coverage", "Test coverage"
    VARIATION = "variation", "Test variation"
    SEQUENCING = "sequencing", "Test sequencing"
    INTERACTION = "interaction", "Test interaction"
    WORKLOAD = "workload", "Workload or stress"
    RECOVERY = "recovery", "Recovery or exception"
    STARTUP = "startup", "Start-up or restart"
    CONFIGURATION = "configuration", "Configuration"


class Type(models.TextChoices):
    """What the fix changed."""

    FUNCTION = "function", "Function"
    INTERFACE = "interface", "Interface"
    CHECKING = "checking", "Checking"
    ASSIGNMENT = "assignment", "Assignment"
    TIMING = "timing", "Timing or serialisation"
    ALGORITHM = "algorithm", "Algorithm"
    BUILD = "build", "Build or package"
    DOCUMENTATION = "documentation", "Documentation"


class Qualifier(models.TextChoices):
    MISSING = "missing", "Missing"
    INCORRECT = "incorrect", "Incorrect"
    EXTRANEOUS = "extraneous", "Extraneous"
