"""What is wrong with a form's formulas: syntax, unknown names, computed fields that feed themselves, and leaks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from service.domain.errors import Problem
from service.forms.access import OTHERS, levels, parse_levels
from service.forms.expressions import SPECIAL, VARIABLES, FeelSyntaxError, Formulas
from service.forms.formulas import Formula, formulas
from service.forms.limits import FORMULA_CHARACTERS
from service.forms.model import Form, Node
from service.forms.places import Pattern
from service.forms.templating import is_balanced

Keys = tuple[str, ...]
_COMPARES = re.compile(r"[<>]")
_MINDS_NULL = re.compile(r"null|count\(|length\(|is defined")
_COUNTED = re.compile(r"\bcount\s*\([^()]*\)")
_TESTED = re.compile(r"[\w.]+\s*!?=\s*null\b")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


@dataclass(frozen=True)
class _Reading:
    """A formula with the static paths it reads."""

    formula: Formula
    names: frozenset[str]
    paths: frozenset[Keys]
    whole: frozenset[Keys]


def check_formulas(form: Form, functions: Collection[str]) -> list[Problem]:
    """Problems of every expression and template of the form."""
    known = Formulas(functions)
    readings: list[_Reading] = []
    out = list(_templates(form))
    for formula in formulas(form):
        try:
            found = known[formula.text] if len(formula.text) <= FORMULA_CHARACTERS else None
        except FeelSyntaxError as wrong:
            zh = f"{formula.where} 的表达式不能解析：{wrong.zh}"
            out.append(_problem(form, formula.node, "feel", zh, f"{formula.where} cannot be parsed: {wrong.en}"))
            continue
        if found is None:
            zh, en = f"{formula.where} 太长", f"{formula.where} is longer than {FORMULA_CHARACTERS} characters"
            out.append(_problem(form, formula.node, "feel", zh, en))
            continue
        readings.append(_Reading(formula, found.names - found.ambiguous, found.paths, _handed_on(known, formula.text)))
    out += _names(form, readings, known.functions)
    out += _conditions(form, readings)
    out += _cycles(form, readings)
    out += _leaks(form, readings)
    return out


def _problem(
    form: Form, node: Node, code: str, zh: str, en: str, *, level: Literal["error", "warning"] = "error"
) -> Problem:
    return Problem(form.file, node.id, code, zh, en, name=node.label, level=level)


def _templates(form: Form) -> Iterator[Problem]:
    for node in form.nodes:
        for name in ("text", "label", "description"):
            text = node.raw.get(name)
            if isinstance(text, str) and not is_balanced(text):
                zh = f"{name} 的模板里 {{{{#if}}}} 或 {{{{#loop}}}} 没有配对"
                yield _problem(form, node, "template", zh, f"{name}: an {{{{#if}}}} or {{{{#loop}}}} is not closed")


def _names(form: Form, readings: list[_Reading], functions: frozenset[str]) -> Iterator[Problem]:
    """Names that are no field, no variable and no function: always null, so that what they hide is always hidden."""
    fields = {place[0] for place in form.places.values() if place}
    known = fields | set(SPECIAL) | set(VARIABLES) | functions
    for reading in readings:
        items = _item_keys(form) if reading.formula.around else frozenset()
        for name in sorted(reading.names - known - items):
            zh = f"{reading.formula.where} 用到 {name}，表单里没有这个键，也不是 case、lookup、task 或已登记的函数"
            en = f"{reading.formula.where} reads {name}: no field, no variable (case, lookup, task), no function"
            yield _problem(form, reading.formula.node, "unknown-name", zh, en)


def _item_keys(form: Form) -> frozenset[str]:
    """What {{#loop}} puts in scope: the keys of the items."""
    return frozenset(part for place in form.places.values() for part in place if part is not None)


def _conditions(form: Form, readings: list[_Reading]) -> Iterator[Problem]:
    for reading in readings:
        text = _STRING.sub('""', reading.formula.text)
        if reading.formula.where == "conditional.hide" and _COMPARES.search(text) and not _MINDS_NULL.search(text):
            zh = "比较大小的条件在栏目为空时结果是 null，按 form-js 的规则会把栏目隐藏；请写明为空时的情况"
            en = "A comparison with an empty field is null, and null hides: say what holds when it is empty"
            yield _problem(form, reading.formula.node, "hide-on-null", zh, en, level="warning")


def _cycles(form: Form, readings: list[_Reading]) -> Iterator[Problem]:
    computed = {node.id: form.places[node.id] for node in form.nodes if node.is_computed and node.is_field}
    uses: dict[str, set[str]] = {}
    for reading in readings:
        if reading.formula.where == "expression":
            reads = {
                other for other, place in computed.items() if any(reads_place(path, place) for path in reading.paths)
            }
            uses[reading.formula.node.id] = reads
    for node in form.nodes:
        if node.id in uses and node.id in _reached(node.id, uses):
            zh, en = "计算栏目依赖自己，永远算不定", "A computed field depends on itself"
            yield _problem(form, node, "cycle", zh, en)


def _reached(start: str, uses: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for following in uses.get(todo.pop(), ()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def reads_place(path: Keys, place: Pattern) -> bool:
    """Whether a formula that reads `path` names the field at `place`; `this.x` names any whose last key is x."""
    keys = tuple(part for part in place if part is not None)
    if path and path[0] in SPECIAL:
        below = tuple(part for part in path if part not in SPECIAL)
        return bool(below) and keys[-len(below) :] == below
    return bool(keys) and path[: len(keys)] == keys


def _leaks(form: Form, readings: list[_Reading]) -> Iterator[Problem]:
    """A text, a choice or a computed field that shows a role what `per-role` hides from it."""
    said = [parse_levels(str(node.properties.get("per-role", ""))) for node in form.nodes]
    told: set[tuple[str, str]] = set()
    for role in sorted({role for rule in said for role in rule} | {OTHERS}):
        may = levels(form, () if role == OTHERS else (role,))
        hidden = [form.places[node.id] for node in form.nodes if node.is_field and may[node.id] == "hidden"]
        for reading in readings:
            formula = reading.formula
            key = (formula.node.id, formula.where)
            if not formula.shown or may[formula.node.id] == "hidden" or key in told:
                continue
            shown = [place for place in hidden if _shows(reading, place)]
            if shown:
                told.add(key)
                fields = "、".join(".".join(part for part in place if part is not None) for place in shown)
                who_zh, who_en = ("未列出的角色", "roles not named") if role == OTHERS else (role, role)
                zh = f"{formula.where} 会让{who_zh}看到对其隐藏的 {fields}"
                yield _problem(form, formula.node, "leak", zh, f"{formula.where} shows {who_en} the hidden {fields}")


def _shows(reading: _Reading, place: Pattern) -> bool:
    """Whether the formula can show the field: it names it, or hands on a container of it."""
    if any(reads_place(path, place) for path in reading.paths):
        return True
    keys = tuple(part for part in place if part is not None)
    if reading.formula.is_loop:  # what a loop goes over is shown only by the names inside it
        inside = set(keys[-1:]) <= _words(reading.formula.around)
        return inside and any(keys[: len(path)] == path for path in reading.paths)
    return any(keys[: len(path)] == path or (len(path) == 1 and path[0] in SPECIAL[:2]) for path in reading.whole)


def _handed_on(known: Formulas, text: str) -> frozenset[Keys]:
    """The paths whose whole value the formula may hand on; what is only counted or compared with null is not."""
    stripped = _TESTED.sub("true", _COUNTED.sub("0", text))
    try:
        return known[stripped].paths if stripped != text else known[text].paths
    except FeelSyntaxError:
        return known[text].paths


def _words(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))
