import django.core.validators
import django.db.models.deletion
import pgtrigger.compiler
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('pipeline', '0005_changes'),
    ]

    operations = together([
        migrations.CreateModel(
            name='ReviewLimits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('most_lines', models.PositiveIntegerField(default=400, validators=[django.core.validators.MinValueValidator(1)], verbose_name='changed lines at most')),
                ('most_minutes', models.PositiveIntegerField(default=60, validators=[django.core.validators.MinValueValidator(1)], verbose_name='minutes of review at most')),
                ('least_reviewers', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1)], verbose_name='reviewers at least')),
            ],
            options={
                'verbose_name_plural': 'review limits',
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='review_limits_once', violation_error_message='There is one row of review limits.')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_reviewlimitsevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='0851ec23478fe7de284eb54cf94c0b3c94070030', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_4fbb6', referencing='REFERENCING NEW TABLE AS new_values ', table='pipeline_reviewlimits', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_reviewlimitsevent" ("least_reviewers", "most_lines", "most_minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."least_reviewers", old_values."most_lines", old_values."most_minutes", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."least_reviewers" IS DISTINCT FROM (new_values."least_reviewers") OR old_values."most_lines" IS DISTINCT FROM (new_values."most_lines") OR old_values."most_minutes" IS DISTINCT FROM (new_values."most_minutes")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='2571ed689b3931c99f3a2052f003931715c3b320', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_6ea1c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='pipeline_reviewlimits', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_reviewlimitsevent" ("least_reviewers", "most_lines", "most_minutes", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."least_reviewers", old_values."most_lines", old_values."most_minutes", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='365e3c6920e130ea296debf520118584cf3d619a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_c9649', referencing='REFERENCING OLD TABLE AS old_values ', table='pipeline_reviewlimits', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='ReviewLimitsEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('most_lines', models.PositiveIntegerField(default=400, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='changed lines at most')),
                ('most_minutes', models.PositiveIntegerField(default=60, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='minutes of review at most')),
                ('least_reviewers', models.PositiveSmallIntegerField(default=1, null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='reviewers at least')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipeline.reviewlimits')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='reviewlimits_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a46152d1cd80387b47164cbd2d9c5188d7d6dfb4', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_ad65b', table='pipeline_reviewlimitsevent', when='BEFORE'))],
            },
        ),
    ])
