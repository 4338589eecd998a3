import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0010_caused_by_deployment"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0002_invitation_name"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="DutyCalendar",
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
                    ("url", models.CharField(editable=False, max_length=1000)),
                    ("shifts", models.JSONField(default=list, editable=False)),
                    ("read_at", models.DateTimeField(editable=False, null=True)),
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
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE, related_name="duty_calendar", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_dutycalendarevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ad8b7308d27e179dcfa21874b4d0f45501e532cb",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_18673",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_dutycalendar",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_dutycalendarevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="7225fd583675e34936abba28e7d438ae2574acf0",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_2c30d",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_dutycalendar",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_dutycalendarevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "team_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="427f134643bf0ff536353363a4d3e61c2e32305d",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_1221e",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_dutycalendar",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DutyCalendarEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
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
                            to="incidents.dutycalendar",
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
                                hash="b728c5a71450cdf17b76c1be81fa59c963a7f653",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_276c9",
                                table="incidents_dutycalendarevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="dutycalendar_history")],
                },
            ),
        ]
    )
