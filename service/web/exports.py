"""Every list as a spreadsheet: its columns, and the page's own query, asked until it has no more rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from flask import g
from marshmallow import Schema
from sqlalchemy.orm import Session

from service.domain.access import judging_paths
from service.domain.errors import InvalidInput
from service.domain.identity import Actor
from service.queries import (
    accounts,
    asked,
    audit,
    calls,
    cases,
    cut_offs,
    dashboard,
    experts,
    inbox,
    operations,
    programmes,
    register,
)
from service.queries.paging import Page
from service.store.session import db
from service.web import filters, schemas, trail_words, words
from service.web.i18n import language, this_day
from service.web.i18n import lazy_gettext as _
from service.web.menu import ADMINISTRATOR, AUDITOR, OFFICE
from service.web.security import moment

MOST_ROWS: Final = 10_000
AT_ONCE: Final = 500

Asked = Mapping[str, Any]
Reading = Callable[[Session, Actor, Asked, str], Page[Any]]
Column = tuple[str, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class List:
    """A list that can be had as a file: `read` gives the page after a position, as the page itself asks for it.

    `roles` are those of which a reader needs one, as on the page; empty where everybody signed in has the page.
    """

    title: str
    columns: tuple[Column, ...]
    read: Reading
    query: type[Schema] = schemas.PageQuery
    roles: tuple[str, ...] = ()


def rows(found: List, session: Session, actor: Actor, given: Asked) -> list[list[Any]]:
    """Every row of the list in its order. Raises InvalidInput for more than MOST_ROWS: nothing is left out unsaid."""
    made = [[value(row) for _title, value in found.columns] for row in _all(found, session, actor, given)]
    if len(made) > MOST_ROWS:
        raise too_many()
    return made


def too_many() -> InvalidInput:
    """The refusal of a list that is longer than a file may be."""
    return InvalidInput(
        field=str(_("导出")),
        zh=f"超过 {MOST_ROWS} 行，请先用筛选条件缩小范围再导出",
        en=f"more than {MOST_ROWS} rows; narrow the list by its filters first",
    )


def headings(found: List) -> list[str]:
    """The titles of the columns in the reader's language."""
    return [str(title) for title, _value in found.columns]


def _all(found: List, session: Session, actor: Actor, given: Asked) -> Iterator[Any]:
    """Row by row, one more than MOST_ROWS at the most."""
    after, number = "", 0
    while number <= MOST_ROWS:
        page = found.read(session, actor, given, after)
        yield from page.rows
        number += len(page.rows)
        after = page.next
        if not after:
            return


def _tasks(session: Session, actor: Actor, given: Asked, after: str) -> Page[Any]:
    return inbox.page(session, actor, given["scope"], filters.of_inbox(given), after=after, size=AT_ONCE)


def _cases(session: Session, actor: Actor, given: Asked, after: str) -> Page[Any]:
    return cases.page(session, actor, filters.of_cases(given), after=after, size=AT_ONCE)


def _signing(session: Session, actor: Actor, _given: Asked, after: str) -> Page[Any]:
    return asked.to_sign(session, actor, after=after, size=AT_ONCE)


def _copies(session: Session, actor: Actor, _given: Asked, after: str) -> Page[Any]:
    return asked.copies(session, actor, after=after, size=AT_ONCE)


def _accounts(session: Session, actor: Actor, given: Asked, after: str) -> Page[Any]:
    return accounts.page(session, actor, given["q"], after, size=AT_ONCE)


def _experts(session: Session, actor: Actor, given: Asked, after: str) -> Page[Any]:
    today = this_day()
    return experts.page(session, actor, today, text=given["q"], state=given["state"], after=after, size=AT_ONCE)


def _drawable(row: Any) -> str:
    if not row.active:
        return str(_("已停用"))
    return str(_("请假") if row.away_until else _("可以抽取"))


def _audit(session: Session, actor: Actor, given: Asked, after: str) -> Page[Any]:
    return audit.page(session, actor, filters.of_trail(given), after, size=AT_ONCE)


def _register(session: Session, _actor: Actor, given: Asked, after: str) -> Page[Any]:
    return register.page(
        session, text=given["q"], programme=given["programme"], state=given["state"], after=after, size=AT_ONCE
    )


def _calls(session: Session, actor: Actor) -> tuple[calls.CallLife, ...]:
    return calls.lives(session, programmes.within(session, actor, "administer"), this_day())


def _whole(read: Callable[[Session, Actor], Any]) -> Reading:
    """A list that has no pages."""
    return lambda session, actor, given, after: Page(tuple(read(session, actor)))


def _standing(row: Any) -> str:
    return words.state_word(row.standing).staff


def _who(row: Any) -> str:
    holder = row.holder
    return f"{holder.organisation or ''} {words.role_word(holder.role, _role_names())}".strip() if holder else ""


def _role_names() -> dict[str, str]:
    """What the programmes call their roles, read once a request."""
    if "role_names" not in g:
        g.role_names = programmes.role_names(db.session(), language())
    names: dict[str, str] = g.role_names
    return names


def _figures(part: Callable[[dashboard.Dashboard], tuple[Any, ...]]) -> Reading:
    """A part of the dashboard of the programme asked for; nothing where the reader has no case of it."""

    def read(session: Session, actor: Actor, given: Asked, _after: str) -> Page[Any]:
        own = dashboard.programmes_of(session, actor) if judging_paths(actor) else {}
        programme = own.get(given["programme"])
        return Page(part(dashboard.dashboard(session, actor, programme, moment())) if programme else ())

    return read


LISTS: Final[dict[str, List]] = {
    "standings": List(
        _("案件状态"),
        (
            (_("状态"), lambda row: words.state_word(row.code).staff),
            (_("件数"), lambda row: row.cases),
            (_("已办结"), lambda row: str(_("是") if row.ended else _("否"))),
        ),
        _figures(lambda figures: figures.standings),
        schemas.DashboardQuery,
    ),
    "stage-times": List(
        _("各环节用时"),
        (
            (_("环节"), lambda row: row.name),
            (_("在办"), lambda row: row.running),
            (_("已走完"), lambda row: row.passed),
            (_("中位数（工作日）"), lambda row: row.median),
            (_("最长（工作日）"), lambda row: row.longest),
            (_("时限（工作日）"), lambda row: row.limit),
            (_("按期"), lambda row: "" if row.on_time is None else f"{row.on_time:.0%}"),
        ),
        _figures(lambda figures: figures.stages),
        schemas.DashboardQuery,
    ),
    "late-tasks": List(
        _("逾期的任务"),
        (
            (_("申报件"), lambda row: row.case_title),
            (_("任务"), lambda row: row.name),
            (_("谁来办"), _who),
            (_("到期"), lambda row: row.due_at),
            (_("逾期（工作日）"), lambda row: row.days),
        ),
        _figures(lambda figures: figures.late),
        schemas.DashboardQuery,
    ),
    "tasks": List(
        _("待办"),
        (
            (_("任务"), lambda row: row.name),
            (_("申报件编号"), lambda row: row.case_number),
            (_("申报件"), lambda row: row.case_title),
            (_("申报单位"), lambda row: row.applicant),
            (_("办理人"), lambda row: row.assignee),
            (_("到达"), lambda row: row.opened_at),
            (_("到期"), lambda row: row.due_at),
            (_("办结"), lambda row: row.closed_at),
        ),
        _tasks,
        schemas.InboxQuery,
    ),
    "cases": List(
        _("申报件"),
        (
            (_("申报件编号"), lambda row: row.number),
            (_("申报件"), lambda row: row.title),
            (_("申报单位"), lambda row: row.applicant),
            (_("专项"), lambda row: row.programme),
            (_("状态"), _standing),
            (_("现在的一步"), lambda row: row.step),
            (_("谁来办"), _who),
            (_("到期"), lambda row: row.due_at),
            (_("提交"), lambda row: row.submitted_at),
            (_("办结"), lambda row: row.ended_at),
        ),
        _cases,
        schemas.CasesQuery,
    ),
    "signing": List(
        _("请我签的"),
        (
            (_("任务"), lambda row: row.task_name),
            (_("申报件编号"), lambda row: row.case_number),
            (_("申报件"), lambda row: row.case_title),
            (_("谁"), lambda row: row.who),
            (_("请签的内容"), lambda row: row.question),
            (_("时间"), lambda row: row.asked_at),
        ),
        _signing,
    ),
    "copies": List(
        _("抄送我的"),
        (
            (_("申报件编号"), lambda row: row.case_number),
            (_("申报件"), lambda row: row.case_title),
            (_("谁"), lambda row: row.who),
            (_("附言"), lambda row: row.note),
            (_("时间"), lambda row: row.sent_at),
        ),
        _copies,
    ),
    "cut-offs": List(
        _("本单位的截止日期"),
        (
            (_("批次"), lambda row: row.call_title),
            (_("专项"), lambda row: row.programme),
            (_("期限"), lambda row: row.label),
            (_("日期"), lambda row: row.on),
            (_("不得晚于"), lambda row: row.until),
        ),
        _whole(lambda session, actor: cut_offs.cut_offs(session, actor, this_day())),
    ),
    "calls": List(
        _("批次"),
        (
            (_("批次"), lambda row: row.title),
            (_("编号"), lambda row: row.key),
            (_("专项"), lambda row: row.programme),
            (_("阶段"), lambda row: words.phase_word(row.phase)),
            (_("开始"), lambda row: row.opens_on),
            (_("截止"), lambda row: row.closes_on),
            (_("收到"), lambda row: row.received),
            (_("在办"), lambda row: row.running),
            (_("逾期失效"), lambda row: row.too_late),
        ),
        _whole(_calls),
        roles=(ADMINISTRATOR,),
    ),
    "incidents": List(
        _("停住的自动步骤"),
        (
            (_("申报件编号"), lambda row: row.case_number),
            (_("申报件"), lambda row: row.case_title),
            (_("步骤"), lambda row: row.name or row.element),
            (_("原因"), lambda row: row.en if language() == "en" else row.zh),
            (_("试过几次"), lambda row: row.tries),
            (_("时间"), lambda row: row.opened_at),
            (_("受影响的期限"), lambda row: row.deadline),
            (_("到期"), lambda row: row.deadline_at),
        ),
        _whole(lambda session, actor: operations.incidents(session, actor, MOST_ROWS + 1)),
        roles=(ADMINISTRATOR,),
    ),
    "accounts": List(
        _("人员与单位"),
        (
            (_("账号"), lambda row: row.login),
            (_("姓名"), lambda row: row.name),
            (_("单位"), lambda row: row.organisation),
            (_("邮箱"), lambda row: row.email),
            (_("状态"), lambda row: str(_("启用") if row.active else _("停用"))),
        ),
        _accounts,
        schemas.AccountsQuery,
        (ADMINISTRATOR,),
    ),
    "organisations": List(
        _("单位"),
        (
            (_("代码"), lambda row: row.code),
            (_("名称"), lambda row: row.name),
            (_("信用代码"), lambda row: row.credit_code),
            (_("所在地"), lambda row: row.region),
            (_("上级"), lambda row: row.above),
        ),
        _whole(lambda session, actor: accounts.places(session, actor, size=MOST_ROWS + 1)),
        roles=(ADMINISTRATOR,),
    ),
    "experts": List(
        _("专家库"),
        (
            (_("姓名"), lambda row: row.name),
            (_("工作单位"), lambda row: row.employer),
            (_("统一社会信用代码"), lambda row: row.employer_credit_code),
            (_("职称"), lambda row: row.title),
            (_("专业领域"), lambda row: row.field),
            (_("回避单位"), lambda row: "；".join(row.avoid)),
            (_("状态"), _drawable),
            (_("主管机关"), lambda row: row.authority),
        ),
        _experts,
        schemas.ExpertsQuery,
        (OFFICE,),
    ),
    "audit": List(
        _("操作记录"),
        (
            (_("时间"), lambda row: row.at),
            (_("谁"), lambda row: row.who),
            (_("替谁"), lambda row: row.details.get("stands_for_name")),
            (_("做了什么"), lambda row: trail_words.action_word(row.action)),
            (_("申报件编号"), lambda row: row.case_number),
            (_("对象"), lambda row: f"{trail_words.object_word(row.object_type)} {row.object_name or row.object_id}"),
            (_("原因"), lambda row: row.details.get("reason") or row.details.get("why")),
            (_("序号"), lambda row: row.seq),
            (_("校验值"), lambda row: row.hash),
        ),
        _audit,
        schemas.TrailQuery,
        (AUDITOR,),
    ),
}
REGISTER: Final = List(
    _("名录"),
    (
        (_("编号"), lambda row: row.number),
        (_("名称"), lambda row: row.name),
        (_("牵头单位"), lambda row: row.applicant),
        (_("专项"), lambda row: row.programme),
        (_("登记日期"), lambda row: row.entered_on),
        (_("状态"), lambda row: words.entry_state(row.state)[0]),
    ),
    _register,
    schemas.RegisterQuery,
)
