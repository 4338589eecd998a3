import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('pipeline', '0004_practices'),
        ('teams', '0002_invitation_name'),
    ]

    operations = together([
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('reference', models.CharField(editable=False, max_length=24, unique=True)),
                ('url', models.URLField(blank=True, max_length=500, verbose_name='link')),
                ('source', models.CharField(blank=True, max_length=40)),
                ('external_id', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('title', models.CharField(max_length=200)),
                ('lines', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(10000000)], verbose_name='changed lines')),
                ('reviewers', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(1000)])),
                ('review_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(10000000)], verbose_name='minutes of review')),
                ('ai_assisted', models.BooleanField(blank=True, help_text='From a label or a trailer. Empty: nobody said.', null=True, verbose_name='AI-assisted')),
                ('committed_at', models.DateTimeField(blank=True, null=True, verbose_name='first commit')),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('first_review_at', models.DateTimeField(blank=True, null=True, verbose_name='first review')),
                ('merged_at', models.DateTimeField(blank=True, null=True, verbose_name='merged')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='pipeline.service')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='teams.team')),
            ],
            options={
                'ordering': ['-opened_at', '-id'],
                'indexes': [models.Index(fields=['team', 'merged_at'], name='change_team_merged'), models.Index(fields=['team', 'opened_at'], name='change_team_opened')],
                'constraints': [models.CheckConstraint(condition=models.Q(('first_review_at__gte', models.F('opened_at'))), name='change_opened_before_first_review', violation_error_message='A change cannot be reviewed before it is opened.'), models.CheckConstraint(condition=models.Q(('merged_at__gte', models.F('opened_at'))), name='change_opened_before_merged', violation_error_message='A change cannot be merged before it is opened.'), models.CheckConstraint(condition=models.Q(('merged_at__gte', models.F('committed_at'))), name='change_committed_before_merged', violation_error_message='A change cannot be merged before its first commit.'), models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('team', 'source', 'external_id'), name='change_external_unique')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_changeevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='938072b757a16d49be06da98c30a24e464030f77', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_24bc2', referencing='REFERENCING NEW TABLE AS new_values ', table='pipeline_change', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_changeevent" ("ai_assisted", "committed_at", "external_id", "first_review_at", "lines", "merged_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "review_minutes", "reviewers", "service_id", "source", "team_id", "title", "url") SELECT old_values."ai_assisted", old_values."committed_at", old_values."external_id", old_values."first_review_at", old_values."lines", old_values."merged_at", old_values."opened_at", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."review_minutes", old_values."reviewers", old_values."service_id", old_values."source", old_values."team_id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."ai_assisted" IS DISTINCT FROM (new_values."ai_assisted") OR old_values."committed_at" IS DISTINCT FROM (new_values."committed_at") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."first_review_at" IS DISTINCT FROM (new_values."first_review_at") OR old_values."lines" IS DISTINCT FROM (new_values."lines") OR old_values."merged_at" IS DISTINCT FROM (new_values."merged_at") OR old_values."opened_at" IS DISTINCT FROM (new_values."opened_at") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."review_minutes" IS DISTINCT FROM (new_values."review_minutes") OR old_values."reviewers" IS DISTINCT FROM (new_values."reviewers") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f06398d04a94f1678e429d6dc2ae855ee4c161e6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_4fe79', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='pipeline_change', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_changeevent" ("ai_assisted", "committed_at", "external_id", "first_review_at", "lines", "merged_at", "opened_at", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "review_minutes", "reviewers", "service_id", "source", "team_id", "title", "url") SELECT old_values."ai_assisted", old_values."committed_at", old_values."external_id", old_values."first_review_at", old_values."lines", old_values."merged_at", old_values."opened_at", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."review_minutes", old_values."reviewers", old_values."service_id", old_values."source", old_values."team_id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c46e8b6166308ffba09933531b0e5c174ae3611f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_ff446', referencing='REFERENCING OLD TABLE AS old_values ', table='pipeline_change', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='Deployment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('reference', models.CharField(editable=False, max_length=24, unique=True)),
                ('url', models.URLField(blank=True, max_length=500, verbose_name='link')),
                ('source', models.CharField(blank=True, max_length=40)),
                ('external_id', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('release', models.CharField(blank=True, max_length=120, verbose_name='version')),
                ('environment', models.CharField(choices=[('production', 'Production'), ('staging', 'Staging'), ('test', 'Test')], default='production', max_length=10)),
                ('result', models.CharField(choices=[('succeeded', 'Succeeded'), ('failed', 'Failed')], default='succeeded', max_length=9)),
                ('kind', models.CharField(choices=[('planned', 'Planned'), ('rework', 'Rework')], default='planned', help_text='Rework: unplanned, to mend something users saw.', max_length=7)),
                ('finished_at', models.DateTimeField(verbose_name='finished')),
                ('changes', models.ManyToManyField(blank=True, related_name='deployments', to='pipeline.change')),
                ('service', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='pipeline.service')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deployments', to='teams.team')),
            ],
            options={
                'ordering': ['-finished_at', '-id'],
                'indexes': [models.Index(fields=['team', 'environment', 'finished_at'], name='deployment_team_finished')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('team', 'source', 'external_id'), name='deployment_external_unique')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_deploymentevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='8a2ccfe9620ea0fafe5852618d915706e867b26a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_54b63', referencing='REFERENCING NEW TABLE AS new_values ', table='pipeline_deployment', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_deploymentevent" ("environment", "external_id", "finished_at", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "release", "result", "service_id", "source", "team_id", "url") SELECT old_values."environment", old_values."external_id", old_values."finished_at", old_values."kind", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."reference", old_values."release", old_values."result", old_values."service_id", old_values."source", old_values."team_id", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."finished_at" IS DISTINCT FROM (new_values."finished_at") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."release" IS DISTINCT FROM (new_values."release") OR old_values."result" IS DISTINCT FROM (new_values."result") OR old_values."service_id" IS DISTINCT FROM (new_values."service_id") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='0a32e18f72b80226b9d834102c09170b22b6cc8a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_3d4a5', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='pipeline_deployment', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_deploymentevent" ("environment", "external_id", "finished_at", "kind", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "reference", "release", "result", "service_id", "source", "team_id", "url") SELECT old_values."environment", old_values."external_id", old_values."finished_at", old_values."kind", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."reference", old_values."release", old_values."result", old_values."service_id", old_values."source", old_values."team_id", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='723a9b8fb1ab3256138e2572378ac7ef307e36ef', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_532e1', referencing='REFERENCING OLD TABLE AS old_values ', table='pipeline_deployment', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ChangeEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('reference', models.CharField(editable=False, max_length=24, null=True)),
                ('url', models.URLField(blank=True, max_length=500, null=True, verbose_name='link')),
                ('source', models.CharField(blank=True, max_length=40, null=True)),
                ('external_id', models.CharField(blank=True, max_length=120, null=True)),
                ('title', models.CharField(max_length=200, null=True)),
                ('lines', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(10000000)], verbose_name='changed lines')),
                ('reviewers', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(1000)])),
                ('review_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(10000000)], verbose_name='minutes of review')),
                ('ai_assisted', models.BooleanField(blank=True, help_text='From a label or a trailer. Empty: nobody said.', null=True, verbose_name='AI-assisted')),
                ('committed_at', models.DateTimeField(blank=True, null=True, verbose_name='first commit')),
                ('opened_at', models.DateTimeField(null=True, verbose_name='opened')),
                ('first_review_at', models.DateTimeField(blank=True, null=True, verbose_name='first review')),
                ('merged_at', models.DateTimeField(blank=True, null=True, verbose_name='merged')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipeline.change')),
                ('service', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='pipeline.service')),
                ('team', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='teams.team')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='change_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1e1fffe246bbb94dc3573bcc87e9b13b7a04b313', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f5047', table='pipeline_changeevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='DeploymentEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('reference', models.CharField(editable=False, max_length=24, null=True)),
                ('url', models.URLField(blank=True, max_length=500, null=True, verbose_name='link')),
                ('source', models.CharField(blank=True, max_length=40, null=True)),
                ('external_id', models.CharField(blank=True, max_length=120, null=True)),
                ('release', models.CharField(blank=True, max_length=120, null=True, verbose_name='version')),
                ('environment', models.CharField(choices=[('production', 'Production'), ('staging', 'Staging'), ('test', 'Test')], default='production', max_length=10, null=True)),
                ('result', models.CharField(choices=[('succeeded', 'Succeeded'), ('failed', 'Failed')], default='succeeded', max_length=9, null=True)),
                ('kind', models.CharField(choices=[('planned', 'Planned'), ('rework', 'Rework')], default='planned', help_text='Rework: unplanned, to mend something users saw.', max_length=7, null=True)),
                ('finished_at', models.DateTimeField(null=True, verbose_name='finished')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipeline.deployment')),
                ('service', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='pipeline.service')),
                ('team', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='teams.team')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='deployment_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1f12aa27a59b08494195e9bd3de0843e73d5a054', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9ea48', table='pipeline_deploymentevent', when='BEFORE'))],
            },
        ),
    ])
