"""Moving a stored instance to another version of its models, only where every live element still means the same.

The same bytes under new models are unsafe: a boundary event that was added to an open task would never be armed, a join
that lost a flow would count its token and fire early. So every live token is compared, and what differs is said. An id
that was changed may be mapped; what an element means may not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import orjson

from service.domain.errors import DeploymentRefused, Problem
from service.engine.activities import SubProcess
from service.engine.bundle import Bundle
from service.engine.expressions import CaseValues, Evaluation
from service.engine.gateways import Join
from service.engine.spiff import Frame, Instance, NodeSpec, ProcessSpec, Token
from service.engine.state import load
from service.engine.timers import ANY_DAY

# per process: the id of an element or flow in the old version, and what it is called in the new one
Renamed: TypeAlias = Mapping[str, Mapping[str, str]]
NOTHING: Renamed = {}
GONE = "migration-gone"  # the one obstacle that a mapping takes away
WHAT = {
    "gone": (
        "新版本里没有这个元素；如果是改了标识，请在对应表中写明{others}。",
        "The new version has no such element; if its id was changed, map it{others}.",
    ),
    "scope": ("新版本里没有这个流程或子流程。", "The new version has no such process or sub-process."),
    "kind": ("元素的类型变了。", "The element is of another kind."),
    "event": ("等待的事件变了。", "It waits for another event."),
    "host": ("附着的边界事件变了。", "It has other boundary events."),
    "loop": ("多实例的设置变了。", "Its loop is another one."),
    "called": ("调用的流程变了。", "It calls another process."),
    "incoming": ("汇合网关的进入连线变了。", "The join has other incoming flows."),
    "event-sub-processes": ("所在流程的事件子流程变了。", "The event sub-processes of its scope are others."),
}


def plan(old: Bundle, new: Bundle, state: bytes, renamed: Renamed = NOTHING) -> tuple[Problem, ...]:
    """Why the instance cannot move from `old` to `new`, said of its live elements; empty: it can.

    Where every problem has the code `GONE`, a mapping of ids may help: the texts name what they may be now.
    """
    instance = _instance(old, state)
    out: dict[tuple[str, str], Problem] = {}
    for frame, scope in _scopes(instance, new, renamed):
        for token, code in _differences(frame, scope, renamed.get(frame.process, {})):
            node = token.task_spec.node
            zh, en = WHAT[code]
            others = _like(token, scope) if code == "gone" and scope is not None else []
            zh = zh.format(others=f"（可能是 {'、'.join(others)}）" if others else "")
            en = en.format(others=f" (it may be {', '.join(others)})" if others else "")
            out[node.id, code] = Problem(frame.spec.file or "", node.id, f"migration-{code}", zh, en, node.name)
    return tuple(out.values())


def migrate(old: Bundle, new: Bundle, state: bytes, renamed: Renamed = NOTHING) -> bytes:
    """The state under the new models. Raises DeploymentRefused with the plan's problems, if there are any."""
    problems = plan(old, new, state, renamed)
    if problems:
        raise DeploymentRefused(problems)
    instance = _instance(old, state)
    rows = orjson.loads(state)
    rows[1] = new.key
    _rename(rows[6], renamed.get(instance.process, {}))
    for owner, _, tokens in rows[7]:
        _rename(tokens, renamed.get(instance.subprocesses[owner].process, {}))
    moved = orjson.dumps(rows)
    _instance(new, moved)  # it loads
    return moved


def _instance(bundle: Bundle, state: bytes) -> Instance:
    return load(state, bundle, Evaluation(bundle.expressions, CaseValues(), ANY_DAY))


def _rename(tokens: list[list[Any]], ids: Mapping[str, str]) -> None:
    for row in tokens:
        row[2] = _name(row[2], ids)
        for memo in row[4:]:
            if "flow" in memo:
                memo["flow"] = ids.get(memo["flow"], memo["flow"])
            returned = memo.get("returned", {})
            for what in ("from", "resume"):
                if what in returned:
                    returned[what] = _name(returned[what], ids)


def _name(spec: str, ids: Mapping[str, str]) -> str:
    """The name of what stands for a node: `a`, `a~host`, `a~turn` or `a~start`."""
    id_, mark, rest = spec.partition("~")
    return ids.get(id_, id_) + mark + rest


def _scopes(instance: Instance, new: Bundle, renamed: Renamed) -> Iterator[tuple[Frame, ProcessSpec | None]]:
    """Each frame, from the outside in, with its scope in the new version; None: there is none."""
    found: dict[Frame, ProcessSpec | None] = {}
    for frame in reversed(instance.frames()):
        owner = frame.owner
        if owner is None or frame.border:
            found[frame] = new.specs.get(frame.spec.key)
        else:
            around = found[owner.workflow]
            name = _name(owner.task_spec.name, renamed.get(owner.workflow.process, {}))
            spec = around.task_specs.get(name) if around is not None else None
            found[frame] = new.specs.get(spec.inner) if isinstance(spec, SubProcess) else None
            if found[frame] is None:
                continue  # said of the activity
        yield frame, found[frame]


def _differences(frame: Frame, scope: ProcessSpec | None, ids: Mapping[str, str]) -> list[tuple[Token, str]]:
    tokens = [token for token in frame.tasks.values() if token.id]
    if scope is None:
        return [(token, "scope") for token in tokens]
    out = []
    if _starts(frame.spec.task_specs, ids) != _starts(scope.task_specs, {}):
        out += [(token, "event-sub-processes") for token in tokens[:1]]
    for token in tokens:
        spec = scope.task_specs.get(_name(token.task_spec.name, ids))
        if spec is None:
            out.append((token, "gone"))
            continue
        before, after = _meaning(token.task_spec, ids), _meaning(spec, {})
        out += [(token, code) for code in before if before[code] != after[code]]
        resume = token.internal_data.get("returned", {}).get("resume")
        if resume is not None and _name(resume, ids) not in scope.task_specs:
            out.append((token, "gone"))
    return out


def _like(token: Token, scope: ProcessSpec) -> list[str]:
    """Elements of the same kind that the old version did not have."""
    old = token.workflow.spec.task_specs
    kind = token.task_spec.node.kind
    return [name for name, spec in scope.task_specs.items() if spec.node.kind == kind and name not in old][:5]


def _starts(specs: dict[str, NodeSpec], ids: Mapping[str, str]) -> dict[str, Any]:
    return {_name(name, ids): _meaning(spec, ids)["event"] for name, spec in specs.items() if spec.passive}


def _meaning(spec: NodeSpec, ids: Mapping[str, str]) -> dict[str, Any]:
    """What must stay the same while a token is there; ids as they are called in the new version."""
    node, specs = spec.node, spec.process.task_specs
    host = specs.get(f"{node.id}~host")
    event, loop = node.event, node.loop
    return {
        "kind": (type(spec).__name__, node.kind, node.interrupting),
        "event": event and (event.kind, event.form, event.name, event.code),
        "host": host and sorted(_name(way.target, ids) for way in host.ways),
        "loop": loop and (loop.sequential, loop.output, loop.element, bool(loop.until)),
        "called": node.called if node.kind == "callActivity" else None,
        "incoming": sorted(ids.get(f, f) for f in spec.incoming) if isinstance(spec, Join) and spec.joins else None,
    }
