"""The WSGI application for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qmportal.settings")

application = get_wsgi_application()
# Django loads the URLs at the first request. Several simultaneous ones would see half-loaded modules.
get_resolver().url_patterns  # noqa: B018
