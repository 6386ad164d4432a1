"""A site with people of every kind, driven as a browser drives it: pages, their forms and their tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.app import create_app
from service.commands import deployments, people
from service.domain.credit_code import complete
from service.domain.identity import SYSTEM
from service.programmes.folder import read_folder
from service.settings import Settings
from service.store import calendars
from service.store.calls import Call
from service.store.unit_of_work import UnitOfWork, transact
from tests.support import databases

SAMPLE = Path(__file__).parents[1] / "data" / "sample"
PROGRAMME, PROCEDURE = "sample-two-dates", "two-dates"
PASSWORD = "a fictional password"
AT = datetime(2025, 4, 1, 2, 0, tzinfo=UTC)


class Fields(HTMLParser):
    """The fields of one form of a page, as a browser would send them."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._wanted, self._inside, self._area = form_id, False, ""

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        have = dict(given)
        if tag == "form":
            self._inside = have.get("id", "") == self._wanted
        name = have.get("name")
        if not self._inside or not name:
            return
        kind = have.get("type", "text")
        if tag == "textarea":
            self._area = name
        elif (
            tag == "input"
            and kind not in ("file", "submit")
            and (kind not in ("checkbox", "radio") or "checked" in have)
        ):
            self.pairs.append((name, have.get("value") or ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.pairs.append((self._area, data.strip()))
            self._area = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


@dataclass
class Browser:
    """One person's browser."""

    client: FlaskClient

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def token(self, path: str = "/preferences") -> str:
        """The CSRF token the pages give this browser."""
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.client.get(path).text)
        assert found
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token(), **(data or {})}, **options)

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", {"login": login, "password": password})

    def form(self, path: str, form_id: str = "task-form") -> dict[str, Any]:
        """What the form on a page would send when nothing is touched; a name sent twice has a list."""
        fields = Fields(form_id)
        fields.feed(self.client.get(path).text)
        sent: dict[str, Any] = {}
        for name, value in fields.pairs:
            if name == "csrf_token":
                continue  # `post` asks for the token of this browser's session
            sent[name] = value if name not in sent else [*_listed(sent[name]), value]
        return sent

    def start(self) -> int:
        """Start a declaration of the sample programme; its first task."""
        answer = self.post(f"/cases/start/{PROGRAMME}/{PROCEDURE}")
        assert answer.status_code == 303, answer.text
        return int(answer.headers["Location"].rsplit("/", 1)[1])


GOOD = {"project_name": "智能底盘", "member_count": "12", "funds_wan": "1500", "truthful": "true"}


@pytest.fixture
def clock(app: Flask) -> Callable[[datetime], None]:
    """Set the site's clock; it stands at AT until then."""

    def set_to(moment: datetime) -> None:
        app.config["CLOCK"] = lambda: moment

    set_to(AT)
    return set_to


@pytest.fixture(scope="session")
def filled(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the sample programme, two authorities, their departments, two units and a person of each kind.

    Made once a worker: publishing a programme compiles it.
    """
    folder = tmp_path_factory.mktemp("filled")
    url = databases.copy_sqlite(databases.migrated_sqlite(run_folder), folder / "filled.sqlite3")
    app = create_app(settings(url, folder))
    with app.app_context():
        transact(_fill, actor=SYSTEM, now=AT)
        transact(deployments.publish, read_folder(SAMPLE, PROGRAMME), PROGRAMME, actor=SYSTEM, now=AT)
    databases.dispose(app)
    return folder / "filled.sqlite3"


@pytest.fixture
def app(filled: Path, tmp_path: Path) -> Iterator[Flask]:
    """The whole application on a copy of the filled database."""
    app = create_app(settings(databases.copy_sqlite(filled, tmp_path / "test.sqlite3"), tmp_path))
    app.testing = True
    yield app
    databases.dispose(app)


@pytest.fixture
def site(app: Flask, clock: Callable[[datetime], None]) -> Flask:
    """The application at ten o'clock on 1 April 2025."""
    del clock
    return app


def settings(url: str, folder: Path) -> Settings:
    """Development, with passwords that cost nothing."""
    return Settings(
        development=True,
        database_url=url,
        data_dir=folder / "files",
        secret_key="a secret that only the tests know, long enough",
        argon2_time_cost=1,
        argon2_memory_kib=64,
    )


@pytest.fixture
def browse(site: Flask) -> Callable[[str], Browser]:
    """A new browser, signed in as somebody, or nobody for an empty login."""

    def open_as(login: str = "") -> Browser:
        browser = Browser(site.test_client())
        if login:
            assert browser.sign_in(login).status_code == 303
        return browser

    return open_as


def _fill(work: UnitOfWork) -> None:
    calendars.seed(work.session)
    add = people.add_organisation
    add(work, code="sample-authority", name="示例市科学技术局", kind="authority")
    add(work, code="other-authority", name="另一个市的科学技术局", kind="authority")
    for number, place in enumerate(("绿园区", "净月区")):
        competent = f"county-{number}"
        add(work, code=competent, name=f"{place}科学技术局", kind="competent", parent="sample-authority")
        add(
            work,
            code=f"unit-{number}",
            name=f"示例企业{number}有限公司",
            kind="enterprise",
            competent=competent,
            credit_code=complete(f"91220101MA0000{number}A0"),
            region=place,
        )
    for login, organisation, roles in (
        ("lead", "unit-0", ["lead"]),
        ("colleague", "unit-0", ["lead"]),
        ("stranger", "unit-1", ["lead"]),
        ("office", "sample-authority", ["office"]),
        ("elsewhere", "other-authority", ["office"]),
        ("designer", "sample-authority", ["designer"]),
        ("admin", "sample-authority", ["administrator"]),
    ):
        people.add_user(
            work, login=login, name=f"示例·{login}", organisation=organisation, roles=roles, password=PASSWORD
        )
    dates = {"submission": "2025-04-15"}
    work.session.add(
        Call(programme=PROGRAMME, key="2025", year=2025, title="2025 年第一批", dates=dates, status="open")
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
