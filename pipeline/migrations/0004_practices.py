import django.db.models.constraints
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.kept import versioned
from qmportal.lib.tables import together


class Migration(migrations.Migration):

    dependencies = [
        ("qmportal", "0001_versions_and_append_only_context"),
        ('pghistory', '0007_auto_20250421_0444'),
        ('pipeline', '0003_services'),
        ('teams', '0002_invitation_name'),
    ]

    operations = together([
        migrations.CreateModel(
            name='Practice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('catches', models.CharField(blank=True, help_text='What it catches or prevents, in one sentence.', max_length=300)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Order within its stage.')),
                ('retired', models.BooleanField(default=False, help_text='It no longer counts. Its history stays.')),
                ('stage', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='practices', to='pipeline.stage')),
            ],
            options={
                'ordering': ['stage__position', 'position', 'pk'],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_practiceevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='6af8ea4ea99b867636d3697af7a27992357b2761', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_2708a', referencing='REFERENCING NEW TABLE AS new_values ', table='pipeline_practice', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_practiceevent" ("catches", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug", "stage_id") SELECT old_values."catches", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."position", old_values."retired", old_values."slug", old_values."stage_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."catches" IS DISTINCT FROM (new_values."catches") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."retired" IS DISTINCT FROM (new_values."retired") OR old_values."slug" IS DISTINCT FROM (new_values."slug") OR old_values."stage_id" IS DISTINCT FROM (new_values."stage_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='def843d442de1722014f24bf97a1b38618f58ce8', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_2880b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='pipeline_practice', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_practiceevent" ("catches", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug", "stage_id") SELECT old_values."catches", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."position", old_values."retired", old_values."slug", old_values."stage_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='10d5f71cdc8651af4aa912b712ae105d1c9f7cf7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_d64c8', referencing='REFERENCING OLD TABLE AS old_values ', table='pipeline_practice', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='PracticeEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('slug', models.SlugField(db_index=False, max_length=60, null=True)),
                ('name', models.CharField(max_length=80, null=True)),
                ('catches', models.CharField(blank=True, help_text='What it catches or prevents, in one sentence.', max_length=300, null=True)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Order within its stage.', null=True)),
                ('retired', models.BooleanField(default=False, help_text='It no longer counts. Its history stays.', null=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipeline.practice')),
                ('stage', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='pipeline.stage')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='practice_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='468c45ef261e2661e2707998628cf6ec2c109939', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_7a8bf', table='pipeline_practiceevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='Adoption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('state', models.CharField(choices=[('not_yet', 'Not yet'), ('partly', 'In part'), ('in_place', 'In place')], max_length=8)),
                ('evidence', models.URLField(blank=True, max_length=500)),
                ('next_look', models.DateField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='teams.team')),
                ('practice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='pipeline.practice')),
            ],
            options={
                'ordering': ['practice__stage__position', 'practice__position', 'pk'],
                'indexes': [models.Index(fields=['next_look'], name='adoption_next_look')],
                'constraints': [models.UniqueConstraint(fields=('team', 'practice'), name='adoption_once'), models.CheckConstraint(condition=models.Q(('state__in', ['not_yet', 'partly', 'in_place'])), name='adoption_state_known', violation_error_message='Choose not yet, in part or in place.')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO pipeline_adoptionevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='0b5498693e25132efb30dcd442e8416c34182527', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_66dfd', referencing='REFERENCING NEW TABLE AS new_values ', table='pipeline_adoption', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_adoptionevent" ("at", "by_id", "evidence", "next_look", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practice_id", "state", "team_id") SELECT old_values."at", old_values."by_id", old_values."evidence", old_values."next_look", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."practice_id", old_values."state", old_values."team_id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."at" IS DISTINCT FROM (new_values."at") OR old_values."by_id" IS DISTINCT FROM (new_values."by_id") OR old_values."evidence" IS DISTINCT FROM (new_values."evidence") OR old_values."next_look" IS DISTINCT FROM (new_values."next_look") OR old_values."practice_id" IS DISTINCT FROM (new_values."practice_id") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ac6c4266c60ad6841b8a3251bf57631955e3d494', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_99d55', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='pipeline_adoption', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_adoptionevent" ("at", "by_id", "evidence", "next_look", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "practice_id", "state", "team_id") SELECT old_values."at", old_values."by_id", old_values."evidence", old_values."next_look", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."practice_id", old_values."state", old_values."team_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='18e15dcb756f31e650d2875637266156c43f511b', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_8973c', referencing='REFERENCING OLD TABLE AS old_values ', table='pipeline_adoption', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='AdoptionEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('not_yet', 'Not yet'), ('partly', 'In part'), ('in_place', 'In place')], max_length=8, null=True)),
                ('evidence', models.URLField(blank=True, max_length=500, null=True)),
                ('next_look', models.DateField(null=True)),
                ('at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pipeline.adoption')),
                ('team', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='teams.team')),
                ('practice', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='pipeline.practice')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='adoption_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cafceffeb77d1abd33522873f3530033b2d5b305', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_48aec', table='pipeline_adoptionevent', when='BEFORE'))],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='stage',
            name='history_changed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='stage',
            name='history_removed',
        ),
        migrations.AddField(
            model_name='stage',
            name='retired',
            field=models.BooleanField(db_default=False, default=False, help_text='Forms no longer offer it.'),
        ),
        migrations.AddField(
            model_name='stageevent',
            name='retired',
            field=models.BooleanField(db_default=False, default=False, help_text='Forms no longer offer it.', null=True),
        ),
        migrations.AlterField(
            model_name='stage',
            name='position',
            field=models.PositiveSmallIntegerField(),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stage',
            trigger=pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_stageevent" ("description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug") SELECT old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."position", old_values."retired", old_values."slug" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."description" IS DISTINCT FROM (new_values."description") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."position" IS DISTINCT FROM (new_values."position") OR old_values."retired" IS DISTINCT FROM (new_values."retired") OR old_values."slug" IS DISTINCT FROM (new_values."slug")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ec6b16f2114c1a2df8f08c586c5e3454492f2ecb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_ecef0', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='pipeline_stage', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='stage',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "pipeline_stageevent" ("description", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "retired", "slug") SELECT old_values."description", old_values."name", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."position", old_values."retired", old_values."slug" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='d1e34e253388d7dcddb910423698d7a72873d409', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_f337d', referencing='REFERENCING OLD TABLE AS old_values ', table='pipeline_stage', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='stage',
            constraint=models.UniqueConstraint(deferrable=django.db.models.constraints.Deferrable['DEFERRED'], fields=('position',), name='stage_position_unique'),
        ),
        *versioned("pipeline_practice", "pipeline_adoption"),
    ])
