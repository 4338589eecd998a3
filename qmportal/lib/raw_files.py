"""Files over the API whose body is the file itself, without a form around it."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from rest_framework import exceptions
from rest_framework.parsers import BaseParser

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
HOW = "Send the file as the field `file` of multipart/form-data, or as the body with a type such as text/csv."
PIECE = 1 << 16


class RawFile(BaseParser):
    """The body is the file itself. It is written to disk piece by piece."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        essence = (media_type or "").partition(";")[0].strip().lower()
        if essence in FORMS or not essence:
            raise exceptions.UnsupportedMediaType(essence, HOW)
        file = TemporaryUploadedFile("file", essence, 0, None)
        size = 0
        while piece := stream.read(PIECE):
            file.write(piece)
            size += len(piece)
        file.seek(0)
        file.size = size
        return {"file": file}
