from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('scenarios', '0002_attempts_set_aside'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='diagnosis',
            options={'ordering': ['-at', '-id'], 'verbose_name_plural': 'diagnoses'},
        ),
        migrations.AlterModelOptions(
            name='pageedit',
            options={'ordering': ['page', '-at', '-id']},
        ),
        migrations.AddField(
            model_name='diagnosis',
            name='because',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='diagnosis',
            name='page',
            field=models.CharField(blank=True, help_text='The library page to read.', max_length=60),
        ),
        migrations.AddField(
            model_name='diagnosis',
            name='personal',
            field=models.BooleanField(default=False, help_text='Made by a trainee, for that trainee alone.'),
        ),
        migrations.AlterField(
            model_name='diagnosis',
            name='bottleneck',
            field=models.CharField(blank=True, help_text="A step's id. Empty: no step is weak.", max_length=40),
        ),
    ]
