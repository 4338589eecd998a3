"""Django's `migrate` without the statement timeout, and with a clear error for a database of another version."""

from typing import Any

from django.conf import settings
from django.core.management import CommandError, CommandParser, call_command
from django.core.management.commands import migrate
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader

from qmportal import embedded


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--load-library", action="store_true", help="also run load_library, without a second start of Django"
        )

    def handle(self, *args: Any, load_library: bool = False, **options: Any) -> Any:
        self._migrate(*args, **options)
        if load_library:
            call_command("load_library", verbosity=options["verbosity"])

    def _migrate(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if "options" in settings.DATABASES[options["database"]]["OPTIONS"]:
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")  # filling a large table can take a long time
        try:
            super().handle(*args, **options)
        except (DatabaseError, InconsistentMigrationHistory) as error:
            if stranger := _unknown_migration(connection):
                raise CommandError(_made_by_another_version(stranger)) from error
            raise


def _unknown_migration(connection: BaseDatabaseWrapper) -> str:
    """A migration that the database has but this code does not."""
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    return min((".".join(key) for key in loader.applied_migrations.keys() - loader.disk_migrations.keys()), default="")


def _made_by_another_version(stranger: str) -> str:
    folder = embedded.data_folder()
    empty = f"move {folder} away" if embedded.is_running_in(folder) else "set DATABASE_URL to an empty database"
    return (
        f"The database was created by another version of the portal, which has the migration {stranger}. "
        f"Start that version again, or {empty} to start with an empty one."
    )
