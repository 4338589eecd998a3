"""The open incidents of the demo, with a timeline of the last hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from incidents.models import Incident, TimelinePin
from records.timeline import write_entry

# Minutes before now, kind and text, as a team might write them at night.
STORY = (
    (95, "note", "Latency rises on one node only. Dashboards: <https://status.example/search>"),
    (70, "note", "The **connection pool** is full. Queries wait in `idle in transaction`."),
    (55, "update", "We know the cause and are working on it. Some requests take longer than usual."),
    (
        30,
        "note",
        "Rolled back the release of this morning.\n\n1. Drain the node\n2. Restart the pool\n3. Watch the error rate",
    ),
    (10, "update", "The rollback is done on two of three nodes. Most requests are fast again."),
)
NEXT_UPDATE = timedelta(minutes=30)


def make_live(now: datetime) -> None:
    """Adds the notes to the newest open incident of a team with people, and pins the one that names the cause."""
    incident = Incident.objects.open().exclude(lead=None).select_related("lead").order_by("-detected_at").first()
    if incident is None:
        return
    for minutes, kind, text in STORY:
        at = now - timedelta(minutes=minutes)
        if at < incident.detected_at:
            continue
        due = now + NEXT_UPDATE if (kind, minutes) == ("update", 10) else None
        entry = write_entry(incident, kind, text, by=incident.lead, at=at, next_update_at=due)
        if "connection pool" in text:
            TimelinePin.objects.create(entry=entry, by=incident.lead, at=now)
