import django.db.models.deletion
import integrations.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0003_imports_of_teams_and_people'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=integrations.models.random_token, max_length=40, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('size', models.PositiveBigIntegerField()),
                ('modified', models.BigIntegerField()),
                ('received', models.PositiveBigIntegerField(default=0)),
                ('file', models.FileField(storage=integrations.models.private_files, upload_to=integrations.models.random_name)),
                ('touched_at', models.DateTimeField()),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='uploads', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('owner', 'name', 'size', 'modified'), name='upload_unique'), models.CheckConstraint(condition=models.Q(('received__lte', models.F('size'))), name='upload_within_size')],
            },
        ),
    ]
