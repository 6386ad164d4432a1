"""What two versions of a programme's files differ in, part by part, under the names their designers gave."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from lxml import etree

from service.engine.xml import Xml, attributes, children, parse

Change: TypeAlias = Literal["added", "removed", "changed"]
Facts: TypeAlias = dict[str, str]

MOST_PARTS = 300  # of one file; what is more is counted
_DRAWING = re.compile(r"/(\w*DI|DC)/?$")  # the namespaces of shapes and edges
_WIRING = {"incoming", "outgoing"}  # said by the sequence flow already
_ORDERED = {"FIRST", "PRIORITY", "RULE ORDER", "OUTPUT ORDER"}  # hit policies that ask which rule comes first


@dataclass(frozen=True, slots=True)
class PartDifference:
    """An element, field, setting or line that came, went or changed; `values` are (what, before, after)."""

    change: Change
    kind: str
    id: str
    name: str
    values: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileDifference:
    """One file that came, went or changed; `more` parts beyond `MOST_PARTS` are only counted.

    A diagram without parts was drawn anew, or written in another form: it means the same.
    """

    path: str
    change: Change
    parts: tuple[PartDifference, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    name: str
    facts: Facts


def differences(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> tuple[FileDifference, ...]:
    """Every file whose bytes differ, in the order of the paths."""
    paths = [path for path in sorted({*old, *new}) if old.get(path) != new.get(path)]
    return tuple(_file(path, old.get(path), new.get(path)) for path in paths)


def _file(path: str, before: bytes | None, after: bytes | None) -> FileDifference:
    if before is None or after is None:
        return FileDifference(path, "added" if before is None else "removed")
    found = list(_lines(before, after) if path.endswith(".md") else _parts(_read(path, before), _read(path, after)))
    return FileDifference(path, "changed", tuple(found[:MOST_PARTS]), max(len(found) - MOST_PARTS, 0))


def _parts(old: Mapping[str, _Part], new: Mapping[str, _Part]) -> Iterator[PartDifference]:
    for key, part in {**old, **new}.items():
        if key not in old or key not in new:
            yield PartDifference("removed" if key in old else "added", part.kind, key, part.name)
        elif values := tuple(_values(old[key].facts, part.facts)):
            yield PartDifference("changed", part.kind, key, part.name, values)


def _values(before: Facts, after: Facts) -> Iterator[tuple[str, str, str]]:
    for what in {**after, **before}:
        if before.get(what) != after.get(what):
            yield what, before.get(what, ""), after.get(what, "")


def _lines(before: bytes, after: bytes) -> Iterator[PartDifference]:
    """The lines of a letter that differ, as pairs of passages."""
    old, new = (content.decode("utf-8", "replace").splitlines() for content in (before, after))
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            passage = ("", "\n".join(old[i1:i2]), "\n".join(new[j1:j2]))
            yield PartDifference("changed", "line", str(j1 + 1), "", (passage,))


def _read(path: str, content: bytes) -> dict[str, _Part]:
    """The parts of a file by their ids; a file that cannot be read has none, and is told as changed."""
    try:
        if path.endswith(".toml"):
            return {place: _Part("setting", "", {"": text}) for place, text in _flat(tomllib.loads(content.decode()))}
        if path.endswith(".form"):
            return _fields(json.loads(content))
        return _elements(parse(content))
    except (ValueError, etree.XMLSyntaxError, RecursionError):
        return {}


def _flat(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Each leaf by its dotted place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{place}[{number}]")
    elif value is not None:  # a key that is null says no more than one that is not there
        yield place, str(value).lower() if isinstance(value, bool) else str(value)


def _fields(form: Any) -> dict[str, _Part]:
    """The components of a form by their ids, each without those inside it."""
    parts: dict[str, _Part] = {}

    def walk(component: Mapping[str, Any], place: str) -> None:
        key = str(component.get("id") or component.get("key") or place)
        own = {name: value for name, value in component.items() if name not in ("components", "id")}
        name = str(component.get("label") or component.get("key") or "")
        parts[key] = _Part(str(component.get("type", "")), name, dict(_flat(own)))
        for number, inner in enumerate(component.get("components") or ()):
            walk(inner, f"{place}.{number}")

    walk(form if isinstance(form, dict) else {}, "form")
    return parts


def _elements(root: Xml) -> dict[str, _Part]:
    """The elements of a diagram or a decision by their ids, with what stands in them that has no id of its own."""
    parts: dict[str, _Part] = {}

    def walk(xml: Xml, owner: _Part | None, place: str, name: str) -> None:
        tag = etree.QName(xml)
        if tag.localname in _WIRING or _DRAWING.search(tag.namespace or ""):
            return
        own = attributes(xml)
        key = own.pop("id", None)
        name = _name(xml, own, name)
        if key is not None:
            owner, place = parts.setdefault(key, _Part(tag.localname, name, {})), ""
        if owner is not None:
            _note(owner.facts, place, own | _order(xml), xml.text or "")
        for child in children(xml):
            inner = etree.QName(child).localname
            inside = place if inner == "extensionElements" else f"{place}/{inner}" if place else inner
            walk(child, owner, inside, name)

    walk(root, None, "", "")
    return parts


def _note(facts: Facts, place: str, own: Mapping[str, str], text: str) -> None:
    """Write down attributes and text; a second one of the same place gets a number."""
    given = {f"{place}@{etree.QName(name).localname}" if place else etree.QName(name).localname: value
             for name, value in own.items()}  # fmt: skip
    if text.strip():
        given[place or "text"] = " ".join(text.split())
    for what, value in given.items():
        number, unique = 1, what
        while unique in facts:
            number += 1
            unique = f"{what} {number}"
        facts[unique] = value


def _order(xml: Xml) -> Facts:
    """Of a rule whose place in its table matters: the rule before it."""
    parent, before = xml.getparent(), xml.getprevious()
    if etree.QName(xml).localname != "rule" or parent is None or parent.get("hitPolicy") not in _ORDERED:
        return {}
    return {"after": str(before.get("id", "")) if before is not None and before.tag == xml.tag else ""}


def _name(xml: Xml, own: Mapping[str, str], above: str) -> str:
    """What people call it: its own name, or the place in what is named above it; the rules of a table are numbered."""
    if etree.QName(xml).localname == "rule":
        parent = xml.getparent()
        rules = [one for one in children(parent) if one.tag == xml.tag] if parent is not None else [xml]
        return f"{above} #{rules.index(xml) + 1}"
    return own.get("name") or own.get("label") or above
