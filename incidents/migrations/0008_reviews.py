import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0007_impact_intervals"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("records", "0002_shipped_severities"),
        ("teams", "0002_invitation_name"),
    ]

    operations = together([
        migrations.CreateModel(
            name="Cause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=300)),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("people", "People"),
                            ("process", "Process"),
                            ("code", "Code"),
                            ("tools", "Tools"),
                            ("requirements", "Requirements and data"),
                            ("detection", "Detection"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="because",
                        to="incidents.cause",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="causes", to="incidents.review"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="cause_not_its_own_parent",
                        violation_error_message="A cause cannot follow from itself.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_causeevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="6f8b580fe3a0ca43f554dad2b4b839643e8d02b3",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_efff0",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="incidents_cause",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_causeevent" ("group", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id", "text") SELECT old_values."group", old_values."parent_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."review_id", old_values."text" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."group" IS DISTINCT FROM (new_values."group") OR old_values."parent_id" IS DISTINCT FROM (new_values."parent_id") OR old_values."review_id" IS DISTINCT FROM (new_values."review_id") OR old_values."text" IS DISTINCT FROM (new_values."text")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="433c7b202af6c673016d991a7dcba7c1834cb43f",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_d0fe7",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="incidents_cause",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_causeevent" ("group", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "review_id", "text") SELECT old_values."group", old_values."parent_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."review_id", old_values."text" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="04c6ee0430fe4a9bb53abbd1ff14441b5cad7c95",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_e5ec1",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="incidents_cause",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "summary",
                    models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="what happened"),
                ),
                ("impact", models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="impact")),
                (
                    "went_well",
                    models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="what went well"),
                ),
                (
                    "went_wrong",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, verbose_name="what was difficult"
                    ),
                ),
                (
                    "lessons",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, verbose_name="what we learned"
                    ),
                ),
                ("due_on", models.DateField(verbose_name="due")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published")),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "incident",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="review", to="incidents.incident"
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("published_at", None)), fields=["due_on"], name="review_to_do")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("submitted_at__gte", models.F("created_at"))),
                        name="review_created_before_submitted",
                        violation_error_message="A review cannot be submitted before it is started.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("published_at__gte", models.F("submitted_at"))),
                        name="review_submitted_before_published",
                        violation_error_message="A review cannot be published before it is submitted.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("published_at", None), ("submitted_at__isnull", False), _connector="OR"),
                        name="review_submitted_if_published",
                        violation_error_message="Only a review that was submitted can be published.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("submitted_at", None),
                            ("published_at__isnull", False),
                            ("reviewer__isnull", False),
                            _connector="OR",
                        ),
                        name="review_has_reviewer_when_submitted",
                        violation_error_message="Choose who reviews it.",
                    ),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_reviewevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="dcfd88a2c6b5d5374daf3fae0122992e7919e0c5",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_6e9c5",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="incidents_review",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewevent" ("author_id", "due_on", "impact", "incident_id", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reviewer_id", "submitted_at", "summary", "went_well", "went_wrong") SELECT old_values."author_id", old_values."due_on", old_values."impact", old_values."incident_id", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."published_at", old_values."published_by_id", old_values."reviewer_id", old_values."submitted_at", old_values."summary", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."due_on" IS DISTINCT FROM (new_values."due_on") OR old_values."impact" IS DISTINCT FROM (new_values."impact") OR old_values."incident_id" IS DISTINCT FROM (new_values."incident_id") OR old_values."lessons" IS DISTINCT FROM (new_values."lessons") OR old_values."published_at" IS DISTINCT FROM (new_values."published_at") OR old_values."published_by_id" IS DISTINCT FROM (new_values."published_by_id") OR old_values."reviewer_id" IS DISTINCT FROM (new_values."reviewer_id") OR old_values."submitted_at" IS DISTINCT FROM (new_values."submitted_at") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."went_well" IS DISTINCT FROM (new_values."went_well") OR old_values."went_wrong" IS DISTINCT FROM (new_values."went_wrong")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="7d7ef74ff3654a4eca1ca6c7bc3e8c14f8c6fcbb",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_c6eef",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="incidents_review",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewevent" ("author_id", "due_on", "impact", "incident_id", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "published_at", "published_by_id", "reviewer_id", "submitted_at", "summary", "went_well", "went_wrong") SELECT old_values."author_id", old_values."due_on", old_values."impact", old_values."incident_id", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."published_at", old_values."published_by_id", old_values."reviewer_id", old_values."submitted_at", old_values."summary", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="17508ae4c1e20abe903d921e6f894c19e26afc3a",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_1878a",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="incidents_review",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Comment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=5000)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="incidents.review"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "id"],
            },
        ),
        migrations.CreateModel(
            name="CauseEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("text", models.CharField(max_length=300, null=True)),
                (
                    "group",
                    models.CharField(
                        choices=[
                            ("people", "People"),
                            ("process", "Process"),
                            ("code", "Code"),
                            ("tools", "Tools"),
                            ("requirements", "Requirements and data"),
                            ("detection", "Detection"),
                        ],
                        max_length=12,
                        null=True,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="incidents.cause",
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
                        to="incidents.cause",
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="incidents.review",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_obj", "pgh_id"], name="cause_history"),
                    models.Index(fields=["review"], name="cause_history_review"),
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="96b079a1c1aa6b6753aa074ba4676e7e392d2450",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_0c25a",
                            table="incidents_causeevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "summary",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what happened"
                    ),
                ),
                (
                    "impact",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="impact"
                    ),
                ),
                (
                    "went_well",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what went well"
                    ),
                ),
                (
                    "went_wrong",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what was difficult"
                    ),
                ),
                (
                    "lessons",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what we learned"
                    ),
                ),
                ("due_on", models.DateField(null=True, verbose_name="due")),
                ("submitted_at", models.DateTimeField(editable=False, null=True, verbose_name="submitted")),
                ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published")),
                (
                    "author",
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
                        to="incidents.review",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
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
                    "reviewer",
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
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="review_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="6e91d89fe762b24a84ed1385c5fee4e01a999879",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_3b433",
                            table="incidents_reviewevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_required", models.BooleanField(default=False, verbose_name="required before closing")),
                ("due_in_days", models.PositiveSmallIntegerField(default=10, help_text="Days after service was restored.")),
                (
                    "severity",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="review_policy", to="records.severity"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "review policies",
                "ordering": ["severity__rank"],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_reviewpolicyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="ba5a4b419beaa6175dee3ca9a3563f589b8d1cf6",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_5878c",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="incidents_reviewpolicy",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewpolicyevent" ("due_in_days", "is_required", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id") SELECT old_values."due_in_days", old_values."is_required", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."severity_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."due_in_days" IS DISTINCT FROM (new_values."due_in_days") OR old_values."is_required" IS DISTINCT FROM (new_values."is_required") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="785cac202c77e18ece847d54cf6fba706239bff9",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_94623",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="incidents_reviewpolicy",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewpolicyevent" ("due_in_days", "is_required", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id") SELECT old_values."due_in_days", old_values."is_required", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."severity_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="40bee74984b7c6912307109c818b4799863aecba",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_8619e",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="incidents_reviewpolicy",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewPolicyEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("is_required", models.BooleanField(default=False, null=True, verbose_name="required before closing")),
                (
                    "due_in_days",
                    models.PositiveSmallIntegerField(default=10, help_text="Days after service was restored.", null=True),
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
                        to="incidents.reviewpolicy",
                    ),
                ),
                (
                    "severity",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="records.severity",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="reviewpolicy_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="3ad1970cde449c2bd5b369aadc9a26ccfe1e1d26",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_6afe6",
                            table="incidents_reviewpolicyevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewTemplate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "summary",
                    models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="what happened"),
                ),
                ("impact", models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="impact")),
                (
                    "went_well",
                    models.TextField(blank=True, db_default="", default="", max_length=20000, verbose_name="what went well"),
                ),
                (
                    "went_wrong",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, verbose_name="what was difficult"
                    ),
                ),
                (
                    "lessons",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, verbose_name="what we learned"
                    ),
                ),
                (
                    "severity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="records.severity",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="teams.team"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("team", "severity"),
                        name="review_template_unique",
                        nulls_distinct=False,
                        violation_error_message="There is already a template for this team and severity.",
                    )
                ],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="history_added",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO incidents_reviewtemplateevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                            hash="b440352d3866bf38d0c817040fcf65074c0d7952",
                            level="STATEMENT",
                            operation="INSERT",
                            pgid="pgtrigger_history_added_f7676",
                            referencing="REFERENCING NEW TABLE AS new_values ",
                            table="incidents_reviewtemplate",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_changed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewtemplateevent" ("impact", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id", "summary", "team_id", "went_well", "went_wrong") SELECT old_values."impact", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."severity_id", old_values."summary", old_values."team_id", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."impact" IS DISTINCT FROM (new_values."impact") OR old_values."lessons" IS DISTINCT FROM (new_values."lessons") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."summary" IS DISTINCT FROM (new_values."summary") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."went_well" IS DISTINCT FROM (new_values."went_well") OR old_values."went_wrong" IS DISTINCT FROM (new_values."went_wrong")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="ddf22535add8d602ad5e057ff676fc6dca8abac6",
                            level="STATEMENT",
                            operation="UPDATE",
                            pgid="pgtrigger_history_changed_a7645",
                            referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                            table="incidents_reviewtemplate",
                            when="AFTER",
                        ),
                    ),
                    pgtrigger.compiler.Trigger(
                        name="history_removed",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "incidents_reviewtemplateevent" ("impact", "lessons", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "severity_id", "summary", "team_id", "went_well", "went_wrong") SELECT old_values."impact", old_values."lessons", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."severity_id", old_values."summary", old_values."team_id", old_values."went_well", old_values."went_wrong" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                            hash="a9bdd95f65d60efbaf8dd8fdd3a17e47b3c0c83f",
                            level="STATEMENT",
                            operation="DELETE",
                            pgid="pgtrigger_history_removed_5d57a",
                            referencing="REFERENCING OLD TABLE AS old_values ",
                            table="incidents_reviewtemplate",
                            when="AFTER",
                        ),
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewTemplateEvent",
            fields=[
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "summary",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what happened"
                    ),
                ),
                (
                    "impact",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="impact"
                    ),
                ),
                (
                    "went_well",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what went well"
                    ),
                ),
                (
                    "went_wrong",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what was difficult"
                    ),
                ),
                (
                    "lessons",
                    models.TextField(
                        blank=True, db_default="", default="", max_length=20000, null=True, verbose_name="what we learned"
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
                        to="incidents.reviewtemplate",
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
                "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="reviewtemplate_history")],
                "triggers": [
                    pgtrigger.compiler.Trigger(
                        name="append_only",
                        sql=pgtrigger.compiler.UpsertTriggerSql(
                            func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                            hash="0e18ea5ebbbb044d65400d07842405786984ca85",
                            operation="UPDATE OR DELETE",
                            pgid="pgtrigger_append_only_c7094",
                            table="incidents_reviewtemplateevent",
                            when="BEFORE",
                        ),
                    )
                ],
            },
        ),
    ])
