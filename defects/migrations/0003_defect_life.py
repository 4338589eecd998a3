import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together
from records.timeline import timeline_triggers

TIMES = ("found_at", "triaged_at", "fixed_at", "verified_at", "closed_at")


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0002_policy_and_bankruptcy'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('pipeline', '0002_shipped_stages'),
        ('records', '0002_shipped_severities'),
        ('teams', '0001_initial'),
    ]

    operations = together([
        pgtrigger.migrations.RemoveTrigger(
            model_name='defect',
            name='history_changed',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='defect',
            name='history_removed',
        ),
        migrations.RemoveConstraint(
            model_name='defect',
            name='defect_external_unique',
        ),
        migrations.AddField(
            model_name='defect',
            name='customer_impact',
            field=models.CharField(blank=True, choices=[('none', 'None'), ('cosmetic', 'Cosmetic'), ('workaround', 'There is a workaround'), ('blocked', 'Blocked'), ('data_loss', 'Data loss')], db_default='', default='', max_length=10, verbose_name='impact on customers'),
        ),
        migrations.AddField(
            model_name='defect',
            name='customers_affected',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='defect',
            name='escape_reason',
            field=models.CharField(blank=True, choices=[('no_test', 'No test'), ('test_wrong', 'The test was wrong'), ('test_skipped', 'The test was skipped or flaky'), ('environment', 'The environment differs'), ('data', 'The data differs'), ('review', 'The code review missed it'), ('requirement', 'Requirement gap'), ('monitoring', 'Monitoring gap'), ('accepted', 'Accepted risk')], db_default='', default='', max_length=12, verbose_name='why it escaped'),
        ),
        migrations.AddField(
            model_name='defect',
            name='odc_qualifier',
            field=models.CharField(blank=True, choices=[('missing', 'Missing'), ('incorrect', 'Incorrect'), ('extraneous', 'Extraneous')], db_default='', default='', max_length=10, verbose_name='qualifier'),
        ),
        migrations.AddField(
            model_name='defect',
            name='odc_trigger',
            field=models.CharField(blank=True, choices=[('design_conformance', 'Design conformance'), ('logic_flow', 'Logic or flow'), ('compatibility', 'Compatibility'), ('concurrency', 'Concurrency'), ('documentation', 'Internal documentation'), ('side_effects', 'Side effects'), ('rare_situation', 'Rare situation'), ('simple_path', 'Simple path'), ('complex_path', 'Complex path'), ('coverage', 'Test coverage'), ('variation', 'Test variation'), ('sequencing', 'Test sequencing'), ('interaction', 'Test interaction'), ('workload', 'Workload or stress'), ('recovery', 'Recovery or exception'), ('startup', 'Start-up or restart'), ('configuration', 'Configuration')], db_default='', default='', max_length=18, verbose_name='trigger'),
        ),
        migrations.AddField(
            model_name='defect',
            name='odc_type',
            field=models.CharField(blank=True, choices=[('function', 'Function'), ('interface', 'Interface'), ('checking', 'Checking'), ('assignment', 'Assignment'), ('timing', 'Timing or serialisation'), ('algorithm', 'Algorithm'), ('build', 'Build or package'), ('documentation', 'Documentation')], db_default='', default='', max_length=13, verbose_name='type of fault'),
        ),
        migrations.AddField(
            model_name='defect',
            name='regression_of',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='regressions', to='defects.defect'),
        ),
        migrations.AddField(
            model_name='defect',
            name='reopened',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='defect',
            name='reproducibility',
            field=models.CharField(blank=True, choices=[('always', 'Always'), ('sometimes', 'Sometimes'), ('rarely', 'Rarely'), ('once', 'Seen once')], db_default='', default='', max_length=9),
        ),
        migrations.AddField(
            model_name='defect',
            name='root_cause',
            field=models.TextField(blank=True, db_default='', default='', max_length=20000),
        ),
        migrations.AddField(
            model_name='defect',
            name='snoozed_until',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='defect',
            name='support_tickets',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='defect',
            name='version_introduced',
            field=models.CharField(blank=True, db_default='', default='', max_length=80),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='customer_impact',
            field=models.CharField(blank=True, choices=[('none', 'None'), ('cosmetic', 'Cosmetic'), ('workaround', 'There is a workaround'), ('blocked', 'Blocked'), ('data_loss', 'Data loss')], db_default='', default='', max_length=10, null=True, verbose_name='impact on customers'),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='customers_affected',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='escape_reason',
            field=models.CharField(blank=True, choices=[('no_test', 'No test'), ('test_wrong', 'The test was wrong'), ('test_skipped', 'The test was skipped or flaky'), ('environment', 'The environment differs'), ('data', 'The data differs'), ('review', 'The code review missed it'), ('requirement', 'Requirement gap'), ('monitoring', 'Monitoring gap'), ('accepted', 'Accepted risk')], db_default='', default='', max_length=12, null=True, verbose_name='why it escaped'),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='odc_qualifier',
            field=models.CharField(blank=True, choices=[('missing', 'Missing'), ('incorrect', 'Incorrect'), ('extraneous', 'Extraneous')], db_default='', default='', max_length=10, null=True, verbose_name='qualifier'),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='odc_trigger',
            field=models.CharField(blank=True, choices=[('design_conformance', 'Design conformance'), ('logic_flow', 'Logic or flow'), ('compatibility', 'Compatibility'), ('concurrency', 'Concurrency'), ('documentation', 'Internal documentation'), ('side_effects', 'Side effects'), ('rare_situation', 'Rare situation'), ('simple_path', 'Simple path'), ('complex_path', 'Complex path'), ('coverage', 'Test coverage'), ('variation', 'Test variation'), ('sequencing', 'Test sequencing'), ('interaction', 'Test interaction'), ('workload', 'Workload or stress'), ('recovery', 'Recovery or exception'), ('startup', 'Start-up or restart'), ('configuration', 'Configuration')], db_default='', default='', max_length=18, null=True, verbose_name='trigger'),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='odc_type',
            field=models.CharField(blank=True, choices=[('function', 'Function'), ('interface', 'Interface'), ('checking', 'Checking'), ('assignment', 'Assignment'), ('timing', 'Timing or serialisation'), ('algorithm', 'Algorithm'), ('build', 'Build or package'), ('documentation', 'Documentation')], db_default='', default='', max_length=13, null=True, verbose_name='type of fault'),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='regression_of',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='defects.defect'),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='reopened',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='reproducibility',
            field=models.CharField(blank=True, choices=[('always', 'Always'), ('sometimes', 'Sometimes'), ('rarely', 'Rarely'), ('once', 'Seen once')], db_default='', default='', max_length=9, null=True),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='root_cause',
            field=models.TextField(blank=True, db_default='', default='', max_length=20000, null=True),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='snoozed_until',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='support_tickets',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='defectevent',
            name='version_introduced',
            field=models.CharField(blank=True, db_default='', default='', max_length=80, null=True),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None), ('status', 'new')), fields=['severity', 'found_at'], name='defect_to_triage'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='defect',
            trigger=pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectevent" ("actual", "assignee_id", "closed_at", "component", "customer_impact", "customers_affected", "deleted_at", "duplicate_of_id", "environment", "escape_reason", "expected", "external_id", "fixed_at", "found_at", "found_by", "odc_qualifier", "odc_trigger", "odc_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "reference", "regression_of_id", "reopened", "reporter_id", "reproducibility", "resolution", "root_cause", "severity_id", "snoozed_until", "source", "stage_found_id", "stage_introduced_id", "stage_should_catch_id", "status", "status_reason", "steps", "support_tickets", "team_id", "title", "triaged_at", "verified_at", "version_fixed", "version_found", "version_introduced") SELECT old_values."actual", old_values."assignee_id", old_values."closed_at", old_values."component", old_values."customer_impact", old_values."customers_affected", old_values."deleted_at", old_values."duplicate_of_id", old_values."environment", old_values."escape_reason", old_values."expected", old_values."external_id", old_values."fixed_at", old_values."found_at", old_values."found_by", old_values."odc_qualifier", old_values."odc_trigger", old_values."odc_type", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."priority", old_values."reference", old_values."regression_of_id", old_values."reopened", old_values."reporter_id", old_values."reproducibility", old_values."resolution", old_values."root_cause", old_values."severity_id", old_values."snoozed_until", old_values."source", old_values."stage_found_id", old_values."stage_introduced_id", old_values."stage_should_catch_id", old_values."status", old_values."status_reason", old_values."steps", old_values."support_tickets", old_values."team_id", old_values."title", old_values."triaged_at", old_values."verified_at", old_values."version_fixed", old_values."version_found", old_values."version_introduced" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."actual" IS DISTINCT FROM (new_values."actual") OR old_values."assignee_id" IS DISTINCT FROM (new_values."assignee_id") OR old_values."closed_at" IS DISTINCT FROM (new_values."closed_at") OR old_values."component" IS DISTINCT FROM (new_values."component") OR old_values."customer_impact" IS DISTINCT FROM (new_values."customer_impact") OR old_values."customers_affected" IS DISTINCT FROM (new_values."customers_affected") OR old_values."deleted_at" IS DISTINCT FROM (new_values."deleted_at") OR old_values."duplicate_of_id" IS DISTINCT FROM (new_values."duplicate_of_id") OR old_values."environment" IS DISTINCT FROM (new_values."environment") OR old_values."escape_reason" IS DISTINCT FROM (new_values."escape_reason") OR old_values."expected" IS DISTINCT FROM (new_values."expected") OR old_values."external_id" IS DISTINCT FROM (new_values."external_id") OR old_values."fixed_at" IS DISTINCT FROM (new_values."fixed_at") OR old_values."found_at" IS DISTINCT FROM (new_values."found_at") OR old_values."found_by" IS DISTINCT FROM (new_values."found_by") OR old_values."odc_qualifier" IS DISTINCT FROM (new_values."odc_qualifier") OR old_values."odc_trigger" IS DISTINCT FROM (new_values."odc_trigger") OR old_values."odc_type" IS DISTINCT FROM (new_values."odc_type") OR old_values."priority" IS DISTINCT FROM (new_values."priority") OR old_values."reference" IS DISTINCT FROM (new_values."reference") OR old_values."regression_of_id" IS DISTINCT FROM (new_values."regression_of_id") OR old_values."reopened" IS DISTINCT FROM (new_values."reopened") OR old_values."reporter_id" IS DISTINCT FROM (new_values."reporter_id") OR old_values."reproducibility" IS DISTINCT FROM (new_values."reproducibility") OR old_values."resolution" IS DISTINCT FROM (new_values."resolution") OR old_values."root_cause" IS DISTINCT FROM (new_values."root_cause") OR old_values."severity_id" IS DISTINCT FROM (new_values."severity_id") OR old_values."snoozed_until" IS DISTINCT FROM (new_values."snoozed_until") OR old_values."source" IS DISTINCT FROM (new_values."source") OR old_values."stage_found_id" IS DISTINCT FROM (new_values."stage_found_id") OR old_values."stage_introduced_id" IS DISTINCT FROM (new_values."stage_introduced_id") OR old_values."stage_should_catch_id" IS DISTINCT FROM (new_values."stage_should_catch_id") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."status_reason" IS DISTINCT FROM (new_values."status_reason") OR old_values."steps" IS DISTINCT FROM (new_values."steps") OR old_values."support_tickets" IS DISTINCT FROM (new_values."support_tickets") OR old_values."team_id" IS DISTINCT FROM (new_values."team_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."triaged_at" IS DISTINCT FROM (new_values."triaged_at") OR old_values."verified_at" IS DISTINCT FROM (new_values."verified_at") OR old_values."version_fixed" IS DISTINCT FROM (new_values."version_fixed") OR old_values."version_found" IS DISTINCT FROM (new_values."version_found") OR old_values."version_introduced" IS DISTINCT FROM (new_values."version_introduced")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='73844467eb969aa658e00ac425d40393ec6809e1', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_318cf', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='defects_defect', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='defect',
            trigger=pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectevent" ("actual", "assignee_id", "closed_at", "component", "customer_impact", "customers_affected", "deleted_at", "duplicate_of_id", "environment", "escape_reason", "expected", "external_id", "fixed_at", "found_at", "found_by", "odc_qualifier", "odc_trigger", "odc_type", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "priority", "reference", "regression_of_id", "reopened", "reporter_id", "reproducibility", "resolution", "root_cause", "severity_id", "snoozed_until", "source", "stage_found_id", "stage_introduced_id", "stage_should_catch_id", "status", "status_reason", "steps", "support_tickets", "team_id", "title", "triaged_at", "verified_at", "version_fixed", "version_found", "version_introduced") SELECT old_values."actual", old_values."assignee_id", old_values."closed_at", old_values."component", old_values."customer_impact", old_values."customers_affected", old_values."deleted_at", old_values."duplicate_of_id", old_values."environment", old_values."escape_reason", old_values."expected", old_values."external_id", old_values."fixed_at", old_values."found_at", old_values."found_by", old_values."odc_qualifier", old_values."odc_trigger", old_values."odc_type", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."priority", old_values."reference", old_values."regression_of_id", old_values."reopened", old_values."reporter_id", old_values."reproducibility", old_values."resolution", old_values."root_cause", old_values."severity_id", old_values."snoozed_until", old_values."source", old_values."stage_found_id", old_values."stage_introduced_id", old_values."stage_should_catch_id", old_values."status", old_values."status_reason", old_values."steps", old_values."support_tickets", old_values."team_id", old_values."title", old_values."triaged_at", old_values."verified_at", old_values."version_fixed", old_values."version_found", old_values."version_introduced" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f635805465b8a901b9b0599eb29b12fa1997f75c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_93fbc', referencing='REFERENCING OLD TABLE AS old_values ', table='defects_defect', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='defect',
            constraint=models.CheckConstraint(condition=models.Q(('regression_of', models.F('id')), _negated=True), name='defect_not_its_own_regression', violation_error_message='A defect cannot be a regression of itself.'),
        ),
        migrations.AddConstraint(
            model_name='defect',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('source', 'external_id', 'team', 'regression_of'), name='defect_external_unique', nulls_distinct=False),
        ),
        migrations.CreateModel(
            name='DefectEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('move', 'Status'), ('note', 'Note'), ('update', 'Update for stakeholders'), ('correction', 'Correction'), ('system', 'Automatic')], max_length=10)),
                ('text', models.TextField(blank=True, default='', max_length=10000)),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('door', models.CharField(blank=True, default='', max_length=10)),
                ('data', models.JSONField(blank=True, default=dict)),
                ('next_update_at', models.DateTimeField(blank=True, null=True, verbose_name='next update due')),
                ('author', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('record', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='timeline', to='defects.defect')),
            ],
            options={
                'ordering': ['happened_at', 'id'],
                'indexes': [models.Index(fields=['record', 'happened_at', 'id'], name='timeline_of_defect'), models.Index(condition=models.Q(('door__in', ('page', 'api', 'admin', 'bulk', 'webhook'))), fields=['recorded_at'], name='defect_entry_told')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='67da99cd25904973fd577d280abeebe8bf2ee8a9', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_9ec28', table='defects_defectentry', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='DefectPin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='pin', to='defects.defectentry')),
            ],
            options={
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_defectpinevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='eb5cb9788baaea79a69cfb85f2648f24b3736e0f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_65205', referencing='REFERENCING NEW TABLE AS new_values ', table='defects_defectpin', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectpinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."at" IS DISTINCT FROM (new_values."at") OR old_values."by_id" IS DISTINCT FROM (new_values."by_id") OR old_values."entry_id" IS DISTINCT FROM (new_values."entry_id")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b71e0727df99820aeaa235f99ae3507cdde2b636', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_73815', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='defects_defectpin', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectpinevent" ("at", "by_id", "entry_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."at", old_values."by_id", old_values."entry_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='5d50e372efd26036a4c4ab42f029a2eaa3271546', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_e210a', referencing='REFERENCING OLD TABLE AS old_values ', table='defects_defectpin', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='DefectPinEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='defects.defectentry')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='defects.defectpin')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='defectpin_history')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a4313a648fd550e1a69c987511889dc327cd5f19', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_f0afc', table='defects_defectpinevent', when='BEFORE'))],
            },
        ),
        migrations.CreateModel(
            name='DefectLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.URLField(max_length=500, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address')),
                ('title', models.CharField(blank=True, max_length=120)),
                ('defect', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='defects.defect')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('url__startswith', 'https://'), ('url__startswith', 'http://'), _connector='OR'), name='defect_link_is_http', violation_error_message='Enter a link that starts with https:// or http://.'), models.UniqueConstraint(fields=('defect', 'url'), name='defect_link_once', violation_error_message='This defect already has this link.')],
                'triggers': [pgtrigger.compiler.Trigger(name='history_added', sql=pgtrigger.compiler.UpsertTriggerSql(func="WITH context AS MATERIALIZED (SELECT _pgh_attach_context() AS id) INSERT INTO defects_defectlinkevent (pgh_context_id, pgh_created_at, pgh_label, pgh_obj_id) SELECT context.id, clock_timestamp(), 'added', new_values.id FROM new_values, context; RETURN NULL;", hash='2b50ee1e87ace20f8a5f7264199e495a4be6d8c9', level='STATEMENT', operation='INSERT', pgid='pgtrigger_history_added_33b3b', referencing='REFERENCING NEW TABLE AS new_values ', table='defects_defectlink', when='AFTER')), pgtrigger.compiler.Trigger(name='history_changed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectlinkevent" ("defect_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title", "url") SELECT old_values."defect_id", _pgh_attached_context.value, clock_timestamp(), \'changed\', old_values."id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."defect_id" IS DISTINCT FROM (new_values."defect_id") OR old_values."title" IS DISTINCT FROM (new_values."title") OR old_values."url" IS DISTINCT FROM (new_values."url")) ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='d44bffba7fc1cba8868b1d6a38757356732541df', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_history_changed_456c2', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='defects_defectlink', when='AFTER')), pgtrigger.compiler.Trigger(name='history_removed', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "defects_defectlinkevent" ("defect_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "title", "url") SELECT old_values."defect_id", _pgh_attached_context.value, clock_timestamp(), \'removed\', old_values."id", old_values."title", old_values."url" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='a3bb07fdb89ac6d99f7044e952aa19fce76a9651', level='STATEMENT', operation='DELETE', pgid='pgtrigger_history_removed_391d9', referencing='REFERENCING OLD TABLE AS old_values ', table='defects_defectlink', when='AFTER'))],
            },
        ),
        migrations.CreateModel(
            name='DefectLinkEvent',
            fields=[
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_id', models.BigAutoField(primary_key=True, serialize=False)),
                ('url', models.URLField(max_length=500, null=True, validators=[django.core.validators.URLValidator(schemes=['http', 'https'])], verbose_name='address')),
                ('title', models.CharField(blank=True, max_length=120, null=True)),
                ('defect', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='defects.defect')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='defects.defectlink')),
            ],
            options={
                'default_permissions': (),
                'indexes': [models.Index(fields=['pgh_obj', 'pgh_id'], name='defectlink_history'), models.Index(fields=['defect'], name='defectlink_history_defect')],
                'triggers': [pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='1cd8a12f951a40be3b1ef804d213caf310a0b17c', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_59e7c', table='defects_defectlinkevent', when='BEFORE'))],
            },
        ),
        timeline_triggers("defects_defect", "defects_defectentry", TIMES),
    ])
