import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together
from records.timeline import timeline_triggers

TIMES = ("started_at", "detected_at", "acknowledged_at", "mitigated_at", "restored_at", "closed_at")


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0002_andon_cord"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="TimelineEntry",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "kind",
                        models.CharField(
                            choices=[
                                ("move", "Status"),
                                ("note", "Note"),
                                ("update", "Update for stakeholders"),
                                ("correction", "Correction"),
                                ("system", "Automatic"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("text", models.TextField(blank=True, default="", max_length=10000)),
                    ("happened_at", models.DateTimeField()),
                    ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ("door", models.CharField(blank=True, default="", max_length=10)),
                    ("data", models.JSONField(blank=True, default=dict)),
                    ("next_update_at", models.DateTimeField(blank=True, null=True, verbose_name="next update due")),
                    (
                        "author",
                        models.ForeignKey(
                            blank=True,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "record",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="timeline",
                            to="incidents.incident",
                        ),
                    ),
                ],
                options={
                    "ordering": ["happened_at", "id"],
                    "indexes": [
                        models.Index(fields=["record", "happened_at", "id"], name="timeline_of_incident"),
                        models.Index(
                            condition=models.Q(("next_update_at__isnull", False)),
                            fields=["next_update_at"],
                            name="timeline_update_due",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="ce10a0c99b8f917a53c42f1ba80f2f0f34b83d91",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_973d6",
                                table="incidents_timelineentry",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TimelinePin",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        "entry",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.PROTECT, related_name="pin", to="incidents.timelineentry"
                        ),
                    ),
                ],
                options={
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_timelinepinevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="83a25be82cbc9ec766d506db28600f24ddaea53f",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_0ed6e",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="incidents_timelinepin",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_timelinepinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."at" IS DISTINCT FROM (new_values."at") OR old_values."by_id" IS DISTINCT FROM (new_values."by_id") OR old_values."entry_id" IS DISTINCT FROM (new_values."entry_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="7b84bc88168c52d4dd735bd6054e87e86118df3d",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_60683",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="incidents_timelinepin",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_timelinepinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="499b07cf91cac61b8b248f929cdbdc355c83dd3b",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_dd836",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="incidents_timelinepin",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="TimelinePinEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
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
                        "entry",
                        models.ForeignKey(
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="incidents.timelineentry",
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
                            to="incidents.timelinepin",
                        ),
                    ),
                ],
                options={
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="timelinepin_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="218cf2152a6542c652cd1173b30d05bb0640c19b",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_63739",
                                table="incidents_timelinepinevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            timeline_triggers("incidents_incident", "incidents_timelineentry", TIMES),
        ]
    )
