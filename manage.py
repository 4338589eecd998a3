#!/usr/bin/env python3
"""Django's command line. Without `DATABASE_URL` it finds the embedded servers, or runs them as long as the command."""

import os
import sys

from qmportal import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qmportal.settings")
    try:
        with embedded.ended_by_signals(), embedded.servers():
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except embedded.EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
