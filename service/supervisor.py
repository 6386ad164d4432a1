"""Starts what `shenbao serve` promises: migrate, then web server and clock, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from types import FrameType

from service.settings import PREFIX, Settings

GRACE_SECONDS = 30
COMMAND = (sys.executable, "-m", "service")


def serve(settings: Settings) -> int:
    """Migrate, then run web and clock until one ends or SIGTERM comes; returns the exit code.

    Migration runs once and before both, in a process of its own: two processes migrating at once race. In development
    the pages are served while the demonstration is filled in, and the clock starts after it: it would enforce dates
    that the demonstration is still writing.
    """
    environment = {**os.environ, PREFIX + "DEVELOPMENT": "1" if settings.development else "0"}
    children = _Children(environment)
    signal.signal(signal.SIGTERM, children.stop)
    signal.signal(signal.SIGINT, children.stop)
    try:
        code = children.prepare("migrate") or (settings.development and children.prepare("deploy"))
        if code:
            return int(code)
        children.start("web")
        if settings.development and (code := children.prepare("demonstrate")):
            return code
        children.start("clock")
        return children.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        children.end()


class _Children:
    """The processes of one service."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Start a command of ours."""
        child = subprocess.Popen([*COMMAND, name], env=self._environment)  # noqa: S603 - our own command
        self._running.append(child)
        return child

    def prepare(self, name: str) -> int:
        """Run a command to its end; its exit code."""
        return self.start(name).wait()

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """What a signal does."""
        raise KeyboardInterrupt

    def wait(self) -> int:
        """The code of the first process that ends: half a service is worse than none."""
        while True:
            pid, status = os.wait()
            ended = next((child for child in self._running if child.pid == pid), None)
            if ended is not None:
                ended.returncode = os.waitstatus_to_exitcode(status)
                return abs(ended.returncode)

    def end(self) -> None:
        """Ask every process that still runs to end, and wait: running requests are answered first."""
        for child in self._running:
            if child.poll() is None:
                child.terminate()
        for child in self._running:
            child.wait(timeout=GRACE_SECONDS)


def serve_web(settings: Settings) -> None:
    """Serve the pages by granian until SIGTERM; running requests are answered first."""
    from granian import Granian  # noqa: PLC0415 - only the web process loads the server
    from granian.constants import Interfaces  # noqa: PLC0415

    Granian(
        "service.app:from_environment",
        factory=True,
        interface=Interfaces.WSGI,
        address=settings.host,
        port=settings.port,
        workers=settings.web_workers,
        blocking_threads=8,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_access=False,
    ).serve()


def migrate(settings: Settings) -> None:
    """Bring the database to the newest migration and load the seeded calendar; safe to repeat."""
    # the parent of `serve` loads this module and must stay small; a process of its own migrates
    from service.app import create_app  # noqa: PLC0415 - see above
    from service.domain.identity import SYSTEM  # noqa: PLC0415 - see above
    from service.store import calendars  # noqa: PLC0415 - see above
    from service.store.migrations import upgrade  # noqa: PLC0415 - see above
    from service.store.unit_of_work import UnitOfWork, transact  # noqa: PLC0415 - see above

    def seed(work: UnitOfWork) -> None:
        calendars.seed(work.session)

    if settings.database_url.startswith("sqlite:///"):
        _folder_of(settings)
    app = create_app(settings)
    with app.app_context():
        upgrade(app)
        transact(seed, actor=SYSTEM, now=datetime.now(UTC))


def _folder_of(settings: Settings) -> None:
    path = settings.database_url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
