import django.db.models.deletion
from django.db import migrations, models

NOTE = """
CREATE FUNCTION benchmarks_note_departure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO benchmarks_departure (team_id, at) VALUES (OLD.team_id, clock_timestamp())
    ON CONFLICT (team_id) DO UPDATE SET at = EXCLUDED.at;
    RETURN NULL;
END $$;
CREATE TRIGGER defects_defect_departure AFTER UPDATE OF team_id ON defects_defect
    FOR EACH ROW WHEN (OLD.team_id <> NEW.team_id) EXECUTE FUNCTION benchmarks_note_departure();
CREATE TRIGGER incidents_incident_departure AFTER UPDATE OF team_id ON incidents_incident
    FOR EACH ROW WHEN (OLD.team_id <> NEW.team_id) EXECUTE FUNCTION benchmarks_note_departure();
"""
FORGET = """
DROP TRIGGER defects_defect_departure ON defects_defect;
DROP TRIGGER incidents_incident_departure ON incidents_incident;
DROP FUNCTION benchmarks_note_departure();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("benchmarks", "0005_nights_resume"),
        ("defects", "0001_initial"),
        ("incidents", "0001_initial"),
        ("teams", "0006_created_at_may_be_known"),
    ]

    operations = [
        migrations.CreateModel(
            name="Departure",
            fields=[
                (
                    "team",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="teams.team",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(NOTE, FORGET),
    ]
