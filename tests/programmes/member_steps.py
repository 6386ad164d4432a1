"""The fixed sentences about member units that confirm: by their account, or by a one-time link without one."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass, field, replace

import pytest
from pytest_bdd import given, parsers, then, when
from sqlalchemy import select

from service.commands import ports, user_tasks
from service.domain.credit_code import complete
from service.domain.deadlines import local_date
from service.store.attachments import Attachment
from service.store.case_view import MEMBER_CONFIRMATION
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.session import db
from service.store.task_links import TaskLink
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User, actor_of
from tests.programmes.steps import transact_in
from tests.support.page_form import PDF, PageForm, filled, shown, token_on
from tests.support.telling import Telling

TASK = "确认参加"


@dataclass
class Links:
    """The links one address has received, in the order of their mails, and the answer to the last act with one."""

    address: str = ""
    unit: str = ""
    answered: str = ""
    status: int = 0
    earlier: list[str] = field(default_factory=list)


@pytest.fixture
def links() -> Links:
    """Nothing received yet."""
    return Links()


@given(parsers.parse("第 {number:d} 家成员单位登记的邮箱是“{address}”"))
def registered_address(telling: Telling, links: Links, number: int, address: str) -> None:
    """The address in the unit's own profile, which no lead unit writes."""
    name, code = telling.stage.rows(select(Member.name, Member.credit_code).where(Member.position == number))[0]
    transact_in(telling, _register_address, code, address)
    links.address, links.unit = address, name


def _register_address(work: UnitOfWork, credit_code: str, address: str) -> None:
    unit = work.session.scalars(select(Organisation).where(Organisation.credit_code == credit_code)).one()
    unit.contact = {**unit.contact, "email": address}


@given(parsers.parse("第 {number:d} 家成员单位没有账号，也没有邮箱"))
def nobody_there(telling: Telling, links: Links, number: int) -> None:
    """Its only person has left, and neither its profile nor the lead's list holds an address."""
    links.unit, code = telling.stage.rows(select(Member.name, Member.credit_code).where(Member.position == number))[0]
    transact_in(telling, _forget_the_unit, code)


def _forget_the_unit(work: UnitOfWork, credit_code: str) -> None:
    unit = work.session.scalars(select(Organisation).where(Organisation.credit_code == credit_code)).one()
    unit.contact = {}
    for user in work.session.scalars(select(User).where(User.organisation_id == unit.id)):
        user.active = False
    for member in work.session.scalars(select(Member).where(Member.credit_code == credit_code)):
        member.data = {**member.data, "contact_email": ""}


@then("除该单位外都提醒到了")
def all_but_one_urged(telling: Telling, links: Links) -> None:
    """In the trail; nothing is said of a reminder that reached nobody."""
    urged = {str(object_id) for object_id, _ in telling.stage.audit("task-urged")}
    assert len(urged) == len(telling.stage.open_tasks(TASK)) - 1
    assert str(_open_task(telling, links.unit)) not in urged


@when("“牵头单位”提醒还没有确认的单位")
def remind(telling: Telling) -> None:
    """The button beside the list of members on the case's page."""
    address = f"/cases/{_case(telling)}/members/remind"
    person = telling.stage.person(telling.login("牵头单位"))
    assert address in person.get(f"/cases/{_case(telling)}")
    telling.answer = person.post(address)
    assert telling.answer.status_code == 303
    telling.stage.after_act()


@then(parsers.parse("“牵头单位”看到提示“{text}”"))
def told(telling: Telling, text: str) -> None:
    """The words on the case's page."""
    person = telling.stage.person(telling.login("牵头单位"))
    assert text in shown(person.get(f"/cases/{_case(telling)}"))


@then(parsers.parse("“{address}”收到 {count:d} 封带链接的邮件"))
def mailed(telling: Telling, links: Links, address: str, count: int) -> None:
    """Mails with a link of 256 random bits; of what is stored none of them can be made."""
    links.earlier = _tokens(telling, address)
    assert len(links.earlier) == count
    assert len({*links.earlier}) == count
    assert all(len(token) == 43 for token in links.earlier)
    stored = telling.stage.rows(select(TaskLink.token_hash))
    assert not {*links.earlier} & {*stored}


@when(parsers.parse("该单位打开第 {number:d} 封邮件里的链接"))
def follow(telling: Telling, links: Links, number: int) -> None:
    """A browser that has never signed in."""
    answer = telling.stage.app.test_client().get(f"/confirm/{_tokens(telling, links.address)[number - 1]}")
    links.answered, links.status = shown(answer.text), answer.status_code
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@when(parsers.parse("该单位凭最新的链接不同意，原因是“{reason}”"))
def refuse(telling: Telling, links: Links, reason: str) -> None:
    """The unit's own words, with the name and post of who answers."""
    _answer(telling, links, [("confirmed", "false"), ("reason", reason)])


@when("该单位提交的答复没有写确认人")
def forget_the_person(telling: Telling, links: Links) -> None:
    """The form comes back with everything that was entered."""
    _answer(telling, links, [("confirmed", "false"), ("reason", "还没有看到协议全文。"), ("confirmer_name", "")])


@then("链接页面在选“不同意”以后才问原因")
def asks_for_the_reason(telling: Telling, links: Links) -> None:
    """Neither answer is chosen beforehand; the fields come anew when one is, and nothing is kept.

    However often the limit of guesses is passed on the way: a link that holds is none.
    """
    given: ports.Ports = telling.stage.app.extensions[ports.NAME]
    telling.stage.app.extensions[ports.NAME] = replace(given, limits={**given.limits, "verification": 1})
    client = telling.stage.app.test_client()
    address = f"/confirm/{_tokens(telling, links.address)[-1]}"
    page = client.get(address).text
    form = PageForm(page, "confirm-form")
    assert "confirmed" not in dict(form.pairs())
    assert "不同意的原因" not in page
    sent = {**dict(form.pairs()), "csrf_token": token_on(page)}
    assert "不同意的原因" in client.post(f"{address}/fields", data={**sent, "confirmed": "false"}).text
    assert client.post(f"{address}/fields", data={**sent, "confirmed": "true"}).status_code == 204
    assert "不同意的原因" not in client.get(address).text
    assert [client.get(f"/confirm/guess-{number}").status_code for number in range(2)] == [404, 429]
    telling.stage.app.extensions[ports.NAME] = given


@when("“牵头单位”作废该单位的链接")
def revoke(telling: Telling, links: Links) -> None:
    """The button in the unit's line on the case's page."""
    person = telling.stage.person(telling.login("牵头单位"))
    address = f"/cases/{_case(telling)}/members/{_open_task(telling, links.unit)}/revoke"
    assert address in person.get(f"/cases/{_case(telling)}")
    assert person.post(address).status_code == 303


@then(parsers.parse("链接页面写明“{text}”"))
def page_says(links: Links, text: str) -> None:
    """What the one who followed the link reads."""
    assert text in links.answered, links.answered[:600]


@then("链接页面可以打开合作协议，打不开别的附件")
def reads_the_agreement(telling: Telling, links: Links) -> None:
    """The files the form shows are served under the link; any other file of the case is not there."""
    base = f"/confirm/{_tokens(telling, links.address)[-1]}"
    client = telling.stage.app.test_client()
    codes = re.findall(rf'href="{base}/files/(att-[0-9a-f]+)"', client.get(base).text)
    assert codes
    assert all(client.get(f"{base}/files/{code}").data.startswith(b"%PDF") for code in codes)
    transact_in(telling, _another_file, codes[0])
    assert client.get(f"{base}/files/att-of-somebody-else").status_code == 404


@then(parsers.parse("“牵头单位”在案件页面看到“{text}”"))
@then(parsers.parse("“牵头单位”在成员名单里看到“{text}”"))
def lead_sees(telling: Telling, text: str) -> None:
    """The case's page, with the list of members."""
    person = telling.stage.person(telling.login("牵头单位"))
    assert text in shown(person.get(f"/cases/{_case(telling)}"))


@then(parsers.parse("“牵头单位”办理“{task}”时看到“{text}”"))
def lead_works_with(telling: Telling, task: str, text: str) -> None:
    """The words on the task's own page."""
    ((task_id, person),) = telling.turns(task, "lead")
    assert text in shown(person.get(f"/tasks/{task_id}"))


@then(parsers.parse("“牵头单位”办理“{task}”时看不到“{text}”"))
def lead_works_without(telling: Telling, task: str, text: str) -> None:
    """The words on the task's own page."""
    ((task_id, person),) = telling.turns(task, "lead")
    assert text not in shown(person.get(f"/tasks/{task_id}"))


@when(parsers.re("“牵头单位”在草稿里新增没有账号的成员单位“(?P<unit>[^”]+)”，联系邮箱是“(?P<address>[^”]*)”"))
def draft_with_another(telling: Telling, unit: str, address: str) -> None:
    """The draft is kept, not submitted."""
    ((task_id, person),) = telling.turns("填写申报材料", "lead")
    rows = [row for row in telling.data_of("填写申报材料")["members"] if row["name"] != unit]
    new = {**rows[-1], "name": unit, "credit_code": complete("91220100DEMX00770"), "contact_email": address}
    telling.declared["members"] = [*rows, new]
    pairs, files, form = telling.written(task_id, person, "填写申报材料")
    answer = person.post(f"/tasks/{task_id}", [*filled(form.pairs(), pairs), ("_draft", "1")], files)
    assert answer.status_code in {200, 303}


@then("操作记录写明是凭链接办理的")
def trail_says(telling: Telling) -> None:
    """No account stands in the entry; the unit's name and the mark of the link do."""
    acts = telling.stage.audit("link-used")
    assert [details["address"] for _, details in acts] == ["unit@example.invalid"]


def _another_file(work: UnitOfWork, code: str) -> None:
    """The same case has another clean file, which the form does not show."""
    known = work.session.scalars(select(Attachment).where(Attachment.code == code)).one()
    columns = {one.key: getattr(known, one.key) for one in Attachment.__table__.columns if one.key != "id"}
    work.session.add(Attachment(**{**columns, "code": "att-of-somebody-else", "field": "evidence"}))


@when("其余成员单位都确认")
def others_confirm(telling: Telling) -> None:
    """Everybody else, signed in, one after the other."""
    data = {"confirmed": True, "confirmer_name": "示例确认人", "confirmer_capacity": "legal"}
    for task_id, key in telling.stage.open_tasks(TASK):
        login = telling.stage.login_of(key)
        with telling.stage.app.app_context():
            user_id = db.session.scalar(select(User.id).where(User.login == login))
            actor = actor_of(db.session(), int(user_id or 0), local_date(telling.stage.now))
            assert actor is not None
            transact(user_tasks.complete, task_id, data=data, actor=actor, now=telling.stage.now)
            db.session.remove()
    telling.stage.after_act()


def _answer(telling: Telling, links: Links, given_pairs: list[tuple[str, str]]) -> None:
    client = telling.stage.app.test_client()
    address = f"/confirm/{_tokens(telling, links.address)[-1]}"
    page = client.get(address).text
    person = [("confirmer_name", "示例确认人"), ("confirmer_capacity", "authorised")]
    pairs = filled(PageForm(page, "confirm-form").pairs(), [*person, *given_pairs])
    answer = client.post(address, data={**dict(pairs), "csrf_token": token_on(page)})
    links.answered, links.status = shown(answer.text), answer.status_code
    telling.stage.after_act()


def _tokens(telling: Telling, address: str) -> list[str]:
    """The links mailed to an address, the oldest first."""
    found: list[tuple[int, str]] = []
    for file in (telling.stage.folder / "mail").glob("outbox-*.eml"):
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        number = int(re.findall(r"outbox-(\d+)", file.name)[0])
        if address in str(mail["To"]):
            found += [(number, token) for token in re.findall(r"/confirm/([\w-]+)", text)]
    return [token for _, token in sorted(found)]


def _open_task(telling: Telling, unit: str) -> int:
    (member,) = telling.stage.rows(select(Member.id).where(Member.name == unit))
    tasks = telling.stage.rows(
        select(UserTask.id, UserTask.inputs).where(UserTask.form == MEMBER_CONFIRMATION, UserTask.status == OPEN)
    )
    return int(next(task_id for task_id, inputs in tasks if int(inputs["member"]) == member))


def _case(telling: Telling) -> int:
    return telling.stage.cases[telling.story.procedure]


@when(parsers.parse("“牵头单位”补正时新增成员单位“{unit}”，联系邮箱是“{address}”"))
def correct_with_another(telling: Telling, links: Links, unit: str, address: str) -> None:
    """The list of the declaration with one line more; nothing about the others has changed."""
    rows = list(telling.data_of("补正申报材料")["members"])
    new = {**rows[-1], "name": unit, "credit_code": complete("91220100DEMX00770"), "contact_email": address}
    telling.declared["members"] = [*rows, new]
    links.address, links.unit = address, unit
    telling.act("补正申报材料", "lead")


@then("待确认的只有该单位")
def only_waits_for(telling: Telling, links: Links) -> None:
    """One task, and the list says so; the confirmations of the others stand."""
    ((_, key),) = telling.stage.open_tasks(TASK)
    units = dict(telling.stage.rows(select(Member.name, Member.credit_code)))
    assert key == f"member@{units[links.unit]}"
    page = shown(telling.stage.person(telling.login("牵头单位")).get(f"/cases/{_case(telling)}"))
    assert "1 家还没有确认" in page
    assert page.count("已确认") == len(units) - 1


@when("“牵头单位”换了合作协议，再办理“填写申报材料”")
def another_agreement(telling: Telling) -> None:
    """The same declaration with another file as its agreement."""
    ((task_id, person),) = telling.turns("填写申报材料", "lead")
    pairs, files, form = telling.written(task_id, person, "填写申报材料")
    files = [(name, file, PDF + b"% 2\n" if name == "agreement" else content) for name, file, content in files]
    assert person.submit(task_id, pairs, files, form=form).status_code == 303
    telling.stage.after_act()


@then("全部成员单位都要重新确认")
def all_are_asked(telling: Telling) -> None:
    """A confirmation is of the agreement that was read."""
    assert len(telling.stage.open_tasks(TASK)) == len(telling.stage.rows(select(Member.id)))


@when(parsers.parse("“{unit}”凭最新的链接确认参加"))
def named_confirms(telling: Telling, links: Links, unit: str) -> None:
    """A unit that has no account at all."""
    assert links.unit == unit
    _answer(telling, links, [("confirmed", "true")])
    assert links.status == 201, links.answered[:600]
