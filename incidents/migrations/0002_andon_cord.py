import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.kept import versioned
from qmportal.lib.tables import together


class Migration(migrations.Migration):
    dependencies = [
        ("qmportal", "0001_versions_and_append_only_context"),
        ("incidents", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0001_initial"),
    ]

    operations = together([
        migrations.CreateModel(
            name="Cord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("service", models.CharField(blank=True, max_length=120)),
                ("reason", models.TextField(max_length=2000)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="pulled")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                ("released_at", models.DateTimeField(null=True, verbose_name="released")),
                ("learned", models.TextField(blank=True, max_length=5000, verbose_name="what was learned")),
                ("false_alarm", models.BooleanField(default=False)),
                (
                    "time_to_respond",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.comparison.Coalesce(
                                models.F("confirmed_at"), models.F("released_at")
                            ),
                            "-",
                            models.F("raised_at"),
                        ),
                        output_field=models.DurationField(),
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "raised_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="cords", to="teams.team"),
                ),
            ],
            options={
                "ordering": ["-raised_at", "-id"],
                "indexes": [models.Index(fields=["team", "raised_at"], name="cord_team_raised")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("confirmed_at__gte", models.F("raised_at"))),
                        name="cord_raised_before_confirmed",
                        violation_error_message="A cord cannot be confirmed before it is pulled.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("released_at__gte", models.F("raised_at"))),
                        name="cord_raised_before_released",
                        violation_error_message="A cord cannot be released before it is pulled.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("released_at__gte", models.F("confirmed_at"))),
                        name="cord_confirmed_before_released",
                        violation_error_message="A cord cannot be released before it is confirmed.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("released_at", None),
                            ("false_alarm", True),
                            models.Q(("learned", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="cord_learned_when_released",
                        violation_error_message="Say what you learned, or mark it as a false alarm.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("released_at__isnull", False), ("false_alarm", False), _connector="OR"),
                        name="cord_false_alarm_when_released",
                        violation_error_message="Only a released cord can be a false alarm.",
                    ),
                    models.UniqueConstraint(
                        models.F("team"),
                        django.db.models.functions.text.Lower("service"),
                        condition=models.Q(("released_at", None)),
                        name="cord_pulled_once",
                        violation_error_message="The cord is already pulled here. Tell the people who are on it what you know.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_cordevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="b9b455501a8ac5bbf43058b076ffbcc24f65299d",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_baeba",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="incidents_cord",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_cordevent" ("confirmed_at", "confirmed_by_id", "false_alarm", "learned", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "raised_at", "raised_by_id", "reason", "released_at", "released_by_id", "service", "team_id") SELECT old_values."confirmed_at", old_values."confirmed_by_id", old_values."false_alarm", old_values."learned", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."raised_at", old_values."raised_by_id", old_values."reason", old_values."released_at", old_values."released_by_id", old_values."service", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."confirmed_at" IS DISTINCT FROM (new_values."confirmed_at") OR old_values."confirmed_by_id" IS DISTINCT FROM (new_values."confirmed_by_id") OR old_values."false_alarm" IS DISTINCT FROM (new_values."false_alarm") OR old_values."learned" IS DISTINCT FROM (new_values."learned") OR old_values."raised_at" IS DISTINCT FROM (new_values."raised_at") OR old_values."raised_by_id" IS DISTINCT FROM (new_values."raised_by_id") OR old_values."reason" IS DISTINCT FROM (new_values."reason") OR old_values."released_at" IS DISTINCT FROM (new_values."released_at") OR old_values."released_by_id" IS DISTINCT FROM (new_values."released_by_id") OR old_values."service" IS DISTINCT FROM (new_values."service") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="05093cb2804447cf547e5e8155ef6deddbf98805",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_72ad7",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="incidents_cord",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_cordevent" ("confirmed_at", "confirmed_by_id", "false_alarm", "learned", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "raised_at", "raised_by_id", "reason", "released_at", "released_by_id", "service", "team_id") SELECT old_values."confirmed_at", old_values."confirmed_by_id", old_values."false_alarm", old_values."learned", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."raised_at", old_values."raised_by_id", old_values."reason", old_values."released_at", old_values."released_by_id", old_values."service", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="53bca10ae2fa382962c2013e7390dcec90e24d53",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_a946f",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="incidents_cord",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CordEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("service", models.CharField(blank=True, max_length=120, null=True)),
                ("reason", models.TextField(max_length=2000, null=True)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now, null=True, verbose_name="pulled")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed")),
                ("released_at", models.DateTimeField(null=True, verbose_name="released")),
                ("learned", models.TextField(blank=True, max_length=5000, null=True, verbose_name="what was learned")),
                ("false_alarm", models.BooleanField(default=False, null=True)),
                (
                    "confirmed_by",
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
                        to="incidents.cord",
                    ),
                ),
                (
                    "raised_by",
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
                    "released_by",
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
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="cord_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="2a59793e4c0eead157c92ab6a55b7d6424b3c7e8",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_72b06",
                            table="incidents_cordevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        *versioned("incidents_cord"),
    ])
