import pghistory.core
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django_migration_linter import MigrationLinter


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
        no_cache=True,
        ignore_initial_migrations=True,
        quiet=["ok", "ignore"],
    )
    linter.lint_all_migrations()
    assert linter.nb_total > 0
    assert not linter.has_errors


@pytest.mark.django_db
def test_what_the_portal_ships_has_no_history():
    """The change log begins with what people do."""
    assert [model.__name__ for model in pghistory.core.event_models() if model.objects.exists()] == []


@pytest.mark.django_db
def test_migrations_that_do_not_follow_from_another_are_said_with_the_way_out():
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("teams", "0001_initial")
    recorder.record_applied("teams", "0001_old_team")
    with pytest.raises(CommandError, match=r"another version .* or set DATABASE_URL to an empty database"):
        call_command("migrate", verbosity=0)
