"""Issuing certificates, and their form as an Open Badge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from qmportal.lib.days import local_day, midnight
from scenarios.models import Attempt
from training.models import Certificate

VALID_FOR = timedelta(days=365)
# After the first reminder, passing again earns a new certificate.
RENEWABLE = timedelta(days=30)


def issue_for(attempt: Attempt, now: datetime) -> Certificate | None:
    """The certificate for a graded attempt that passed, unless the person holds one that is valid for longer."""
    today = local_day(now)
    if attempt.mode != Attempt.Mode.GRADED or not attempt.passed or attempt.score is None:
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


def open_badge(certificate: Certificate, site: str) -> dict[str, Any]:
    """The certificate as an `OpenBadgeCredential` of Open Badges 3.0.

    It is hosted, not signed: people trust it because of its address. `site`: the portal's address.
    """
    version = certificate.attempt.version
    page = site + certificate.get_absolute_url()
    return {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": f"{page}badge.json",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": version.title,
        "issuer": {"id": f"{site}/", "type": ["Profile"], "name": "qmportal", "url": f"{site}/"},
        "validFrom": certificate.issued_at.isoformat(timespec="seconds"),
        "validUntil": midnight(certificate.valid_until + timedelta(days=1)).isoformat(timespec="seconds"),
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityType": "name",
                    "identityHash": certificate.holder,
                    "hashed": False,
                }
            ],
            "achievement": {
                "id": f"{site}{version.scenario.get_absolute_url()}#{version.semver}",
                "type": ["Achievement"],
                "achievementType": "Assessment",
                "name": version.title,
                "description": version.summary or version.title,
                "version": version.semver,
                "criteria": {"narrative": "Pass the decision scenario. The score combines the decisions and their outcome."},
            },
            "result": [{"type": ["Result"], "value": str(certificate.score)}],
        },
        "evidence": [{"id": page, "type": ["Evidence"], "name": "Verification page"}],
    }
