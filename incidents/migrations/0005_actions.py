import datetime

import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.kept import versioned
from qmportal.lib.tables import together


class Migration(migrations.Migration):
    dependencies = [
        ("qmportal", "0001_versions_and_append_only_context"),
        ("incidents", "0004_services"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0001_initial"),
        ("teams", "__first__"),
    ]

    operations = together([
        migrations.CreateModel(
            name="Action",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("reference", models.CharField(editable=False, max_length=24, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("source", models.CharField(blank=True, editable=False, max_length=40)),
                ("external_id", models.CharField(blank=True, editable=False, max_length=120)),
                (
                    "status_reason",
                    models.TextField(
                        blank=True, db_default="", default="", editable=False, max_length=2000, verbose_name="reason"
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("corrective", "Corrective"),
                            ("preventive", "Preventive"),
                            ("detective", "Detective"),
                            ("process", "Process"),
                        ],
                        default="corrective",
                        max_length=10,
                    ),
                ),
                ("details", models.TextField(blank=True, max_length=20000)),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("in_progress", "In progress"), ("done", "Done"), ("dropped", "Dropped")],
                        default="open",
                        max_length=11,
                    ),
                ),
                ("begun_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="done or dropped")),
                ("evidence", models.CharField(blank=True, max_length=500)),
                (
                    "effect",
                    models.CharField(
                        blank=True, choices=[("worked", "Worked"), ("failed", "Did not work")], editable=False, max_length=6
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="actions",
                        to="incidents.incident",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="actions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="actions", to="teams.team"),
                ),
            ],
            options={
                "ordering": ["due_on", "-id"],
                "indexes": [
                    models.Index(fields=["team", "due_on"], name="action_team_due"),
                    models.Index(
                        condition=models.Q(("status__in", ["open", "in_progress"])), fields=["due_on"], name="action_to_do"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["title"], name="action_title_words", opclasses=["gin_trgm_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("closed_at__gte", models.F("begun_at"))),
                        name="action_begun_before_closed",
                        violation_error_message="An action cannot be finished before it is started.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["open"]), _negated=True), ("begun_at", None), _connector="OR"
                        ),
                        name="action_has_no_begun_at_yet",
                        violation_error_message="Nobody has started this action yet. Use Start to add this time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["open", "in_progress"]), _negated=True),
                            ("closed_at", None),
                            _connector="OR",
                        ),
                        name="action_has_no_closed_at_yet",
                        violation_error_message="This action is not finished yet. Use “Mark as done” to add this time.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status__in", ["done", "dropped"]), _negated=True),
                            ("closed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="action_needs_closed_at",
                        violation_error_message="An action that is done or dropped has the time when it was. To open it again, use Reopen.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("due_on__range", (datetime.date(2000, 1, 1), datetime.date(2100, 1, 1)))),
                        name="action_due_on_a_usual_day",
                        violation_error_message="Enter a due date from 2000 to 2100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("evidence", ""),
                            ("evidence__startswith", "https://"),
                            ("evidence__startswith", "http://"),
                            _connector="OR",
                        ),
                        name="action_evidence_is_a_link",
                        violation_error_message="Enter a link that starts with https:// or http://.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("source", "form")), fields=("external_id",), name="action_submission_unique"
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_actionevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="e26465c1267f413beace0aab603c0a7948da40b6",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_cdc4c",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="incidents_action",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_actionevent" ("begun_at", "closed_at", "deleted_at", "details", "due_on", "effect", "evidence", "external_id", "incident_id", "kind", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "source", "status", "status_reason", "team_id", "title") SELECT old_values."begun_at", old_values."closed_at", old_values."deleted_at", old_values."details", old_values."due_on", old_values."effect", old_values."evidence", old_values."external_id", old_values."incident_id", old_values."kind", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."source", old_values."status", old_values."status_reason", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."begun_at" IS DISTINCT FROM (new_values."begun_at") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."details" IS DISTINCT FROM (new_values."details") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."effect" IS DISTINCT FROM (new_values."effect") OR old_values."evidence" IS DISTINCT FROM (new_values."evidence") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."incident_id" IS DISTINCT FROM (new_values."incident_id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."owner_id" IS DISTINCT FROM (new_values."owner_id") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="3a6f692d06ae32fdcf5569fdb37341b5ccf3e24a",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_d2c2b",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="incidents_action",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_actionevent" ("begun_at", "closed_at", "deleted_at", "details", "due_on", "effect", "evidence", "external_id", "incident_id", "kind", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "reporter_id", "source", "status", "status_reason", "team_id", "title") SELECT old_values."begun_at", old_values."closed_at", old_values."deleted_at", old_values."details", old_values."due_on", old_values."effect", old_values."evidence", old_values."external_id", old_values."incident_id", old_values."kind", old_values."owner_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."reporter_id", old_values."source", old_values."status", old_values."status_reason", old_values."team_id", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="6ade93fcb35950a644be85216bf7a36e1141cc10",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_8295e",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="incidents_action",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActionEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("reference", models.CharField(editable=False, max_length=24, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("source", models.CharField(blank=True, editable=False, max_length=40, null=True)),
                ("external_id", models.CharField(blank=True, editable=False, max_length=120, null=True)),
                (
                    "status_reason",
                    models.TextField(
                        blank=True,
                        db_default="",
                        default="",
                        editable=False,
                        max_length=2000,
                        null=True,
                        verbose_name="reason",
                    ),
                ),
                ("title", models.CharField(max_length=200, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("corrective", "Corrective"),
                            ("preventive", "Preventive"),
                            ("detective", "Detective"),
                            ("process", "Process"),
                        ],
                        default="corrective",
                        max_length=10,
                        null=True,
                    ),
                ),
                ("details", models.TextField(blank=True, max_length=20000, null=True)),
                ("due_on", models.DateField(blank=True, null=True, verbose_name="due")),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("in_progress", "In progress"), ("done", "Done"), ("dropped", "Dropped")],
                        default="open",
                        max_length=11,
                        null=True,
                    ),
                ),
                ("begun_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="done or dropped")),
                ("evidence", models.CharField(blank=True, max_length=500, null=True)),
                (
                    "effect",
                    models.CharField(
                        blank=True,
                        choices=[("worked", "Worked"), ("failed", "Did not work")],
                        editable=False,
                        max_length=6,
                        null=True,
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
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
                        to="incidents.action",
                    ),
                ),
                (
                    "reporter",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="action_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0ce36e0beb149e1096c651dea37bea8d22c727e8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_79535",
                            table="incidents_actionevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        *versioned("incidents_action"),
    ])
