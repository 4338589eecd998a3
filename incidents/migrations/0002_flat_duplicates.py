from django.db import migrations

from qmportal.lib.records import flat_duplicates


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0001_initial'),
    ]

    operations = [
        flat_duplicates('incidents_incident'),
    ]
