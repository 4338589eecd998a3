from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0002_shipped_severities'),
        ('pipeline', '0002_shipped_stages'),
        ('teams', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='defect',
            name='defect_team_found',
        ),
        migrations.RemoveIndex(
            model_name='defect',
            name='defect_found',
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['team', 'found_at'], include=('stage_found', 'resolution'), name='defect_team_found'),
        ),
        migrations.AddIndex(
            model_name='defect',
            index=models.Index(condition=models.Q(('deleted_at', None)), fields=['found_at'], include=('team', 'stage_found', 'resolution'), name='defect_found'),
        ),
    ]
