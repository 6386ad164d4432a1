"""The ClamAV client against a small daemon that speaks the protocol: answers, limits, and no answer at all."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from service.delivery.scanning import ClamAv, NoScanner, scanner

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


@pytest.fixture
def tcp() -> Iterator[str]:
    with daemon(socketserver.ThreadingTCPServer, ("127.0.0.1", 0)) as (host, port):
        yield f"{host}:{port}"


def test_a_clean_file_is_clean(tcp: str) -> None:
    assert ClamAv(tcp).scan(b"%PDF-1.7") == "clean"


def test_an_empty_file_is_clean(tcp: str) -> None:
    assert ClamAv(tcp).scan(b"") == "clean"


def test_a_virus_is_found_across_chunks(tcp: str) -> None:
    assert ClamAv(tcp).scan(b" " * (64 * 1024 - 10) + EICAR) == "infected"


def test_a_file_over_the_daemons_limit_is_not_called_clean(tcp: str) -> None:
    assert ClamAv(tcp, timeout_seconds=5).scan(b"x" * (LIMIT * 20)) == "unavailable"


def test_a_unix_socket_works_the_same(tmp_path: Path) -> None:
    path = str(tmp_path / "clamd.ctl")
    with daemon(socketserver.ThreadingUnixStreamServer, path):
        assert ClamAv(path).scan(EICAR) == "infected"


ANSWERS = [b"", b"\0", b"stream: OK", b"stream: maybe\0", b"ERROR\0", b"stream: x FOUND y\0"]


@pytest.mark.parametrize("answer", ANSWERS, ids=range(len(ANSWERS)))
def test_an_answer_that_says_nothing_clear_is_no_verdict(answer: bytes) -> None:
    with daemon(socketserver.ThreadingTCPServer, ("127.0.0.1", 0), lambda _: answer) as (host, port):
        verdict = ClamAv(f"{host}:{port}", timeout_seconds=5).scan(b"x")
    # an answer cut off before its NUL still says what it says
    assert verdict == ("clean" if answer == b"stream: OK" else "unavailable")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nowhere/clamd.ctl", "nonsense", "127.0.0.1:x"])
def test_no_daemon_is_no_verdict(address: str) -> None:
    assert ClamAv(address, timeout_seconds=1).scan(b"x") == "unavailable"


def test_without_an_address_files_are_marked_not_scanned() -> None:
    assert isinstance(scanner(""), NoScanner)
    assert scanner("").scan(EICAR) == "not-scanned"
