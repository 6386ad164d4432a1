"""A small daemon that speaks clamd's protocol at the edge of the tests: it knows one signature, EICAR."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 1_000_000


class Daemon(socketserver.StreamRequestHandler):
    """INSTREAM as clamd does it."""

    def handle(self) -> None:
        command = bytearray()
        while not command.endswith(b"\0"):
            command += self.rfile.read(1)
        if bytes(command) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = bytearray()
        while size := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(size)
            if len(content) > LIMIT:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.wfile.write(self.server.answer(bytes(content)))  # type: ignore[attr-defined]


def judge(content: bytes) -> bytes:
    return b"stream: Eicar-Test-Signature.UNOFFICIAL FOUND\0" if EICAR in content else b"stream: OK\0"


@contextmanager
def daemon(server: type[socketserver.BaseServer], address: Any, answer: Any = judge) -> Iterator[Any]:
    with server(address, Daemon) as running:
        running.answer = answer  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield running.server_address  # type: ignore[attr-defined]
        running.shutdown()
