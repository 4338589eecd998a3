"""LTI 1.3 messages: what learning platforms and the portal sign for each other. Knows no tables and makes no requests.

See https://www.imsglobal.org/spec/lti/v1p3/ (launch), /spec/lti-dl/v2p0 (deep linking), /spec/lti-ags/v2p0 (grades) and
/spec/security/v1p0. PyJWT is imported by the functions, so only processes that need it load it.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from training.keys import ALGORITHM, Signer

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_CLAIM = "https://purl.imsglobal.org/spec/lti-dl/claim/"
GRADES_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
RESOURCE, DEEP_LINKING = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
# Who may choose content for a course, by the end of the role's URI.
CHOOSERS = ("#Instructor", "#ContentDeveloper", "#Administrator", "#Manager")
# How long the portal's own messages are valid.
GOOD_FOR = timedelta(minutes=5)
# How far the clocks of platform and portal may differ.
LEEWAY = timedelta(seconds=60)


class Refused(Exception):
    """The message can't be trusted or used. The text is a sentence for people."""


class UnknownKey(Refused):
    """The message is signed with a key that the platform did not publish when it was last asked."""


# ---- From the platform ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """A verified launch: who opens what, and where to answer."""

    nonce: str
    deployment_id: str
    is_deep_linking: bool
    sub: str
    name: str
    email: str
    may_choose: bool
    item: str
    line_item: str
    return_url: str
    return_data: str


def login_url(
    address: str, *, client_id: str, redirect_uri: str, state: str, nonce: str, login_hint: str, message_hint: str
) -> str:
    """Where the browser goes for a signed launch, as the answer to a login initiation."""
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "state": state,
        "nonce": nonce,
        "login_hint": login_hint,
    } | ({"lti_message_hint": message_hint} if message_hint else {})
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def read_message(token: str, keyset: Any, *, issuer: str, client_id: str) -> Message:
    """The message of an id_token, if the platform signed it for this portal. Raises `Refused`."""
    claims = _verified(token, keyset, issuer, client_id)
    kind = claims.get(f"{CLAIM}message_type")
    if claims.get(f"{CLAIM}version") != "1.3.0" or kind not in (RESOURCE, DEEP_LINKING):
        raise Refused("The learning platform sent a message that the portal does not know.")
    endpoint, settings = _mapping(claims, GRADES_CLAIM), _mapping(claims, f"{DEEP_CLAIM}deep_linking_settings")
    roles = [role for role in claims.get(f"{CLAIM}roles") or () if isinstance(role, str)]
    if kind == DEEP_LINKING and "ltiResourceLink" not in (settings.get("accept_types") or ()):
        raise Refused("The learning platform asked for content of a kind that the portal does not have.")
    return Message(
        nonce=_text(claims, "nonce", 64),
        deployment_id=_text(claims, f"{CLAIM}deployment_id"),
        is_deep_linking=kind == DEEP_LINKING,
        sub=_text(claims, "sub"),
        name=_text(claims, "name") or f"{_text(claims, 'given_name')} {_text(claims, 'family_name')}".strip(),
        email=_text(claims, "email", 254),
        may_choose=any(role.endswith(CHOOSERS) for role in roles),
        item=_text(_mapping(claims, f"{CLAIM}custom"), "item", 80),
        line_item=_text(endpoint, "lineitem", 1000) if SCORE_SCOPE in (endpoint.get("scope") or ()) else "",
        return_url=_text(settings, "deep_link_return_url", 1000),
        return_data=_text(settings, "data", 10_000),
    )


def _verified(token: str, keyset: Any, issuer: str, client_id: str) -> dict[str, Any]:
    import jwt

    try:
        key = _key_of(jwt.get_unverified_header(token), keyset)
        required = ["exp", "iat", "iss", "aud", "sub", "nonce"]
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=client_id,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": required},
        )
    except jwt.ExpiredSignatureError:
        raise Refused("This launch has expired. Open the activity in your course again.") from None
    except jwt.MissingRequiredClaimError as problem:
        raise Refused(f"The learning platform left something out of its message: {problem.claim}.") from None
    except jwt.InvalidAudienceError:
        raise Refused("This launch is meant for another tool.") from None
    except jwt.InvalidTokenError:
        raise Refused("The signature of this launch is not valid.") from None
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise Refused("This launch is meant for another tool.")
    return claims


def _key_of(header: dict[str, Any], keyset: Any) -> Any:
    """The published key that the message names. Other kinds of keys and signatures are never used."""
    import jwt

    published = keyset.get("keys") if isinstance(keyset, dict) else None
    for each in published if isinstance(published, list) else ():
        if isinstance(each, dict) and each.get("kty") == "RSA" and header.get("kid") and each.get("kid") == header["kid"]:
            return jwt.PyJWK(each, algorithm=ALGORITHM).key
    raise UnknownKey("The signature of this launch is not valid: the learning platform does not publish its key.")


def _mapping(claims: dict[str, Any], name: str) -> dict[str, Any]:
    found = claims.get(name)
    return found if isinstance(found, dict) else {}


def _text(claims: dict[str, Any], name: str, most: int = 255) -> str:
    found = claims.get(name)
    if not isinstance(found, str):
        return ""
    if len(found) > most or "\x00" in found:
        raise Refused(f"The learning platform sent a value that is too long or not text: {name}.")
    return found


# ---- To the platform -----------------------------------------------------------------------------------------------------


def _signed(signer: Signer, claims: dict[str, Any], now: datetime) -> str:
    times = {"iat": int(now.timestamp()), "exp": int((now + GOOD_FOR).timestamp())}
    return signer.sign(claims | times)


def deep_linking_answer(
    signer: Signer, *, client_id: str, issuer: str, deployment_id: str, data: str, content: dict[str, Any], now: datetime
) -> str:
    """The chosen content, signed, for the form that returns to the platform."""
    claims = {
        "iss": client_id,
        "aud": issuer,
        "nonce": secrets.token_urlsafe(24),
        f"{CLAIM}deployment_id": deployment_id,
        f"{CLAIM}message_type": "LtiDeepLinkingResponse",
        f"{CLAIM}version": "1.3.0",
        f"{DEEP_CLAIM}content_items": [content],
    }
    return _signed(signer, claims | ({f"{DEEP_CLAIM}data": data} if data else {}), now)


def content_item(*, title: str, url: str, item: str) -> dict[str, Any]:
    """A link to one item, with a column in the gradebook. It asks to be opened in a new window."""
    return {
        "type": "ltiResourceLink",
        "title": title,
        "url": url,
        "custom": {"item": item},
        "window": {"targetName": "_blank"},
        "lineItem": {"scoreMaximum": 100, "label": title, "resourceId": item},
    }


def token_request(signer: Signer, *, client_id: str, audience: str, now: datetime) -> bytes:
    """The form that asks for an access token to write scores."""
    claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": secrets.token_urlsafe(24)}
    asked = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _signed(signer, claims, now),
        "scope": SCORE_SCOPE,
    }
    return urlencode(asked).encode()


def scores_url(line_item: str) -> str:
    """Where the scores of a line item are posted. Its own query, as Moodle has one, stays at the end."""
    parts = urlsplit(line_item)
    return parts._replace(path=f"{parts.path.rstrip('/')}/scores").geturl()


def score(*, sub: str, given: float, is_complete: bool, at: datetime) -> bytes:
    """A score of 100 for one person."""
    return json.dumps(
        {
            "userId": sub,
            "scoreGiven": given,
            "scoreMaximum": 100,
            "activityProgress": "Completed" if is_complete else "InProgress",
            "gradingProgress": "FullyGraded" if is_complete else "Pending",
            "timestamp": at.isoformat(timespec="milliseconds"),
        }
    ).encode()


def origin(url: str) -> str:
    """Scheme and host, as the content security policy names them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
