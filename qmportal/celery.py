"""The Celery application. A worker is started with `REMAP_SIGTERM=SIGQUIT`, so that TERM lets running tasks finish."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qmportal.settings")

app = Celery("qmportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
