from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("defects", "0001_initial")]

    operations = [
        migrations.RemoveIndex("defect", "defect_to_triage"),
        migrations.AddIndex(
            "defect",
            models.Index(
                fields=["status", "severity", "found_at", "id"],
                include=["team"],
                condition=Q(deleted_at=None, status__in=["new", "triaged", "in_progress", "fixed", "verified"]),
                name="defect_on_board",
            ),
        ),
    ]
