import pgtrigger
from django.db import migrations

# Severity: whether a review is required before closing, and due how many days after service was restored.
POLICIES = {"SEV1": (True, 3), "SEV2": (True, 5), "SEV3": (False, 10), "SEV4": (False, 10)}


@pgtrigger.ignore()  # the history begins after what the portal ships
def add(apps, schema_editor):
    policies, severities = apps.get_model("incidents", "ReviewPolicy"), apps.get_model("records", "Severity")
    for severity in severities.objects.filter(key__in=POLICIES):
        required, days = POLICIES[severity.key]
        policies.objects.create(severity=severity, is_required=required, due_in_days=days)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0001_initial"), ("records", "0002_shipped_severities")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
