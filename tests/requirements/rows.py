"""The rows of the notices, the model elements that carry each, and the stories and scenarios that say they show it."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from service.settings import ROOT

TABLE = Path(__file__).with_name("rows.toml")
ID = re.compile(r"P[1-5]-[A-Z]+\d+[a-z]?(?![A-Za-z0-9])")
KINDS = {"auto": "系统核对", "doc": "须有材料", "judge": "人工判断", "stage": "环节"}
MODELS = ("bpmn/**/*.bpmn", "bpmn/**/*.toml", "dmn/**/*.dmn", "forms/**/*.form")


@dataclass(frozen=True)
class Row:
    """One requirement; `missing` says why nothing carries it, `gap` what part of it is not carried or not shown."""

    id: str
    text: str
    source: str
    kind: str
    elements: tuple[str, ...] = ()
    missing: str = ""
    gap: str = ""


@dataclass(frozen=True)
class Proof:
    """A story or a scenario that names the row; `file` from the root of the repository."""

    name: str
    file: str


def programmes() -> dict[str, dict[str, str]]:
    """The number of each notice → the key of its programme and the notice's title."""
    read: dict[str, dict[str, str]] = _table()["programmes"]
    return read


@cache
def rows() -> dict[str, Row]:
    """Every row by its id, in the order of the notices."""
    read = _table()["rows"]
    return {id_: Row(id_, **{**row, "elements": tuple(row.get("elements", ()))}) for id_, row in read.items()}


@cache
def proofs() -> Mapping[str, Sequence[Proof]]:
    """What names each row: the `rows` of the stories, then the tags of the scenarios."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for path in sorted((ROOT / "bpmn").glob("*/stories/*.toml")):
        for id_ in tomllib.loads(path.read_text("utf-8")).get("rows", ()):
            found[id_].append(Proof(path.stem, _from_root(path)))
    for path in sorted((ROOT / "tests").rglob("*.feature")):
        for id_, name in _tagged(path.read_text("utf-8")):
            found[id_].append(Proof(name, _from_root(path)))
    return found


def named_in_models() -> dict[str, str]:
    """Every row id that a model's file writes anywhere → one file that does."""
    files = (path for pattern in MODELS for path in sorted(ROOT.glob(pattern)))
    return {id_: _from_root(path) for path in files for id_ in ID.findall(path.read_text("utf-8"))}


def exists(element: str) -> bool:
    """Whether the file stands and has what follows the `#`: an element's id, a field's key, a key of the manifest."""
    path, _, place = element.partition("#")
    return (ROOT / path).is_file() and (not place or place in _places(ROOT / path))


def state(row: Row) -> str:
    """`missing` or `partly` as the row says, else `held`; the test sees that a held row has element and proof."""
    return "missing" if row.missing else "partly" if row.gap else "held"


def rules_of(row: Row) -> set[str]:
    """The ids of the decision rules among the row's elements."""
    named = (element.partition("#") for element in row.elements)
    return {place for path, _, place in named if path.endswith(".dmn") and place in _rules(ROOT / path)}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def _places(path: Path) -> frozenset[str]:
    text = path.read_bytes()
    if path.suffix in {".bpmn", ".dmn"}:
        return frozenset(str(node.get("id")) for node in etree.fromstring(text).iter() if node.get("id"))
    if path.suffix == ".form":
        return frozenset(_fields(json.loads(text)["components"], ""))
    return frozenset(_keys(tomllib.loads(text.decode()), "")) if path.suffix == ".toml" else frozenset()


@cache
def _rules(path: Path) -> frozenset[str]:
    return frozenset(str(rule.get("id")) for rule in etree.parse(path).getroot().iter("{*}rule"))


def _fields(components: Sequence[Mapping[str, Any]], above: str) -> Iterator[str]:
    for component in components:
        key = component.get("key") or component.get("path")
        place = f"{above}.{key}" if above and key else key or above
        if key:
            yield str(place)
        yield from _fields(component.get("components", ()), str(place))


def _keys(table: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, value in table.items():
        place = f"{above}.{key}" if above else key
        yield place
        if isinstance(value, Mapping):
            yield from _keys(value, place)


def _tagged(feature: str) -> Iterator[tuple[str, str]]:
    """Each row id among the tags above a scenario, with the scenario's name."""
    tags: list[str] = []
    for line in map(str.strip, feature.splitlines()):
        if line.startswith("@"):
            tags += [tag.removeprefix("@") for tag in line.split()]
        elif match := re.match(r"场景(?:大纲)?: (.*)", line):
            yield from ((tag, match[1]) for tag in tags if ID.fullmatch(tag))
            tags = []


def _from_root(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
