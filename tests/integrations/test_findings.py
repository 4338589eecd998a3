"""What is odd about a whole file is said in sentences."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from integrations.matching import findings
from integrations.matching.findings import Findings
from integrations.matching.row import Row

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def said(kind, rows):
    found = Findings(kind, ZoneInfo("UTC"))
    for values in rows:
        found.add(Row(2, values=values))
    return found.sentences()


def test_incidents_without_a_length():
    rows = [{"detected_at": NOON, "restored_at": NOON, "status": "restored"}] * 9
    more = [{"detected_at": NOON, "restored_at": NOON + timedelta(hours=1), "status": "restored"}] * 3
    assert said("incidents", rows + more) == ["9 of 12 incidents lasted 0 seconds, so the time to restore looks short."]


def test_one_day_with_most_of_the_records():
    usual = [{"found_at": NOON + timedelta(days=day)} for day in range(1, 40)]
    moved = [{"found_at": NOON + timedelta(seconds=7 * number)} for number in range(3220)]
    assert said("defects", usual + moved) == [
        "3,220 of 3,259 records are from 1 Mar 2024 (usually 1 a day). Were they migrated?"
    ]


def test_closed_without_dates():
    assert said("defects", [{"found_at": NOON, "status": "closed"}, {"found_at": NOON, "status": "new"}]) == [
        "1 of 1 closed records have no closing date, so no time to fix."
    ]


def test_many_rows_of_one_minute():
    rows = [
        {"found_at": NOON - timedelta(hours=n), "closed_at": NOON + timedelta(seconds=n), "status": "closed"}
        for n in range(40)
    ]
    assert said("defects", rows) == [
        "40 records were closed in the same minute, 1 Mar 2024, 12:00: perhaps in bulk, by a tool."
    ]


def test_days_alone():
    rows = [{"found_at": NOON.replace(hour=0) + timedelta(days=n)} for n in range(30)]
    assert said("defects", rows) == ["No date has a time of day, so times to fix or restore are only accurate to the day."]


def test_nothing_odd_is_nothing_said(monkeypatch):
    monkeypatch.setattr(findings, "MAX_MINUTES", 50)
    assert said("incidents", [{"detected_at": NOON + timedelta(hours=7 * n)} for n in range(500)]) == []
