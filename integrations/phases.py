"""The phases of an import: what a worker does with an uploaded file to read, check, import or undo it.

`ImportJob` keeps what comes of each phase, and says which comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, BinaryIO, cast

from django.db import connections, transaction
from django.utils import timezone

from integrations.importer import Importer, Refused, Report
from integrations.kinds import LISTS, MODELS, kinds_for
from integrations.lookups import own_words
from integrations.matching.guess import guess
from integrations.matching.plan import Plan
from integrations.matching.survey import Survey
from integrations.reading import Shape, UnreadableFile, open_table
from integrations.roster import ROSTERS
from integrations.roster.listing import Roster
from integrations.roster.undo import undo as undo_roster
from integrations.sources import lacks_source, list_name
from integrations.undo import Undo, Undone
from qmportal.lib.days import organisation_zone
from teams.permissions import can_import_teams

if TYPE_CHECKING:
    from integrations.models import ImportJob

# What can be wrong with a file: its uploader reads the sentence.
FORESEEN = (UnreadableFile, Refused)
# How many of a person's last imports are searched for the source of a list.
LAST_IMPORTS = 100
# Rows between two progress reports.
REPORTED = 5_000
NO_TEAM = "The file has no column for the team. Choose the team for all rows."


def look(job: ImportJob) -> None:
    """Reads the whole file: what its columns contain, and what they probably mean."""
    with job.file.open("rb") as raw:
        table = open_table(cast(BinaryIO, raw), Shape(**job.shape), job.file_name)
        try:
            survey = Survey(table.header)
            for number, (_, cells) in enumerate(table.records()):
                survey.add(cells)
                if number % REPORTED == 0:
                    job.report(table.done, table.total)
        finally:
            table.close()
    survey.close()
    if not survey.rows:
        raise UnreadableFile("The file has a header and no rows.")
    plan, note, misfit = _planned(job, survey)
    opened = {
        "encodings": table.encodings,
        "sheets": table.sheets,
        "notes": [*table.notes, *filter(None, [note, misfit])],
        "misfit": misfit,
    }
    job.survey, job.shape = survey.as_json() | opened, asdict(table.shape)
    job.plan, job.mapping_key = plan.as_json(), plan.key
    job.save(update_fields=["survey", "shape", "plan", "mapping_key"])


def _planned(job: ImportJob, survey: Survey) -> tuple[Plan, str, str]:
    """(plan, note, misfit): the chosen mapping's plan, else a guess. `misfit`: why a person must look at it."""
    if not job.plan:
        return _guessed(job, survey, kind=job.kind), "", ""
    chosen = plan_of(job)
    plan, gone = chosen.fitted_to(survey.header)
    # Without any of its columns, a mapping would fall back to the names that the tool has for them.
    problems = plan.problems(survey.header) if plan.columns else chosen.problems(survey.header)
    if not problems:
        note = f"The file lacks these columns of the mapping: {', '.join(gone)}." if gone else ""
        return _with_source(job, plan), note, ""
    misfit = f"The mapping you chose doesn't fit this file: {problems[0].sentence}"
    return _guessed(job, survey, kind=plan.kind), "", misfit


def plan_of(job: ImportJob) -> Plan:
    return Plan.from_json(job.plan)


def guessed(job: ImportJob, *, kind: str, tool: str) -> Plan:
    """A new guess for a file that has been read, of this kind and from this tool."""
    return _guessed(job, Survey.from_json(job.survey), kind=kind, tool=tool)


def _guessed(job: ImportJob, survey: Survey, kind: str = "", tool: str = "") -> Plan:
    found = guess(survey, kind=kind, tool=tool, zone=organisation_zone().key, own=own_words(job.writable_teams()))
    if job.requested_by is None or found.plan.kind not in kinds_for(job.requested_by):
        return _guessed(job, survey, kind=next(iter(MODELS)))
    return _with_source(job, found.plan)


def _with_source(job: ImportJob, plan: Plan) -> Plan:
    """The plan with a source of its own for a spreadsheet: as in the last import of this list, else its name."""
    if not lacks_source(plan):
        return plan
    name = list_name(job.file_name)
    mine = type(job).objects.filter(requested_by=job.requested_by_id, mapping_key=plan.key)
    earlier = mine.exclude(imported_at=None).order_by("-imported_at")
    known = (
        kept
        for kept, file_name in earlier.values_list("plan__source", "file_name")[:LAST_IMPORTS]
        if kept and list_name(file_name) == name
    )
    return replace(plan, source=next(known, name))


def questions(job: ImportJob) -> dict[str, str]:
    """What the uploader must answer before the file can be checked, by field or part of the mapping."""
    plan, found = plan_of(job), dict[str, str]()
    if misfit := job.survey.get("misfit"):
        found["mapping"] = misfit
    for name, sentence in plan.problems(Survey.from_json(job.survey).header):
        found.setdefault(name or "mapping", sentence)
    if not job.team_id and not plan.names_team:
        found.setdefault("team", NO_TEAM)
    return found


def check(job: ImportJob) -> None:
    """Reads every row as an import would, and writes nothing."""
    with job.file.open("rb") as raw:
        outcome = _importer(job).check(cast(BinaryIO, raw), job.report)
    job.keep(outcome)


def write(job: ImportJob) -> None:
    """Imports the file, inside the caller's transaction, and asks for the nights that it touched."""
    with job.file.open("rb") as raw, _progress_beside(job) as report:
        outcome = _importer(job).write(cast(BinaryIO, raw), skip_errors=job.skip_errors, report=report)
    job.imported_at = timezone.now()
    job.keep(outcome)
    if not outcome.failed:
        transaction.on_commit(job.forget_file)
    if outcome.earliest:
        job.keep_tiers(outcome.teams)
        job.request_nights()


def teams_of(job: ImportJob) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    """(writable, visible) ids of the uploader's teams; None for all teams. Read again at the start of each phase.

    Permissions may have been withdrawn since the upload. Raises `UnreadableFile` if the uploader is gone or inactive.
    """
    user = job.requested_by
    if user is None or not user.is_active:
        raise UnreadableFile("The person who uploaded the file has left.")
    if job.kind == "teams" and not can_import_teams(user):
        raise UnreadableFile("Only admins can import teams.")
    if user.is_admin:
        return None, None
    allowed = frozenset(job.writable_teams().values_list("pk", flat=True))
    return allowed, frozenset(team.pk for team in user.reach)


def _importer(job: ImportJob) -> Importer | Roster:
    allowed, visible = teams_of(job)
    if job.kind in LISTS:
        return ROSTERS[job.kind](
            plan_of(job),
            now=timezone.now(),
            team=job.team,
            allowed=allowed,
            shape=Shape(**job.shape),
            name=job.file_name,
            by=job.requested_by,
            sends=job.sends_invitations,
            remember=job.notebook,
        )
    return Importer(
        plan_of(job),
        now=timezone.now(),
        team=job.team,
        allowed=allowed,
        visible=visible,
        create_teams=job.create_teams,
        shape=Shape(**job.shape),
        name=job.file_name,
        remember=job.notebook,
    )


def undo(job: ImportJob, allowed: frozenset[int] | None) -> None:
    """Undoes the import, inside the caller's transaction. `allowed`: ids of teams that may be written; None for all."""
    undone = _undo_roster(job, allowed) if job.kind in LISTS else _undo_records(job, allowed)
    job.result["undone"] = undone.as_json()
    job.save(update_fields=["result"])
    if undone.deleted + undone.restored and job.result["earliest"]:
        job.request_nights()


def _undo_records(job: ImportJob, allowed: frozenset[int] | None) -> Undone:
    with _progress_beside(job) as report:
        undone = Undo(
            job.kind,
            job.written.all(),
            later=job.rows_alike(imported_at__gt=job.imported_at),
            earlier=job.rows_alike(imported_at__lt=job.imported_at),
            now=timezone.now(),
            allowed=allowed,
        ).run(report)
    job.written.all().delete()
    return undone


def _undo_roster(job: ImportJob, allowed: frozenset[int] | None) -> Undone:
    entries = [each.as_entry for each in job.entries.order_by("pk")]
    undone = undo_roster(job.kind, entries, allowed=allowed)
    job.entries.all().delete()
    return undone


@contextmanager
def _progress_beside(job: ImportJob) -> Iterator[Report]:
    """Reports progress on a separate connection, since the import's own transaction is invisible until it commits."""
    beside = connections.create_connection("default")
    statement = (
        f"UPDATE {job._meta.db_table} SET progress_done = %s, progress_total = %s, lease_until = %s"  # noqa: S608
        " WHERE id = %s AND attempts = %s"
    )

    def report(done: int, total: int) -> None:
        with beside.cursor() as cursor:
            cursor.execute(statement, [done, total, timezone.now() + job.LEASE, job.pk, job.attempts])

    try:
        yield report
    finally:
        beside.close()
