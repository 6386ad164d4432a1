"""The commands that move an instance: frozen values, and what each does to the running instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias, cast

import orjson

from service.domain.errors import WrongCommand
from service.engine import stepping
from service.engine.activities import Job, UserTask
from service.engine.events import Catch
from service.engine.incidents import Stuck
from service.engine.limits import KEPT, KEPT_BYTES, PAYLOAD, RESULT, TURNS
from service.engine.loops import MultiInstance
from service.engine.returns import send_back, waits
from service.engine.scopes import assign, plain
from service.engine.spiff import FUTURE, READY, Instance, Token
from service.engine.starts import Begin
from service.engine.timers import Armed


@dataclass(frozen=True, slots=True)
class Start:
    """A new instance of a process; the state given to `apply` is None.

    `element`: the start event whose message, signal or timer begins it, with that event's `payload`; None: the plain
    start, or the only one there is.
    """

    process: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    element: str | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Complete:
    """A user task with what its form gave, or an operation with its result."""

    task: int
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fire:
    """A timer that is due, or an event for exactly this task."""

    task: int
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Publish:
    """A message; kept in the state when nobody waits for it. Without a key, any subscription of that name takes it."""

    name: str
    key: str | int | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A signal: everybody who waits for it goes on; it is not kept."""

    name: str
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fail:
    """An operation that failed for good: its token is parked as an incident with this code and reason."""

    task: int
    code: str
    reason: str
    reason_en: str = ""


@dataclass(frozen=True, slots=True)
class Throw:
    """An operation failed in a way the diagram may catch (a BPMN error)."""

    task: int
    code: str


@dataclass(frozen=True, slots=True)
class Retry:
    """A parked token tries again where it stopped; `variables` are set first, as its own results would be."""

    task: int
    variables: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SetDue:
    """Another due instant for a waiting timer: aware; a list makes a cycle of instants; None: not armed."""

    task: int
    due: datetime | Sequence[datetime] | None


@dataclass(frozen=True, slots=True)
class SetVariables:
    """Variables of the top process."""

    variables: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddTurn:
    """One more turn of a running loop (another signer); `task` is any open turn of it."""

    task: int
    item: Any


@dataclass(frozen=True, slots=True)
class RemoveTurn:
    """One turn less (a recusal): the others go on, and the loop ends if it was the last."""

    task: int


@dataclass(frozen=True, slots=True)
class Return:
    """Send back: `target` (same scope or outwards) begins, and whatever came of it is closed; branches beside it stay.

    `by` is remembered. With `resume` nothing is closed: the task waits until the target is done, then goes on.
    """

    task: int
    target: str
    by: str = ""
    resume: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    """End the instance: everything open is closed, called processes too."""


Command: TypeAlias = (
    Start
    | Complete
    | Fire
    | Publish
    | Broadcast
    | Fail
    | Throw
    | Retry
    | SetDue
    | SetVariables
    | AddTurn
    | RemoveTurn
    | Return
    | Cancel
)


def wrong(zh: str, en: str) -> WrongCommand:
    """A command the process does not wait for."""
    return WrongCommand(zh=zh, en=en)


def carry_out(instance: Instance, command: Command) -> None:
    """Do what the command says, before the stepping loop. Raises WrongCommand; then nothing may be kept."""
    if isinstance(command, Start):
        _start(instance, command)
        return
    if instance.completed:
        raise wrong("流程已经结束。", "the instance has ended.")
    CARRY_OUT[type(command)](instance, command)


def _start(instance: Instance, command: Start) -> None:
    first = cast(Begin, instance.spec.start)
    element = command.element or first.plain
    if element is None:
        raise wrong("流程只由事件启动，要写明是哪个开始事件。", "only events start it: say which start event.")
    if element not in first.by_element:
        raise wrong(f"流程没有开始事件“{element}”。", f"the process has no start event “{element}”.")
    instance.data.update(_given(command.variables))
    instance.begin()
    instance.task_tree.internal_data.update(start=element, payload=_given(command.payload))


def _given(variables: Mapping[str, Any], most: int = PAYLOAD) -> dict[str, Any]:
    """What a command brings, as plain JSON. Raises WrongCommand where it is none, or more than `most` bytes."""
    given: dict[str, Any] = plain(dict(variables))
    if given and len(orjson.dumps(given)) > most:
        raise wrong(f"变量超过 {most} 字节。", f"the variables are larger than {most} bytes.")
    return given


def _open(instance: Instance, task: int, *, parked: bool = False) -> Token:
    token = instance.find(task)
    if token is None or not token.live:
        raise wrong(f"任务 {task} 没有打开。", f"task {task} is not open.")
    if (token.stuck is not None) != parked:
        if parked:
            raise wrong(f"任务 {task} 没有停在异常上。", f"task {task} has no incident.")
        raise wrong(f"任务 {task} 停在异常上，要先重试。", f"task {task} has an incident; retry it first.")
    return token


def _complete(instance: Instance, command: Complete) -> None:
    token = _open(instance, command.task)
    if not isinstance(token.task_spec, UserTask | Job):
        raise wrong(f"{command.task} 不是待办任务。", f"{command.task} is no task to complete.")
    if waits(token):
        raise wrong("任务已退回，等前面的步骤办完。", "the task was sent back and waits for the step before it.")
    if command.variables:
        token.internal_data["result"] = _given(command.variables, RESULT)
    token.complete()


def _catching(instance: Instance, task: int) -> tuple[Token, Catch]:
    token = _open(instance, task)
    spec = token.task_spec
    if not isinstance(spec, Catch):
        raise wrong(f"{task} 不是等待中的事件。", f"{task} is no event that waits.")
    return token, spec


def _fire(instance: Instance, command: Fire) -> None:
    token, spec = _catching(instance, command.task)
    spec.fire(token, _given(command.variables))


def _publish(instance: Instance, command: Publish) -> None:
    key = None if command.key is None else str(command.key)
    variables = _given(command.variables)
    token = stepping.subscriber(instance, command.name, key)
    if token is not None:
        stepping.catch_of(token).fire(token, variables)
    elif len(instance.messages) >= KEPT or len(orjson.dumps([instance.messages, variables])) > KEPT_BYTES:
        raise wrong("没有取走的消息太多。", "too many messages are waiting to be taken.")
    else:
        instance.messages.append([command.name, key, variables])


def _broadcast(instance: Instance, command: Broadcast) -> None:
    stepping.signal(instance, command.name, _given(command.variables))


def _job(instance: Instance, task: int) -> Token:
    token = _open(instance, task)
    if not isinstance(token.task_spec, Job):
        raise wrong(f"{task} 不是操作。", f"{task} is no operation.")
    return token


def _fail(instance: Instance, command: Fail) -> None:
    token = _job(instance, command.task)
    token.park("act", Stuck(command.code, zh=command.reason, en=command.reason_en or command.reason))


def _throw(instance: Instance, command: Throw) -> None:
    token = _job(instance, command.task)
    if not stepping.throw(token, "error", command.code):
        token.park("act", Stuck("uncaught-error", error=command.code))


def _retry(instance: Instance, command: Retry) -> None:
    token = _open(instance, command.task, parked=True)
    for name, value in _given(command.variables or {}).items():
        assign(token, name, value)
    phase = token.internal_data.pop("stuck")[0]
    if phase == "arrive":
        token._set_state(FUTURE)
        token.task_spec._update(token)
    elif phase == "act":
        token._set_state(READY)
    elif phase == "finish":
        token.complete()
    elif phase == "held":
        _wait_again(token)


def _wait_again(token: Token) -> None:
    """A token that was parked while it waited: its work is opened, or asked for, as it would be now."""
    spec = token.task_spec
    if isinstance(spec, UserTask):
        try:
            token.assignment = spec.assignment(token)
        except Stuck as stuck:
            token.park("held", stuck)
            return
    if isinstance(spec, UserTask | Job):
        token._set_state(READY)


def _set_due(instance: Instance, command: SetDue) -> None:
    token, spec = _catching(instance, command.task)
    if spec.event.kind != "timer":
        raise wrong(f"{command.task} 不是定时器。", f"{command.task} is no timer.")
    due = command.due
    instants = [due] if isinstance(due, datetime) else sorted(due or ())
    if any(when.tzinfo is None for when in instants):
        raise wrong("时间没有时区。", "the instant has no zone.")
    cycle = token.internal_data.get("cycle") if isinstance(due, datetime) else None
    later = [when.isoformat() for when in instants[1:]]
    spec.set(token, Armed(instants[0] if instants else None, later or cycle))


def _set_variables(instance: Instance, command: SetVariables) -> None:
    instance.data.update(_given(command.variables))


def _turn(instance: Instance, task: int) -> tuple[Token, Token, MultiInstance]:
    turn = _open(instance, task)
    loop = turn.above
    if not isinstance(loop.task_spec, MultiInstance):
        raise wrong(f"{task} 不是多实例的一轮。", f"{task} is no turn of a loop.")
    return turn, loop, loop.task_spec


def _add_turn(instance: Instance, command: AddTurn) -> None:
    _, loop, spec = _turn(instance, command.task)
    if loop.internal_data["count"] >= TURNS:
        raise wrong(f"多实例最多 {TURNS} 轮。", f"a loop has at most {TURNS} turns.")
    spec.add(loop, plain(command.item))


def _remove_turn(instance: Instance, command: RemoveTurn) -> None:
    turn, loop, spec = _turn(instance, command.task)
    spec.remove(loop, turn)


def _return(instance: Instance, command: Return) -> None:
    token = instance.find(command.task)
    if token is None or not token.live:
        raise wrong(f"任务 {command.task} 没有打开。", f"task {command.task} is not open.")
    send_back(token, command.target, plain(command.by), command.resume)


def _cancel(instance: Instance, command: Cancel) -> None:
    instance.cancel()


CARRY_OUT: dict[type, Callable[[Instance, Any], None]] = {
    Complete: _complete,
    Fire: _fire,
    Publish: _publish,
    Broadcast: _broadcast,
    Fail: _fail,
    Throw: _throw,
    Retry: _retry,
    SetDue: _set_due,
    SetVariables: _set_variables,
    AddTurn: _add_turn,
    RemoveTurn: _remove_turn,
    Return: _return,
    Cancel: _cancel,
}
