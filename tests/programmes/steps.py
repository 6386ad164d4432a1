"""The fixed sentences of the scenarios: names of tasks, roles, deadlines and fields as the designer wrote them."""

from __future__ import annotations

import io
from datetime import date, time, timedelta
from typing import Any

from lxml import html
from openpyxl import load_workbook
from pytest_bdd import given, parsers, then, when
from sqlalchemy import select

from service.domain.identity import SYSTEM
from service.store.cases import Case
from service.store.messages import Message
from service.store.organisations import Organisation
from service.store.papers import Paper
from service.store.register import Ban, RegisterEntry
from service.store.timers import Timer
from service.store.unit_of_work import UnitOfWork, transact
from tests.support.page_form import shown
from tests.support.stage import Person, at
from tests.support.telling import Telling, member_rows, story_of, usual_of

LEVELS = {"国家级": "nation", "省级": "province", "市级": "city"}
OFFICE = "office"


# ---- 假如


@given(parsers.parse("今天是 {day}"))
def today_is(telling: Telling, day: str) -> None:
    """The virtual day, when the office opens."""
    telling.stage.now = at(date.fromisoformat(day))


@given(parsers.parse("各步填写同故事“{name}”"))
def words_of(telling: Telling, name: str) -> None:
    """The story beside the programme's diagrams whose words go into the forms."""
    telling.story = story_of(telling.stage.programme, name)


@given(parsers.parse("申报书列成员单位 {total:d} 家，其中企业 {enterprises:d} 家"))
def members_are(telling: Telling, total: int, enterprises: int) -> None:
    """The member list of the declaration."""
    telling.declared["members"] = member_rows(usual_of(telling.stage.programme), total, enterprises)
    telling.declared["few_members_reason"] = (
        "示例产业链环节集中，骨干企业数量有限，首批成员较少，已约定两年内扩充到十家以上。"
    )


@given(parsers.parse("申报书附“{level}”单位的批建文件"))
def approved_by(telling: Telling, level: str) -> None:
    """An approval document of a unit of this level."""
    approval = dict(story_of(telling.stage.programme, "direct-eight").steps[0].data["approval"])
    telling.declared |= {"has_approval": True, "approval": {**approval, "level": LEVELS[level]}}


@given(parsers.parse("“{role}”自 {day} 起三年内禁止牵头"))
def banned_since(telling: Telling, role: str, day: str) -> None:
    """The unit is under a ban of three calendar years from that day."""
    first = date.fromisoformat(day)
    transact_in(telling, _ban, telling.login(role), first, first.replace(year=first.year + 3) - timedelta(days=1))


@given(parsers.parse("案件已办到“{task}”"))
def played_until(telling: Telling, task: str) -> None:
    """The story has been acted until this task waits for somebody."""
    telling.play_until(task, done=False)
    assert task in telling.stage.open_names(), telling.stage.open_names()


@given(parsers.parse("案件已办完“{task}”"))
def played_through(telling: Telling, task: str) -> None:
    """The story has been acted through this task."""
    telling.play_until(task, done=True)


@given(parsers.parse("备案编号“{number}”已被别的记录占用"))
def number_taken(telling: Telling, number: str) -> None:
    """Somebody entered the number by hand."""
    transact_in(telling, _take_number, number)


# ---- 当


@when(parsers.parse("“{role}”发起“{procedure}”"))
def starts(telling: Telling, role: str, procedure: str) -> None:
    """The button on the role's first page."""
    telling.start(telling.procedure(procedure), telling.role(role))


@given(parsers.re("“(?P<role>[^”]+)”办理“(?P<task>[^”]+)”$"))
@when(parsers.re("“(?P<role>[^”]+)”办理“(?P<task>[^”]+)”$"))
def completes(telling: Telling, role: str, task: str, datatable: Any = ()) -> None:
    """The task's page filled in with the story's words, the table's labels first; everyone whose turn it is."""
    telling.act(task, telling.role(role), _table(datatable))


@when(parsers.parse("“{unit}”也发起“{procedure}”"))
def another_starts(telling: Telling, unit: str, procedure: str) -> None:
    """A second unit of the same department declares; from now on both cases go the same way."""
    telling.start_another(unit, telling.procedure(procedure))


@when(parsers.parse("{count:d} 位“{role}”办理“{task}”"))
def some_complete(telling: Telling, count: int, role: str, task: str) -> None:
    """Only so many of those whose turn it is."""
    telling.act(task, telling.role(role), only=count)


@when(parsers.parse("过了 {days:d} 天"))
def days_pass(telling: Telling, days: int) -> None:
    """Time passes and the clock ticks, until nine o'clock of that day."""
    telling.stage.pass_days(days)


@when(parsers.re(r"时间到了 (?P<day>\d{4}-\d\d-\d\d) (?P<hour>\d\d:\d\d)"))
def time_is(telling: Telling, day: str, hour: str) -> None:
    """Time passes until this minute, and the clock ticks."""
    telling.stage.pass_until(at(date.fromisoformat(day), time.fromisoformat(hour)))


@when(parsers.parse("“{deadline}”期限届满"))
def deadline_ends(telling: Telling, deadline: str) -> None:
    """Time passes until the deadline of this name is over."""
    telling.stage.pass_until(telling.stage.due_of(telling.deadline(deadline)))


@when(parsers.parse("“牵头单位”撤回申报，原因是“{reason}”"))
def withdraws(telling: Telling, reason: str) -> None:
    """The lead unit's own button; whether it is accepted is said by the next sentence."""
    telling.withdraw(reason)


@when("服务重新启动")
def restarts(telling: Telling) -> None:
    """The process ends; a new one opens the same database."""
    telling.stage.restart()


@when(parsers.parse("每一步之前都重新启动，按故事“{name}”走完"))
def restarts_at_every_wait(telling: Telling, name: str) -> None:
    """The whole story, the process ended and begun anew before each step."""
    telling.story = story_of(telling.stage.programme, name)
    telling.play_until(telling.story.steps[0].task, done=False)
    for step in telling.story.steps:
        if not step.advance_days:
            telling.stage.restart()
        telling.play([step])


@when(parsers.parse("“{number}”的占用已改正"))
def number_freed(telling: Telling, number: str) -> None:
    """The entry by hand has a number of its own now."""
    transact_in(telling, _free_number, number)


@when(parsers.parse("管理员重试“{name}”"))
def administrator_retries(telling: Telling, name: str) -> None:
    """The button on the page of what is stuck."""
    admin = telling.stage.person("admin")
    ((incident, stuck),) = telling.stage.open_incidents()
    assert stuck == name
    assert name in shown(admin.get("/operations"))
    telling.answer = admin.post(f"/operations/incidents/{incident}/retry")
    assert telling.answer.status_code == 303


@when(parsers.parse("时钟重试“{name}”"))
def clock_retries(telling: Telling, name: str) -> None:
    """The clock's own next try."""
    assert [stuck for _, stuck in telling.stage.open_incidents()] == [name]
    telling.stage.pass_until(telling.stage.now + timedelta(minutes=2))


# ---- 那么


@then(parsers.parse("案件状态是“{word}”"))
def state_is(telling: Telling, word: str) -> None:
    """The word at the head of the case's page, as the office reads it."""
    page = _case_page(telling, telling.stage.person(OFFICE))
    tags = html.fromstring(page).xpath("//div[contains(@class, 'pagehead')]//span[contains(@class, 'tag')]")
    assert [tag.text_content().strip() for tag in tags] == [word]


@then(parsers.parse("“{unit}”的案件状态是“{word}”"))
def other_state_is(telling: Telling, unit: str, word: str) -> None:
    """The same word on the page of the other unit's case."""
    page = telling.stage.person(OFFICE).get(f"/cases/{telling.stage.cases[unit]}")
    tags = html.fromstring(page).xpath("//div[contains(@class, 'pagehead')]//span[contains(@class, 'tag')]")
    assert [tag.text_content().strip() for tag in tags] == [word]


@then(parsers.parse("“{role}”下载的“{title}”有 {count:d} 个案件"))
def workbook_of(telling: Telling, role: str, title: str, count: int) -> None:
    """The table that was dispatched, as PDF and as Excel, from the dispatch's own page."""
    person = telling.stage.person(telling.login(role))
    page = html.fromstring(person.get(f"/cases/{telling.stage.cases['summary-dispatch']}"))
    (address,) = {a.get("href") for a in page.xpath("//a[contains(@href, '/papers/')]") if a.text_content() == title}
    assert person.client.get(f"{address}.pdf").data.startswith(b"%PDF")
    book = load_workbook(io.BytesIO(person.client.get(f"{address}.xlsx").data))
    rows = list(book.worksheets[0].iter_rows(min_row=3, values_only=True))
    assert [row[0] for row in rows] == list(range(1, count + 1))
    assert [row[7] for row in rows] == [1000] * count


@then(parsers.parse("“{role}”扫描“{title}”上的二维码，找到这一件"))
def scanned(telling: Telling, role: str, title: str) -> None:
    """A scanner types the address of the QR code into the search; only who may see the case finds it."""
    (code,) = telling.stage.rows(select(Paper.code).where(Paper.title == title))
    address = f"/cases?q=http://127.0.0.1:8000/verify?code%3D{code}"
    case = f'href="/cases/{telling.stage.cases[telling.story.procedure]}"'
    assert case in telling.stage.person(telling.login(role)).get(address)
    assert case not in telling.stage.person("leader").get(address.replace(code, code[::-1]))


@then(parsers.parse("“{role}”被提醒“{title}” {count:d} 次"))
def reminded(telling: Telling, role: str, title: str, count: int) -> None:
    """So many messages of this title to the role's group, in whatever case."""
    keys = [key for key in telling.stage.rows(select(Message.group_key).where(Message.title == title))]
    assert len([key for key in keys if key.startswith(f"{telling.role(role)}@")]) == count


@then(parsers.parse("“{role}”还看不到这一件"))
def not_seen(telling: Telling, role: str) -> None:
    """A draft is the applicant's own."""
    person = telling.stage.person(telling.login(role))
    address = f"/cases/{telling.stage.cases[telling.story.procedure]}"
    assert person.client.get(address).status_code == 404
    assert address not in person.get("/cases")


@then(parsers.parse("轮到“{role}”办理“{task}”"))
def turn_of(telling: Telling, role: str, task: str) -> None:
    """The task stands in the to-do list of everyone whose turn it is."""
    for task_id, person in telling.turns(task, telling.role(role)):
        listed = person.get("/tasks?scope=groups") + person.get("/tasks")
        assert f'href="/tasks/{task_id}"' in listed, f"{person.login} does not find “{task}”"
        assert task in shown(person.get(f"/tasks/{task_id}"))


@then(parsers.parse("没有待办“{task}”"))
def not_open(telling: Telling, task: str) -> None:
    """Nobody has this task."""
    assert task not in telling.stage.open_names()


@then(parsers.parse("“{task}”的期限是 {day}"))
def due_on(telling: Telling, task: str, day: str) -> None:
    """The last day that the task's page shows."""
    task_id, key = telling.stage.open_tasks(task)[0]
    person = telling.stage.person(telling.stage.login_of(key))
    last = date.fromisoformat(day)
    page = shown(person.get(f"/tasks/{task_id}"))
    assert f"{last.month}月{last.day}日" in page, page[:400]


@then(parsers.parse("“{role}”收到“{title}”"))
def receives(telling: Telling, role: str, title: str) -> None:
    """A paper on the case's page, or a message, with these words in its title."""
    person = telling.stage.person(telling.login(role))
    assert title in shown(person.get("/messages")) + shown(_case_page(telling, person))


@then(parsers.parse("资格核对提示“{text}”"))
def finding(telling: Telling, text: str) -> None:
    """A finding of the decision tables beside the applicant's form or the reviewer's."""
    names = telling.stage.open_tasks()
    task_id, key = names[0]
    assert text in shown(telling.stage.person(telling.stage.login_of(key)).get(f"/tasks/{task_id}"))


@then(parsers.parse("名录中有“{name}”"))
def in_register(telling: Telling, name: str) -> None:
    """Everybody may look it up."""
    page = telling.stage.app.test_client().get("/register")
    assert page.status_code == 200
    assert name in shown(page.text)


@then("名录中没有它")
def not_in_register(telling: Telling) -> None:
    """The declared name is not in the public register."""
    core = telling.data_of("填写申报材料")["core_name"]
    assert core not in shown(telling.stage.app.test_client().get("/register").text)


@then(parsers.parse("撤回被拒绝，提示“{text}”"))
def withdrawal_refused(telling: Telling, text: str) -> None:
    """The answer to the button, in words."""
    assert telling.answer is not None
    assert telling.answer.status_code == 409
    assert text in shown(telling.answer.text)


@then(parsers.parse("“{role}”提交“{task}”被拒绝，提示“{text}”"))
def submission_refused(telling: Telling, role: str, task: str, text: str, datatable: Any = ()) -> None:
    """The form is answered with its reasons, and the task stays where it was."""
    task_id, person = telling.turns(task, telling.role(role))[0]
    answer = telling.send(task_id, person, task, _table(datatable))
    assert answer.status_code == 422
    assert text in shown(answer.text)
    assert task in telling.stage.open_names()


@then(parsers.parse("“{deadline}”的定时器还有 {count:d} 个在等"))
def timers_wait(telling: Telling, deadline: str, count: int) -> None:
    """So many timers of this deadline stand in the database."""
    name = telling.deadline(deadline)
    assert len(telling.stage.rows(select(Timer.id).where(Timer.deadline == name))) == count


@then(parsers.parse("“{deadline}”的定时器共触发 {count:d} 次"))
def timers_fired(telling: Telling, deadline: str, count: int) -> None:
    """So many entries of the audit trail, no two of the same timer."""
    name = telling.deadline(deadline)
    fired = [key for key, details in telling.stage.audit("timer-fired") if details["deadline"] == name]
    assert len(fired) == count
    assert len(set(fired)) == count


@then("没有一个定时器触发两次")
def none_fired_twice(telling: Telling) -> None:
    """Each firing in the audit trail is of a timer of its own."""
    fired = [(key, details["element"]) for key, details in telling.stage.audit("timer-fired")]
    assert fired
    assert len(set(fired)) == len(fired)


@then(parsers.parse("停住的自动步骤是“{name}”"))
def is_stuck(telling: Telling, name: str) -> None:
    """The administrator's page lists it, and the case's page says that somebody is at it."""
    assert [stuck for _, stuck in telling.stage.open_incidents()] == [name]
    assert name in shown(telling.stage.person("admin").get("/operations"))
    assert "自动步骤停住了" in shown(_case_page(telling, telling.stage.person(OFFICE)))


@then("没有停住的自动步骤")
def nothing_stuck(telling: Telling) -> None:
    """Nothing waits for an administrator."""
    assert not telling.stage.open_incidents()


@then(parsers.parse("办结方式是“{outcome}”"))
def outcome_is(telling: Telling, outcome: str) -> None:
    """The outcome code of the diagram's end event, for statistics."""
    case_id = telling.stage.cases[telling.story.procedure]
    assert telling.stage.rows(select(Case.outcome).where(Case.id == case_id)) == [outcome]


def transact_in(telling: Telling, act: Any, *args: Any) -> None:
    with telling.stage.app.app_context():
        transact(act, *args, actor=SYSTEM, now=telling.stage.now)


def _ban(work: UnitOfWork, unit: str, from_on: date, to_on: date) -> None:
    code = work.session.scalar(select(Organisation.credit_code).where(Organisation.code == unit))
    assert code is not None
    work.session.add(Ban(credit_code=code, from_on=from_on, to_on=to_on, reason="示例：整改期满未达标，取消称号"))


def _take_number(work: UnitOfWork, number: str) -> None:
    case_id = work.session.scalars(select(Case.id).order_by(Case.id.desc())).first()
    taken = {
        "programme": "by-hand",
        "name": "示例手工登记",
        "credit_code": None,
        "case_id": case_id,
        "state": "operating",
    }
    work.session.add(RegisterEntry(number=number, entered_on=date(2026, 1, 5), data={}, **taken))


def _free_number(work: UnitOfWork, number: str) -> None:
    entry = work.session.scalars(select(RegisterEntry).where(RegisterEntry.number == number)).one()
    entry.number = f"手工{number}"


def _case_page(telling: Telling, person: Person) -> str:
    return person.get(f"/cases/{telling.stage.cases[telling.story.procedure]}")


def _table(datatable: Any) -> list[tuple[str, str]]:
    """| 栏目 | 填写 | rows; the first row may be that heading."""
    rows = [(row[0], row[1]) for row in datatable or ()]
    return rows[1:] if rows and rows[0] == ("栏目", "填写") else rows
