import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import incidents.models.response
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.ids import RowIds, known_ids
from qmportal.lib.tables import together


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0005_actions"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("pipeline", "0003_services"),
        ("records", "0002_shipped_severities"),
        ("teams", "0002_invitation_name"),
    ]

    operations = [
        *together(
            [
                migrations.CreateModel(
                    name="IncidentTemplate",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=60)),
                        ("title", models.CharField(blank=True, max_length=200, verbose_name="title of the incident")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("real", "Real"),
                                    ("retrospective", "Back-filled"),
                                    ("exercise", "Exercise"),
                                    ("maintenance", "Planned maintenance"),
                                ],
                                default="real",
                                max_length=13,
                            ),
                        ),
                        (
                            "services",
                            RowIds("pipeline.Service", blank=True, db_default=[], default=list, size=None),
                        ),
                        ("summary", models.TextField(blank=True, max_length=20000, verbose_name="first notes")),
                        ("roles", models.JSONField(blank=True, default=dict, editable=False)),
                        (
                            "severity",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="records.severity",
                            ),
                        ),
                        (
                            "team",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="incident_templates",
                                to="teams.team",
                            ),
                        ),
                    ],
                    options={
                        "ordering": [django.db.models.functions.text.Lower("name")],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("team"),
                                django.db.models.functions.text.Lower("name"),
                                name="template_name",
                                violation_error_message="The team has a template with this name.",
                            )
                        ],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="history_added",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_incidenttemplateevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                    hash="ab9f8219e1dba18455463b6d4a63c8e105dcadeb",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_history_added_55e59",
                                    referencing="REFERENCING NEW TABLE AS new_values ",
                                    table="incidents_incidenttemplate",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_changed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidenttemplateevent" ("kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "services", "severity_id", "summary", "team_id", "title") SELECT old_values."kind", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."roles", old_values."services", old_values."severity_id", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."roles" IS DISTINCT FROM (new_values."roles") OR old_values."services" IS DISTINCT FROM (new_values."services") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="8ef29335c1c7e227a775a22587ac835151e07072",
                                    level="STATEMENT",
                                    operation="UPDATE",
                                    pgid="pgtrigger_history_changed_5a113",
                                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                    table="incidents_incidenttemplate",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_removed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_incidenttemplateevent" ("kind", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "services", "severity_id", "summary", "team_id", "title") SELECT old_values."kind", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."roles", old_values."services", old_values."severity_id", old_values."summary", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="af7132295dac273f7cc2001d477e90585e7aa1b2",
                                    level="STATEMENT",
                                    operation="DELETE",
                                    pgid="pgtrigger_history_removed_00112",
                                    referencing="REFERENCING OLD TABLE AS old_values ",
                                    table="incidents_incidenttemplate",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="IncidentTemplateEvent",
                    fields=[
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=60, null=True)),
                        (
                            "title",
                            models.CharField(blank=True, max_length=200, null=True, verbose_name="title of the incident"),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("real", "Real"),
                                    ("retrospective", "Back-filled"),
                                    ("exercise", "Exercise"),
                                    ("maintenance", "Planned maintenance"),
                                ],
                                default="real",
                                max_length=13,
                                null=True,
                            ),
                        ),
                        (
                            "services",
                            RowIds("pipeline.Service", blank=True, db_default=[], default=list, null=True, size=None),
                        ),
                        ("summary", models.TextField(blank=True, max_length=20000, null=True, verbose_name="first notes")),
                        ("roles", models.JSONField(blank=True, default=dict, editable=False, null=True)),
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
                                to="incidents.incidenttemplate",
                            ),
                        ),
                        (
                            "severity",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                related_query_name="+",
                                to="records.severity",
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
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="e6a7ecc013b0ed50696c71979dc1c0713b6320e2",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_49f38",
                                    table="incidents_incidenttemplateevent",
                                    when="BEFORE",
                                ),
                            )
                        ],
                        "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="incidenttemplate_history")],
                    },
                ),
                migrations.CreateModel(
                    name="ResponsePlan",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        (
                            "roles",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=incidents.models.response.usual_roles,
                                size=8,
                            ),
                        ),
                        (
                            "team",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE, related_name="response_plan", to="teams.team"
                            ),
                        ),
                    ],
                    options={
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="history_added",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_responseplanevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                    hash="2e17b9beaedab5dfceb4f39c6eb52792875cc761",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_history_added_ab30f",
                                    referencing="REFERENCING NEW TABLE AS new_values ",
                                    table="incidents_responseplan",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_changed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_responseplanevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."roles", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."roles" IS DISTINCT FROM (new_values."roles") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="ba3e1c1f8791b053d2220e81ee635adf159abd66",
                                    level="STATEMENT",
                                    operation="UPDATE",
                                    pgid="pgtrigger_history_changed_f3d5d",
                                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                    table="incidents_responseplan",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_removed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_responseplanevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "roles", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."roles", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="fa81bffcfc293c29301e3207a7a478adbeb1884c",
                                    level="STATEMENT",
                                    operation="DELETE",
                                    pgid="pgtrigger_history_removed_5bca3",
                                    referencing="REFERENCING OLD TABLE AS old_values ",
                                    table="incidents_responseplan",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ResponsePlanEvent",
                    fields=[
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "roles",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40),
                                blank=True,
                                default=incidents.models.response.usual_roles,
                                null=True,
                                size=8,
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
                                to="incidents.responseplan",
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
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="append_only",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                    hash="480014854b23984ae9308be000b040f43936fccd",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_1bf0c",
                                    table="incidents_responseplanevent",
                                    when="BEFORE",
                                ),
                            )
                        ],
                        "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="responseplan_history")],
                    },
                ),
                migrations.CreateModel(
                    name="RoleHolder",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("role", models.CharField(max_length=40)),
                        (
                            "incident",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE, related_name="holders", to="incidents.incident"
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["role"],
                        "constraints": [models.UniqueConstraint(fields=("incident", "role"), name="role_holder_one")],
                        "triggers": [
                            pgtrigger.compiler.Trigger(
                                name="history_added",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_roleholderevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                    hash="7b6c817bed3b55e9268acd774da2c59293e6136f",
                                    level="STATEMENT",
                                    operation="INSERT",
                                    pgid="pgtrigger_history_added_a6ca0",
                                    referencing="REFERENCING NEW TABLE AS new_values ",
                                    table="incidents_roleholder",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_changed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_roleholderevent" ("incident_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") SELECT old_values."incident_id", old_values."person_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."role" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."incident_id" IS DISTINCT FROM (new_values."incident_id") OR old_values."person_id" IS DISTINCT FROM (new_values."person_id") OR old_values."role" IS DISTINCT FROM (new_values."role")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="6f9cea13ed4068f48da0f5ead74f7530aab16ca7",
                                    level="STATEMENT",
                                    operation="UPDATE",
                                    pgid="pgtrigger_history_changed_7e6c8",
                                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                    table="incidents_roleholder",
                                    when="AFTER",
                                ),
                            ),
                            pgtrigger.compiler.Trigger(
                                name="history_removed",
                                sql=pgtrigger.compiler.UpsertTriggerSql(
                                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_roleholderevent" ("incident_id", "person_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role") SELECT old_values."incident_id", old_values."person_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."role" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                    hash="9a6482ce9d8708ed1e9a16ec629c31d65973dfaf",
                                    level="STATEMENT",
                                    operation="DELETE",
                                    pgid="pgtrigger_history_removed_d4445",
                                    referencing="REFERENCING OLD TABLE AS old_values ",
                                    table="incidents_roleholder",
                                    when="AFTER",
                                ),
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RoleHolderEvent",
                    fields=[
                        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                        ("pgh_label", models.TextField(help_text="The event label.")),
                        ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("role", models.CharField(max_length=40, null=True)),
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
                            "person",
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
                                to="incidents.roleholder",
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
                                    hash="faefd37881efa8fbbd06acb42ac3d9888c364b4e",
                                    operation="UPDATE OR DELETE",
                                    pgid="pgtrigger_append_only_a1688",
                                    table="incidents_roleholderevent",
                                    when="BEFORE",
                                ),
                            )
                        ],
                        "indexes": [
                            models.Index(fields=["pgh_obj", "pgh_id"], name="roleholder_history"),
                            models.Index(fields=["incident"], name="roleholder_history_incident"),
                        ],
                    },
                ),
            ]
        ),
        known_ids("incidents_incidenttemplate", "services", "pipeline_service"),
    ]
