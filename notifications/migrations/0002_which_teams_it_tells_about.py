import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]

    operations = [
        migrations.AddField(
            "notification",
            "teams",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                db_default=[],
                default=list,
                help_text="Ids of the teams that it tells about.",
                size=None,
            ),
        ),
        migrations.AddField(
            "notification",
            "for_managers",
            models.BooleanField(db_default=False, default=False, help_text="Hidden from somebody who no longer manages the teams."),
        ),
    ]
