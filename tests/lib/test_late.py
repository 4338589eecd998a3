"""Views and URLs that are loaded with the first request for them."""

import subprocess
import sys

import pytest
from django.conf import settings
from django.urls import get_resolver, resolve, reverse

from qmportal.lib.late import LateModule, LateView
from tests.views import views_of


def test_every_late_view_exists():
    """Otherwise a wrong name would only show at the first request."""
    late = [view for view in views_of(get_resolver()) if isinstance(view, LateView)]
    assert len(late) > 100
    for view in late:
        assert callable(view.view), view.__qualname__


def test_a_late_view_passes_on_what_marks_the_view():
    assert LateModule("integrations.views").import_new.takes_a_file == "IMPORT_MAX_BYTES"
    assert LateModule("teams.api").TeamList.as_view().csrf_exempt is True
    with pytest.raises(AttributeError):
        _ = LateModule("teams.views").team_edit.nothing_of_this_name


def test_a_wrong_name_fails_where_it_is_used():
    with pytest.raises(ImportError, match="no_such_view"):
        _ = LateModule("teams.views").no_such_view.view


@pytest.mark.parametrize("address", ["/admin/", "/admin/records/severity/"])
def test_the_admin_site_is_found_by_path_and_by_name(address):
    found = resolve(address)
    assert found.namespace == "admin"
    assert reverse(f"admin:{found.url_name}", args=found.args, kwargs=found.kwargs) == address


FORKED = """
import threading
import qmportal.wsgi
from django.db import connection
print(threading.active_count(), connection.connection)
"""


def test_the_application_can_be_forked_into_workers():
    """gunicorn loads it once. A thread would not be there in the workers, and all would talk over one connection."""
    told = subprocess.run([sys.executable, "-c", FORKED], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "None"]


HELD = """
import sys
import qmportal.wsgi
print(*(name for name in sys.argv[1:] if name in sys.modules))
"""


def test_a_new_worker_holds_no_code_of_pages_that_nobody_asked_for():
    """Each of these costs every worker of every installation a megabyte or more. The last one shows that it can fail."""
    late = ["integrations.phases", "integrations.matching.presets", "teams.views", "training.views.lti", "benchmarks.admin"]
    command = [sys.executable, "-c", HELD, *late, "incidents.views.incident"]
    told = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["incidents.views.incident"]
