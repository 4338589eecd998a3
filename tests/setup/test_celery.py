from django.conf import settings

from qmportal.celery import app


def test_the_web_process_rings_the_portals_broker():
    assert app.main == "qmportal"
    assert app.conf.broker_url == settings.REDIS_URL


def test_a_killed_worker_gives_its_work_back():
    conf = app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)


def test_work_of_a_killed_worker_goes_on_within_90_seconds():
    """Its lease ends, and the next sweep finds it; ten seconds are left for a new worker to start."""
    sweep = app.conf.beat_schedule["sweep"]["schedule"]
    assert settings.WORK_LEASE.total_seconds() + sweep <= 80


def test_everything_scheduled_exists():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled <= set(app.tasks)
