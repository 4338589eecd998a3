"""Test runs, what failed in them, and tests that are flaky.

A report is counted once, and each distinct failure has one row, however many tests and runs meet it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import Count, F, Max, Q
from django.urls import reverse

from defects.models import Defect
from pipeline.models import Service, Stage
from pipeline.models.facts import Fact, TeamRowsQuerySet
from qmportal.lib.history import tracked
from qmportal.lib.queries import AnyOf
from qmportal.lib.text import clean_line
from records import intake
from records.models import Severity
from teams.models import Team
from testing.reports.report import LONGEST_NAME, LONGEST_TITLE, Report
from testing.reports.report import Failure as Reported

# Bytes that stand for a test's name in the sets of a run.
MARK = 8
# How long these sets are kept, to find tests with both results on one commit.
MARKS_KEPT_FOR = timedelta(days=14)
# A run with more new failures than this points at its environment, so it files no defects.
MOST_NEW_DEFECTS = 50
SOURCES = {"tests": "ci-tests", "analysis": "ci-analysis"}
# By the level of a finding. A note is no defect.
SEVERITIES = {"error": "SEV3", "warning": "SEV4"}
FILED = intake.Door(shortened=lambda note: None)


class TestRunQuerySet(TeamRowsQuerySet["TestRun"]):
    def forget_marks(self, now: datetime) -> None:
        """Drops the sets of tests of old runs."""
        self.filter(ran_at__lt=now - MARKS_KEPT_FOR).exclude(passed_marks=b"", failed_marks=b"").update(
            passed_marks=b"", failed_marks=b""
        )


@tracked(without=("passed_marks", "failed_marks"))
class TestRun(Fact):
    """A report of one run of tests or of static analysis. `name`: the job, so that two jobs are not compared."""

    __test__ = False  # for pytest

    REFERENCE_KIND = "RUN"
    TIMES = ("ran_at",)
    RULES = ()

    class Kind(models.TextChoices):
        TESTS = "tests", "Tests"
        ANALYSIS = "analysis", "Static analysis"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="test_runs")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, null=True, blank=True, related_name="test_runs")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("job", max_length=120, blank=True)
    branch = models.CharField(max_length=200, blank=True)
    commit = models.CharField(max_length=64, blank=True)
    ran_at = models.DateTimeField("ran")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TESTS, editable=False)
    tool = models.CharField(max_length=200, blank=True, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    failed = models.PositiveIntegerField(default=0, editable=False)
    flaky = models.PositiveIntegerField(default=0, editable=False)
    skipped = models.PositiveIntegerField(default=0, editable=False)
    distinct = models.PositiveIntegerField("distinct failures", default=0, editable=False)
    filed = models.PositiveIntegerField("defects filed", default=0, editable=False)
    is_broken = models.BooleanField(default=False, editable=False)
    passed_marks = models.BinaryField(default=bytes, editable=False)
    failed_marks = models.BinaryField(default=bytes, editable=False)

    objects = TestRunQuerySet.as_manager()

    class Meta:
        ordering = ["-ran_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id", "team"], condition=~Q(external_id=""), name="test_run_external_unique"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "ran_at"], name="test_run_team_ran"),
            models.Index(fields=["team", "commit"], condition=~Q(commit=""), name="test_run_team_commit"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.name or self.tool}".strip()

    def get_absolute_url(self) -> str:
        return reverse("test_runs:detail", args=[self.reference])

    @transaction.atomic
    def take(self, report: Report) -> None:
        """Saves the run with its counts, failures and flaky tests. Runs of a team are taken one after the other."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"test-runs.{self.team_id}"])
        flaky = dict.fromkeys(report.flaky, Flake.How.RETRY) | self._both_results(report)
        self.kind, self.tool = report.kind, report.tool
        self.total, self.skipped, self.distinct = report.total, report.skipped, len(report.failures)
        self.failed, self.flaky = len(report.failed), len(flaky)
        self.passed_marks, self.failed_marks = joined(report.passed), joined(report.failed)
        self.save()
        failures = Failure.objects.seen_in(self, report)
        FlakyTest.objects.seen_in(self, flaky)
        self._file_defects(report, failures, flaky)

    def _both_results(self, report: Report) -> dict[str, str]:
        """Tests with another result in another run of the same job on the same commit."""
        if not self.commit or report.kind != self.Kind.TESTS:
            return {}
        others = TestRun.objects.filter(team=self.team, commit=self.commit, name=self.name, kind=self.Kind.TESTS)
        found: dict[str, str] = {}
        for passed, failed in others.values_list("passed_marks", "failed_marks"):
            found |= dict.fromkeys(among(report.failed, bytes(passed)), Flake.How.COMMIT)
            found |= dict.fromkeys(among(report.passed, bytes(failed)), Flake.How.COMMIT)
        return found

    def _file_defects(self, report: Report, failures: dict[str, Failure], flaky: dict[str, str]) -> None:
        """Files the new failures as defects, if the team wants that of runs of this branch."""
        rules = ReportSettings.of(self.team)
        if not rules.files_defects or not self.branch or self.branch != rules.default_branch:
            return
        new = [
            (failures[mark], said)
            for mark, said in report.failures.items()
            if failures[mark].defect_id is None
            and (said.risk is not None or said.level in SEVERITIES)
            and not (said.tests <= len(said.examples) and all(name in flaky for name in said.examples))
        ]
        self.is_broken = len(new) > MOST_NEW_DEFECTS
        if self.is_broken:
            new = []
        for failure, said in new:
            self.filed += failure.file_defect(self, said)
        if self.filed or self.is_broken:
            self.save()


def mark_of(name: str) -> bytes:
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=MARK).digest()


def joined(names: Iterable[str]) -> bytes:
    return b"".join(map(mark_of, names))


def among(names: Iterable[str], marks: bytes) -> list[str]:
    """The names whose marks are among these."""
    known = {marks[place : place + MARK] for place in range(0, len(marks), MARK)}
    return [name for name in names if mark_of(name) in known] if known else []


class FailureQuerySet(TeamRowsQuerySet["Failure"]):
    def of_run(self, run: TestRun) -> Any:
        """Those of one run, with `tests` and `examples`: how many tests met each, and the first of them."""
        rows: Any = self.filter(sightings__run=run)
        return rows.annotate(tests=F("sightings__tests"), examples=F("sightings__examples"))

    def seen_in(self, run: TestRun, report: Report) -> dict[str, Failure]:
        """Adds or updates the failures of a run. Returns them by fingerprint."""
        if not report.failures:
            return {}
        known = self.filter(AnyOf("fingerprint", list(report.failures)), team=run.team)
        new = set(report.failures) - set(known.values_list("fingerprint", flat=True))
        known.filter(last_seen_at__lt=run.ran_at).update(last_seen_at=run.ran_at)
        known.filter(first_seen_at__gt=run.ran_at).update(first_seen_at=run.ran_at)
        self.bulk_create(Failure.of(run, report.failures[mark]) for mark in sorted(new))
        found = {each.fingerprint: each for each in known.all()}
        Sighting.objects.bulk_create(
            Sighting(run=run, failure=found[mark], tests=said.tests, examples=[clean_name(each) for each in said.examples])
            for mark, said in report.failures.items()
        )
        return found


@tracked()
class Failure(models.Model):
    """A distinct failure of a team's tests, or a finding of static analysis. Its defect, if one was filed."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="failures", db_index=False)
    kind = models.CharField(max_length=8, choices=TestRun.Kind)
    fingerprint = models.CharField(max_length=32)
    title = models.CharField(max_length=LONGEST_TITLE)
    place = models.CharField(max_length=LONGEST_TITLE, blank=True)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    defect = models.ForeignKey(Defect, on_delete=models.SET_NULL, null=True, blank=True, related_name="failures")

    objects = FailureQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["team", "fingerprint"], name="failure_unique")]
        indexes = [models.Index(fields=["team", "last_seen_at"], name="failure_team_seen")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def of(cls, run: TestRun, said: Reported) -> Failure:
        return cls(
            team=run.team,
            kind=run.kind,
            fingerprint=said.fingerprint,
            title=clean(said.title) or "Failed",
            place=clean(said.place),
            first_seen_at=run.ran_at,
            last_seen_at=run.ran_at,
        )

    def file_defect(self, run: TestRun, said: Reported) -> bool:
        """Files it as a defect, or finds the one that was filed before. Whether it is new."""
        source = SOURCES[self.kind]
        known = Defect._base_manager.filter(team=self.team, source=source, external_id=self.fingerprint).first()
        defect: Any = known or Defect(source=source, external_id=self.fingerprint)
        if known is None:
            problems = intake.apply(defect, self._as_defect(run, said), by=None, at=run.ran_at, door=FILED)
            if problems:
                raise ValueError(problems)  # what a report says is cleaned, so this is a fault of ours
            defect.save()
        self.defect = defect
        self.save(update_fields=["defect"])
        return known is None

    def _as_defect(self, run: TestRun, said: Reported) -> dict[str, Any]:
        tests = self.kind == TestRun.Kind.TESTS
        more = said.tests - len(said.examples)
        names = "\n".join(said.examples) + (f"\nand {more:,} more" if more > 0 else "")
        return {
            "team": run.team,
            "title": self.title,
            "severity": Severity.objects.get(key=severity_of(said)),
            "stage_found": run.stage,
            "found_at": run.ran_at,
            "found_by": Defect.FoundBy.AUTOMATED_TEST if tests else Defect.FoundBy.STATIC_ANALYSIS,
            "component": clean(self.place),
            "version_found": run.commit,
            "actual": storable(f"{said.detail}\n\n{names}"),
        }


def severity_of(said: Reported) -> str:
    """By the risk of a security finding, as code scanning rates it, else by its level."""
    if said.risk is None:
        return SEVERITIES[said.level]
    return "SEV1" if said.risk >= 9 else "SEV2" if said.risk >= 7 else "SEV3" if said.risk >= 4 else "SEV4"


def storable(text: str) -> str:
    """Without what PostgreSQL can't store: null characters and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def clean(text: str, length: int = LONGEST_TITLE) -> str:
    return clean_line(storable(text))[:length]


class Sighting(models.Model):
    """A failure in a run: how many tests met it, and the first of them."""

    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="sightings", db_index=False)
    failure = models.ForeignKey(Failure, on_delete=models.CASCADE, related_name="sightings")
    tests = models.PositiveIntegerField()
    examples = ArrayField(models.TextField(), default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "failure"], name="sighting_unique")]

    def __str__(self) -> str:
        return f"{self.failure} in {self.run}"


class FlakyTestQuerySet(TeamRowsQuerySet["FlakyTest"]):
    def seen_in(self, run: TestRun, flaky: dict[str, str]) -> None:
        """Notes the flaky tests of a run."""
        if not flaky:
            return
        names = {clean_name(name): how for name, how in flaky.items()}
        known = self.filter(AnyOf("name", list(names)), team=run.team)
        new = set(names) - set(known.values_list("name", flat=True))
        self.bulk_create(FlakyTest(team=run.team, name=name) for name in sorted(new))
        Flake.objects.bulk_create(
            Flake(test=test, run=run, seen_at=run.ran_at, how=names[test.name]) for test in known.all()
        )

    def with_trend(self, since: datetime) -> Any:
        """`recent` and `earlier`: flakes since then, and of the 30 days before. The most frequent first."""
        recent = Q(flakes__seen_at__gte=since)
        earlier = Q(flakes__seen_at__gte=since - timedelta(days=30), flakes__seen_at__lt=since)
        rows: Any = self
        return rows.annotate(
            recent=Count("flakes", filter=recent),
            earlier=Count("flakes", filter=earlier),
            last_seen_at=Max("flakes__seen_at"),
        ).order_by("-recent", "-last_seen_at", "name")


@tracked()
class FlakyTest(models.Model):
    """A test that gave both results for the same code. Somebody of the team can own the repair."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="flaky_tests", db_index=False)
    name = models.CharField(max_length=LONGEST_NAME)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="flaky_tests"
    )

    objects = FlakyTestQuerySet.as_manager()

    # Set by `with_trend`.
    recent: int
    earlier: int

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="flaky_test_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def trend(self) -> str:
        """In words, compared with the 30 days before."""
        if self.recent > self.earlier:
            return "more often"
        return "less often" if self.recent < self.earlier else "as before"


def clean_name(name: str) -> str:
    return clean(name, LONGEST_NAME) or "unnamed"


class Flake(models.Model):
    """One time that a test was flaky."""

    class How(models.TextChoices):
        RETRY = "retry", "Passed on retry"
        COMMIT = "commit", "Both results on one commit"

    test = models.ForeignKey(FlakyTest, on_delete=models.CASCADE, related_name="flakes", db_index=False)
    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="flakes")
    seen_at = models.DateTimeField()
    how = models.CharField(max_length=6, choices=How)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["test", "run"], name="flake_unique")]

    def __str__(self) -> str:
        return f"{self.test} in {self.run}"


@tracked()
class ReportSettings(models.Model):
    """What a team wants from its reports. Off until a manager switches it on."""

    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="report_settings")
    files_defects = models.BooleanField("File failures of the main branch as defects", default=False)
    default_branch = models.CharField("main branch", max_length=200, default="main")

    def __str__(self) -> str:
        return f"Reports of {self.team}"

    @classmethod
    def of(cls, team: Team) -> ReportSettings:
        """The team's row, or the defaults if nobody has changed them."""
        return cls.objects.filter(team=team).first() or cls(team=team)
