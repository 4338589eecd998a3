import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.math
import django.db.models.lookups
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together
from records.models import flat_duplicates


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("defects", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("pipeline", "0002_shipped_stages"),
        ("records", "0002_shipped_severities"),
        ("teams", "0001_initial"),
    ]

    operations = together([
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
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="teams.team"
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
                    "severity",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: undetermined.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="incidents",
                        to="records.severity",
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
                ("root_cause", models.TextField(blank=True, max_length=20000)),
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
                    "time_to_restore",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("restored_at"),
                            "-",
                            django.db.models.functions.comparison.Coalesce(models.F("started_at"), models.F("detected_at")),
                        ),
                        output_field=models.DurationField(),
                    ),
                ),
            ],
            options={
                "ordering": ["-detected_at", "-id"],
                "indexes": [
                    models.Index(fields=["team", "detected_at"], include=("restored_at",), name="incident_team_detected"),
                    models.Index(fields=["restored_at"], include=("team",), name="incident_restored"),
                    models.Index(fields=["detected_at"], include=("team", "restored_at"), name="incident_detected"),
                    models.Index(
                        condition=models.Q(("deleted_at", None), ("restored_at", None)),
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
                        condition=models.Q(django.db.models.lookups.Exact(django.db.models.functions.math.Mod("id", 64), 0)),
                        fields=["team", "restored_at", "detected_at"],
                        name="incident_sample",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["title"], name="incident_title_words", opclasses=["gin_trgm_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("detected_at__gte", models.F("started_at"))),
                        name="incident_started_before_detected",
                        violation_error_message="An incident cannot be detected before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("acknowledged_at__gte", models.F("detected_at"))),
                        name="incident_detected_before_acknowledged",
                        violation_error_message="An incident cannot be acknowledged before it is detected.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mitigated_at__gte", models.F("started_at"))),
                        name="incident_started_before_mitigated",
                        violation_error_message="An incident cannot be mitigated before it starts.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("restored_at__gte", models.F("started_at"))),
                        name="incident_started_before_restored",
                        violation_error_message="Service cannot be restored before the incident starts.",
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
                        name="incident_restored_after_noticed",
                        violation_error_message="Service cannot be restored before the incident is noticed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["triage"]), _negated=True), ("acknowledged_at", None), _connector="OR"
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
                        condition=models.Q(
                            ("customer_impacted", False), models.Q(("customer_impact", ""), _negated=True), _connector="OR"
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
                        condition=models.Q(("source", "form")), fields=("external_id",), name="incident_submission_unique"
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
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "caused_by_defect_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "restored_at", "root_cause", "other_services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title") SELECT old_values."acknowledged_at", old_values."caused_by_defect_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."root_cause", old_values."other_services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."acknowledged_at" IS DISTINCT FROM (new_values."acknowledged_at") OR old_values."caused_by_defect_id" IS DISTINCT FROM (new_values."caused_by_defect_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."customer_impact" IS DISTINCT FROM (new_values."customer_impact") OR old_values."customer_impacted" IS DISTINCT FROM (new_values."customer_impacted") OR old_values."customers_affected" IS DISTINCT FROM (new_values."customers_affected") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."detected_at" IS DISTINCT FROM (new_values."detected_at") OR old_values."detection_source" IS DISTINCT FROM (new_values."detection_source") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."impact_kind" IS DISTINCT FROM (new_values."impact_kind") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."lead_id" IS DISTINCT FROM (new_values."lead_id") OR old_values."mitigated_at" IS DISTINCT FROM (new_values."mitigated_at") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."restored_at" IS DISTINCT FROM (new_values."restored_at") OR old_values."root_cause" IS DISTINCT FROM (new_values."root_cause") OR old_values."other_services" IS DISTINCT FROM (new_values."other_services") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."should_have_caught_id" IS DISTINCT FROM (new_values."should_have_caught_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."started_at" IS DISTINCT FROM (new_values."started_at") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="559a035f4563dca93863d16cd589308743f7e1b1",
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
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "caused_by_defect_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "restored_at", "root_cause", "other_services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title") SELECT old_values."acknowledged_at", old_values."caused_by_defect_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."root_cause", old_values."other_services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="81cc74e189a011dadaacfa94798e4455726f132f",
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
            name="IncidentEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
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
                ("other_services", models.CharField(blank=True, max_length=200, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="impact began")),
                ("detected_at", models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name="detected")),
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
                ("root_cause", models.TextField(blank=True, max_length=20000, null=True)),
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
            ],
            options={
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
        flat_duplicates("incidents_incident"),
    ])
