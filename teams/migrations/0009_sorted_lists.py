from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('teams', '0008_kept_answers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='team',
            index=models.Index(fields=['name'], name='team_by_name'),
        ),
    ]
