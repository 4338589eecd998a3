import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

import integrations.models
from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("benchmarks", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="ImportJob",
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
                        "phase",
                        models.CharField(
                            choices=[("look", "Look"), ("check", "Check"), ("import", "Import"), ("undo", "Undo")],
                            default="look",
                            editable=False,
                            max_length=6,
                        ),
                    ),
                    ("mapping_key", models.CharField(blank=True, editable=False, max_length=40)),
                    (
                        "file",
                        models.FileField(
                            blank=True, storage=integrations.models.private_files, upload_to=integrations.models.random_name
                        ),
                    ),
                    ("file_name", models.CharField(max_length=200)),
                    ("create_teams", models.BooleanField(default=False)),
                    ("size", models.PositiveBigIntegerField(db_default=0, default=0, editable=False)),
                    (
                        "until",
                        models.CharField(
                            blank=True,
                            choices=[("look", "Look"), ("check", "Check"), ("import", "Import"), ("undo", "Undo")],
                            db_default="",
                            editable=False,
                            max_length=6,
                        ),
                    ),
                    ("shape", models.JSONField(default=dict, editable=False)),
                    ("survey", models.JSONField(default=dict, editable=False)),
                    ("plan", models.JSONField(default=dict, editable=False)),
                    ("skip_errors", models.BooleanField(default=False)),
                    ("sends_invitations", models.BooleanField(db_default=True, default=True)),
                    ("result", models.JSONField(default=dict, editable=False)),
                    ("imported_at", models.DateTimeField(editable=False, null=True)),
                    (
                        "nights",
                        models.ForeignKey(
                            editable=False,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to="benchmarks.snapshotrun",
                        ),
                    ),
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
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="+",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-created_at"],
                },
            ),
            migrations.CreateModel(
                name="SavedMapping",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=60)),
                    ("plan", models.JSONField()),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    (
                        "owner",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="saved_mappings",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["name"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("owner", "name"),
                            name="saved_mapping_unique",
                            nulls_distinct=False,
                            violation_error_message="There is a mapping with this name already.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO integrations_savedmappingevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="497625eb606563524ed90f80cb879794ff9ced56",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_4a5dc",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="integrations_savedmapping",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "integrations_savedmappingevent" ("name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan") SELECT old_values."name", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."plan" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."plan" IS DISTINCT FROM (new_values."plan")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="73e3af083791d39c051f2cc0a177fd7b6086e3fc",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_d06e7",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="integrations_savedmapping",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "integrations_savedmappingevent" ("name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan") SELECT old_values."name", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."plan" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="2103cd9629bfc1c53fb62176d651706b3ff5d17a",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_ea7b0",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="integrations_savedmapping",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="SavedMappingEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=60, null=True)),
                    ("plan", models.JSONField(null=True)),
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
                            to="integrations.savedmapping",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="savedmapping_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="c73f99b2fbb9046782731392de6a7e01a2f59548",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_b1d23",
                                table="integrations_savedmappingevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TierBefore",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("metric", models.CharField(max_length=40)),
                    ("window_days", models.PositiveSmallIntegerField()),
                    ("tier", models.CharField(max_length=10)),
                    (
                        "job",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="tiers_before",
                            to="integrations.importjob",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="teams.team"),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("job", "team", "metric", "window_days"), name="tier_before_unique")
                    ],
                },
            ),
            migrations.CreateModel(
                name="Upload",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("token", models.CharField(default=integrations.models.random_token, max_length=40, unique=True)),
                    ("name", models.CharField(max_length=200)),
                    ("size", models.PositiveBigIntegerField()),
                    ("modified", models.BigIntegerField()),
                    ("received", models.PositiveBigIntegerField(default=0)),
                    (
                        "file",
                        models.FileField(
                            storage=integrations.models.private_files, upload_to=integrations.models.random_name
                        ),
                    ),
                    ("touched_at", models.DateTimeField()),
                    (
                        "owner",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="uploads",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("owner", "name", "size", "modified"), name="upload_unique"),
                        models.CheckConstraint(
                            condition=models.Q(("received__lte", models.F("size"))), name="upload_within_size"
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ImportedRow",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("record", models.BigIntegerField()),
                    ("before", models.JSONField(null=True)),
                    ("version", models.PositiveIntegerField()),
                    (
                        "job",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="written",
                            to="integrations.importjob",
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("job", "record"), name="imported_row_unique")],
                },
            ),
            migrations.CreateModel(
                name="ImportedEntry",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "table",
                        models.CharField(
                            choices=[("team", "Team"), ("membership", "Membership"), ("invitation", "Invitation")],
                            max_length=10,
                        ),
                    ),
                    ("row", models.BigIntegerField()),
                    ("before", models.JSONField(null=True)),
                    ("after", models.JSONField()),
                    (
                        "job",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="entries",
                            to="integrations.importjob",
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("job", "table", "row"), name="imported_entry_unique")],
                },
            ),
        ]
    )
