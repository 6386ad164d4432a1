"""What a `.form` file says, as frozen values; reading is strict about shape and never judges content."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from service.domain.errors import DeploymentRefused, Problem
from service.forms.limits import COMPONENTS, DEPTH, FILE_BYTES, MONEY_WAN, MONEY_YUAN
from service.forms.places import Pattern

TEXTS = frozenset({"textfield", "textarea"})
MULTIPLE = frozenset({"checklist", "taglist"})
CHOICES = frozenset({"radio", "select"}) | MULTIPLE
INPUTS = TEXTS | CHOICES | {"number", "datetime", "checkbox", "filepicker", "expression"}
_BOUNDS: Mapping[str, tuple[Decimal, Decimal]] = {
    "money-wan": (Decimal(0), MONEY_WAN),
    "money-yuan": (Decimal(0), MONEY_YUAN),
    "percent": (Decimal(0), Decimal(100)),
}
CONTAINERS = frozenset({"default", "group", "dynamiclist"})
GUIDES = "guides"  # the property of a text that speaks only to whoever fills the form in


@dataclass(frozen=True)
class Node:
    """One component: `raw` is the JSON as written, `path` its own segments (key of a field, path of a container)."""

    type: str
    id: str
    path: tuple[str, ...] = ()
    components: tuple[Node, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @cached_property
    def is_field(self) -> bool:
        """Whether it has a value."""
        return self.type in INPUTS and bool(self.path)

    @cached_property
    def is_computed(self) -> bool:
        """Whether its value is worked out here and never taken from outside."""
        return self.type == "expression"

    @cached_property
    def guides(self) -> bool:
        """Whether it is a text only for who fills the form in: it names the form (`# `), or has the property."""
        return self.type == "text" and (GUIDES in self.properties or str(self.raw.get("text")).startswith("# "))

    @cached_property
    def repeats(self) -> bool:
        """Whether it is a list with a row for each item; a list that does not repeat is a group, as in form-js."""
        return self.type == "dynamiclist" and self.raw.get("isRepeating") is True and bool(self.path)

    @cached_property
    def label(self) -> str:
        """The label as written; may be a template."""
        for name in ("label", "dateLabel", "timeLabel", "title"):
            if isinstance(text := self.raw.get(name), str) and text:
                return text
        return ""

    @cached_property
    def validate(self) -> Mapping[str, Any]:
        """The rules of `validate`."""
        return _mapping(self.raw.get("validate"))

    @cached_property
    def required(self) -> bool:
        """Whether a visible field must be filled in."""
        return self.validate.get("required") is True

    @cached_property
    def hide(self) -> str | bool:
        """The condition that hides it, as written; False when nothing does."""
        condition = _mapping(self.raw.get("conditional")).get("hide")
        return condition if isinstance(condition, str | bool) else False

    @cached_property
    def readonly(self) -> str | bool:
        """The condition that locks it, as written."""
        condition = self.raw.get("readonly")
        return condition if isinstance(condition, str | bool) else False

    @cached_property
    def disabled(self) -> bool:
        """Whether it is shown and never submitted."""
        return self.raw.get("disabled") is True

    @cached_property
    def properties(self) -> Mapping[str, Any]:
        """The custom properties; the editor offers texts only."""
        return _mapping(self.raw.get("properties"))

    @cached_property
    def format(self) -> str:
        """The name of its format, or an empty text."""
        return str(self.properties.get("format", ""))

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """Of a box that must be decided: what true and what false is called; until one is chosen it is null."""
        written = self.properties.get("answers") if self.type == "checkbox" else None
        return tuple(part.strip() for part in written.split("|")) if isinstance(written, str) else ()

    @cached_property
    def digits(self) -> int | None:
        """Decimal places a number may have: as written, else what its format says; None = any."""
        written = self.raw.get("decimalDigits")
        if isinstance(written, int) and not isinstance(written, bool):
            return written
        return 2 if self.type == "number" and self.format in _BOUNDS else None

    def limit(self, word: str) -> Any:
        """A limit of `validate`: as written, else what the number's format says; None = none."""
        written = self.validate.get(word)
        if written is not None or self.type != "number" or word not in ("min", "max"):
            return written
        least, most = _BOUNDS.get(self.format, (None, None))
        return least if word == "min" else most

    def count(self, name: str) -> int | None:
        """A custom property that is a whole number (`min-items`, `max-items`)."""
        text = str(self.properties.get(name, "")).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None

    def walk(self) -> Iterator[Node]:
        """Itself and everything beneath, in page order."""
        yield self
        for child in self.components:
            yield from child.walk()


@dataclass(frozen=True)
class Form:
    """A form as read; `file` is where problems say it stands."""

    id: str
    file: str
    root: Node
    raw: Mapping[str, Any] = field(hash=False, compare=False)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every component but the root, in page order."""
        return tuple(self.root.walk())[1:]

    @cached_property
    def places(self) -> Mapping[str, Pattern]:
        """Component id → where its value stands, rows left open."""
        out: dict[str, Pattern] = {}

        def visit(node: Node, above: Pattern) -> None:
            here = above + node.path
            out[node.id] = here
            for child in node.components:
                visit(child, (*here, None) if node.repeats else here)

        visit(self.root, ())
        return out


def read_form(text: str | bytes, *, file: str) -> Form:
    """Read a form-js form. Raises DeploymentRefused when the file is no form at all; `check_form` says the rest."""
    raw = _document(text, file)
    if raw.get("type") != "default" or not isinstance(raw.get("components"), list):
        raise _refused(file, "not-a-form", "不是 form-js 表单：没有 type: default 和 components", "Not a form-js form")
    counted = [0]
    root = _node({**raw, "type": "default", "id": ""}, "", 0, counted, file)
    return Form(str(raw.get("id") or ""), file, root, raw)


def _document(text: str | bytes, file: str) -> dict[str, Any]:
    size = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    if size > FILE_BYTES:
        zh, en = f"文件大于 {FILE_BYTES} 字节", f"The file is larger than {FILE_BYTES} bytes"
        raise _refused(file, "too-large", zh, en)
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        raw = json.loads(decoded, object_pairs_hook=_once, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise _refused(file, "not-json", f"不是有效的 JSON：{problem}", f"Not valid JSON: {problem}") from problem
    if not isinstance(raw, dict):
        raise _refused(
            file, "not-a-form", "不是 form-js 表单：最外层应为对象", "Not a form-js form: an object is expected"
        )
    return raw


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a name written twice would drop one of its values silently."""
    out = dict(pairs)
    if len(out) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError("duplicate name " + next(name for name in names if names.count(name) > 1))
    return out


def _no_number(word: str) -> None:
    raise ValueError(word + " is not a number of JSON")


def _node(raw: Mapping[str, Any], where: str, depth: int, counted: list[int], file: str) -> Node:
    counted[0] += 1
    if depth > DEPTH or counted[0] > COMPONENTS:
        zh = f"嵌套超过 {DEPTH} 层或组件多于 {COMPONENTS} 个"
        raise _refused(file, "too-large", zh, f"More than {DEPTH} levels or {COMPONENTS} components", where)
    kind = str(raw.get("type", ""))
    dotted = raw.get("key") if kind in INPUTS else raw.get("path") if kind in CONTAINERS else None
    children: list[Node] = []
    inner = raw.get("components")
    for number, child in enumerate(inner if isinstance(inner, list) else ()):
        place = f"{where}.{number}" if where else str(number)
        if not isinstance(child, dict):
            raise _refused(file, "not-a-form", f"组件 {place} 不是对象", f"Component {place} is not an object", place)
        children.append(_node(child, place, depth + 1, counted, file))
    path = tuple(dotted.split(".")) if isinstance(dotted, str) and dotted else ()
    name = raw.get("id")
    return Node(kind, name if isinstance(name, str) and name else where, path, tuple(children), raw)


def _refused(file: str, code: str, zh: str, en: str, element: str = "") -> DeploymentRefused:
    return DeploymentRefused([Problem(file, element, code, zh, en)])


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
