"""The parts of the models that stories must show: rules and sequence flows; and the models without one of them."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from service.settings import ROOT

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def flows(owner: str, *, conditioned: bool = False) -> dict[str, Path]:
    """Every sequence flow of the diagrams of a programme, or of the common ones, as process/flow → its file."""
    found = {}
    for path in sorted((ROOT / "bpmn" / owner).glob("*.bpmn")):
        for process in etree.parse(path).getroot().iter(f"{BPMN}process"):
            for flow in process.iter(f"{BPMN}sequenceFlow"):
                if not conditioned or flow.find(f"{BPMN}conditionExpression") is not None:
                    found[f"{process.get('id')}/{flow.get('id')}"] = path
    return found


def rules(owner: str) -> dict[str, Path]:
    """Every rule of the tables of a programme, or of the common ones, as file#rule → its file."""
    return {
        f"dmn/{owner}/{path.name}#{rule.get('id')}": path
        for path in sorted((ROOT / "dmn" / owner).glob("*.dmn"))
        for rule in etree.parse(path).getroot().iter("{*}rule")
    }


def without(path: Path, rule_id: str) -> dict[str, bytes]:
    """The file of tables without one rule, by its path from the root."""
    root = etree.parse(path).getroot()
    rule = next(rule for rule in root.iter("{*}rule") if rule.get("id") == rule_id)
    rule.getparent().remove(rule)  # type: ignore[union-attr]
    return _changed(path, root)


def negated(path: Path, flow_id: str) -> dict[str, bytes]:
    """The diagram with the condition of one flow turned round, by its path from the root."""
    root = etree.parse(path).getroot()
    flow = next(flow for flow in root.iter(f"{BPMN}sequenceFlow") if flow.get("id") == flow_id)
    condition = flow.find(f"{BPMN}conditionExpression")
    assert condition is not None
    condition.text = f"=not({(condition.text or '').strip().removeprefix('=')})"
    return _changed(path, root)


def _changed(path: Path, root: etree._Element) -> dict[str, bytes]:
    return {path.relative_to(ROOT).as_posix(): etree.tostring(root, xml_declaration=True, encoding="UTF-8")}
