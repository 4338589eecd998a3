import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from benchmarks.metrics import metric_choices
from qmportal.lib.tables import together

# A record knows its team, not the one that it left.
NOTE = """
CREATE FUNCTION benchmarks_note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO benchmarks_departure (team_id, at) VALUES (OLD.team_id, clock_timestamp())
    ON CONFLICT (team_id) DO UPDATE SET at = EXCLUDED.at;
    RETURN NULL;
END $$;
CREATE TRIGGER defects_defect_departure AFTER UPDATE OF team_id ON defects_defect
    FOR EACH ROW WHEN (OLD.team_id <> NEW.team_id) EXECUTE FUNCTION benchmarks_note_departure();
CREATE TRIGGER incidents_incident_departure AFTER UPDATE OF team_id ON incidents_incident
    FOR EACH ROW WHEN (OLD.team_id <> NEW.team_id) EXECUTE FUNCTION benchmarks_note_departure();
"""
FORGET = """
DROP TRIGGER defects_defect_departure ON defects_defect;
DROP TRIGGER incidents_incident_departure ON incidents_incident;
DROP FUNCTION benchmarks_note_departure();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("defects", "0001_initial"),
        ("incidents", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("teams", "0001_initial"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="Departure",
                fields=[
                    (
                        "team",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE,
                            primary_key=True,
                            related_name="+",
                            serialize=False,
                            to="teams.team",
                        ),
                    ),
                    ("at", models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name="EscapeCost",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "ratio",
                        models.PositiveSmallIntegerField(
                            default=30,
                            help_text="How many times as much a fix in production costs. 30 is often quoted, hard to trace.",
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(1000),
                            ],
                            verbose_name="cost ratio",
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "escape cost",
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("pk", 1)),
                            name="escape_cost_once",
                            violation_error_message="There is one cost ratio.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO benchmarks_escapecostevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="31e8472ad7bb3556ec25e599810ddaea967a0388",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_05e2d",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="benchmarks_escapecost",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "benchmarks_escapecostevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ratio") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."ratio" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."ratio" IS DISTINCT FROM (new_values."ratio")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="3cea423ee592f4a53658f32e0d114044f155cc69",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_a0b21",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="benchmarks_escapecost",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "benchmarks_escapecostevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "ratio") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."ratio" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="9fcc1966c69001ad6af8b9c6f4118db53606e7b6",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_c437e",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="benchmarks_escapecost",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="EscapeCostEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "ratio",
                        models.PositiveSmallIntegerField(
                            default=30,
                            help_text="How many times as much a fix in production costs. 30 is often quoted, hard to trace.",
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(1000),
                            ],
                            verbose_name="cost ratio",
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
                            to="benchmarks.escapecost",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="escapecost_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="98b2f0eb3670032da62e61b242bcf8b8791d2b17",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_023ba",
                                table="benchmarks_escapecostevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ThresholdSet",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("metric", models.CharField(choices=metric_choices, max_length=40)),
                    ("effective_from", models.DateField()),
                    ("reason", models.CharField(max_length=500)),
                    ("source_text", models.CharField(blank=True, max_length=500, verbose_name="source")),
                    (
                        "statistic",
                        models.CharField(choices=[("mean", "Mean"), ("median", "Median")], default="mean", max_length=6),
                    ),
                    (
                        "minimum_n",
                        models.PositiveSmallIntegerField(
                            default=5,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(1000),
                            ],
                            verbose_name="minimum n",
                        ),
                    ),
                    (
                        "severities",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=10),
                            blank=True,
                            default=list,
                            help_text="Keys of the severities that count; none chosen: all.",
                            size=None,
                        ),
                    ),
                    ("cut_elite", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("cut_good", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("cut_average", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("cut_needs_work", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    (
                        "author",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "reverts_to",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="benchmarks.thresholdset",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="threshold_sets",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["metric", "-effective_from", "-id"],
                    "indexes": [models.Index(fields=["metric", "-effective_from"], name="threshold_metric_day")],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(
                                    ("cut_average", None), ("cut_elite", None), ("cut_good", None), ("cut_needs_work", None)
                                ),
                                models.Q(
                                    ("cut_average__lt", models.F("cut_needs_work")),
                                    ("cut_elite__lt", models.F("cut_good")),
                                    ("cut_good__lt", models.F("cut_average")),
                                ),
                                models.Q(
                                    ("cut_average__gt", models.F("cut_needs_work")),
                                    ("cut_elite__gt", models.F("cut_good")),
                                    ("cut_good__gt", models.F("cut_average")),
                                ),
                                _connector="OR",
                            ),
                            name="threshold_cuts_in_order",
                            violation_error_message="The cut points must rise (or fall) from Elite to Critical, without gaps.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(("minimum_n__gte", 1)),
                            name="threshold_minimum_n",
                            violation_error_message="At least one row is needed to judge a team.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO benchmarks_thresholdsetevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="e3b18e510be3e5e93380877782e9d08f972c9796",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_b5578",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="benchmarks_thresholdset",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "benchmarks_thresholdsetevent" ("author_id", "cut_average", "cut_elite", "cut_good", "cut_needs_work", "effective_from", "metric", "minimum_n", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reverts_to_id", "severities", "source_text", "statistic", "team_id") SELECT old_values."author_id", old_values."cut_average", old_values."cut_elite", old_values."cut_good", old_values."cut_needs_work", old_values."effective_from", old_values."metric", old_values."minimum_n", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reason", old_values."reverts_to_id", old_values."severities", old_values."source_text", old_values."statistic", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."cut_average" IS DISTINCT FROM (new_values."cut_average") OR old_values."cut_elite" IS DISTINCT FROM (new_values."cut_elite") OR old_values."cut_good" IS DISTINCT FROM (new_values."cut_good") OR old_values."cut_needs_work" IS DISTINCT FROM (new_values."cut_needs_work") OR old_values."effective_from" IS DISTINCT FROM (new_values."effective_from") OR old_values."metric" IS DISTINCT FROM (new_values."metric") OR old_values."minimum_n" IS DISTINCT FROM (new_values."minimum_n") OR old_values."reason" IS DISTINCT FROM (new_values."reason") OR old_values."reverts_to_id" IS DISTINCT FROM (new_values."reverts_to_id") OR old_values."severities" IS DISTINCT FROM (new_values."severities") OR old_values."source_text" IS DISTINCT FROM (new_values."source_text") OR old_values."statistic" IS DISTINCT FROM (new_values."statistic") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="31de66c3425c0a71c51a0d6dac64f202bc2bdaaa",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_620d5",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="benchmarks_thresholdset",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "benchmarks_thresholdsetevent" ("author_id", "cut_average", "cut_elite", "cut_good", "cut_needs_work", "effective_from", "metric", "minimum_n", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "reverts_to_id", "severities", "source_text", "statistic", "team_id") SELECT old_values."author_id", old_values."cut_average", old_values."cut_elite", old_values."cut_good", old_values."cut_needs_work", old_values."effective_from", old_values."metric", old_values."minimum_n", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reason", old_values."reverts_to_id", old_values."severities", old_values."source_text", old_values."statistic", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="28c956f79c9187aca03a1d66aa8ae9fe1fc6ff9c",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_271db",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="benchmarks_thresholdset",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="MetricSnapshot",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("metric", models.CharField(choices=metric_choices, max_length=40)),
                    ("window_days", models.PositiveSmallIntegerField()),
                    ("as_of", models.DateField()),
                    ("value", models.FloatField(null=True)),
                    ("n", models.PositiveIntegerField()),
                    ("numerator", models.FloatField(null=True)),
                    ("denominator", models.FloatField(null=True)),
                    ("low", models.FloatField(null=True)),
                    ("high", models.FloatField(null=True)),
                    ("median", models.FloatField(null=True)),
                    ("p90", models.FloatField(null=True)),
                    ("state", models.CharField(max_length=12)),
                    (
                        "tier",
                        models.CharField(
                            choices=[
                                ("elite", "Elite"),
                                ("good", "Good"),
                                ("average", "Average"),
                                ("needs_work", "Needs Work"),
                                ("critical", "Critical"),
                            ],
                            max_length=10,
                            null=True,
                        ),
                    ),
                    (
                        "would_be",
                        models.CharField(
                            choices=[
                                ("elite", "Elite"),
                                ("good", "Good"),
                                ("average", "Average"),
                                ("needs_work", "Needs Work"),
                                ("critical", "Critical"),
                            ],
                            max_length=10,
                            null=True,
                        ),
                    ),
                    ("borderline", models.CharField(blank=True, max_length=24)),
                    ("details", models.JSONField(default=dict)),
                    ("computed_at", models.DateTimeField()),
                    (
                        "team",
                        models.ForeignKey(
                            db_index=False,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="snapshots",
                            to="teams.team",
                        ),
                    ),
                    (
                        "threshold_set",
                        models.ForeignKey(
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="+",
                            to="benchmarks.thresholdset",
                        ),
                    ),
                ],
                options={
                    "ordering": ["team", "metric", "window_days", "as_of"],
                    "indexes": [models.Index(fields=["team", "window_days", "metric", "as_of"], name="snapshot_series")],
                    "constraints": [
                        models.UniqueConstraint(fields=("window_days", "as_of", "team", "metric"), name="snapshot_unique")
                    ],
                },
            ),
            migrations.CreateModel(
                name="SnapshotRun",
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
                        "reason",
                        models.CharField(
                            choices=[
                                ("nightly", "Nightly run"),
                                ("requested", "Recompute now"),
                                ("thresholds", "Thresholds changed"),
                                ("import", "Import finished"),
                            ],
                            max_length=10,
                        ),
                    ),
                    ("since", models.DateField()),
                    ("as_of", models.DateField()),
                    (
                        "reached",
                        models.DateField(
                            help_text="Done down to this night; a run that was interrupted goes on from here.", null=True
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
                ],
                options={
                    "ordering": ["-created_at"],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("reason", "nightly")), fields=("as_of",), name="snapshot_run_one_nightly"
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(("reason", "requested"), ("state__in", ["queued", "running"])),
                            fields=("reason",),
                            name="snapshot_run_one_requested",
                        ),
                        models.UniqueConstraint(
                            condition=models.Q(
                                ("attempts", 0), ("reason__in", ["thresholds", "import"]), ("state", "queued")
                            ),
                            fields=("reason",),
                            name="snapshot_run_one_waiting",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ThresholdSetEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("metric", models.CharField(choices=metric_choices, max_length=40, null=True)),
                    ("effective_from", models.DateField(null=True)),
                    ("reason", models.CharField(max_length=500, null=True)),
                    ("source_text", models.CharField(blank=True, max_length=500, null=True, verbose_name="source")),
                    (
                        "statistic",
                        models.CharField(
                            choices=[("mean", "Mean"), ("median", "Median")], default="mean", max_length=6, null=True
                        ),
                    ),
                    (
                        "minimum_n",
                        models.PositiveSmallIntegerField(
                            default=5,
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(1),
                                django.core.validators.MaxValueValidator(1000),
                            ],
                            verbose_name="minimum n",
                        ),
                    ),
                    (
                        "severities",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.CharField(max_length=10),
                            blank=True,
                            default=list,
                            help_text="Keys of the severities that count; none chosen: all.",
                            null=True,
                            size=None,
                        ),
                    ),
                    ("cut_elite", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("cut_good", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("cut_average", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
                    ("cut_needs_work", models.DecimalField(blank=True, decimal_places=6, max_digits=16, null=True)),
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
                            to="benchmarks.thresholdset",
                        ),
                    ),
                    (
                        "reverts_to",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            null=True,
                            on_delete=django.db.models.deletion.DO_NOTHING,
                            related_name="+",
                            related_query_name="+",
                            to="benchmarks.thresholdset",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="thresholdset_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="60ee25a2a313014bd9c2e6f4e03f71f2d912d5fd",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_65109",
                                table="benchmarks_thresholdsetevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.RunSQL(NOTE, FORGET),
        ]
    )
