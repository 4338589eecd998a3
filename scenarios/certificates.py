"""When a certificate is earned."""

from __future__ import annotations

from datetime import datetime, timedelta

from qmportal.lib.days import local_day
from scenarios.models import Attempt, Certificate

VALID_FOR = timedelta(days=365)
# From the first reminder on, passing again earns a new certificate.
RENEWABLE = timedelta(days=30)


def issue_for(attempt: Attempt, now: datetime) -> Certificate | None:
    """The certificate for a graded attempt that passed, unless the person holds one that is valid for longer."""
    today = local_day(now)
    if attempt.mode != Attempt.Mode.GRADED or not attempt.passed:
        return None
    held = Certificate.objects.filter(
        user=attempt.user,
        attempt__version__scenario=attempt.version.scenario_id,
        revoked_at=None,
        valid_until__gt=today + RENEWABLE,
    )
    if held.exists():
        return None
    return Certificate.objects.create(
        user=attempt.user,
        attempt=attempt,
        holder=attempt.user.name or attempt.user.email[:120],
        score=attempt.score,
        issued_at=now,
        valid_until=today + VALID_FOR,
    )
