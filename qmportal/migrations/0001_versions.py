from django.db import migrations

from qmportal.lib.kept import version_table, versioned


class Migration(migrations.Migration):
    dependencies = [
        ("teams", "0001_initial"),
        ("incidents", "0001_initial"),
        ("defects", "0001_initial"),
        ("benchmarks", "0001_initial"),
        ("notifications", "0001_initial"),
    ]

    operations = [
        version_table(),
        *versioned("rights", "teams_team", "teams_membership"),
        *versioned("incidents", "incidents_incident"),
        *versioned("nights", "benchmarks_metricsnapshot"),
        *versioned("thresholds", "benchmarks_thresholdset"),
        *versioned("notifications", "notifications_notification"),
    ]
