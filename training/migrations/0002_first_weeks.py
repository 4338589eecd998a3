import pgtrigger
from django.db import migrations
from django.utils import timezone

DESCRIPTION = "What quality means here, how it is measured, and one decision scenario: a start for everyone new."
ITEMS = (
    ("page", "quality-management", 3),
    ("page", "the-trap", 3),
    ("page", "what-to-do", 7),
    ("page", "escaped-defects", 7),
    ("check", "escaped_defect_rate", 7),
    ("check", "mean_or_median", 14),
    ("check", "bug_smash", 14),
    ("scenario", "zero_bug_policy", 21),
)


@pgtrigger.ignore()  # the history begins after what the portal ships
def add_plan(apps, schema_editor):
    plan = apps.get_model("training", "Plan").objects.create(
        name="First weeks", description=DESCRIPTION, role="trainee", automatic=True, started_at=timezone.now()
    )
    apps.get_model("training", "PlanItem").objects.bulk_create(
        apps.get_model("training", "PlanItem")(plan=plan, position=position, kind=kind, ref=ref, due_days=days)
        for position, (kind, ref, days) in enumerate(ITEMS, start=1)
    )


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial")]

    operations = [migrations.RunPython(add_plan, migrations.RunPython.noop)]
