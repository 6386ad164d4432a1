"""The inbox: open tasks of a person and of the groups they belong to, in the order of their due dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_, union_all
from sqlalchemy.orm import Session, aliased

from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, instant_cursor, read_instant_cursor
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.user_tasks import COMPLETED, NEVER, OPEN, TaskGroup, UserTask
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
    keys = _done(actor, filters, position, size) if scope == "done" else _open(actor, scope, filters, position, size)
    if keys is None:
        return Page(())
    found = session.execute(keys).all()
    shown, last = cut(found, size)
    rows = _rows(session, {row.id: row.due_order for row in shown})
    return Page(tuple(rows), instant_cursor(last.due_order, last.id) if last is not None else "")


def next_acts(session: Session, actor: Actor, size: int = 10) -> tuple[InboxRow, ...]:
    """The first open tasks that are the actor's or free for the actor to take, the earliest due first."""
    mine = page(session, actor, "mine", size=size).rows
    free = page(session, actor, "groups", size=size).rows
    unique = {row.task_id: row for row in (*mine, *free)}
    return tuple(sorted(unique.values(), key=lambda row: (row.order, row.task_id)))[:size]


def counts(session: Session, actor: Actor) -> dict[Scope, int]:
    """How many tasks are mine and how many are free to take, each counted to COUNT_LIMIT."""
    found: dict[Scope, int] = {"mine": 0, "groups": 0}
    for scope in found:
        keys = _open(actor, scope, NO_FILTERS, None, COUNT_LIMIT - 1)
        if keys is not None:
            found[scope] = session.execute(select(func.count()).select_from(keys.subquery())).scalar_one()
    return found


def _open(
    actor: Actor, scope: Scope, filters: Filters, position: tuple[datetime, int] | None, size: int
) -> Select[*Columns] | None:
    if scope == "mine":
        order = func.coalesce(UserTask.due_at, NEVER)
        chosen = (
            select(UserTask.id.label("id"), order.label("due_order"))
            .where(UserTask.status == OPEN, UserTask.assignee_id == actor.user_id)
            .order_by(order, UserTask.id)
            .limit(size + 1)
        )
        return _narrow(chosen, filters, order, UserTask.id, position)
    groups = sorted(actor.groups)
    if not groups:
        return None
    # One index scan a group, each stopping after a page: a plain IN would read and sort every group's whole backlog.
    arms = [_arm(group, filters, position, size).subquery() for group in groups]
    merged = union_all(*(select(arm.c.id, arm.c.due_order) for arm in arms)).subquery()
    return select(merged.c.id, merged.c.due_order).distinct().order_by(merged.c.due_order, merged.c.id).limit(size + 1)


def _arm(group: str, filters: Filters, position: tuple[datetime, int] | None, size: int) -> Select[*Columns]:
    chosen = (
        select(TaskGroup.task_id.label("id"), TaskGroup.due_order.label("due_order"))
        .join(UserTask, UserTask.id == TaskGroup.task_id)
        .where(TaskGroup.group_key == group, TaskGroup.open, UserTask.status == OPEN, UserTask.assignee_id.is_(None))
        .order_by(TaskGroup.due_order, TaskGroup.task_id)
        .limit(size + 1)
    )
    return _narrow(chosen, filters, TaskGroup.due_order, TaskGroup.task_id, position)


def _done(actor: Actor, filters: Filters, position: tuple[datetime, int] | None, size: int) -> Select[*Columns]:
    """Finished tasks, the newest first; their order is the instant of closing."""
    chosen = (
        select(UserTask.id.label("id"), UserTask.closed_at.label("due_order"))
        .where(UserTask.status == COMPLETED, UserTask.completed_by == actor.user_id)
        .order_by(UserTask.closed_at.desc(), UserTask.id.desc())
        .limit(size + 1)
    )
    if position is not None:
        at, row_id = position
        chosen = chosen.where(or_(UserTask.closed_at < at, and_(UserTask.closed_at == at, UserTask.id < row_id)))
    return _matching(chosen, filters)


def _narrow(
    chosen: Select[*Columns],
    filters: Filters,
    order: ColumnElement[Any] | Any,
    key: Any,
    position: tuple[datetime, int] | None,
) -> Select[*Columns]:
    if position is not None:
        chosen = chosen.where(tuple_(order, key) > tuple_(*position))
    if filters.due_from is not None:
        chosen = chosen.where(order >= filters.due_from)
    if filters.due_before is not None:
        chosen = chosen.where(order < filters.due_before)
    return _matching(chosen, filters)


def _matching(chosen: Select[*Columns], filters: Filters) -> Select[*Columns]:
    if not (filters.text or filters.programme):
        return chosen
    chosen = chosen.join(Case, Case.id == UserTask.case_id)
    if filters.programme:
        chosen = chosen.where(Case.programme == filters.programme)
    if filters.text:
        pattern = "%" + filters.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        applicant = aliased(Organisation)
        chosen = chosen.join(applicant, applicant.id == Case.applicant_id, isouter=True).where(
            or_(
                Case.title.ilike(pattern, escape="\\"),
                Case.number.ilike(pattern, escape="\\"),
                applicant.name.ilike(pattern, escape="\\"),
                UserTask.name.ilike(pattern, escape="\\"),
            )
        )
    return chosen


def _rows(session: Session, order: dict[int, datetime]) -> list[InboxRow]:
    """The rows of these tasks, in the order of the dict."""
    if not order:
        return []
    found = session.execute(
        select(
            UserTask.id, UserTask.name, UserTask.element, UserTask.assignee_id, User.name.label("assignee"),
            UserTask.due_at, UserTask.due_reason, UserTask.opened_at, UserTask.closed_at,
            Case.id.label("case_id"), Case.number, Case.title, Case.programme, Case.procedure, Case.state,
            Organisation.name.label("applicant"),
        )
        .join(Case, Case.id == UserTask.case_id)
        .join(Organisation, Organisation.id == Case.applicant_id, isouter=True)
        .join(User, User.id == UserTask.assignee_id, isouter=True)
        .where(UserTask.id.in_(list(order)))
    )  # fmt: skip
    rows = {
        row.id: InboxRow(
            row.id, row.name, row.element, row.case_id, row.number, row.title, row.programme, row.procedure, row.state,
            row.applicant or "", row.assignee_id, row.assignee or "", row.due_at, row.due_reason,
            row.opened_at, row.closed_at, order[row.id],
        )
        for row in found
    }  # fmt: skip
    return [rows[task_id] for task_id in order if task_id in rows]
