"""The Celery application. A worker is started with `REMAP_SIGTERM=SIGQUIT`, so that TERM lets running tasks finish."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qmportal.settings")

app = Celery("qmportal")
app.config_from_object("django.conf:settings", namespace="CELERY")
# In the organisation's time zone. Here and not in the settings, which every process reads: Celery is large.
app.conf.beat_schedule = {
    "nightly-snapshots": {"task": "benchmarks.tasks.nightly", "schedule": crontab(hour=2, minute=0)},
    "failed-night": {"task": "benchmarks.tasks.check_night", "schedule": crontab(hour=3, minute=0)},
    "old-files": {"task": "integrations.tasks.forget_old_files", "schedule": crontab(hour=3, minute=0)},
    "sweep": {"task": "qmportal.tasks.sweep", "schedule": 30.0},
    "automatic-plans": {"task": "scenarios.tasks.assign_automatic_plans", "schedule": 300.0},
    "reminders": {"task": "scenarios.tasks.remind", "schedule": crontab(hour=7, minute=0)},
}
app.autodiscover_tasks()
