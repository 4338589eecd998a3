"""Undo in the message after an action: a button of the form beside the messages, so that it needs no script."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest
from django.utils.html import format_html

GOOD_FOR = 60 * 60  # seconds


def say_with_undo(request: HttpRequest, sentence: str, url: str, **facts: Any) -> None:
    """Adds a message with a button that posts these facts to the URL; `read_undo` reads them there."""
    token = signing.dumps(facts, salt=f"{url} {request.user.pk}", compress=True)
    button = '{} <button type="submit" form="undo" formaction="{}" name="undo" value="{}">Undo</button>'
    messages.success(request, format_html(button, sentence, url, token))


def read_undo(request: HttpRequest) -> dict[str, Any] | None:
    """The facts; None if they are too old or not from a message to this person."""
    try:
        return signing.loads(request.POST.get("undo", ""), salt=f"{request.path} {request.user.pk}", max_age=GOOD_FOR)
    except signing.BadSignature:
        return None
