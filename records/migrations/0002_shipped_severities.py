import pgtrigger
from django.db import migrations

SEVERITIES = [
    ("SEV1", "Critical", "Service down or data at risk, no workaround"),
    ("SEV2", "Major", "Many customers affected, or money is wrong"),
    ("SEV3", "Moderate", "Some customers affected, a workaround exists"),
    ("SEV4", "Minor", "Cosmetic, or only internal users notice"),
]


@pgtrigger.ignore()  # the history begins after what the portal ships
def add_severities(apps, schema_editor):
    severity = apps.get_model("records", "Severity")
    for rank, (key, name, description) in enumerate(SEVERITIES, start=1):
        severity.objects.create(key=key, name=name, description=description, rank=rank)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [migrations.RunPython(add_severities, migrations.RunPython.noop)]
