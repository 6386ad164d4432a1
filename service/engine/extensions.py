"""The `zeebe:` extension elements of one BPMN element: what we act on, and a problem for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from service.engine.xml import CAMUNDA, ZEEBE, Xml, attributes, children

Complain = Callable[..., Any]

# zeebe element → the attributes we act on; another element or attribute of the namespace is a problem
ATTRIBUTES: dict[str, frozenset[str]] = {
    name: frozenset(attributes.split())
    for name, attributes in {
        "userTask": "",
        "assignmentDefinition": "assignee candidateGroups candidateUsers",
        "taskSchedule": "dueDate followUpDate",
        "priorityDefinition": "priority",
        "formDefinition": "formId formKey externalReference bindingType",
        "ioMapping": "",
        "input": "source target",
        "output": "source target",
        "properties": "",
        "property": "name value",
        "calledDecision": "decisionId resultVariable bindingType",
        "taskDefinition": "type retries",
        "calledElement": "processId propagateAllChildVariables propagateAllParentVariables bindingType",
        "taskHeaders": "",
        "header": "key value",
        "loopCharacteristics": "inputCollection inputElement outputCollection outputElement",
        "subscription": "correlationKey",
        "versionTag": "value",
    }.items()
}
WORK = frozenset({"assignmentDefinition", "taskSchedule", "priorityDefinition", "formDefinition"})
BINDINGS = frozenset({"deployment", "latest"})


@dataclass(slots=True)
class Extensions:
    """What the extension elements of one BPMN element say."""

    inputs: list[tuple[str, str]] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)
    work: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    job: str | None = None
    retries: str | None = None
    called: str | None = None
    result: str | None = None
    all_in: bool = True
    all_out: bool = True
    version: str = ""


def read_extensions(elements: Iterable[Xml], bad: Complain) -> Extensions:
    """Reads them; `bad(element, code, **details)` is told of everything that is not understood."""
    out = Extensions()
    seen: set[str] = set()
    for xml in elements:
        if not known(xml, bad):
            continue
        kind = etree.QName(xml).localname
        if kind in seen:
            bad(xml, "duplicated-extension", kind=f"zeebe:{kind}")
        seen.add(kind)
        if xml.get("bindingType", "deployment") not in BINDINGS:
            bad(xml, "binding", binding=xml.get("bindingType"))
        if kind in READ:
            READ[kind](xml, out, bad)
    return out


def known(xml: Xml, bad: Complain) -> bool:
    """Whether we understand the element; if not, or if an attribute is not known, it is a problem."""
    name = etree.QName(xml)
    if name.namespace == CAMUNDA:
        bad(xml, "camunda7", attribute=name.localname)
        return False
    if name.namespace != ZEEBE:
        bad(xml, "ignored-extension", level="warning", kind=name.localname)
        return False
    ours = ATTRIBUTES.get(name.localname)
    if ours is None:
        bad(xml, "unsupported-extension", kind=f"zeebe:{name.localname}")
        return False
    for attribute in attributes(xml):
        if attribute not in ours:
            bad(xml, "unknown-attribute", attribute=f"zeebe:{name.localname} {attribute}")
    return True


def _mappings(xml: Xml, out: Extensions, bad: Complain) -> None:
    for child in children(xml):
        if known(child, bad):
            mappings = out.inputs if etree.QName(child).localname == "input" else out.outputs
            mappings.append((child.get("source", ""), child.get("target", "")))


def _properties(xml: Xml, out: Extensions, bad: Complain) -> None:
    for child in children(xml):
        if known(child, bad):
            out.properties[child.get("name", "")] = child.get("value", "")


def _headers(xml: Xml, out: Extensions, bad: Complain) -> None:
    for child in children(xml):
        if known(child, bad):
            out.headers[child.get("key", "")] = child.get("value", "")


def _work(xml: Xml, out: Extensions, bad: Complain) -> None:
    if xml.get("formKey") or xml.get("externalReference"):
        bad(xml, "external-form")
    if xml.get("candidateUsers"):
        bad(xml, "candidate-users")
    out.work.update(attributes(xml))


def _user_task(xml: Xml, out: Extensions, bad: Complain) -> None:
    out.work["managed"] = "true"


def _job(xml: Xml, out: Extensions, bad: Complain) -> None:
    out.job, out.retries = xml.get("type"), xml.get("retries")


def _decision(xml: Xml, out: Extensions, bad: Complain) -> None:
    out.called, out.result = xml.get("decisionId"), xml.get("resultVariable")


def _called(xml: Xml, out: Extensions, bad: Complain) -> None:
    out.called = xml.get("processId")
    out.all_in = xml.get("propagateAllParentVariables", "true") == "true"
    out.all_out = xml.get("propagateAllChildVariables", "true") == "true"


def _version(xml: Xml, out: Extensions, bad: Complain) -> None:
    out.version = xml.get("value", "")


READ: dict[str, Callable[[Xml, Extensions, Complain], None]] = {
    "ioMapping": _mappings,
    "properties": _properties,
    "taskHeaders": _headers,
    **dict.fromkeys(WORK, _work),
    "userTask": _user_task,
    "taskDefinition": _job,
    "calledDecision": _decision,
    "calledElement": _called,
    "versionTag": _version,
}
