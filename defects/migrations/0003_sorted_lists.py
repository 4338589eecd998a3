from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0002_history'),
        ('pipeline', '0003_history'),
        ('records', '0003_history'),
        ('teams', '0009_sorted_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['severity', 'id'], name='defect_by_severity'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['stage_found', 'id'], name='defect_by_stage_found'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['status', 'id'], name='defect_by_status'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['title'], name='defect_by_title'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None), ('status__in', ['new', 'triaged', 'in_progress'])), fields=['found_at'], name='defect_open'),
        ),
    ]
