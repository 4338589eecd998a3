"""The Undo button in the message after an action. It belongs to a form next to the messages, so it needs no script."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest

from qmportal.lib.html import format_html

GOOD_FOR = 60 * 60  # seconds


def say_with_undo(request: HttpRequest, sentence: str, url: str, **facts: Any) -> None:
    """Adds a message with a button that posts the signed facts to the URL, where `read_undo` reads them."""
    token = signing.dumps(facts, salt=f"{url} {request.user.pk}", compress=True)
    button = '{} <button type="submit" form="undo" formaction="{}" name="undo" value="{}">Undo</button>'
    messages.success(request, format_html(button, sentence, url, token))


def read_undo(request: HttpRequest) -> dict[str, Any] | None:
    """The facts, or None if they are too old or not from a message to this person."""
    try:
        return signing.loads(request.POST.get("undo", ""), salt=f"{request.path} {request.user.pk}", max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
