"""Camunda 8 BPMN XML → model: every element is read, listed as decoration, or a problem; nothing is dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from service.domain.errors import Problem
from service.engine.extensions import Extensions, read_extensions
from service.engine.model import NODES, Event, Flow, Loop, Node, Scope
from service.engine.problems import problem
from service.engine.xml import BPMN, CAMUNDA, ZEEBE, Xml, attributes, bpmn, children, doctype, line, local, parse

LIMIT = 2 * 1024 * 1024
ID = re.compile(r"[^\W\d][\w.\-\u00b7]*")  # an XML NCName; what we put between and behind ids is none
CLICKABLE = NODES | {
    "sequenceFlow", "process", "message", "signal", "error", "escalation",
    "complexGateway", "adHocSubProcess", "transaction", "scriptTask",
}  # fmt: skip
DECORATION = frozenset(
    {
        "documentation", "incoming", "outgoing", "laneSet", "textAnnotation", "association", "group", "dataObject",
        "dataObjectReference", "dataStoreReference", "extensionElements", "ioSpecification", "dataInputAssociation",
        "dataOutputAssociation", "property", "category",
    }
)  # fmt: skip
ROOT = frozenset({"process", "collaboration", "itemDefinition", "dataStore", "category", "extensionElements"})
DEFINITIONS = frozenset({"message", "signal", "error", "escalation"})
EVENT_DEFINITIONS = {
    f"{kind}EventDefinition": kind
    for kind in ("timer", "message", "signal", "error", "escalation", "terminate", "link")
}
ATTRIBUTES = frozenset(
    {
        "id", "name", "default", "isInterrupting", "cancelActivity", "attachedToRef", "triggeredByEvent", "messageRef",
        "implementation", "startQuantity", "completionQuantity", "parallelMultiple", "gatewayDirection",
        "eventGatewayType", "instantiate", "isForCompensation",
    }
)  # fmt: skip
KINDS_ZH = {"message": "消息", "signal": "信号", "error": "错误", "escalation": "升级"}


@dataclass(slots=True)
class Definition:
    """A message, signal, error or escalation of the file."""

    kind: str
    name: str | None
    code: str | None
    key: str | None


def read(files: Mapping[str, bytes]) -> tuple[dict[str, Scope], list[Problem]]:
    """Every executable process of the files by its id, and everything that cannot be read."""
    processes: dict[str, Scope] = {}
    problems: list[Problem] = []
    for name, data in sorted(files.items()):
        reader = Reader(name)
        reader.read(data)
        problems += reader.problems
        for key, scope in reader.processes.items():
            if key in processes:
                problems.append(problem(name, key, "duplicate-process", line=scope.line, other=processes[key].file))
            else:
                processes[key] = scope
    return processes, problems


class Reader:
    """Reads one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.processes: dict[str, Scope] = {}
        self.definitions: dict[str, Definition] = {}
        self.ids: set[str] = set()

    def read(self, data: bytes) -> None:
        """Everything the file says, into `processes` and `problems`."""
        root = self._root(data)
        if root is None:
            return
        for child in children(root):
            kind = local(child)
            if kind in DEFINITIONS:
                self._definition(child, kind)
            elif child.tag.startswith(f"{{{BPMN}}}") and kind not in ROOT:
                self.bad(child, "unsupported-element", kind=kind)
        for child in root.iterfind(bpmn("process")):
            self._process(child)

    def _root(self, data: bytes) -> Xml | None:
        if len(data) > LIMIT:
            self.problems.append(problem(self.file, "?", "too-large"))
            return None
        try:
            root = parse(data)
        except etree.XMLSyntaxError as error:
            self.problems.append(problem(self.file, "?", "not-xml", line=error.lineno or 0, reason=error.msg))
            return None
        if doctype(root):
            self.problems.append(problem(self.file, "?", "doctype"))
            return None
        if root.tag != bpmn("definitions"):
            self.problems.append(problem(self.file, "?", "not-bpmn", root=local(root)))
            return None
        return root

    def bad(self, at: Xml, code: str, *, level: Literal["error", "warning"] = "error", **details: Any) -> None:
        """A problem, said of the nearest element a designer can click on."""
        near: Xml | None = at
        while near is not None and not (near.get("id") and local(near) in CLICKABLE):
            near = near.getparent()
        shown = at if near is None else near
        self.problems.append(
            problem(
                self.file,
                shown.get("id") or "?",
                code,
                name=shown.get("name", ""),
                line=line(at),
                level=level,
                **details,
            )
        )

    def _definition(self, xml: Xml, kind: str) -> None:
        subscription = next(xml.iter(f"{{{ZEEBE}}}subscription"), None)
        self.definitions[xml.get("id", "")] = Definition(
            kind,
            xml.get("name"),
            xml.get("errorCode") or xml.get("escalationCode"),
            None if subscription is None else subscription.get("correlationKey"),
        )

    def _process(self, xml: Xml) -> None:
        if xml.get("isExecutable") != "true":
            if len(xml):
                self.bad(xml, "not-executable")
            return
        if not xml.get("id"):
            self.bad(xml, "no-id", kind="process")
            return
        self._unique(xml, xml.get("id", ""))
        scope = Scope(xml.get("id", ""), self.file, xml.get("name", ""), line(xml), documentation(xml))
        extensions = self._extensions(xml)
        scope.version = extensions.version
        lanes = {
            (node.text or "").strip(): lane.get("name") or lane.get("id")
            for lane in xml.iter(bpmn("lane"))
            for node in lane.iterfind(bpmn("flowNodeRef"))
        }
        self._scope(xml, scope, lanes)
        self.processes[scope.key] = scope

    def _scope(self, xml: Xml, scope: Scope, lanes: Mapping[str, str | None]) -> None:
        loop = "multiInstanceLoopCharacteristics" if local(xml) == "subProcess" else ""
        for child in children(xml):
            kind = local(child)
            if kind == "sequenceFlow":
                self._flow(child, scope)
            elif kind in NODES:
                self._node(child, kind, scope, lanes)
            elif kind not in DECORATION and kind != loop:
                self._unsupported(child, kind, scope)

    def _unsupported(self, xml: Xml, kind: str, scope: Scope) -> None:
        """A problem; something stands in for the node, so that its flows are not called dangling as well."""
        self.bad(xml, "script-task" if kind == "scriptTask" else "unsupported-element", kind=kind)
        if kind in CLICKABLE and xml.get("id"):
            scope.nodes[xml.get("id", "")] = Node(xml.get("id", ""), "task", xml.get("name", ""), line(xml))

    def _flow(self, xml: Xml, scope: Scope) -> None:
        condition = xml.find(bpmn("conditionExpression"))
        source, target = xml.get("sourceRef", ""), xml.get("targetRef", "")
        flow = Flow(
            xml.get("id") or f"{source}>{target}#{len(scope.flows)}",
            source,
            target,
            None if condition is None else (condition.text or "").strip(),
            xml.get("name", ""),
            line(xml),
        )
        scope.flows.append(flow)
        self._unique(xml, flow.id)

    def _unique(self, xml: Xml, id_: str) -> None:
        if id_ in self.ids:
            self.bad(xml, "duplicate-id", id=id_)
        if xml.get("id") and not ID.fullmatch(id_):
            self.bad(xml, "illegal-id", id=id_)
        self.ids.add(id_)

    def _node(self, xml: Xml, kind: str, scope: Scope, lanes: Mapping[str, str | None]) -> None:
        if not xml.get("id"):
            self.bad(xml, "no-id", kind=kind)
            return
        node = Node(xml.get("id", ""), kind, xml.get("name", ""), line(xml), lanes.get(xml.get("id", "")))
        self._unique(xml, node.id)
        scope.nodes[node.id] = node
        self._attributes(xml)
        node.documentation = documentation(xml)
        node.default = xml.get("default")
        node.attached_to = xml.get("attachedToRef")
        node.interrupting = (xml.get("cancelActivity") or xml.get("isInterrupting") or "true") == "true"
        node.by_event = xml.get("triggeredByEvent") == "true"
        if kind == "subProcess":
            node.inner = Scope(f"{scope.key}/{node.id}", self.file, node.name, node.line)
            self._scope(xml, node.inner, lanes)
        self._content(xml, kind, node)
        take_over(node, self._extensions(xml))

    def _attributes(self, xml: Xml) -> None:
        for attribute in attributes(xml):
            if attribute in ATTRIBUTES or attribute.startswith(f"{{{ZEEBE}}}modeler"):
                continue
            namespace, _, name = attribute.rpartition("}")
            if namespace[1:] == CAMUNDA or name == "calledElement":
                self.bad(xml, "camunda7", attribute=name)
            elif not namespace or namespace[1:] == ZEEBE:
                self.bad(xml, "unknown-attribute", attribute=name)
            else:
                self.bad(xml, "ignored-attribute", level="warning", attribute=name)

    def _content(self, xml: Xml, kind: str, node: Node) -> None:
        for child in children(xml):
            found = local(child)
            if found in EVENT_DEFINITIONS:
                self._event(child, EVENT_DEFINITIONS[found], node)
            elif found == "multiInstanceLoopCharacteristics":
                self._loop(child, node)
            elif kind != "subProcess" and found not in DECORATION:
                self.bad(child, "unsupported-element", kind=found)
                if found.endswith("EventDefinition"):
                    node.event = Event("unsupported")
        if kind == "receiveTask":
            self._receive(xml, node)

    def _receive(self, xml: Xml, node: Node) -> None:
        reference = xml.get("messageRef")
        found = self.definitions.get(reference or "")
        if reference is None:
            self.bad(xml, "receive-without-message", level="warning")
            node.event = Event("none")
        elif found is None or found.kind != "message":
            self.bad(xml, "dangling-reference", kind=KINDS_ZH["message"], id=reference)
        else:
            node.event = Event("message", found.name, expression=found.key)
            if not found.name:
                self.bad(xml, "nameless-definition", kind=KINDS_ZH["message"], id=reference)

    def _event(self, xml: Xml, kind: str, node: Node) -> None:
        if node.event is not None:
            self.bad(xml, "several-events")
            return
        node.event = Event(kind)
        if kind == "timer":
            self._timer(xml, node.event)
        elif kind == "link":
            node.event.name = xml.get("name")
        elif kind != "terminate":
            self._referred(xml, kind, node.event)
        if xml.find(bpmn("extensionElements")) is not None:
            take_over(node, self._extensions(xml))

    def _timer(self, xml: Xml, event: Event) -> None:
        forms = [child for child in children(xml) if local(child) in ("timeDate", "timeDuration", "timeCycle")]
        if len(forms) != 1 or not (forms[0].text or "").strip():
            self.bad(xml, "timer-without-time")
            return
        event.form = local(forms[0])[4:].lower()
        event.expression = (forms[0].text or "").strip()

    def _referred(self, xml: Xml, kind: str, event: Event) -> None:
        reference = xml.get(f"{kind}Ref")
        if reference is None:
            if kind in ("message", "signal"):
                self.bad(xml, "event-without-reference", kind=KINDS_ZH[kind])
            return
        found = self.definitions.get(reference)
        if found is None or found.kind != kind:
            self.bad(xml, "dangling-reference", kind=KINDS_ZH[kind], id=reference)
            return
        event.name, event.code, event.expression = found.name, found.code, found.key
        if kind in ("error", "escalation"):
            if not found.code:
                self.bad(xml, "event-without-code", kind=KINDS_ZH[kind], id=reference)
        elif not found.name:
            self.bad(xml, "nameless-definition", kind=KINDS_ZH[kind], id=reference)

    def _loop(self, xml: Xml, node: Node) -> None:
        zeebe = next(xml.iter(f"{{{ZEEBE}}}loopCharacteristics"), None)
        if zeebe is None or not zeebe.get("inputCollection"):
            self.bad(xml, "loop-without-collection")
            return
        read_extensions([zeebe], self.bad)
        if bool(zeebe.get("outputCollection")) != bool(zeebe.get("outputElement")):
            self.bad(xml, "loop-output")
        for child in children(xml):
            if local(child) not in ("extensionElements", "completionCondition"):
                self.bad(child, "unsupported-element", kind=local(child))
        until = xml.find(bpmn("completionCondition"))
        node.loop = Loop(
            zeebe.get("inputCollection", ""),
            zeebe.get("inputElement"),
            zeebe.get("outputCollection"),
            zeebe.get("outputElement"),
            None if until is None else (until.text or "").strip() or None,
            xml.get("isSequential") == "true",
        )

    def _extensions(self, xml: Xml) -> Extensions:
        found = xml.find(bpmn("extensionElements"))
        return read_extensions([] if found is None else children(found), self.bad)


def take_over(node: Node, found: Extensions) -> None:
    """What the zeebe extension elements say becomes part of the node."""
    node.inputs += found.inputs
    node.outputs += found.outputs
    node.work.update(found.work)
    node.properties.update(found.properties)
    node.headers.update(found.headers)
    node.job = found.job or node.job
    node.retries = found.retries or node.retries
    node.called = found.called or node.called
    node.result = found.result or node.result
    node.all_in = node.all_in and found.all_in
    node.all_out = node.all_out and found.all_out


def documentation(xml: Xml) -> str:
    """The text of its documentation, or nothing."""
    found = xml.find(bpmn("documentation"))
    return "" if found is None else (found.text or "").strip()
