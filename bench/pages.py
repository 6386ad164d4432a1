"""Every kind of page in each frame, of 10,000 cases on PostgreSQL: the server's time, and the size of the page.

The pages are found from the routes, as tests/support/tour.py walks them; the same request is repeated until it is warm.
The time is the processor's, of the service and of its database together: what a machine with nothing else to do takes.
A fixed loop is timed beside each page, for whoever else is on the host slows both alike: the figure is scaled to the
pace of the best tenth of the run, and what was measured stands beside it. Leaves out the network and the browser.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from sqlalchemy import select

from bench.many_cases import multiply
from bench.row import Row
from service.store.session import db
from service.store.users import Grant, User
from service.web.assets import STATIC
from tests.support import databases, postgres
from tests.support.tour import REFUSED, VISITOR, Site, Stop, demonstration, take

CASES = int(os.environ.get("BENCH_CASES", "10000"))
DURABLE = ""
WARM, ROUNDS = 2, 5
MOST_MS, MOST_HTML, MOST_SCRIPT = 60, 60_000, 40_000
GOAL = f"≤ {MOST_MS} ms, HTML ≤ {MOST_HTML // 1000} kB"
TURNS = 60_000  # of the loop that tells the pace
# What draws a diagram is bpmn-js, the modeler's own viewer.
VIEWER = "diagram"


@dataclass(frozen=True)
class Measured:
    """One page: milliseconds and statements of one warm request, bytes as they are and compressed.

    `ms` are scaled, `raw_ms` as they were measured; `pace` is what the fixed loop took meanwhile, in seconds.
    """

    stop: Stop
    ms: float
    raw_ms: float
    pace: float
    wall_ms: float
    statements: int
    html: int
    packed: int
    script: int

    @property
    def met(self) -> bool:
        """Whether the page keeps every limit."""
        return self.ms <= MOST_MS and self.html <= MOST_HTML and self.script <= MOST_SCRIPT


def measure() -> Iterator[Row]:
    """The whole in one line, then the worst page of each route in each frame, the slowest first."""
    with tempfile.TemporaryDirectory() as folder, postgres.running(DURABLE) as server:
        postgres_url = databases.migrated_postgres(server.folder).create("pages", databases.TEMPLATE)
        with demonstration(postgres_url, Path(folder), whole=True) as site:
            logins = _one_of_each_role(site)
            with site.app.app_context():
                cases = multiply(CASES)
            pages = _pages(site, server, logins)
            worst = _worst(site, pages)
    yield Row(f"every kind of page, {cases:,} cases", GOAL, _told(pages), all(page.met for page in pages))
    yield from (_row(page) for page in worst)


def _told(pages: list[Measured]) -> str:
    times = [page.ms for page in pages]
    slow = statistics.median(page.raw_ms / page.ms for page in pages)
    return (
        f"{len(pages)} pages of {len({page.stop.rule for page in pages})} routes,"
        f" {sum(not page.met for page in pages)} above; slowest {max(times):.0f} ms,"
        f" half ≤ {statistics.median(times):.0f} ms; largest HTML {max(page.html for page in pages) / 1000:.0f} kB"
        f" ({max(page.packed for page in pages) / 1000:.0f} kB compressed);"
        f" own JavaScript ≤ {max(page.script for page in pages) / 1000:.0f} kB compressed;"
        f" half the pages were measured at a pace slower by ×{slow:.1f} and more than the best tenth"
    )


def _one_of_each_role(site: Site) -> list[str]:
    """The visitor and the first account of every set of roles; the programmes' roles are alike."""
    first: dict[tuple[str, ...], str] = {}
    held = select(User.login, Grant.role).join(Grant, Grant.user_id == User.id).order_by(User.id, Grant.role)
    with site.app.app_context():
        for login, granted in groupby(db.session.execute(held).all(), key=itemgetter(0)):
            first.setdefault(tuple(role for _, role in granted), login)
        db.session.rollback()
    return [VISITOR, *first.values()]


def _pages(site: Site, server: postgres.Server, logins: list[str]) -> list[Measured]:
    tour = take(site, logins)
    assert not tour.wrong, tour.wrong
    return _scaled([measured(site, server, stop) for stop in (*tour.stops, *REFUSED)])


def _scaled(pages: list[Measured]) -> list[Measured]:
    best = statistics.quantiles([page.pace for page in pages], n=10)[0]
    return [replace(page, ms=page.raw_ms * min(1, best / page.pace)) for page in pages]


def measured(site: Site, server: postgres.Server, stop: Stop) -> Measured:
    """One page, asked for until it is warm and then some times more."""
    client = site.client(stop.login)
    for _ in range(WARM):
        client.get(stop.path)
    own, wall, paces, before = [], [], [], _database_seconds(server)
    for _ in range(ROUNDS):
        begun, clock = time.process_time(), time.perf_counter()
        answer = client.get(stop.path)
        own.append(time.process_time() - begun)
        wall.append(time.perf_counter() - clock)
        paces.append(_pace())
    database = (_database_seconds(server) - before) / ROUNDS
    assert answer.status_code == stop.status, f"{stop.path}: {answer.status_code}"
    with databases.statements(site.app) as sent:
        client.get(stop.path)
    ms = 1e3 * (statistics.median(own) + database)
    return Measured(
        stop,
        ms=ms,
        raw_ms=ms,
        pace=statistics.median(paces),
        wall_ms=1e3 * statistics.median(wall),
        statements=len(sent.texts),
        html=len(answer.data),
        packed=len(gzip.compress(answer.data)),
        script=_script(answer.text),
    )


def _pace() -> float:
    begun = time.process_time()
    kept: dict[int, str] = {}
    for number in range(TURNS):
        kept[number % 97] = str(number)
    return time.process_time() - begun


def _database_seconds(server: postgres.Server) -> float:
    """Processor time of the server's processes that are alive; connections stay open between requests."""
    master = (server.folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0]
    children = Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split()
    ticks = 0
    for child in children:
        try:
            spent = Path(f"/proc/{child}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        ticks += int(spent[11]) + int(spent[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _script(page: str) -> int:
    """The bytes of the modules a page loads, compressed; without the viewer of diagrams."""
    named = {Path(address).name for address in re.findall(r'<script[^>]* src="([^"]+)"', page)}
    return sum(_packed(name) for name in _with_imports(frozenset(named)) if not name.startswith(VIEWER))


@cache
def _with_imports(named: frozenset[str]) -> frozenset[str]:
    manifest = json.loads((STATIC / "dist" / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    chunks = {Path(chunk["file"]).name: chunk for chunk in manifest.values()}
    imported = {Path(manifest[key]["file"]).name for name in named for key in chunks[name].get("imports", ())}
    return named | imported


@cache
def _packed(name: str) -> int:
    return len(gzip.compress((STATIC / "dist" / "assets" / name).read_bytes()))


def _worst(site: Site, pages: list[Measured]) -> list[Measured]:
    """The slowest of each route and frame."""
    frames = {login: site.frame(login) for login in {page.stop.login for page in pages}}
    found: dict[tuple[str, str], Measured] = {}
    for page in sorted(pages, key=lambda one: -one.ms):
        found.setdefault((page.stop.rule, frames[page.stop.login]), page)
    return list(found.values())


def _row(page: Measured) -> Row:
    told = (
        f"{page.ms:.0f} ms ({page.raw_ms:.0f} measured, {page.wall_ms:.0f} by the clock), {page.statements} statements;"
        f" {page.html / 1000:.0f} kB ({page.packed / 1000:.0f} kB compressed)"
    )
    return Row(f"`{page.stop.rule}` as {page.stop.login or 'a visitor'}", GOAL, told, page.met)
