import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = together(
        [
            # Exclusion constraints compare ids.
            BtreeGistExtension(),
            migrations.CreateModel(
                name="User",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("password", models.CharField(max_length=128, verbose_name="password")),
                    ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                    (
                        "is_superuser",
                        models.BooleanField(
                            default=False,
                            help_text="Designates that this user has all permissions without explicitly assigning them.",
                            verbose_name="superuser status",
                        ),
                    ),
                    ("email", models.EmailField(max_length=254)),
                    ("name", models.CharField(blank=True, max_length=120)),
                    (
                        "time_zone",
                        models.CharField(
                            blank=True, db_default="", help_text="Empty: that of the organisation.", max_length=60
                        ),
                    ),
                    ("is_active", models.BooleanField(default=True)),
                    ("is_admin", models.BooleanField(default=False, verbose_name="organisation admin")),
                    ("date_joined", models.DateTimeField(auto_now_add=True)),
                    (
                        "groups",
                        models.ManyToManyField(
                            blank=True,
                            help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                            related_name="user_set",
                            related_query_name="user",
                            to="auth.group",
                            verbose_name="groups",
                        ),
                    ),
                    (
                        "user_permissions",
                        models.ManyToManyField(
                            blank=True,
                            help_text="Specific permissions for this user.",
                            related_name="user_set",
                            related_query_name="user",
                            to="auth.permission",
                            verbose_name="user permissions",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name", "email"],
                    "constraints": [
                        models.UniqueConstraint(
                            django.db.models.functions.text.Lower("email"),
                            name="user_email_unique",
                            violation_error_message="This email is already in use.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO teams_userevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="f04be8a53c93ca434bf62bdeca08a41b5dc0b5ee",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_24b97",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="teams_user",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_userevent" ("email", "is_active", "is_admin", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_zone") SELECT old_values."email", old_values."is_active", old_values."is_admin", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."time_zone" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."is_admin" IS DISTINCT FROM (new_values."is_admin") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."time_zone" IS DISTINCT FROM (new_values."time_zone")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="d9d08de8d8139fc7df22fc68caaec95e57deb4c8",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_95482",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="teams_user",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_userevent" ("email", "is_active", "is_admin", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_zone") SELECT old_values."email", old_values."is_active", old_values."is_admin", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."time_zone" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="f4c9f9ec305c09b2d660a6a9ce19425a4985e5dc",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_8e88c",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="teams_user",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="AccessToken",
                fields=[
                    ("digest", models.CharField(max_length=128, primary_key=True, serialize=False)),
                    ("token_key", models.CharField(db_index=True, max_length=25)),
                    ("created", models.DateTimeField(auto_now_add=True)),
                    ("expiry", models.DateTimeField(blank=True, null=True)),
                    ("name", models.CharField(blank=True, max_length=80)),
                    (
                        "scope",
                        models.CharField(
                            choices=[("read", "Read"), ("write", "Read and write")], default="read", max_length=5
                        ),
                    ),
                    ("last_used_at", models.DateTimeField(blank=True, null=True)),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="auth_token_set",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "ordering": ["-created"],
                },
            ),
            migrations.CreateModel(
                name="CalendarAddress",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                    ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ("last_read_at", models.DateTimeField(editable=False, null=True)),
                    (
                        "user",
                        models.OneToOneField(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="calendar_address",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
            ),
            migrations.CreateModel(
                name="Team",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("name", models.CharField(max_length=80)),
                    ("slug", models.SlugField(max_length=60, unique=True)),
                    (
                        "key",
                        models.CharField(
                            help_text="Begins the references of this team's records, as in PAY-INC-42.",
                            max_length=8,
                            unique=True,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z][A-Z0-9]{1,7}\\Z", "Use 2 to 8 capital letters or digits. Start with a letter."
                                )
                            ],
                        ),
                    ),
                    (
                        "lineage",
                        django.contrib.postgres.fields.ArrayField(
                            base_field=models.BigIntegerField(), default=list, editable=False, size=None
                        ),
                    ),
                    (
                        "members_only",
                        models.BooleanField(
                            default=False,
                            help_text="Only members (and admins) see this team's numbers. Its records are always for members.",
                        ),
                    ),
                    ("description", models.CharField(blank=True, max_length=200)),
                    ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                    ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    (
                        "parent",
                        models.ForeignKey(
                            blank=True,
                            null=True,
                            on_delete=django.db.models.deletion.PROTECT,
                            related_name="children",
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "ordering": ["name"],
                    "indexes": [
                        django.contrib.postgres.indexes.GinIndex(fields=["lineage"], name="team_lineage"),
                        models.Index(fields=["name"], name="team_by_name"),
                    ],
                    "constraints": [
                        models.CheckConstraint(
                            condition=models.Q(("parent", models.F("id")), _negated=True),
                            name="team_not_its_own_parent",
                            violation_error_message="A team cannot be its own parent.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO teams_teamevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="ce834fbd38d12c1e9759edb2c2a4d26799ab3aa7",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_d281b",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="teams_team",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_teamevent" ("archived_at", "description", "key", "members_only", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") SELECT old_values."archived_at", old_values."description", old_values."key", old_values."members_only", old_values."name", old_values."parent_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."slug" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."archived_at" IS DISTINCT FROM (new_values."archived_at") OR old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."key" IS DISTINCT FROM (new_values."key") OR old_values."members_only" IS DISTINCT FROM (new_values."members_only") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."parent_id" IS DISTINCT FROM (new_values."parent_id") OR old_values."slug" IS DISTINCT FROM (new_values."slug")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="804d79dcab5aba439e0bcffd73b2219ca84ad8b6",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_3a239",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="teams_team",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_teamevent" ("archived_at", "description", "key", "members_only", "name", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "slug") SELECT old_values."archived_at", old_values."description", old_values."key", old_values."members_only", old_values."name", old_values."parent_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."slug" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="586dec6dced62c578e5185a92be2ff4f8e5b1f16",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_d4b31",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="teams_team",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="Invitation",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("email", models.EmailField(max_length=254)),
                    (
                        "name",
                        models.CharField(
                            blank=True, db_default="", help_text="Suggested to the person who joins.", max_length=120
                        ),
                    ),
                    (
                        "role",
                        models.CharField(
                            choices=[("manager", "Manager"), ("engineer", "Engineer"), ("trainee", "Trainee")],
                            default="engineer",
                            max_length=10,
                        ),
                    ),
                    ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                    ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                    ("accepted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    (
                        "invited_by",
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
                            on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": ["-created_at"],
                    "constraints": [
                        models.UniqueConstraint(
                            django.db.models.functions.text.Lower("email"),
                            models.F("team"),
                            condition=models.Q(("accepted_at", None)),
                            name="invitation_open_unique",
                            violation_error_message="This person already has an open invitation to the team.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO teams_invitationevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="c14af993cdea9ad5c20ece07510e6e7a671c8461",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_abcf2",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="teams_invitation",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_invitationevent" ("accepted_at", "email", "invited_by_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "team_id") SELECT old_values."accepted_at", old_values."email", old_values."invited_by_id", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."role", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."accepted_at" IS DISTINCT FROM (new_values."accepted_at") OR old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."invited_by_id" IS DISTINCT FROM (new_values."invited_by_id") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."role" IS DISTINCT FROM (new_values."role") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="6ded5b1a861f0b4233071dbdf7644fbba4fc32d5",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_74a71",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="teams_invitation",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_invitationevent" ("accepted_at", "email", "invited_by_id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "team_id") SELECT old_values."accepted_at", old_values."email", old_values."invited_by_id", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."role", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="2db2e87c5ebaa02cf25581ffe75a863ff1867439",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_f4184",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="teams_invitation",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="AccountMail",
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
                        "kind",
                        models.CharField(
                            choices=[
                                ("invitation", "Invitation"),
                                ("reset", "New password"),
                                ("address", "Confirm an address"),
                                ("address_changed", "Address changed"),
                                ("password_changed", "Password changed"),
                            ],
                            max_length=20,
                        ),
                    ),
                    ("address", models.EmailField(max_length=254)),
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
                        "invitation",
                        models.ForeignKey(
                            null=True,
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="mails",
                            to="teams.invitation",
                        ),
                    ),
                ],
                options={
                    "ordering": ["-created_at"],
                    "indexes": [models.Index(fields=["address", "created_at"], name="account_mail_asked")],
                },
            ),
            migrations.CreateModel(
                name="KeptAnswer",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("address", models.CharField(max_length=200)),
                    ("key", models.CharField(max_length=200)),
                    ("digest", models.CharField(max_length=64)),
                    ("status", models.PositiveSmallIntegerField()),
                    ("body", models.JSONField()),
                    ("location", models.CharField(blank=True, max_length=300)),
                    ("created_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                        ),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("user", "address", "key"), name="kept_answer_unique")],
                },
            ),
            migrations.CreateModel(
                name="Membership",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    (
                        "role",
                        models.CharField(
                            choices=[("manager", "Manager"), ("engineer", "Engineer"), ("trainee", "Trainee")], max_length=10
                        ),
                    ),
                    ("created_at", models.DateTimeField(auto_now_add=True)),
                    (
                        "user",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE,
                            related_name="memberships",
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "ordering": ["team__name", "user__name", "user__email"],
                    "constraints": [
                        models.UniqueConstraint(
                            fields=("user", "team"),
                            name="membership_unique",
                            violation_error_message="This person is already a member of the team.",
                        )
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="history_added",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO teams_membershipevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;",
                                hash="d0b7efa2c054450eb9660cb5637d93f8f5cabe47",
                                level="STATEMENT",
                                operation="INSERT",
                                pgid="pgtrigger_history_added_1c420",
                                referencing="REFERENCING NEW TABLE AS new_values ",
                                table="teams_membership",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_changed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_membershipevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "team_id", "user_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."role", old_values."team_id", old_values."user_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."role" IS DISTINCT FROM (new_values."role") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="62978a457c33d34fef613417a905fc0bec28b704",
                                level="STATEMENT",
                                operation="UPDATE",
                                pgid="pgtrigger_history_changed_8c164",
                                referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                                table="teams_membership",
                                when="AFTER",
                            ),
                        ),
                        pgtrigger.compiler.Trigger(
                            name="history_removed",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "teams_membershipevent" ("pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "role", "team_id", "user_id") SELECT _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."role", old_values."team_id", old_values."user_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                                hash="6f00656ded3a5396e2776de18456f82f52d45aa0",
                                level="STATEMENT",
                                operation="DELETE",
                                pgid="pgtrigger_history_removed_4066f",
                                referencing="REFERENCING OLD TABLE AS old_values ",
                                table="teams_membership",
                                when="AFTER",
                            ),
                        ),
                    ],
                },
            ),
            migrations.CreateModel(
                name="ReferenceCounter",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("kind", models.CharField(max_length=3)),
                    ("last", models.PositiveIntegerField(default=0)),
                    (
                        "team",
                        models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="teams.team"),
                    ),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("team", "kind"), name="reference_counter_unique")],
                },
            ),
            migrations.CreateModel(
                name="PastPlace",
                fields=[
                    ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                    ("lineage", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                    (
                        "days",
                        django.contrib.postgres.fields.ranges.DateRangeField(
                            help_text="Windows as of these days; without a first day: from the beginning."
                        ),
                    ),
                    (
                        "team",
                        models.ForeignKey(
                            on_delete=django.db.models.deletion.CASCADE, related_name="past_places", to="teams.team"
                        ),
                    ),
                ],
                options={
                    "constraints": [
                        django.contrib.postgres.constraints.ExclusionConstraint(
                            expressions=[("team", "="), ("days", "&&")],
                            name="past_place_one_a_day",
                            violation_error_message="A team can only be in one place at a time.",
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="MembershipEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    (
                        "role",
                        models.CharField(
                            choices=[("manager", "Manager"), ("engineer", "Engineer"), ("trainee", "Trainee")],
                            max_length=10,
                            null=True,
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
                            to="teams.membership",
                        ),
                    ),
                    (
                        "user",
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
                    "indexes": [
                        models.Index(fields=["pgh_obj", "pgh_id"], name="membership_history"),
                        models.Index(fields=["team"], name="membership_history_team"),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="483296cec7713b1d99f4723c5a1ff2f54ee7a64a",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_1fae7",
                                table="teams_membershipevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="InvitationEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("email", models.EmailField(max_length=254, null=True)),
                    (
                        "name",
                        models.CharField(
                            blank=True,
                            db_default="",
                            help_text="Suggested to the person who joins.",
                            max_length=120,
                            null=True,
                        ),
                    ),
                    (
                        "role",
                        models.CharField(
                            choices=[("manager", "Manager"), ("engineer", "Engineer"), ("trainee", "Trainee")],
                            default="engineer",
                            max_length=10,
                            null=True,
                        ),
                    ),
                    ("accepted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                    (
                        "invited_by",
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
                            to="teams.invitation",
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
                    "indexes": [
                        models.Index(fields=["pgh_obj", "pgh_id"], name="invitation_history"),
                        models.Index(fields=["team"], name="invitation_history_team"),
                    ],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="cb48574bdd4589999038d6eed4465c27b66fb2dd",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_efe3b",
                                table="teams_invitationevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="TeamEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("name", models.CharField(max_length=80, null=True)),
                    ("slug", models.SlugField(db_index=False, max_length=60, null=True)),
                    (
                        "key",
                        models.CharField(
                            help_text="Begins the references of this team's records, as in PAY-INC-42.",
                            max_length=8,
                            null=True,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z][A-Z0-9]{1,7}\\Z", "Use 2 to 8 capital letters or digits. Start with a letter."
                                )
                            ],
                        ),
                    ),
                    (
                        "members_only",
                        models.BooleanField(
                            default=False,
                            help_text="Only members (and admins) see this team's numbers. Its records are always for members.",
                            null=True,
                        ),
                    ),
                    ("description", models.CharField(blank=True, max_length=200, null=True)),
                    ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                            to="teams.team",
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
                            to="teams.team",
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="team_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="099db581ba05db956d8a6ff99b3e1796956e4b39",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_3eca8",
                                table="teams_teamevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
            migrations.CreateModel(
                name="UserEvent",
                fields=[
                    ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                    ("pgh_label", models.TextField(help_text="The event label.")),
                    ("pgh_id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("email", models.EmailField(max_length=254, null=True)),
                    ("name", models.CharField(blank=True, max_length=120, null=True)),
                    (
                        "time_zone",
                        models.CharField(
                            blank=True, db_default="", help_text="Empty: that of the organisation.", max_length=60, null=True
                        ),
                    ),
                    ("is_active", models.BooleanField(default=True, null=True)),
                    ("is_admin", models.BooleanField(default=False, null=True, verbose_name="organisation admin")),
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
                            to=settings.AUTH_USER_MODEL,
                        ),
                    ),
                ],
                options={
                    "abstract": False,
                    "default_permissions": (),
                    "indexes": [models.Index(fields=["pgh_obj", "pgh_id"], name="user_history")],
                    "triggers": [
                        pgtrigger.compiler.Trigger(
                            name="append_only",
                            sql=pgtrigger.compiler.UpsertTriggerSql(
                                func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                                hash="99536b94ae044468df887d37a84cb837554cd45b",
                                operation="UPDATE OR DELETE",
                                pgid="pgtrigger_append_only_ddad6",
                                table="teams_userevent",
                                when="BEFORE",
                            ),
                        )
                    ],
                },
            ),
        ]
    )
