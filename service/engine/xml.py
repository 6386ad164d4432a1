"""A hardened XML parser and the names of the namespaces."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
ZEEBE = "http://camunda.org/schema/zeebe/1.0"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"

Xml: TypeAlias = etree._Element  # lxml has no public name for it


def parse(data: bytes) -> Xml:
    """The root element; no entity is resolved and nothing is fetched. Raises etree.XMLSyntaxError."""
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    return etree.fromstring(data, parser)


def bpmn(name: str) -> str:
    """The qualified name of a BPMN element."""
    return f"{{{BPMN}}}{name}"


def local(xml: Xml) -> str:
    """Its name without the namespace; a foreign element keeps its own in front, so that it matches nothing of ours."""
    name = etree.QName(xml)
    return name.localname if name.namespace == BPMN else f"{name.namespace or ''}:{name.localname}"


def children(xml: Xml) -> list[Xml]:
    """Its child elements, without comments and the like."""
    return [child for child in xml if isinstance(child.tag, str)]


def line(xml: Xml) -> int:
    """The line of the file it stands in; 0 if unknown."""
    return int(cast(Any, xml).sourceline or 0)


def attributes(xml: Xml) -> dict[str, str]:
    """Its attributes by qualified name."""
    return {str(name): str(value) for name, value in cast(Any, xml).attrib.items()}


def doctype(root: Xml) -> str:
    """The document type declaration of the file, or nothing."""
    return str(cast(Any, root.getroottree().docinfo).doctype or "")
