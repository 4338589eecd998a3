"""Encrypts secrets that the portal must be able to read again, such as a password for another service.

The key is derived from `SECRET_KEY`, so a copy of the database alone gives nothing away. After a change of `SECRET_KEY`,
put the old one into `SECRET_KEY_FALLBACKS`, or enter the secrets again.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class Unsealable(Exception):
    """The secret was encrypted with another key. The message is a sentence for people."""


def seal(secret: str) -> str:
    """The secret, encrypted."""
    return _lock().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """The secret. Raises `Unsealable`."""
    from cryptography.fernet import InvalidToken

    try:
        return _lock().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unsealable("A secret can't be read, because SECRET_KEY has changed. Enter it again.") from None


def _lock() -> MultiFernet:
    # Loaded only by processes that need it.
    from cryptography.fernet import Fernet, MultiFernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    def derived(key: str) -> Fernet:
        raw = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"qmportal.sealing").derive(key.encode())
        return Fernet(base64.urlsafe_b64encode(raw))

    return MultiFernet([derived(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])
