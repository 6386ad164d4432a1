"""What one command came to: the Step, with everything the callers turn into rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from service.engine.activities import Job, UserTask
from service.engine.decisions import DecisionTaken
from service.engine.events import Boundary, Catch, EventSubStart
from service.engine.incidents import Stuck, texts
from service.engine.limits import STATE
from service.engine.loops import MultiInstance
from service.engine.spiff import Instance, Token
from service.engine.state import dump
from service.engine.throws import ThrowJob


@dataclass(frozen=True, slots=True)
class Work:
    """A user task that has opened."""

    task: int
    element: str
    name: str
    process: str
    documentation: str
    lane: str | None
    form: str | None
    assignee: str | None
    groups: tuple[str, ...]
    due: datetime | None
    due_source: str  # the expression text, as drawn
    follow_up: datetime | None
    priority: int
    inputs: dict[str, Any]  # items of the loops around it, then its own local variables
    properties: dict[str, str]
    path: tuple[str, ...]  # call activities from the top down, then the element
    round: int | None = None  # the loop that collects its result with those of other turns: they are votes of one round
    returned: dict[str, str] | None = None  # sent back: "by" whom and "from" which element, "resume" if it leads back


@dataclass(frozen=True, slots=True)
class TimerWait:
    """A timer that waits; `due` None: not armed. `ends`: open user tasks that an interrupting firing cancels."""

    task: int
    element: str
    process: str
    due: datetime | None
    source: str
    interrupting: bool
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class MessageWait:
    """A message that is waited for."""

    task: int
    element: str
    name: str
    key: str | None
    process: str


@dataclass(frozen=True, slots=True)
class SignalWait:
    """A signal that is waited for."""

    task: int
    element: str
    name: str
    process: str


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """An operation to carry out now; it is asked for again only after a Retry."""

    task: int
    element: str
    process: str
    type: str
    inputs: dict[str, Any]
    retries: int
    message: dict[str, str | None] | None  # name and key, where a message event asks
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A token that cannot go on; `Retry(task)` tries again."""

    task: int
    element: str
    process: str
    name: str
    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Live:
    """Where a token is; `properties` of the activities around it come first, its own last."""

    task: int
    element: str
    process: str
    kind: str
    name: str
    properties: dict[str, str]
    path: tuple[str, ...]
    stuck: bool = False  # parked as an incident: it has no row as open work, timer or message


@dataclass(frozen=True, slots=True)
class Step:
    """The instance after a command. Timers, messages, signals, incidents and live tokens are all there are now; the
    rest is what happened in this step.
    """

    state: bytes
    opened: tuple[Work, ...] = ()
    closed: tuple[int, ...] = ()  # tokens of any kind that wait no longer: gone, or parked as an incident
    timers: tuple[TimerWait, ...] = ()
    messages: tuple[MessageWait, ...] = ()
    awaited_signals: tuple[SignalWait, ...] = ()
    operations: tuple[OperationRequest, ...] = ()
    incidents: tuple[IncidentRow, ...] = ()
    taken: tuple[str, ...] = ()  # "process/flow"
    decisions: tuple[DecisionTaken, ...] = ()
    entered: tuple[str, ...] = ()  # processes entered by call activities
    signals: tuple[str, ...] = ()  # thrown
    live: tuple[Live, ...] = ()
    variables: dict[str, Any] = field(default_factory=dict)  # of the top process
    ended: bool = False
    outcome: str | None = None


def step(instance: Instance, before: frozenset[int]) -> Step:
    """What the instance has come to; `before`: the tokens that waited before the command."""
    state = dump(instance)
    if len(state) > STATE:
        state = _grown(instance, before)
    live = sorted(instance.all_live(), key=lambda token: token.id)
    fit = [token for token in live if token.stuck is None]
    there = {token.id for token in fit}
    outcome = instance.data.get("outcome") if instance.completed else None
    return Step(
        opened=tuple(_work(t) for t in fit if hasattr(t, "assignment")),
        closed=tuple(sorted(before - there)),
        timers=tuple(_timers(fit)),
        messages=tuple(_messages(fit)),
        awaited_signals=tuple(_signals(fit)),
        operations=tuple(_operations(instance, fit)),
        incidents=tuple(_incident(t, *t.stuck) for t in live if t.stuck is not None),
        taken=tuple(instance.taken),
        decisions=tuple(instance.decisions),
        entered=tuple(instance.entered),
        signals=tuple(instance.signals),
        live=shown(live),
        variables=dict(instance.data),
        ended=instance.completed,
        outcome=outcome if isinstance(outcome, str) else None,
        state=state,
    )


def _grown(instance: Instance, before: frozenset[int]) -> bytes:
    """Too large: what has begun in this step is parked, so that nothing more is built on it."""
    for token in instance.all_live():
        if token.id not in before and token.stuck is None and isinstance(token.task_spec, UserTask | Job | Catch):
            token.park("held", Stuck("too-large", most=STATE))
    return dump(instance)


def shown(live: list[Token]) -> tuple[Live, ...]:
    """Where the tokens are, for people; a loop is shown by its turns."""
    return tuple(_live(t) for t in live if not (isinstance(t.task_spec, MultiInstance) and t.stuck is None))


def _owners(token: Token) -> Iterator[Token]:
    """The activities around a token, from the inside out."""
    owner = token.workflow.owner
    while owner is not None:
        yield owner
        owner = owner.workflow.owner


def _path(token: Token) -> tuple[str, ...]:
    calls = [owner.task_spec.node.id for owner in _owners(token) if owner.task_spec.node.kind == "callActivity"]
    return (*reversed(calls), token.task_spec.node.id)


def _live(token: Token) -> Live:
    node = token.task_spec.node
    properties: dict[str, str] = {}
    for owner in reversed(list(_owners(token))):
        properties |= owner.task_spec.node.properties
    return Live(
        token.id,
        node.id,
        token.workflow.process,
        node.kind,
        node.name,
        properties | node.properties,
        _path(token),
        token.stuck is not None,
    )


def _work(token: Token) -> Work:
    node, given = token.task_spec.node, token.assignment
    return Work(
        task=token.id,
        element=node.id,
        name=node.name,
        process=token.workflow.process,
        documentation=node.documentation,
        lane=node.lane,
        form=given.form,
        assignee=given.assignee,
        groups=given.groups,
        due=given.due,
        due_source=node.work.get("dueDate", ""),
        follow_up=given.follow_up,
        priority=given.priority,
        inputs=_inputs(token),
        properties=dict(node.properties),
        path=_path(token),
        round=token.above.id if "turn" in token.internal_data and node.loop and node.loop.output else None,
        returned=(token.above if "turn" in token.internal_data else token).internal_data.get("returned"),
    )


def _inputs(token: Token) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for owner in reversed(list(_owners(token))):
        loop = owner.task_spec.node.loop
        if owner.task_spec.node.kind == "callActivity":
            out = {}
        if loop is not None and loop.element and "turn" in owner.internal_data:
            out[loop.element] = owner.internal_data["local"].get(loop.element)
    out.update(token.internal_data.get("local", {}))
    return out


def _timers(live: list[Token]) -> Iterator[TimerWait]:
    around: dict[int, list[object]] = {}
    for token in live:
        spec = token.task_spec
        if not isinstance(spec, Catch) or spec.event.kind != "timer":
            continue
        due = token.internal_data.get("due")
        interrupting = isinstance(spec, Boundary | EventSubStart) and spec.node.interrupting
        ends: tuple[int, ...] = ()
        if interrupting:
            around = around or {t.id: _around(t) for t in live if isinstance(t.task_spec, UserTask)}
            main = token.main() if spec.beside else None
            inside: object = token.workflow if spec.passive else main
            ends = tuple(task for task, places in around.items() if any(place is inside for place in places))
        yield TimerWait(
            token.id,
            spec.node.id,
            token.workflow.process,
            None if due is None else datetime.fromisoformat(due),
            spec.event.expression or "",
            interrupting,
            ends,
        )


def _around(token: Token) -> list[object]:
    """The tokens and frames a token stands in, itself included."""
    out: list[object] = []
    for at in (token, *_owners(token)):
        out += [at, at.workflow]
        if "turn" in at.internal_data:
            out.append(at.above)
    return out


def _messages(live: list[Token]) -> Iterator[MessageWait]:
    for token in live:
        spec = token.task_spec
        if isinstance(spec, Catch) and spec.event.kind == "message":
            key = token.internal_data.get("key")
            yield MessageWait(token.id, spec.node.id, spec.event.name or "", key, token.workflow.process)


def _signals(live: list[Token]) -> Iterator[SignalWait]:
    for token in live:
        spec = token.task_spec
        if isinstance(spec, Catch) and spec.event.kind == "signal":
            yield SignalWait(token.id, spec.node.id, spec.event.name or "", token.workflow.process)


def _operations(instance: Instance, live: list[Token]) -> Iterator[OperationRequest]:
    for token in live:
        spec = token.task_spec
        if not isinstance(spec, Job) or token.id not in instance.requested:
            continue
        retries = spec.node.retries or "3"
        yield OperationRequest(
            token.id,
            spec.node.id,
            token.workflow.process,
            spec.type_of(token),
            dict(token.internal_data.get("local", {})),
            int(retries) if retries.isdecimal() else 3,
            spec.message(token) if isinstance(spec, ThrowJob) else None,
            dict(spec.node.headers),
        )


def _incident(token: Token, _phase: str, code: str, details: dict[str, Any]) -> IncidentRow:
    node = token.task_spec.node
    zh, en = texts(code, details)
    return IncidentRow(token.id, node.id, token.workflow.process, node.name, code, zh, en)
