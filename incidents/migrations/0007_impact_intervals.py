import datetime
import django.contrib.postgres.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import incidents.models.impact
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

from incidents.models.impact import agreeing_intervals
from qmportal.lib.tables import together

SPAN = "restored_at - COALESCE(started_at, detected_at)"


def generate(schema_editor, expression):
    schema_editor.execute(
        "ALTER TABLE incidents_incident DROP COLUMN time_to_restore,"
        f" ADD COLUMN time_to_restore interval GENERATED ALWAYS AS ({expression}) STORED"
    )
    schema_editor.execute(
        "CREATE INDEX incident_by_time_to_restore ON incidents_incident (time_to_restore) WHERE deleted_at IS NULL"
    )


def leave_out_unaffected_time(apps, schema_editor):
    generate(schema_editor, f"({SPAN}) - unaffected_time")


def count_everything(apps, schema_editor):
    generate(schema_editor, SPAN)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0006_response"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = together(
        [
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
                name="ImpactIntervalEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("began_at", models.DateTimeField(null=True)),
                    ("ended_at", models.DateTimeField(blank=True, null=True)),
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
                            to="incidents.impactinterval",
                        ),
                    ),
                ],
                options={
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
            pgtrigger.migrations.RemoveTrigger(
                model_name="incident",
                name="history_changed",
            ),
            pgtrigger.migrations.RemoveTrigger(
                model_name="incident",
                name="history_removed",
            ),
            migrations.AddField(
                model_name="incident",
                name="unaffected_time",
                field=models.DurationField(
                    db_default=datetime.timedelta(0),
                    default=datetime.timedelta(0),
                    editable=False,
                    verbose_name="time without impact",
                ),
            ),
            migrations.AddField(
                model_name="incidentevent",
                name="unaffected_time",
                field=models.DurationField(
                    db_default=datetime.timedelta(0),
                    default=datetime.timedelta(0),
                    editable=False,
                    null=True,
                    verbose_name="time without impact",
                ),
            ),
            # PostgreSQL before 17 cannot change the expression of a generated column. One statement replaces it, so the
            # version that still runs always finds it.
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RunPython(leave_out_unaffected_time, count_everything)],
                state_operations=[
                    migrations.RemoveIndex(model_name="incident", name="incident_by_time_to_restore"),
                    migrations.RemoveField(model_name="incident", name="time_to_restore"),
                    migrations.AddField(
                        model_name="incident",
                        name="time_to_restore",
                        field=models.GeneratedField(
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
                    migrations.AddIndex(
                        model_name="incident",
                        index=models.Index(
                            fields=["time_to_restore"],
                            condition=models.Q(deleted_at=None),
                            name="incident_by_time_to_restore",
                        ),
                    ),
                ],
            ),
            pgtrigger.migrations.AddTrigger(
                model_name="incident",
                trigger=pgtrigger.compiler.Trigger(
                    name="history_changed",
                    sql=pgtrigger.compiler.UpsertTriggerSql(
                        func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "caused_by_defect_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "other_services", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "restored_at", "root_cause", "services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title", "unaffected_time") SELECT old_values."acknowledged_at", old_values."caused_by_defect_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", old_values."other_services", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."root_cause", old_values."services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title", old_values."unaffected_time" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."acknowledged_at" IS DISTINCT FROM (new_values."acknowledged_at") OR old_values."caused_by_defect_id" IS DISTINCT FROM (new_values."caused_by_defect_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."customer_impact" IS DISTINCT FROM (new_values."customer_impact") OR old_values."customer_impacted" IS DISTINCT FROM (new_values."customer_impacted") OR old_values."customers_affected" IS DISTINCT FROM (new_values."customers_affected") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."detected_at" IS DISTINCT FROM (new_values."detected_at") OR old_values."detection_source" IS DISTINCT FROM (new_values."detection_source") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."impact_kind" IS DISTINCT FROM (new_values."impact_kind") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."lead_id" IS DISTINCT FROM (new_values."lead_id") OR old_values."mitigated_at" IS DISTINCT FROM (new_values."mitigated_at") OR old_values."other_services" IS DISTINCT FROM (new_values."other_services") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."restored_at" IS DISTINCT FROM (new_values."restored_at") OR old_values."root_cause" IS DISTINCT FROM (new_values."root_cause") OR old_values."services" IS DISTINCT FROM (new_values."services") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."should_have_caught_id" IS DISTINCT FROM (new_values."should_have_caught_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."started_at" IS DISTINCT FROM (new_values."started_at") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."unaffected_time" IS DISTINCT FROM (new_values."unaffected_time")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                        hash="9fbb4d5a3ec4ab7849f0069459d60e94cd435d0a",
                        level="STATEMENT",
                        operation="UPDATE",
                        pgid="pgtrigger_history_changed_507ee",
                        referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                        table="incidents_incident",
                        when="AFTER",
                    ),
                ),
            ),
            pgtrigger.migrations.AddTrigger(
                model_name="incident",
                trigger=pgtrigger.compiler.Trigger(
                    name="history_removed",
                    sql=pgtrigger.compiler.UpsertTriggerSql(
                        func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "caused_by_defect_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "other_services", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "restored_at", "root_cause", "services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title", "unaffected_time") SELECT old_values."acknowledged_at", old_values."caused_by_defect_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", old_values."other_services", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."root_cause", old_values."services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title", old_values."unaffected_time" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                        hash="15b47ae3ba8298b85a9cf7bdbd5e2421aa1eb5ed",
                        level="STATEMENT",
                        operation="DELETE",
                        pgid="pgtrigger_history_removed_2484b",
                        referencing="REFERENCING OLD TABLE AS old_values ",
                        table="incidents_incident",
                        when="AFTER",
                    ),
                ),
            ),
            agreeing_intervals(),
        ]
    )
