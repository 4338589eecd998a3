import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import defects.models.bankruptcy
from qmportal.lib.tables import together
from records.models import flat_duplicates
from records.timeline import timeline_triggers

TIMES = ("found_at", "triaged_at", "fixed_at", "verified_at", "closed_at")


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
                name="Bankruptcy",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "state",
                        models.CharField(
                            choices=[("queued", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                            default="queued",
                            editable=False,
                            max_length=8,
                        ),
                    ),
                    ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                    ("failures", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                    ("run_after", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ("lease_until", models.DateTimeField(editable=False, null=True)),
                    ("error", models.TextField(blank=True, editable=False)),
                    ("progress_done", models.PositiveIntegerField(default=0, editable=False)),
                    ("progress_total", models.PositiveIntegerField(default=0, editable=False)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("finished_at", models.DateTimeField(editable=False, null=True)),
                    (
                        "teams",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.BigIntegerField(),
                            help_text="The team and its sub-teams at the time of the scan.",
                            size=None,
                        ),
                    ),
                    ("days", models.PositiveSmallIntegerField()),
                    ("found_before", models.DateTimeField()),
                    ("rank", models.PositiveSmallIntegerField()),
                    ("words", models.JSONField(default=defects.models.bankruptcy.usual_words)),
                    ("note", models.TextField(blank=True, max_length=2000)),
                    (
                        "phase",
                        models.CharField(
                            choices=[("scan", "Preview"), ("close", "Closed"), ("undo", "Undone")],
                            default="scan",
                            max_length=5,
                        ),
                    ),
                    ("closed_at", models.DateTimeField(null=True)),
                    ("undone_at", models.DateTimeField(null=True)),
                    (
                        "requested_by",
                        models.ForeignKey(
                            editable=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="bankruptcies", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "bankruptcies",
                    "ordering": ["-created_at"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_bankruptcyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ea6b08e691c29776e3c8a44023d7520613fa4109",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_9e740",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="defects_bankruptcy",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_bankruptcyevent" ("days", "found_before", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "rank", "team_id", "words") SELECT old_values."days", old_values."found_before", old_values."note", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."phase", old_values."rank", old_values."team_id", old_values."words" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."days" IS DISTINCT FROM (new_values."days") OR old_values."found_before" IS DISTINCT FROM (new_values."found_before") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."phase" IS DISTINCT FROM (new_values."phase") OR old_values."rank" IS DISTINCT FROM (new_values."rank") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."words" IS DISTINCT FROM (new_values."words")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="a82336054d514ba6f7ef63905bf6bd96db8e7ff2",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_0b71c",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="defects_bankruptcy",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_bankruptcyevent" ("days", "found_before", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "rank", "team_id", "words") SELECT old_values."days", old_values."found_before", old_values."note", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."phase", old_values."rank", old_values."team_id", old_values."words" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="9ffb59be2ab6c58f45b4ec29ecb753d5339e7b1c",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_1819c",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="defects_bankruptcy",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="BankruptcyEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("days", models.PositiveSmallIntegerField(null=True)),
                    ("found_before", models.DateTimeField(null=True)),
                    ("rank", models.PositiveSmallIntegerField(null=True)),
                    ("words", models.JSONField(default=defects.models.bankruptcy.usual_words, null=True)),
                    ("note", models.TextField(blank=True, max_length=2000, null=True)),
                    (
                        "phase",
                        models.CharField(
                            choices=[("scan", "Preview"), ("close", "Closed"), ("undo", "Undone")],
                            default="scan",
                            max_length=5,
                            null=True,
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
                            to="defects.bankruptcy",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="bankruptcy_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="023cd95eb364cbfd52ce230d85cbb446b4733bbc",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_b2cb2",
                                table="defects_bankruptcyevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
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
                    ("version_introduced", models.CharField(blank=True, db_default="", default="", max_length=80)),
                    ("version_fixed", models.CharField(blank=True, max_length=80)),
                    (
                        "reproducibility",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("always", "Always"),
                                ("sometimes", "Sometimes"),
                                ("rarely", "Rarely"),
                                ("once", "Seen once"),
                            ],
                            db_default="",
                            default="",
                            max_length=9,
                        ),
                    ),
                    ("steps", models.TextField(blank=True, max_length=20000, verbose_name="steps to reproduce")),
                    ("expected", models.TextField(blank=True, max_length=5000, verbose_name="what should happen")),
                    ("actual", models.TextField(blank=True, max_length=5000, verbose_name="what happens")),
                    (
                        "customer_impact",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("none", "None"),
                                ("cosmetic", "Cosmetic"),
                                ("workaround", "There is a workaround"),
                                ("blocked", "Blocked"),
                                ("data_loss", "Data loss"),
                            ],
                            db_default="",
                            default="",
                            max_length=10,
                            verbose_name="impact on customers",
                        ),
                    ),
                    ("customers_affected", models.PositiveIntegerField(blank=True, null=True)),
                    ("support_tickets", models.PositiveIntegerField(blank=True, null=True)),
                    ("root_cause", models.TextField(blank=True, db_default="", default="", max_length=20000)),
                    (
                        "escape_reason",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("no_test", "No test"),
                                ("test_wrong", "The test was wrong"),
                                ("test_skipped", "The test was skipped or flaky"),
                                ("environment", "The environment differs"),
                                ("data", "The data differs"),
                                ("review", "The code review missed it"),
                                ("requirement", "Requirement gap"),
                                ("monitoring", "Monitoring gap"),
                                ("accepted", "Accepted risk"),
                            ],
                            db_default="",
                            default="",
                            max_length=12,
                            verbose_name="why it escaped",
                        ),
                    ),
                    (
                        "odc_trigger",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("design_conformance", "Design conformance"),
                                ("logic_flow", "Logic or flow"),
                                ("compatibility", "Compatibility"),
                                ("concurrency", "Concurrency"),
                                ("documentation", "Internal documentation"),
                                ("side_effects", "Side effects"),
                                ("rare_situation", "Rare situation"),
                                ("simple_path", "Simple path"),
                                ("complex_path", "Complex path"),
                                ("coverage", "Test coverage"),
                                ("variation", "Test variation"),
                                ("sequencing", "Test sequencing"),
                                ("interaction", "Test interaction"),
                                ("workload", "Workload or stress"),
                                ("recovery", "Recovery or exception"),
                                ("startup", "Start-up or restart"),
                                ("configuration", "Configuration"),
                            ],
                            db_default="",
                            default="",
                            max_length=18,
                            verbose_name="trigger",
                        ),
                    ),
                    (
                        "odc_type",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("function", "Function"),
                                ("interface", "Interface"),
                                ("checking", "Checking"),
                                ("assignment", "Assignment"),
                                ("timing", "Timing or serialisation"),
                                ("algorithm", "Algorithm"),
                                ("build", "Build or package"),
                                ("documentation", "Documentation"),
                            ],
                            db_default="",
                            default="",
                            max_length=13,
                            verbose_name="type of fault",
                        ),
                    ),
                    (
                        "odc_qualifier",
                        models.CharField(
                            blank=True,
                            choices=[("missing", "Missing"), ("incorrect", "Incorrect"), ("extraneous", "Extraneous")],
                            db_default="",
                            default="",
                            max_length=10,
                            verbose_name="qualifier",
                        ),
                    ),
                    ("found_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="found")),
                    ("triaged_at", models.DateTimeField(blank=True, null=True, verbose_name="triaged")),
                    ("fixed_at", models.DateTimeField(blank=True, null=True, verbose_name="fixed")),
                    ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                    ("reopened", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                    ("snoozed_until", models.DateField(blank=True, editable=False, null=True)),
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
                        "regression_of",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="regressions",
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
                        "service",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="defects",
                            to="pipeline.service",
                        ),
                    ),
                    (
                        "severity",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="defects",
                            to="records.severity",
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
                        models.Index(fields=["severity", "found_at"], name="defect_severity_found"),
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
                        models.Index(
                            condition=models.Q(("deleted_at", None), ("status", "closed")),
                            fields=["closed_at"],
                            name="defect_closed",
                        ),
                        models.Index(fields=["team", "updated_at"], name="defect_team_updated"),
                        models.Index(
                            condition=models.Q(
                                ("deleted_at", None), ("status__in", ["new", "triaged", "in_progress", "fixed", "verified"])
                            ),
                            fields=["status", "severity", "found_at", "id"],
                            include=["team"],
                            name="defect_on_board",
                        ),
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
                        models.CheckConstraint(
                            condition=models.Q(("regression_of", models.F("id")), _negated=True),
                            name="defect_not_its_own_regression",
                            violation_error_message="A defect cannot be a regression of itself.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("source", "external_id", "team", "regression_of"),
                            name="defect_external_unique",
                            nulls_distinct=False,
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
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectevent" ("actual", "assignee_id", "closed_at", "component", "customer_impact", "customers_affected", "deleted_at", "duplicate_of_id", "environment", "escape_reason", "expected", "external_id", "fixed_at", "found_at", "found_by", "odc_qualifier", "odc_trigger", "odc_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "reference", "regression_of_id", "reopened", "reporter_id", "reproducibility", "resolution", "root_cause", "service_id", "severity_id", "snoozed_until", "source", "stage_found_id", "stage_introduced_id", "stage_should_catch_id", "status", "status_reason", "steps", "support_tickets", "team_id", "title", "triaged_at", "verified_at", "version_fixed", "version_found", "version_introduced") SELECT old_values."actual", old_values."assignee_id", old_values."closed_at", old_values."component", old_values."customer_impact", old_values."customers_affected", old_values."deleted_at", old_values."duplicate_of_id", old_values."environment", old_values."escape_reason", old_values."expected", old_values."external_id", old_values."fixed_at", old_values."found_at", old_values."found_by", old_values."odc_qualifier", old_values."odc_trigger", old_values."odc_type", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."priority", old_values."reference", old_values."regression_of_id", old_values."reopened", old_values."reporter_id", old_values."reproducibility", old_values."resolution", old_values."root_cause", old_values."service_id", old_values."severity_id", old_values."snoozed_until", old_values."source", old_values."stage_found_id", old_values."stage_introduced_id", old_values."stage_should_catch_id", old_values."status", old_values."status_reason", old_values."steps", old_values."support_tickets", old_values."team_id", old_values."title", old_values."triaged_at", old_values."verified_at", old_values."version_fixed", old_values."version_found", old_values."version_introduced" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."actual" IS DISTINCT FROM (new_values."actual") OR old_values."assignee_id" IS DISTINCT FROM (new_values."assignee_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."component" IS DISTINCT FROM (new_values."component") OR old_values."customer_impact" IS DISTINCT FROM (new_values."customer_impact") OR old_values."customers_affected" IS DISTINCT FROM (new_values."customers_affected") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."escape_reason" IS DISTINCT FROM (new_values."escape_reason") OR old_values."expected" IS DISTINCT FROM (new_values."expected") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."fixed_at" IS DISTINCT FROM (new_values."fixed_at") OR old_values."found_at" IS DISTINCT FROM (new_values."found_at") OR old_values."found_by" IS DISTINCT FROM (new_values."found_by") OR old_values."odc_qualifier" IS DISTINCT FROM (new_values."odc_qualifier") OR old_values."odc_trigger" IS DISTINCT FROM (new_values."odc_trigger") OR old_values."odc_type" IS DISTINCT FROM (new_values."odc_type") OR old_values."priority" IS DISTINCT FROM (new_values."priority") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."regression_of_id" IS DISTINCT FROM (new_values."regression_of_id") OR old_values."reopened" IS DISTINCT FROM (new_values."reopened") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."reproducibility" IS DISTINCT FROM (new_values."reproducibility") OR old_values."resolution" IS DISTINCT FROM (new_values."resolution") OR old_values."root_cause" IS DISTINCT FROM (new_values."root_cause") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."snoozed_until" IS DISTINCT FROM (new_values."snoozed_until") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."stage_found_id" IS DISTINCT FROM (new_values."stage_found_id") OR old_values."stage_introduced_id" IS DISTINCT FROM (new_values."stage_introduced_id") OR old_values."stage_should_catch_id" IS DISTINCT FROM (new_values."stage_should_catch_id") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."steps" IS DISTINCT FROM (new_values."steps") OR old_values."support_tickets" IS DISTINCT FROM (new_values."support_tickets") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."triaged_at" IS DISTINCT FROM (new_values."triaged_at") OR old_values."verified_at" IS DISTINCT FROM (new_values."verified_at") OR old_values."version_fixed" IS DISTINCT FROM (new_values."version_fixed") OR old_values."version_found" IS DISTINCT FROM (new_values."version_found") OR old_values."version_introduced" IS DISTINCT FROM (new_values."version_introduced")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="0bf78cfc9f0ca558147716bcfd529efa1ff92997",
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
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectevent" ("actual", "assignee_id", "closed_at", "component", "customer_impact", "customers_affected", "deleted_at", "duplicate_of_id", "environment", "escape_reason", "expected", "external_id", "fixed_at", "found_at", "found_by", "odc_qualifier", "odc_trigger", "odc_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "reference", "regression_of_id", "reopened", "reporter_id", "reproducibility", "resolution", "root_cause", "service_id", "severity_id", "snoozed_until", "source", "stage_found_id", "stage_introduced_id", "stage_should_catch_id", "status", "status_reason", "steps", "support_tickets", "team_id", "title", "triaged_at", "verified_at", "version_fixed", "version_found", "version_introduced") SELECT old_values."actual", old_values."assignee_id", old_values."closed_at", old_values."component", old_values."customer_impact", old_values."customers_affected", old_values."deleted_at", old_values."duplicate_of_id", old_values."environment", old_values."escape_reason", old_values."expected", old_values."external_id", old_values."fixed_at", old_values."found_at", old_values."found_by", old_values."odc_qualifier", old_values."odc_trigger", old_values."odc_type", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."priority", old_values."reference", old_values."regression_of_id", old_values."reopened", old_values."reporter_id", old_values."reproducibility", old_values."resolution", old_values."root_cause", old_values."service_id", old_values."severity_id", old_values."snoozed_until", old_values."source", old_values."stage_found_id", old_values."stage_introduced_id", old_values."stage_should_catch_id", old_values."status", old_values."status_reason", old_values."steps", old_values."support_tickets", old_values."team_id", old_values."title", old_values."triaged_at", old_values."verified_at", old_values."version_fixed", old_values."version_found", old_values."version_introduced" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="b0a63db56c9ca4b4841d8c980402ac3725bb9420",
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
                name="BankruptcyRow",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField()),
                    ("closes", models.BooleanField()),
                    (
                        "state",
                        models.CharField(
                            choices=[
                                ("waiting", "Waiting"),
                                ("closed", "Closed"),
                                ("skipped", "Changed since the preview"),
                                ("undone", "Open again"),
                                ("left", "Changed since it was closed"),
                            ],
                            default="waiting",
                            max_length=7,
                        ),
                    ),
                    (
                        "why",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("severity", "High severity"),
                                ("security", "Security"),
                                ("data_loss", "Data loss"),
                                ("money", "Money"),
                            ],
                            max_length=9,
                        ),
                    ),
                    ("word", models.CharField(blank=True, max_length=40)),
                    ("field", models.CharField(blank=True, max_length=20)),
                    ("status_before", models.CharField(blank=True, max_length=12)),
                    ("reason_before", models.TextField(blank=True)),
                    (
                        "bankruptcy",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="rows",
                            to="defects.bankruptcy",
                        ),
                    ),
                    (
                        "chosen_by",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "defect",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="bankruptcy_rows", to="defects.defect"
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("bankruptcy", "defect"), name="bankruptcy_row_once")],
                },
            ),
            migrations.CreateModel(
                name="DefectEntry",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("move", "Status"),
                                ("note", "Note"),
                                ("update", "Update for stakeholders"),
                                ("correction", "Correction"),
                                ("system", "Automatic"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("text", models.TextField(blank=True, default="", max_length=10000)),
                    ("happened_at", models.DateTimeField()),
                    ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ("door", models.CharField(blank=True, default="", max_length=10)),
                    ("data", models.JSONField(blank=True, default=dict)),
                    ("next_update_at", models.DateTimeField(blank=True, null=True, verbose_name="next update due")),
                    (
                        "author",
                        models.ForeignKey(
                            blank=True,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "record",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="timeline",
                            to="defects.defect",
                        ),
                    ),
                ],
                options={
                    "ordering": ["happened_at", "id"],
                    "abstract": False,
                    "indexes": [
                        models.Index(fields=["record", "happened_at", "id"], name="timeline_of_defect"),
                        models.Index(
                            condition=models.Q(("door__in", ("page", "api", "admin", "bulk", "webhook"))),
                            fields=["recorded_at"],
                            name="defect_entry_told",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="67da99cd25904973fd577d280abeebe8bf2ee8a9",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_9ec28",
                                table="defects_defectentry",
                                when="BEFORE",
                            ),
                        )
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
                    (
                        "version_introduced",
                        models.CharField(blank=True, db_default="", default="", max_length=80, null=True),
                    ),
                    ("version_fixed", models.CharField(blank=True, max_length=80, null=True)),
                    (
                        "reproducibility",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("always", "Always"),
                                ("sometimes", "Sometimes"),
                                ("rarely", "Rarely"),
                                ("once", "Seen once"),
                            ],
                            db_default="",
                            default="",
                            max_length=9,
                            null=True,
                        ),
                    ),
                    ("steps", models.TextField(blank=True, max_length=20000, null=True, verbose_name="steps to reproduce")),
                    (
                        "expected",
                        models.TextField(blank=True, max_length=5000, null=True, verbose_name="what should happen"),
                    ),
                    ("actual", models.TextField(blank=True, max_length=5000, null=True, verbose_name="what happens")),
                    (
                        "customer_impact",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("none", "None"),
                                ("cosmetic", "Cosmetic"),
                                ("workaround", "There is a workaround"),
                                ("blocked", "Blocked"),
                                ("data_loss", "Data loss"),
                            ],
                            db_default="",
                            default="",
                            max_length=10,
                            null=True,
                            verbose_name="impact on customers",
                        ),
                    ),
                    ("customers_affected", models.PositiveIntegerField(blank=True, null=True)),
                    ("support_tickets", models.PositiveIntegerField(blank=True, null=True)),
                    ("root_cause", models.TextField(blank=True, db_default="", default="", max_length=20000, null=True)),
                    (
                        "escape_reason",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("no_test", "No test"),
                                ("test_wrong", "The test was wrong"),
                                ("test_skipped", "The test was skipped or flaky"),
                                ("environment", "The environment differs"),
                                ("data", "The data differs"),
                                ("review", "The code review missed it"),
                                ("requirement", "Requirement gap"),
                                ("monitoring", "Monitoring gap"),
                                ("accepted", "Accepted risk"),
                            ],
                            db_default="",
                            default="",
                            max_length=12,
                            null=True,
                            verbose_name="why it escaped",
                        ),
                    ),
                    (
                        "odc_trigger",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("design_conformance", "Design conformance"),
                                ("logic_flow", "Logic or flow"),
                                ("compatibility", "Compatibility"),
                                ("concurrency", "Concurrency"),
                                ("documentation", "Internal documentation"),
                                ("side_effects", "Side effects"),
                                ("rare_situation", "Rare situation"),
                                ("simple_path", "Simple path"),
                                ("complex_path", "Complex path"),
                                ("coverage", "Test coverage"),
                                ("variation", "Test variation"),
                                ("sequencing", "Test sequencing"),
                                ("interaction", "Test interaction"),
                                ("workload", "Workload or stress"),
                                ("recovery", "Recovery or exception"),
                                ("startup", "Start-up or restart"),
                                ("configuration", "Configuration"),
                            ],
                            db_default="",
                            default="",
                            max_length=18,
                            null=True,
                            verbose_name="trigger",
                        ),
                    ),
                    (
                        "odc_type",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("function", "Function"),
                                ("interface", "Interface"),
                                ("checking", "Checking"),
                                ("assignment", "Assignment"),
                                ("timing", "Timing or serialisation"),
                                ("algorithm", "Algorithm"),
                                ("build", "Build or package"),
                                ("documentation", "Documentation"),
                            ],
                            db_default="",
                            default="",
                            max_length=13,
                            null=True,
                            verbose_name="type of fault",
                        ),
                    ),
                    (
                        "odc_qualifier",
                        models.CharField(
                            blank=True,
                            choices=[("missing", "Missing"), ("incorrect", "Incorrect"), ("extraneous", "Extraneous")],
                            db_default="",
                            default="",
                            max_length=10,
                            null=True,
                            verbose_name="qualifier",
                        ),
                    ),
                    ("found_at", models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name="found")),
                    ("triaged_at", models.DateTimeField(blank=True, null=True, verbose_name="triaged")),
                    ("fixed_at", models.DateTimeField(blank=True, null=True, verbose_name="fixed")),
                    ("verified_at", models.DateTimeField(blank=True, null=True, verbose_name="verified")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                    ("reopened", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, null=True)),
                    ("snoozed_until", models.DateField(blank=True, editable=False, null=True)),
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
                        "regression_of",
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
                        "service",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.service",
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
            migrations.CreateModel(
                name="DefectLink",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "url",
                        models.URLField(
                            max_length=500,
                            validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                            verbose_name="address",
                        ),
                    ),
                    ("title", models.CharField(blank=True, max_length=120)),
                    (
                        "defect",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="links", to="defects.defect"
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("url__startswith", "https://"), ("url__startswith", "http://"), _connector="OR"
                            ),
                            name="defect_link_is_http",
                            violation_error_message="Enter a link that starts with https:// or http://.",
                        ),
                        models.UniqueConstraint(
                            fields=("defect", "url"),
                            name="defect_link_once",
                            violation_error_message="This defect already has this link.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_defectlinkevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="2b50ee1e87ace20f8a5f7264199e495a4be6d8c9",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_33b3b",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="defects_defectlink",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectlinkevent" ("defect_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title", "url") SELECT old_values."defect_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."defect_id" IS DISTINCT FROM (new_values."defect_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="d44bffba7fc1cba8868b1d6a38757356732541df",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_456c2",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="defects_defectlink",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectlinkevent" ("defect_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title", "url") SELECT old_values."defect_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="a3bb07fdb89ac6d99f7044e952aa19fce76a9651",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_391d9",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="defects_defectlink",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DefectLinkEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "url",
                        models.URLField(
                            max_length=500,
                            null=True,
                            validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                            verbose_name="address",
                        ),
                    ),
                    ("title", models.CharField(blank=True, max_length=120, null=True)),
                    (
                        "defect",
                        models.ForeignKey(
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
                            to="defects.defectlink",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [
                        models.Index(fields=["pgh_obj", "pgh_id"], name="defectlink_history"),
                        models.Index(fields=["defect"], name="defectlink_history_defect"),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="1cd8a12f951a40be3b1ef804d213caf310a0b17c",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_59e7c",
                                table="defects_defectlinkevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="DefectPin",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("at", models.DateTimeField()),
                    (
                        "by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "entry",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT, related_name="pin", to="defects.defectentry"
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_defectpinevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="eb5cb9788baaea79a69cfb85f2648f24b3736e0f",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_65205",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="defects_defectpin",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectpinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."at" IS DISTINCT FROM (new_values."at") OR old_values."by_id" IS DISTINCT FROM (new_values."by_id") OR old_values."entry_id" IS DISTINCT FROM (new_values."entry_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="b71e0727df99820aeaa235f99ae3507cdde2b636",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_73815",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="defects_defectpin",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectpinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="5d50e372efd26036a4c4ab42f029a2eaa3271546",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_e210a",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="defects_defectpin",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DefectPinEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("at", models.DateTimeField(null=True)),
                    (
                        "by",
                        models.ForeignKey(
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
                        "entry",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="defects.defectentry",
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
                            to="defects.defectpin",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="defectpin_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="a4313a648fd550e1a69c987511889dc327cd5f19",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_f0afc",
                                table="defects_defectpinevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ZeroBugPolicy",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("effective_from", models.DateField()),
                    (
                        "days",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            help_text="Days to fix or decline a defect. Empty: no policy.",
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(365),
                            ],
                        ),
                    ),
                    ("set_at", models.DateTimeField()),
                    (
                        "author",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="zero_bug_policies",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-effective_from"],
                    "constraints": [
                        models.UniqueConstraint(fields=("team", "effective_from"), name="zero_bug_policy_one_a_day"),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("days", None), models.Q(("days__gte", 1), ("days__lte", 365)), _connector="OR"
                            ),
                            name="zero_bug_policy_days",
                            violation_error_message="Enter 1 to 365 days.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_zerobugpolicyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="d5a4b0ac429ccb1a8d36c4a3baa35dc26e68a511",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_82a62",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="defects_zerobugpolicy",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_zerobugpolicyevent" ("author_id", "days", "effective_from", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "team_id") SELECT old_values."author_id", old_values."days", old_values."effective_from", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."set_at", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."days" IS DISTINCT FROM (new_values."days") OR old_values."effective_from" IS DISTINCT FROM (new_values."effective_from") OR old_values."set_at" IS DISTINCT FROM (new_values."set_at") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="574331ef183b30ed1c947e7b96de613a6c2537d9",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_03ebb",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="defects_zerobugpolicy",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_zerobugpolicyevent" ("author_id", "days", "effective_from", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "team_id") SELECT old_values."author_id", old_values."days", old_values."effective_from", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."set_at", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="90a4c46e1b6fa7b53330e3533af33818b15aa0d0",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_12437",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="defects_zerobugpolicy",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ZeroBugPolicyEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("effective_from", models.DateField(null=True)),
                    (
                        "days",
                        models.PositiveSmallIntegerField(
                            blank=True,
                            help_text="Days to fix or decline a defect. Empty: no policy.",
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(365),
                            ],
                        ),
                    ),
                    ("set_at", models.DateTimeField(null=True)),
                    (
                        "author",
                        models.ForeignKey(
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
                            to="defects.zerobugpolicy",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="zerobugpolicy_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="7cc94ddabf65351604cf9608e6b5189a355bcde1",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_d3706",
                                table="defects_zerobugpolicyevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            flat_duplicates("defects_defect"),
            timeline_triggers("defects_defect", "defects_defectentry", TIMES),
        ]
    )
