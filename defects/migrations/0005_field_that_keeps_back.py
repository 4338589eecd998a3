from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0004_defect_service'),
    ]

    operations = [
        migrations.AlterField(
            model_name='bankruptcyrow',
            name='field',
            field=models.CharField(blank=True, max_length=20),
        ),
    ]
