"""Everything wrong with a form, as a list, for deployment and the editor: nothing is dropped silently."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from service.domain.errors import Problem
from service.forms import attributes as known
from service.forms.check_formulas import check_formulas
from service.forms.check_parts import check_parts
from service.forms.check_rules import check_rules
from service.forms.expressions import SPECIAL, VARIABLES
from service.forms.limits import NESTED_LISTS, SCHEMA_VERSION
from service.forms.model import CHOICES, Form, Node
from service.forms.places import CONTROLS, ROW, Pattern

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
RESERVED = CONTROLS | {*SPECIAL, *VARIABLES, ROW}


def check_form(form: Form, *, roles: Collection[str], functions: Collection[str] = ()) -> list[Problem]:
    """Everything wrong with a form. `roles` are the manifest's (none: not checked), `functions` the registered ones."""
    return [
        *_document(form),
        *_components(form),
        *_places(form),
        *check_parts(form),
        *check_rules(form, roles),
        *check_formulas(form, functions),
    ]


def _problem(
    form: Form, node: Node | None, code: str, zh: str, en: str, *, level: Literal["error", "warning"] = "error"
) -> Problem:
    return Problem(form.file, node.id if node else "", code, zh, en, name=node.label if node else "", level=level)


def _document(form: Form) -> Iterator[Problem]:
    for name in form.raw:
        if name not in known.FORM:
            yield _problem(form, None, "unknown-attribute", f"表单属性 {name} 不认识", f"Unknown attribute {name}")
    version = form.raw.get("schemaVersion")
    if version is None:
        zh, en = "没有 schemaVersion，按 19 处理", "schemaVersion is missing; 19 is assumed"
        yield _problem(form, None, "schema-version", zh, en, level="warning")
    elif not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        zh, en = f"schemaVersion 应为 1 至 {SCHEMA_VERSION}", f"schemaVersion must be 1 to {SCHEMA_VERSION}"
        yield _problem(form, None, "schema-version", zh, en)
    if _ID.fullmatch(form.id) is None:
        zh = "表单没有 id，或 id 含有字母、数字、连字符、点以外的字符"
        yield _problem(form, None, "no-id", zh, "The form has no id, or one with other than letters, digits, - and .")


def _components(form: Form) -> Iterator[Problem]:
    seen: set[str] = set()
    for node in form.nodes:
        if node.id in seen:
            yield _problem(form, node, "duplicate-id", f"id {node.id} 重复", f"The id {node.id} is used twice")
        seen.add(node.id)
        yield from _attributes(form, node)
        if node.type in known.TYPES:
            yield from _keys(form, node)
            yield from _shape(form, node)
            if node.type in CHOICES:
                yield from _choices(form, node)


def _attributes(form: Form, node: Node) -> Iterator[Problem]:
    if node.type in known.REFUSED_TYPES:
        yield _problem(form, node, "refused-type", *known.REFUSED_TYPES[node.type])
        return
    allowed = known.TYPES.get(node.type)
    if allowed is None:
        zh, en = f"组件类型 {node.type or '（空）'} 不认识", f"Unknown component type {node.type or '(none)'}"
        yield _problem(form, node, "unknown-type", zh, en)
        return
    for name in node.raw:
        use = allowed.get(name)
        if use is None:
            zh, en = f"{node.type} 没有属性 {name}", f"{node.type} has no attribute {name}"
            yield _problem(form, node, "unknown-attribute", zh, en)
        elif use == known.REFUSED:
            zh, en = (
                f"{node.type} 的属性 {name} 在这里不起作用，请删除",
                f"{name} has no effect on {node.type}: remove it",
            )
            yield _problem(form, node, "refused-attribute", zh, en)


def _keys(form: Form, node: Node) -> Iterator[Problem]:
    is_input = "key" in known.TYPES[node.type] and node.type != "button"
    wanted = node.raw.get("key") if is_input else node.raw.get("path")
    needed = is_input or (node.type == "dynamiclist" and node.raw.get("isRepeating") is True)
    if (needed or wanted) and not (isinstance(wanted, str) and _KEY.fullmatch(wanted)):
        zh = f"键 {wanted!r} 应为字母、数字、下划线，可用点分隔"
        yield _problem(form, node, "bad-key", zh, f"The key {wanted!r} must be letters, digits and _, parted by dots")
    for part in sorted(set(node.path) & RESERVED):
        yield _problem(form, node, "reserved-key", f"键 {part} 是保留字，请换一个", f"The key {part} is reserved")
    if is_input and node.type != "expression" and not node.label:
        zh = "没有标签，读屏软件无法说明这个栏目"
        yield _problem(form, node, "no-label", zh, "No label: a screen reader cannot say what the field is")


_BOOLEANS = ("disabled", "isRepeating", "allowAddRemove", "multiple", "serializeToString", "disallowPassedDates")


def _shape(form: Form, node: Node) -> Iterator[Problem]:
    for name in _BOOLEANS:
        if not isinstance(node.raw.get(name, False), bool):
            zh = f"{name} 应为 true 或 false；要随条件变化，请改用 readonly 或 conditional.hide"
            yield _problem(
                form, node, "not-boolean", zh, f"{name} must be true or false; use readonly or hide to vary it"
            )
    if node.type == "dynamiclist" and not node.repeats:
        zh = "动态列表没有 isRepeating: true，form-js 会当作分组，请改用分组"
        yield _problem(form, node, "not-repeating", zh, "A dynamic list without isRepeating is a group: use a group")
    if node.type == "datetime" and node.raw.get("subtype", "date") not in ("date", "time", "datetime"):
        yield _problem(
            form, node, "bad-subtype", "subtype 应为 date、time 或 datetime", "subtype: date, time or datetime"
        )
    layout = node.raw.get("layout")
    columns = layout.get("columns") if isinstance(layout, Mapping) else None
    if columns is not None and (not isinstance(columns, int) or not 1 <= columns <= 16):
        yield _problem(form, node, "bad-layout", "layout.columns 应为 1 至 16", "layout.columns must be 1 to 16")
    hide = node.raw.get("conditional")
    if hide is not None and (not isinstance(hide, Mapping) or set(hide) - {"hide"}):
        yield _problem(form, node, "bad-condition", "conditional 只认识 hide", "conditional knows hide only")


def _choices(form: Form, node: Node) -> Iterator[Problem]:
    sources = [name for name in ("values", "valuesKey", "valuesExpression") if node.raw.get(name) not in (None, "")]
    if len(sources) != 1:
        zh = "选项来源应恰好一个：values、valuesKey 或 valuesExpression"
        yield _problem(form, node, "options", zh, "Exactly one of values, valuesKey and valuesExpression is needed")
        return
    if "values" not in sources:
        return
    items: Any = node.raw["values"]
    values = [item.get("value") for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    if not values or len(values) != len(items) or not all(isinstance(value, str) and value for value in values):
        zh = "每个选项都应有 label 和文本的 value"
        yield _problem(form, node, "options", zh, "Each option needs a label and a value that is a text")
    elif len(set(values)) != len(values):
        yield _problem(form, node, "options", "选项的值重复", "Two options have the same value")


def _places(form: Form) -> Iterator[Problem]:
    """Two fields must not write to the same place, nor one inside another's value; lists nest only so deep."""
    taken: dict[Pattern, str] = {}
    for node in form.nodes:
        place = form.places[node.id]
        if sum(part is None for part in place) + node.repeats > NESTED_LISTS:
            zh, en = f"动态列表嵌套超过 {NESTED_LISTS} 层", f"Lists are nested more than {NESTED_LISTS} deep"
            yield _problem(form, node, "too-deep", zh, en)
        if not (node.is_field or node.repeats):
            continue
        if _is_taken(place, node.is_field, taken):
            dotted = ".".join(part for part in place if part is not None)
            yield _problem(form, node, "taken-key", f"键 {dotted} 已被使用", f"The key {dotted} is already used")
        taken[place] = "field" if node.is_field else "list"
        for length in range(1, len(place)):
            taken.setdefault(place[:length], "list" if place[length] is None else "object")


def _is_taken(place: Pattern, is_field: bool, taken: Mapping[Pattern, str]) -> bool:
    above = (place[:length] for length in range(1, len(place)))
    if any(taken.get(outer) == "field" for outer in above):
        return True
    return place in taken if is_field else taken.get(place) in ("field", "list", "object")
