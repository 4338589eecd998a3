import datetime

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import incidents.models.impact
import incidents.models.response
import qmportal.lib.ids
from incidents.models.impact import agreeing_intervals
from qmportal.lib.ids import known_ids
from qmportal.lib.tables import together
from records.models import flat_duplicates
from records.timeline import timeline_triggers

TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("defects", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("pipeline", "0001_initial"),
        ("records", "0001_initial"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="Incident",
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
                    ("summary", models.TextField(blank=True, max_length=20000)),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("triage", "Triage"),
                                ("active", "Active"),
                                ("mitigated", "Mitigated"),
                                ("restored", "Restored"),
                                ("closed", "Closed"),
                                ("cancelled", "Cancelled"),
                                ("duplicate", "Duplicate"),
                            ],
                            default="triage",
                            max_length=10,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("real", "Real"),
                                ("retrospective", "Back-filled"),
                                ("exercise", "Exercise"),
                                ("maintenance", "Planned maintenance"),
                            ],
                            default="real",
                            max_length=13,
                        ),
                    ),
                    (
                        "environment",
                        models.CharField(
                            choices=[("production", "Production"), ("staging", "Staging"), ("other", "Other")],
                            default="production",
                            max_length=10,
                        ),
                    ),
                    (
                        "services",
                        qmportal.lib.ids.RowIds("pipeline.Service", blank=True, db_default=[], default=list, size=None),
                    ),
                    ("other_services", models.CharField(blank=True, max_length=200)),
                    ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="impact began")),
                    ("detected_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="detected")),
                    ("acknowledged_at", models.DateTimeField(blank=True, null=True, verbose_name="acknowledged")),
                    ("mitigated_at", models.DateTimeField(blank=True, null=True, verbose_name="mitigated")),
                    ("restored_at", models.DateTimeField(blank=True, null=True, verbose_name="restored")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                    (
                        "detection_source",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("monitor", "Monitor"),
                                ("customer", "Customer"),
                                ("internal_user", "Internal user"),
                                ("engineer", "Engineer"),
                                ("test", "Test"),
                                ("partner", "Partner"),
                            ],
                            max_length=13,
                        ),
                    ),
                    (
                        "alert_url",
                        models.URLField(
                            blank=True, db_default="", default="", max_length=500, verbose_name="link to the alert"
                        ),
                    ),
                    ("customer_impacted", models.BooleanField(default=False)),
                    ("customer_impact", models.TextField(blank=True, max_length=5000)),
                    ("customers_affected", models.PositiveIntegerField(blank=True, null=True)),
                    (
                        "impact_kind",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("outage", "Outage"),
                                ("degraded", "Degraded"),
                                ("data_loss", "Data loss"),
                                ("security", "Security"),
                                ("none", "None"),
                            ],
                            max_length=9,
                        ),
                    ),
                    ("revenue_impact", models.PositiveIntegerField(blank=True, null=True, verbose_name="lost revenue")),
                    ("root_cause", models.TextField(blank=True, max_length=20000)),
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
                        "time_to_detect",
                        models.GeneratedField(
                            db_persist=True,
                            expression=django.db.models.expressions.CombinedExpression(
                                models.F("detected_at"), "-", models.F("started_at")
                            ),
                            output_field=models.DurationField(),
                        ),
                    ),
                    (
                        "time_to_acknowledge",
                        models.GeneratedField(
                            db_persist=True,
                            expression=django.db.models.expressions.CombinedExpression(
                                models.F("acknowledged_at"), "-", models.F("detected_at")
                            ),
                            output_field=models.DurationField(),
                        ),
                    ),
                    (
                        "time_to_mitigate",
                        models.GeneratedField(
                            db_persist=True,
                            expression=django.db.models.expressions.CombinedExpression(
                                models.F("mitigated_at"), "-", models.F("started_at")
                            ),
                            output_field=models.DurationField(),
                        ),
                    ),
                    (
                        "unaffected_time",
                        models.DurationField(
                            db_default=datetime.timedelta(0),
                            default=datetime.timedelta(0),
                            editable=False,
                            verbose_name="time without impact",
                        ),
                    ),
                    (
                        "time_to_restore",
                        models.GeneratedField(
                            db_persist=True,
                            expression=django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("restored_at"),
                                    "-",
                                    django.db.models.functions.comparison.Coalesce(
                                        models.F("started_at"), models.F("detected_at")
                                    ),
                                ),
                                "-",
                                models.F("unaffected_time"),
                            ),
                            output_field=models.DurationField(),
                        ),
                    ),
                    (
                        "caused_by_defect",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="incidents",
                            to="defects.defect",
                        ),
                    ),
                    (
                        "caused_by_deployment",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="incidents",
                            to="pipeline.deployment",
                        ),
                    ),
                    (
                        "duplicate_of",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="duplicates",
                            to="incidents.incident",
                        ),
                    ),
                    (
                        "lead",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="incidents_led",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "recurrence_of",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="recurrences",
                            to="incidents.incident",
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
                            blank=True,
                            db_index=False,
                            help_text="Empty: undetermined.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="incidents",
                            to="records.severity",
                        ),
                    ),
                    (
                        "should_have_caught",
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
                            on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": ["-detected_at", "-id"],
                    "indexes": [
                        models.Index(
                            fields=["team", "detected_at"], include=("restored_at",), name="incident_team_detected"
                        ),
                        models.Index(fields=["restored_at"], include=("team",), name="incident_restored"),
                        models.Index(fields=["detected_at"], include=("team", "restored_at"), name="incident_detected"),
                        models.Index(
                            condition=models.Q(
                                ("deleted_at", None),
                                ("restored_at", None),
                                models.Q(("status__in", ["cancelled", "duplicate"]), _negated=True),
                            ),
                            fields=["team"],
                            name="incident_open",
                        ),
                        models.Index(
                            models.F("team"),
                            django.db.models.functions.comparison.Coalesce("started_at", "detected_at"),
                            condition=models.Q(("deleted_at", None)),
                            name="incident_began",
                        ),
                        models.Index(fields=["team", "updated_at"], name="incident_team_updated"),
                        models.Index(fields=["severity", "detected_at"], name="incident_severity_detected"),
                        models.Index(
                            condition=models.Q(("deleted_at", None)), fields=["severity", "id"], name="incident_by_severity"
                        ),
                        models.Index(
                            condition=models.Q(("deleted_at", None)), fields=["status", "id"], name="incident_by_status"
                        ),
                        models.Index(condition=models.Q(("deleted_at", None)), fields=["title"], name="incident_by_title"),
                        models.Index(
                            condition=models.Q(("deleted_at", None)),
                            fields=["time_to_restore"],
                            name="incident_by_time_to_restore",
                        ),
                        models.Index(
                            models.OrderBy(models.F("time_to_restore"), descending=True, nulls_last=True),
                            condition=models.Q(("deleted_at", None)),
                            name="incident_by_longest_restore",
                        ),
                        models.Index(
                            condition=models.Q(
                                django.db.models.lookups.Exact(django.db.models.functions.math.Mod("id", 64), 0)
                            ),
                            fields=["team", "restored_at", "detected_at"],
                            name="incident_sample",
                        ),
                        django.contrib.postgres.indexes.GinIndex(
                            fields=["title"], name="incident_title_words", opclasses=["gin_trgm_ops"]
                        ),
                        django.contrib.postgres.indexes.GinIndex(fields=["services"], name="incident_services"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("detected_at__gte", models.F("started_at"))),
                            name="incident_started_before_detected",
                            violation_error_message="An incident cannot be detected before its impact began.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("acknowledged_at__gte", models.F("detected_at"))),
                            name="incident_detected_before_acknowledged",
                            violation_error_message="An incident cannot be acknowledged before it is detected.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("mitigated_at__gte", models.F("started_at"))),
                            name="incident_started_before_mitigated",
                            violation_error_message="An incident cannot be mitigated before its impact began.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("restored_at__gte", models.F("started_at"))),
                            name="incident_started_before_restored",
                            violation_error_message="Service cannot be restored before the impact began.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("restored_at__gte", models.F("mitigated_at"))),
                            name="incident_mitigated_before_restored",
                            violation_error_message="Service cannot be restored before the incident is mitigated.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("closed_at__gte", models.F("restored_at"))),
                            name="incident_restored_before_closed",
                            violation_error_message="An incident cannot be closed before service is restored.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("started_at__isnull", False), ("restored_at__gte", models.F("detected_at")), _connector="OR"
                            ),
                            name="incident_restored_after_detected",
                            violation_error_message="Service cannot be restored before the incident is detected.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["triage"]), _negated=True),
                                ("acknowledged_at", None),
                                _connector="OR",
                            ),
                            name="incident_has_no_acknowledged_at_yet",
                            violation_error_message="Nobody has acknowledged this incident yet. Use Acknowledge to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["triage", "active"]), _negated=True),
                                ("mitigated_at", None),
                                _connector="OR",
                            ),
                            name="incident_has_no_mitigated_at_yet",
                            violation_error_message="This incident is not mitigated yet. Use “Mark as mitigated” to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["triage", "active", "mitigated"]), _negated=True),
                                ("restored_at", None),
                                _connector="OR",
                            ),
                            name="incident_has_no_restored_at_yet",
                            violation_error_message="Service is not restored yet. Use “Mark as restored” to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["triage", "active", "mitigated", "restored"]), _negated=True),
                                ("closed_at", None),
                                _connector="OR",
                            ),
                            name="incident_has_no_closed_at_yet",
                            violation_error_message="This incident is not closed yet. Use Close to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["mitigated"]), _negated=True),
                                ("mitigated_at__isnull", False),
                                models.Q(("source__in", ("", "form")), _negated=True),
                                _connector="OR",
                            ),
                            name="incident_needs_mitigated_at",
                            violation_error_message="A mitigated incident has the time of the mitigation. If users are affected again, use Relapsed.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["restored", "closed"]), _negated=True),
                                ("restored_at__isnull", False),
                                _connector="OR",
                            ),
                            name="incident_needs_restored_at",
                            violation_error_message="A restored or closed incident needs the time at which service was restored. To open it again, use Reopen.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["closed"]), _negated=True),
                                ("closed_at__isnull", False),
                                models.Q(("source__in", ("", "form")), _negated=True),
                                _connector="OR",
                            ),
                            name="incident_needs_closed_at",
                            violation_error_message="A closed incident has the time when it was closed. To open it again, use Reopen.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["restored", "closed"]), _negated=True),
                                ("severity__isnull", False),
                                _connector="OR",
                            ),
                            name="incident_restored_has_severity",
                            violation_error_message="Choose a severity: a restored incident must have one.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status", "duplicate"), _negated=True),
                                ("duplicate_of__isnull", False),
                                _connector="OR",
                            ),
                            name="incident_duplicate_has_original",
                            violation_error_message="Enter the incident that this one duplicates.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("status", "duplicate"), ("duplicate_of", None), _connector="OR"),
                            name="incident_original_means_duplicate",
                            violation_error_message="Only a duplicate names another incident.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("duplicate_of", models.F("id")), _negated=True),
                            name="incident_not_its_own_duplicate",
                            violation_error_message="A record cannot be a duplicate of itself.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("recurrence_of", models.F("id")), _negated=True),
                            name="incident_not_its_own_recurrence",
                            violation_error_message="An incident cannot be a recurrence of itself.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("customer_impacted", False),
                                models.Q(("customer_impact", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="incident_impact_is_described",
                            violation_error_message="Say how customers are affected.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("source", "external_id", "team"),
                            name="incident_external_unique",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("source", "form")),
                            fields=("external_id",),
                            name="incident_submission_unique",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_incidentevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="2d15e53e6e17b36d6fc9a8e7e10e83882ddacc1c",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_c3d00",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_incident",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "alert_url", "caused_by_defect_id", "caused_by_deployment_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "escape_reason", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "other_services", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recurrence_of_id", "reference", "reporter_id", "restored_at", "revenue_impact", "root_cause", "services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title", "unaffected_time") SELECT old_values."acknowledged_at", old_values."alert_url", old_values."caused_by_defect_id", old_values."caused_by_deployment_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."escape_reason", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", old_values."other_services", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."recurrence_of_id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."revenue_impact", old_values."root_cause", old_values."services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title", old_values."unaffected_time" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."acknowledged_at" IS DISTINCT FROM (new_values."acknowledged_at") OR old_values."alert_url" IS DISTINCT FROM (new_values."alert_url") OR old_values."caused_by_defect_id" IS DISTINCT FROM (new_values."caused_by_defect_id") OR old_values."caused_by_deployment_id" IS DISTINCT FROM (new_values."caused_by_deployment_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."customer_impact" IS DISTINCT FROM (new_values."customer_impact") OR old_values."customer_impacted" IS DISTINCT FROM (new_values."customer_impacted") OR old_values."customers_affected" IS DISTINCT FROM (new_values."customers_affected") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."detected_at" IS DISTINCT FROM (new_values."detected_at") OR old_values."detection_source" IS DISTINCT FROM (new_values."detection_source") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."escape_reason" IS DISTINCT FROM (new_values."escape_reason") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."impact_kind" IS DISTINCT FROM (new_values."impact_kind") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."lead_id" IS DISTINCT FROM (new_values."lead_id") OR old_values."mitigated_at" IS DISTINCT FROM (new_values."mitigated_at") OR old_values."other_services" IS DISTINCT FROM (new_values."other_services") OR old_values."recurrence_of_id" IS DISTINCT FROM (new_values."recurrence_of_id") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."restored_at" IS DISTINCT FROM (new_values."restored_at") OR old_values."revenue_impact" IS DISTINCT FROM (new_values."revenue_impact") OR old_values."root_cause" IS DISTINCT FROM (new_values."root_cause") OR old_values."services" IS DISTINCT FROM (new_values."services") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."should_have_caught_id" IS DISTINCT FROM (new_values."should_have_caught_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."started_at" IS DISTINCT FROM (new_values."started_at") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."unaffected_time" IS DISTINCT FROM (new_values."unaffected_time")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="98ba8eae426f290c1a666984ef5251c0e07f6657",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_507ee",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_incident",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "alert_url", "caused_by_defect_id", "caused_by_deployment_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "escape_reason", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "other_services", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "recurrence_of_id", "reference", "reporter_id", "restored_at", "revenue_impact", "root_cause", "services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title", "unaffected_time") SELECT old_values."acknowledged_at", old_values."alert_url", old_values."caused_by_defect_id", old_values."caused_by_deployment_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."escape_reason", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", old_values."other_services", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."recurrence_of_id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."revenue_impact", old_values."root_cause", old_values."services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title", old_values."unaffected_time" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="dfaddf05f94e5334dea6dacd8682afb1267ba079",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_2484b",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_incident",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ImpactInterval",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("began_at", models.DateTimeField()),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "incident",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="impact_intervals",
                            to="incidents.incident",
                        ),
                    ),
                ],
                options={
                    "ordering": ["began_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("ended_at__gte", models.F("began_at"))),
                            name="impact_ends_after_it_began",
                            violation_error_message="Users cannot be unaffected before they are affected.",
                        ),
                        django.contrib.postgres.constraints.ExclusionConstraint(
                            expressions=[
                                ("incident", "="),
                                (incidents.models.impact.TimeRange("began_at", "ended_at"), "&&"),
                            ],
                            name="impact_intervals_apart",
                            violation_error_message="The impact intervals of an incident cannot overlap.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_impactintervalevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="4871d87ad1d58e60f68e2069c5128b67c1a5eb31",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_ace8e",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_impactinterval",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_impactintervalevent" ("began_at", "ended_at", "incident_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."began_at", old_values."ended_at", old_values."incident_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."began_at" IS DISTINCT FROM (new_values."began_at") OR old_values."ended_at" IS DISTINCT FROM (new_values."ended_at") OR old_values."incident_id" IS DISTINCT FROM (new_values."incident_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="b7196bce1f3ab667e881b893c4391b7bfa0303eb",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_cdb84",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_impactinterval",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_impactintervalevent" ("began_at", "ended_at", "incident_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."began_at", old_values."ended_at", old_values."incident_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="593448beacb1b260760baae62b693e40c6c8e6eb",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_4b339",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_impactinterval",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Action",
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
                        "kind",
                        models.CharField(
                            choices=[
                                ("corrective", "Corrective"),
                                ("preventive", "Preventive"),
                                ("detective", "Detective"),
                                ("process", "Process"),
                            ],
                            default="corrective",
                            max_length=10,
                        ),
                    ),
                    ("details", models.TextField(blank=True, max_length=20000)),
                    ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("open", "Open"),
                                ("in_progress", "In progress"),
                                ("done", "Done"),
                                ("dropped", "Dropped"),
                            ],
                            default="open",
                            max_length=11,
                        ),
                    ),
                    ("begun_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="done or dropped")),
                    ("tried_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="first done")),
                    ("evidence", models.CharField(blank=True, max_length=500)),
                    (
                        "effect",
                        models.CharField(
                            blank=True,
                            choices=[("worked", "Worked"), ("failed", "Did not work")],
                            editable=False,
                            max_length=6,
                        ),
                    ),
                    (
                        "owner",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="actions",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "owner_team",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="actions_for_others",
                            to="teams.team",
                            verbose_name="team that does it",
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
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="teams.team"
                        ),
                    ),
                    (
                        "incident",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="actions",
                            to="incidents.incident",
                        ),
                    ),
                ],
                options={
                    "ordering": ["due_on", "-id"],
                    "indexes": [
                        models.Index(fields=["team", "due_on"], name="action_team_due"),
                        models.Index(
                            condition=models.Q(("status__in", ["open", "in_progress"])),
                            fields=["due_on"],
                            name="action_to_do",
                        ),
                        django.contrib.postgres.indexes.GinIndex(
                            fields=["title"], name="action_title_words", opclasses=["gin_trgm_ops"]
                        ),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("closed_at__gte", models.F("begun_at"))),
                            name="action_begun_before_closed",
                            violation_error_message="An action cannot be done or dropped before it is started.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["open"]), _negated=True), ("begun_at", None), _connector="OR"
                            ),
                            name="action_has_no_begun_at_yet",
                            violation_error_message="Nobody has started this action yet. Use Start to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["open", "in_progress"]), _negated=True),
                                ("closed_at", None),
                                _connector="OR",
                            ),
                            name="action_has_no_closed_at_yet",
                            violation_error_message="This action is not finished yet. Use “Mark as done” to add this time.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("status__in", ["done", "dropped"]), _negated=True),
                                ("closed_at__isnull", False),
                                _connector="OR",
                            ),
                            name="action_needs_closed_at",
                            violation_error_message="An action that is done or dropped has the time when it was. To open it again, use Reopen.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("due_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)))),
                            name="action_due_on_a_usual_day",
                            violation_error_message="Enter a due date from 2000 to 2100.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("owner_team", None),
                                models.Q(("owner_team", models.F("team")), _negated=True),
                                _connector="OR",
                            ),
                            name="action_owner_team_is_another",
                            violation_error_message="This is the team of the action. Leave it empty.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("evidence", ""),
                                ("evidence__startswith", "https://"),
                                ("evidence__startswith", "http://"),
                                _connector="OR",
                            ),
                            name="action_evidence_is_a_link",
                            violation_error_message="Enter a link that starts with https:// or http://.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("source", "form")), fields=("external_id",), name="action_submission_unique"
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_actionevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="e26465c1267f413beace0aab603c0a7948da40b6",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_cdc4c",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_action",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_actionevent" ("begun_at", "closed_at", "deleted_at", "details", "due_on", "effect", "evidence", "external_id", "incident_id", "kind", "owner_id", "owner_team_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "source", "status", "status_reason", "team_id", "title", "tried_at") SELECT old_values."begun_at", old_values."closed_at", old_values."deleted_at", old_values."details", old_values."due_on", old_values."effect", old_values."evidence", old_values."external_id", old_values."incident_id", old_values."kind", old_values."owner_id", old_values."owner_team_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."source", old_values."status", old_values."status_reason", old_values."team_id", old_values."title", old_values."tried_at" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."begun_at" IS DISTINCT FROM (new_values."begun_at") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."details" IS DISTINCT FROM (new_values."details") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."effect" IS DISTINCT FROM (new_values."effect") OR old_values."evidence" IS DISTINCT FROM (new_values."evidence") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."incident_id" IS DISTINCT FROM (new_values."incident_id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."owner_team_id" IS DISTINCT FROM (new_values."owner_team_id") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."tried_at" IS DISTINCT FROM (new_values."tried_at")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="cca25698ea303c0ecf9a4e70d9815dbdaf71382c",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_d2c2b",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_action",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_actionevent" ("begun_at", "closed_at", "deleted_at", "details", "due_on", "effect", "evidence", "external_id", "incident_id", "kind", "owner_id", "owner_team_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "source", "status", "status_reason", "team_id", "title", "tried_at") SELECT old_values."begun_at", old_values."closed_at", old_values."deleted_at", old_values."details", old_values."due_on", old_values."effect", old_values."evidence", old_values."external_id", old_values."incident_id", old_values."kind", old_values."owner_id", old_values."owner_team_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."source", old_values."status", old_values."status_reason", old_values."team_id", old_values."title", old_values."tried_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="8ec9ac6fcd9ae53f109452eecb3f9009449e87a3",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_8295e",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_action",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Review",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    (
                        "summary",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what happened"
                        ),
                    ),
                    (
                        "impact",
                        models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="impact"),
                    ),
                    (
                        "went_well",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what went well"
                        ),
                    ),
                    (
                        "went_wrong",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what was difficult"
                        ),
                    ),
                    (
                        "lessons",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what we learned"
                        ),
                    ),
                    ("due_on", models.DateField(verbose_name="due")),
                    ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                    ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published")),
                    (
                        "author",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "incident",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="review", to="incidents.incident"
                        ),
                    ),
                    (
                        "published_by",
                        models.ForeignKey(
                            editable=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "reviewer",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["due_on", "id"],
                    "indexes": [
                        models.Index(condition=models.Q(("published_at", None)), fields=["due_on"], name="review_to_do")
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("submitted_at__gte", models.F("created_at"))),
                            name="review_created_before_submitted",
                            violation_error_message="A review cannot be submitted before it is started.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("published_at__gte", models.F("submitted_at"))),
                            name="review_submitted_before_published",
                            violation_error_message="A review cannot be published before it is submitted.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("published_at", None), ("submitted_at__isnull", False), _connector="OR"),
                            name="review_submitted_if_published",
                            violation_error_message="Only a review that was submitted can be published.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("submitted_at", None),
                                ("published_at__isnull", False),
                                ("reviewer__isnull", False),
                                _connector="OR",
                            ),
                            name="review_has_reviewer_when_submitted",
                            violation_error_message="Choose who reviews it.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_reviewevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="dcfd88a2c6b5d5374daf3fae0122992e7919e0c5",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_6e9c5",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_review",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewevent" ("author_id", "due_on", "impact", "incident_id", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reviewer_id", "submitted_at", "summary", "went_well", "went_wrong") SELECT old_values."author_id", old_values."due_on", old_values."impact", old_values."incident_id", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."published_at", old_values."published_by_id", old_values."reviewer_id", old_values."submitted_at", old_values."summary", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."impact" IS DISTINCT FROM (new_values."impact") OR old_values."incident_id" IS DISTINCT FROM (new_values."incident_id") OR old_values."lessons" IS DISTINCT FROM (new_values."lessons") OR old_values."published_at" IS DISTINCT FROM (new_values."published_at") OR old_values."published_by_id" IS DISTINCT FROM (new_values."published_by_id") OR old_values."reviewer_id" IS DISTINCT FROM (new_values."reviewer_id") OR old_values."submitted_at" IS DISTINCT FROM (new_values."submitted_at") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."went_well" IS DISTINCT FROM (new_values."went_well") OR old_values."went_wrong" IS DISTINCT FROM (new_values."went_wrong")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="7d7ef74ff3654a4eca1ca6c7bc3e8c14f8c6fcbb",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_c6eef",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_review",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewevent" ("author_id", "due_on", "impact", "incident_id", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reviewer_id", "submitted_at", "summary", "went_well", "went_wrong") SELECT old_values."author_id", old_values."due_on", old_values."impact", old_values."incident_id", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."published_at", old_values."published_by_id", old_values."reviewer_id", old_values."submitted_at", old_values."summary", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="17508ae4c1e20abe903d921e6f894c19e26afc3a",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_1878a",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_review",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Cause",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("text", models.CharField(max_length=300)),
                    (
                        "group",
                        models.CharField(
                            choices=[
                                ("people", "People"),
                                ("process", "Process"),
                                ("code", "Code"),
                                ("tools", "Tools"),
                                ("requirements", "Requirements and data"),
                                ("detection", "Detection"),
                            ],
                            max_length=12,
                        ),
                    ),
                    (
                        "parent",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="because",
                            to="incidents.cause",
                        ),
                    ),
                    (
                        "review",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="causes", to="incidents.review"
                        ),
                    ),
                ],
                options={
                    "ordering": ["id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("parent", models.F("id")), _negated=True),
                            name="cause_not_its_own_parent",
                            violation_error_message="A cause cannot follow from itself.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_causeevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="6f8b580fe3a0ca43f554dad2b4b839643e8d02b3",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_efff0",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_cause",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_causeevent" ("group", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id", "text") SELECT old_values."group", old_values."parent_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."review_id", old_values."text" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."group" IS DISTINCT FROM (new_values."group") OR old_values."parent_id" IS DISTINCT FROM (new_values."parent_id") OR old_values."review_id" IS DISTINCT FROM (new_values."review_id") OR old_values."text" IS DISTINCT FROM (new_values."text")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="433c7b202af6c673016d991a7dcba7c1834cb43f",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_d0fe7",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_cause",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_causeevent" ("group", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id", "text") SELECT old_values."group", old_values."parent_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."review_id", old_values."text" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="04c6ee0430fe4a9bb53abbd1ff14441b5cad7c95",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_e5ec1",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_cause",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Cord",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ("reason", models.TextField(max_length=2000)),
                    ("raised_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="pulled")),
                    ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                    ("released_at", models.DateTimeField(null=True, verbose_name="released")),
                    ("learned", models.TextField(blank=True, max_length=5000, verbose_name="what was learned")),
                    ("false_alarm", models.BooleanField(default=False)),
                    (
                        "time_to_respond",
                        models.GeneratedField(
                            db_persist=True,
                            expression=django.db.models.expressions.CombinedExpression(
                                django.db.models.functions.comparison.Coalesce(
                                    models.F("confirmed_at"), models.F("released_at")
                                ),
                                "-",
                                models.F("raised_at"),
                            ),
                            output_field=models.DurationField(),
                        ),
                    ),
                    (
                        "confirmed_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "raised_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "released_by",
                        models.ForeignKey(
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
                            related_name="cords",
                            to="pipeline.service",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="cords", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": ["-raised_at", "-id"],
                    "indexes": [models.Index(fields=["team", "raised_at"], name="cord_team_raised")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("confirmed_at__gte", models.F("raised_at"))),
                            name="cord_raised_before_confirmed",
                            violation_error_message="A cord cannot be confirmed before it is pulled.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("released_at__gte", models.F("raised_at"))),
                            name="cord_raised_before_released",
                            violation_error_message="A cord cannot be released before it is pulled.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("released_at__gte", models.F("confirmed_at"))),
                            name="cord_confirmed_before_released",
                            violation_error_message="A cord cannot be released before it is confirmed.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                ("released_at", None),
                                ("false_alarm", True),
                                models.Q(("learned", ""), _negated=True),
                                _connector="OR",
                            ),
                            name="cord_learned_when_released",
                            violation_error_message="Say what you learned, or mark it as a false alarm.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("released_at__isnull", False), ("false_alarm", False), _connector="OR"),
                            name="cord_false_alarm_when_released",
                            violation_error_message="Only a released cord can be a false alarm.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("released_at", None)),
                            fields=("team", "service"),
                            name="cord_pulled_once",
                            nulls_distinct=False,
                            violation_error_message="The cord is already pulled here. Tell the people who are on it what you know.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_cordevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="b9b455501a8ac5bbf43058b076ffbcc24f65299d",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_baeba",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_cord",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_cordevent" ("confirmed_at", "confirmed_by_id", "false_alarm", "learned", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "raised_at", "raised_by_id", "reason", "released_at", "released_by_id", "service_id", "team_id") SELECT old_values."confirmed_at", old_values."confirmed_by_id", old_values."false_alarm", old_values."learned", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."raised_at", old_values."raised_by_id", old_values."reason", old_values."released_at", old_values."released_by_id", old_values."service_id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."confirmed_at" IS DISTINCT FROM (new_values."confirmed_at") OR old_values."confirmed_by_id" IS DISTINCT FROM (new_values."confirmed_by_id") OR old_values."false_alarm" IS DISTINCT FROM (new_values."false_alarm") OR old_values."learned" IS DISTINCT FROM (new_values."learned") OR old_values."raised_at" IS DISTINCT FROM (new_values."raised_at") OR old_values."raised_by_id" IS DISTINCT FROM (new_values."raised_by_id") OR old_values."reason" IS DISTINCT FROM (new_values."reason") OR old_values."released_at" IS DISTINCT FROM (new_values."released_at") OR old_values."released_by_id" IS DISTINCT FROM (new_values."released_by_id") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="41ad93098cfb5ac02ad690b622795ded5a91d79a",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_72ad7",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_cord",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_cordevent" ("confirmed_at", "confirmed_by_id", "false_alarm", "learned", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "raised_at", "raised_by_id", "reason", "released_at", "released_by_id", "service_id", "team_id") SELECT old_values."confirmed_at", old_values."confirmed_by_id", old_values."false_alarm", old_values."learned", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."raised_at", old_values."raised_by_id", old_values."reason", old_values."released_at", old_values."released_by_id", old_values."service_id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="4ec844589ca73b1057bebd9107707fcfa5b5dfe7",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_a946f",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_cord",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CordEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("reason", models.TextField(max_length=2000, null=True)),
                    ("raised_at", models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name="pulled")),
                    ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                    ("released_at", models.DateTimeField(null=True, verbose_name="released")),
                    ("learned", models.TextField(blank=True, max_length=5000, null=True, verbose_name="what was learned")),
                    ("false_alarm", models.BooleanField(default=False, null=True)),
                    (
                        "confirmed_by",
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
                            to="incidents.cord",
                        ),
                    ),
                    (
                        "raised_by",
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
                        "released_by",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="cord_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="2a59793e4c0eead157c92ab6a55b7d6424b3c7e8",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_72b06",
                                table="incidents_cordevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="DutyCalendar",
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
                    ("url", models.CharField(editable=False, max_length=1000)),
                    ("shifts", models.JSONField(default=list, editable=False)),
                    ("read_at", models.DateTimeField(editable=False, null=True)),
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
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="duty_calendar", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_dutycalendarevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ad8b7308d27e179dcfa21874b4d0f45501e532cb",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_18673",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_dutycalendar",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_dutycalendarevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="7225fd583675e34936abba28e7d438ae2574acf0",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_2c30d",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_dutycalendar",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_dutycalendarevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="427f134643bf0ff536353363a4d3e61c2e32305d",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_1221e",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_dutycalendar",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DutyCalendarEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
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
                            to="incidents.dutycalendar",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="dutycalendar_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="b728c5a71450cdf17b76c1be81fa59c963a7f653",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_276c9",
                                table="incidents_dutycalendarevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ImpactIntervalEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("began_at", models.DateTimeField(null=True)),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                            to="incidents.impactinterval",
                        ),
                    ),
                    (
                        "incident",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.incident",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="impactinterval_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="82f3f29c869c7a7e5937afe88c5fb7a5279f6e8d",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_fc201",
                                table="incidents_impactintervalevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ActionEvent",
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
                        "kind",
                        models.CharField(
                            choices=[
                                ("corrective", "Corrective"),
                                ("preventive", "Preventive"),
                                ("detective", "Detective"),
                                ("process", "Process"),
                            ],
                            default="corrective",
                            max_length=10,
                            null=True,
                        ),
                    ),
                    ("details", models.TextField(blank=True, max_length=20000, null=True)),
                    ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("open", "Open"),
                                ("in_progress", "In progress"),
                                ("done", "Done"),
                                ("dropped", "Dropped"),
                            ],
                            default="open",
                            max_length=11,
                            null=True,
                        ),
                    ),
                    ("begun_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="done or dropped")),
                    ("tried_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="first done")),
                    ("evidence", models.CharField(blank=True, max_length=500, null=True)),
                    (
                        "effect",
                        models.CharField(
                            blank=True,
                            choices=[("worked", "Worked"), ("failed", "Did not work")],
                            editable=False,
                            max_length=6,
                            null=True,
                        ),
                    ),
                    (
                        "owner",
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
                        "owner_team",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="teams.team",
                            verbose_name="team that does it",
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
                            to="incidents.action",
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
                    (
                        "incident",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.incident",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="action_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="0ce36e0beb149e1096c651dea37bea8d22c727e8",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_79535",
                                table="incidents_actionevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="IncidentEvent",
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
                    ("summary", models.TextField(blank=True, max_length=20000, null=True)),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("triage", "Triage"),
                                ("active", "Active"),
                                ("mitigated", "Mitigated"),
                                ("restored", "Restored"),
                                ("closed", "Closed"),
                                ("cancelled", "Cancelled"),
                                ("duplicate", "Duplicate"),
                            ],
                            default="triage",
                            max_length=10,
                            null=True,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("real", "Real"),
                                ("retrospective", "Back-filled"),
                                ("exercise", "Exercise"),
                                ("maintenance", "Planned maintenance"),
                            ],
                            default="real",
                            max_length=13,
                            null=True,
                        ),
                    ),
                    (
                        "environment",
                        models.CharField(
                            choices=[("production", "Production"), ("staging", "Staging"), ("other", "Other")],
                            default="production",
                            max_length=10,
                            null=True,
                        ),
                    ),
                    (
                        "services",
                        qmportal.lib.ids.RowIds(
                            "pipeline.Service", blank=True, db_default=[], default=list, null=True, size=None
                        ),
                    ),
                    ("other_services", models.CharField(blank=True, max_length=200, null=True)),
                    ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="impact began")),
                    (
                        "detected_at",
                        models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name="detected"),
                    ),
                    ("acknowledged_at", models.DateTimeField(blank=True, null=True, verbose_name="acknowledged")),
                    ("mitigated_at", models.DateTimeField(blank=True, null=True, verbose_name="mitigated")),
                    ("restored_at", models.DateTimeField(blank=True, null=True, verbose_name="restored")),
                    ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                    (
                        "detection_source",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("monitor", "Monitor"),
                                ("customer", "Customer"),
                                ("internal_user", "Internal user"),
                                ("engineer", "Engineer"),
                                ("test", "Test"),
                                ("partner", "Partner"),
                            ],
                            max_length=13,
                            null=True,
                        ),
                    ),
                    (
                        "alert_url",
                        models.URLField(
                            blank=True,
                            db_default="",
                            default="",
                            max_length=500,
                            null=True,
                            verbose_name="link to the alert",
                        ),
                    ),
                    ("customer_impacted", models.BooleanField(default=False, null=True)),
                    ("customer_impact", models.TextField(blank=True, max_length=5000, null=True)),
                    ("customers_affected", models.PositiveIntegerField(blank=True, null=True)),
                    (
                        "impact_kind",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("outage", "Outage"),
                                ("degraded", "Degraded"),
                                ("data_loss", "Data loss"),
                                ("security", "Security"),
                                ("none", "None"),
                            ],
                            max_length=9,
                            null=True,
                        ),
                    ),
                    ("revenue_impact", models.PositiveIntegerField(blank=True, null=True, verbose_name="lost revenue")),
                    ("root_cause", models.TextField(blank=True, max_length=20000, null=True)),
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
                        "unaffected_time",
                        models.DurationField(
                            db_default=datetime.timedelta(0),
                            default=datetime.timedelta(0),
                            editable=False,
                            null=True,
                            verbose_name="time without impact",
                        ),
                    ),
                    (
                        "caused_by_defect",
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
                        "caused_by_deployment",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.deployment",
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
                            to="incidents.incident",
                        ),
                    ),
                    (
                        "lead",
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
                            to="incidents.incident",
                        ),
                    ),
                    (
                        "recurrence_of",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.incident",
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
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            help_text="Empty: undetermined.",
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="records.severity",
                        ),
                    ),
                    (
                        "should_have_caught",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="incident_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="660df2a5ede432f1e06e892ca87c4cd25e0a272c",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_7b202",
                                table="incidents_incidentevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="IncidentTemplate",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=60)),
                    ("title", models.CharField(blank=True, max_length=200, verbose_name="title of the incident")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("real", "Real"),
                                ("retrospective", "Back-filled"),
                                ("exercise", "Exercise"),
                                ("maintenance", "Planned maintenance"),
                            ],
                            default="real",
                            max_length=13,
                        ),
                    ),
                    (
                        "services",
                        qmportal.lib.ids.RowIds("pipeline.Service", blank=True, db_default=[], default=list, size=None),
                    ),
                    ("summary", models.TextField(blank=True, max_length=20000, verbose_name="first notes")),
                    ("roles", models.JSONField(blank=True, default=dict, editable=False)),
                    (
                        "severity",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="records.severity",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="incident_templates", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": [django.db.models.functions.text.Lower("name")],
                    "constraints": [
                        models.UniqueConstraint(
                            models.F("team"),
                            django.db.models.functions.text.Lower("name"),
                            name="template_name",
                            violation_error_message="The team has a template with this name.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_incidenttemplateevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ab9f8219e1dba18455463b6d4a63c8e105dcadeb",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_55e59",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_incidenttemplate",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidenttemplateevent" ("kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "services", "severity_id", "summary", "team_id", "title") SELECT old_values."kind", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."roles", old_values."services", old_values."severity_id", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."roles" IS DISTINCT FROM (new_values."roles") OR old_values."services" IS DISTINCT FROM (new_values."services") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="8ef29335c1c7e227a775a22587ac835151e07072",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_5a113",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_incidenttemplate",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidenttemplateevent" ("kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "services", "severity_id", "summary", "team_id", "title") SELECT old_values."kind", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."roles", old_values."services", old_values."severity_id", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="af7132295dac273f7cc2001d477e90585e7aa1b2",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_00112",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_incidenttemplate",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="IncidentTemplateEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=60, null=True)),
                    ("title", models.CharField(blank=True, max_length=200, null=True, verbose_name="title of the incident")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("real", "Real"),
                                ("retrospective", "Back-filled"),
                                ("exercise", "Exercise"),
                                ("maintenance", "Planned maintenance"),
                            ],
                            default="real",
                            max_length=13,
                            null=True,
                        ),
                    ),
                    (
                        "services",
                        qmportal.lib.ids.RowIds(
                            "pipeline.Service", blank=True, db_default=[], default=list, null=True, size=None
                        ),
                    ),
                    ("summary", models.TextField(blank=True, max_length=20000, null=True, verbose_name="first notes")),
                    ("roles", models.JSONField(blank=True, default=dict, editable=False, null=True)),
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
                            to="incidents.incidenttemplate",
                        ),
                    ),
                    (
                        "severity",
                        models.ForeignKey(
                            blank=True,
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="incidenttemplate_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="e6a7ecc013b0ed50696c71979dc1c0713b6320e2",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_49f38",
                                table="incidents_incidenttemplateevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ResponsePlan",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "roles",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40),
                            blank=True,
                            default=incidents.models.response.usual_roles,
                            size=8,
                        ),
                    ),
                    (
                        "team",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="response_plan", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_responseplanevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="2e17b9beaedab5dfceb4f39c6eb52792875cc761",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_ab30f",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_responseplan",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_responseplanevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."roles", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."roles" IS DISTINCT FROM (new_values."roles") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="ba3e1c1f8791b053d2220e81ee635adf159abd66",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_f3d5d",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_responseplan",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_responseplanevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."roles", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="fa81bffcfc293c29301e3207a7a478adbeb1884c",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_5bca3",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_responseplan",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ResponsePlanEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "roles",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40),
                            blank=True,
                            default=incidents.models.response.usual_roles,
                            null=True,
                            size=8,
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
                            to="incidents.responseplan",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="responseplan_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="480014854b23984ae9308be000b040f43936fccd",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_1bf0c",
                                table="incidents_responseplanevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Comment",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("text", models.TextField(max_length=5000)),
                    ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                        "review",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="incidents.review"
                        ),
                    ),
                ],
                options={
                    "ordering": ["at", "id"],
                },
            ),
            migrations.CreateModel(
                name="CauseEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("text", models.CharField(max_length=300, null=True)),
                    (
                        "group",
                        models.CharField(
                            choices=[
                                ("people", "People"),
                                ("process", "Process"),
                                ("code", "Code"),
                                ("tools", "Tools"),
                                ("requirements", "Requirements and data"),
                                ("detection", "Detection"),
                            ],
                            max_length=12,
                            null=True,
                        ),
                    ),
                    (
                        "parent",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.cause",
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
                            to="incidents.cause",
                        ),
                    ),
                    (
                        "review",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.review",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [
                        models.Index(fields=["pgh_obj", "pgh_id"], name="cause_history"),
                        models.Index(fields=["review"], name="cause_history_review"),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="96b079a1c1aa6b6753aa074ba4676e7e392d2450",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_0c25a",
                                table="incidents_causeevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "summary",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what happened"
                        ),
                    ),
                    (
                        "impact",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="impact"
                        ),
                    ),
                    (
                        "went_well",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what went well"
                        ),
                    ),
                    (
                        "went_wrong",
                        models.TextField(
                            blank=True,
                            db_default="",
                            default="",
                            max_length=20000,
                            null=True,
                            verbose_name="what was difficult",
                        ),
                    ),
                    (
                        "lessons",
                        models.TextField(
                            blank=True,
                            db_default="",
                            default="",
                            max_length=20000,
                            null=True,
                            verbose_name="what we learned",
                        ),
                    ),
                    ("due_on", models.DateField(null=True, verbose_name="due")),
                    ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                    ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published")),
                    (
                        "author",
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
                        "incident",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.incident",
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
                            to="incidents.review",
                        ),
                    ),
                    (
                        "published_by",
                        models.ForeignKey(
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
                        "reviewer",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="review_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="6e91d89fe762b24a84ed1385c5fee4e01a999879",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_3b433",
                                table="incidents_reviewevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewPolicy",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("is_required", models.BooleanField(default=False, verbose_name="required before closing")),
                    (
                        "due_in_days",
                        models.PositiveSmallIntegerField(default=10, help_text="Days after service was restored."),
                    ),
                    (
                        "severity",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="review_policy", to="records.severity"
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "review policies",
                    "ordering": ["severity__rank"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_reviewpolicyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ba5a4b419beaa6175dee3ca9a3563f589b8d1cf6",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_5878c",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_reviewpolicy",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewpolicyevent" ("due_in_days", "is_required", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id") SELECT old_values."due_in_days", old_values."is_required", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."severity_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."due_in_days" IS DISTINCT FROM (new_values."due_in_days") OR old_values."is_required" IS DISTINCT FROM (new_values."is_required") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="785cac202c77e18ece847d54cf6fba706239bff9",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_94623",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_reviewpolicy",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewpolicyevent" ("due_in_days", "is_required", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id") SELECT old_values."due_in_days", old_values."is_required", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."severity_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="40bee74984b7c6912307109c818b4799863aecba",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_8619e",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_reviewpolicy",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewPolicyEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("is_required", models.BooleanField(default=False, null=True, verbose_name="required before closing")),
                    (
                        "due_in_days",
                        models.PositiveSmallIntegerField(
                            default=10, help_text="Days after service was restored.", null=True
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
                            to="incidents.reviewpolicy",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="reviewpolicy_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="3ad1970cde449c2bd5b369aadc9a26ccfe1e1d26",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_6afe6",
                                table="incidents_reviewpolicyevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewTemplate",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "summary",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what happened"
                        ),
                    ),
                    (
                        "impact",
                        models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="impact"),
                    ),
                    (
                        "went_well",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what went well"
                        ),
                    ),
                    (
                        "went_wrong",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what was difficult"
                        ),
                    ),
                    (
                        "lessons",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, verbose_name="what we learned"
                        ),
                    ),
                    (
                        "severity",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="records.severity",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("team", "severity"),
                            name="review_template_unique",
                            nulls_distinct=False,
                            violation_error_message="There is already a template for this team and severity.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_reviewtemplateevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="b440352d3866bf38d0c817040fcf65074c0d7952",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_f7676",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_reviewtemplate",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewtemplateevent" ("impact", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id", "summary", "team_id", "went_well", "went_wrong") SELECT old_values."impact", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."severity_id", old_values."summary", old_values."team_id", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."impact" IS DISTINCT FROM (new_values."impact") OR old_values."lessons" IS DISTINCT FROM (new_values."lessons") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."went_well" IS DISTINCT FROM (new_values."went_well") OR old_values."went_wrong" IS DISTINCT FROM (new_values."went_wrong")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="ddf22535add8d602ad5e057ff676fc6dca8abac6",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_a7645",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_reviewtemplate",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewtemplateevent" ("impact", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id", "summary", "team_id", "went_well", "went_wrong") SELECT old_values."impact", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."severity_id", old_values."summary", old_values."team_id", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="a9bdd95f65d60efbaf8dd8fdd3a17e47b3c0c83f",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_5d57a",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_reviewtemplate",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewTemplateEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "summary",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what happened"
                        ),
                    ),
                    (
                        "impact",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="impact"
                        ),
                    ),
                    (
                        "went_well",
                        models.TextField(
                            blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what went well"
                        ),
                    ),
                    (
                        "went_wrong",
                        models.TextField(
                            blank=True,
                            db_default="",
                            default="",
                            max_length=20000,
                            null=True,
                            verbose_name="what was difficult",
                        ),
                    ),
                    (
                        "lessons",
                        models.TextField(
                            blank=True,
                            db_default="",
                            default="",
                            max_length=20000,
                            null=True,
                            verbose_name="what we learned",
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
                            to="incidents.reviewtemplate",
                        ),
                    ),
                    (
                        "severity",
                        models.ForeignKey(
                            blank=True,
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
                        "team",
                        models.ForeignKey(
                            blank=True,
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="reviewtemplate_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="0e18ea5ebbbb044d65400d07842405786984ca85",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_c7094",
                                table="incidents_reviewtemplateevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RoleHolder",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("role", models.CharField(max_length=40)),
                    (
                        "incident",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="holders", to="incidents.incident"
                        ),
                    ),
                    (
                        "person",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                ],
                options={
                    "ordering": ["role"],
                    "constraints": [models.UniqueConstraint(fields=("incident", "role"), name="role_holder_one")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_roleholderevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="7b6c817bed3b55e9268acd774da2c59293e6136f",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_a6ca0",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_roleholder",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_roleholderevent" ("incident_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") SELECT old_values."incident_id", old_values."person_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."role" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."incident_id" IS DISTINCT FROM (new_values."incident_id") OR old_values."person_id" IS DISTINCT FROM (new_values."person_id") OR old_values."role" IS DISTINCT FROM (new_values."role")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="6f9cea13ed4068f48da0f5ead74f7530aab16ca7",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_7e6c8",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_roleholder",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_roleholderevent" ("incident_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") SELECT old_values."incident_id", old_values."person_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."role" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="9a6482ce9d8708ed1e9a16ec629c31d65973dfaf",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_d4445",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_roleholder",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RoleHolderEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("role", models.CharField(max_length=40, null=True)),
                    (
                        "incident",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.incident",
                        ),
                    ),
                    (
                        "person",
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
                            to="incidents.roleholder",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [
                        models.Index(fields=["pgh_obj", "pgh_id"], name="roleholder_history"),
                        models.Index(fields=["incident"], name="roleholder_history_incident"),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="faefd37881efa8fbbd06acb42ac3d9888c364b4e",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_a1688",
                                table="incidents_roleholderevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TimelineEntry",
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
                            to="incidents.incident",
                        ),
                    ),
                ],
                options={
                    "ordering": ["happened_at", "id"],
                    "abstract": False,
                    "indexes": [
                        models.Index(fields=["record", "happened_at", "id"], name="timeline_of_incident"),
                        models.Index(
                            condition=models.Q(("next_update_at__isnull", False)),
                            fields=["next_update_at"],
                            name="timeline_update_due",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="ce10a0c99b8f917a53c42f1ba80f2f0f34b83d91",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_973d6",
                                table="incidents_timelineentry",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TimelinePin",
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
                            on_delete=django.db.models.deletion.PROTECT, related_name="pin", to="incidents.timelineentry"
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_timelinepinevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="83a25be82cbc9ec766d506db28600f24ddaea53f",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_0ed6e",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_timelinepin",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_timelinepinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."at" IS DISTINCT FROM (new_values."at") OR old_values."by_id" IS DISTINCT FROM (new_values."by_id") OR old_values."entry_id" IS DISTINCT FROM (new_values."entry_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="7b84bc88168c52d4dd735bd6054e87e86118df3d",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_60683",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_timelinepin",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_timelinepinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="499b07cf91cac61b8b248f929cdbdc355c83dd3b",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_dd836",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_timelinepin",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TimelinePinEvent",
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
                            to="incidents.timelineentry",
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
                            to="incidents.timelinepin",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="timelinepin_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="218cf2152a6542c652cd1173b30d05bb0640c19b",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_63739",
                                table="incidents_timelinepinevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            flat_duplicates("incidents_incident"),
            timeline_triggers("incidents_incident", "incidents_timelineentry", TIMES),
            agreeing_intervals(),
            known_ids("incidents_incident", "services", "pipeline_service"),
            known_ids("incidents_incidenttemplate", "services", "pipeline_service"),
        ]
    )
