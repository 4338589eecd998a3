import django.db.models.deletion
import pgtrigger.compiler
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = together([
        migrations.CreateModel(
            name="Severity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=10, unique=True)),
                ("name", models.CharField(max_length=40)),
                ("rank", models.PositiveSmallIntegerField(unique=True)),
                ("description", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name_plural": "severities",
                "ordering": ["rank"],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO records_severityevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="8294b0be4d998d8e610ef75d1ac4c5b2cd269a2f",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_17a4c",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="records_severity",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "records_severityevent" ("description", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank") SELECT old_values."description", old_values."key", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."rank" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."key" IS DISTINCT FROM (new_values."key") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."rank" IS DISTINCT FROM (new_values."rank")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="397bc99bd82db904ab177ea74f12dd6ec721f70a",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_dcbe2",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="records_severity",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "records_severityevent" ("description", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank") SELECT old_values."description", old_values."key", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."rank" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="65fa9eae6add9f5d7b268a790aa39285ccc5b833",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_7a88b",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="records_severity",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SeverityEvent",
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
                        to="records.severity",
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
                ("key", models.CharField(max_length=10, null=True)),
                ("name", models.CharField(max_length=40, null=True)),
                ("rank", models.PositiveSmallIntegerField(null=True)),
                ("description", models.CharField(blank=True, max_length=200, null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="severity_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="b46e5f1e8516aa16808d1a24803783133ee6a24f",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c3a3c",
                            table="records_severityevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ])
