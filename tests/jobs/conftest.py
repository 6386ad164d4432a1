"""An office whose programme asks a program outside to check something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from service.app import create_app
from service.commands import deployments, people
from service.domain.identity import SYSTEM, Actor
from service.programmes.folder import read_folder
from service.settings import Settings
from service.store import calendars
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.users import User, actor_of
from tests.support import databases
from tests.support.postgres import only_one

MODELS = Path(__file__).parents[1] / "data" / "outside"
PROGRAMME = "sample-outside-check"
AT = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)
PASSWORD = "a fictional password"


@pytest.fixture
def outside(database: str, run_folder: Path, tmp_path: Path) -> Iterator[Flask]:
    """The application with the programme and its people, its context pushed, on each kind of database."""
    if database.startswith("sqlite"):
        databases.copy_sqlite(_made(run_folder), tmp_path / "test.sqlite3")
    app = application(database, tmp_path)
    app.testing = True
    app.config["CLOCK"] = lambda: AT
    with app.app_context():
        if not database.startswith("sqlite"):
            prepare()
        yield app
        db.session.remove()
    databases.dispose(app)


def application(url: str, folder: Path) -> Flask:
    """Development, with passwords that cost nothing."""
    return create_app(
        Settings(
            development=True,
            database_url=url,
            data_dir=folder / "files",
            secret_key="a secret that only the tests know, long enough",
            argon2_time_cost=1,
            argon2_memory_kib=64,
        )
    )


def prepare() -> None:
    """The people, and the programme published."""
    transact(fill, actor=SYSTEM, now=AT)
    transact(deployments.publish, read_folder(MODELS, PROGRAMME), PROGRAMME, actor=SYSTEM, now=AT)


def _made(run_folder: Path) -> Path:
    """The SQLite database all tests of a run copy: publishing compiles, which takes longer than most of them."""
    target, migrated = run_folder / "outside-check.sqlite3", databases.migrated_sqlite(run_folder)
    with only_one(run_folder):
        if not target.exists():
            making = run_folder / "outside-check-making.sqlite3"
            app = application(databases.copy_sqlite(migrated, making), run_folder)
            with app.app_context():
                prepare()
                db.session.remove()
            databases.dispose(app)
            making.rename(target)
    return target


def fill(work: UnitOfWork) -> None:
    """Two authorities, and people of each kind at them."""
    calendars.seed(work.session)
    for code in ("sample-authority", "other-authority"):
        people.add_organisation(work, code=code, name=f"示例单位 {code}", kind="authority")
    for login, place, roles in (
        ("office", "sample-authority", ["office"]),
        ("office-2", "sample-authority", ["office"]),
        ("elsewhere", "other-authority", ["office"]),
        ("credit", "sample-authority", ["program-credit"]),
        ("credit-elsewhere", "other-authority", ["program-credit"]),
        ("designer", "sample-authority", ["designer"]),
        ("designer-elsewhere", "other-authority", ["designer"]),
        ("admin", "sample-authority", ["administrator"]),
        ("admin-elsewhere", "other-authority", ["administrator"]),
    ):
        people.add_user(work, login=login, name=f"示例·{login}", organisation=place, roles=roles, password=PASSWORD)


def actor(login: str) -> Actor:
    """Somebody of the office."""
    user_id = db.session.query(User.id).filter_by(login=login).scalar()
    found = actor_of(db.session(), user_id, AT.date())
    db.session.rollback()
    assert found
    return found
