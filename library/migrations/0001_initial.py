import django.db.models.deletion
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = together(
        [
            migrations.CreateModel(
                name="LibraryLink",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("position", models.PositiveSmallIntegerField(default=0)),
                    (
                        "section",
                        models.CharField(choices=[("tool", "Tool"), ("certification", "Certification")], max_length=13),
                    ),
                    ("title", models.CharField(max_length=120)),
                    ("kind", models.CharField(blank=True, max_length=120)),
                    ("cost", models.CharField(blank=True, max_length=120)),
                    ("url", models.URLField(blank=True)),
                    ("note", models.CharField(blank=True, max_length=300)),
                ],
                options={
                    "ordering": ["section", "position", "id"],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO library_librarylinkevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="7fd44e21376106e99eddbc6907fa1547b240f6f6",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_b5baf",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="library_librarylink",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "library_librarylinkevent" ("cost", "kind", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "section", "title", "url") SELECT old_values."cost", old_values."kind", old_values."note", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."position", old_values."section", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."cost" IS DISTINCT FROM (new_values."cost") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."section" IS DISTINCT FROM (new_values."section") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="8f8bc9f885685f81a915cf5bc99e97541ac3ba82",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_fdb87",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="library_librarylink",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "library_librarylinkevent" ("cost", "kind", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "section", "title", "url") SELECT old_values."cost", old_values."kind", old_values."note", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."position", old_values."section", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="75f25666de27c5db1eac88f42c570c63922cbfea",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_38964",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="library_librarylink",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="LibraryLinkEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("position", models.PositiveSmallIntegerField(default=0, null=True)),
                    (
                        "section",
                        models.CharField(
                            choices=[("tool", "Tool"), ("certification", "Certification")], max_length=13, null=True
                        ),
                    ),
                    ("title", models.CharField(max_length=120, null=True)),
                    ("kind", models.CharField(blank=True, max_length=120, null=True)),
                    ("cost", models.CharField(blank=True, max_length=120, null=True)),
                    ("url", models.URLField(blank=True, null=True)),
                    ("note", models.CharField(blank=True, max_length=300, null=True)),
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
                            to="library.librarylink",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="librarylink_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="f948de83c6c11ffc6e1ee0509c7885708360cb6b",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_49fea",
                                table="library_librarylinkevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="PageEdit",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("page", models.CharField(max_length=60)),
                    (
                        "body",
                        models.TextField(blank=True, help_text="Markdown. Empty: the shipped text again.", max_length=40000),
                    ),
                    ("reason", models.CharField(max_length=300)),
                    ("at", models.DateTimeField()),
                    (
                        "author",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.SET_NULL,
                            related_name="+",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["page", "-at", "-id"],
                },
            ),
            migrations.CreateModel(
                name="PageRead",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("page", models.CharField(max_length=60)),
                    ("at", models.DateTimeField()),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="pages_read",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("user", "page"), name="page_read_once")],
                },
            ),
            migrations.CreateModel(
                name="CheckAnswer",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("check_id", models.CharField(max_length=60)),
                    (
                        "number",
                        models.PositiveIntegerField(default=1, help_text="1, 2, 3: the person's tries at this check."),
                    ),
                    ("given", models.JSONField()),
                    ("right", models.BooleanField()),
                    (
                        "counted",
                        models.BooleanField(
                            default=True, help_text="The first answer, or one on a due day; others are practice."
                        ),
                    ),
                    ("box", models.PositiveSmallIntegerField()),
                    ("due_on", models.DateField()),
                    ("at", models.DateTimeField()),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="check_answers",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-at", "-id"],
                    "indexes": [models.Index(fields=["user", "check_id", "-at"], name="check_answer_latest")],
                },
            ),
        ]
    )
