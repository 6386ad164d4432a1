"""Files as downloads: as an attachment, or shown beside a form in a frame; never sniffed, never run in our origin."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import Response

# What a browser shows itself without running anything of ours; all else is downloaded.
VIEWED: Final = frozenset({"application/pdf", "image/png", "image/jpeg"})
# A frame of our own pages, in which nothing is loaded and nothing runs; the browser's reader of PDF is a plug-in.
_FRAMED: Final = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def viewed(response: Response, media_type: str) -> Response:
    """Make the response something to look at in a frame of our pages, and nowhere else."""
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Type"] = media_type
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Content-Security-Policy"] = _FRAMED
    return response


def attachment(response: Response, name: str, media_type: str) -> Response:
    """Make the response a download under this name; should a browser open it all the same, it stays inert."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._- ") else "_" for char in name)[:80]
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Type"] = media_type
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
