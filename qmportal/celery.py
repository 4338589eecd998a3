"""The Celery application. A worker is started with `REMAP_SIGTERM=SIGQUIT`, so that TERM lets running tasks finish."""

import os
from contextlib import AbstractContextManager

from celery import Celery
from celery.schedules import crontab
from kombu import Producer
from kombu.pools import producers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qmportal.settings")

app = Celery("qmportal", task_cls="qmportal.lib.tasks:ActingTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
# In the organisation's time zone. Here and not in the settings, which every process reads: Celery is large.
app.conf.beat_schedule = {
    "nightly-snapshots": {"task": "benchmarks.tasks.nightly", "schedule": crontab(hour=2, minute=0)},
    "failed-night": {"task": "benchmarks.tasks.check_night", "schedule": crontab(hour=3, minute=0)},
    "old-files": {"task": "integrations.tasks.forget_old_files", "schedule": crontab(hour=3, minute=0)},
    "old-test-marks": {"task": "testing.tasks.forget_marks", "schedule": crontab(hour=3, minute=30)},
    "old-history": {"task": "qmportal.tasks.forget_old_history", "schedule": crontab(hour=3, minute=20)},
    "old-sessions-and-mails": {"task": "teams.tasks.forget_old_rows", "schedule": crontab(hour=3, minute=10)},
    # Drop a sweep that no worker picked up in time: the next one does the same.
    "sweep": {"task": "qmportal.tasks.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "automatic-plans": {"task": "training.tasks.assign_automatic_plans", "schedule": 300.0},
    "group-sessions": {"task": "training.tasks.end_group_sessions", "schedule": crontab(minute=30)},
    "results": {"task": "training.tasks.send_results", "schedule": 60.0, "options": {"expires": 60}},
    "old-results": {"task": "training.tasks.forget_results", "schedule": crontab(hour=3, minute=40)},
    "incident-news": {"task": "incidents.tasks.tell_news", "schedule": 30.0, "options": {"expires": 30}},
    "defect-news": {"task": "defects.tasks.tell_news", "schedule": 30.0, "options": {"expires": 30}},
    "duty-calendars": {"task": "incidents.tasks.read_duty_calendars", "schedule": crontab(minute="*/5")},
    "follow-up": {"task": "incidents.tasks.follow_up", "schedule": crontab(hour=7, minute=0)},
    "reminders": {"task": "training.tasks.remind", "schedule": crontab(hour=7, minute=0)},
    "practice-reminders": {"task": "pipeline.tasks.remind", "schedule": crontab(hour=7, minute=0)},
    "policy-reminders": {"task": "defects.tasks.remind", "schedule": crontab(hour=7, minute=0)},
}
app.conf.beat_scheduler = "qmportal.beat.Beat"
app.autodiscover_tasks()


def quick_producer() -> AbstractContextManager[Producer]:
    """For requests that queue work: half a second per broker reply. Workers wait longer by design."""
    quick = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}
    producer: AbstractContextManager[Producer] = producers[app.connection_for_write(transport_options=quick)].acquire(
        block=True, timeout=0.5
    )
    return producer
