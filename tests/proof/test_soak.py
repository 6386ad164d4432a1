"""Eight roles at work at once on two web nodes and one PostgreSQL: no request fails, however long it goes on.

Each person follows links and presses buttons as people do, in turn at one node and the other: reads any page, starts
declarations, claims tasks and gives them back, keeps drafts. `SOAK_SECONDS` says how long (600 for the published
figure).
"""

from __future__ import annotations

import http.cookiejar
import os
import random
import re
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from lxml import html

from service.simulator.cast import PASSWORD
from tests.support import nodes
from tests.support.page_form import PageForm, token_on
from tests.support.tour import demonstration

pytestmark = pytest.mark.proof

SECONDS = int(os.environ.get("SOAK_SECONDS", "30"))
# One of each kind of people, the public among them.
ROLES = ("", "lead02", "expert01", "local-clerk", "office", "jl-office", "admin", "auditor")
STARTS_IN = 180  # seconds, on a machine that has other work too
SEED = 20261121
# Buttons that can be pressed over and over; each race they may lose is an answer, not a failure.
BUTTONS = re.compile(r"^/(tasks/\d+/(claim|release)|messages/read|cases/start/[^/]+/[^/]+)$")
# What a person may be answered who was late, or who looks where another has just been.
ALLOWED = {200, 303, 401, 403, 404, 409, 422}
LEAVE = re.compile(r"sign-out|/static/|\.(xlsx|csv|zip|pdf|bpmn)$")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        """Give the answer itself: a redirect may lead to the other node."""


@dataclass
class Somebody:
    """One person's browser; `answers` counts what came back, `slow` holds the seconds, `failed` what must not be."""

    login: str
    addresses: list[str]
    chance: random.Random
    answers: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    posts: int = 0

    def __post_init__(self) -> None:
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._browser = urllib.request.build_opener(jar, _Stay())

    def work(self, until: float) -> None:
        """Sign in, then follow links and press buttons until the time is over."""
        first = "/home" if self.login else "/"
        if self.login:
            token = token_on(self.ask("/sign-in"))
            self.ask("/sign-in", {"csrf_token": token, "login": self.login, "password": PASSWORD})
        path = first
        while time.monotonic() < until:
            page = self.ask(path)
            if self.chance.random() < 0.3:
                self._press(page)
            links = [one for one in re.findall(r'href="(/[^"#]*)', page) if not LEAVE.search(one)]
            path = unescape(self.chance.choice(links)) if links and self.chance.random() < 0.9 else first

    def ask(self, path: str, data: dict[str, str] | None = None) -> str:
        """Get or post at one of the nodes; the page that comes back."""
        address = self.chance.choice(self.addresses) + urllib.parse.quote(path, safe="/?&=%")
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        self.posts += body is not None
        begun = time.monotonic()
        try:
            with self._browser.open(address, body, timeout=60) as answer:
                status, text = answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode("utf-8", "replace")
        except OSError as error:
            status, text = 0, str(error)
        self.seconds.append(time.monotonic() - begun)
        self.answers[status] += 1
        if status not in ALLOWED:
            self.failed.append(f"{self.login or 'visitor'} {path}: {status} {text[:200]}")
        return text

    def _press(self, page: str) -> None:
        """One of the buttons of the page, or keep the task's form as a draft."""
        if 'id="task-form"' in page and self.login:
            form = PageForm(page)
            self.ask(str(form.element.get("action")), {**dict(form.pairs()), "_draft": "1"})
            return
        tree = html.fromstring(page) if page.strip() else None
        forms = [one for one in (tree.forms if tree is not None else []) if BUTTONS.match(one.get("action") or "")]
        if forms:
            one = self.chance.choice(forms)
            self.ask(one.get("action"), {name: value or "" for name, value in one.form_values()})


@contextmanager
def two_nodes(url: str, folder: Path) -> Iterator[list[str]]:
    """Two web nodes and a clock, each a process; their addresses once they answer."""
    ports = _free_ports(2)
    common: dict[str, object] = {"database_url": url, "secret_key": "a secret that only the tests know, long enough",
                                 "limit_searches": 1_000_000, "limit_verifications": 1_000_000}  # fmt: skip
    with ExitStack() as running:
        for number, port in enumerate(ports):
            of_node = folder / f"node-{number}"
            of_node.mkdir()
            (node,) = running.enter_context(
                nodes.running("web", 1, of_node, port=port, data_dir=folder / "files", **common)
            )
            running.callback(_end, node)  # asked to end first: a server that is killed leaves its workers behind
        running.enter_context(nodes.running("clock", 1, folder, **common))
        addresses = [f"http://127.0.0.1:{port}" for port in ports]
        for address in addresses:
            _wait_for(f"{address}/health/ready")
        yield addresses


def _end(node: subprocess.Popen[bytes]) -> None:
    node.terminate()
    node.wait(timeout=60)


def _free_ports(count: int) -> list[int]:
    """So many ports that nobody listens on; all are held until all are known."""
    with ExitStack() as held:
        sockets = [held.enter_context(closing(socket.socket())) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _wait_for(address: str) -> None:
    ends = time.monotonic() + STARTS_IN
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 # our own node
                return
        except OSError:
            assert time.monotonic() < ends, f"{address} does not answer"
            threading.Event().wait(0.1)


def test_eight_roles_on_two_nodes(
    postgres_url: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with demonstration(postgres_url, tmp_path, now=datetime.now(UTC)):
        pass  # filled; what serves it are the nodes
    with two_nodes(postgres_url, tmp_path) as addresses:
        people = [Somebody(login, addresses, _chance(number)) for number, login in enumerate(ROLES)]
        until = time.monotonic() + SECONDS
        with ThreadPoolExecutor(len(people)) as pool:
            for turn in [pool.submit(one.work, until) for one in people]:
                turn.result()
    record_property("figures", _figures(people))
    logged = "".join(nodes.logs("web", tmp_path / f"node-{number}") for number in (0, 1)) + nodes.logs(
        "clock", tmp_path
    )
    assert [failure for one in people for failure in one.failed] == []
    assert "Traceback" not in logged
    assert all(one.answers[200] > SECONDS / 10 for one in people), [(one.login, one.answers) for one in people]


def _chance(number: int) -> random.Random:
    """The same walk in each run, as far as the answers are the same."""
    return random.Random(SEED + number)  # noqa: S311 # nothing is kept secret by it


def _figures(people: list[Somebody]) -> str:
    waits = sorted(seconds for one in people for seconds in one.seconds)
    answers = sum((one.answers for one in people), Counter())
    told = ", ".join(f"{count} × {status}" for status, count in sorted(answers.items()))
    return (
        f"{len(waits)} requests in {SECONDS} s by {len(people)} people, {sum(one.posts for one in people)} posts,"
        f" {sum(len(one.failed) for one in people)} failed; p50 {1000 * waits[len(waits) // 2]:.0f} ms,"
        f" p95 {1000 * waits[int(len(waits) * 0.95)]:.0f} ms; {told}"
    )
