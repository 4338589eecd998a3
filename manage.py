#!/usr/bin/env python3
"""Django's command line. Without `DATABASE_URL` it finds the embedded servers, or runs them as long as the command."""

import os
import sys

from qmportal import embedded
from qmportal.lib.acting import acting


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qmportal.settings")
    try:
        with embedded.ended_by_signals(), embedded.servers():
            from django.core.management import execute_from_command_line

            with acting("command", request=" ".join(sys.argv[1:2])):
                execute_from_command_line(sys.argv)
    except embedded.EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
