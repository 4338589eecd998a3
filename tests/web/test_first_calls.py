"""Several people open the portal in the second in which it starts."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection

from tests.factories import make_user
from tests.threads import committing_db  # noqa: F401


def test_first_calls_at_once_are_all_answered(client, committed_person):
    client.force_login(committed_person)
    run = subprocess.run(
        [sys.executable, "-m", "tests.web.first_calls"],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DATABASE_URL": url_of_the_tests(), "SESSION": client.session.session_key, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    answers = Counter(line for line in run.stdout.splitlines())
    assert set(answers.values()) == {4}, run.stderr[-3000:]
    assert {line.split()[0] for line in answers} == {"200", "404"}, answers


@pytest.fixture
def committed_person(db):
    person = make_user(admin=True, is_superuser=True)
    yield person
    person.delete()


def url_of_the_tests() -> str:
    return os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
