"""Duplicates that name their originals by the ids of the file, which may come later in it or be here already."""

import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from defects.models import Defect
from incidents.models import Incident
from integrations import undo
from integrations.importer import Importer
from integrations.linking import IN_A_CIRCLE, NOT_FOUND
from integrations.matching.plan import Plan
from integrations.models import ImportJob
from qmportal.lib.work import Work
from tests.factories import NOON, make_defect, make_team, make_user
from tests.integrations.test_import_pages import checked, start
from tests.integrations.test_undo import undo_it

pytestmark = pytest.mark.django_db

DEFECT = "external_id,title,found_at,status,resolution,closed_at,duplicate_of,team"
DUPLICATE = "2026-03-01T10:00Z,duplicate,duplicate,2026-03-02T10:00Z"
OPEN = "2026-03-01T10:00Z,new,,"


@pytest.fixture
def team():
    return make_team(slug="payments", key="PAY")


def defects(**originals):
    """A file of defects by id, each with the id of its original, or an empty text for one that is none."""
    rows = [f"{name},{name},{DUPLICATE if of else OPEN},{of},payments" for name, of in originals.items()]
    return io.BytesIO("\n".join([DEFECT, *rows]).encode())


def incidents(**originals):
    rows = [
        f"{name},{name},2026-03-01T10:00Z,SEV2,{'duplicate' if of else 'active'},{of},payments"
        for name, of in originals.items()
    ]
    return io.BytesIO("\n".join(["external_id,title,detected_at,severity,status,duplicate_of,team", *rows]).encode())


def load(file, kind="defects", *, check=False, **options):
    columns = {name: (name,) for name in file.getvalue().decode().splitlines()[0].split(",")}
    importer = Importer(Plan(kind, "qmportal", columns), now=NOON.replace(month=6), **options)
    return importer.check(file) if check else importer.write(file)


def linked(model=Defect):
    return dict(model.objects.exclude(duplicate_of=None).values_list("external_id", "duplicate_of__external_id"))


def test_the_original_may_come_before_or_after(team):
    outcome = load(defects(A="", B="A", C="D", D=""))
    assert linked() == {"B": "A", "C": "D"}
    assert (outcome.created, outcome.linked, outcome.notes) == (4, 2, {})


def test_a_chain_is_flat_and_a_circle_stays_open(team):
    outcome = load(defects(A="B", B="C", C="D", D="", X="Y", Y="Z", Z="Y", S="S"))
    assert linked() == {"A": "D", "B": "D", "C": "D"}
    assert outcome.notes == {IN_A_CIRCLE: 4}


@pytest.mark.parametrize("check", [True, False])
def test_an_original_that_nobody_knows_is_noted(team, check):
    make_defect(team=team, source="qmportal", external_id="HERE")
    outcome = load(defects(A="NOWHERE", B="HERE", C="D", D=""), check=check)
    assert outcome.notes == {NOT_FOUND: 1}
    assert linked() == ({} if check else {"B": "HERE", "C": "D"})


def test_an_original_out_of_sight_is_not_found(team):
    far = make_team(slug="far", key="FAR")
    make_defect(team=far, source="qmportal", external_id="FAR")
    own = frozenset({team.pk})
    assert load(defects(A="FAR"), team=team, allowed=own, visible=own).notes == {NOT_FOUND: 1}


def test_an_incident_waits_cancelled_until_its_original_is_in(team):
    outcome = load(incidents(A="B", B="", C="NOWHERE"), "incidents")
    assert dict(Incident.objects.values_list("external_id", "status")) == {
        "A": "duplicate",
        "B": "active",
        "C": "cancelled",
    }
    assert linked(Incident) == {"A": "B"}
    assert outcome.notes == {NOT_FOUND: 1}


@pytest.mark.parametrize(("file", "kind", "model"), [(defects, "defects", Defect), (incidents, "incidents", Incident)])
def test_the_same_file_twice_touches_nothing(team, file, kind, model):
    load(file(A="B", B="C", C=""), kind)
    before = list(model.objects.order_by("pk").values())
    outcome = load(file(A="B", B="C", C=""), kind)
    assert (outcome.unchanged, outcome.linked, outcome.skipped) == (3, 0, {})
    assert list(model.objects.order_by("pk").values()) == before


def test_what_people_have_linked_stays(team):
    load(defects(A="", B="", C=""))
    a, b, _ = Defect.objects.order_by("external_id")
    a.status, a.resolution, a.closed_at, a.duplicate_of = "duplicate", "duplicate", NOON, b
    a._stored_status = "duplicate"
    a.save()
    load(defects(A="C", C=""))
    assert linked() == {"A": "B"}


def test_duplicates_of_a_record_that_becomes_one_follow_it(team):
    load(defects(A="B", B=""))
    load(defects(B="C", C=""))
    assert linked() == {"A": "C", "B": "C"}


@pytest.fixture
def job(team, settings, tmp_path):
    """job(**originals) -> an import of bugs by an admin, done."""
    settings.MEDIA_ROOT = str(tmp_path)
    admin = make_user(admin=True)

    def job(**originals):
        header = "Bug ID,Summary,Status,Resolution,Opened,dupe_of,Product"
        life = {True: "RESOLVED,DUPLICATE", False: "NEW,"}
        rows = [f"{name},{name},{life[bool(of)]},2026-03-01 10:00,{of},payments" for name, of in originals.items()]
        (tmp_path / "file.csv").write_text("\n".join([header, *rows]))
        file = {
            "file": "file.csv",
            "file_name": "file.csv",
            "mapping_key": "defects/bugzilla",
            "plan": Plan("defects", "bugzilla").as_json(),
        }
        return done(ImportJob.objects.create(**file, requested_by=admin, phase="import"))

    return job


def done(job):
    ImportJob.perform(job.pk)
    job.refresh_from_db()
    assert job.state == Work.State.DONE, job.error
    return job


def test_an_undo_takes_duplicates_and_originals_back_together(job):
    undone = job(A="B", B="", C="")
    assert linked() == {"A": "B"}
    undone.start_undo()
    assert done(undone).result["undone"]["deleted"] == 3
    assert not Defect.objects.alive().exists()


def test_an_undo_takes_the_link_of_an_earlier_record_back(job):
    job(A="B")
    waiting = Defect.objects.get()
    undone = job(A="B", B="")
    assert linked() == {"A": "B"}
    undone.start_undo()
    assert done(undone).result["undone"]["restored"] == 1
    waiting.refresh_from_db()
    assert (waiting.status, waiting.duplicate_of) == ("duplicate", None)
    assert list(Defect.objects.alive()) == [waiting]


def test_an_undo_takes_earlier_duplicates_back_to_their_original(job, monkeypatch):
    """In batches of one, so that a duplicate comes before its original in one order or the other."""
    monkeypatch.setattr(undo, "BATCH", 1)
    job(A="M", M="", Z="M")
    assert linked() == {"A": "M", "Z": "M"}
    before = dict(Defect.objects.values_list("external_id", "status"))
    undone = job(M="N", N="")
    assert linked() == {"A": "N", "M": "N", "Z": "N"}
    undone.start_undo()
    result = done(undone).result["undone"]
    assert (result["deleted"], result["restored"], result["skipped"]) == (1, 3, {})
    assert linked() == {"A": "M", "Z": "M"}
    assert dict(Defect.objects.alive().values_list("external_id", "status")) == before


def test_an_undo_leaves_an_earlier_duplicate_that_somebody_edited_since(job):
    job(A="M", M="")
    undone = job(M="N", N="")
    Defect.objects.filter(external_id="A").update(version=9)
    undone.start_undo()
    assert done(undone).result["undone"]["skipped"] == {"changed since": 2}
    assert linked() == {"A": "N"}


NAMES = "ABCDEFGH"


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["", *NAMES]), min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_any_graph_becomes_flat(team, originals, order):
    """Each duplicate is linked to the end of its chain, if that has one."""
    names = dict(zip(NAMES, originals, strict=True))
    shuffled = random.Random(order.random()).sample(list(names.items()), len(names))
    Defect.objects.update(external_id="", duplicate_of=None)  # those of the example before
    load(defects(**dict(shuffled)))

    def end(name):
        seen = set()
        while names[name] and name not in seen:
            seen.add(name)
            name = names[name]
        return None if names[name] else name

    assert linked() == {name: end(name) for name in NAMES if names[name] and end(name)}


# --- Files that only add links ------------------------------------------------------------------------------------------


def test_a_file_that_only_adds_links_counts_them_as_updates(client, team, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    client.force_login(make_user(admin=True))
    matched = {"column-duplicate_of": ["duplicate_of"]}
    load(defects(A="LATE", B="", C="A"))
    assert linked() == {"C": "A"}
    job = checked(client, defects(A="LATE", LATE="", B="", C="A").getvalue(), matched=matched)
    assert (job.result["created"], job.result["updated"]) == (1, 1), job.result
    load(defects(LATE=""))
    job = checked(client, defects(A="LATE", LATE="", B="", C="A").getvalue(), matched=matched)
    assert (job.result["created"], job.result["updated"], job.result["unchanged"]) == (0, 1, 3)
    assert job.can_start
    start(client, job)
    assert (job.result["updated"], job.result["unchanged"], job.result["linked"]) == (1, 3, 1)
    assert job.result["changed"] == {"duplicate_of": 1}
    assert job.result["earliest"] == "2026-03-01"
    assert linked() == {"A": "LATE", "C": "LATE"}
    again = checked(client, defects(A="LATE", LATE="", B="", C="A").getvalue(), matched=matched)
    assert not again.can_start
    undo_it(client, job)
    assert linked() == {"C": "A"}


def test_a_check_counts_no_links_that_an_import_would_not_make(team):
    file = {"A": "B", "B": "C", "C": "B", "S": "S", "N": "NOWHERE", "X": ""}
    load(defects(**file))
    for check in (True, False):
        outcome = load(defects(**file), check=check)
        assert (outcome.updated, outcome.unchanged, outcome.linked) == (0, 6, 0)
