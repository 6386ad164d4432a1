"""A whole service for one test: a prepared database, people who sign in by the form, a clock that the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from service.app import create_app
from service.commands import deployments, people
from service.domain.deadlines import ZONE, local_date
from service.domain.identity import SYSTEM
from service.programmes.compiled import CompiledProgramme, compiled_of
from service.programmes.folder import read_folder
from service.settings import ROOT, Settings
from service.simulator.cast import PASSWORD, Cast, Lead, read_units
from service.simulator.driver import BETWEEN_ACTS, OPENS, Driver
from service.simulator.play import open_call
from service.simulator.story import StoryCall
from service.store import calendars
from service.store import deployments as deployment_rows
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.experts import Expert
from service.store.incidents import Incident
from service.store.organisations import Organisation
from service.store.session import db
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, TaskGroup, UserTask
from service.store.users import Grant, User
from service.web.security import SESSION_COOKIE
from tests.support import databases
from tests.support.page_form import File, PageForm, Pair, body, filled, token_on
from tests.support.postgres import only_one

PUBLISHED = datetime(2025, 1, 6, 1, 0, tzinfo=UTC)
STAFF = (("designer", ("designer",)), ("admin", ("administrator", "operator")))
OUTSIDE = frozenset({"expert", "member", "panel-chair"})


class _Remembered(BytecodeCache):
    """Compiled templates, kept in this process: every stage is a new application, of the same templates."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = _Remembered()


def at(day: date, hour: time = OPENS) -> datetime:
    """An instant of the authority's clock."""
    return datetime.combine(day, hour, ZONE).astimezone(UTC)


def settings(url: str, folder: Path) -> Settings:
    """Passwords are cheap, and a session lasts longer than the months a scenario may take."""
    return Settings(
        development=True,
        database_url=url,
        data_dir=folder / "files",
        secret_key="a secret that only the tests know, long enough",
        argon2_time_cost=1,
        argon2_memory_kib=64,
        session_minutes=2 * 365 * 24 * 60,
    )


def prepared(run_folder: Path, key: str, *, lead: Lead, members: Iterable[str], call: StoryCall | None = None) -> Path:
    """A database with the calendar, a published programme, its call and an account of every role; made once a run."""
    target = run_folder / f"{key}.sqlite3"
    migrated = databases.migrated_sqlite(run_folder)
    with only_one(run_folder):
        if not target.exists():
            making = run_folder / f"{key}-making.sqlite3"
            app = create_app(settings(databases.copy_sqlite(migrated, making), run_folder))
            with app.app_context():
                _fill(key, lead, members, call)
            databases.dispose(app)
            making.rename(target)
    return target


def _fill(key: str, lead: Lead, members: Iterable[str], call: StoryCall | None) -> None:
    transact(_seed, actor=SYSTEM, now=PUBLISHED)
    published = transact(deployments.publish, read_folder(ROOT, key), key, actor=SYSTEM, now=PUBLISHED)
    manifest = compiled_of(db.session(), published.deployment_id).manifest
    units = replace(read_units(ROOT / "bpmn" / key), prefix="")
    cast = Cast(manifest, lead=lead, now=PUBLISHED, units=units)
    for role in manifest.roles:
        if role not in OUTSIDE:
            cast.of_role(role, PUBLISHED)
    for code in members:
        cast.of_group(f"member@{code}", PUBLISHED)
    if call is not None:
        open_call(key, call, PUBLISHED)
    for login, roles in STAFF:
        transact(
            people.add_user, login=login, name=f"示例·{login}", organisation=manifest.authority, roles=roles,
            password=PASSWORD, actor=SYSTEM, now=PUBLISHED,
        )  # fmt: skip


def _seed(work: UnitOfWork) -> None:
    calendars.seed(work.session)


class Person:
    """Somebody at a browser: signed in by the form, posting what the page holds."""

    def __init__(self, stage: Stage, login: str, session: str = "") -> None:
        self.stage = stage
        self.login = login
        self.client = stage.app.test_client()
        if session:
            self.client.set_cookie(SESSION_COOKIE, session)
        else:
            self._sign_in()

    @property
    def session(self) -> str:
        """The cookie, as a browser keeps it over a restart of the service."""
        cookie = self.client.get_cookie(SESSION_COOKIE)
        return cookie.value if cookie is not None else ""

    def get(self, address: str) -> str:
        """The page at an address, which must be there."""
        response = self.client.get(address)
        assert response.status_code == 200, f"{self.login} GET {address}: {response.status_code}"
        return response.text

    def post(self, address: str, pairs: Sequence[Pair] = (), files: Sequence[File] = ()) -> TestResponse:
        """Post fields with the token of the person's session; never answered by a failure of our own."""
        token = [] if any(name == "csrf_token" for name, _ in pairs) else [("csrf_token", self.token())]
        response = self.client.post(address, data=body([*pairs, *token], files), content_type="multipart/form-data")
        assert response.status_code != 500, f"{self.login} POST {address}: {response.text[:400]}"
        return response

    def token(self) -> str:
        """The token that every form of this session carries."""
        return token_on(self.get("/account"))

    def open_task(self, task_id: int) -> PageForm:
        """The form on a task's page."""
        return PageForm(self.get(f"/tasks/{task_id}"))

    def submit(
        self, task_id: int, given: Sequence[Pair], files: Sequence[File] = (), *, form: PageForm | None = None
    ) -> TestResponse:
        """Fill in the page's form and press its button."""
        form = form or self.open_task(task_id)
        return self.post(f"/tasks/{task_id}", [*filled(form.pairs(), given), ("_submit", "1")], files)

    def _sign_in(self) -> None:
        fields = {"csrf_token": token_on(self.client.get("/sign-in").text), "login": self.login, "password": PASSWORD}
        answer = self.client.post("/sign-in", data=fields)
        assert answer.status_code == 303, f"{self.login} could not sign in: {answer.status_code}"


@dataclass
class Stage:
    """The service on one database file; `now` is the instant that pages and jobs see."""

    url: str
    folder: Path
    programme: str
    now: datetime
    cases: dict[str, int] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self._open()

    @classmethod
    def on_copy(cls, template: Path, folder: Path, programme: str, now: datetime) -> Stage:
        """A stage on a copy of a prepared database."""
        return cls(databases.copy_sqlite(template, folder / "stage.sqlite3"), folder, programme, now)

    def _open(self) -> None:
        self.app = create_app(settings(self.url, self.folder))
        self.app.testing = True
        self.app.jinja_env.bytecode_cache = TEMPLATES
        self.app.config["CLOCK"] = lambda: self.now

    def close(self) -> None:
        """End this process's part: every connection is closed, what is not in the database is gone."""
        databases.dispose(self.app)

    def restart(self) -> None:
        """A new application on the same file; the browsers keep their cookies."""
        kept = {login: person.session for login, person in self.people.items()}
        self.close()
        self._open()
        self.people = {login: Person(self, login, session) for login, session in kept.items()}

    def keep(self, target: Path) -> None:
        """Copy the database as it stands; the stage goes on."""
        self.close()
        shutil.copy(self._path, target)
        self.restart()

    def take_up(self, kept: Path) -> None:
        """Go on from a kept database."""
        self.close()
        shutil.copy(kept, self._path)
        self.people.clear()
        self._open()

    @property
    def _path(self) -> Path:
        return Path(self.url.removeprefix("sqlite:///"))

    def person(self, login: str) -> Person:
        """Somebody signed in; signed in once."""
        if login not in self.people:
            self.people[login] = Person(self, login)
        return self.people[login]

    # ---- time

    def tick(self) -> None:
        """Every job of the clock once, and once more for what they left in the outbox."""
        with self._clock() as clock:
            clock.tick()

    def after_act(self) -> None:
        """The clock ticks, and the next act comes a little later."""
        self.tick()
        self.now += BETWEEN_ACTS

    def pass_until(self, target: datetime) -> None:
        """Let time pass; the clock does each thing at the instant it is due."""
        with self._clock() as clock:
            clock.advance_to(target)
            self.now = clock.now

    def pass_days(self, days: int) -> None:
        """Until the office opens so many days later."""
        self.pass_until(at(local_date(self.now) + timedelta(days=days)))

    @contextmanager
    def _clock(self) -> Iterator[Driver]:
        """The simulator's virtual clock, which runs the real clock's jobs; its people stay at home."""
        with self.app.app_context():
            yield Driver(None, self.programme, self.now)  # type: ignore[arg-type]
            db.session.remove()

    def due_of(self, deadline: str) -> datetime:
        """When the named deadline ends; the end of what runs, or else of what a task shows."""
        due = self._earliest(select(func.min(Timer.due_at)).where(Timer.deadline == deadline)) or self._earliest(
            select(func.min(UserTask.due_at)).where(UserTask.deadline == deadline, UserTask.status == OPEN)
        )
        assert due is not None, f"the deadline {deadline} is not running"
        return due

    def _earliest(self, *statements: Any) -> datetime | None:
        with self.app.app_context():
            found = [db.session.scalar(statement) for statement in statements]
            db.session.rollback()
        return min((one for one in found if one is not None), default=None)

    # ---- what stands in the tables, where a page would only say it in other words

    def compiled(self) -> CompiledProgramme:
        """The newest deployment of the programme."""
        with self.app.app_context():
            newest = deployment_rows.newest(db.session(), self.programme)
            assert newest is not None
            found = compiled_of(db.session(), newest)
            db.session.rollback()
        return found

    def rows(self, statement: Any) -> list[Any]:
        """The rows of a statement, as plain tuples or values."""
        with self.app.app_context():
            found = db.session.execute(statement).all()
            db.session.rollback()
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    def open_tasks(self, name: str = "") -> list[tuple[int, str]]:
        """(task, its group's key) of the open tasks with this name, in the order they were opened."""
        statement = (
            select(UserTask.id, func.min(TaskGroup.group_key))
            .join(TaskGroup, TaskGroup.task_id == UserTask.id)
            .where(UserTask.status == OPEN)
            .group_by(UserTask.id)
            .order_by(UserTask.id)
        )
        return self.rows(statement.where(UserTask.name == name) if name else statement)

    def open_names(self) -> list[str]:
        """The names of the tasks that are open."""
        return sorted(set(self.rows(select(UserTask.name).where(UserTask.status == OPEN))))

    def login_of(self, group_key: str) -> str:
        """Who may take a task of this group."""
        role, _, place = group_key.replace("@", ":").partition(":")
        if not place:
            return role
        if role == "expert":
            found = select(User.login).join(Expert, Expert.user_id == User.id).where(Expert.id == int(place))
        elif role == "member":
            home = select(Organisation.id).where(Organisation.credit_code == place)
            found = select(User.login).where(User.organisation_id.in_(home))
        else:
            home = Grant.organisation_id == int(place)
            found = select(User.login).join(Grant, Grant.user_id == User.id).where(Grant.role == role, home)
        return str(self.rows(found.order_by(User.id))[0])

    def audit(self, action: str) -> list[tuple[str, dict[str, Any]]]:
        """(object, details) of every audit entry of this kind, oldest first."""
        statement = select(AuditEntry.object_id, AuditEntry.details).where(AuditEntry.action == action)
        return self.rows(statement.order_by(AuditEntry.id))

    def open_incidents(self) -> list[tuple[int, str]]:
        """(incident, the step's name) of what is stuck."""
        return self.rows(select(Incident.id, Incident.name).where(Incident.state == "open"))

    def newest_case(self, procedure: str) -> int:
        """The case of the procedure that was started last."""
        return int(self.rows(select(func.max(Case.id)).where(Case.procedure == procedure))[0])
