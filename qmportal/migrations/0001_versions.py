from django.db import migrations

from qmportal.lib.kept import version_table, versioned


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0001_initial"),
        ("records", "0001_initial"),
        ("pipeline", "0001_initial"),
        ("incidents", "0001_initial"),
        ("benchmarks", "0001_initial"),
        ("notifications", "0001_initial"),
    ]

    operations = [
        version_table(),
        *versioned("teams_team", "teams_membership", "records_severity", "pipeline_stage", "incidents_incident"),
        *versioned("benchmarks_metricsnapshot", "benchmarks_thresholdset", "notifications_notification"),
    ]
