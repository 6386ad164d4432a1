"""Lists of cases: those the actor may see, with who has each one now and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session

from service.domain.identity import Actor
from service.domain.numbering import read_code
from service.queries.holders import Holder, holders
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store import case_texts
from service.store.access import (
    KEPT_CONDITIONS,
    fits_task,
    may_see,
    read_by_office,
    visible,
    visible_by_part,
    visible_by_place,
)
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.papers import Paper
from service.store.user_tasks import OPEN, TaskGroup, UserTask


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as a list shows it; `step`, `holder`, `due_at` and `task_id` are of its open task due first."""

    case_id: int
    number: str | None
    title: str
    programme: str
    procedure: str
    state: str
    outcome: str | None
    applicant: str
    started_at: datetime
    submitted_at: datetime | None
    ended_at: datetime | None
    step: str = ""
    holder: Holder | None = None
    due_at: datetime | None = None
    task_id: int | None = None
    alike: int = 1  # how many open tasks there are of this step: one for each member unit or expert

    @property
    def standing(self) -> str:
        """The code of what it is now: the outcome at its end, and for a meeting being prepared `planned`."""
        if self.ended_at is not None:
            return self.outcome or self.state
        return "planned" if self.state == "draft" and not self.applicant else self.state


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """What narrows a list of cases; `standing` is the code of what a declaration is now, as the dashboard counts it."""

    text: str = ""
    programme: str = ""
    running: bool | None = None
    standing: str = ""


NO_FILTERS = CaseFilters()


def page(
    session: Session, actor: Actor, filters: CaseFilters = NO_FILTERS, *, after: str = "", size: int = PAGE
) -> Page[CaseRow]:
    """The newest first. Four statements."""
    position = read_id_cursor(after)
    chosen = _newest(actor, size + 1)
    if position is not None:
        chosen = chosen.where(Case.id < position)
    found = session.execute(_narrow(chosen, filters, _read_in_full(session, actor, filters.text))).mappings()
    shown, last = cut([CaseRow(**{**row, "applicant": row["applicant"] or ""}) for row in found], size)
    return Page(_with_steps(session, shown), str(last.case_id) if last else "")


def programmes(session: Session, actor: Actor, keys: Iterable[str]) -> frozenset[str]:
    """Those of these programmes of which the actor sees a case. One statement."""
    asked = tuple(keys)
    found = set(session.scalars(_seen(actor, asked))) if asked else set()
    return frozenset(asked) & found


@lru_cache(maxsize=KEPT_CONDITIONS)
def _seen(actor: Actor, keys: tuple[str, ...]) -> CompoundSelect[*tuple[Any, ...]]:
    """Of what `visible` asks, the first case of a programme answers one part; the other is found once for them all."""
    by_place = visible_by_place(actor)
    placed = [
        select(literal(key)).where(exists(select(Case.id).where(Case.programme == key, by_place))) for key in keys
    ]
    return union_all(*placed, select(Case.programme).where(visible_by_part(actor)).distinct())


def is_seen(session: Session, actor: Actor, case_id: int) -> bool:
    """Whether the case exists for the actor."""
    return may_see(session, actor, case_id)


def first_open_task(session: Session, actor: Actor, case_id: int) -> int | None:
    """The open task of a case that this actor may take, the earliest due first."""
    in_group = UserTask.id.in_(select(TaskGroup.task_id).where(TaskGroup.group_key.in_(sorted(actor.groups))))
    return session.execute(
        select(UserTask.id)
        .where(UserTask.case_id == case_id, UserTask.status == OPEN)
        .where(or_(UserTask.assignee_id == actor.user_id, in_group & UserTask.assignee_id.is_(None)), fits_task(actor))
        .order_by(UserTask.due_at.is_(None), UserTask.due_at, UserTask.id)
        .limit(1)
    ).scalar_one_or_none()


@lru_cache(maxsize=KEPT_CONDITIONS)
def _newest(actor: Actor, most: int) -> Select[*tuple[Any, ...]]:
    """Kept as `visible` is: most lists are asked for as they are."""
    return _select().where(visible(actor)).order_by(Case.id.desc()).limit(most)


def _select() -> Select[*tuple[Any, ...]]:
    return select(
        Case.id.label("case_id"), Case.number, Case.title, Case.programme, Case.procedure, Case.state, Case.outcome,
        Organisation.name.label("applicant"), Case.started_at, Case.submitted_at, Case.ended_at,
    ).outerjoin(Organisation, Organisation.id == Case.applicant_id)  # fmt: skip


def _read_in_full(session: Session, actor: Actor, text: str) -> ColumnElement[bool]:
    """Cases found by any word of theirs, for staff who read the whole case; a party's or an expert's are not."""
    if not text or actor.expert_id is not None:
        return false()
    own = Case.applicant_id == (actor.organisation_id or 0)
    return and_(Case.id.in_(case_texts.holds(session, text)), read_by_office(actor), func.coalesce(~own, true()))


def _narrow(
    chosen: Select[*tuple[Any, ...]], filters: CaseFilters, in_full: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    if filters.programme:
        chosen = chosen.where(Case.programme == filters.programme)
    if filters.running is not None:
        chosen = chosen.where(Case.ended_at.is_(None) if filters.running else Case.ended_at.is_not(None))
    if filters.standing:
        over = func.coalesce(Case.outcome, Case.state)
        now = case((Case.ended_at.is_not(None), over), else_=Case.state)
        chosen = chosen.where(now == filters.standing, Case.applicant_id.is_not(None))
    if filters.text:
        pattern = "%" + filters.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        chosen = chosen.where(
            or_(
                Case.title.ilike(pattern, escape="\\"),
                Case.number.ilike(pattern, escape="\\"),
                Organisation.name.ilike(pattern, escape="\\"),
                Organisation.credit_code == filters.text,
                Case.id.in_(select(Paper.case_id).where(Paper.code == read_code(filters.text))),
                in_full,
            )
        )
    return chosen


def _with_steps(session: Session, rows: tuple[CaseRow, ...]) -> tuple[CaseRow, ...]:
    """The same rows with their open task that is due first, and who has it."""
    running = [row.case_id for row in rows if row.ended_at is None]
    if not running:
        return rows
    found = session.execute(
        select(UserTask.id, UserTask.case_id, UserTask.name, UserTask.due_at, TaskGroup.group_key)
        .outerjoin(TaskGroup, TaskGroup.task_id == UserTask.id)
        .where(UserTask.case_id.in_(running), UserTask.status == OPEN)
        .order_by(UserTask.case_id, UserTask.due_at.is_(None), UserTask.due_at, UserTask.id)
    ).all()
    names = holders(session, (row.group_key for row in found if row.group_key))
    first: dict[int, Any] = {}
    for row in found:
        first.setdefault(row.case_id, row)
    alike: dict[int, set[int]] = {}
    for row in found:
        if row.name == first[row.case_id].name:
            alike.setdefault(row.case_id, set()).add(row.id)
    return tuple(
        replace(
            row, step=step.name, due_at=step.due_at, holder=names.get(step.group_key or ""), task_id=step.id,
            alike=len(alike[row.case_id]),
        )
        if (step := first.get(row.case_id)) is not None
        else row
        for row in rows
    )  # fmt: skip
