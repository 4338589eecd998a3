import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="Stage",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("slug", models.SlugField(max_length=40, unique=True)),
                    ("name", models.CharField(max_length=60)),
                    ("position", models.PositiveSmallIntegerField()),
                    ("description", models.CharField(blank=True, max_length=200)),
                    ("retired", models.BooleanField(db_default=False, default=False, help_text="Forms no longer offer it.")),
                ],
                options={
                    "ordering": ["position"],
                    "constraints": [
                        models.UniqueConstraint(
                            deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                            fields=("position",),
                            name="stage_position_unique",
                        )
                    ],
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
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_stageevent" ("description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug") SELECT old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."position", old_values."retired", old_values."slug" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."retired" IS DISTINCT FROM (new_values."retired") OR old_values."slug" IS DISTINCT FROM (new_values."slug")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="ec6b16f2114c1a2df8f08c586c5e3454492f2ecb",
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
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_stageevent" ("description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug") SELECT old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."position", old_values."retired", old_values."slug" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="d1e34e253388d7dcddb910423698d7a72873d409",
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
                name="Practice",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("slug", models.SlugField(max_length=60, unique=True)),
                    ("name", models.CharField(max_length=80)),
                    (
                        "catches",
                        models.CharField(
                            blank=True, help_text="What it catches or prevents, in one sentence.", max_length=300
                        ),
                    ),
                    ("position", models.PositiveSmallIntegerField(default=0, help_text="Order within its stage.")),
                    ("retired", models.BooleanField(default=False, help_text="It no longer counts. Its history stays.")),
                    (
                        "stage",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="practices", to="pipeline.stage"
                        ),
                    ),
                ],
                options={
                    "ordering": ["stage__position", "position", "pk"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_practiceevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="6af8ea4ea99b867636d3697af7a27992357b2761",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_2708a",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="pipeline_practice",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_practiceevent" ("catches", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug", "stage_id") SELECT old_values."catches", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."position", old_values."retired", old_values."slug", old_values."stage_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."catches" IS DISTINCT FROM (new_values."catches") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."retired" IS DISTINCT FROM (new_values."retired") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."stage_id" IS DISTINCT FROM (new_values."stage_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="def843d442de1722014f24bf97a1b38618f58ce8",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_2880b",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="pipeline_practice",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_practiceevent" ("catches", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug", "stage_id") SELECT old_values."catches", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."position", old_values."retired", old_values."slug", old_values."stage_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="10d5f71cdc8651af4aa912b712ae105d1c9f7cf7",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_d64c8",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="pipeline_practice",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewLimits",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "most_lines",
                        models.PositiveIntegerField(
                            default=400,
                            validators=[django.core.validators.MinValueValidator(1)],
                            verbose_name="changed lines at most",
                        ),
                    ),
                    (
                        "most_minutes",
                        models.PositiveIntegerField(
                            default=60,
                            validators=[django.core.validators.MinValueValidator(1)],
                            verbose_name="minutes of review at most",
                        ),
                    ),
                    (
                        "least_reviewers",
                        models.PositiveSmallIntegerField(
                            default=1,
                            validators=[django.core.validators.MinValueValidator(1)],
                            verbose_name="reviewers at least",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "review limits",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("pk", 1)),
                            name="review_limits_once",
                            violation_error_message="There is one row of review limits.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_reviewlimitsevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="0851ec23478fe7de284eb54cf94c0b3c94070030",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_4fbb6",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="pipeline_reviewlimits",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_reviewlimitsevent" ("least_reviewers", "most_lines", "most_minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."least_reviewers", old_values."most_lines", old_values."most_minutes", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."least_reviewers" IS DISTINCT FROM (new_values."least_reviewers") OR old_values."most_lines" IS DISTINCT FROM (new_values."most_lines") OR old_values."most_minutes" IS DISTINCT FROM (new_values."most_minutes")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="2571ed689b3931c99f3a2052f003931715c3b320",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_6ea1c",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="pipeline_reviewlimits",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_reviewlimitsevent" ("least_reviewers", "most_lines", "most_minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."least_reviewers", old_values."most_lines", old_values."most_minutes", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="365e3c6920e130ea296debf520118584cf3d619a",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_c9649",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="pipeline_reviewlimits",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReviewLimitsEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "most_lines",
                        models.PositiveIntegerField(
                            default=400,
                            null=True,
                            validators=[django.core.validators.MinValueValidator(1)],
                            verbose_name="changed lines at most",
                        ),
                    ),
                    (
                        "most_minutes",
                        models.PositiveIntegerField(
                            default=60,
                            null=True,
                            validators=[django.core.validators.MinValueValidator(1)],
                            verbose_name="minutes of review at most",
                        ),
                    ),
                    (
                        "least_reviewers",
                        models.PositiveSmallIntegerField(
                            default=1,
                            null=True,
                            validators=[django.core.validators.MinValueValidator(1)],
                            verbose_name="reviewers at least",
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
                            to="pipeline.reviewlimits",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="reviewlimits_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="a46152d1cd80387b47164cbd2d9c5188d7d6dfb4",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_ad65b",
                                table="pipeline_reviewlimitsevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="service_history")],
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
                },
            ),
            migrations.CreateModel(
                name="StageEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("slug", models.SlugField(db_index=False, max_length=40, null=True)),
                    ("name", models.CharField(max_length=60, null=True)),
                    ("position", models.PositiveSmallIntegerField(null=True)),
                    ("description", models.CharField(blank=True, max_length=200, null=True)),
                    (
                        "retired",
                        models.BooleanField(
                            db_default=False, default=False, help_text="Forms no longer offer it.", null=True
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
                            to="pipeline.stage",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
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
            migrations.CreateModel(
                name="Adoption",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    (
                        "state",
                        models.CharField(
                            choices=[("not_yet", "Not yet"), ("partly", "In part"), ("in_place", "In place")], max_length=8
                        ),
                    ),
                    ("evidence", models.URLField(blank=True, max_length=500)),
                    ("next_look", models.DateField()),
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
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="adoptions", to="teams.team"
                        ),
                    ),
                    (
                        "practice",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="adoptions", to="pipeline.practice"
                        ),
                    ),
                ],
                options={
                    "ordering": ["practice__stage__position", "practice__position", "pk"],
                    "indexes": [models.Index(fields=["next_look"], name="adoption_next_look")],
                    "constraints": [
                        models.UniqueConstraint(fields=("team", "practice"), name="adoption_once"),
                        models.CheckConstraint(
                            condition=models.Q(("state__in", ["not_yet", "partly", "in_place"])),
                            name="adoption_state_known",
                            violation_error_message="Choose not yet, in part or in place.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_adoptionevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="0b5498693e25132efb30dcd442e8416c34182527",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_66dfd",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="pipeline_adoption",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_adoptionevent" ("at", "by_id", "evidence", "next_look", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practice_id", "state", "team_id") SELECT old_values."at", old_values."by_id", old_values."evidence", old_values."next_look", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."practice_id", old_values."state", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."at" IS DISTINCT FROM (new_values."at") OR old_values."by_id" IS DISTINCT FROM (new_values."by_id") OR old_values."evidence" IS DISTINCT FROM (new_values."evidence") OR old_values."next_look" IS DISTINCT FROM (new_values."next_look") OR old_values."practice_id" IS DISTINCT FROM (new_values."practice_id") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="ac6c4266c60ad6841b8a3251bf57631955e3d494",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_99d55",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="pipeline_adoption",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_adoptionevent" ("at", "by_id", "evidence", "next_look", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practice_id", "state", "team_id") SELECT old_values."at", old_values."by_id", old_values."evidence", old_values."next_look", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."practice_id", old_values."state", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="18e15dcb756f31e650d2875637266156c43f511b",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_8973c",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="pipeline_adoption",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Change",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ("reference", models.CharField(editable=False, max_length=24, unique=True)),
                    ("url", models.URLField(blank=True, max_length=500, verbose_name="link")),
                    ("source", models.CharField(blank=True, max_length=40)),
                    ("external_id", models.CharField(blank=True, max_length=120)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    ("title", models.CharField(max_length=200)),
                    (
                        "lines",
                        models.PositiveIntegerField(
                            blank=True,
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(10000000)],
                            verbose_name="changed lines",
                        ),
                    ),
                    (
                        "reviewers",
                        models.PositiveSmallIntegerField(
                            blank=True, null=True, validators=[django.core.validators.MaxValueValidator(1000)]
                        ),
                    ),
                    (
                        "review_minutes",
                        models.PositiveIntegerField(
                            blank=True,
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(10000000)],
                            verbose_name="minutes of review",
                        ),
                    ),
                    (
                        "ai_assisted",
                        models.BooleanField(
                            blank=True,
                            help_text="From a label or a trailer. Empty: nobody said.",
                            null=True,
                            verbose_name="AI-assisted",
                        ),
                    ),
                    (
                        "commit",
                        models.CharField(
                            blank=True,
                            db_default="",
                            default="",
                            help_text="Its hash. Deployments can name it.",
                            max_length=64,
                            verbose_name="merge commit",
                        ),
                    ),
                    ("committed_at", models.DateTimeField(blank=True, null=True, verbose_name="first commit")),
                    ("opened_at", models.DateTimeField(verbose_name="opened")),
                    ("first_review_at", models.DateTimeField(blank=True, null=True, verbose_name="first review")),
                    ("merged_at", models.DateTimeField(blank=True, null=True, verbose_name="merged")),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="changes", to="teams.team"
                        ),
                    ),
                    (
                        "service",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="changes",
                            to="pipeline.service",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-opened_at", "-id"],
                    "indexes": [
                        models.Index(fields=["team", "merged_at"], name="change_team_merged"),
                        models.Index(fields=["team", "opened_at"], name="change_team_opened"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("first_review_at__gte", models.F("opened_at"))),
                            name="change_opened_before_first_review",
                            violation_error_message="A change cannot be reviewed before it is opened.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("merged_at__gte", models.F("opened_at"))),
                            name="change_opened_before_merged",
                            violation_error_message="A change cannot be merged before it is opened.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("merged_at__gte", models.F("committed_at"))),
                            name="change_committed_before_merged",
                            violation_error_message="A change cannot be merged before its first commit.",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("source", "external_id", "team"),
                            name="change_external_unique",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_changeevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="938072b757a16d49be06da98c30a24e464030f77",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_24bc2",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="pipeline_change",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_changeevent" ("ai_assisted", "commit", "committed_at", "external_id", "first_review_at", "lines", "merged_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "review_minutes", "reviewers", "service_id", "source", "team_id", "title", "url") SELECT old_values."ai_assisted", old_values."commit", old_values."committed_at", old_values."external_id", old_values."first_review_at", old_values."lines", old_values."merged_at", old_values."opened_at", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."review_minutes", old_values."reviewers", old_values."service_id", old_values."source", old_values."team_id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."ai_assisted" IS DISTINCT FROM (new_values."ai_assisted") OR old_values."commit" IS DISTINCT FROM (new_values."commit") OR old_values."committed_at" IS DISTINCT FROM (new_values."committed_at") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."first_review_at" IS DISTINCT FROM (new_values."first_review_at") OR old_values."lines" IS DISTINCT FROM (new_values."lines") OR old_values."merged_at" IS DISTINCT FROM (new_values."merged_at") OR old_values."opened_at" IS DISTINCT FROM (new_values."opened_at") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."review_minutes" IS DISTINCT FROM (new_values."review_minutes") OR old_values."reviewers" IS DISTINCT FROM (new_values."reviewers") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="b94c44524947e85c1398e6f1b4b9c136b17a5d5a",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_4fe79",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="pipeline_change",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_changeevent" ("ai_assisted", "commit", "committed_at", "external_id", "first_review_at", "lines", "merged_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "review_minutes", "reviewers", "service_id", "source", "team_id", "title", "url") SELECT old_values."ai_assisted", old_values."commit", old_values."committed_at", old_values."external_id", old_values."first_review_at", old_values."lines", old_values."merged_at", old_values."opened_at", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."review_minutes", old_values."reviewers", old_values."service_id", old_values."source", old_values."team_id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="f47cb5d47c7d000d7a773efe15044aab3fcf2f67",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_ff446",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="pipeline_change",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ChangeEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("reference", models.CharField(editable=False, max_length=24, null=True)),
                    ("url", models.URLField(blank=True, max_length=500, null=True, verbose_name="link")),
                    ("source", models.CharField(blank=True, max_length=40, null=True)),
                    ("external_id", models.CharField(blank=True, max_length=120, null=True)),
                    ("title", models.CharField(max_length=200, null=True)),
                    (
                        "lines",
                        models.PositiveIntegerField(
                            blank=True,
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(10000000)],
                            verbose_name="changed lines",
                        ),
                    ),
                    (
                        "reviewers",
                        models.PositiveSmallIntegerField(
                            blank=True, null=True, validators=[django.core.validators.MaxValueValidator(1000)]
                        ),
                    ),
                    (
                        "review_minutes",
                        models.PositiveIntegerField(
                            blank=True,
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(10000000)],
                            verbose_name="minutes of review",
                        ),
                    ),
                    (
                        "ai_assisted",
                        models.BooleanField(
                            blank=True,
                            help_text="From a label or a trailer. Empty: nobody said.",
                            null=True,
                            verbose_name="AI-assisted",
                        ),
                    ),
                    (
                        "commit",
                        models.CharField(
                            blank=True,
                            db_default="",
                            default="",
                            help_text="Its hash. Deployments can name it.",
                            max_length=64,
                            null=True,
                            verbose_name="merge commit",
                        ),
                    ),
                    ("committed_at", models.DateTimeField(blank=True, null=True, verbose_name="first commit")),
                    ("opened_at", models.DateTimeField(null=True, verbose_name="opened")),
                    ("first_review_at", models.DateTimeField(blank=True, null=True, verbose_name="first review")),
                    ("merged_at", models.DateTimeField(blank=True, null=True, verbose_name="merged")),
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
                            to="pipeline.change",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="change_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="1e1fffe246bbb94dc3573bcc87e9b13b7a04b313",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_f5047",
                                table="pipeline_changeevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Deployment",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ("reference", models.CharField(editable=False, max_length=24, unique=True)),
                    ("url", models.URLField(blank=True, max_length=500, verbose_name="link")),
                    ("source", models.CharField(blank=True, max_length=40)),
                    ("external_id", models.CharField(blank=True, max_length=120)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    ("release", models.CharField(blank=True, max_length=120, verbose_name="version")),
                    (
                        "environment",
                        models.CharField(
                            choices=[("production", "Production"), ("staging", "Staging"), ("test", "Test")],
                            default="production",
                            max_length=10,
                        ),
                    ),
                    (
                        "result",
                        models.CharField(
                            choices=[("succeeded", "Succeeded"), ("failed", "Failed")], default="succeeded", max_length=9
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("planned", "Planned"), ("rework", "Rework")],
                            default="planned",
                            help_text="Rework: unplanned, to mend something users saw.",
                            max_length=7,
                        ),
                    ),
                    ("finished_at", models.DateTimeField(verbose_name="finished")),
                    ("changes", models.ManyToManyField(blank=True, related_name="deployments", to="pipeline.change")),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="deployments", to="teams.team"
                        ),
                    ),
                    (
                        "service",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="deployments",
                            to="pipeline.service",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-finished_at", "-id"],
                    "indexes": [
                        models.Index(fields=["team", "environment", "finished_at"], name="deployment_team_finished")
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("source", "external_id", "team"),
                            name="deployment_external_unique",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_deploymentevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="8a2ccfe9620ea0fafe5852618d915706e867b26a",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_54b63",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="pipeline_deployment",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_deploymentevent" ("environment", "external_id", "finished_at", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "release", "result", "service_id", "source", "team_id", "url") SELECT old_values."environment", old_values."external_id", old_values."finished_at", old_values."kind", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."release", old_values."result", old_values."service_id", old_values."source", old_values."team_id", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."finished_at" IS DISTINCT FROM (new_values."finished_at") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."release" IS DISTINCT FROM (new_values."release") OR old_values."result" IS DISTINCT FROM (new_values."result") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="0a32e18f72b80226b9d834102c09170b22b6cc8a",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_3d4a5",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="pipeline_deployment",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_deploymentevent" ("environment", "external_id", "finished_at", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "release", "result", "service_id", "source", "team_id", "url") SELECT old_values."environment", old_values."external_id", old_values."finished_at", old_values."kind", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."release", old_values."result", old_values."service_id", old_values."source", old_values."team_id", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="723a9b8fb1ab3256138e2572378ac7ef307e36ef",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_532e1",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="pipeline_deployment",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DeploymentEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("reference", models.CharField(editable=False, max_length=24, null=True)),
                    ("url", models.URLField(blank=True, max_length=500, null=True, verbose_name="link")),
                    ("source", models.CharField(blank=True, max_length=40, null=True)),
                    ("external_id", models.CharField(blank=True, max_length=120, null=True)),
                    ("release", models.CharField(blank=True, max_length=120, null=True, verbose_name="version")),
                    (
                        "environment",
                        models.CharField(
                            choices=[("production", "Production"), ("staging", "Staging"), ("test", "Test")],
                            default="production",
                            max_length=10,
                            null=True,
                        ),
                    ),
                    (
                        "result",
                        models.CharField(
                            choices=[("succeeded", "Succeeded"), ("failed", "Failed")],
                            default="succeeded",
                            max_length=9,
                            null=True,
                        ),
                    ),
                    (
                        "kind",
                        models.CharField(
                            choices=[("planned", "Planned"), ("rework", "Rework")],
                            default="planned",
                            help_text="Rework: unplanned, to mend something users saw.",
                            max_length=7,
                            null=True,
                        ),
                    ),
                    ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
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
                            to="pipeline.deployment",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="deployment_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="1f12aa27a59b08494195e9bd3de0843e73d5a054",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_9ea48",
                                table="pipeline_deploymentevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="AdoptionEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "state",
                        models.CharField(
                            choices=[("not_yet", "Not yet"), ("partly", "In part"), ("in_place", "In place")],
                            max_length=8,
                            null=True,
                        ),
                    ),
                    ("evidence", models.URLField(blank=True, max_length=500, null=True)),
                    ("next_look", models.DateField(null=True)),
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
                            to="pipeline.adoption",
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
                        "practice",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.practice",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="adoption_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="cafceffeb77d1abd33522873f3530033b2d5b305",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_48aec",
                                table="pipeline_adoptionevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PracticeEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("slug", models.SlugField(db_index=False, max_length=60, null=True)),
                    ("name", models.CharField(max_length=80, null=True)),
                    (
                        "catches",
                        models.CharField(
                            blank=True, help_text="What it catches or prevents, in one sentence.", max_length=300, null=True
                        ),
                    ),
                    (
                        "position",
                        models.PositiveSmallIntegerField(default=0, help_text="Order within its stage.", null=True),
                    ),
                    (
                        "retired",
                        models.BooleanField(default=False, help_text="It no longer counts. Its history stays.", null=True),
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
                            to="pipeline.practice",
                        ),
                    ),
                    (
                        "stage",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="pipeline.stage",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="practice_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="468c45ef261e2661e2707998628cf6ec2c109939",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_7a8bf",
                                table="pipeline_practiceevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
        ]
    )
