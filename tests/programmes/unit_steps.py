"""The fixed sentences about units that register themselves, and keep their own people."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_bdd import parsers, then, when
from sqlalchemy import func, select

from service.domain.credit_code import complete
from service.store.organisations import Organisation
from service.store.registrations import Registration
from service.store.users import User
from tests.support.page_form import PDF, body, shown, token_on
from tests.support.stage import Person
from tests.support.telling import Telling

CODE = complete("91220100DEMX00990")
ADDRESS = "unit@example.invalid"
PASSWORD = "a fictional password of the unit"  # nobody's


@dataclass
class Asking:
    """What the unit's browser was answered last, and the people of the unit once they have accounts."""

    page: str = ""
    status: int = 0
    people: dict[str, Person] = field(default_factory=dict)


@pytest.fixture
def asking() -> Asking:
    """Nothing asked yet."""
    return Asking()


@when(parsers.re("“(?P<unit>[^”]+)”申请注册$"))
def registers(telling: Telling, asking: Asking, unit: str) -> None:
    """The public form, with everything it asks for."""
    _lodge(telling, asking, {"name": unit})


@when(parsers.parse("“{unit}”申请注册，信用代码校验位是错的"))
def registers_wrongly(telling: Telling, asking: Asking, unit: str) -> None:
    """The last character belongs to another code; what was entered stays on the page."""
    _lodge(telling, asking, {"name": unit, "credit_code": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")})
    assert asking.status == 422
    assert unit in asking.page


@when("已注册的“牵头单位”的代码又申请注册")
def registers_again(telling: Telling, asking: Asking) -> None:
    """Somebody tries whether a unit is known."""
    (code,) = telling.stage.rows(select(Organisation.credit_code).where(Organisation.code == "lead"))
    _lodge(telling, asking, {"name": "示例试探者有限公司", "credit_code": code})


@then(parsers.parse("注册页面提示“{text}”"))
def page_says(asking: Asking, text: str) -> None:
    """What the one who registers reads."""
    assert text in shown(asking.page), shown(asking.page)[:600]


@then(parsers.parse("“{role}”看到“{unit}”待审核，期限 {day}"))
def waits(telling: Telling, role: str, unit: str, day: str) -> None:
    """Two working days, on the department's page and in its messages."""
    person = telling.stage.person(telling.login(role))
    month, date = (int(part) for part in day.split("-")[1:])
    listed = shown(person.get("/registrations"))
    assert unit in listed
    assert f"{month}月{date}日" in shown(person.get(f"/registrations/{_row(telling)}")) + listed
    assert f"单位注册待审核：{unit}" in shown(person.get("/messages"))


@when(parsers.parse("“{role}”请单位补充，原因是“{reason}”"))
def asks_for_more(telling: Telling, role: str, reason: str) -> None:
    """The department's second answer."""
    _decide(telling, role, "asked", reason)


@when(parsers.parse("“{role}”同意注册"))
def approves(telling: Telling, role: str) -> None:
    """The department's first answer."""
    _decide(telling, role, "approved", "")


@then(parsers.parse("申请单位的链接页面写明“{text}”"))
def own_page_says(telling: Telling, text: str) -> None:
    """The page behind the newest mail's link; the links before it no longer open anything."""
    links = _links(telling, ADDRESS, "units")
    client = telling.stage.app.test_client()
    assert text in shown(client.get(f"/units/{links[-1]}").text)
    assert {client.get(f"/units/{link}").status_code for link in links[:-1]} <= {404}


@when("申请单位补充以后再次提交")
def amends(telling: Telling, asking: Asking) -> None:
    """The same form with another licence; the code of the unit stays."""
    address = f"/units/{_links(telling, ADDRESS, 'units')[-1]}"
    _send(telling, asking, address, _answers({"name": "示例新申报单位"}))
    assert asking.status == 200
    assert "归口管理部门正在审核" in shown(asking.page)


@when("申请单位凭邮件里的链接设口令并登录")
def first_account(telling: Telling, asking: Asking) -> None:
    """The link works once; the login is the credit code in small letters."""
    asking.people["first"] = _with_password(telling, ADDRESS, CODE.lower())


@then(parsers.parse("该单位的页面写明“{text}”"))
def unit_page(asking: Asking, text: str) -> None:
    """The unit's own page."""
    assert text in shown(asking.people["first"].get("/unit"))


@when(parsers.parse("该单位发起“{procedure}”"))
def declares(telling: Telling, asking: Asking, procedure: str) -> None:
    """The button on its first page."""
    key = telling.procedure(procedure)
    answer = asking.people["first"].post(f"/cases/start/{telling.stage.programme}/{key}")
    assert answer.status_code == 303, shown(answer.text)[:400]
    telling.stage.after_act()


@then(parsers.parse("轮到该单位办理“{task}”"))
def unit_turn(telling: Telling, asking: Asking, task: str) -> None:
    """The task stands in its list."""
    ((task_id, _),) = telling.stage.open_tasks(task)
    assert f'href="/tasks/{task_id}"' in asking.people["first"].get("/tasks?scope=groups")


@then(parsers.parse("“{above}”能看到，“{other}”打不开"))
def who_sees(telling: Telling, above: str, other: str) -> None:
    """An office above the department sees it; a unit does not, nor does it learn that it is there."""
    row = _row(telling)
    upper = telling.stage.person(telling.login(above))
    assert upper.client.get(f"/registrations/{row}").status_code == 200
    for address in (f"/registrations/{row}", f"/registrations/{row}/licence"):
        assert telling.stage.person(telling.login(other)).client.get(address).status_code == 404


@then(parsers.parse("只有 {count:d} 件注册待审核"))
def so_many(telling: Telling, count: int) -> None:
    """What was tried has left no row."""
    assert telling.stage.rows(select(func.count(Registration.id))) == [count]


@when(parsers.parse("该单位邀请同事“{login}”填报"))
def invites(telling: Telling, asking: Asking, login: str) -> None:
    """The form beside the list of people."""
    pairs = [("login", login), ("name", "示例同事"), ("email", f"{login}@example.invalid"), ("roles", "lead")]
    assert asking.people["first"].post("/unit/people", pairs).status_code == 303
    telling.stage.after_act()


@then(parsers.parse("“{login}”凭邮件里的链接设口令后可以填报，不能管理人员"))
def colleague(telling: Telling, asking: Asking, login: str) -> None:
    """The role counts at once, and only that role."""
    person = _with_password(telling, f"{login}@example.invalid", login)
    assert f"/cases/start/{telling.stage.programme}/" in person.get("/home")
    more = [("login", "another"), ("name", "示例"), ("email", "another@example.invalid"), ("roles", "lead")]
    assert person.post("/unit/people", more).status_code == 403


@then(parsers.parse("该单位不能给同事“{role}”这样的角色"))
def no_other_role(telling: Telling, asking: Asking, role: str) -> None:
    """Roles of departments and of the service are not a unit's to give."""
    (user_id,) = telling.stage.rows(select(User.id).where(User.login == "colleague"))
    for one in (role, "administrator", "auditor", "expert"):
        assert asking.people["first"].post(f"/unit/people/{user_id}/roles", [("roles", one)]).status_code == 422


@then("该单位不能停用自己，也打不开别的单位的人员")
def nobody_else(telling: Telling, asking: Asking) -> None:
    """The own account is another administrator's to keep; the account of another unit is not there."""
    (own,) = telling.stage.rows(select(User.id).where(User.login == CODE.lower()))
    (other,) = telling.stage.rows(select(User.id).where(User.login == "lead"))
    first = asking.people["first"]
    assert first.post(f"/unit/people/{own}/active", [("active", "0")]).status_code == 403
    assert first.post(f"/unit/people/{other}/active", [("active", "0")]).status_code == 404
    assert first.post(f"/unit/people/{other}/link").status_code == 404


def _answers(more: dict[str, str]) -> dict[str, str]:
    return {
        "name": "示例新申报单位", "credit_code": CODE, "kind": "enterprise", "competent": "county",
        "legal_representative": "示例法人", "address": "示例市示例区示例路 1 号", "contact_name": "示例联系人",
        "contact_mobile": "13800000000", "contact_email": ADDRESS, **more,
    }  # fmt: skip


def _lodge(telling: Telling, asking: Asking, more: dict[str, str]) -> None:
    _send(telling, asking, "/units/new", _answers(more))


def _send(telling: Telling, asking: Asking, address: str, answers: dict[str, str]) -> None:
    client = telling.stage.app.test_client()
    pairs = [*answers.items(), ("csrf_token", token_on(client.get(address).text))]
    answer = client.post(
        address, data=body(pairs, [("licence", "营业执照.pdf", PDF)]), content_type="multipart/form-data"
    )
    asking.page, asking.status = answer.text, answer.status_code
    assert answer.status_code != 500, answer.text[:400]
    telling.stage.after_act()


def _decide(telling: Telling, role: str, state: str, reason: str) -> None:
    person = telling.stage.person(telling.login(role))
    answer = person.post(f"/registrations/{_row(telling)}", [("state", state), ("reason", reason)])
    assert answer.status_code == 303, shown(answer.text)[:400]
    telling.stage.after_act()


def _row(telling: Telling) -> int:
    return int(telling.stage.rows(select(func.max(Registration.id)))[0])


def _with_password(telling: Telling, address: str, login: str) -> Person:
    token = _links(telling, address, "set-password")[-1]
    client = telling.stage.app.test_client()
    page = client.get(f"/set-password/{token}").text
    given = {"csrf_token": token_on(page), "new": PASSWORD, "again": PASSWORD}
    assert client.post(f"/set-password/{token}", data=given).status_code == 303
    assert client.post(f"/set-password/{token}", data=given).status_code == 422
    return _signed_in(telling, login)


def _signed_in(telling: Telling, login: str) -> Person:
    client: Any = telling.stage.app.test_client()
    fields = {"csrf_token": token_on(client.get("/sign-in").text), "login": login, "password": PASSWORD}
    answer = client.post("/sign-in", data=fields)
    assert answer.status_code == 303, shown(answer.text)[:300]
    return Person(telling.stage, login, client.get_cookie("shenbao_session").value)


def _links(telling: Telling, address: str, place: str) -> list[str]:
    """The links to a place in the mails to an address, the oldest first."""
    found: list[tuple[int, str]] = []
    for file in (telling.stage.folder / "mail").glob("outbox-*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        number = int(re.findall(r"outbox-(\d+)", file.name)[0])
        if address in str(mail["To"]):
            found += [(number, token) for token in re.findall(rf"/{place}/([\w-]+)", text)]
    return [token for _, token in sorted(found)]
