"""Reading a decision file's XML safely, and finding one's way in it whatever version of DMN it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from lxml import etree

from service.dmn.problems import DmnError, DmnProblem

Element = etree._Element

MAX_BYTES = 2 << 20
_NAMESPACES = ("http://www.omg.org/spec/DMN/", "https://www.omg.org/spec/DMN/")


def read_xml(content: bytes, file: str) -> Element:
    """The root of a decision file. Raises DmnError for what is too large, no XML, has a DOCTYPE or is no DMN."""
    if len(content) > MAX_BYTES:
        raise _refused(file, "too-large", "文件超过 2 MB", "the file is larger than 2 MB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise _refused(
            file, "no-xml", f"不是合格的 XML：{error.msg}", f"not well-formed XML: {error.msg}", line
        ) from None
    if _doctype(root):
        raise _refused(file, "doctype", "不接受含有 DOCTYPE 的文件", "a file with a DOCTYPE is not accepted")
    if local(root) != "definitions" or not (etree.QName(root).namespace or "").startswith(_NAMESPACES):
        raise _refused(file, "no-dmn", "不是 DMN 决策文件", "not a DMN file")
    return root


def _doctype(root: Element) -> str:
    docinfo: Any = root.getroottree().docinfo
    return str(docinfo.doctype or "")


def _refused(file: str, code: str, zh: str, en: str, line: int = 0) -> DmnError:
    return DmnError([DmnProblem(file, "", code, zh, en, line=line)])


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return _local(element.tag)


@lru_cache(maxsize=512)
def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, *names: str) -> Iterator[Element]:
    """The children with one of these names, in order."""
    return (child for child in element if local(child) in names)


def child(element: Element, name: str) -> Element | None:
    """The first child of this name."""
    return next(children(element, name), None)


def text_of(element: Element | None) -> str:
    """The content of an element's `text` child, "" where there is none."""
    found = None if element is None else child(element, "text")
    return (found.text or "") if found is not None else ""


def content_of(element: Element | None) -> str:
    """The element's own text, trimmed."""
    return (element.text or "").strip() if element is not None else ""


def nearest_id(element: Element | None) -> str:
    """The id of the element or of the nearest one around it."""
    while element is not None:
        found = element.get("id")
        if found:
            return found
        element = element.getparent()
    return ""


def line_of(element: Element | None) -> int:
    """The line an element begins in."""
    found: Any = element.sourceline if element is not None else 0
    return int(found or 0)
