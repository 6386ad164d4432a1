"""A published programme and its people, for tests that act through commands and move time themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from service.app import create_app
from service.clock import jobs
from service.commands import cases, deployments, people, user_tasks
from service.commands.user_tasks import Completion
from service.domain.deadlines import local_date
from service.domain.identity import SYSTEM, Actor
from service.programmes.compiled import compiled_of
from service.programmes.folder import read_folder
from service.settings import Settings
from service.simulator.cast import PASSWORD, Cast, Lead
from service.store import calendars, users
from service.store import deployments as deployment_rows
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from service.store.users import User
from tests.support import databases
from tests.support.postgres import only_one

DATA = Path(__file__).resolve().parent.parent / "data"
SAMPLE = "sample-two-dates"


@dataclass
class Office:
    """One programme in one database, inside the application's context; `now` is the instant of the next act."""

    app: Flask
    programme: str
    now: datetime
    cast: Cast
    known: dict[str, Actor] = field(default_factory=dict)

    def act(self, command: Callable[..., Any], *args: Any, by: Actor = SYSTEM, **more: Any) -> Any:
        """Run a command as somebody, now."""
        return transact(command, *args, actor=by, now=self.now, **more)

    def person(self, role: str, number: int = 1) -> Actor:
        """Somebody who holds a role; another number is another person."""
        name = role if number == 1 else f"{role}-{number}"
        if name not in self.known:
            first = self.cast.of_role(role, self.now)
            self.known[name] = first if number == 1 else self._colleague(first, role, name)
        return self.known[name]

    def _colleague(self, first: Actor, role: str, login: str) -> Actor:
        place = next(grant.organisation_id for grant in first.roles if grant.role == role)
        added = self.act(
            people.add_user, login=login, name=f"用户 {login}", organisation=_code(place), roles=[role],
            password=PASSWORD, email=f"{login}@example.invalid",
        )  # fmt: skip
        return self.actor(added)

    def actor(self, user_id: int) -> Actor:
        """The actor of an account."""
        found = users.actor_of(db.session(), user_id, local_date(self.now))
        db.session.rollback()
        assert found is not None
        return found

    def start(self, procedure: str, role: str = "lead") -> int:
        """Start a case; its id."""
        return int(self.act(cases.start, self.programme, procedure, by=self.person(role)))

    def complete(self, task_id: int, data: dict[str, Any], by: Actor, request_key: str | None = None) -> Completion:
        """Complete a task."""
        done: Completion = self.act(user_tasks.complete, task_id, data=data, request_key=request_key, by=by)
        return done

    def tick(self, at: datetime | None = None) -> None:
        """Every job of the clock once, at an instant; time goes on from there."""
        self.now = max(at or self.now, self.now)
        for job in jobs.JOBS:
            job(self.now)
        db.session.remove()

    def open_task(self, element: str, case_id: int | None = None) -> UserTask:
        """The one open task of an element."""
        (task,) = self.open_tasks(element, case_id)
        return task

    def open_tasks(self, element: str = "", case_id: int | None = None) -> list[UserTask]:
        """Open tasks in the order they were opened, detached from the session."""
        statement = select(UserTask).where(UserTask.status == OPEN).order_by(UserTask.id)
        statement = statement.where(UserTask.element == element) if element else statement
        statement = statement.where(UserTask.case_id == case_id) if case_id is not None else statement
        return self.rows(statement)

    def rows(self, statement: Any) -> list[Any]:
        """The values of a statement with one column or entity, read afresh."""
        db.session.remove()
        found = list(db.session.scalars(statement))
        db.session.remove()
        return found

    def count(self, table: Any, *conditions: Any) -> int:
        """How many rows of a table meet the conditions."""
        return int(self.rows(select(func.count()).select_from(table).where(*conditions))[0])

    def groups_of(self, task_id: int) -> list[str]:
        """The keys of the groups that may take a task."""
        return self.rows(select(TaskGroup.group_key).where(TaskGroup.task_id == task_id).order_by(TaskGroup.group_key))

    def emails(self, role: str) -> str:
        """The address of the first person of a role."""
        return str(self.rows(select(User.email).where(User.id == self.person(role).user_id))[0])


@contextmanager
def whole(url: str, folder: Path, **more: Any) -> Iterator[Flask]:
    """The whole application on a database, its context pushed; passwords are cheap."""
    given = {"development": True, "data_dir": folder / "files", "argon2_time_cost": 1, "argon2_memory_kib": 64, **more}
    app = create_app(Settings(database_url=url, **given))
    app.testing = True
    with app.app_context():
        yield app
        db.session.remove()
    databases.dispose(app)


@contextmanager
def sqlite_office(
    run_folder: Path, folder: Path, programme: str, now: datetime, *, models: str = "sample", **more: Any
) -> Iterator[Office]:
    """An office on a copy of a database that is made once a run; its application's context is pushed."""
    with whole(
        databases.copy_sqlite(_made(run_folder, programme, now, models), folder / "office.sqlite3"), folder, **more
    ) as app:
        newest = deployment_rows.newest(db.session(), programme)
        assert newest is not None
        yield _office(app, programme, now, newest)


def _made(run_folder: Path, programme: str, now: datetime, models: str) -> Path:
    target = run_folder / f"office-{programme}.sqlite3"
    migrated = databases.migrated_sqlite(run_folder)
    with only_one(run_folder):
        if not target.exists():
            making = run_folder / f"office-{programme}-making.sqlite3"
            with whole(databases.copy_sqlite(migrated, making), run_folder) as app:
                open_office(app, programme, now, DATA / models)
            making.rename(target)
    return target


def open_office(app: Flask, programme: str, now: datetime, models: Path = DATA / "sample") -> Office:
    """Publish a programme on an empty database with the business calendar; the context of `app` must be pushed."""
    transact(_seed, actor=SYSTEM, now=now)
    published = transact(deployments.publish, read_folder(models, programme), programme, actor=SYSTEM, now=now)
    return _office(app, programme, now, published.deployment_id)


def _office(app: Flask, programme: str, now: datetime, deployment_id: int) -> Office:
    manifest = compiled_of(db.session(), deployment_id).manifest
    db.session.rollback()
    return Office(app, programme, now, Cast(manifest, lead=Lead(), now=now))


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


def _code(organisation_id: int) -> str:
    from service.store.organisations import Organisation  # noqa: PLC0415 # only where a colleague is added

    found = db.session.get_one(Organisation, organisation_id).code
    db.session.rollback()
    return str(found)
