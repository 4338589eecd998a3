from django.db import migrations

from qmportal.lib.records import flat_duplicates


class Migration(migrations.Migration):

    dependencies = [
        ('defects', '0002_shipped_severities'),
    ]

    operations = [
        flat_duplicates('defects_defect'),
    ]
