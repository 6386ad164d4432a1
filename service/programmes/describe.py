"""A programme as a page for people: its procedures and stages with pictures, who does what by when, and the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from service.domain.errors import Problem
from service.programmes.closure import Closure, resolve
from service.programmes.folder import read_folder
from service.programmes.manifest import DeadlineRule, Manifest
from service.programmes.picture import picture
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
    """One page (Markdown) about programme `key`. Raises DeploymentRefused where its manifest cannot be read."""
    closure, problems = resolve(files, key)
    lines = [*_head(closure.manifest)]
    stages: dict[str, ProcessUse] = {}
    for procedure in closure.manifest.procedures.values():
        started = closure.manifest.roles.get(procedure.start)
        by = f"，由{started.name}发起" if started else ""
        lines += ["", f"## 程序：{procedure.name}（{procedure.key}）{by}"]
        process = closure.processes.get(procedure.key)
        lines += [*_process(closure, process)] if process else ["", "（缺少流程图）"]
        stages |= _called(closure, process, {}) if process else {}
    for process in stages.values():
        lines += ["", f"## {_stage(process)}", *_process(closure, process)]
    lines += [*_tables(closure.manifest), *_findings(closure, problems)]
    return "\n".join(lines) + "\n"


def describe_folder(root: Path, key: str) -> str:
    """The same for a programme in a folder. Raises NotFound where it has none of that key."""
    return describe(read_folder(root, key), key)


def document_folder(root: Path, key: str) -> dict[str, bytes]:
    """The page with the pictures it shows, by their paths beside each other: `<key>.md`, `pictures/…/<process>.svg`."""
    files = read_folder(root, key)
    closure, _ = resolve(files, key)
    pictures = {_picture_path(path): picture(content) for path, content in closure.files.items() if _is_diagram(path)}
    return {f"{key}.md": describe(files, key).encode(), **pictures}


def _is_diagram(path: str) -> bool:
    return path.endswith(".bpmn")


def _picture_path(path: str) -> str:
    """Where the picture of a diagram lies beside the page.

    >>> _picture_path("bpmn/common/filing.bpmn")
    'pictures/common/filing.svg'
    """
    return PurePosixPath("pictures", *PurePosixPath(path).with_suffix(".svg").parts[1:]).as_posix()


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
    yield from ("", f"状态：{_STATUS[manifest.status]}；主办机关：{manifest.authority}")
    if manifest.summary:
        yield from ("", manifest.summary)
    yield ""
    for basis in manifest.legal_basis:
        yield "- 依据：" + " ".join(part for part in (basis.document, basis.number, basis.article) if part)


def _called(closure: Closure, process: ProcessUse, found: dict[str, ProcessUse]) -> dict[str, ProcessUse]:
    """Every stage that a process calls, and that these call, each once, in the order in which they first come."""
    for element in process.elements:
        stage = closure.processes.get(element.called)
        if stage is not None and stage.id not in found:
            found[stage.id] = stage
            _called(closure, stage, found)
    return found


def _stage(process: ProcessUse) -> str:
    return f"阶段：{process.name or process.id}（{process.id}）"


def _anchor(heading: str) -> str:
    """The name that a heading gets as the target of a link.

    >>> _anchor("阶段：补正（correction）")
    '阶段补正correction'
    """
    return re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")


def _process(closure: Closure, process: ProcessUse) -> Iterator[str]:
    if process.documentation:
        yield from ("", process.documentation)
    yield from ("", f"![{process.name or process.id}]({_picture_path(process.file)})", "")
    for element in process.elements:
        if element.kind in _SHOWN or element.operation or element.letters or element.deadlines:
            yield f"- {_line(closure, element)}"


def _line(closure: Closure, element: ElementUse) -> str:
    parts = [
        ("角色", "、".join(_role(closure.manifest, name, literal) for name, literal in element.roles)),
        ("表单", element.form),
        ("期限", "、".join(_deadline(closure.manifest, name) for name in element.deadlines)),
        ("决策", element.decision),
        ("操作", element.operation),
        ("文书", "、".join(element.letters)),
        ("见", _link(closure, element.called)),
    ]
    told = "；".join(f"{label} {value}" for label, value in parts if value)
    kind = _KINDS.get(element.kind, element.kind)
    return f"{kind} {element.name or element.id}（{element.id}）" + (f"：{told}" if told else "")


def _link(closure: Closure, called: str) -> str:
    stage = closure.processes.get(called)
    return f"[{stage.name or called}](#{_anchor(_stage(stage))})" if stage else called


def _role(manifest: Manifest, name: str, is_literal: bool) -> str:
    role = manifest.roles.get(name)
    return role.name if role else (f"{name}（未定义）" if is_literal else f"变量 {name}")


def _deadline(manifest: Manifest, name: str) -> str:
    rule = manifest.deadlines.get(name)
    return f"{rule.name}＝{period_text(rule)}" if rule else f"{name}（未定义）"


def _tables(manifest: Manifest) -> Iterator[str]:
    yield from ("", "## 角色", "")
    for role in manifest.roles.values():
        yield f"- {role.name}（{role.key}）：{_HOLDERS[role.holder]}"
    yield from ("", "## 期限", "")
    for rule in manifest.deadlines.values():
        source = rule.source or ("系统设定" if rule.added else "")
        yield f"- {rule.name}（{rule.key}）：{period_text(rule)}" + (f"；{source}" if source else "")
    if manifest.numbers:
        yield from ("", "## 编号", "")
        yield from (f"- {number.name or number.key}：{number.pattern}" for number in manifest.numbers.values())


def _findings(closure: Closure, problems: tuple[Problem, ...]) -> Iterator[str]:
    if problems or closure.orphans:
        yield from ("", "## 待处理", "")
        yield from (f"- {problem.text()}" for problem in problems)
        yield from (f"- {path}：没有流程用到，不会发布" for path in closure.orphans)
