"""Issuing certificates, and their form as an Open Badge."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from qmportal.lib.days import local_day, midnight
from scenarios.models import Attempt
from training.keys import Signer
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

    As it is, people trust it because of its address; `signed_badge` signs it. `site`: the portal's address.
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
            "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{site}/people/{certificate.user_id}')}",
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


def signed_badge(certificate: Certificate, site: str, signer: Signer, key_url: str) -> str:
    """The badge as a signed JWT (Open Badges 3.0). `key_url`: where anybody can read the public key."""
    badge = open_badge(certificate, site)
    claims = {
        "iss": badge["issuer"]["id"],
        "jti": badge["id"],
        "sub": badge["credentialSubject"]["id"],
        "nbf": int(certificate.issued_at.timestamp()),
        "exp": int(midnight(certificate.valid_until + timedelta(days=1)).timestamp()),
    }
    return signer.sign(badge | claims, kid=key_url)
