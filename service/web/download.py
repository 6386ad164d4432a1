"""Files as downloads: always as an attachment, never sniffed, never run in our origin."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response


def attachment(response: Response, name: str, media_type: str) -> Response:
    """Make the response a download under this name; should a browser open it all the same, it stays inert."""
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._- ") else "_" for char in name)[:80]
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    response.headers["Content-Type"] = media_type
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
