import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from qmportal.lib.tables import together

import integrations.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("teams", "0001_initial"),
    ]

    operations = together([
        migrations.CreateModel(
            name="ImportJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("queued", "Waiting"), ("running", "Running"), ("done", "Done"), ("failed", "Failed")],
                        default="queued",
                        editable=False,
                        max_length=8,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("failures", models.PositiveSmallIntegerField(db_default=0, default=0, editable=False)),
                ("run_after", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("lease_until", models.DateTimeField(editable=False, null=True)),
                ("error", models.TextField(blank=True, editable=False)),
                ("progress_done", models.PositiveIntegerField(default=0, editable=False)),
                ("progress_total", models.PositiveIntegerField(default=0, editable=False)),
                (
                    "requested_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                (
                    "phase",
                    models.CharField(
                        choices=[("check", "Check"), ("import", "Import"), ("undo", "Undo")],
                        default="check",
                        editable=False,
                        max_length=6,
                    ),
                ),
                ("mapping_key", models.CharField(max_length=40, verbose_name="what is in the file")),
                (
                    "file",
                    models.FileField(
                        blank=True, storage=integrations.models.private_files, upload_to=integrations.models.random_name
                    ),
                ),
                ("file_name", models.CharField(max_length=200)),
                (
                    "team",
                    models.ForeignKey(
                        blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="teams.team"
                    ),
                ),
                ("time_zone", models.CharField(max_length=60)),
                (
                    "day_order",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Refuse such dates"),
                            ("day", "2 March (day first)"),
                            ("month", "3 February (month first)"),
                        ],
                        default="",
                        max_length=5,
                    ),
                ),
                ("create_teams", models.BooleanField(default=False)),
                ("all_types", models.BooleanField(default=False)),
                ("skip_errors", models.BooleanField(default=False)),
                ("result", models.JSONField(default=dict, editable=False)),
                ("imported_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="ImportedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="written",
                        to="integrations.importjob",
                    ),
                ),
                ("record", models.BigIntegerField()),
                ("before", models.JSONField(null=True)),
                ("version", models.PositiveIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("job", "record"), name="imported_row_unique")],
            },
        ),
    ])
