"""A site of a few pages under the service's own content policy: the built scripts without the service behind them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from service.web.security import CONTENT_POLICY

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "service" / "web" / "static"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; object-src 'none'"
)
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".bpmn": "application/xml"}


@dataclass
class Site:
    """What the server answers; `posts` holds the bodies it was sent."""

    address: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)

    def page(self, path: str, body: str, *, lang: str = "zh-CN") -> str:
        """Add a page with the styles and scripts every page has; its address."""
        manifest = json.loads((STATIC / "dist" / ".vite" / "manifest.json").read_text(encoding="utf-8"))
        entries: list[Mapping[str, object]] = [manifest["src/page.ts"], manifest["src/diagram.ts"]]
        links = "".join(
            f'<link rel="stylesheet" href="/dist/{name}">' for entry in entries for name in entry.get("css", [])
        )  # type: ignore[attr-defined]
        scripts = "".join(f'<script type="module" src="/dist/{entry["file"]}"></script>' for entry in entries)
        self.pages[path] = (
            "text/html; charset=utf-8",
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>试验</title>'
            f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/desk.css">{links}{scripts}</head>'
            f'<body class="desk"><main>{body}</main></body></html>',
        )
        return self.address + path

    def file(self, path: str, kind: str, text: str) -> None:
        """Add a file."""
        self.pages[path] = (kind, text)


class _Answer(BaseHTTPRequestHandler):
    """Answers for one site; `serve` gives each site a class of its own."""

    site: ClassVar[Site]

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        file = STATIC / path.lstrip("/")
        if path in self.site.pages:
            kind, text = self.site.pages[path]
            self._send(200, kind, text.encode())
        elif file.is_file():
            self._send(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())
        else:
            self._send(204 if path == "/favicon.ico" else 404, "text/plain", b"")

    def do_POST(self) -> None:
        self.site.posts.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._send(self.site.answers.get(self.path.split("?")[0], 204), "text/plain", b"")

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CONTENT_POLICY)
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """With room for all that a page asks at once: the five places that are usual are too few on a busy machine."""

    request_queue_size = 128


@contextmanager
def serve() -> Iterator[Site]:
    """Run the site on a free port."""
    site = Site()
    server = _Server(("127.0.0.1", 0), type("Answer", (_Answer,), {"site": site}))
    site.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
