"""Sending back where no flow is drawn: an open task gives way to an earlier step, and everybody knows who sent it.

To walk the path again, whatever came of the earlier step is taken away, and nothing of a branch beside it: a finished
branch keeps its token at the join. To resume, nothing is taken away: the earlier step opens beside the task that was
left, which waits for it with its votes, timers and signers, and then goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.errors import WrongCommand
from service.engine.concurrency import beside, enters
from service.engine.model import ACTIVITIES, GATEWAYS
from service.engine.spiff import FUTURE, LIVE, Instance, NodeSpec, Token

TARGETS = ACTIVITIES | GATEWAYS | {"intermediateCatchEvent", "intermediateThrowEvent"}


@dataclass(frozen=True, slots=True)
class Target:
    """A step that an open task may be sent back to; `path` as of `Work`, calls first and the element last."""

    path: tuple[str, ...]
    name: str
    kind: str
    walk: bool
    resume: bool


def send_back(token: Token, target: str, by: str, resume: bool) -> None:
    """Open `target`, in the scope of the task or in one around it. Raises WrongCommand; then nothing has changed."""
    found = ((left, specs[target]) for left, specs in _outwards(token) if target in specs and _is_target(specs[target]))
    left, spec = next(found, (token, None))
    if spec is None or not (_may_resume if resume else _may_walk)(token, left, spec):
        raise _refused(target)
    memo = {"by": by, "from": left.task_spec.node.id, **({"resume": str(token.id)} if resume else {})}
    frame = left.workflow
    opened = frame.task_tree.child(spec if resume else _front(spec))
    opened.internal_data["returned"] = memo
    if not resume:
        for other in list(frame.tasks.values()):
            if other is not opened and other._state & (LIVE | FUTURE) and _came_of(spec, other):
                other.cancel()
    opened.task_spec._update(opened)


def targets(token: Token) -> Iterator[Target]:
    """Every step that the task may be sent back to; the caller knows which of them have been done before."""
    seen: set[str] = set()
    for left, specs in _outwards(token):
        for spec in specs.values():
            if not _is_target(spec) or spec.name in seen:
                continue
            seen.add(spec.name)
            walk, resume = _may_walk(token, left, spec), _may_resume(token, left, spec)
            if walk or resume:
                yield Target((*_calls(left), spec.name), spec.node.name, spec.node.kind, walk, resume)


def waits(token: Token) -> bool:
    """Whether the task waits for a step that it was sent back to."""
    return any(_resumes(other) == token.id for other in token.workflow.top.all_live())


def sweep(instance: Instance) -> bool:
    """Take away steps that lead back to a task which is gone; whether there were any."""
    live = instance.all_live()
    leading = [token for token in live if "returned" in token.internal_data]
    there = {token.id for token in live} if leading else set()
    gone = [token for token in leading if (wanted := _resumes(token)) is not None and wanted not in there]
    for token in gone:
        token.cancel()
        token.workflow._task_completed_notify(token)
    return bool(gone)


def _resumes(token: Token) -> int | None:
    found = token.internal_data.get("returned", {}).get("resume")
    return None if found is None else int(found)


def _outwards(token: Token) -> Iterator[tuple[Token, dict[str, NodeSpec]]]:
    """The task and the activities around it, each with the steps of its scope."""
    at: Token | None = token
    while at is not None:
        if "turn" in at.internal_data:
            at = at.above  # the loop begins anew
        yield at, at.workflow.spec.task_specs
        at = at.workflow.owner


def _is_target(spec: NodeSpec) -> bool:
    """A step a person could name; sent to a join, the other branches would come too late."""
    node = spec.node
    return spec.name == node.id and node.kind in TARGETS and not node.by_event and not spec.joins


def _may_walk(token: Token, left: Token, spec: NodeSpec) -> bool:
    """Not from a step that leads straight back."""
    return _is_before(left, spec) and all(_resumes(one) is None for one in (token, left))


def _is_before(left: Token, spec: NodeSpec) -> bool:
    """Not into a branch, whose others would be missing, nor out of an event sub-process, whose start is spent."""
    return not left.task_spec.node.by_event and not enters(spec.process, left.task_spec.name, spec.name)


def _may_resume(token: Token, left: Token, spec: NodeSpec) -> bool:
    """From task to task, one at a time; a step that is open already is not opened twice."""
    if {token.task_spec.node.kind, spec.node.kind} != {"userTask"} or waits(token) or not _is_before(left, spec):
        return False
    return not any(other.task_spec.node is spec.node and other.live for other in left.workflow.tasks.values())


def _came_of(target: NodeSpec, token: Token) -> bool:
    """Whether the token is where a pass through the target has led, and not in a branch beside it."""
    spec = token.task_spec
    if spec.passive and not token.fired:
        return False
    if "turn" in token.internal_data:
        return False  # it goes with its loop
    place = spec.node.attached_to if spec.beside and not token.fired else spec.name
    return not beside(spec.process, _front(target).name, place or spec.name, flow=token.internal_data.get("flow"))


def _front(spec: NodeSpec) -> NodeSpec:
    """What stands before a step: the host of its boundary events, or itself."""
    return spec.process.task_specs.get(f"{spec.name}~host", spec)


def _calls(token: Token) -> tuple[str, ...]:
    calls: list[str] = []
    owner = token.workflow.owner
    while owner is not None:
        if owner.task_spec.node.kind == "callActivity":
            calls.insert(0, owner.task_spec.node.id)
        owner = owner.workflow.owner
    return tuple(calls)


def _refused(target: str) -> WrongCommand:
    return WrongCommand(zh=f"从这项任务不能退回到“{target}”。", en=f"this task cannot be sent back to “{target}”.")
