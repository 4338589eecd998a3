from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0003_sorted_lists'),
        ('incidents', '0002_history'),
        ('pipeline', '0003_history'),
        ('records', '0003_history'),
        ('teams', '0009_sorted_lists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['severity', 'id'], name='incident_by_severity'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['status', 'id'], name='incident_by_status'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['title'], name='incident_by_title'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['time_to_restore'], name='incident_by_time_to_restore'),
        ),
    ]
