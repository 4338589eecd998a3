import pgtrigger
from django.db import migrations

STAGES = [
    ("design", "Design", "Requirements, design reviews, threat models."),
    ("coding", "Coding", "While writing: the compiler, the editor, the author's own tests."),
    ("pre-commit", "Pre-commit", "Linting and unit tests before a commit."),
    ("code-review", "Code review", "A peer reads the change."),
    ("ci", "CI", "Integration tests and the automated regression suite."),
    ("pre-deploy", "Pre-deploy (staging)", "Staging with smoke tests."),
    ("production", "Production", "Found by users or by monitoring: an escaped defect."),
]


@pgtrigger.ignore()  # the history begins after what the portal ships
def add_stages(apps, schema_editor):
    stage = apps.get_model("pipeline", "Stage")
    for position, (slug, name, description) in enumerate(STAGES, start=1):
        stage.objects.create(slug=slug, name=name, description=description, position=position)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0001_initial")]
    operations = [migrations.RunPython(add_stages, migrations.RunPython.noop)]
