import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
from django.db import migrations, models

from qmportal.lib.kept import versioned
from qmportal.lib.tables import together


class Migration(migrations.Migration):
    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
        ("pipeline", "0002_shipped_stages"),
        ("qmportal", "0001_versions_and_append_only_context"),
        ("teams", "0001_initial"),
    ]

    operations = [
        *together(
            [
                migrations.CreateModel(
                    name="Service",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("slug", models.SlugField(max_length=63, unique=True, verbose_name="address")),
                        (
                            "name",
                            models.CharField(
                                max_length=80,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "[,;\\n]", "A name can't contain a comma or a semicolon.", inverse_match=True
                                    )
                                ],
                            ),
                        ),
                        ("description", models.CharField(blank=True, max_length=500)),
                        (
                            "tier",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                choices=[(1, "1, critical"), (2, "2, important"), (3, "3, normal"), (4, "4, minor")],
                                null=True,
                                verbose_name="service tier",
                            ),
                        ),
                        (
                            "runbook_url",
                            models.URLField(
                                blank=True,
                                max_length=500,
                                validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                                verbose_name="runbook",
                            ),
                        ),
                        ("links", models.JSONField(blank=True, default=list, editable=False)),
                        ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "team",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="services",
                                to="teams.team",
                                verbose_name="owner",
                            ),
                        ),
                    ],
                    options={
                        "ordering": [django.db.models.functions.text.Lower("name")],
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("name"),
                                name="service_name_unique",
                                violation_error_message="Another service has this name.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("name__regex", "[,;\n]"), _negated=True),
                                name="service_name_is_one",
                                violation_error_message="A name can't contain a comma or a semicolon.",
                            ),
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="never_deleted",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                                    hash="b4a019a5231bd7ffabc5f94ed455a8b480f3cc5b",
                                    operation="DELETE",
                                    pgid="pgtrigger_never_deleted_b8e1e",
                                    table="pipeline_service",
                                    when="BEFORE",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_added",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_serviceevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                    hash="93a01069ed937fe149210069efe54f7752a3e743",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_history_added_4a20f",
                                    referencing="REFERENCING NEW TABLE AS new_values ",
                                    table="pipeline_service",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_changed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_serviceevent" ("description", "links", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at", "runbook_url", "slug", "team_id", "tier") SELECT old_values."description", old_values."links", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."retired_at", old_values."runbook_url", old_values."slug", old_values."team_id", old_values."tier" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."links" IS DISTINCT FROM (new_values."links") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."retired_at" IS DISTINCT FROM (new_values."retired_at") OR old_values."runbook_url" IS DISTINCT FROM (new_values."runbook_url") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."tier" IS DISTINCT FROM (new_values."tier")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="fe62b4b6237ce5891bb40c203a766f5e424802d0",
                                    level="STATEMENT",
                                    operation="UPDATE",
                                    pgid="pgtrigger_history_changed_af573",
                                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                    table="pipeline_service",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_removed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_serviceevent" ("description", "links", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at", "runbook_url", "slug", "team_id", "tier") SELECT old_values."description", old_values."links", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."retired_at", old_values."runbook_url", old_values."slug", old_values."team_id", old_values."tier" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="98d6f3a5f2fd929081c4f02dcaf5aa69f21c608c",
                                    level="STATEMENT",
                                    operation="DELETE",
                                    pgid="pgtrigger_history_removed_5ebe9",
                                    referencing="REFERENCING OLD TABLE AS old_values ",
                                    table="pipeline_service",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ServiceEvent",
                    fields=[
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("slug", models.SlugField(db_index=False, max_length=63, null=True, verbose_name="address")),
                        (
                            "name",
                            models.CharField(
                                max_length=80,
                                null=True,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "[,;\\n]", "A name can't contain a comma or a semicolon.", inverse_match=True
                                    )
                                ],
                            ),
                        ),
                        ("description", models.CharField(blank=True, max_length=500, null=True)),
                        (
                            "tier",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                choices=[(1, "1, critical"), (2, "2, important"), (3, "3, normal"), (4, "4, minor")],
                                null=True,
                                verbose_name="service tier",
                            ),
                        ),
                        (
                            "runbook_url",
                            models.URLField(
                                blank=True,
                                max_length=500,
                                null=True,
                                validators=[django.core.validators.URLValidator(schemes=["http", "https"])],
                                verbose_name="runbook",
                            ),
                        ),
                        ("links", models.JSONField(blank=True, default=list, editable=False, null=True)),
                        ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                                to="pipeline.service",
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
                                verbose_name="owner",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "default_permissions": (),
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="9693067de48e556e1f7f43c84bf8e2cb68fc78e4",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_e79ac",
                                    table="pipeline_serviceevent",
                                    when="BEFORE",
                                ),
                            )
                        ],
                        "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="service_history")],
                    },
                ),
            ]
        ),
        *versioned("pipeline_service"),
    ]
