import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("defects", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("pipeline", "0001_initial"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="Failure",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(choices=[("tests", "Tests"), ("analysis", "Static analysis")], max_length=8)),
                    ("fingerprint", models.CharField(max_length=32)),
                    ("title", models.CharField(max_length=200)),
                    ("place", models.CharField(blank=True, max_length=200)),
                    ("first_seen_at", models.DateTimeField()),
                    ("last_seen_at", models.DateTimeField()),
                    (
                        "defect",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="failures",
                            to="defects.defect",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="failures",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-last_seen_at", "-id"],
                    "indexes": [models.Index(fields=["team", "last_seen_at"], name="failure_team_seen")],
                    "constraints": [models.UniqueConstraint(fields=("team", "fingerprint"), name="failure_unique")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO testing_failureevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ed3098007ff35c9c636a95a3df53b96c2cb74a87",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_f72de",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="testing_failure",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_failureevent" ("defect_id", "fingerprint", "first_seen_at", "kind", "last_seen_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "team_id", "title") SELECT old_values."defect_id", old_values."fingerprint", old_values."first_seen_at", old_values."kind", old_values."last_seen_at", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."place", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."defect_id" IS DISTINCT FROM (new_values."defect_id") OR old_values."fingerprint" IS DISTINCT FROM (new_values."fingerprint") OR old_values."first_seen_at" IS DISTINCT FROM (new_values."first_seen_at") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."last_seen_at" IS DISTINCT FROM (new_values."last_seen_at") OR old_values."place" IS DISTINCT FROM (new_values."place") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="8948d6e811b899e50ec849cd36710b13de8f8f61",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_8f945",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="testing_failure",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_failureevent" ("defect_id", "fingerprint", "first_seen_at", "kind", "last_seen_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "place", "team_id", "title") SELECT old_values."defect_id", old_values."fingerprint", old_values."first_seen_at", old_values."kind", old_values."last_seen_at", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."place", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="c467c0b6abd31249801ea58c2615ce1a5319f228",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_7c67f",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="testing_failure",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="FailureEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "kind",
                        models.CharField(
                            choices=[("tests", "Tests"), ("analysis", "Static analysis")], max_length=8, null=True
                        ),
                    ),
                    ("fingerprint", models.CharField(max_length=32, null=True)),
                    ("title", models.CharField(max_length=200, null=True)),
                    ("place", models.CharField(blank=True, max_length=200, null=True)),
                    ("first_seen_at", models.DateTimeField(null=True)),
                    ("last_seen_at", models.DateTimeField(null=True)),
                    (
                        "defect",
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
                            to="testing.failure",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="failure_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="ece43baaf599a1a01e78e061c4f0a19ce562807e",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_3d3a8",
                                table="testing_failureevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="FlakyTest",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=500)),
                    (
                        "owner",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="flaky_tests",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="flaky_tests",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("team", "name"), name="flaky_test_unique")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO testing_flakytestevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="8523f91baff053107005ac8c7bf386940748ab0e",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_0bbf0",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="testing_flakytest",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_flakytestevent" ("name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT old_values."name", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="60496eb75788b6dfb7d7e0dc26c308e3960c5cd8",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_a6cf5",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="testing_flakytest",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_flakytestevent" ("name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT old_values."name", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="aa5b833b8acde964943a55838d6605b117d8262b",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_f6946",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="testing_flakytest",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="FlakyTestEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=500, null=True)),
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
                            to="testing.flakytest",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="flakytest_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="005200c0b109cf68d12e2ed1455d9cabc1b3aa4a",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_dd7ff",
                                table="testing_flakytestevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReportSettings",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "files_defects",
                        models.BooleanField(default=False, verbose_name="File failures of the main branch as defects"),
                    ),
                    ("default_branch", models.CharField(default="main", max_length=200, verbose_name="main branch")),
                    (
                        "team",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="report_settings", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO testing_reportsettingsevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="da700142db16a09d8cccdadb99e787d33dd908fa",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_54b3f",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="testing_reportsettings",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_reportsettingsevent" ("default_branch", "files_defects", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT old_values."default_branch", old_values."files_defects", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."default_branch" IS DISTINCT FROM (new_values."default_branch") OR old_values."files_defects" IS DISTINCT FROM (new_values."files_defects") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="2d501c2096559ef66b0af6bdbcaf2709c6f64ce7",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_60299",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="testing_reportsettings",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_reportsettingsevent" ("default_branch", "files_defects", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT old_values."default_branch", old_values."files_defects", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="6361b1f7dabf047d7be89871a470f5ea2984bce3",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_fc102",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="testing_reportsettings",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReportSettingsEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "files_defects",
                        models.BooleanField(
                            default=False, null=True, verbose_name="File failures of the main branch as defects"
                        ),
                    ),
                    (
                        "default_branch",
                        models.CharField(default="main", max_length=200, null=True, verbose_name="main branch"),
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
                            to="testing.reportsettings",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="reportsettings_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="3b75d529ea7eaf75c386bd83e181694aedf10360",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_c574c",
                                table="testing_reportsettingsevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TestRun",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ("reference", models.CharField(editable=False, max_length=24, unique=True)),
                    ("url", models.URLField(blank=True, max_length=500, verbose_name="link")),
                    ("source", models.CharField(blank=True, max_length=40)),
                    ("external_id", models.CharField(blank=True, max_length=120)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
                    ("name", models.CharField(blank=True, max_length=120, verbose_name="job")),
                    ("branch", models.CharField(blank=True, max_length=200)),
                    ("commit", models.CharField(blank=True, max_length=64)),
                    ("ran_at", models.DateTimeField(verbose_name="ran")),
                    (
                        "kind",
                        models.CharField(
                            choices=[("tests", "Tests"), ("analysis", "Static analysis")],
                            default="tests",
                            editable=False,
                            max_length=8,
                        ),
                    ),
                    ("tool", models.CharField(blank=True, editable=False, max_length=200)),
                    ("total", models.PositiveIntegerField(default=0, editable=False)),
                    ("failed", models.PositiveIntegerField(default=0, editable=False)),
                    ("flaky", models.PositiveIntegerField(default=0, editable=False)),
                    ("skipped", models.PositiveIntegerField(default=0, editable=False)),
                    ("distinct", models.PositiveIntegerField(default=0, editable=False, verbose_name="distinct failures")),
                    ("filed", models.PositiveIntegerField(default=0, editable=False, verbose_name="defects filed")),
                    ("is_broken", models.BooleanField(default=False, editable=False)),
                    ("passed_marks", models.BinaryField(default=bytes)),
                    ("failed_marks", models.BinaryField(default=bytes)),
                    (
                        "service",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="test_runs",
                            to="pipeline.service",
                        ),
                    ),
                    (
                        "stage",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="+", to="pipeline.stage"
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="test_runs", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": ["-ran_at", "-id"],
                    "indexes": [
                        models.Index(fields=["team", "ran_at"], name="test_run_team_ran"),
                        models.Index(
                            condition=models.Q(("commit", ""), _negated=True),
                            fields=["team", "commit"],
                            name="test_run_team_commit",
                        ),
                    ],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("external_id", ""), _negated=True),
                            fields=("source", "external_id", "team"),
                            name="test_run_external_unique",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO testing_testrunevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="a7da5e8a69f092bafcbc7cf5bbaefe2471bdaa7c",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_aaa76",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="testing_testrun",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_testrunevent" ("branch", "commit", "distinct", "external_id", "failed", "filed", "flaky", "is_broken", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ran_at", "reference", "service_id", "skipped", "source", "stage_id", "team_id", "tool", "total", "url") SELECT old_values."branch", old_values."commit", old_values."distinct", old_values."external_id", old_values."failed", old_values."filed", old_values."flaky", old_values."is_broken", old_values."kind", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."ran_at", old_values."reference", old_values."service_id", old_values."skipped", old_values."source", old_values."stage_id", old_values."team_id", old_values."tool", old_values."total", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."branch" IS DISTINCT FROM (new_values."branch") OR old_values."commit" IS DISTINCT FROM (new_values."commit") OR old_values."distinct" IS DISTINCT FROM (new_values."distinct") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."failed" IS DISTINCT FROM (new_values."failed") OR old_values."filed" IS DISTINCT FROM (new_values."filed") OR old_values."flaky" IS DISTINCT FROM (new_values."flaky") OR old_values."is_broken" IS DISTINCT FROM (new_values."is_broken") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."ran_at" IS DISTINCT FROM (new_values."ran_at") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."skipped" IS DISTINCT FROM (new_values."skipped") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."stage_id" IS DISTINCT FROM (new_values."stage_id") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."tool" IS DISTINCT FROM (new_values."tool") OR old_values."total" IS DISTINCT FROM (new_values."total") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="5715fbebfbcaab0d9e4701763b9bb333f653832d",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_76ff4",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="testing_testrun",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "testing_testrunevent" ("branch", "commit", "distinct", "external_id", "failed", "filed", "flaky", "is_broken", "kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ran_at", "reference", "service_id", "skipped", "source", "stage_id", "team_id", "tool", "total", "url") SELECT old_values."branch", old_values."commit", old_values."distinct", old_values."external_id", old_values."failed", old_values."filed", old_values."flaky", old_values."is_broken", old_values."kind", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."ran_at", old_values."reference", old_values."service_id", old_values."skipped", old_values."source", old_values."stage_id", old_values."team_id", old_values."tool", old_values."total", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="d1f01b1ccc24661fdddcb51a04d81942889fa54b",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_6ddb7",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="testing_testrun",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Sighting",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("tests", models.PositiveIntegerField()),
                    (
                        "examples",
                        django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                    ),
                    (
                        "failure",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="sightings", to="testing.failure"
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="sightings",
                            to="testing.testrun",
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("run", "failure"), name="sighting_unique")],
                },
            ),
            migrations.CreateModel(
                name="Flake",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("seen_at", models.DateTimeField()),
                    (
                        "how",
                        models.CharField(
                            choices=[("retry", "Passed on retry"), ("commit", "Both results on one commit")], max_length=6
                        ),
                    ),
                    (
                        "test",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="flakes",
                            to="testing.flakytest",
                        ),
                    ),
                    (
                        "run",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="flakes", to="testing.testrun"
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("test", "run"), name="flake_unique")],
                },
            ),
            migrations.CreateModel(
                name="TestRunEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("reference", models.CharField(editable=False, max_length=24, null=True)),
                    ("url", models.URLField(blank=True, max_length=500, null=True, verbose_name="link")),
                    ("source", models.CharField(blank=True, max_length=40, null=True)),
                    ("external_id", models.CharField(blank=True, max_length=120, null=True)),
                    ("name", models.CharField(blank=True, max_length=120, null=True, verbose_name="job")),
                    ("branch", models.CharField(blank=True, max_length=200, null=True)),
                    ("commit", models.CharField(blank=True, max_length=64, null=True)),
                    ("ran_at", models.DateTimeField(null=True, verbose_name="ran")),
                    (
                        "kind",
                        models.CharField(
                            choices=[("tests", "Tests"), ("analysis", "Static analysis")],
                            default="tests",
                            editable=False,
                            max_length=8,
                            null=True,
                        ),
                    ),
                    ("tool", models.CharField(blank=True, editable=False, max_length=200, null=True)),
                    ("total", models.PositiveIntegerField(default=0, editable=False, null=True)),
                    ("failed", models.PositiveIntegerField(default=0, editable=False, null=True)),
                    ("flaky", models.PositiveIntegerField(default=0, editable=False, null=True)),
                    ("skipped", models.PositiveIntegerField(default=0, editable=False, null=True)),
                    (
                        "distinct",
                        models.PositiveIntegerField(default=0, editable=False, null=True, verbose_name="distinct failures"),
                    ),
                    (
                        "filed",
                        models.PositiveIntegerField(default=0, editable=False, null=True, verbose_name="defects filed"),
                    ),
                    ("is_broken", models.BooleanField(default=False, editable=False, null=True)),
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
                            to="testing.testrun",
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
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="testrun_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="fb91440a4642b3097414d545e362f3d729143030",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_9174d",
                                table="testing_testrunevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
        ]
    )
