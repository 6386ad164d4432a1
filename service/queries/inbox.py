"""The inbox: open tasks of a person and of the groups they belong to, in the order of their due dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, instant_cursor, read_instant_cursor
from service.store.access import fits_task_named, task_values
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.session import UTCDateTime
from service.store.user_tasks import COMPLETED, IS_OPEN, NEVER, TaskGroup, UserTask
from service.store.users import User

Scope = Literal["mine", "groups", "done"]
Columns = tuple[Any, ...]
COUNT_LIMIT = 100


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One task as a list shows it."""

    task_id: int
    name: str
    element: str
    case_id: int
    case_number: str | None
    case_title: str
    programme: str
    procedure: str
    state: str
    applicant: str
    assignee_id: int | None
    assignee: str
    due_at: datetime | None
    due_reason: dict[str, Any] | None
    opened_at: datetime
    closed_at: datetime | None
    order: datetime
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows an inbox; `due_before` is exclusive."""

    text: str = ""
    programme: str = ""
    due_from: datetime | None = None
    due_before: datetime | None = None


NO_FILTERS = Filters()


def page(
    session: Session, actor: Actor, scope: Scope, filters: Filters = NO_FILTERS, *, after: str = "", size: int = PAGE
) -> Page[InboxRow]:
    """One page of the inbox. `mine`: claimed by the actor; `groups`: free to take; `done`: finished by the actor.

    Two statements: the keys of the page from one index per group, then their rows.
    """
    position = read_instant_cursor(after)
    asked = _asked(actor, scope, filters, position, size)
    if asked is None:
        return Page(())
    found = session.execute(_keys(*asked[0]), asked[1]).all()
    shown, last = cut(found, size)
    rows = _rows(session, {row.id: row.due_order for row in shown})
    return Page(tuple(rows), instant_cursor(last.due_order, last.id) if last is not None else "")


def next_acts(session: Session, actor: Actor, size: int = 10) -> tuple[InboxRow, ...]:
    """The first open tasks that are the actor's or free for the actor to take, the earliest due first."""
    mine = page(session, actor, "mine", size=size).rows
    free = page(session, actor, "groups", size=size).rows
    unique = {row.task_id: row for row in (*mine, *free)}
    return tuple(sorted(unique.values(), key=lambda row: (row.order, row.task_id)))[:size]


def counting(actor: Actor, scope: Scope) -> tuple[ColumnElement[int], dict[str, Any]]:
    """How many tasks a scope has, counted to COUNT_LIMIT: as part of a statement, and what that needs for values."""
    asked = _asked(actor, scope, NO_FILTERS, None, COUNT_LIMIT - 1)
    return (_count(*asked[0]).scalar_subquery(), asked[1]) if asked is not None else (literal(0), {})


def count(session: Session, actor: Actor, scope: Scope, filters: Filters) -> int:
    """How many tasks a filter leaves, counted to COUNT_LIMIT."""
    asked = _asked(actor, scope, filters, None, COUNT_LIMIT - 1)
    return int(session.execute(_count(*asked[0]), asked[1]).scalar_one()) if asked is not None else 0


Narrowing = frozenset[str]
Shape = tuple[Scope, int, Narrowing]


def _asked(
    actor: Actor, scope: Scope, filters: Filters, position: tuple[datetime, int] | None, size: int
) -> tuple[Shape, dict[str, Any]] | None:
    """The shape of the statement, and its values; None for an actor without groups.

    Statements are built once a shape: building one costs ten times what the database needs to answer it.
    """
    values: dict[str, Any] = {"person": actor.user_id, "most": size + 1}
    groups = sorted(actor.groups) if scope == "groups" else []
    if scope == "groups" and not groups:
        return None
    values.update((f"group_{number}", group) for number, group in enumerate(groups))
    given: dict[str, Any] = {
        "text": f"%{_escaped(filters.text)}%" if filters.text else None,
        "programme": filters.programme or None,
        "due_from": filters.due_from,
        "due_before": filters.due_before,
        "at": position[0] if position else None,
        "row": position[1] if position else None,
    }
    given |= task_values(actor)
    if scope == "mine" and actor.lent:
        given |= {"principals": sorted(actor.stands_for), "lent_groups": sorted(actor.lent_groups)}
    values.update((name, value) for name, value in given.items() if value is not None)
    narrowing = frozenset(name for name, value in given.items() if value is not None)
    return (scope, len(groups), narrowing), values


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


@lru_cache(maxsize=512)
def _keys(scope: Scope, groups: int, narrowing: Narrowing) -> Select[*Columns]:
    if scope == "done":
        return _done(narrowing)
    if scope == "mine":
        return _mine(narrowing)
    # One index scan a group, each stopping after a page: a plain IN would read and sort every group's whole backlog.
    arms = [_arm(number, narrowing).subquery() for number in range(groups)]
    merged = union_all(*(select(arm.c.id, arm.c.due_order) for arm in arms)).subquery()
    return (
        select(merged.c.id, merged.c.due_order)
        .distinct()
        .order_by(merged.c.due_order, merged.c.id)
        .limit(bindparam("most"))
    )


@lru_cache(maxsize=64)
def _count(scope: Scope, groups: int, narrowing: Narrowing) -> Select[*Columns]:
    return select(func.count()).select_from(_keys(scope, groups, narrowing).subquery())


def _mine(narrowing: Narrowing) -> Select[*Columns]:
    """Claimed by the person; a deputy's are also those that the principal has in one of the roles lent."""
    order = func.coalesce(UserTask.due_at, NEVER)
    whose = UserTask.assignee_id == bindparam("person")
    if "principals" in narrowing:
        lent = exists().where(
            TaskGroup.task_id == UserTask.id, TaskGroup.group_key.in_(bindparam("lent_groups", expanding=True))
        )
        whose = or_(whose, and_(UserTask.assignee_id.in_(bindparam("principals", expanding=True)), lent))
    chosen = (
        select(UserTask.id.label("id"), order.label("due_order"))
        .where(IS_OPEN, whose)
        .order_by(order, UserTask.id)
        .limit(bindparam("most"))
    )
    return _narrow(chosen, narrowing, order, UserTask.id)


def _arm(number: int, narrowing: Narrowing) -> Select[*Columns]:
    chosen = (
        select(TaskGroup.task_id.label("id"), TaskGroup.due_order.label("due_order"))
        .join(UserTask, UserTask.id == TaskGroup.task_id)
        .where(TaskGroup.group_key == bindparam(f"group_{number}"), TaskGroup.open)
        .where(IS_OPEN, UserTask.assignee_id.is_(None))
        .order_by(TaskGroup.due_order, TaskGroup.task_id)
        .limit(bindparam("most"))
    )
    return _narrow(chosen, narrowing, TaskGroup.due_order, TaskGroup.task_id)


def _done(narrowing: Narrowing) -> Select[*Columns]:
    """Finished tasks, the newest first; their order is the instant of closing."""
    at = bindparam("at", type_=UTCDateTime)
    chosen = (
        select(UserTask.id.label("id"), UserTask.closed_at.label("due_order"))
        .where(UserTask.status == COMPLETED, UserTask.completed_by == bindparam("person"))
        .order_by(UserTask.closed_at.desc(), UserTask.id.desc())
        .limit(bindparam("most"))
    )
    if "at" in narrowing:
        chosen = chosen.where(
            or_(UserTask.closed_at < at, and_(UserTask.closed_at == at, UserTask.id < bindparam("row")))
        )
    return _matching(chosen, narrowing)


def _narrow(chosen: Select[*Columns], narrowing: Narrowing, order: Any, key: Any) -> Select[*Columns]:
    if "at" in narrowing:
        chosen = chosen.where(tuple_(order, key) > tuple_(bindparam("at", type_=UTCDateTime), bindparam("row")))
    if "due_from" in narrowing:
        chosen = chosen.where(order >= bindparam("due_from", type_=UTCDateTime))
    if "due_before" in narrowing:
        chosen = chosen.where(order < bindparam("due_before", type_=UTCDateTime))
    return _matching(chosen, narrowing)


def _matching(chosen: Select[*Columns], narrowing: Narrowing) -> Select[*Columns]:
    """Also without the tasks of cases the actor has to stay out of."""
    chosen = chosen.where(fits_task_named(narrowing))
    if not narrowing & {"text", "programme"}:
        return chosen
    chosen = chosen.join(Case, Case.id == UserTask.case_id)
    if "programme" in narrowing:
        chosen = chosen.where(Case.programme == bindparam("programme"))
    if "text" in narrowing:
        text, applicant = bindparam("text", type_=String), aliased(Organisation)
        looked_in = (Case.title, Case.number, applicant.name, UserTask.name)
        chosen = chosen.outerjoin(applicant, applicant.id == Case.applicant_id).where(
            or_(*(column.ilike(text, escape="\\") for column in looked_in))
        )
    return chosen


def _rows(session: Session, order: dict[int, datetime]) -> list[InboxRow]:
    """The rows of these tasks, in the order of the dict."""
    if not order:
        return []
    found = session.execute(_details(), {"ids": list(order)})
    rows = {
        row.id: InboxRow(
            row.id, row.name, row.element, row.case_id, row.number, row.title, row.programme, row.procedure, row.state,
            row.applicant or "", row.assignee_id, row.assignee or "", row.due_at, row.due_reason,
            row.opened_at, row.closed_at, order[row.id],
            row.suspended_at is not None,
        )
        for row in found
    }  # fmt: skip
    return [rows[task_id] for task_id in order if task_id in rows]


@lru_cache(maxsize=1)
def _details() -> Select[*Columns]:
    return (
        select(
            UserTask.id, UserTask.name, UserTask.element, UserTask.assignee_id, User.name.label("assignee"),
            UserTask.due_at, UserTask.due_reason, UserTask.opened_at, UserTask.closed_at,
            Case.id.label("case_id"), Case.number, Case.title, Case.programme, Case.procedure, Case.state,
            Case.suspended_at, Organisation.name.label("applicant"),
        )
        .join(Case, Case.id == UserTask.case_id)
        .outerjoin(Organisation, Organisation.id == Case.applicant_id)
        .outerjoin(User, User.id == UserTask.assignee_id)
        .where(UserTask.id.in_(bindparam("ids", expanding=True)))
    )  # fmt: skip
