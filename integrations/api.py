"""Imports over the API: send a file, follow its import, start and undo it. The rules are those of the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Case, F, QuerySet, When
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from rest_framework import exceptions, generics, serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from integrations.failed import failed_rows_file
from integrations.forms import name_of, too_large
from integrations.kinds import KINDS, kinds_for
from integrations.matching.plan import BadPlan, Plan
from integrations.matching.presets import PRESETS
from integrations.models import ImportJob, NoRoom, SavedMapping
from integrations.reading import UnreadableFile, open_table
from integrations.status import status_of
from qmportal.lib.api import BodyTooLarge, Conflict, refuse_undeclared
from qmportal.lib.days import organisation_zone
from qmportal.lib.queries import AnyOf
from qmportal.lib.raw_files import RawFile
from teams.authentication import person
from teams.idempotency import digest_of, once
from teams.models import Role, Team, User
from teams.permissions import can_import_somewhere, is_admin, require

MANAGERS_ONLY = "Only team managers and admins can import files."


class Unreadable(exceptions.ValidationError):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "unreadable_file"


class TooMany(exceptions.APIException):
    status_code = status.HTTP_429_TOO_MANY_REQUESTS
    default_code = "no_room"


# --- Rows ---------------------------------------------------------------------------------------------------------------


class ImportRow(serializers.Serializer):
    id = serializers.IntegerField()
    file_name = serializers.CharField()
    kind = serializers.SerializerMethodField(
        help_text="`defects`, `incidents`, `changes`, `deployments`, `teams` or `people`; empty until the file is read."
    )
    tool = serializers.SerializerMethodField(help_text="The tool that made the file. Empty until it has been read.")
    team = serializers.CharField(source="team_slug", allow_null=True, help_text="The team for all rows.")
    status = serializers.SerializerMethodField()
    phase = serializers.ChoiceField(ImportJob.Phase.choices)
    created_at = serializers.DateTimeField()
    imported_at = serializers.DateTimeField(allow_null=True)
    rows = serializers.IntegerField(allow_null=True)
    created = serializers.IntegerField(allow_null=True, help_text="Created, or to create.")
    updated = serializers.IntegerField(allow_null=True)
    unchanged = serializers.IntegerField(allow_null=True)
    left_out = serializers.IntegerField(allow_null=True)
    failed = serializers.IntegerField(allow_null=True, help_text="Rows with errors.")

    def get_kind(self, row: dict[str, Any]) -> str:
        return row["mapping_key"].partition("/")[0]

    def get_tool(self, row: dict[str, Any]) -> str:
        return row["mapping_key"].partition("/")[2]

    def get_status(self, row: dict[str, Any]) -> str:
        return status_of(row["phase"], row["state"], row)


COUNTS = ("rows", "created", "updated", "unchanged", "left_out", "failed")
OWN = ("id", "file_name", "mapping_key", "phase", "state", "created_at", "imported_at")


class WorkProgress(serializers.Serializer):
    done = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField()


class CountRow(serializers.Serializer):
    reason = serializers.CharField()
    rows = serializers.IntegerField()


class OpenQuestion(serializers.Serializer):
    field = serializers.CharField()
    detail = serializers.CharField()


class FaultRow(serializers.Serializer):
    """Errors of one kind."""

    column = serializers.CharField(help_text="The column of the file. Empty for the whole row.")
    detail = serializers.CharField(help_text="What is wrong and how to fix it, with the first row as the example.")
    rows = serializers.IntegerField()
    lines = serializers.ListField(child=serializers.IntegerField(), help_text="The first lines.")


class MovedRow(serializers.Serializer):
    team = serializers.CharField(source="slug")
    metric = serializers.CharField()
    windows = serializers.ListField(child=serializers.IntegerField())
    before = serializers.CharField(allow_null=True)
    after = serializers.CharField(allow_null=True)


class UndoneRow(serializers.Serializer):
    deleted = serializers.IntegerField()
    restored = serializers.IntegerField()
    skipped = CountRow(many=True)


class ImportInFull(ImportRow):
    finished = serializers.BooleanField(help_text="Nothing more happens unless you act.")
    error = serializers.CharField(help_text="Why it failed. Empty otherwise.")
    progress = WorkProgress()
    questions = OpenQuestion(many=True, help_text="What to answer before the file can be checked.")
    linked = serializers.IntegerField(allow_null=True, help_text="Linked to their originals as duplicates.")
    stage_unknown = serializers.IntegerField(allow_null=True)
    reasons_left_out = CountRow(many=True)
    remarks = serializers.ListField(child=serializers.CharField())
    notes = CountRow(many=True)
    errors = FaultRow(many=True)  # type: ignore[assignment]
    failed_rows = serializers.CharField(allow_null=True, help_text="Address of the first 100,000 rows with errors, as CSV.")
    tiers_up_to_date = serializers.BooleanField(allow_null=True, help_text="Null before anything was imported.")
    moved_tiers = MovedRow(many=True)
    undone = UndoneRow(allow_null=True)
    can_start = serializers.BooleanField()
    can_undo = serializers.BooleanField()
    undo_until = serializers.DateTimeField(allow_null=True)
    page = serializers.CharField(help_text="Address of its page in the portal.")


def in_full(job: ImportJob) -> dict[str, Any]:
    result = job.result
    row = {name: getattr(job, name) for name in OWN} | {name: result.get(name) for name in COUNTS}
    undone = result.get("undone")
    waits = job.is_looked_through
    more = {
        "team_slug": job.shown_team and job.shown_team.slug,
        "finished": job.is_over,
        "error": job.error if job.state == job.State.FAILED else "",
        "progress": {"done": job.progress_done, "total": job.progress_total, "percent": job.percent},
        "questions": [{"field": name, "detail": said} for name, said in job.questions().items()] if waits else [],
        "linked": result.get("linked"),
        "stage_unknown": result.get("stage_unknown"),
        "reasons_left_out": counted(result.get("skipped", {})),
        "remarks": list(dict.fromkeys([*job.survey.get("notes", []), *result.get("remarks", [])])),
        "notes": counted(result.get("notes", {})),
        "errors": [each | {"detail": each["sentence"]} for each in result.get("faults", [])],
        "failed_rows": address("api_import_failed", job) if job.file and result.get("failed") else None,
        "tiers_up_to_date": job.nights and job.nights.has_newest,
        "moved_tiers": job.moved_tiers() if job.phase == job.Phase.IMPORT else [],
        "undone": undone and {**undone, "skipped": counted(undone["skipped"])},
        "can_start": job.can_start,
        "can_undo": job.can_undo(timezone.now()),
        "undo_until": job.undo_until,
        "page": settings.SITE_URL + job.get_absolute_url(),
    }
    return dict(ImportInFull(row | more).data)


def counted(numbers: dict[str, int]) -> list[dict[str, Any]]:
    return [{"reason": reason, "rows": number} for reason, number in numbers.items()]


def address(name: str, job: ImportJob) -> str:
    return settings.SITE_URL + reverse(name, args=[job.pk])


# --- A new file ---------------------------------------------------------------------------------------------------------


class NewImport(serializers.Serializer):
    file = serializers.FileField(max_length=1000, help_text="As the tool exported it, up to 200 MB.")
    name = serializers.CharField(required=False, max_length=200, help_text="The file's name, if the body is the file.")
    kind = serializers.ChoiceField(list(KINDS), required=False, help_text="Default: what the file looks like.")
    team = serializers.CharField(required=False, max_length=60, help_text="Slug of the team for all rows.")
    mapping = serializers.CharField(
        required=False,
        trim_whitespace=False,
        help_text="The name of a saved mapping or of a tool, or a mapping itself as YAML or JSON. Default: detected.",
    )
    check_only = serializers.BooleanField(required=False, default=False, help_text="Check the rows and import nothing.")
    skip_errors = serializers.BooleanField(
        required=False, default=False, help_text="Import the valid rows. Without it, a file with an error changes nothing."
    )
    create_teams = serializers.BooleanField(required=False, default=False, help_text="Create missing teams. Admins only.")
    send_invitations = serializers.BooleanField(
        required=False,
        default=True,
        help_text="People: mail the invitations at once. Otherwise you send them from the page.",
    )

    def validate_kind(self, kind: str) -> str:
        if kind not in kinds_for(self.context["user"]):
            raise serializers.ValidationError(f"Only admins can import {kind}.")
        return kind

    def validate_file(self, file: UploadedFile) -> UploadedFile:
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            raise BodyTooLarge(too_large())
        return file

    def validate_team(self, slug: str) -> Team:
        team = Team.objects.with_rows_for(self.context["user"], Role.MANAGER).filter(slug=slug).first()
        if team is None:
            raise serializers.ValidationError("Choose the slug of a team you can import into.")
        return team

    def validate_create_teams(self, wanted: bool) -> bool:
        if wanted and not is_admin(self.context["user"]):
            raise serializers.ValidationError("Only admins can create teams.")
        return wanted

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if mapping := sent.pop("mapping", ""):
            sent["plan"] = plan_called(mapping, sent.get("kind", ""), self.context["user"])
        return sent


def plan_called(mapping: str, kind: str, user: User) -> Plan:
    """The plan of a saved mapping or a tool with this name, or the one written here. Raises a problem of `mapping`."""
    saved = SavedMapping.objects.usable_by(user).filter(name=mapping).order_by(F("owner").asc(nulls_last=True)).first()
    plan = saved.as_plan if saved else tool_called(mapping, kind)
    try:
        plan = plan or Plan.from_yaml(mapping)
    except BadPlan as bad:
        told = [f"There is no mapping “{mapping[:60]}”."] if ":" not in mapping else [each.sentence for each in bad.problems]
        raise serializers.ValidationError({"mapping": told}) from None
    if plan.kind not in kinds_for(user):
        raise serializers.ValidationError({"mapping": f"Only admins can import {plan.kind}."})
    if kind and plan.kind != kind:
        raise serializers.ValidationError({"mapping": f"This mapping reads {plan.kind}, not {kind}."})
    return plan


def tool_called(name: str, kind: str) -> Plan | None:
    """A plan for the tool with this name. A tool with several kinds of rows needs to be told which one."""
    kinds = [preset.kind for preset in PRESETS.values() if preset.name == name]
    if not kinds:
        return None
    if not kind and len(kinds) > 1:
        raise serializers.ValidationError({"kind": f"“{name}” reads {' and '.join(kinds)}. Say which."})
    if kind and kind not in kinds:
        raise serializers.ValidationError({"mapping": f"“{name}” doesn't read {kind}."})
    return Plan(kind or kinds[0], name, zone=organisation_zone().key)


# --- Views --------------------------------------------------------------------------------------------------------------


def mine(request: Request) -> QuerySet[ImportJob]:
    return ImportJob.objects.visible_to(request.user)


def found(request: Request, id: int) -> ImportJob:
    refuse_undeclared(request, {"format"})
    return get_object_or_404(mine(request).select_related("team", "nights", "requested_by"), pk=id)


def accepted(job: ImportJob) -> Response:
    job.refresh_from_db()
    return Response(in_full(job), status=status.HTTP_202_ACCEPTED, headers={"Location": address("api_import", job)})


class ImportList(generics.ListAPIView[Any]):
    """Files you sent. POST sends one, which is read, checked and imported in the background.

    Its address is in `Location`: ask there until `finished` is true. `status` then says what came of it: `imported`,
    `unchanged` (every row is known already), `checked` (with `check_only`), `has_errors`, `needs_matching` or `failed`.
    """

    serializer_class = ImportRow
    parser_classes = [MultiPartParser, RawFile]
    queryset = ImportJob.objects.none()
    orderings = ("-created_at", "created_at")

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return ImportJob.objects.none()
        require(can_import_somewhere(person(self.request)), MANAGERS_ONLY)
        counts = {name: F(f"result__{name}") for name in COUNTS}
        slug = Case(When(AnyOf("team", person(self.request).reach_of_rows), then=F("team__slug")))
        return mine(self.request).order_by().values(*OWN, team_slug=slug, **counts)

    def post(self, request: Request) -> Response:
        require(can_import_somewhere(person(request)), MANAGERS_ONLY)
        sent = NewImport(data=self._sent(request), context={"user": person(request)})
        sent.is_valid(raise_exception=True)
        told = sent.validated_data
        with told["file"]:
            return once(request, lambda: self._upload(person(request), told), lambda: digest(told))

    def _sent(self, request: Request) -> dict[str, Any]:
        """The fields of the form or the file that is the body, and the parameters of the address."""
        known = set(NewImport().fields)
        refuse_undeclared(request, {"format", *known} - {"file"})
        fields = dict(cast(dict[str, Any], request.data).items())
        if unknown := sorted(set(fields) - known):
            sentence = f"Unknown field. Known: {', '.join(sorted(known))}."
            raise exceptions.ValidationError(dict.fromkeys(unknown, sentence))
        return request.query_params.dict() | fields

    def _upload(self, user: User, told: dict[str, Any]) -> Response:
        file, plan = told["file"], told.get("plan")
        file.name = told.get("name") or file.name
        try:
            open_table(file, name=file.name).close()
            job = ImportJob.upload(
                file,
                file_name=name_of(file),
                requested_by=user,
                team=told.get("team"),
                plan=plan.as_json() if plan else {},
                mapping_key=plan.key if plan else f"{told.get('kind', '')}/",
                create_teams=told["create_teams"],
                skip_errors=told["skip_errors"],
                sends_invitations=told["send_invitations"],
                until=ImportJob.Phase.CHECK if told["check_only"] else ImportJob.Phase.IMPORT,
            )
        except UnreadableFile as problem:
            raise Unreadable({"file": str(problem)}) from None
        except NoRoom as problem:
            raise TooMany(str(problem)) from None
        return accepted(job)


def digest(told: dict[str, Any]) -> str:
    """Identifies a request by its file's content and its other fields."""
    content = hashlib.sha256()
    for chunk in pieces(told["file"]):
        content.update(chunk)
    return digest_of({name: str(value) for name, value in told.items() if name != "file"} | {"file": content.hexdigest()})


def pieces(file: UploadedFile) -> Iterable[bytes]:
    yield from file.chunks()
    file.seek(0)


class ImportDetail(APIView):
    """One of your imports: progress, counts, errors by kind, tiers that changed."""

    def get(self, request: Request, id: int) -> Response:
        return Response(in_full(found(request, id)))


class ImportFailedRows(APIView):
    """The rows with errors in the file's own columns, with one more that states the problem. CSV."""

    def get(self, request: Request, id: int) -> HttpResponseBase:
        answer = failed_rows_file(found(request, id))
        if answer is None:
            raise Http404
        return answer


class StartImport(serializers.Serializer):
    skip_errors = serializers.BooleanField(required=False, default=False, help_text="Import the valid rows.")


class ImportStart(APIView):
    """Imports a checked file."""

    def post(self, request: Request, id: int) -> Response:
        job = found(request, id)
        require(can_import_somewhere(person(request)), MANAGERS_ONLY)
        sent = StartImport(data=request.data)
        sent.is_valid(raise_exception=True)
        return once(request, lambda: self._start(job, sent.validated_data["skip_errors"]))

    def _start(self, job: ImportJob, skip_errors: bool) -> Response:
        if job.can_start and job.result["failed"] and not skip_errors:
            raise exceptions.ValidationError({"skip_errors": "Some rows have errors. Fix the file, or leave them out."})
        if not job.can_start or not job.start(skip_errors=skip_errors):
            raise Conflict("This file is not waiting to be imported.")
        return accepted(job)


class ImportUndo(APIView):
    """Undoes an import, for seven days. Records that somebody changed since are left alone and counted."""

    def post(self, request: Request, id: int) -> Response:
        job = found(request, id)
        require(can_import_somewhere(person(request)), MANAGERS_ONLY)
        return once(request, lambda: self._undo(job))

    def _undo(self, job: ImportJob) -> Response:
        if not job.can_undo(timezone.now()) or not job.start_undo():
            raise Conflict("This import can't be undone.")
        return accepted(job)
