import defects.models.bankruptcy
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.kept import versioned
from qmportal.lib.tables import together


class Migration(migrations.Migration):

    dependencies = [
        ('qmportal', '0001_versions_and_append_only_context'),
        ('defects', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('teams', '0001_initial'),
    ]

    operations = together([
        migrations.CreateModel(
            name='Bankruptcy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', editable=False, max_length=8)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('failures', models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ('run_after', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('lease_until', models.DateTimeField(editable=False, null=True)),
                ('error', models.TextField(blank=True, editable=False)),
                ('progress_done', models.PositiveIntegerField(default=0, editable=False)),
                ('progress_total', models.PositiveIntegerField(default=0, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('teams', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='The team and its sub-teams at the time of the scan.', size=None)),
                ('days', models.PositiveSmallIntegerField()),
                ('found_before', models.DateTimeField()),
                ('rank', models.PositiveSmallIntegerField()),
                ('words', models.JSONField(default=defects.models.bankruptcy.usual_words)),
                ('note', models.TextField(blank=True, max_length=2000)),
                ('phase', models.CharField(choices=[('scan', 'Preview'), ('close', 'Closed'), ('undo', 'Undone')], default='scan', max_length=5)),
                ('closed_at', models.DateTimeField(null=True)),
                ('undone_at', models.DateTimeField(null=True)),
                ('requested_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bankruptcies', to='teams.team')),
            ],
            options={
                'verbose_name_plural': 'bankruptcies',
                'ordering': ['-created_at'],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_bankruptcyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='ea6b08e691c29776e3c8a44023d7520613fa4109', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_9e740', referencing='REFERENCING NEW TABLE AS new_values ', table='defects_bankruptcy', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_bankruptcyevent" ("days", "found_before", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "rank", "team_id", "words") SELECT old_values."days", old_values."found_before", old_values."note", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."phase", old_values."rank", old_values."team_id", old_values."words" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."days" IS DISTINCT FROM (new_values."days") OR old_values."found_before" IS DISTINCT FROM (new_values."found_before") OR old_values."note" IS DISTINCT FROM (new_values."note") OR old_values."phase" IS DISTINCT FROM (new_values."phase") OR old_values."rank" IS DISTINCT FROM (new_values."rank") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."words" IS DISTINCT FROM (new_values."words")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='a82336054d514ba6f7ef63905bf6bd96db8e7ff2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_0b71c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='defects_bankruptcy', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_bankruptcyevent" ("days", "found_before", "note", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "rank", "team_id", "words") SELECT old_values."days", old_values."found_before", old_values."note", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."phase", old_values."rank", old_values."team_id", old_values."words" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='9ffb59be2ab6c58f45b4ec29ecb753d5339e7b1c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_1819c', referencing='REFERENCING OLD TABLE AS old_values ', table='defects_bankruptcy', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='BankruptcyEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('days', models.PositiveSmallIntegerField(null=True)),
                ('found_before', models.DateTimeField(null=True)),
                ('rank', models.PositiveSmallIntegerField(null=True)),
                ('words', models.JSONField(default=defects.models.bankruptcy.usual_words, null=True)),
                ('note', models.TextField(blank=True, max_length=2000, null=True)),
                ('phase', models.CharField(choices=[('scan', 'Preview'), ('close', 'Closed'), ('undo', 'Undone')], default='scan', max_length=5, null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='defects.bankruptcy')),
                ('team', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='teams.team')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='bankruptcy_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='023cd95eb364cbfd52ce230d85cbb446b4733bbc', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_b2cb2', table='defects_bankruptcyevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='BankruptcyRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('closes', models.BooleanField()),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('closed', 'Closed'), ('skipped', 'Changed since the preview'), ('undone', 'Open again'), ('left', 'Changed since it was closed')], default='waiting', max_length=7)),
                ('why', models.CharField(blank=True, choices=[('severity', 'High severity'), ('security', 'Security'), ('data_loss', 'Data loss'), ('money', 'Money')], max_length=9)),
                ('word', models.CharField(blank=True, max_length=40)),
                ('field', models.CharField(blank=True, max_length=10)),
                ('status_before', models.CharField(blank=True, max_length=12)),
                ('reason_before', models.TextField(blank=True)),
                ('bankruptcy', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='defects.bankruptcy')),
                ('chosen_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('defect', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bankruptcy_rows', to='defects.defect')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('bankruptcy', 'defect'), name='bankruptcy_row_once')],
            },
        ),
        migrations.CreateModel(
            name='ZeroBugPolicy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('effective_from', models.DateField()),
                ('days', models.PositiveSmallIntegerField(blank=True, help_text='Days to fix or decline a defect. Empty: no policy.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('set_at', models.DateTimeField()),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='zero_bug_policies', to='teams.team')),
            ],
            options={
                'ordering': ['-effective_from'],
                'constraints': [models.UniqueConstraint(fields=('team', 'effective_from'), name='zero_bug_policy_one_a_day'), models.CheckConstraint(condition=models.Q(('days', None), models.Q(('days__gte', 1), ('days__lte', 365)), _connector='OR'), name='zero_bug_policy_days', violation_error_message='Enter 1 to 365 days.')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_zerobugpolicyevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='d5a4b0ac429ccb1a8d36c4a3baa35dc26e68a511', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_82a62', referencing='REFERENCING NEW TABLE AS new_values ', table='defects_zerobugpolicy', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_zerobugpolicyevent" ("author_id", "days", "effective_from", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "team_id") SELECT old_values."author_id", old_values."days", old_values."effective_from", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."set_at", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."author_id" IS DISTINCT FROM (new_values."author_id") OR old_values."days" IS DISTINCT FROM (new_values."days") OR old_values."effective_from" IS DISTINCT FROM (new_values."effective_from") OR old_values."set_at" IS DISTINCT FROM (new_values."set_at") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='574331ef183b30ed1c947e7b96de613a6c2537d9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_03ebb', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='defects_zerobugpolicy', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_zerobugpolicyevent" ("author_id", "days", "effective_from", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "set_at", "team_id") SELECT old_values."author_id", old_values."days", old_values."effective_from", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."set_at", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='90a4c46e1b6fa7b53330e3533af33818b15aa0d0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_12437', referencing='REFERENCING OLD TABLE AS old_values ', table='defects_zerobugpolicy', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ZeroBugPolicyEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('effective_from', models.DateField(null=True)),
                ('days', models.PositiveSmallIntegerField(blank=True, help_text='Days to fix or decline a defect. Empty: no policy.', null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('set_at', models.DateTimeField(null=True)),
                ('author', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='defects.zerobugpolicy')),
                ('team', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='teams.team')),
            ],
            options={
                'abstract': False,
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='zerobugpolicy_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='7cc94ddabf65351604cf9608e6b5189a355bcde1', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d3706', table='defects_zerobugpolicyevent', when='BEFORE'))],
            },
        ),
        *versioned("defects_zerobugpolicy"),
    ])
