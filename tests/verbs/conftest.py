"""An office that has every kind of task, and the sentences of the scenarios played in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, then, when
from sqlalchemy import select

from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.messages import Message
from service.store.submissions import Draft, Submission
from service.store.user_tasks import UserTask
from tests.support.invariants import check
from tests.support.office import Office, sqlite_office
from tests.support.page_form import PageForm
from tests.verbs.desk import PROCEDURES, ROLES, VOTERS, Desk

BEGIN = datetime(2025, 3, 3, 1, 0, tzinfo=UTC)
PROGRAMME = "sample-verbs"
WAYS = {"按流程重走": "walk", "办完直接回来": "resume"}
PLACES = {"前加签": "before", "后加签": "after"}
CASE_VERBS = {"暂停": "suspend", "恢复": "resume", "终止": "cancel"}
VOTES = ("会签", *PROCEDURES)


@pytest.fixture
def office(run_folder: Path, tmp_path: Path) -> Iterator[Office]:
    """The sample programme of verbs on SQLite, on Monday 3 March 2025, nine o'clock in Beijing."""
    with sqlite_office(run_folder, tmp_path, PROGRAMME, BEGIN, models="verbs") as found:
        yield found


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    """Browsers in that office; whatever was played, every invariant of the database holds."""
    found = Desk(office)
    yield found
    assert check().hold, check().breaches


@given(parsers.parse("事项已办到“{name}”"))
def played_to(desk: Desk, name: str) -> None:
    """A matter is acted until this task is open."""
    desk.start("matter")
    for role, task in (("申报单位", "填写申请"), ("经办人", "初核")):
        if name not in desk.names():
            desk.submit(role, task)
    assert name in desk.names()


@given(parsers.parse("“{role}”已打开“{name}”"), target_fixture="opened")
def opened_before(desk: Desk, role: str, name: str) -> tuple[int, PageForm]:
    """The page stands on somebody's screen while others act."""
    return desk.open_form(role, name)


@when(parsers.parse("“{role}”把先前打开的一份交上，写了“{note}”"))
def sent_late(desk: Desk, role: str, note: str, opened: tuple[int, PageForm]) -> None:
    """The page from before is submitted."""
    desk.send(role, opened, note)


@then(parsers.parse("没有收下，页面写着“{first}”和“{second}”，填的“{note}”还在"))
def told_who_was_first(desk: Desk, first: str, second: str, note: str, opened: tuple[int, PageForm]) -> None:
    """A conflict names who was first and when; what was entered is on the page and kept as the draft."""
    assert desk.last is not None
    assert desk.last.status_code == 409
    assert all(text in desk.last.text for text in (first, second, note))
    drafts = desk.office.rows(select(Draft.data).where(Draft.task_id == opened[0]))
    assert note in str(drafts)


@given(parsers.parse("开始“{name}”"))
def begun(desk: Desk, name: str) -> None:
    """A procedure that is one vote."""
    desk.start(PROCEDURES[name])


@when(parsers.re("“(?P<role>[^”]+)”办结“(?P<task>[^”]+)”$"))
def submits(desk: Desk, role: str, task: str) -> None:
    desk.submit(role, task)


@when(parsers.parse("会签人各办结一份“{task}”"))
def submits_all(desk: Desk, task: str) -> None:
    for voter in VOTERS:
        desk.submit(voter, task)
    assert task not in desk.names()


@when(parsers.parse("“{role}”在“{task}”上表示不同意"))
def disagrees(desk: Desk, role: str, task: str) -> None:
    desk.submit(role, task, "disagree")


@when(parsers.parse("会签人依次表示“{opinions}”"))
def vote(desk: Desk, opinions: str) -> None:
    for voter, opinion in zip(VOTERS, opinions.split("、"), strict=False):
        desk.submit(voter, desk.names()[0], "agree" if opinion == "同意" else "disagree")


@when(parsers.parse("“{role}”在“{task}”上退回到“{target}”，{way}，原因“{reason}”"))
def sends_back(desk: Desk, role: str, task: str, target: str, way: str, reason: str) -> None:  # noqa: PLR0917 # the words of the sentence
    element = {"初核": "check", "复核": "recheck"}[target]
    answer = desk.verb(role, task, "return", target=element, way=WAYS[way], reason=reason)
    assert answer.status_code == 303, answer.text[:3000]


@when(parsers.parse("“{role}”在“{task}”上请“{signer}”{place}，原因“{reason}”"))
def adds_signer(desk: Desk, role: str, task: str, signer: str, place: str, reason: str) -> None:  # noqa: PLR0917 # the words of the sentence
    person = desk.office.person(*ROLES[signer]).user_id
    answer = desk.verb(role, task, "add-signer", person=person, place=PLACES[place], reason=reason)
    assert answer.status_code == 303, answer.text[:3000]


@when(parsers.re("“(?P<role>[^”]+)”签署“(?P<task>[^”]+)”，(?P<agrees>同意|不同意)，意见“(?P<opinion>[^”]+)”"))
def signs(desk: Desk, role: str, task: str, agrees: str, opinion: str) -> None:
    assert f"/tasks/{desk.task(task)}/do/sign" in desk.get(role, "/tasks/asked")
    answer = desk.verb(role, task, "sign", agrees="true" if agrees == "同意" else "false", reason=opinion)
    assert answer.status_code == 303, answer.text[:3000]


@when(
    parsers.re("“(?P<role>[^”]+)”把“(?P<task>[^”]+)”(?P<verb>转办|委派)给“(?P<other>[^”]+)”，原因“(?P<reason>[^”]+)”")
)
def gives(desk: Desk, role: str, task: str, verb: str, other: str, reason: str) -> None:  # noqa: PLR0917 # the words of the sentence
    key = {"转办": "transfer", "委派": "delegate"}[verb]
    answer = desk.verb(role, task, key, person=desk.office.person(*ROLES[other]).user_id, reason=reason)
    assert answer.status_code == 303, answer.text[:3000]


@when(parsers.parse("“{role}”交回“{task}”"))
def hands_back(desk: Desk, role: str, task: str) -> None:
    """The delegate's primary button."""
    desk.submit(role, task)


@when(parsers.parse("“{role}”催办“{task}”"))
def urges(desk: Desk, role: str, task: str) -> None:
    desk.verb(role, task, "urge")


@when(parsers.parse("“{role}”对案件“{verb}”，原因“{reason}”"))
def acts_on_case(desk: Desk, role: str, verb: str, reason: str) -> None:
    address = f"/cases/{desk.case_id}/do/{CASE_VERBS[verb]}"
    assert address in desk.get(role, f"/cases/{desk.case_id}")
    desk.get(role, address)
    assert desk.post(role, address, {"reason": reason}).status_code == 303


@when(parsers.parse("过了 {days:d} 天"))
def days_pass(desk: Desk, days: int) -> None:
    desk.office.tick(desk.office.now + timedelta(days=days))


@then(parsers.parse("打开的任务是“{names}”"))
def open_are(desk: Desk, names: str) -> None:
    assert desk.names() == sorted(names.split("、"))


@then(parsers.parse("“{role}”的待办里有“{text}”"))
def in_inbox(desk: Desk, role: str, text: str) -> None:
    pages = [desk.get(role, f"/tasks?scope={scope}") for scope in ("mine", "groups")]
    assert any(text in page for page in pages)


@then(parsers.parse("“{task}”的页面写着“{text}”"))
def page_says(desk: Desk, task: str, text: str) -> None:
    assert text in desk.get("经办人", f"/tasks/{desk.task(task)}")


@then(parsers.parse("“{role}”没有要签的"))
def nothing_to_sign(desk: Desk, role: str) -> None:
    assert "/do/sign" not in desk.get(role, "/tasks/asked")


@then(parsers.parse("收下的会签是 {count:d} 份"))
def votes_kept(desk: Desk, count: int) -> None:
    mine = select(Submission.id).join(UserTask, UserTask.id == Submission.task_id)
    kept = desk.office.rows(mine.where(Submission.case_id == desk.case_id, UserTask.name.in_(VOTES)))
    assert len(kept) == count


@then("事项已办结")
def has_ended(desk: Desk) -> None:
    (ended,) = desk.office.rows(select(Case.ended_at).where(Case.id == desk.case_id))
    assert ended is not None
    assert desk.names() == []


@then(parsers.parse("“{role}”收到“{text}”"))
def was_told(desk: Desk, role: str, text: str) -> None:
    actor = desk.office.person(*ROLES[role])
    groups = desk.office.rows(select(Message.title).where(Message.group_key.in_(sorted(actor.groups))))
    own = desk.office.rows(select(Message.title).where(Message.user_id == actor.user_id))
    assert any(text in title for title in (*groups, *own))


@then(parsers.parse("被拒绝，提示“{text}”"))
def was_refused(desk: Desk, text: str) -> None:
    assert desk.last is not None
    assert desk.last.status_code == 409
    assert text in desk.last.text


@then(parsers.parse("办理记录依次有“{verbs}”"))
def history_has(desk: Desk, verbs: str) -> None:
    page = desk.get("经办人", f"/cases/{desk.case_id}")
    history = page[page.index("办理记录") :]
    places = [history.index(f"</b> {verb}") for verb in reversed(verbs.split("、"))]
    assert places == sorted(places), "the newest stands first"
    assert desk.office.count(AuditEntry, AuditEntry.case_id == desk.case_id) > 0
