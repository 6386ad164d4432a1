"""Where a case stands in its diagram: what is done, where the tokens are, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.engine import view
from service.programmes.compiled import compiled_of
from service.queries.case_page import TaskRow
from service.queries.drawings import Drawing, Shape
from service.store.audit import AuditEntry
from service.store.instances import Instance

Mark = Literal["done", "now", "overdue"]
# The acts whose audit entries keep the flows they took.
MOVES = ("case-started", "task-completed", "timer-fired", "message-published", "incident-retried")


@dataclass(frozen=True, slots=True)
class Station:
    """One stage of the top diagram: what was done there, from when to when, and by which tasks."""

    element: str
    name: str
    kind: Literal["done", "now", "later"]
    tasks: tuple[TaskRow, ...] = ()
    from_at: datetime | None = None
    to_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A live element: its place is the call activities above it and its own id."""

    path: tuple[str, ...]
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Where:
    """What the case has passed and where it is, seen from the drawing that the call activities of `path` lead to."""

    path: tuple[str, ...]
    tokens: tuple[Token, ...]
    taken: frozenset[str]


def where_is(session: Session, case_id: int, path: Sequence[str]) -> Where:
    """The tokens and passed flows of a case, for one of its drawings."""
    return Where(tuple(path), tokens(session, case_id), taken(session, case_id))


def stations(drawing: Drawing, tasks: Sequence[TaskRow], ended_at: datetime | None) -> tuple[Station, ...]:
    """The stages in the order of the diagram: those the case has been in, and the usual way on from the last of them.

    Which way a gateway will choose is not known. Usual is its default where stages follow it, else the longest way: the
    procedure as its notice tells it, without the short cuts and refusals that few cases take.
    """
    by_stage: dict[str, list[TaskRow]] = {}
    for task in tasks:
        if task.path:
            by_stage.setdefault(task.path[0], []).append(task)
    reached = [shape for shape in drawing.stages if shape.id in by_stage]
    found = [_reached(shape.id, shape.name, by_stage[shape.id]) for shape in reached]
    if ended_at is None:
        found += [Station(shape.id, shape.name, "later") for shape in _ahead(drawing, reached[-1:])]
    return tuple(found)


def _ahead(drawing: Drawing, last: Sequence[Shape]) -> tuple[Shape, ...]:
    """The stages still to come after the last one reached, or from the start."""
    work = "callActivity" if any(shape.called for shape in drawing.stages) else "userTask"
    after: dict[str, tuple[Shape, ...]] = {}
    ways: dict[str, tuple[Shape, ...]] = {}
    for shape in reversed(drawing.shapes):
        usual = ways.get(drawing.flows[shape.default][1], ()) if shape.default in drawing.flows else ()
        onward = [ways[target] for source, target in drawing.flows.values() if source == shape.id and target in ways]
        after[shape.id] = usual or max(onward, key=len, default=())
        ways[shape.id] = (shape, *after[shape.id]) if shape.kind == work else after[shape.id]
    begin = last or drawing.shapes[:1]
    return after[begin[0].id] if begin else ()


def _reached(element: str, name: str, tasks: Sequence[TaskRow]) -> Station:
    open_now = any(task.status == "open" for task in tasks)
    closed = [task.closed_at for task in tasks if task.closed_at is not None]
    return Station(
        element,
        name,
        "now" if open_now else "done",
        tuple(tasks),
        min(task.opened_at for task in tasks),
        None if open_now or not closed else max(closed),
    )


def tokens(session: Session, case_id: int) -> tuple[Token, ...]:
    """Every live element of the case: tasks for people, timers and messages that are waited for, parked incidents."""
    row = session.execute(
        select(Instance.state, Instance.deployment_id).where(Instance.case_id == case_id, Instance.ended.is_(False))
    ).first()
    if row is None or row.state is None:
        return ()
    bundle = compiled_of(session, row.deployment_id).bundle
    return tuple(Token(live.path, live.kind, live.name) for live in view(bundle, row.state))


def taken(session: Session, case_id: int) -> frozenset[str]:
    """The flows tokens have passed, each as process/flow, as the audit trail recorded them."""
    found = session.scalars(
        select(AuditEntry.details).where(AuditEntry.case_id == case_id, AuditEntry.action.in_(MOVES)).limit(2000)
    )
    return frozenset(flow for details in found for flow in details.get("taken") or ())


def marks(drawing: Drawing, where: Where, tasks: Sequence[TaskRow], now: datetime) -> dict[str, Mark]:
    """What to mark in a drawing, by the id of the element or flow: passed, here now, here and late."""
    found: dict[str, Mark] = {}
    for flow, (source, _target) in drawing.flows.items():
        if f"{drawing.process}/{flow}" in where.taken:
            found[flow] = found[source] = "done"
    # Boundary events and starts of event subprocesses wait as long as what they stand on is here.
    waiting = {shape.id for shape in drawing.shapes if shape.host or shape.kind == "startEvent"}
    for token in where.tokens:
        element = _at(where.path, token.path)
        if element and element not in waiting:
            found[element] = "now"
    for task in tasks:
        element = _at(where.path, task.path)
        if element and task.status == "open" and task.due_at is not None and now >= task.due_at:
            found[element] = "overdue"
    return found


def _at(path: Sequence[str], whole: Sequence[str]) -> str:
    """The element of this drawing on the way to `whole`; empty when `whole` is elsewhere."""
    depth = len(path)
    return whole[depth] if len(whole) > depth and tuple(whole[:depth]) == tuple(path) else ""
