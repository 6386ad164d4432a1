"""Scripts and styles that Vite built, by the name of their entry; without a build the pages work without."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import url_for

STATIC = Path(__file__).parent / "static"
_MANIFEST = STATIC / "dist" / ".vite" / "manifest.json"


@lru_cache(maxsize=4)
def _manifest(changed_at: float) -> dict[str, Any]:
    """The manifest as of one state of the file; its time of change is the key, so that a rebuild is seen."""
    del changed_at
    content: dict[str, Any] = json.loads(_MANIFEST.read_text(encoding="utf-8"))
    return content


def entry(name: str) -> dict[str, Any] | None:
    """The built chunk of `name` (page, diagram, …), or None when nothing is built."""
    try:
        changed_at = _MANIFEST.stat().st_mtime
    except OSError:
        return None
    for source, chunk in _manifest(changed_at).items():
        if chunk.get("isEntry") and (chunk.get("name") == name or Path(source).stem == name):
            found: dict[str, Any] = chunk
            return found
    return None


def script(name: str) -> str:
    """The address of an entry's module, or an empty text."""
    chunk = entry(name)
    return url_for("static", filename=f"dist/{chunk['file']}") if chunk else ""


def styles(name: str) -> list[str]:
    """The addresses of the style sheets an entry brings along."""
    chunk = entry(name)
    return [url_for("static", filename=f"dist/{path}") for path in chunk.get("css", [])] if chunk else []
