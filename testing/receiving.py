"""Takes a report in: the API and the upload page both call `receive`."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, BinaryIO, cast

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from pipeline.models import Stage
from records import intake
from teams.models import User
from teams.permissions import can_report, require
from testing.models import TestRun
from testing.reports.either import read_report
from testing.reports.report import BadReport

# The stage of a report that names none, and the source of one whose sender names none.
STAGE, SOURCE = "ci", "report"
# Two commits can give the same report to the byte: a clean one has no time in it.
RUN_OF = ("name", "branch", "commit")


def receive(file: UploadedFile, values: dict[str, Any], *, by: User, at: datetime) -> tuple[TestRun, bool]:
    """The run of this report, and whether it is new: the same report is counted once.

    Raises ValidationError with the problems by field.
    """
    values = {"ran_at": at, "stage": Stage.objects.filter(slug=STAGE).first(), "source": SOURCE} | values
    values["external_id"] = values.get("external_id") or digest_of(file, values)
    run = TestRun()
    problems = intake.apply(run, values, by=by, at=at, door=intake.TYPED)
    if problems:
        raise ValidationError(problems)
    require(can_report(by, run.team))
    known = TestRun.objects.filter(team=run.team, source=run.source, external_id=run.external_id).first()
    if known:
        return known, False
    try:
        report = read_report(cast(BinaryIO, file))
    except BadReport as bad:
        raise ValidationError({"file": str(bad)}) from None
    run.take(report)
    return run, True


def digest_of(file: UploadedFile, values: dict[str, Any]) -> str:
    """Names a run whose sender gave it no ID: the same report of the same job on the same commit is the same run."""
    digest = hashlib.sha256("\0".join(str(values.get(name) or "") for name in RUN_OF).encode("utf-8", "replace"))
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()[:40]
