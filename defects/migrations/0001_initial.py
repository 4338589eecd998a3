import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

from qmportal.lib.tables import together
from records.models import flat_duplicates


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
        ("pipeline", "0001_initial"),
        ("records", "0001_initial"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            # Similar titles and search inside titles use trigrams.
            TrigramExtension(),
            migrations.CreateModel(
                name="Defect",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ("reference", models.CharField(editable=False, max_length=24, unique=True)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    ("source", models.CharField(blank=True, editable=False, max_length=40)),
                    ("external_id", models.CharField(blank=True, editable=False, max_length=120)),
                    (
                        "status_reason",
                        models.TextField(
                            blank=True, db_default="", default="", editable=False, max_length=2000, verbose_name="reason"
                        ),
                    ),
                    ("title", models.CharField(max_length=200)),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("new", "New"),
                                ("triaged", "Triaged"),
                                ("in_progress", "In progress"),
                                ("fixed", "Fixed"),
                                ("verified", "Verified"),
                                ("closed", "Closed"),
                                ("duplicate", "Duplicate"),
                                ("rejected", "Rejected"),
                            ],
                            default="new",
                            max_length=12,
                        ),
                    ),
                    (
                        "resolution",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("fixed", "Fixed"),
                                ("wont_fix", "Won't fix"),
                                ("works_as_designed", "Works as designed"),
                                ("cannot_reproduce", "Cannot reproduce"),
                                ("duplicate", "Duplicate"),
                                ("invalid", "Invalid"),
                                ("external", "External"),
                                ("declined", "Declined by policy"),
                            ],
                            max_length=20,
                        ),
                    ),
                    (
                        "priority",
                        models.CharField(
                            blank=True,
                            choices=[("urgent", "Urgent"), ("high", "High"), ("medium", "Medium"), ("low", "Low")],
                            max_length=8,
                        ),
                    ),
                    (
                        "found_by",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("customer", "Customer"),
                                ("tester", "Tester"),
                                ("developer", "Developer"),
                                ("automated_test", "Automated test"),
                                ("monitor", "Monitor"),
                                ("static_analysis", "Static analysis"),
                                ("review", "Review"),
                            ],
                            max_length=16,
                        ),
                    ),
                    ("component", models.CharField(blank=True, max_length=200)),
                    ("environment", models.CharField(blank=True, max_length=80)),
                    ("version_found", models.CharField(blank=True, max_length=80)),
                    ("version_fixed", models.CharField(blank=True, max_length=80)),
                    ("steps", models.TextField(blank=True, max_length=20000, verbose_name="steps to reproduce")),
                    ("expected", models.TextField(blank=True, max_length=5000, verbose_name="what should happen")),
                    ("actual", models.TextField(blank=True, max_length=5000, verbose_name="what happens")),
                    ("found_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="found")),
                    ("triaged_at", models.DateTimeField(blank=True, null=True, verbose_name="triaged")),
                    ("fixed_at", models.DateTimeField(blank=True, null=True, verbose_name="fixed")),
                    ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                    (
                        "time_to_fix",
                        models.GeneratedField(
                            db_persist=True,
                            expression=django.db.models.expressions.CombinedExpression(
                                models.F("fixed_at"), "-", models.F("found_at")
                            ),
                            output_field=models.DurationField(),
                        ),
                    ),
                    (
                        "assignee",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="defects_assigned",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "duplicate_of",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="duplicates",
                            to="defects.defect",
                        ),
                    ),
                    (
                        "reporter",
                        models.ForeignKey(
                            blank=True,
                            editable=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "severity",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="defects", to="records.severity"
                        ),
                    ),
                    (
                        "stage_found",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="defects_found",
                            to="pipeline.stage",
                            verbose_name="found in",
                        ),
                    ),
                    (
                        "stage_introduced",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="pipeline.stage",
                            verbose_name="introduced in",
                        ),
                    ),
                    (
                        "stage_should_catch",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="pipeline.stage",
                            verbose_name="should have been caught in",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="defects", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": ["-found_at", "-id"],
                    "indexes": [
                        models.Index(
                            condition=models.Q(("deleted_at", None)),
                            fields=["team", "found_at"],
                            include=("stage_found", "resolution"),
                            name="defect_team_found",
                        ),
                        models.Index(
                            condition=models.Q(("deleted_at", None)),
                            fields=["found_at"],
                            include=("team", "stage_found", "resolution"),
                            name="defect_found",
                        ),
                        models.Index(fields=["status", "team"], name="defect_status"),
                        models.Index(
                            condition=models.Q(("deleted_at", None)), fields=["severity", "id"], name="defect_by_severity"
                        ),
                        models.Index(
                            condition=models.Q(("deleted_at", None)),
                            fields=["stage_found", "id"],
                            name="defect_by_stage_found",
                        ),
                        models.Index(
                            condition=models.Q(("deleted_at", None)), fields=["status", "id"], name="defect_by_status"
                        ),
                        models.Index(condition=models.Q(("deleted_at", None)), fields=["title"], name="defect_by_title"),
                        models.Index(
                            condition=models.Q(("deleted_at", None), ("status__in", ["new", "triaged", "in_progress"])),
                            fields=["found_at"],
                            name="defect_open",
                        ),
                        models.Index(fields=["team", "updated_at"], name="defect_team_updated"),
                        django.contrib.postgres.indexes.GinIndex(
                            fields=["title"], name="defect_title_words", opclasses=["gin_trgm_ops"]
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("triaged_at__gte", models.F("found_at"))),
                            name="defect_found_before_triaged",
                            violation_error_message="A defect cannot be triaged before it is found.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("fixed_at__gte", models.F("found_at"))),
                            name="defect_found_before_fixed",
                            violation_error_message="A defect cannot be fixed before it is found.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("verified_at__gte", models.F("fixed_at"))),
                            name="defect_fixed_before_verified",
                            violation_error_message="A defect cannot be verified before it is fixed.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("closed_at__gte", models.F("found_at"))),
                            name="defect_found_before_closed",
                            violation_error_message="A defect cannot be closed before it is found.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["new"]), _negated=True), ("triaged_at", None), _connector="OR"
                            ),
                            name="defect_has_no_triaged_at_yet",
                            violation_error_message="A new defect is not triaged yet. Use Triage to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["new", "triaged", "in_progress"]), _negated=True),
                                ("fixed_at", None),
                                _connector="OR",
                            ),
                            name="defect_has_no_fixed_at_yet",
                            violation_error_message="An open defect is not fixed yet. Use “Mark as fixed” to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["new", "triaged", "in_progress", "fixed"]), _negated=True),
                                ("verified_at", None),
                                _connector="OR",
                            ),
                            name="defect_has_no_verified_at_yet",
                            violation_error_message="This defect is not verified yet. Use “Mark as verified” to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("status__in", ["new", "triaged", "in_progress", "fixed", "verified"]), _negated=True
                                ),
                                ("closed_at", None),
                                _connector="OR",
                            ),
                            name="defect_has_no_closed_at_yet",
                            violation_error_message="An open defect has no closing time. Use Close to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["fixed", "verified"]), _negated=True),
                                ("fixed_at__isnull", False),
                                models.Q(("source__in", ("", "form")), _negated=True),
                                _connector="OR",
                            ),
                            name="defect_needs_fixed_at",
                            violation_error_message="A fixed defect has the time of its fix. If it is not fixed, use Reopen.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["verified"]), _negated=True),
                                ("verified_at__isnull", False),
                                models.Q(("source__in", ("", "form")), _negated=True),
                                _connector="OR",
                            ),
                            name="defect_needs_verified_at",
                            violation_error_message="A verified defect has the time when the fix was verified. If it was not, use Reopen.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["closed", "duplicate", "rejected"]), _negated=True),
                                ("closed_at__isnull", False),
                                models.Q(("source__in", ("", "form")), _negated=True),
                                _connector="OR",
                            ),
                            name="defect_needs_closed_at",
                            violation_error_message="A closed defect has the time when it was closed. To open it again, use Reopen.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["closed", "duplicate", "rejected"]), _negated=True),
                                models.Q(("resolution", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="defect_closed_has_resolution",
                            violation_error_message="Choose how the defect was resolved: a closed defect has a resolution.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("status__in", ["closed", "duplicate", "rejected"]), ("resolution", ""), _connector="OR"
                            ),
                            name="defect_open_has_no_resolution",
                            violation_error_message="Only a closed defect has a resolution. Close it, or leave this empty.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("status", "duplicate"), ("resolution", "duplicate"), _connector="OR", _negated=True
                                ),
                                ("duplicate_of__isnull", False),
                                models.Q(("source__in", ("", "form")), _negated=True),
                                _connector="OR",
                            ),
                            name="defect_duplicate_has_original",
                            violation_error_message="Enter the defect that this one duplicates.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("duplicate_of", models.F("id")), _negated=True),
                            name="defect_not_its_own_duplicate",
                            violation_error_message="A record cannot be a duplicate of itself.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("source", "external_id", "team"),
                            name="defect_external_unique",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("source", "form")), fields=("external_id",), name="defect_submission_unique"
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_defectevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="333cf67a1e97679f3e86b0d62fd98364930e1d28",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_0140e",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="defects_defect",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectevent" ("actual", "assignee_id", "closed_at", "component", "deleted_at", "duplicate_of_id", "environment", "expected", "external_id", "fixed_at", "found_at", "found_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "reference", "reporter_id", "resolution", "severity_id", "source", "stage_found_id", "stage_introduced_id", "stage_should_catch_id", "status", "status_reason", "steps", "team_id", "title", "triaged_at", "verified_at", "version_fixed", "version_found") SELECT old_values."actual", old_values."assignee_id", old_values."closed_at", old_values."component", old_values."deleted_at", old_values."duplicate_of_id", old_values."environment", old_values."expected", old_values."external_id", old_values."fixed_at", old_values."found_at", old_values."found_by", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."priority", old_values."reference", old_values."reporter_id", old_values."resolution", old_values."severity_id", old_values."source", old_values."stage_found_id", old_values."stage_introduced_id", old_values."stage_should_catch_id", old_values."status", old_values."status_reason", old_values."steps", old_values."team_id", old_values."title", old_values."triaged_at", old_values."verified_at", old_values."version_fixed", old_values."version_found" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."actual" IS DISTINCT FROM (new_values."actual") OR old_values."assignee_id" IS DISTINCT FROM (new_values."assignee_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."component" IS DISTINCT FROM (new_values."component") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."expected" IS DISTINCT FROM (new_values."expected") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."fixed_at" IS DISTINCT FROM (new_values."fixed_at") OR old_values."found_at" IS DISTINCT FROM (new_values."found_at") OR old_values."found_by" IS DISTINCT FROM (new_values."found_by") OR old_values."priority" IS DISTINCT FROM (new_values."priority") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."resolution" IS DISTINCT FROM (new_values."resolution") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."stage_found_id" IS DISTINCT FROM (new_values."stage_found_id") OR old_values."stage_introduced_id" IS DISTINCT FROM (new_values."stage_introduced_id") OR old_values."stage_should_catch_id" IS DISTINCT FROM (new_values."stage_should_catch_id") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."steps" IS DISTINCT FROM (new_values."steps") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."triaged_at" IS DISTINCT FROM (new_values."triaged_at") OR old_values."verified_at" IS DISTINCT FROM (new_values."verified_at") OR old_values."version_fixed" IS DISTINCT FROM (new_values."version_fixed") OR old_values."version_found" IS DISTINCT FROM (new_values."version_found")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="d2c9478bdb96cf791c2c7cf24ab37333c59caa10",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_318cf",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="defects_defect",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectevent" ("actual", "assignee_id", "closed_at", "component", "deleted_at", "duplicate_of_id", "environment", "expected", "external_id", "fixed_at", "found_at", "found_by", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "reference", "reporter_id", "resolution", "severity_id", "source", "stage_found_id", "stage_introduced_id", "stage_should_catch_id", "status", "status_reason", "steps", "team_id", "title", "triaged_at", "verified_at", "version_fixed", "version_found") SELECT old_values."actual", old_values."assignee_id", old_values."closed_at", old_values."component", old_values."deleted_at", old_values."duplicate_of_id", old_values."environment", old_values."expected", old_values."external_id", old_values."fixed_at", old_values."found_at", old_values."found_by", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."priority", old_values."reference", old_values."reporter_id", old_values."resolution", old_values."severity_id", old_values."source", old_values."stage_found_id", old_values."stage_introduced_id", old_values."stage_should_catch_id", old_values."status", old_values."status_reason", old_values."steps", old_values."team_id", old_values."title", old_values."triaged_at", old_values."verified_at", old_values."version_fixed", old_values."version_found" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="12caeaf769747dd2e9c5193afe625623940f842e",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_93fbc",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="defects_defect",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DefectEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("reference", models.CharField(editable=False, max_length=24, null=True)),
                    ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    ("source", models.CharField(blank=True, editable=False, max_length=40, null=True)),
                    ("external_id", models.CharField(blank=True, editable=False, max_length=120, null=True)),
                    (
                        "status_reason",
                        models.TextField(
                            blank=True,
                            db_default="",
                            default="",
                            editable=False,
                            max_length=2000,
                            null=True,
                            verbose_name="reason",
                        ),
                    ),
                    ("title", models.CharField(max_length=200, null=True)),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("new", "New"),
                                ("triaged", "Triaged"),
                                ("in_progress", "In progress"),
                                ("fixed", "Fixed"),
                                ("verified", "Verified"),
                                ("closed", "Closed"),
                                ("duplicate", "Duplicate"),
                                ("rejected", "Rejected"),
                            ],
                            default="new",
                            max_length=12,
                            null=True,
                        ),
                    ),
                    (
                        "resolution",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("fixed", "Fixed"),
                                ("wont_fix", "Won't fix"),
                                ("works_as_designed", "Works as designed"),
                                ("cannot_reproduce", "Cannot reproduce"),
                                ("duplicate", "Duplicate"),
                                ("invalid", "Invalid"),
                                ("external", "External"),
                                ("declined", "Declined by policy"),
                            ],
                            max_length=20,
                            null=True,
                        ),
                    ),
                    (
                        "priority",
                        models.CharField(
                            blank=True,
                            choices=[("urgent", "Urgent"), ("high", "High"), ("medium", "Medium"), ("low", "Low")],
                            max_length=8,
                            null=True,
                        ),
                    ),
                    (
                        "found_by",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("customer", "Customer"),
                                ("tester", "Tester"),
                                ("developer", "Developer"),
                                ("automated_test", "Automated test"),
                                ("monitor", "Monitor"),
                                ("static_analysis", "Static analysis"),
                                ("review", "Review"),
                            ],
                            max_length=16,
                            null=True,
                        ),
                    ),
                    ("component", models.CharField(blank=True, max_length=200, null=True)),
                    ("environment", models.CharField(blank=True, max_length=80, null=True)),
                    ("version_found", models.CharField(blank=True, max_length=80, null=True)),
                    ("version_fixed", models.CharField(blank=True, max_length=80, null=True)),
                    ("steps", models.TextField(blank=True, max_length=20000, null=True, verbose_name="steps to reproduce")),
                    (
                        "expected",
                        models.TextField(blank=True, max_length=5000, null=True, verbose_name="what should happen"),
                    ),
                    ("actual", models.TextField(blank=True, max_length=5000, null=True, verbose_name="what happens")),
                    ("found_at", models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name="found")),
                    ("triaged_at", models.DateTimeField(blank=True, null=True, verbose_name="triaged")),
                    ("fixed_at", models.DateTimeField(blank=True, null=True, verbose_name="fixed")),
                    ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                    (
                        "assignee",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "duplicate_of",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="defects.defect",
                        ),
                    ),
                    (
                        "pgh_context",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="pghistory.context",
                        ),
                    ),
                    (
                        "pgh_obj",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            to="defects.defect",
                        ),
                    ),
                    (
                        "reporter",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            editable=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "severity",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="records.severity",
                        ),
                    ),
                    (
                        "stage_found",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.stage",
                            verbose_name="found in",
                        ),
                    ),
                    (
                        "stage_introduced",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.stage",
                            verbose_name="introduced in",
                        ),
                    ),
                    (
                        "stage_should_catch",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.stage",
                            verbose_name="should have been caught in",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="defect_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="7f0d07ab45499da189a5ee82ce865cdbd727b77f",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_d1fa9",
                                table="defects_defectevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            flat_duplicates("defects_defect"),
        ]
    )
