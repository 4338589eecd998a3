import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
        ("scenarios", "0001_initial"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="ToolKey",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kid", models.CharField(max_length=40, unique=True)),
                    ("private_key", models.TextField(editable=False)),
                    ("public_key", models.JSONField(editable=False)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("retired_at", models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_toolkeyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="2a7c74d74388ae439262a39ed03efa081a2d9e8a",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_66b2a",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_toolkey",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_toolkeyevent" ("kid", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at") SELECT old_values."kid", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."retired_at" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."kid" IS DISTINCT FROM (new_values."kid") OR old_values."retired_at" IS DISTINCT FROM (new_values."retired_at")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="f61e0ea42dd621de08b29ff8cbb0f71c2b9192f4",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_0bea4",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_toolkey",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_toolkeyevent" ("kid", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at") SELECT old_values."kid", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."retired_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="68e47dd1ac097b95235cb652032e0fff2e0d0514",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_73397",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_toolkey",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ToolKeyEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("kid", models.CharField(max_length=40, null=True)),
                    ("retired_at", models.DateTimeField(blank=True, null=True)),
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
                            to="training.toolkey",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="toolkey_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="c48a05ca8cbf1d2a795cc452aea634fc5ce9d21e",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_e4647",
                                table="training_toolkeyevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Plan",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=120)),
                    ("description", models.TextField(blank=True, max_length=2000)),
                    (
                        "role",
                        models.CharField(
                            blank=True,
                            choices=[("manager", "Manager"), ("engineer", "Engineer"), ("trainee", "Trainee")],
                            max_length=10,
                        ),
                    ),
                    (
                        "automatic",
                        models.BooleanField(
                            default=False,
                            help_text="To everyone with this role who has not had the plan, and to people who join later.",
                            verbose_name="Assign automatically",
                        ),
                    ),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    (
                        "started_at",
                        models.DateTimeField(
                            blank=True, help_text="Until then it is a draft, and nobody gets it.", null=True
                        ),
                    ),
                    ("retired_at", models.DateTimeField(blank=True, null=True)),
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
                        "team",
                        models.ForeignKey(
                            blank=True,
                            help_text="The team and its sub-teams.",
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="plans",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_planevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="b82f5c36daf4a530bdfbb75b45b052456fa5a44b",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_cfa5a",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_plan",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_planevent" ("author_id", "automatic", "description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at", "role", "started_at", "team_id") SELECT old_values."author_id", old_values."automatic", old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."retired_at", old_values."role", old_values."started_at", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."automatic" IS DISTINCT FROM (new_values."automatic") OR old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."retired_at" IS DISTINCT FROM (new_values."retired_at") OR old_values."role" IS DISTINCT FROM (new_values."role") OR old_values."started_at" IS DISTINCT FROM (new_values."started_at") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="f9dfbb9712804617fed8acf969c04f247c4507f6",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_fe768",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_plan",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_planevent" ("author_id", "automatic", "description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "retired_at", "role", "started_at", "team_id") SELECT old_values."author_id", old_values."automatic", old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."retired_at", old_values."role", old_values."started_at", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="f912acabcf19189dab4b674fc879494682be74dd",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_7f425",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_plan",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Assignment",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("scenario", "Decision scenario"),
                                ("check", "Knowledge check"),
                                ("page", "Library page"),
                                ("task", "To-do"),
                                ("meet", "Introduction"),
                            ],
                            max_length=8,
                        ),
                    ),
                    ("ref", models.CharField(max_length=60)),
                    ("position", models.PositiveSmallIntegerField(default=0)),
                    ("opens_on", models.DateField(blank=True, null=True)),
                    ("in_order", models.BooleanField(default=False)),
                    ("assigned_at", models.DateTimeField()),
                    ("due_on", models.DateField()),
                    ("done_at", models.DateTimeField(blank=True, null=True)),
                    ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                    ("claimed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "assigned_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "checker",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="training_checks",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "confirmed_by",
                        models.ForeignKey(
                            blank=True,
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
                            related_name="assignments",
                            to="teams.team",
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="assignments",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "plan",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="assignments",
                            to="training.plan",
                        ),
                    ),
                ],
                options={
                    "ordering": ["due_on", "position", "id"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("done_at", None), ("withdrawn_at", None)),
                            fields=("user", "kind", "ref", "team"),
                            name="assignment_open_once",
                            nulls_distinct=False,
                            violation_error_message="This person already has this to do.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_assignmentevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="2d25d2f16d9a2b801178543b801ec67ebe4bfd7e",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_c0d3a",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_assignment",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_assignmentevent" ("assigned_at", "assigned_by_id", "checker_id", "claimed_at", "confirmed_by_id", "done_at", "due_on", "in_order", "kind", "opens_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "position", "ref", "team_id", "user_id", "withdrawn_at") SELECT old_values."assigned_at", old_values."assigned_by_id", old_values."checker_id", old_values."claimed_at", old_values."confirmed_by_id", old_values."done_at", old_values."due_on", old_values."in_order", old_values."kind", old_values."opens_on", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."plan_id", old_values."position", old_values."ref", old_values."team_id", old_values."user_id", old_values."withdrawn_at" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."assigned_at" IS DISTINCT FROM (new_values."assigned_at") OR old_values."assigned_by_id" IS DISTINCT FROM (new_values."assigned_by_id") OR old_values."checker_id" IS DISTINCT FROM (new_values."checker_id") OR old_values."claimed_at" IS DISTINCT FROM (new_values."claimed_at") OR old_values."confirmed_by_id" IS DISTINCT FROM (new_values."confirmed_by_id") OR old_values."done_at" IS DISTINCT FROM (new_values."done_at") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."in_order" IS DISTINCT FROM (new_values."in_order") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."opens_on" IS DISTINCT FROM (new_values."opens_on") OR old_values."plan_id" IS DISTINCT FROM (new_values."plan_id") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."ref" IS DISTINCT FROM (new_values."ref") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id") OR old_values."withdrawn_at" IS DISTINCT FROM (new_values."withdrawn_at")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="760fa663d8925a97ffbf84f12934b261df20430d",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_3be06",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_assignment",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_assignmentevent" ("assigned_at", "assigned_by_id", "checker_id", "claimed_at", "confirmed_by_id", "done_at", "due_on", "in_order", "kind", "opens_on", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "position", "ref", "team_id", "user_id", "withdrawn_at") SELECT old_values."assigned_at", old_values."assigned_by_id", old_values."checker_id", old_values."claimed_at", old_values."confirmed_by_id", old_values."done_at", old_values."due_on", old_values."in_order", old_values."kind", old_values."opens_on", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."plan_id", old_values."position", old_values."ref", old_values."team_id", old_values."user_id", old_values."withdrawn_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="99946ca9132b3e7918489497cd121d4649c3938c",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_12519",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_assignment",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Certificate",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                    ("holder", models.CharField(help_text="The name when it was earned.", max_length=120)),
                    ("score", models.DecimalField(decimal_places=1, max_digits=4)),
                    ("issued_at", models.DateTimeField()),
                    ("valid_until", models.DateField()),
                    ("revoked_at", models.DateTimeField(blank=True, null=True)),
                    ("revoke_reason", models.CharField(blank=True, max_length=300)),
                    (
                        "attempt",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT, related_name="certificate", to="scenarios.attempt"
                        ),
                    ),
                    (
                        "revoked_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="certificates",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-issued_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                ("revoked_at", None), models.Q(("revoke_reason", ""), _negated=True), _connector="OR"
                            ),
                            name="certificate_revoked_with_reason",
                            violation_error_message="Enter a reason.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_certificateevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="3a37fa59b570172def045d36c0c38d5a52ad7f0b",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_fb355",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_certificate",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_certificateevent" ("attempt_id", "holder", "issued_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoke_reason", "revoked_at", "revoked_by_id", "score", "user_id", "uuid", "valid_until") SELECT old_values."attempt_id", old_values."holder", old_values."issued_at", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."revoke_reason", old_values."revoked_at", old_values."revoked_by_id", old_values."score", old_values."user_id", old_values."uuid", old_values."valid_until" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."attempt_id" IS DISTINCT FROM (new_values."attempt_id") OR old_values."holder" IS DISTINCT FROM (new_values."holder") OR old_values."issued_at" IS DISTINCT FROM (new_values."issued_at") OR old_values."revoke_reason" IS DISTINCT FROM (new_values."revoke_reason") OR old_values."revoked_at" IS DISTINCT FROM (new_values."revoked_at") OR old_values."revoked_by_id" IS DISTINCT FROM (new_values."revoked_by_id") OR old_values."score" IS DISTINCT FROM (new_values."score") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id") OR old_values."uuid" IS DISTINCT FROM (new_values."uuid") OR old_values."valid_until" IS DISTINCT FROM (new_values."valid_until")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="174d3f2156d2e7c8d513a6b0be71164b3db33d66",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_ba626",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_certificate",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_certificateevent" ("attempt_id", "holder", "issued_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "revoke_reason", "revoked_at", "revoked_by_id", "score", "user_id", "uuid", "valid_until") SELECT old_values."attempt_id", old_values."holder", old_values."issued_at", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."revoke_reason", old_values."revoked_at", old_values."revoked_by_id", old_values."score", old_values."user_id", old_values."uuid", old_values."valid_until" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="8bdedb14a779527f6808cd6318face7e76274666",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_4092d",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_certificate",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="CertificateEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, null=True)),
                    ("holder", models.CharField(help_text="The name when it was earned.", max_length=120, null=True)),
                    ("score", models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                    ("issued_at", models.DateTimeField(null=True)),
                    ("valid_until", models.DateField(null=True)),
                    ("revoked_at", models.DateTimeField(blank=True, null=True)),
                    ("revoke_reason", models.CharField(blank=True, max_length=300, null=True)),
                    (
                        "attempt",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="scenarios.attempt",
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
                            to="training.certificate",
                        ),
                    ),
                    (
                        "revoked_by",
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
                        "user",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="certificate_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="d2707177954314f386444eb09fdc9ef2f28b690f",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_b3b7e",
                                table="training_certificateevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Diagnosis",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("answers", models.JSONField()),
                    ("measures", models.JSONField(default=dict)),
                    ("scores", models.JSONField(help_text="0..100 for each of the five steps.")),
                    (
                        "bottleneck",
                        models.CharField(blank=True, help_text="A step's id. Empty: no step is weak.", max_length=40),
                    ),
                    ("because", models.TextField(default="")),
                    ("adopt_next", models.TextField()),
                    ("scenario_slug", models.CharField(blank=True, max_length=40)),
                    ("page", models.CharField(blank=True, help_text="The library page to read.", max_length=60)),
                    ("personal", models.BooleanField(default=False, help_text="Made by a trainee, for that trainee alone.")),
                    ("at", models.DateTimeField()),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="diagnoses", to="teams.team"
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="diagnoses",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "diagnoses",
                    "ordering": ["-at", "-id"],
                },
            ),
            migrations.CreateModel(
                name="AdviceRequest",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("question", models.TextField(max_length=5000)),
                    ("asked_at", models.DateTimeField()),
                    ("due_at", models.DateTimeField()),
                    ("answer", models.TextField(blank=True, max_length=10000)),
                    ("answered_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "answered_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "asked_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "diagnosis",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="advice", to="training.diagnosis"
                        ),
                    ),
                ],
                options={
                    "ordering": [models.OrderBy(models.F("answered_at"), nulls_first=True), "due_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("answer", ""), ("answered_at", None)),
                                models.Q(("answered_at__isnull", False), models.Q(("answer", ""), _negated=True)),
                                _connector="OR",
                            ),
                            name="advice_answered_with_text",
                            violation_error_message="An answer needs a text.",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="GroupSession",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("code", models.CharField(max_length=6, unique=True)),
                    (
                        "stage",
                        models.CharField(
                            choices=[
                                ("voting", "Voting"),
                                ("revealed", "Votes revealed"),
                                ("decided", "Decided"),
                                ("over", "Over"),
                            ],
                            default="voting",
                            max_length=8,
                        ),
                    ),
                    (
                        "choices",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=40), default=list, size=None
                        ),
                    ),
                    ("seed", models.PositiveIntegerField()),
                    ("turn", models.PositiveIntegerField(default=0)),
                    ("news", models.PositiveIntegerField(default=0)),
                    ("started_at", models.DateTimeField()),
                    ("ended_at", models.DateTimeField(null=True)),
                    (
                        "facilitator",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="group_sessions",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "version",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scenarios.scenarioversion"
                        ),
                    ),
                ],
                options={
                    "ordering": ["-started_at"],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("ended_at__isnull", False), ("stage", "over")),
                                models.Q(models.Q(("stage", "over"), _negated=True), ("ended_at", None)),
                                _connector="OR",
                            ),
                            name="group_session_over_when_ended",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="GroupMember",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("vote", models.CharField(blank=True, max_length=40)),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                    (
                        "session",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="members",
                            to="training.groupsession",
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("session", "user"), name="group_member_once")],
                },
            ),
            migrations.CreateModel(
                name="GroupStep",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("seq", models.PositiveSmallIntegerField()),
                    ("choice", models.CharField(max_length=40)),
                    ("tally", models.JSONField(default=dict)),
                    ("note", models.TextField(blank=True, max_length=5000)),
                    (
                        "session",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="steps",
                            to="training.groupsession",
                        ),
                    ),
                ],
                options={
                    "ordering": ["seq"],
                    "constraints": [models.UniqueConstraint(fields=("session", "seq"), name="group_step_once")],
                },
            ),
            migrations.CreateModel(
                name="AssignmentEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("scenario", "Decision scenario"),
                                ("check", "Knowledge check"),
                                ("page", "Library page"),
                                ("task", "To-do"),
                                ("meet", "Introduction"),
                            ],
                            max_length=8,
                            null=True,
                        ),
                    ),
                    ("ref", models.CharField(max_length=60, null=True)),
                    ("position", models.PositiveSmallIntegerField(default=0, null=True)),
                    ("opens_on", models.DateField(blank=True, null=True)),
                    ("in_order", models.BooleanField(default=False, null=True)),
                    ("assigned_at", models.DateTimeField(null=True)),
                    ("due_on", models.DateField(null=True)),
                    ("done_at", models.DateTimeField(blank=True, null=True)),
                    ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                    ("claimed_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "assigned_by",
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
                        "checker",
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
                        "confirmed_by",
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
                            to="training.assignment",
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
                    (
                        "user",
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
                        "plan",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="training.plan",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="assignment_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="022f7507c8c2c32946065c64481e8a2bfcf4e2be",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_464da",
                                table="training_assignmentevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PlanEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=120, null=True)),
                    ("description", models.TextField(blank=True, max_length=2000, null=True)),
                    (
                        "role",
                        models.CharField(
                            blank=True,
                            choices=[("manager", "Manager"), ("engineer", "Engineer"), ("trainee", "Trainee")],
                            max_length=10,
                            null=True,
                        ),
                    ),
                    (
                        "automatic",
                        models.BooleanField(
                            default=False,
                            help_text="To everyone with this role who has not had the plan, and to people who join later.",
                            null=True,
                            verbose_name="Assign automatically",
                        ),
                    ),
                    (
                        "started_at",
                        models.DateTimeField(
                            blank=True, help_text="Until then it is a draft, and nobody gets it.", null=True
                        ),
                    ),
                    ("retired_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "author",
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
                            to="training.plan",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            help_text="The team and its sub-teams.",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="plan_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="013612141646cdf2be25123476fe561ffe537e88",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_b0a64",
                                table="training_planevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PlanItem",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("position", models.PositiveSmallIntegerField(default=0)),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("scenario", "Decision scenario"),
                                ("check", "Knowledge check"),
                                ("page", "Library page"),
                                ("task", "To-do"),
                                ("meet", "Introduction"),
                            ],
                            max_length=8,
                        ),
                    ),
                    (
                        "ref",
                        models.CharField(
                            help_text="A scenario's slug, a check's id, a page's slug or a task's number.", max_length=60
                        ),
                    ),
                    (
                        "due_days",
                        models.PositiveSmallIntegerField(
                            default=14,
                            help_text="Days after it was assigned.",
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(730),
                            ],
                            verbose_name="Due after",
                        ),
                    ),
                    (
                        "opens_after",
                        models.PositiveSmallIntegerField(
                            default=0,
                            help_text="Days after it was assigned; 0 for at once.",
                            validators=[django.core.validators.MaxValueValidator(729)],
                        ),
                    ),
                    ("in_order", models.BooleanField(default=False, verbose_name="Only when the items before it are done")),
                    (
                        "plan",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="items", to="training.plan"
                        ),
                    ),
                ],
                options={
                    "ordering": ["plan", "position"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("plan", "kind", "ref"),
                            name="plan_item_once",
                            violation_error_message="This is already in the plan.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("opens_after__lt", models.F("due_days"))),
                            name="plan_item_opens_before_due",
                            violation_error_message="An item must open before it is due.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_planitemevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="fa0999affe6b9addf3cd5feb371bf6e8c30f642d",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_ac35b",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_planitem",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_planitemevent" ("due_days", "in_order", "kind", "opens_after", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "position", "ref") SELECT old_values."due_days", old_values."in_order", old_values."kind", old_values."opens_after", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."plan_id", old_values."position", old_values."ref" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."due_days" IS DISTINCT FROM (new_values."due_days") OR old_values."in_order" IS DISTINCT FROM (new_values."in_order") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."opens_after" IS DISTINCT FROM (new_values."opens_after") OR old_values."plan_id" IS DISTINCT FROM (new_values."plan_id") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."ref" IS DISTINCT FROM (new_values."ref")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="90e2fccd1532bc358ebac581f948543076f3b3fa",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_f46d1",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_planitem",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_planitemevent" ("due_days", "in_order", "kind", "opens_after", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "position", "ref") SELECT old_values."due_days", old_values."in_order", old_values."kind", old_values."opens_after", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."plan_id", old_values."position", old_values."ref" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="f8965eaf8dc95b36f6f53654dbafb0c6c054a0ae",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_69fb0",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_planitem",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="PlanItemEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("position", models.PositiveSmallIntegerField(default=0, null=True)),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("scenario", "Decision scenario"),
                                ("check", "Knowledge check"),
                                ("page", "Library page"),
                                ("task", "To-do"),
                                ("meet", "Introduction"),
                            ],
                            max_length=8,
                            null=True,
                        ),
                    ),
                    (
                        "ref",
                        models.CharField(
                            help_text="A scenario's slug, a check's id, a page's slug or a task's number.",
                            max_length=60,
                            null=True,
                        ),
                    ),
                    (
                        "due_days",
                        models.PositiveSmallIntegerField(
                            default=14,
                            help_text="Days after it was assigned.",
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(730),
                            ],
                            verbose_name="Due after",
                        ),
                    ),
                    (
                        "opens_after",
                        models.PositiveSmallIntegerField(
                            default=0,
                            help_text="Days after it was assigned; 0 for at once.",
                            null=True,
                            validators=[django.core.validators.MaxValueValidator(729)],
                        ),
                    ),
                    (
                        "in_order",
                        models.BooleanField(default=False, null=True, verbose_name="Only when the items before it are done"),
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
                            to="training.planitem",
                        ),
                    ),
                    (
                        "plan",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="training.plan",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="planitem_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="bebc465d7719ef63de5fc7474862669c3ffac7be",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_3cbe1",
                                table="training_planitemevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Platform",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=80, unique=True)),
                    (
                        "url",
                        models.CharField(
                            help_text="Where people open the platform, as in https://moodle.example.",
                            max_length=300,
                            verbose_name="Address",
                        ),
                    ),
                    ("issuer", models.CharField(help_text="Also called platform ID.", max_length=300)),
                    ("client_id", models.CharField(max_length=200, verbose_name="Client ID")),
                    (
                        "deployments",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=255),
                            help_text="One per line.",
                            size=None,
                            verbose_name="Deployment IDs",
                        ),
                    ),
                    ("auth_url", models.CharField(max_length=500, verbose_name="Authentication request URL")),
                    ("token_url", models.CharField(max_length=500, verbose_name="Access token URL")),
                    ("keys_url", models.CharField(max_length=500, verbose_name="Public keyset URL")),
                    (
                        "audience",
                        models.CharField(
                            blank=True,
                            help_text="Only if the platform names one. Default: the access token URL.",
                            max_length=500,
                            verbose_name="Token audience",
                        ),
                    ),
                    ("is_active", models.BooleanField(default=True, verbose_name="Accept launches")),
                    (
                        "team",
                        models.ForeignKey(
                            help_text="People who come from the platform become its trainees.",
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="platforms",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("issuer", "client_id"),
                            name="platform_once",
                            violation_error_message="This issuer and client ID are registered already.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_platformevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="19d3138d0bcf0edc2de2320de9629e02a73d3af8",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_ca75e",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_platform",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_platformevent" ("audience", "auth_url", "client_id", "deployments", "is_active", "issuer", "keys_url", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id", "token_url", "url") SELECT old_values."audience", old_values."auth_url", old_values."client_id", old_values."deployments", old_values."is_active", old_values."issuer", old_values."keys_url", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."team_id", old_values."token_url", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."audience" IS DISTINCT FROM (new_values."audience") OR old_values."auth_url" IS DISTINCT FROM (new_values."auth_url") OR old_values."client_id" IS DISTINCT FROM (new_values."client_id") OR old_values."deployments" IS DISTINCT FROM (new_values."deployments") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."issuer" IS DISTINCT FROM (new_values."issuer") OR old_values."keys_url" IS DISTINCT FROM (new_values."keys_url") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."token_url" IS DISTINCT FROM (new_values."token_url") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="83ef80115924d5a4bdf878a90f70f3e23d22a892",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_4933e",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_platform",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_platformevent" ("audience", "auth_url", "client_id", "deployments", "is_active", "issuer", "keys_url", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id", "token_url", "url") SELECT old_values."audience", old_values."auth_url", old_values."client_id", old_values."deployments", old_values."is_active", old_values."issuer", old_values."keys_url", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."team_id", old_values."token_url", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="622662bc1c235e6d4e92c23e83ba1d9312ae80f1",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_d89f3",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_platform",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Launch",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("uuid", models.UUIDField(default=uuid.uuid4, unique=True)),
                    ("nonce", models.CharField(max_length=64, unique=True)),
                    ("deployment_id", models.CharField(max_length=255)),
                    ("sub", models.CharField(max_length=255)),
                    ("name", models.CharField(max_length=120)),
                    ("email", models.CharField(max_length=254)),
                    ("is_deep_linking", models.BooleanField()),
                    ("may_choose", models.BooleanField()),
                    ("item", models.CharField(max_length=80)),
                    ("line_item", models.CharField(max_length=1000)),
                    ("return_url", models.CharField(max_length=1000)),
                    ("return_data", models.TextField()),
                    ("at", models.DateTimeField(db_index=True)),
                    (
                        "platform",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="launches", to="training.platform"
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="PlatformEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=80, null=True)),
                    (
                        "url",
                        models.CharField(
                            help_text="Where people open the platform, as in https://moodle.example.",
                            max_length=300,
                            null=True,
                            verbose_name="Address",
                        ),
                    ),
                    ("issuer", models.CharField(help_text="Also called platform ID.", max_length=300, null=True)),
                    ("client_id", models.CharField(max_length=200, null=True, verbose_name="Client ID")),
                    (
                        "deployments",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=255),
                            help_text="One per line.",
                            null=True,
                            size=None,
                            verbose_name="Deployment IDs",
                        ),
                    ),
                    ("auth_url", models.CharField(max_length=500, null=True, verbose_name="Authentication request URL")),
                    ("token_url", models.CharField(max_length=500, null=True, verbose_name="Access token URL")),
                    ("keys_url", models.CharField(max_length=500, null=True, verbose_name="Public keyset URL")),
                    (
                        "audience",
                        models.CharField(
                            blank=True,
                            help_text="Only if the platform names one. Default: the access token URL.",
                            max_length=500,
                            null=True,
                            verbose_name="Token audience",
                        ),
                    ),
                    ("is_active", models.BooleanField(default=True, null=True, verbose_name="Accept launches")),
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
                            to="training.platform",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            help_text="People who come from the platform become its trainees.",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="platform_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="b3771664fac25bf76f82dd1a5c573ae84665325e",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_c8b74",
                                table="training_platformevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PlatformPerson",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("sub", models.CharField(max_length=255)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("connected_at", models.DateTimeField(editable=False, null=True)),
                    (
                        "platform",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="people", to="training.platform"
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="platform_accounts",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("platform", "sub"), name="platform_person_once")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_platformpersonevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="e146ae3427b0a5b9743a9d395e71ad5e8c74520d",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_fba63",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_platformperson",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_platformpersonevent" ("connected_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_id", "sub", "user_id") SELECT old_values."connected_at", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."platform_id", old_values."sub", old_values."user_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."connected_at" IS DISTINCT FROM (new_values."connected_at") OR old_values."platform_id" IS DISTINCT FROM (new_values."platform_id") OR old_values."sub" IS DISTINCT FROM (new_values."sub") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="123ef35f9c0db49486e17abeb20957a725047089",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_46435",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_platformperson",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_platformpersonevent" ("connected_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "platform_id", "sub", "user_id") SELECT old_values."connected_at", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."platform_id", old_values."sub", old_values."user_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="08cb96961ad2cc1588b0397747e125456474855e",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_bf47e",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_platformperson",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Grade",
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
                    ("line_item", models.CharField(max_length=1000)),
                    ("kind", models.CharField(max_length=8)),
                    ("ref", models.CharField(max_length=60)),
                    ("score", models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                    ("is_complete", models.BooleanField(default=False)),
                    ("scored_at", models.DateTimeField(null=True)),
                    ("sent_at", models.DateTimeField(null=True)),
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
                        "person",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="grades", to="training.platformperson"
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("person", "line_item"), name="grade_once")],
                },
            ),
            migrations.CreateModel(
                name="PlatformPersonEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("sub", models.CharField(max_length=255, null=True)),
                    ("connected_at", models.DateTimeField(editable=False, null=True)),
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
                            to="training.platformperson",
                        ),
                    ),
                    (
                        "platform",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="training.platform",
                        ),
                    ),
                    (
                        "user",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="platformperson_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="1a756fc97d5454c0f8dfb8ffe4616ed8224919bd",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_af86e",
                                table="training_platformpersonevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="RecordStore",
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
                    ("name", models.CharField(max_length=80, unique=True)),
                    ("url", models.CharField(max_length=500, verbose_name="xAPI address")),
                    ("username", models.CharField(blank=True, max_length=200, verbose_name="user name or key")),
                    ("password", models.TextField(blank=True, editable=False)),
                    ("mailto", models.BooleanField(default=False, verbose_name="Identify people by email")),
                    ("is_active", models.BooleanField(default=True, verbose_name="Send statements")),
                    ("last_sent_at", models.DateTimeField(editable=False, null=True)),
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
                    "ordering": ["name"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_recordstoreevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="f09ef59439804b931e1d45eaee8c4438fdca3d60",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_da888",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_recordstore",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_recordstoreevent" ("is_active", "mailto", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "url", "username") SELECT old_values."is_active", old_values."mailto", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."url", old_values."username" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."mailto" IS DISTINCT FROM (new_values."mailto") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."url" IS DISTINCT FROM (new_values."url") OR old_values."username" IS DISTINCT FROM (new_values."username")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="1763e52d01c6158ea371f6f516f6c555e6ac775a",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_be288",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_recordstore",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_recordstoreevent" ("is_active", "mailto", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "url", "username") SELECT old_values."is_active", old_values."mailto", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."url", old_values."username" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="3e94224ec77d830464531ef1884ca4908a63ab8c",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_a31d0",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_recordstore",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="RecordStoreEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=80, null=True)),
                    ("url", models.CharField(max_length=500, null=True, verbose_name="xAPI address")),
                    ("username", models.CharField(blank=True, max_length=200, null=True, verbose_name="user name or key")),
                    ("mailto", models.BooleanField(default=False, null=True, verbose_name="Identify people by email")),
                    ("is_active", models.BooleanField(default=True, null=True, verbose_name="Send statements")),
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
                            to="training.recordstore",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="recordstore_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="1d3955b804538f7fd819e916bdfe087f8e3a049a",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_db1db",
                                table="training_recordstoreevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="Statement",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("uuid", models.UUIDField(editable=False)),
                    ("document", models.JSONField()),
                    ("queued_at", models.DateTimeField()),
                    ("sent_at", models.DateTimeField(null=True)),
                    ("refusal", models.CharField(blank=True, max_length=200)),
                    (
                        "attempt",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to="scenarios.attempt"
                        ),
                    ),
                    (
                        "store",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="statements", to="training.recordstore"
                        ),
                    ),
                ],
                options={
                    "indexes": [
                        models.Index(
                            condition=models.Q(("refusal", ""), ("sent_at", None)),
                            fields=["store", "id"],
                            name="statement_waiting",
                        )
                    ],
                    "constraints": [models.UniqueConstraint(fields=("store", "uuid"), name="statement_once")],
                },
            ),
            migrations.CreateModel(
                name="Task",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("title", models.CharField(max_length=120)),
                    ("text", models.TextField(blank=True, max_length=2000, verbose_name="What to do")),
                    (
                        "link",
                        models.URLField(
                            blank=True,
                            max_length=500,
                            validators=[
                                django.core.validators.URLValidator(
                                    message="Enter a link that starts with http:// or https://.", schemes=["http", "https"]
                                )
                            ],
                        ),
                    ),
                    (
                        "meet",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("manager", "A manager of the team"),
                                ("incident_lead", "The person who leads incidents"),
                                ("on_call", "The person on call"),
                                ("quality_lead", "A quality lead"),
                            ],
                            max_length=16,
                            verbose_name="Introduction to",
                        ),
                    ),
                    (
                        "is_checked",
                        models.BooleanField(
                            default=False,
                            help_text="The learner asks a colleague, who confirms it or sends it back.",
                            verbose_name="A colleague confirms it",
                        ),
                    ),
                    (
                        "plan",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="training.plan"
                        ),
                    ),
                ],
                options={
                    "ordering": ["pk"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO training_taskevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="4c0c3463a5a5932775555bf4d162481f6c3429bd",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_7bf85",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="training_task",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_taskevent" ("is_checked", "link", "meet", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "text", "title") SELECT old_values."is_checked", old_values."link", old_values."meet", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."plan_id", old_values."text", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."is_checked" IS DISTINCT FROM (new_values."is_checked") OR old_values."link" IS DISTINCT FROM (new_values."link") OR old_values."meet" IS DISTINCT FROM (new_values."meet") OR old_values."plan_id" IS DISTINCT FROM (new_values."plan_id") OR old_values."text" IS DISTINCT FROM (new_values."text") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="df42f7e9eb844689cbac07326e24f8f26b8da661",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_0610e",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="training_task",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "training_taskevent" ("is_checked", "link", "meet", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "plan_id", "text", "title") SELECT old_values."is_checked", old_values."link", old_values."meet", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."plan_id", old_values."text", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="451c50282b068045c6fd5a2ed4043ee8bba3306a",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_58b7a",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="training_task",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TaskEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("title", models.CharField(max_length=120, null=True)),
                    ("text", models.TextField(blank=True, max_length=2000, null=True, verbose_name="What to do")),
                    (
                        "link",
                        models.URLField(
                            blank=True,
                            max_length=500,
                            null=True,
                            validators=[
                                django.core.validators.URLValidator(
                                    message="Enter a link that starts with http:// or https://.", schemes=["http", "https"]
                                )
                            ],
                        ),
                    ),
                    (
                        "meet",
                        models.CharField(
                            blank=True,
                            choices=[
                                ("manager", "A manager of the team"),
                                ("incident_lead", "The person who leads incidents"),
                                ("on_call", "The person on call"),
                                ("quality_lead", "A quality lead"),
                            ],
                            max_length=16,
                            null=True,
                            verbose_name="Introduction to",
                        ),
                    ),
                    (
                        "is_checked",
                        models.BooleanField(
                            default=False,
                            help_text="The learner asks a colleague, who confirms it or sends it back.",
                            null=True,
                            verbose_name="A colleague confirms it",
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
                            to="training.task",
                        ),
                    ),
                    (
                        "plan",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="training.plan",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="task_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="f9ea1811a570b8469795a3ab04ce3f501420a627",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_81023",
                                table="training_taskevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
        ]
    )
