"""Sentences about papers and the receipt desk (纸质收件): a clerk scans a printed set, registers what was delivered."""

from __future__ import annotations

from datetime import datetime

from pytest_bdd import parsers, then, when
from sqlalchemy import select

from service.store.messages import Message
from service.store.papers import Paper
from service.store.user_tasks import UserTask
from tests.support.page_form import shown
from tests.support.stage import at
from tests.support.telling import Telling

RECEIVED = r"“(?P<role>[^”]+)”在 (?P<moment>\S+ \d\d:\d\d) 扫描版本码，实收 (?P<copies>\d+) 份(?P<judged>.*)$"
JUDGED = {"推荐意见": "opinion_present", "公章": "seal_present"}


@when(parsers.re(RECEIVED))
def received(telling: Telling, role: str, moment: str, copies: str, judged: str) -> None:
    """Scan, land on the receipt with code and moment filled in, judge the rest, press the button."""
    now = datetime.fromisoformat(moment)
    telling.stage.pass_until(at(now.date(), now.time()))
    clerk, code = telling.stage.person(telling.login(role)), _code(telling)
    answer = clerk.post("/paper", [("code", f"https://example.invalid/verify?code={code}")])
    assert answer.status_code == 303, shown(answer.text)[:800]
    task_id = int(answer.headers["Location"].removeprefix("/tasks/").partition("#")[0])
    form = clerk.open_task(task_id)
    standing = dict(form.pairs())
    assert (standing["scanned"], f"{standing['received_on']} {standing['received_time']}") == (code, moment)
    given = [("same_code", "yes"), ("bound", "yes"), ("copies_received", copies)]
    for word, name in JUDGED.items():
        if word in judged:
            given.append((name, "no" if f"没有{word}" in judged else "yes"))
    telling.answer = clerk.submit(task_id, given, form=form)
    assert telling.answer.status_code == 303, shown(telling.answer.text)[:800]
    telling.stage.after_act()


@then(parsers.parse("“{role}”扫描“{code}”，提示“{text}”"))
def scan_refused(telling: Telling, role: str, code: str, text: str) -> None:
    """A code that leads to no receipt."""
    answer = telling.stage.person(telling.login(role)).post("/paper", [("code", code)])
    assert answer.status_code == 422
    assert text in shown(answer.text), shown(answer.text)[:800]


@then(parsers.parse("“{role}”扫描版本码，提示“{text}”"))
def scan_of_the_set_refused(telling: Telling, role: str, text: str) -> None:
    """The newest set of the case, when there is nothing to register."""
    scan_refused(telling, role, _code(telling), text)


@then(parsers.parse("收件台的最近一件是“{result}”"))
def newest_receipt(telling: Telling, result: str) -> None:
    """What the desk shows after the last registration."""
    assert telling.answer is not None
    assert telling.answer.headers["Location"] == "/paper"
    page = telling.stage.person(telling.login("省工信厅科技处")).get("/paper")
    assert result in shown(page), shown(page)[:800]


@then(parsers.parse("“{role}”收到的“{title}”写明“{text}”"))
def message_says(telling: Telling, role: str, title: str, text: str) -> None:
    """The words of a message to the role's group."""
    rows = telling.stage.rows(select(Message.group_key, Message.body).where(Message.title == title))
    told = [body for key, body in rows if key.startswith(f"{telling.role(role)}@")]
    assert told
    assert all(text in body for body in told), told[0]


@then(parsers.parse("{count:d} 位专家收到“{title}”"))
def experts_told(telling: Telling, count: int, title: str) -> None:
    """So many experts have a message of this title."""
    told = telling.stage.rows(select(Message.group_key).where(Message.title == title))
    assert len({key for key in told if key.startswith("expert:")}) == count, told


@then(parsers.parse("“{title}”是“{office}”的文书"))
def whose_paper(telling: Telling, title: str, office: str) -> None:
    """The head that the newest paper of the title bears."""
    paper_id, case_id = telling.stage.rows(
        select(Paper.id, Paper.case_id).where(Paper.title == title).order_by(Paper.id.desc())
    )[0]
    page = telling.stage.person(telling.login("牵头单位")).get(f"/cases/{case_id}/papers/{paper_id}")
    assert office in shown(page), shown(page)[:800]


def _code(telling: Telling) -> str:
    sets = select(Paper.code).where(Paper.letter == "paper-set").order_by(Paper.id.desc())
    return str(telling.stage.rows(sets)[0])


@then(parsers.parse("“{role}”对“{task}”只能填写和提交"))
def fills_in_and_no_more(telling: Telling, role: str, task: str) -> None:
    """No other verb is on the page, and none is taken from who sends it all the same."""
    ((task_id, person), *_) = telling.turns(task, telling.role(role))
    assert f"/tasks/{task_id}/do/" not in person.get(f"/tasks/{task_id}")
    given = [("reason", "想请别人来办"), ("person", "1"), ("target", "x"), ("way", "walk")]
    keys = ("transfer", "delegate", "return", "take-back", "copy", "urge")
    answers = [person.post(f"/tasks/{task_id}/do/{key}", given).status_code for key in keys]
    assert {*answers} == {403}, answers


@then(parsers.parse("“{role}”不能把“{task}”退回"))
def sends_nothing_back(telling: Telling, role: str, task: str) -> None:
    """What an authority has done is not undone by the unit it was done for, whatever step the unit names."""
    ((task_id, person), *_) = telling.turns(task, telling.role(role))
    assert f"/tasks/{task_id}/do/return" not in person.get(f"/tasks/{task_id}")
    steps = {
        "/".join(path[:end]) for path in telling.stage.rows(select(UserTask.path)) for end in range(1, len(path) + 1)
    }
    given = [("way", "walk"), ("reason", "请重新审查")]
    answers = [person.post(f"/tasks/{task_id}/do/return", [("target", step), *given]).status_code for step in steps]
    assert {*answers} == {422}
