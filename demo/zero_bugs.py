"""Zero bug policies of the demo, and one bug bankruptcy that closed old defects a few days ago."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from defects.models import Bankruptcy, ZeroBugPolicy
from qmportal.lib.days import local_day
from teams.models import Team, User

# By team: how many days ago a policy began, and how many days it gives for a defect.
POLICIES = {"Payments": ((150, 30), (60, 14)), "Checkout": ((45, 30),)}
BANKRUPT, OLDER_THAN = "Search", 30
NOTE = "These are older than a month. If one still hurts, reopen it with one click."


def make_zero_bugs(teams: Mapping[str, Team], now: datetime) -> None:
    """For the teams of the demo's manager. Does nothing in a demo without them."""
    manager = User.objects.filter(email="manager@demo.example").first()
    for name, policies in POLICIES.items():
        for ago, days in policies if name in teams else ():
            since = now - timedelta(days=ago)
            ZeroBugPolicy.objects.create(
                team=teams[name], days=days, effective_from=local_day(since), author=manager, set_at=since
            )
    if manager and BANKRUPT in teams:
        bankruptcy = Bankruptcy.objects.preview(teams[BANKRUPT], by=manager, at=now, days=OLDER_THAN, rank=2)
        bankruptcy.start(Bankruptcy.Phase.CLOSE, by=manager, note=NOTE, closed_at=now)
