import django.core.validators
import django.db.models.deletion
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
                name="Scenario",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("version", models.PositiveIntegerField(default=1, editable=False)),
                    ("slug", models.CharField(max_length=40, unique=True)),
                    (
                        "state",
                        models.CharField(
                            choices=[("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
                            default="draft",
                            max_length=9,
                        ),
                    ),
                    ("draft_yaml", models.TextField(blank=True, max_length=262144)),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    ("updated_at", models.DateTimeField(auto_now=True)),
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
                        "draft_by",
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
                            help_text="Published for this team and its sub-teams; empty: for the whole organisation.",
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="scenarios",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["slug"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO scenarios_scenarioevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="958fbc0a072edb7c70c209a02d7396fa75582d69",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_d9f6a",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="scenarios_scenario",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "scenarios_scenarioevent" ("author_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "state", "team_id") SELECT old_values."author_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."slug", old_values."state", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="b5138dfe16b0628f8fbf72cbca40382b9ce9f564",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_bdf68",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="scenarios_scenario",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "scenarios_scenarioevent" ("author_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug", "state", "team_id") SELECT old_values."author_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."slug", old_values."state", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="808559501d61c20f88e503890bac8c30323c7f83",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_9c29f",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="scenarios_scenario",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ScenarioVersion",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("number", models.PositiveIntegerField(help_text="1, 2, 3: the order of publishing.")),
                    ("semver", models.CharField(max_length=20)),
                    ("title", models.CharField(max_length=200)),
                    ("summary", models.TextField(blank=True)),
                    ("minutes", models.PositiveSmallIntegerField(default=10)),
                    ("decisions", models.PositiveSmallIntegerField(help_text="Decisions on the best path.")),
                    ("document", models.JSONField(help_text="Canonical form; engine.from_data reads it.")),
                    ("graph_hash", models.CharField(max_length=64)),
                    ("text_hash", models.CharField(max_length=64)),
                    ("published_at", models.DateTimeField()),
                    ("note", models.CharField(blank=True, max_length=500)),
                    ("voided_at", models.DateTimeField(blank=True, null=True)),
                    ("void_reason", models.CharField(blank=True, max_length=500)),
                    (
                        "published_by",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "scenario",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="scenarios.scenario"
                        ),
                    ),
                ],
                options={
                    "ordering": ["scenario", "-number"],
                    "constraints": [
                        models.UniqueConstraint(fields=("scenario", "number"), name="scenario_version_number"),
                        models.UniqueConstraint(
                            fields=("scenario", "semver"),
                            name="scenario_version_semver",
                            violation_error_message="This version was already published. Increase the version number.",
                        ),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO scenarios_scenarioversionevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="1e5e0909f19e4f967dc06e63c1f3178a5b91e3f5",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_c1197",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="scenarios_scenarioversion",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "scenarios_scenarioversionevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "void_reason", "voided_at") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."void_reason", old_values."voided_at" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."void_reason" IS DISTINCT FROM (new_values."void_reason") OR old_values."voided_at" IS DISTINCT FROM (new_values."voided_at")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="752fff329b5dee4410e8280c3fc5c27058e626f4",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_1fdcc",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="scenarios_scenarioversion",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "scenarios_scenarioversionevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "void_reason", "voided_at") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."void_reason", old_values."voided_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="73770051597a20c54580fdc2473e70df4eb350d6",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_ce9ef",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="scenarios_scenarioversion",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Attempt",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "mode",
                        models.CharField(
                            choices=[("graded", "Graded"), ("explore", "Exploring")], default="graded", max_length=7
                        ),
                    ),
                    (
                        "first",
                        models.BooleanField(default=False, help_text="The person's first graded attempt at the scenario."),
                    ),
                    ("staff", models.BooleanField(default=False, help_text="Taken by someone who can write scenarios.")),
                    (
                        "seed",
                        models.PositiveIntegerField(
                            help_text="Shuffles the options; stored so that their order stays the same."
                        ),
                    ),
                    ("started_at", models.DateTimeField()),
                    ("finished_at", models.DateTimeField(blank=True, null=True)),
                    ("ending", models.CharField(blank=True, max_length=40)),
                    (
                        "decision_score",
                        models.DecimalField(
                            decimal_places=1,
                            max_digits=4,
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(0),
                                django.core.validators.MaxValueValidator(100),
                            ],
                        ),
                    ),
                    (
                        "outcome_score",
                        models.DecimalField(
                            decimal_places=1,
                            max_digits=4,
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(0),
                                django.core.validators.MaxValueValidator(100),
                            ],
                        ),
                    ),
                    (
                        "score",
                        models.DecimalField(
                            decimal_places=1,
                            max_digits=4,
                            null=True,
                            validators=[
                                django.core.validators.MinValueValidator(0),
                                django.core.validators.MaxValueValidator(100),
                            ],
                        ),
                    ),
                    ("passed", models.BooleanField(null=True)),
                    (
                        "credited",
                        models.BooleanField(default=False, help_text="Counts as passed because its version was voided."),
                    ),
                    (
                        "reset_at",
                        models.DateTimeField(
                            blank=True,
                            help_text="Reset by a manager, or by its owner to start a newer version. The waiting time doesn't apply.",
                            null=True,
                        ),
                    ),
                    (
                        "reset_by",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                    (
                        "version",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="attempts",
                            to="scenarios.scenarioversion",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-started_at"],
                    "indexes": [models.Index(fields=["user", "mode", "finished_at"], name="attempt_user")],
                    "constraints": [
                        models.UniqueConstraint(
                            condition=models.Q(("finished_at", None), ("mode", "graded"), ("reset_at", None)),
                            fields=("user", "version"),
                            name="attempt_one_running",
                            violation_error_message="This scenario is already in progress. Resume it.",
                        ),
                        models.CheckConstraint(
                            condition=models.Q(
                                models.Q(("finished_at", None), ("passed", None), ("score", None)),
                                models.Q(
                                    ("finished_at__isnull", False), ("passed__isnull", False), ("score__isnull", False)
                                ),
                                _connector="OR",
                            ),
                            name="attempt_score_when_finished",
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="DecisionEvent",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("seq", models.PositiveSmallIntegerField()),
                    ("node", models.CharField(max_length=40)),
                    ("choice", models.CharField(max_length=40)),
                    ("quality", models.DecimalField(decimal_places=3, max_digits=4)),
                    ("state_before", models.JSONField()),
                    ("state_after", models.JSONField()),
                    (
                        "confidence",
                        models.PositiveSmallIntegerField(blank=True, help_text="1 guessing .. 4 very sure", null=True),
                    ),
                    ("reason", models.TextField(blank=True, max_length=2000)),
                    ("visible_ms", models.PositiveIntegerField(blank=True, null=True)),
                    (
                        "given",
                        models.JSONField(blank=True, help_text="Answers to a knowledge check by field id.", null=True),
                    ),
                    ("at", models.DateTimeField()),
                    (
                        "attempt",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="events", to="scenarios.attempt"
                        ),
                    ),
                ],
                options={
                    "ordering": ["attempt", "seq"],
                    "constraints": [models.UniqueConstraint(fields=("attempt", "seq"), name="decision_event_seq")],
                },
            ),
            migrations.CreateModel(
                name="ScenarioEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("slug", models.CharField(max_length=40, null=True)),
                    (
                        "state",
                        models.CharField(
                            choices=[("draft", "Draft"), ("published", "Published"), ("retired", "Retired")],
                            default="draft",
                            max_length=9,
                            null=True,
                        ),
                    ),
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
                            to="scenarios.scenario",
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            blank=True,
                            db_constraint=False,
                            db_index=False,
                            help_text="Published for this team and its sub-teams; empty: for the whole organisation.",
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
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="scenario_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="f5a0db8b1edaa57b86c19a490f5998247a3bcc6c",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_29b3b",
                                table="scenarios_scenarioevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="ScenarioVersionEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("voided_at", models.DateTimeField(blank=True, null=True)),
                    ("void_reason", models.CharField(blank=True, max_length=500, null=True)),
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
                            to="scenarios.scenarioversion",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="scenarioversion_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="032fb0f036d5793c4a31783996b3d5fd938c3b87",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_fa6ae",
                                table="scenarios_scenarioversionevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.AddField(
                model_name="attempt",
                name="branched_from",
                field=models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="explorations",
                    to="scenarios.decisionevent",
                ),
            ),
        ]
    )
