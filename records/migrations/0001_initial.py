import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
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
                name="Severity",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("key", models.CharField(max_length=10, unique=True)),
                    ("name", models.CharField(max_length=40)),
                    ("rank", models.PositiveSmallIntegerField(unique=True)),
                    ("description", models.CharField(blank=True, max_length=200)),
                    (
                        "weight",
                        models.PositiveSmallIntegerField(
                            default=1,
                            help_text="How much a defect of this severity weighs where defects are added up by severity.",
                        ),
                    ),
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
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "records_severityevent" ("description", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "weight") SELECT old_values."description", old_values."key", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."rank", old_values."weight" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."key" IS DISTINCT FROM (new_values."key") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."rank" IS DISTINCT FROM (new_values."rank") OR old_values."weight" IS DISTINCT FROM (new_values."weight")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="8bf1e3de12261b5d6d2bc88fd3a6d1aafb43b8df",
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
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "records_severityevent" ("description", "key", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "rank", "weight") SELECT old_values."description", old_values."key", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."rank", old_values."weight" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="54e7fa938307a78b24ff5636d62340d264de7938",
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
                    ("key", models.CharField(max_length=10, null=True)),
                    ("name", models.CharField(max_length=40, null=True)),
                    ("rank", models.PositiveSmallIntegerField(null=True)),
                    ("description", models.CharField(blank=True, max_length=200, null=True)),
                    (
                        "weight",
                        models.PositiveSmallIntegerField(
                            default=1,
                            help_text="How much a defect of this severity weighs where defects are added up by severity.",
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
                            to="records.severity",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
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
            migrations.CreateModel(
                name="BulkEdit",
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
                    ("model", models.CharField(max_length=60)),
                    ("ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                    ("changes", models.JSONField(default=dict)),
                    ("move", models.CharField(blank=True, max_length=40)),
                    ("reason", models.TextField(max_length=2000)),
                    ("result", models.JSONField(default=dict)),
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
                ],
                options={
                    "abstract": False,
                },
            ),
            migrations.CreateModel(
                name="SavedView",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=20)),
                    ("name", models.CharField(max_length=60)),
                    ("query", models.CharField(blank=True, max_length=1000)),
                    ("for_everyone", models.BooleanField(default=False)),
                    (
                        "owner",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="saved_views",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="saved_views",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": [django.db.models.functions.text.Lower("name"), "id"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("team", None), ("for_everyone", False), _connector="OR"),
                            name="view_for_team_or_everyone",
                        ),
                        models.UniqueConstraint(
                            models.F("kind"),
                            models.F("owner"),
                            django.db.models.functions.text.Lower("name"),
                            name="view_name",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO records_savedviewevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="a7966c412ae2325decc33a443e8e9fa90ed2ba16",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_fc259",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="records_savedview",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "records_savedviewevent" ("for_everyone", "kind", "name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "query", "team_id") SELECT old_values."for_everyone", old_values."kind", old_values."name", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."query", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."for_everyone" IS DISTINCT FROM (new_values."for_everyone") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."query" IS DISTINCT FROM (new_values."query") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="34aa528630c664e77bf4ab031e31cfb64047be3f",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_8ba8c",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="records_savedview",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "records_savedviewevent" ("for_everyone", "kind", "name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "query", "team_id") SELECT old_values."for_everyone", old_values."kind", old_values."name", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."query", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="75c7719992afdf833adbed789cb93d4a0753c083",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_424e5",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="records_savedview",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SavedViewEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("kind", models.CharField(max_length=20, null=True)),
                    ("name", models.CharField(max_length=60, null=True)),
                    ("query", models.CharField(blank=True, max_length=1000, null=True)),
                    ("for_everyone", models.BooleanField(default=False, null=True)),
                    (
                        "owner",
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
                            to="records.savedview",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="savedview_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="0f3d0eaa5a4e33b9e9f01c36531403d69e2fd82f",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_dd570",
                                table="records_savedviewevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
        ]
    )
