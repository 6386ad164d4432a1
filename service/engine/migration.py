"""Moving a stored instance to another version of its models, only where every live element still means the same.

The same bytes under new models are unsafe: a boundary event that was added to an open task would never be armed, a join
that lost a flow would count its token and fire early. So every live token is compared, and what differs is said.
"""

from __future__ import annotations

from typing import Any

import orjson

from service.domain.errors import DeploymentRefused, Problem
from service.engine.bundle import Bundle
from service.engine.expressions import CaseValues, Evaluation
from service.engine.gateways import Join
from service.engine.spiff import Frame, NodeSpec, Token
from service.engine.state import load
from service.engine.timers import ANY_DAY

WHAT = {
    "gone": ("新版本里没有这个元素。", "The new version has no such element."),
    "scope": ("新版本里没有这个流程或子流程。", "The new version has no such process or sub-process."),
    "kind": ("元素的类型变了。", "The element is of another kind."),
    "event": ("等待的事件变了。", "It waits for another event."),
    "host": ("附着的边界事件变了。", "It has other boundary events."),
    "loop": ("多实例的设置变了。", "Its loop is another one."),
    "called": ("调用的流程变了。", "It calls another process."),
    "incoming": ("汇合网关的进入连线变了。", "The join has other incoming flows."),
    "event-sub-processes": ("所在流程的事件子流程变了。", "The event sub-processes of its scope are others."),
}


def plan(old: Bundle, new: Bundle, state: bytes) -> tuple[Problem, ...]:
    """Why the instance cannot move from `old` to `new`, said of its live elements; empty: it can."""
    instance = load(state, old, Evaluation(old.expressions, CaseValues(), ANY_DAY))
    out: dict[tuple[str, str], Problem] = {}
    for frame in instance.frames():
        for token, code in _differences(frame, new):
            node = token.task_spec.node
            zh, en = WHAT[code]
            out[node.id, code] = Problem(frame.spec.file or "", node.id, f"migration-{code}", zh, en, node.name)
    return tuple(out.values())


def migrate(old: Bundle, new: Bundle, state: bytes) -> bytes:
    """The state under the new models. Raises DeploymentRefused with the plan's problems, if there are any."""
    problems = plan(old, new, state)
    if problems:
        raise DeploymentRefused(problems)
    rows = orjson.loads(state)
    rows[1] = new.key
    return orjson.dumps(rows)


def _differences(frame: Frame, new: Bundle) -> list[tuple[Token, str]]:
    tokens = [token for token in frame.tasks.values() if token.id]
    scope = new.specs.get(frame.spec.key)
    if scope is None:
        return [(token, "scope") for token in tokens]
    out = []
    if _starts(frame.spec.task_specs) != _starts(scope.task_specs):
        out += [(token, "event-sub-processes") for token in tokens[:1]]
    for token in tokens:
        spec = scope.task_specs.get(token.task_spec.name)
        if spec is None:
            out.append((token, "gone"))
            continue
        before, after = _meaning(token.task_spec), _meaning(spec)
        out += [(token, code) for code in before if before[code] != after[code]]
        resume = token.internal_data.get("returned", {}).get("resume")
        if resume is not None and resume not in scope.task_specs:
            out.append((token, "gone"))
    return out


def _starts(specs: dict[str, NodeSpec]) -> dict[str, Any]:
    return {name: _meaning(spec)["event"] for name, spec in specs.items() if spec.passive}


def _meaning(spec: NodeSpec) -> dict[str, Any]:
    """What must stay the same while a token is there."""
    node, specs = spec.node, spec.process.task_specs
    host = specs.get(f"{node.id}~host")
    event, loop = node.event, node.loop
    return {
        "kind": (type(spec).__name__, node.kind, node.interrupting),
        "event": event and (event.kind, event.form, event.name, event.code),
        "host": host and sorted(way.target for way in host.ways),
        "loop": loop and (loop.sequential, loop.output, loop.element, bool(loop.until)),
        "called": node.called if node.kind == "callActivity" else None,
        "incoming": sorted(spec.incoming) if isinstance(spec, Join) and spec.joins else None,
    }
