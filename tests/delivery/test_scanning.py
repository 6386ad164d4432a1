"""The ClamAV client against a small daemon that speaks the protocol: answers, limits, and no answer at all."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.delivery.scanning import ClamAv, NoScanner, scanner
from tests.support.clamd import EICAR, LIMIT, daemon


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
