from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0003_count_from_the_index'),
        ('incidents', '0001_initial'),
        ('pipeline', '0002_shipped_stages'),
        ('teams', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(condition=models.Q(('deleted_at', None), ('restored_at', None)), fields=['team'], name='incident_open'),
        ),
    ]
