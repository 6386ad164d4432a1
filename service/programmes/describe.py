"""A programme as plain text for people: procedure, then stages, tasks, roles, forms, deadlines, decisions, letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from service.domain.errors import Problem
from service.programmes.closure import Closure, resolve
from service.programmes.folder import read_folder
from service.programmes.manifest import DeadlineRule, Manifest
from service.programmes.scan import ElementUse, ProcessUse

_SHOWN = {"userTask", "businessRuleTask", "serviceTask", "sendTask", "receiveTask", "callActivity", "manualTask"}
_KINDS = {
    "userTask": "办理",
    "businessRuleTask": "判定",
    "serviceTask": "自动",
    "sendTask": "通知",
    "receiveTask": "等待",
    "callActivity": "阶段",
    "manualTask": "线下",
    "boundaryEvent": "边界事件",
    "intermediateCatchEvent": "等待事件",
    "intermediateThrowEvent": "发出事件",
    "startEvent": "开始事件",
    "endEvent": "结束",
}
_STATUS = {"draft": "草案（不受理申报）", "in-force": "施行", "expired": "已失效"}
_HOLDERS = {
    "applicant": "申报单位",
    "competent": "主管部门",
    "authority": "主办机关",
    "member": "成员单位",
    "expert": "专家",
    "panel-chair": "专家组组长",
    "named": "图上指明的单位",
}


def describe(files: Mapping[str, bytes], key: str) -> str:
    """One page about programme `key`. Raises DeploymentRefused where its manifest cannot be read."""
    closure, problems = resolve(files, key)
    lines = [*_head(closure.manifest)]
    for procedure in closure.manifest.procedures.values():
        started = closure.manifest.roles.get(procedure.start)
        by = f"，由{started.name}发起" if started else ""
        lines += ["", f"## 程序：{procedure.name}（{procedure.key}）{by}"]
        process = closure.processes.get(procedure.key)
        lines += [*_process(closure, process, "", frozenset())] if process else ["（缺少流程图）"]
    lines += [*_tables(closure.manifest), *_findings(closure, problems)]
    return "\n".join(lines) + "\n"


def describe_folder(root: Path, key: str) -> str:
    """The same for a programme in a folder. Raises NotFound where it has none of that key."""
    return describe(read_folder(root, key), key)


def period_text(rule: DeadlineRule) -> str:
    """A deadline's rule in one phrase.

    >>> period_text(DeadlineRule("paper", "纸质材料", "event:training-held", working_days=10, end="17:30"))
    '“training-held”之后10个工作日，至17:30'
    """
    starts = {"call": "批次公布的日期", "stage": "进入阶段", "task": "任务产生"}.get(rule.starts, f"“{rule.event}”")
    lengths = (
        (rule.working_days, "个工作日"),
        (rule.calendar_days, "日"),
        (rule.months, "个月"),
    )
    length = next((f"{count}{unit}" for count, unit in lengths if count is not None), "")
    joint = "起" if rule.inclusive_first_day else "之后"
    return (f"{starts}{joint}{length}" if length else starts) + ("" if rule.end == "24:00" else f"，至{rule.end}")


def _head(manifest: Manifest) -> Iterator[str]:
    yield f"# {manifest.name}（{manifest.key}）"
    yield f"状态：{_STATUS[manifest.status]}；主办机关：{manifest.authority}"
    if manifest.summary:
        yield manifest.summary
    for basis in manifest.legal_basis:
        yield "依据：" + " ".join(part for part in (basis.document, basis.number, basis.article) if part)


def _process(closure: Closure, process: ProcessUse, indent: str, above: frozenset[str]) -> Iterator[str]:
    if process.documentation:
        yield f"{indent}{process.documentation}"
    for element in process.elements:
        if element.kind not in _SHOWN and not (element.operation or element.letters or element.deadlines):
            continue
        yield f"{indent}- {_line(closure, element)}"
        called = closure.processes.get(element.called)
        if called and called.id not in above:
            yield from _process(closure, called, indent + "  ", above | {process.id})


def _line(closure: Closure, element: ElementUse) -> str:
    parts = [
        ("角色", "、".join(_role(closure.manifest, name, literal) for name, literal in element.roles)),
        ("表单", element.form),
        ("期限", "、".join(_deadline(closure.manifest, name) for name in element.deadlines)),
        ("决策", element.decision),
        ("操作", element.operation),
        ("文书", "、".join(element.letters)),
        ("流程", element.called),
    ]
    told = "；".join(f"{label} {value}" for label, value in parts if value)
    kind = _KINDS.get(element.kind, element.kind)
    return f"{kind} {element.name or element.id}（{element.id}）" + (f"：{told}" if told else "")


def _role(manifest: Manifest, name: str, is_literal: bool) -> str:
    role = manifest.roles.get(name)
    return role.name if role else (f"{name}（未定义）" if is_literal else f"变量 {name}")


def _deadline(manifest: Manifest, name: str) -> str:
    rule = manifest.deadlines.get(name)
    return f"{rule.name}＝{period_text(rule)}" if rule else f"{name}（未定义）"


def _tables(manifest: Manifest) -> Iterator[str]:
    yield from ("", "## 角色")
    for role in manifest.roles.values():
        yield f"- {role.name}（{role.key}）：{_HOLDERS[role.holder]}"
    yield from ("", "## 期限")
    for rule in manifest.deadlines.values():
        source = rule.source or ("系统设定" if rule.added else "")
        yield f"- {rule.name}（{rule.key}）：{period_text(rule)}" + (f"；{source}" if source else "")
    if manifest.numbers:
        yield from ("", "## 编号")
        yield from (f"- {number.name or number.key}：{number.pattern}" for number in manifest.numbers.values())


def _findings(closure: Closure, problems: tuple[Problem, ...]) -> Iterator[str]:
    if problems or closure.orphans:
        yield from ("", "## 待处理")
        yield from (f"- {problem.text()}" for problem in problems)
        yield from (f"- {path}：没有流程用到，不会发布" for path in closure.orphans)
