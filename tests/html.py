"""Reading a page as a browser does, to which line breaks between tags mean nothing."""

import re


def squeezed(page: str) -> str:
    """Single spaces, and none beside a tag."""
    return re.sub(r"\s*(<[^>]*>)\s*", r"\1", re.sub(r"\s+", " ", page))
