"""Real exports, when they are at hand: the records agree with a plain count of the file."""

import csv
import io
import os
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Count

from defects.models import Defect
from incidents.models import Incident
from teams.models import Team
from tests.factories import make_team

SAMPLES = Path(os.environ.get("QMPORTAL_SAMPLES") or Path(__file__).parents[2].parent / "shared" / "samples")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="no sample files here (QMPORTAL_SAMPLES names their folder)"),
]


def rows_of(name):
    with (SAMPLES / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def load(kind, name, mapping, *options):
    out = io.StringIO()
    call_command("import_csv", kind, str(SAMPLES / name), "--mapping", mapping, *options, stdout=out)
    return out.getvalue()


def counted(rows, field):
    return dict(rows.values_list(field).annotate(Count("pk")).order_by())


def test_titanium():
    name = "defects_titanium_small.csv"
    rows = rows_of(name)
    printed = load("defects", name, "titanium", "--create-teams")
    assert f"created {len(rows)}, updated 0, unchanged 0, skipped 0, errors 0" in printed
    stages = {"escaped": "production", "caught": "ci", "": None}
    assert counted(Defect.objects.all(), "stage_found__slug") == Counter(stages[row["found_in"]] for row in rows)
    assert counted(Defect.objects.all(), "team__name") == Counter(row["team"] for row in rows)
    assert set(Team.objects.values_list("name", flat=True)) == {row["team"] for row in rows}

    not_faults = {"Duplicate", "Invalid", "Cannot Reproduce", "Needs more info"}
    assert Defect.objects.valid().count() == sum(row["resolution"] not in not_faults for row in rows)
    for team in {row["team"] for row in rows}:
        valid = [row for row in rows if row["team"] == team and row["resolution"] not in not_faults and row["found_in"]]
        mine = Defect.objects.filter(team__name=team).valid().exclude(stage_found=None)
        escaped = sum(row["found_in"] == "escaped" for row in valid)
        assert (mine.escaped().count(), mine.count()) == (escaped, len(valid))

    found = {row["external_id"]: datetime.fromisoformat(row["opened_at"]) for row in rows}
    assert dict(Defect.objects.values_list("external_id", "found_at")) == found
    assert f"unchanged {len(rows)}" in load("defects", name, "titanium")


def test_bugzilla():
    make_team(slug="seamonkey")
    rows = rows_of("bugzilla_seamonkey_export.csv")
    printed = load("defects", "bugzilla_seamonkey_export.csv", "bugzilla", "--team", "seamonkey")
    assert f"created {len(rows)}, updated 0, unchanged 0, skipped 0, errors 0" in printed
    assert f"stage unknown {len(rows)}" in printed
    assert Defect.objects.open().count() == sum(not row["Resolution"] for row in rows)
    assert Defect.objects.filter(fixed_at=None).count() == sum(row["Resolution"] != "FIXED" for row in rows)
    assert Defect.objects.filter(closed_at=None).count() == sum(not row["Resolution"] for row in rows)
    assert Defect.objects.filter(status="duplicate").count() == sum(row["Resolution"] == "DUPLICATE" for row in rows)
    fixed = {row["Issue id"]: datetime.fromisoformat(row["Resolved"]) for row in rows if row["Resolution"] == "FIXED"}
    assert dict(Defect.objects.exclude(fixed_at=None).values_list("external_id", "fixed_at")) == fixed
    assert all(
        (defect.actual or defect.title) == " ".join(row["Summary"].split())
        for row in rows
        for defect in [Defect.objects.get(external_id=row["Issue id"])]
        if len(row["Summary"]) > 180
    )


def test_statuspage():
    make_team(slug="github")
    rows = rows_of("github_incidents_to_2020.csv")
    printed = load("incidents", "github_incidents_to_2020.csv", "statuspage", "--team", "github")
    assert f"created {len(rows)}, updated 0, unchanged 0, skipped 0, errors 0" in printed
    keys = {"critical": "SEV1", "major": "SEV2", "minor": "SEV3", "none": "SEV4"}
    assert counted(Incident.objects.all(), "severity__key") == Counter(keys[row["impact"]] for row in rows)
    seconds = dict(Incident.objects.values_list("external_id", "time_to_restore"))
    for row in rows:
        ended, started = datetime.fromisoformat(row["resolved_at"]), datetime.fromisoformat(row["started_at"])
        # Two entries "start" after their end: the page's clock of a late entry. Their impact is taken to have no length.
        expected = max((ended - started).total_seconds(), 0)
        assert seconds[row["id"]].total_seconds() == expected
