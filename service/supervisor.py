"""Starts what `shenbao serve` promises: migrate, then web server and clock, stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from types import FrameType

from service.domain.identity import SYSTEM
from service.settings import PREFIX, Settings
from service.store import calendars
from service.store.unit_of_work import UnitOfWork, transact

COMMAND = (sys.executable, "-m", "service")


def serve(settings: Settings) -> int:
    """Migrate, then run web and clock until one ends or SIGTERM comes; returns the exit code.

    Migration runs once and before both, in a process of its own: two processes migrating at once race.
    """
    environment = {**os.environ, PREFIX + "DEVELOPMENT": "1" if settings.development else "0"}
    preparations = ["migrate", "deploy", "demonstrate"] if settings.development else ["migrate"]
    for preparation in preparations:
        done = subprocess.run([*COMMAND, preparation], env=environment, check=False)  # noqa: S603 - our own command
        if done.returncode:
            return done.returncode
    children = [subprocess.Popen([*COMMAND, name], env=environment) for name in ("web", "clock")]  # noqa: S603 - the same

    def stop(_number: int, _frame: FrameType | None) -> None:
        for child in children:
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return _wait(children)


def _wait(children: list[subprocess.Popen[bytes]]) -> int:
    """The first child's exit code; the others are stopped, because half a service is worse than none."""
    pid, status = os.wait()
    for child in children:
        if child.pid == pid:
            child.returncode = os.waitstatus_to_exitcode(status)
        else:
            child.terminate()
    for child in children:
        child.wait(timeout=30)
    return max(abs(int(child.returncode or 0)) for child in children)


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
    from service.app import create_app  # noqa: PLC0415 - alembic is loaded only where it migrates
    from service.store.migrations import upgrade  # noqa: PLC0415 - the same

    if settings.database_url.startswith("sqlite:///"):
        _folder_of(settings)
    app = create_app(settings)
    with app.app_context():
        upgrade(app)
        transact(_seed_calendar, actor=SYSTEM, now=datetime.now(UTC))


def _seed_calendar(work: UnitOfWork) -> None:
    calendars.seed(work.session)


def _folder_of(settings: Settings) -> None:
    path = settings.database_url.removeprefix("sqlite:///")
    if path and path != ":memory:":
        os.makedirs(os.path.dirname(path) or ".", mode=0o700, exist_ok=True)
