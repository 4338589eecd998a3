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
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("position", models.PositiveSmallIntegerField(unique=True)),
                ("description", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["position"],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_stageevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="72a84d9e2c92c16c6421c02c682cbdb596da6382",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_f818f",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="pipeline_stage",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_stageevent" ("description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "slug") SELECT old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."position", old_values."slug" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."slug" IS DISTINCT FROM (new_values."slug")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="53139a8c2a5b3f0438267efa9399f8d36b528362",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_ecef0",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="pipeline_stage",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_stageevent" ("description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "slug") SELECT old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."position", old_values."slug" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="627c88b9bbf151562d27cb693fde16edda25ef28",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_f337d",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="pipeline_stage",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageEvent",
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
                        to="pipeline.stage",
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
                ("slug", models.SlugField(db_index=False, max_length=40, null=True)),
                ("name", models.CharField(max_length=60, null=True)),
                ("position", models.PositiveSmallIntegerField(null=True)),
                ("description", models.CharField(blank=True, max_length=200, null=True)),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="stage_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="08aab713ec23a3edd85144def42b92b3495431a1",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0d1f4",
                            table="pipeline_stageevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ])
