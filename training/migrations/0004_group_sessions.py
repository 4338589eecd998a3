import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together


class Migration(migrations.Migration):

    dependencies = [
        ('scenarios', '0001_initial'),
        ('teams', '0001_initial'),
        ('training', '0003_started_plans'),
    ]

    operations = together([
        migrations.CreateModel(
            name='GroupSession',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=6, unique=True)),
                ('stage', models.CharField(choices=[('voting', 'Voting'), ('revealed', 'Votes revealed'), ('decided', 'Decided'), ('over', 'Over')], default='voting', max_length=8)),
                ('choices', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None)),
                ('seed', models.PositiveIntegerField()),
                ('turn', models.PositiveIntegerField(default=0)),
                ('news', models.PositiveIntegerField(default=0)),
                ('started_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('facilitator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='group_sessions', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scenarios.scenarioversion')),
            ],
            options={
                'ordering': ['-started_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('stage', 'over')), models.Q(models.Q(('stage', 'over'), _negated=True), ('ended_at', None)), _connector='OR'), name='group_session_over_when_ended')],
            },
        ),
        migrations.CreateModel(
            name='GroupMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('vote', models.CharField(blank=True, max_length=40)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='members', to='training.groupsession')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('session', 'user'), name='group_member_once')],
            },
        ),
        migrations.CreateModel(
            name='GroupStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveSmallIntegerField()),
                ('choice', models.CharField(max_length=40)),
                ('tally', models.JSONField(default=dict)),
                ('note', models.TextField(blank=True, max_length=5000)),
                ('session', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='training.groupsession')),
            ],
            options={
                'ordering': ['seq'],
                'constraints': [models.UniqueConstraint(fields=('session', 'seq'), name='group_step_once')],
            },
        ),
    ])
