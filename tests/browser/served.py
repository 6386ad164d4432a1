"""A stage that real browsers can reach: its application on a free port, in threads of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support.stage import Stage


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def reachable(stage: Stage) -> Iterator[str]:
    """The address while it is served; requests see the stage's clock."""
    server = make_server("127.0.0.1", 0, stage.app, threaded=True, request_handler=_Quiet)
    running = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    running.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        running.join()
        server.server_close()
