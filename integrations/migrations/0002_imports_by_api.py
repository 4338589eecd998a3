from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='size',
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name='importjob',
            name='until',
            field=models.CharField(blank=True, choices=[('look', 'Look'), ('check', 'Check'), ('import', 'Import'), ('undo', 'Undo')], db_default='', editable=False, max_length=6),
        ),
    ]
