"""A team's incidents by the services that they name: how many, how long, how many are open now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Count, F, Q

from benchmarks.counting import Unnest
from incidents.models import Incident
from pipeline.models import Service
from qmportal.lib.days import Window

MOST_SHOWN = 12
# An average of fewer durations is shown, but greyed out.
FEW = 5


@dataclass(frozen=True, slots=True)
class ServiceLine:
    slug: str
    name: str
    incidents: int
    restored: int
    mean: timedelta | None
    still_open: int

    @property
    def is_few(self) -> bool:
        return self.restored < FEW


def by_service(family: Collection[int], span: Window) -> list[ServiceLine]:
    """The services of counted incidents that were detected or restored in the window or are open now, most incidents first.

    `family`: ids of the team and its sub-teams. An incident that names two services counts for both.
    """
    detected = Q(detected_at__gte=span.start, detected_at__lt=span.end)
    restored = Q(restored_at__gte=span.start, restored_at__lt=span.end)
    still_open = Q(restored_at=None)
    rows = (
        Incident.objects.counted()
        .filter(detected | restored | still_open, team__in=family)
        .annotate(service=Unnest(F("services")))
        .values("service")
        .annotate(
            incidents=Count("pk", filter=detected),
            restored=Count("time_to_restore", filter=restored),
            mean=Avg("time_to_restore", filter=restored),
            still_open=Count("pk", filter=still_open),
        )
        .order_by("-incidents", "-still_open", "service")[:MOST_SHOWN]
    )
    found = list(rows)
    names = Service.objects.in_bulk([row["service"] for row in found])
    return [
        ServiceLine(service.slug, service.name, row["incidents"], row["restored"], row["mean"], row["still_open"])
        for row in found
        if (service := names.get(row["service"]))
    ]
