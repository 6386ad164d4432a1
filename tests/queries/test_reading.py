"""Every query on both kinds of database: what it shows, to whom, and in which order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotFound
from service.domain.identity import Actor, Grant
from service.queries import case_page, cases, dockets, inbox, messages, notices, objections, operations, register
from service.queries import sessions as signed_in
from service.queries.frame import frame
from service.queries.paging import instant_cursor, read_instant_cursor
from service.store.attachments import Attachment
from service.store.audit import AuditEntry
from service.store.incidents import Incident
from service.store.members import Member
from service.store.messages import Message
from service.store.notices import Notice, Objection
from service.store.organisations import Organisation
from service.store.panels import Panel, Seat
from service.store.register import RegisterEntry
from service.store.session import db
from service.store.timers import Timer
from service.store.users import User, UserSession, token_digest
from tests.support import factories as make

AT = make.AT


def _actor(user: User, organisation: Organisation, *roles: str) -> Actor:
    grants = frozenset(Grant(role, organisation.id, organisation.path) for role in roles)
    return Actor(user.id, user.name, organisation.id, grants, credit_code=organisation.credit_code)


@pytest.fixture
def town(store: Flask) -> dict[str, Organisation]:
    """An authority with two counties, a unit in the first, and another authority."""
    del store
    session = db.session()
    bureau = make.make_organisation(session, name="市科技局")
    return {
        "bureau": bureau,
        "green": make.make_organisation(session, bureau, name="绿园区"),
        "clean": make.make_organisation(session, bureau, name="净月区"),
        "unit": make.make_organisation(session, name="示例企业", kind="enterprise", credit_code="91220101MA00000000"),
        "other": make.make_organisation(session, name="另一个市"),
    }


def _case(town: dict[str, Organisation], **over: object):  # type: ignore[no-untyped-def] # a row
    values = {
        "applicant_id": town["unit"].id,
        "competent_id": town["green"].id,
        "authority_id": town["bureau"].id,
        "submitted_at": AT,
        "state": "local_review",
    }
    return make.make_case(db.session(), **{**values, **over})


def _titles(actor: Actor) -> Collection[str]:
    return {row.title for row in cases.page(db.session(), actor).rows}


def test_staff_see_what_was_submitted_under_them_and_applicants_their_own(town: dict[str, Organisation]) -> None:
    session = db.session()
    _case(town, title="已提交")
    _case(town, title="草稿", submitted_at=None, state="draft")
    user = make.make_user(session, town["bureau"])
    assert _titles(_actor(user, town["bureau"], "office")) == {"已提交"}
    assert _titles(_actor(user, town["green"], "local-clerk")) == {"已提交"}
    assert _titles(_actor(user, town["clean"], "local-clerk")) == set()
    assert _titles(_actor(user, town["other"], "office")) == set()
    assert _titles(_actor(user, town["unit"], "lead")) == {"已提交", "草稿"}
    assert _titles(_actor(user, town["bureau"], "auditor")) == {"已提交"}
    assert _titles(_actor(user, town["other"], "auditor")) == set()
    assert _titles(_actor(user, town["bureau"], "administrator")) == set()


def test_nobody_judges_the_own_unit(town: dict[str, Organisation]) -> None:
    session = db.session()
    case = _case(town, title="自己单位的")
    user = make.make_user(session, town["bureau"])
    grants = frozenset({Grant("office", town["bureau"].id, town["bureau"].path)})
    colleague = Actor(user.id, "同事", town["bureau"].id, grants, credit_code="12220100MB00000000")
    assert _titles(colleague) == {"自己单位的"}
    session.add(Member(case_id=case.id, position=1, name="成员", credit_code="12220100MB00000000", data={}))
    session.flush()
    assert _titles(colleague) == set()
    with pytest.raises(NotFound):
        case_page.facts(session, colleague, case.id)


def test_the_inbox_is_in_the_order_of_due_dates_and_shows_free_tasks_once(town: dict[str, Organisation]) -> None:
    session = db.session()
    user, other = make.make_user(session, town["green"]), make.make_user(session, town["green"])
    keys = (f"local-clerk@{town['green'].id}", f"local-head@{town['green'].id}")
    instances = [make.make_instance(session, _case(town, title=f"第{number}件")) for number in range(4)]
    make.make_task(session, instances[0], keys, due_at=AT + timedelta(days=3))
    make.make_task(session, instances[1], keys, due_at=AT + timedelta(days=1))
    make.make_task(session, instances[2], keys)
    make.make_task(session, instances[3], keys, due_at=AT, assignee_id=other.id)
    actor = _actor(user, town["green"], "local-clerk", "local-head")
    first = inbox.page(session, actor, "groups", size=2)
    assert [row.case_title for row in first.rows] == ["第1件", "第0件"]
    second = inbox.page(session, actor, "groups", after=first.next, size=2)
    assert [row.case_title for row in second.rows] == ["第2件"]
    assert not second.next
    told = frame(session, actor)
    assert (told.mine, told.groups, told.open_tasks) == (0, 3, 3)
    narrow = inbox.Filters(text="第1", due_before=AT + timedelta(days=2))
    assert [row.case_title for row in inbox.page(session, actor, "groups", narrow).rows] == ["第1件"]
    holder = _actor(other, town["green"], "local-clerk")
    assert [row.case_title for row in inbox.page(session, holder, "mine").rows] == ["第3件"]
    assert inbox.page(session, holder, "done").rows == ()


def test_a_page_of_the_inbox_costs_two_statements_however_many_tasks(town: dict[str, Organisation]) -> None:
    session = db.session()
    user = make.make_user(session, town["green"])
    keys = (f"local-clerk@{town['green'].id}",)
    instance = make.make_instance(session, _case(town))
    for number in range(60):
        make.make_task(session, instance, keys, due_at=AT + timedelta(minutes=number))
    session.flush()
    said: list[str] = []
    listen = lambda _c, _cur, statement, *_: said.append(statement)  # noqa: E731 # removed again below
    event.listen(db.engine, "before_cursor_execute", listen)
    inbox.page(session, _actor(user, town["green"], "local-clerk"), "groups")
    event.remove(db.engine, "before_cursor_execute", listen)
    assert len(said) == 2


@pytest.mark.parametrize("cursor", ["x", "~", "2025-04-01~x", "2025-13-01~3", "1~2~3"])
def test_a_cursor_nobody_gave_out_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        read_instant_cursor(cursor)


def test_a_cursor_comes_back_as_it_went() -> None:
    at = datetime(2025, 4, 1, 2, 0, 0, 123456, tzinfo=UTC)
    assert read_instant_cursor(instant_cursor(at, 7)) == (at, 7)
    assert read_instant_cursor("") is None


def test_an_outsider_reads_organisations_where_staff_read_names(town: dict[str, Organisation]) -> None:
    session = db.session()
    case = _case(town)
    clerk, lead = (
        make.make_user(session, town["green"], name="周敏"),
        make.make_user(session, town["unit"], name="林晓"),
    )
    for user in (clerk, lead):
        session.add(
            AuditEntry(at=AT, actor_id=user.id, actor_name=user.name, action="task-completed", case_id=case.id,
                       object_type="user-task", object_id="1", details={"name": "初审"})
        )  # fmt: skip
    session.flush()
    applicant, office = _actor(lead, town["unit"], "lead"), _actor(clerk, town["green"], "local-clerk")
    seen = {row.who for row in case_page.history(session, applicant, case_page.facts(session, applicant, case.id))}
    assert seen == {"绿园区", "示例企业 林晓"}
    staff = {row.who for row in case_page.history(session, office, case_page.facts(session, office, case.id))}
    assert staff == {"绿园区 周敏", "示例企业 林晓"}


def test_who_objected_is_for_the_authority_alone(town: dict[str, Organisation]) -> None:
    session = db.session()
    case = _case(town)
    notice = Notice(number="1", case_id=case.id, title="公示", body="", from_on=date(2025, 4, 1),
                    to_on=date(2025, 4, 8), published_at=AT)  # fmt: skip
    session.add(notice)
    session.flush()
    session.add(
        Attachment(code="att-1", case_id=case.id, task_id=None, field="objection:1", name="李某的证明.pdf",
                   media_type="application/pdf", size=1, sha256="0" * 64, uploaded_by=None, uploaded_at=AT)
    )  # fmt: skip
    one = Objection(notice_id=notice.id, case_id=case.id, code="YY1", name="李某", contact="139", kind="person",
                    facts="已注销", attachments=["att-1"], lodged_at=AT)  # fmt: skip
    session.add(one)
    session.flush()
    user = make.make_user(session, town["bureau"])
    inputs = {"objection_id": one.id}
    bureau = _actor(user, town["bureau"], "objection-handler")
    found = objections.of_task(session, bureau, case.id, inputs, AT)
    assert found is not None
    assert (found.name, found.files) == ("李某", (("att-1", "李某的证明.pdf"),))
    county = _actor(user, town["green"], "local-clerk")
    assert objections.of_task(session, county, case.id, inputs, AT) is None
    facts = case_page.facts(session, county, case.id)
    assert case_page.files(session, county, facts) == ()


def test_the_rest_reads_on_both(town: dict[str, Organisation]) -> None:
    session = db.session()
    case = _case(town)
    instance = make.make_instance(session, case)
    user, expert = make.make_user(session, town["bureau"], "administrator"), make.make_expert(session)
    panel = Panel(case_id=case.id, seed="s", pool_digest="d", record={}, created_at=AT)
    session.add_all([
        panel,
        Message(user_id=user.id, case_id=case.id, title="消息", body="", created_at=AT),
        Message(group_key="elsewhere@1", title="别人的", body="", created_at=AT),
        Incident(instance_id=instance.id, case_id=case.id, engine_task=1, element="e", name="出错", code="c",
                 zh="错", en="e", opened_at=AT),
        Timer(instance_id=instance.id, engine_task=2, element="t", process="p", due_at=AT),
        RegisterEntry(number="联备1号", programme="p", name="联合体", case_id=case.id, state="operating",
                      entered_on=date(2025, 4, 1), data={}),
        Notice(number="公示1号", case_id=case.id, title="公示", body="", from_on=date(2025, 4, 1),
               to_on=date(2025, 4, 8), published_at=AT),
        UserSession(token_hash=token_digest("token"), user_id=user.id, created_at=AT, seen_at=AT,
                    expires_at=AT + timedelta(minutes=30), csrf="c"),
    ])  # fmt: skip
    session.flush()
    session.add(Seat(panel_id=panel.id, position=1, expert_id=expert.id))
    session.flush()
    actor = _actor(user, town["bureau"], "administrator")
    assert [row.title for row in messages.page(session, actor).rows] == ["消息"]
    assert frame(session, actor).unread == 1
    assert [row.name for row in operations.incidents(session, actor)] == ["出错"]
    assert operations.clock(session, AT).overdue_timers == 1
    assert len(operations.timers(session, actor)) == 1
    assert [row.number for row in register.page(session, text="联合").rows] == ["联备1号"]
    assert notices.find(session, "公示1号").is_running(local_date(AT))
    assert [row.number for row in notices.page(session, running_on=date(2025, 4, 8)).rows] == ["公示1号"]
    assert dockets.panel(session, case.id).seats[0].expert == expert.name  # type: ignore[union-attr]
    assert dockets.agenda(session, case.id) is None
    assert dockets.dispatched(session, case.id) == ()
    found = signed_in.find(session, "token", AT)
    assert found is not None
    assert found.actor.holds("administrator")
    assert signed_in.find(session, "token", AT + timedelta(minutes=30)) is None
    assert signed_in.find(session, "another", AT) is None
