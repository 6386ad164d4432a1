"""What each model file defines and names: processes, decisions, forms, letters, deadlines, roles.

Only names are read here, to find the files that belong together; what they mean is the engine's, the decisions' and the
forms' business. A file that cannot be read at all defines nothing and gives one Problem.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from service.domain.errors import Problem

# what is most often wrong in a file edited by hand, in the words of the parser and in Chinese
_UNCLOSED = re.compile(r"Opening and ending tag mismatch: (\S+) line (\d+) and (\S+), line (\d+), column \d+")
_UNCLOSED_ZH = r"第 \2 行的 <\1> 没有结束，第 \4 行却是 </\3>"

Kind = Literal["manifest", "process", "decision", "form", "letter"]

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
ZEEBE = "{http://camunda.org/schema/zeebe/1.0}"
MAX_FILE_BYTES = 2 * 1024 * 1024

_SUFFIXES: tuple[tuple[str, str, Kind], ...] = (
    ("bpmn", ".bpmn", "process"),
    ("dmn", ".dmn", "decision"),
    ("forms", ".form", "form"),
    ("forms", ".letter.md", "letter"),
)
_SEGMENT = re.compile(r"[\w][\w.()（） -]*")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DEADLINE = re.compile(r'\b(?:deadline|reminders)\s*\(\s*(?:name\s*:\s*)?"([^"]*)"')
_GROUPS = re.compile(r'\bgroups\s*\(\s*(?:role\s*:\s*)?("([^"]*)"|[^\W\d]\w*)')
_CONTAINERS = {f"{BPMN}process", f"{BPMN}subProcess", f"{BPMN}adHocSubProcess", f"{BPMN}transaction"}
_NOT_FLOW = {f"{BPMN}{name}" for name in ("extensionElements", "laneSet", "documentation", "incoming", "outgoing")}


@dataclass(frozen=True, slots=True)
class ElementUse:
    """One element of a diagram and what it names."""

    file: str
    process: str
    id: str
    name: str
    kind: str  # the BPMN tag, such as userTask
    line: int
    lane: str = ""
    form: str = ""
    decision: str = ""
    operation: str = ""
    called: str = ""
    letters: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()  # (target, FEEL source)
    outputs: tuple[str, ...] = ()  # targets
    expressions: tuple[str, ...] = ()

    @property
    def deadlines(self) -> tuple[str, ...]:
        """Names asked by `deadline("…")` or `reminders("…")` here."""
        return tuple(dict.fromkeys(name for text in self.expressions for name in deadline_names(text)))

    @property
    def roles(self) -> tuple[tuple[str, bool], ...]:
        """First arguments of `groups(…)`: (role or variable name, whether it is a literal)."""
        found = (match for text in self.expressions for match in _GROUPS.finditer(text))
        return tuple(
            dict.fromkeys((m.group(2), True) if m.group(2) is not None else (m.group(1), False) for m in found)
        )


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """One process of a diagram with its elements, in the order of the file."""

    id: str
    name: str
    file: str
    documentation: str
    elements: tuple[ElementUse, ...]


def kind_of(path: str) -> Kind | None:
    """The kind of model at `bpmn/<key>/x.bpmn`, `dmn/…`, `forms/…`; None for anything that is no model."""
    parts = path.split("/")
    if len(parts) != 3 or not all(_SEGMENT.fullmatch(part) for part in parts):
        return None
    if parts[0] == "bpmn" and parts[2] == "programme.toml":
        return "manifest"
    return next((kind for folder, end, kind in _SUFFIXES if parts[0] == folder and parts[2].endswith(end)), None)


def folder_for(name: str) -> str | None:
    """The top folder a file of this name belongs to, by its suffix: `bpmn`, `dmn` or `forms`."""
    if name == "programme.toml":
        return "bpmn"
    return next((folder for folder, end, _ in _SUFFIXES if name.endswith(end)), None)


def deadline_names(expression: str) -> tuple[str, ...]:
    """The deadlines a FEEL text asks for by name.

    >>> deadline_names('=if late then deadline("defence") else deadline("paper-delivery")')
    ('defence', 'paper-delivery')
    """
    return tuple(_DEADLINE.findall(expression))


def literals(expression: str) -> tuple[str, ...]:
    """The text literals of a FEEL text; a text without `=` in front is a literal itself.

    >>> literals('=if ok then "filed" else "not-filed"'), literals("filed"), literals("=choice")
    (('filed', 'not-filed'), ('filed',), ())
    """
    text = expression.strip()
    if not text.startswith("="):
        return (text,) if text else ()
    return tuple(_LITERAL.findall(text))


def scan_processes(content: bytes, file: str) -> tuple[tuple[ProcessUse, ...], tuple[Problem, ...]]:
    """The processes of a `.bpmn` file; no process and one Problem where it is not XML we read."""
    root = _parse(content, file)
    if isinstance(root, Problem):
        return (), (root,)
    return tuple(_process(node, file) for node in root.iter(f"{BPMN}process")), ()


def scan_decisions(content: bytes, file: str) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """The ids of the decisions in a `.dmn` file, of any DMN version."""
    root = _parse(content, file)
    if isinstance(root, Problem):
        return (), (root,)
    return tuple(node.get("id", "") for node in root.iter("{*}decision") if node.get("id")), ()


def scan_form(content: bytes, file: str) -> tuple[str, tuple[Problem, ...]]:
    """The id of a `.form` file; empty and one Problem where it has none."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and isinstance(value.get("id"), str) and value["id"]:
        return value["id"], ()
    zh, en = "不是有效的表单文件：须为 JSON，并有 id。", "This is not a form file: it must be JSON with an id."
    return "", (Problem(file, "", "form-unreadable", zh, en),)


def letter_id(path: str) -> str:
    """The id of a letter: its file name without `.letter.md`."""
    return path.rpartition("/")[2].removesuffix(".letter.md")


def _parse(content: bytes, file: str) -> etree._Element | Problem:
    if len(content) > MAX_FILE_BYTES:
        return Problem(file, "", "file-too-large", "文件超过 2 MB。", "The file is larger than 2 MB.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = getattr(error, "msg", None) or str(error)
        zh = f"不是有效的 XML，请在建模工具里重新保存：{_UNCLOSED.sub(_UNCLOSED_ZH, reason)}"
        en = f"This is not valid XML; save it anew in the modeler: {reason}"
        return Problem(file, "", "xml-unreadable", zh, en, line=getattr(error, "lineno", 0) or 0)
    document: Any = root.getroottree().docinfo
    if document.doctype:
        zh, en = "文件含 DOCTYPE 声明，不予接受，请删除。", "A DOCTYPE declaration is not accepted; remove it."
        return Problem(file, "", "xml-doctype", zh, en)
    return root


def _process(node: etree._Element, file: str) -> ProcessUse:
    process_id = node.get("id", "")
    lanes = {
        (reference.text or "").strip(): lane.get("name", "")
        for lane in node.iter(f"{BPMN}lane")
        for reference in lane.findall(f"{BPMN}flowNodeRef")
    }
    return ProcessUse(
        id=process_id,
        name=node.get("name", ""),
        file=file,
        documentation=(node.findtext(f"{BPMN}documentation") or "").strip(),
        elements=tuple(_element(child, process_id, file, lanes) for child in _flow_elements(node)),
    )


def _flow_elements(container: etree._Element) -> Iterator[etree._Element]:
    for child in container:
        if isinstance(child.tag, str) and _is_flow_element(child):
            yield child
            if child.tag in _CONTAINERS:
                yield from _flow_elements(child)


def _element(node: etree._Element, process_id: str, file: str, lanes: dict[str, str]) -> ElementUse:
    own = list(_own_nodes(node))
    inputs = tuple((n.get("target", ""), n.get("source", "")) for n in own if n.tag == f"{ZEEBE}input")
    letters = [literals(source) for target, source in inputs if target == "letter" or target.endswith("_letter")]
    element_id = node.get("id", "")
    return ElementUse(
        file=file,
        process=process_id,
        id=element_id,
        name=node.get("name", ""),
        kind=etree.QName(node).localname,
        line=int(getattr(node, "sourceline", 0) or 0),
        lane=lanes.get(element_id, ""),
        form=_attribute(own, "formDefinition", "formId"),
        decision=_attribute(own, "calledDecision", "decisionId"),
        operation=_attribute(own, "taskDefinition", "type"),
        called=_attribute(own, "calledElement", "processId"),
        letters=tuple(name for found in letters for name in found),
        inputs=inputs,
        outputs=tuple(n.get("target", "") for n in own if n.tag == f"{ZEEBE}output"),
        expressions=tuple(_expressions(own)),
    )


def _own_nodes(node: etree._Element) -> Iterator[etree._Element]:
    """The element and what is inside it, but not the flow elements of a sub-process: those stand for themselves."""
    yield node
    for child in node:
        if isinstance(child.tag, str) and not (node.tag in _CONTAINERS and _is_flow_element(child)):
            yield from _own_nodes(child)


def _is_flow_element(node: etree._Element) -> bool:
    if node.get("id") is None or node.tag in _NOT_FLOW:
        return False
    return not etree.QName(node).localname.endswith("LoopCharacteristics")


def _expressions(nodes: list[etree._Element]) -> Iterator[str]:
    for node in nodes:
        yield from (str(value) for value in node.attrib.values() if str(value).startswith("="))
        text = (node.text or "").strip()
        if text.startswith("="):
            yield text


def _attribute(nodes: list[etree._Element], tag: str, attribute: str) -> str:
    value = next((node.get(attribute, "") for node in nodes if node.tag == f"{ZEEBE}{tag}"), "")
    return "" if value.startswith("=") else value
