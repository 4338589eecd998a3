from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def fill_team(apps, schema_editor):
    """Automatic plans of a team left open for which team they were assigned."""
    Plan, Assignment = apps.get_model("scenarios", "Plan"), apps.get_model("scenarios", "Assignment")
    team = Subquery(Plan.objects.filter(pk=OuterRef("plan")).values("team")[:1])
    Assignment.objects.filter(team=None, plan__team__isnull=False).update(team=team)


class Migration(migrations.Migration):
    dependencies = [("scenarios", "0002_first_weeks")]

    operations = [
        migrations.RemoveConstraint("assignment", "assignment_open_once"),
        migrations.AddConstraint(
            "assignment",
            models.UniqueConstraint(
                condition=models.Q(("done_at", None), ("withdrawn_at", None)),
                fields=("user", "kind", "ref", "team"),
                name="assignment_open_once",
                nulls_distinct=False,
                violation_error_message="This person already has this to do.",
            ),
        ),
        migrations.RunPython(fill_team, migrations.RunPython.noop, elidable=True),
    ]
