from django.db import migrations

from qmportal.lib.kept import versioned


class Migration(migrations.Migration):
    dependencies = [
        ("qmportal", "0001_versions_and_append_only_context"),
        ("testing", "0001_initial"),
    ]

    operations = versioned("pipeline_change", "pipeline_deployment", "testing_testrun")
