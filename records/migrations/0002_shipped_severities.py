import pgtrigger
from django.db import migrations

SEVERITIES = [
    ("SEV1", "Critical", "Service down or data at risk, no workaround", 10),
    ("SEV2", "Major", "Many customers affected, or money is wrong", 5),
    ("SEV3", "Moderate", "Some customers affected, a workaround exists", 2),
    ("SEV4", "Minor", "Cosmetic, or only internal users notice", 1),
]


@pgtrigger.ignore()  # the history begins after what the portal ships
def add_severities(apps, schema_editor):
    severity = apps.get_model("records", "Severity")
    for rank, (key, name, description, weight) in enumerate(SEVERITIES, start=1):
        severity.objects.create(key=key, name=name, description=description, rank=rank, weight=weight)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(add_severities, migrations.RunPython.noop)]
