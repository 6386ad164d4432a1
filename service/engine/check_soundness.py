"""What could stop a case, said in words: tasks that nobody sees, errors that nothing takes, and what is not sound.

It is asked when models are published and never again: what runs must go on to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.domain.errors import Problem
from service.engine.markings import Move
from service.engine.model import Node, Scope
from service.engine.soundness import MARKINGS, Finding, Trace, findings, thrown_in

SHOWN = 12  # moves of a trace that a message names, the last ones
TEXTS = {
    "deadlock": (
        "会在这里卡住：永远等不到来自{others}的令牌。走法：{trace}。",
        "Cases get stuck here: no token will ever come from {others}. The way there: {trace}.",
    ),
    "left-over-token": (
        "汇合之后会有令牌留在这里，案件不能结束：再没有令牌从{others}来。走法：{trace}。",
        "A token is left over here after the join, and the case cannot end: none will come again from {others}. "
        "The way there: {trace}.",
    ),
    "never-ends": (
        "从这里起再也到不了结束：只会在{others}之间打转。走法：{trace}。",
        "From here the end cannot be reached any more: it goes round between {others}. The way there: {trace}.",
    ),
    "never-joins": (
        "这个汇合永远等不齐，之后的步骤不会发生。",
        "This join never has all its tokens: nothing after it happens.",
    ),
    "never-fires": (
        "这个事件不会触发：所附着的活动不会抛出它，或者不会等待。",
        "This event never happens: the activity that it is attached to never throws it, or never waits.",
    ),
    "runs-twice": (
        "会有两个令牌同时到达这里，之后的步骤各办两次；分开的分支要先汇合。走法：{trace}。",
        "Two tokens can be here at once, and everything after it is done twice; join the branches first. "
        "The way there: {trace}.",
    ),
    "tokens-multiply": (
        "每转一圈令牌就多一个，没有止境。走法：{trace}。",
        "Each round makes one token more, without end. The way there: {trace}.",
    ),
    "uncaught-error": (
        "错误“{others}”没有被任何边界事件或事件子流程捕获，案件会停在这里。",
        "Nothing catches the error “{others}”: a boundary event or event sub-process must, or cases stop here.",
    ),
    "no-group": (
        "没有候选组，也没有办理人：没有人看得到这项任务。",
        "There is no candidate group and no assignee: nobody sees this task.",
    ),
    "no-form": ("没有表单：这项任务只能直接办结。", "There is no form: this task can only be ticked off."),
    "not-decided": (
        "不能断定每个案件都能办结：局面超过 {most} 种，或者令牌会在一处越积越多。请先汇合分支，或把图拆成子流程。",
        "It is not decided whether every case can end: there are more than {most} markings, or tokens pile up in one "
        "place. Join the branches, or part the diagram into sub-processes.",
    ),
}
DOUBT = (
    "（只看了图，没有看数据：每个条件都当作可能成立；如果数据不会这样，可以不改。）",
    " (Only the drawing was looked at, with every condition taken as possible; if the data rules this out, "
    "nothing need be changed.)",
)
WORDS = {
    "start": ("{}", "{}"),
    "done": ("{}办完", "{} is done"),
    "fired": ("{}触发", "{} happens"),
    "caught": ("{}发生", "{} happens"),
}


def check_soundness(processes: Mapping[str, Scope]) -> list[Problem]:
    """What is unsound in models that have no errors otherwise; nothing is evaluated."""
    out = []
    thrown = thrown_in(processes)
    for process in processes.values():
        for scope in process.scopes():
            found = [*_unstaffed(scope), *_uncaught(processes, scope), *findings(scope, thrown)]
            out += [_said(scope, finding) for finding in found]
    return out


def _unstaffed(scope: Scope) -> Iterator[Finding]:
    """User tasks that nobody sees, or that ask nothing."""
    for node in scope.nodes.values():
        if node.kind == "userTask":
            if not node.work.get("candidateGroups") and not node.work.get("assignee"):
                yield Finding("no-group", node.id)
            if not node.work.get("formId"):
                yield Finding("no-form", node.id)


def _uncaught(processes: Mapping[str, Scope], scope: Scope) -> Iterator[Finding]:
    """Error end events that nothing around them takes, or around a caller of their process."""
    for node in scope.nodes.values():
        if node.kind == "endEvent" and node.event is not None and node.event.kind == "error":
            code = node.event.code or ""
            if not _caught(processes, scope, code, frozenset()):
                yield Finding("uncaught-error", node.id, certain=True, elements=(code,))


def _caught(processes: Mapping[str, Scope], scope: Scope, code: str, seen: frozenset[str]) -> bool:
    """Whether an error that leaves the flows of a scope is taken there or further out, by every caller."""
    starts = (start for node in scope.nodes.values() if node.by_event and node.inner for start in node.inner.starts())
    if any(_takes(start, code) for start in starts):
        return True
    outer = [
        (other, node)
        for process in processes.values()
        for other in process.scopes()
        for node in other.nodes.values()
        if scope.key in (node.inner.key if node.inner is not None else "", node.called)
    ]
    return bool(outer) and all(
        scope.key in seen
        or any(_takes(event, code) for event in other.nodes.values() if event.attached_to == node.id)
        or _caught(processes, other, code, seen | {scope.key})
        for other, node in outer
    )


def _takes(event: Node, code: str) -> bool:
    return event.event is not None and event.event.kind == "error" and event.event.code in (None, code)


def _said(scope: Scope, finding: Finding) -> Problem:
    """The finding in words, with the trace."""
    node = scope.nodes.get(finding.element)
    names = [_named(scope, id_) for id_ in finding.elements]
    zh, en = TEXTS[finding.code]
    trace_zh, trace_en = _told(scope, finding.trace)
    if finding.trace and not finding.certain:
        zh, en = zh + DOUBT[0], en + DOUBT[1]
    return Problem(
        scope.file,
        finding.element or scope.key.rsplit("/", 1)[-1],
        finding.code,
        zh.format(others="、".join(names), trace=trace_zh, most=MARKINGS),
        en.format(others=", ".join(names), trace=trace_en, most=MARKINGS),
        name=node.name if node is not None else scope.name,
        line=node.line if node is not None else scope.line,
        level="error" if finding.certain else "warning",
    )


def _told(scope: Scope, trace: Trace) -> tuple[str, str]:
    """The trace as text; joins go on by themselves and are not named."""
    told = [_move(scope, move) for move in trace if move.kind != "joined"]
    start = "… → " if len(told) > SHOWN else ""
    chinese, english = zip(*told[-SHOWN:], strict=True) if told else ((), ())
    return start + " → ".join(chinese), start + " → ".join(english)


def _named(scope: Scope, id_: str) -> str:
    node = scope.nodes.get(id_)
    return f"“{node.name or id_}”" if node is not None else id_


def _move(scope: Scope, move: Move) -> tuple[str, str]:
    name = _named(scope, move.element)
    if move.kind == "chosen":
        by_id = {flow.id: flow for flow in scope.flows}
        ways = [f"“{by_id[id_].name}”" if by_id[id_].name else _named(scope, by_id[id_].target) for id_ in move.flows]
        return f"{name}走{'、'.join(ways)}", f"{name} takes {', '.join(ways)}"
    zh, en = WORDS[move.kind]
    return zh.format(name), en.format(name)
