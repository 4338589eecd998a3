"""Django's `migrate` without the portal's limit on statements: filling a large table may take its time."""

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        if "options" in settings.DATABASES[options["database"]]["OPTIONS"]:
            with connections[options["database"]].cursor() as cursor:
                cursor.execute("SET statement_timeout = 0")
        return super().handle(*args, **options)
