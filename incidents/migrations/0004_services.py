import django.contrib.postgres.indexes
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

from qmportal.lib.ids import RowIds, known_ids


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0003_timeline"),
        ("pipeline", "0003_services"),
    ]

    operations = [
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
            name="services",
            field=RowIds("pipeline.Service", blank=True, db_default=[], default=list, size=None),
        ),
        migrations.AddField(
            model_name="incidentevent",
            name="services",
            field=RowIds("pipeline.Service", blank=True, db_default=[], default=list, null=True, size=None),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=django.contrib.postgres.indexes.GinIndex(fields=["services"], name="incident_services"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="incident",
            trigger=pgtrigger.compiler.Trigger(
                name="history_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "caused_by_defect_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "other_services", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "restored_at", "root_cause", "services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title") SELECT old_values."acknowledged_at", old_values."caused_by_defect_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", old_values."other_services", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."root_cause", old_values."services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."acknowledged_at" IS DISTINCT FROM (new_values."acknowledged_at") OR old_values."caused_by_defect_id" IS DISTINCT FROM (new_values."caused_by_defect_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."customer_impact" IS DISTINCT FROM (new_values."customer_impact") OR old_values."customer_impacted" IS DISTINCT FROM (new_values."customer_impacted") OR old_values."customers_affected" IS DISTINCT FROM (new_values."customers_affected") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."detected_at" IS DISTINCT FROM (new_values."detected_at") OR old_values."detection_source" IS DISTINCT FROM (new_values."detection_source") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."impact_kind" IS DISTINCT FROM (new_values."impact_kind") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."lead_id" IS DISTINCT FROM (new_values."lead_id") OR old_values."mitigated_at" IS DISTINCT FROM (new_values."mitigated_at") OR old_values."other_services" IS DISTINCT FROM (new_values."other_services") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."restored_at" IS DISTINCT FROM (new_values."restored_at") OR old_values."root_cause" IS DISTINCT FROM (new_values."root_cause") OR old_values."services" IS DISTINCT FROM (new_values."services") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."should_have_caught_id" IS DISTINCT FROM (new_values."should_have_caught_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."started_at" IS DISTINCT FROM (new_values."started_at") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="17e544a1ddbb690d0785c22108f05541701ff5f9",
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
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidentevent" ("acknowledged_at", "caused_by_defect_id", "closed_at", "customer_impact", "customer_impacted", "customers_affected", "deleted_at", "detected_at", "detection_source", "duplicate_of_id", "environment", "external_id", "impact_kind", "kind", "lead_id", "mitigated_at", "other_services", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "restored_at", "root_cause", "services", "severity_id", "should_have_caught_id", "source", "started_at", "status", "status_reason", "summary", "team_id", "title") SELECT old_values."acknowledged_at", old_values."caused_by_defect_id", old_values."closed_at", old_values."customer_impact", old_values."customer_impacted", old_values."customers_affected", old_values."deleted_at", old_values."detected_at", old_values."detection_source", old_values."duplicate_of_id", old_values."environment", old_values."external_id", old_values."impact_kind", old_values."kind", old_values."lead_id", old_values."mitigated_at", old_values."other_services", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."restored_at", old_values."root_cause", old_values."services", old_values."severity_id", old_values."should_have_caught_id", old_values."source", old_values."started_at", old_values."status", old_values."status_reason", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="adfbeeeea07d7f2847ba31093b53a410a1b4a856",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_history_removed_2484b",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="incidents_incident",
                    when="AFTER",
                ),
            ),
        ),
        known_ids("incidents_incident", "services", "pipeline_service"),
    ]
