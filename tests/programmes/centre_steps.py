"""The sentences about a centre that was filed before, what is begun about it, and calls that an administrator opens."""

from __future__ import annotations

from datetime import date
from typing import Any

from pytest_bdd import given, parsers, then, when
from sqlalchemy import select

from service.commands import centres, deployments
from service.programmes.folder import read_folder
from service.settings import ROOT
from service.store.calls import Call
from service.store.cases import Case
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.register import RegisterEntry
from service.store.unit_of_work import UnitOfWork
from tests.programmes.steps import transact_in
from tests.support.page_form import shown
from tests.support.telling import Telling


@given("名录中有故事里的中心")
def filed_before(telling: Telling) -> None:
    """The centre that the story begins with, led by the scenario's lead unit."""
    assert telling.story.centre is not None, "the story begins with no centre"
    transact_in(telling, _enrol, telling)


@given(parsers.parse("管理员开放批次“{title}”，{opens_on} 开始，“{deadline}” {last}"))
@when(parsers.parse("管理员开放批次“{title}”，{opens_on} 开始，“{deadline}” {last}"))
def opens_call(telling: Telling, title: str, opens_on: str, deadline: str, last: str) -> None:
    """The page on which an administrator opens a call with one date."""
    admin = telling.stage.person("admin")
    pairs = [("title", title), ("call_key", f"call-{last}"), ("year", opens_on[:4]), ("opens_on", opens_on)]
    answer = admin.post(
        f"/operations/calls/{telling.stage.programme}/new", [*pairs, (f"date-{telling.deadline(deadline)}", last)]
    )
    assert answer.status_code == 303, shown(answer.text)[:800]


@given(parsers.parse("规则自 {day} 起施行"))
def in_force(telling: Telling, day: str) -> None:
    """The programme is published with its rules in force from that day on."""
    key = telling.stage.programme
    files, place = read_folder(ROOT, key), f"bpmn/{key}/programme.toml"
    begun = f'status = "in-force"\neffective_from = {day}\n'.encode()
    transact_in(telling, deployments.publish, {**files, place: files[place].replace(b'status = "draft"\n', begun)}, key)


@then(parsers.parse("“{role}”被告知“{words}” {count:d} 次"))
def told(telling: Telling, role: str, words: str, count: int) -> None:
    """Messages to the role's group whose title holds the words."""
    key = f"{telling.role(role)}@"
    rows = telling.stage.rows(select(Message.group_key).where(Message.title.contains(words)))
    assert sum(str(one).startswith(key) for one in rows) == count


@then(parsers.parse("“{role}”不能发起“{procedure}”，提示“{text}”"))
def cannot_start(telling: Telling, role: str, procedure: str, text: str) -> None:
    """Whoever presses the button all the same is told why not."""
    address, login = f"/cases/start/{telling.stage.programme}/{telling.procedure(procedure)}", telling.login(role)
    telling.stage.people.pop(login, None)  # a session of two years ago has ended: sign in anew
    answer = telling.stage.person(login).post(address)
    assert answer.status_code == 403, answer.status_code
    assert text in shown(answer.text), shown(answer.text)[:800]


@then(parsers.parse("规则页面写明“{text}”"))
def rules_say(telling: Telling, text: str) -> None:
    """What the public page of the rules says."""
    page = shown(telling.stage.app.test_client().get(f"/rules/{telling.stage.programme}").text)
    assert text in page, page[:800]


@when(parsers.parse("“{role}”就它发起“{procedure}”"))
def begins(telling: Telling, role: str, procedure: str) -> None:
    """Press the button of a matter on the centre's page."""
    key, entry = telling.procedure(procedure), telling.stage.rows(select(RegisterEntry.id))[0]
    person = telling.stage.person(telling.login(role))
    assert f"/centres/{entry}/start/{key}" in person.get(f"/centres/{entry}")
    answer = person.post(f"/centres/{entry}/start/{key}")
    assert answer.status_code == 303, shown(answer.text)[:800]
    telling.stage.cases[key] = telling.stage.newest_case(key)
    telling.stage.after_act()


@then(parsers.parse("案件归入批次“{title}”"))
def in_call(telling: Telling, title: str) -> None:
    """The call to which the scenario's case belongs."""
    assert _calls(telling) == [title]


@then("案件还没有归入批次")
def in_no_call(telling: Telling) -> None:
    """It goes on meanwhile."""
    assert _calls(telling) == [None]


@then(parsers.parse("名录中“{name}”的状态是“{word}”"))
def standing_is(telling: Telling, name: str, word: str) -> None:
    """What the public page of the entry says."""
    (number,) = telling.stage.rows(select(RegisterEntry.number).where(RegisterEntry.name == name))
    page = shown(telling.stage.person("lead").get(f"/register/{number}"))
    assert word in page, page[:800]


def _calls(telling: Telling) -> list[Any]:
    mine = select(Call.title).select_from(Case).outerjoin(Call, Call.id == Case.call_id)
    case_id = telling.stage.cases[telling.story.procedure]
    return telling.stage.rows(mine.where(Case.id == case_id))


def _enrol(work: UnitOfWork, telling: Telling) -> None:
    centre = telling.story.centre
    assert centre is not None
    code = work.session.scalar(select(Organisation.credit_code).where(Organisation.code == "lead"))
    assert code is not None
    entered_on: date = min(centre.entered_on, telling.stage.now.date())
    centres.enrol(
        work, telling.stage.programme, number=centre.number, name=centre.name, credit_code=code,
        entered_on=entered_on, standing=centre.standing,
    )  # fmt: skip
