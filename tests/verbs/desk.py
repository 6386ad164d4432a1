"""People at their browsers in the office of the sample programme: tasks by name, verbs by their pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.simulator.cast import PASSWORD
from service.store.users import User
from tests.support.office import Office
from tests.support.page_form import PageForm, body, filled, token_on

ROLES = {
    "申报单位": ("lead", 1),
    "经办人": ("clerk", 1),
    "经办人二": ("clerk", 2),
    "会签人": ("voter", 1),
    "会签人二": ("voter", 2),
    "会签人三": ("voter", 3),
    "负责人": ("head", 1),
}
VOTERS = ("会签人", "会签人二", "会签人三")  # each has one vote in a round
PROCEDURES = {
    "会签：全部同意": "vote-all",
    "或签：一人同意": "vote-any",
    "依次签": "vote-turn",
    "票签：两票同意": "vote-count",
    "票签：过六成同意": "vote-share",
    "票签：权数过半": "vote-weight",
}


@dataclass
class Desk:
    """The office, with a browser for each person who acts."""

    office: Office
    case_id: int = 0
    browsers: dict[str, FlaskClient] = field(default_factory=dict)
    last: TestResponse | None = None

    def __post_init__(self) -> None:
        self.office.app.config["CLOCK"] = lambda: self.office.now

    def browser(self, role: str) -> FlaskClient:
        """Somebody's browser, signed in by the form."""
        if role not in self.browsers:
            actor = self.office.person(*ROLES[role])
            (login,) = self.office.rows(select(User.login).where(User.id == actor.user_id))
            client = self.office.app.test_client()
            sent = {"csrf_token": token_on(client.get("/sign-in").text), "login": login, "password": PASSWORD}
            assert client.post("/sign-in", data=sent).status_code == 303, login
            self.browsers[role] = client
        return self.browsers[role]

    def get(self, role: str, address: str) -> str:
        found = self.browser(role).get(address)
        assert found.status_code == 200, (role, address, found.status_code)
        return found.text

    def post(self, role: str, address: str, given: dict[str, Any]) -> TestResponse:
        token = token_on(self.get(role, "/account"))
        self.last = self.browser(role).post(address, data={"csrf_token": token, **given})
        assert self.last.status_code != 500
        return self.last

    def start(self, procedure: str) -> None:
        self.case_id = self.office.start(procedure)

    def task(self, name: str) -> int:
        """The first open task of this name that nobody else has been given."""
        return next(task.id for task in self.office.open_tasks("", self.case_id) if task.name == name)

    def submit(self, role: str, name: str, agree: str = "agree") -> None:
        """Fill the page's form in and press its button."""
        task = self.task(name)
        form = PageForm(self.get(role, f"/tasks/{task}"))
        pairs = [*filled(form.pairs(), [("agree", agree)]), ("_submit", "1")]
        answer = self.browser(role).post(f"/tasks/{task}", data=body(pairs), content_type="multipart/form-data")
        assert answer.status_code == 303, answer.text[:2000]
        self.last = answer

    def open_form(self, role: str, name: str) -> tuple[int, PageForm]:
        """The form of a task as somebody has it on the screen, to be sent later."""
        task = self.task(name)
        return task, PageForm(self.get(role, f"/tasks/{task}"))

    def send(self, role: str, opened: tuple[int, PageForm], note: str) -> TestResponse:
        """Submit what was on the screen, with a text entered, whatever has happened since."""
        task, form = opened
        pairs = [*filled(form.pairs(), [("note", note), ("agree", "agree")]), ("_submit", "1")]
        self.last = self.browser(role).post(f"/tasks/{task}", data=body(pairs), content_type="multipart/form-data")
        return self.last

    def verb(self, role: str, name: str, key: str, **given: Any) -> TestResponse:
        """The verb's page is there, then its form is posted."""
        address = f"/tasks/{self.task(name)}/do/{key}"
        self.get(role, address)
        return self.post(role, address, given)

    def names(self) -> list[str]:
        """The open tasks of the case."""
        return sorted(task.name for task in self.office.open_tasks("", self.case_id))
