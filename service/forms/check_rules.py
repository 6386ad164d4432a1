"""What is wrong with the rules and our own properties of a form's components."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal

from service.domain.errors import Problem
from service.forms import attributes as known
from service.forms.access import LEVELS, OTHERS, parse_levels
from service.forms.expressions import is_formula
from service.forms.formulas import LATER_THAN, LIMITS, NOT_AFTER
from service.forms.limits import PATTERN_CHARACTERS, ROWS
from service.forms.model import GUIDES, MULTIPLE, Form, Node
from service.forms.schema import fixed, make_validator

Level = Literal["error", "warning"]


def check_rules(form: Form, roles: Collection[str]) -> Iterator[Problem]:
    """Problems of `validate`, `decimalDigits`, `increment` and the custom properties; `roles` empty: not checked."""
    for code, zh, en, level in (*_own(form.root), *_levels(form.root, roles)):
        yield Problem(form.file, "", code, zh, en, level=level)
    for node in form.nodes:
        if node.type not in known.TYPES:
            continue
        for code, zh, en, level in (*_validate(node), *_numbers(node), *_own(node), *_levels(node, roles)):
            yield Problem(form.file, node.id, code, zh, en, name=node.label, level=level)


Found = Iterator[tuple[str, str, str, Level]]


def _validate(node: Node) -> Found:
    legal = known.VALIDATE.get(node.type, known.VALIDATE_ELSEWHERE)
    for name in node.validate:
        if name not in legal:
            yield "unknown-rule", f"{node.type} 不能用校验 {name}", f"{node.type} has no rule {name}", "error"
    if not isinstance(node.validate.get("required", False), bool):
        yield "unknown-rule", "required 应为 true 或 false", "required must be true or false", "error"
    for name in LIMITS:
        limit = node.validate.get(name)
        if limit is not None and not is_formula(limit) and not _is_limit(name, limit):
            yield (
                "bad-limit",
                f"{name} 既不是数字也不是表达式",
                f"{name} is neither a number nor an expression",
                "error",
            )
    if node.validate.get("validationType") not in (None, "", "email", "phone", "custom"):
        yield "unknown-rule", "validationType 应为 email 或 phone", "validationType: email or phone", "error"
    if node.validate.get("validationType") == "phone":
        zh = "phone 只接受带国家代码的号码；国内号码请用属性 format=mobile 或 phone-cn"
        yield "phone", zh, "phone takes international numbers only; use format=mobile or phone-cn", "warning"
    yield from _pattern(node.validate.get("pattern"))


def _is_limit(name: str, limit: Any) -> bool:
    value = fixed(limit)
    if value is None:
        return False
    return name in ("min", "max") or (value >= 0 and value == value.to_integral_value())


def _pattern(pattern: Any) -> Found:
    if pattern in (None, ""):
        return
    if not isinstance(pattern, str) or len(pattern) > PATTERN_CHARACTERS:
        zh, en = (
            f"正则应为不超过 {PATTERN_CHARACTERS} 个字符的文本",
            f"A pattern of at most {PATTERN_CHARACTERS} characters",
        )
        yield "bad-pattern", zh, en, "error"
        return
    try:
        make_validator({"pattern": pattern})
    except ValueError:
        zh = f"正则 {pattern!r} 无效，或用了回溯、环视（可能拖垮服务器）"
        yield "bad-pattern", zh, f"{pattern!r} is not valid, or uses look-around or back-references", "error"


def _numbers(node: Node) -> Found:
    digits = node.raw.get("decimalDigits")
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 10):
        yield "bad-limit", "decimalDigits 应为 0 至 10", "decimalDigits must be 0 to 10", "error"
    step = node.raw.get("increment")
    if step is not None and ((found := fixed(step)) is None or found <= 0):
        yield "bad-limit", "increment 应为正数", "increment must be a positive number", "error"
    rows = node.raw.get("defaultRepetitions")
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or not 0 <= rows <= 100):
        yield "bad-limit", "defaultRepetitions 应为 0 至 100", "defaultRepetitions must be 0 to 100", "error"


def _own(node: Node) -> Found:
    """Our custom properties: texts, since the editor offers no other kind."""
    for name, value in node.properties.items():
        if name not in known.PROPERTIES:
            yield "unknown-property", f"自定义属性 {name} 不起作用", f"The property {name} has no effect", "warning"
        if not isinstance(value, str):
            yield "bad-property", f"自定义属性 {name} 应为文本", f"The property {name} must be a text", "error"
    if node.properties.get("classification", "public") not in known.CLASSES:
        words = "、".join(known.CLASSES)
        yield "bad-property", f"classification 应为 {words}", f"classification: one of {words}", "error"
    if node.format and node.format not in known.FORMATS_OF.get(node.type, ()):
        zh, en = f"{node.type} 没有格式 {node.format}", f"{node.type} has no format {node.format}"
        yield "bad-property", zh, en, "error"
    yield from _of_one_kind(node)
    yield from _counts(node)


def _of_one_kind(node: Node) -> Found:
    """The properties that only dates or only boxes have."""
    for name in {LATER_THAN, NOT_AFTER} & node.properties.keys():
        if not (node.type == "datetime" and node.raw.get("subtype") != "time"):
            yield "bad-property", f"{name} 只用于日期", f"{name}: on a date only", "error"
    if "answers" in node.properties and (node.type != "checkbox" or len([*filter(None, node.answers)]) != 2):
        zh = "answers 只用于勾选：两个答案，中间用 | 分开，先写“是”的"
        en = "answers: two of them, on a checkbox only, with | between, that for true first"
        yield "bad-property", zh, en, "error"
    if "each-option" in node.properties and node.type not in ("select", "radio"):
        zh = "each-option 只用于动态列表里的单选"
        yield "bad-property", zh, "each-option: on a choice of one in a list only", "error"
    if GUIDES in node.properties and node.type != "text":
        yield "bad-property", "guides 只用于说明文字", "guides: on a text only", "error"


def _counts(node: Node) -> Found:
    counted = node.repeats or node.type in MULTIPLE
    for name in ("min-items", "max-items"):
        if name in node.properties and (node.count(name) is None or not counted):
            zh, en = f"{name} 应为整数，只用于动态列表和多选", f"{name}: a whole number, on a list or several choices"
            yield "bad-property", zh, en, "error"
    least, most = node.count("min-items") or 0, node.count("max-items")
    if counted and (least > (ROWS if most is None else most) or (most or 0) > 10 * ROWS):
        zh = f"min-items 不能大于 max-items；max-items 不能大于 {10 * ROWS}"
        yield "bad-property", zh, f"min-items must not exceed max-items, nor max-items {10 * ROWS}", "error"


def _levels(node: Node, roles: Collection[str]) -> Found:
    said = node.properties.get("per-role")
    if not isinstance(said, str):
        return
    for role, level in parse_levels(said).items():
        if level not in LEVELS:
            zh = f"per-role 中 {role} 的权限 {level!r} 应为 write、read 或 hidden"
            yield "bad-property", zh, f"per-role: the level of {role} must be write, read or hidden", "error"
        if roles and role != OTHERS and role not in roles:
            zh = f"per-role 中的角色 {role} 不在本专项的角色里"
            yield "unknown-role", zh, f"per-role: the programme has no role {role}", "error"
