from django.db import migrations

from qmportal.lib.kept import versioned


class Migration(migrations.Migration):
    dependencies = [("qmportal", "0001_versions_and_append_only_context"), ("defects", "0001_initial")]

    operations = versioned("defects_defect")
