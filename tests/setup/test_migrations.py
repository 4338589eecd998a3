import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django_migration_linter import MigrationLinter

# They change what nothing older that was released uses: unique constraints, a column.
BEFORE_THE_FIRST_RELEASE = {
    "0003_each_team_asks_for_itself",
    "0003_external_id_by_team",
    "0004_external_id_by_team",
    "0005_nights_resume",
}
# They make tables and triggers; the linter takes a NOT NULL in a trigger for a new rule of an old column.
NEW_TABLES_WITH_TRIGGERS = "_history"
A_TABLE_WITH_TRIGGERS = {"0001_versions"}


@pytest.mark.django_db
def test_models_and_migrations_say_the_same():
    call_command("makemigrations", check=True, dry_run=True)


@pytest.mark.django_db
def test_no_migration_locks_out_the_version_that_still_runs():
    """A first migration only makes tables; whatever follows runs while the old code serves."""
    ours = [app.label for app in apps.get_app_configs() if str(app.path).startswith(str(settings.BASE_DIR / app.label))]
    linter = MigrationLinter(
        str(settings.BASE_DIR),
        include_apps=ours,
        ignore_name=BEFORE_THE_FIRST_RELEASE | A_TABLE_WITH_TRIGGERS,
        ignore_name_contains=NEW_TABLES_WITH_TRIGGERS,
        no_cache=True,
        ignore_initial_migrations=True,
        quiet=["ok", "ignore"],
    )
    linter.lint_all_migrations()
    assert linter.nb_total > 0
    assert not linter.has_errors
