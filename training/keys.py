"""Signatures of the portal, for learning platforms and badges. PyJWT is loaded only by processes that sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

ALGORITHM = "RS256"


@dataclass(frozen=True)
class Signer:
    """Signs with one of the portal's keys."""

    kid: str
    private_key: str

    def sign(self, claims: dict[str, Any], *, kid: str = "") -> str:
        """The claims as a signed JWT. `kid`: what its header calls the key, if not by its id."""
        import jwt

        return jwt.encode(claims, self.private_key, algorithm=ALGORITHM, headers={"kid": kid or self.kid})


def new_key() -> tuple[str, dict[str, Any]]:
    """A private key as PEM, and the public one as a JWK without an id."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from jwt.algorithms import RSAAlgorithm

    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.to_jwk(made.public_key(), as_dict=True)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, {key: public[key] for key in ("kty", "n", "e")} | {"alg": ALGORITHM, "use": "sig"}
