"""Many rows at once, past Django's cursors: what is written, what the history says of it, and what stops it."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from incidents.models import Incident
from qmportal.lib.acting import acting
from qmportal.lib.copying import Change, Copy, Moved, Writer, next_ids, write_now
from qmportal.lib.history import events_of
from records.models import Severity
from tests.factories import NOON, make_incident, make_team

pytestmark = pytest.mark.django_db


def doors():
    events = events_of(Incident).objects.order_by("pgh_id").select_related("pgh_context")
    return [(event.pgh_label, event.pgh_context and event.pgh_context.metadata["door"]) for event in events]


def two_incidents():
    team = make_team()
    return make_incident(team=team, title="First"), make_incident(team=team, title="Second")


def title_of(incident):
    return Incident.objects.values_list("title", "version").get(pk=incident.pk)


def test_each_row_keeps_its_history_with_the_door_by_which_it_came():
    columns = ("key", "name", "rank", "description", "weight")
    with acting("import"):
        write_now(Copy(Severity, columns, [("S8", "Tab\tand \\ line\nfeed", 8, "", 1), ("S9", "“Ninth”", 9, "", 1)]))
    assert list(Severity.objects.filter(rank__gte=8).values_list("name", flat=True)) == ["Tab\tand \\ line\nfeed", "“Ninth”"]
    events = events_of(Severity).objects.filter(pgh_label="added", pgh_context__metadata__door="import")
    assert events.count() == 2


def test_changed_rows_move_one_version_on():
    first, second = two_incidents()
    with acting("import"):
        write_now(Change(Incident, ["title"], [(first.pk, 1, "One"), (second.pk, 1, "Two")]))
    assert [title_of(first), title_of(second)] == [("One", 2), ("Two", 2)]
    assert doors()[-2:] == [("changed", "import")] * 2


def test_nothing_is_written_over_what_somebody_saved():
    first, second = two_incidents()
    second.save()
    with pytest.raises(Moved), transaction.atomic():
        write_now(Change(Incident, ["title"], [(first.pk, 1, "One"), (second.pk, 1, "Two")]))
    assert [title_of(first), title_of(second)] == [("First", 1), ("Second", 2)]


def test_the_writer_writes_in_turn_and_says_what_went_wrong():
    severity, team, now = Severity.objects.latest("rank"), make_team(), timezone.now()
    ids = next_ids(Incident, 2)
    names = (
        *("id", "reference", "team_id", "severity_id", "title", "status", "kind", "environment", "detected_at"),
        *("version", "created_at", "updated_at", "source", "external_id", "summary", "detection_source"),
        *("services", "other_services"),
        *("customer_impacted", "customer_impact", "impact_kind", "root_cause"),
    )

    def row(pk):
        status = ("triage", "real", "production", NOON)
        return (pk, f"X-{pk}", team.pk, severity.pk, "New", *status, 1, now, now, *[""] * 4, [], "", False, *[""] * 3)

    with transaction.atomic(), Writer() as writer:
        writer.put(Copy(Incident, names, [row(ids[0])]))
        writer.put(Copy(Incident, names, [row(ids[1])]), Change(Incident, ["title"], [(ids[0], 1, "Changed")]))
        writer.wait()
        assert set(Incident.objects.values_list("title", flat=True)) == {"New", "Changed"}
    with pytest.raises(IntegrityError), transaction.atomic(), Writer() as writer:
        writer.put(Copy(Incident, names, [row(ids[0])]))
    assert Incident.objects.count() == 2
