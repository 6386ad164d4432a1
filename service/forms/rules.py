"""Everything wrong with settled data, beside its field: the schema's findings, and what depends on other fields."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import jsonschema_rs

from service.forms.expressions import Evaluator, is_formula, plain
from service.forms.formulas import EACH_OPTION, LATER_THAN, LIMITS, NOT_AFTER
from service.forms.limits import DIGITS
from service.forms.messages import FieldProblem, describe
from service.forms.model import CHOICES, TEXTS, Node
from service.forms.places import Path, get, name_of, rows_of
from service.forms.schema import fixed, property_path, prune
from service.forms.scope import Instance
from service.forms.templating import fill
from service.forms.values import is_empty, number, options, too_precise

_CODES: Mapping[str, str] = {
    "minLength": "min-length",
    "maxLength": "max-length",
    "minimum": "min",
    "maximum": "max",
    "multipleOf": "decimals",
    "enum": "option",
    "uniqueItems": "option",
    "minItems": "min-items",
    "maxItems": "max-items",
    "additionalProperties": "unknown",
}
_RULE_CODES = {"minLength": "min-length", "maxLength": "max-length"}
ISO_DATE = len("2026-01-02")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FORMATS = ("format-", "uscc-")  # codes of a text that is not of its format


@dataclass
class Judgement:
    """Problems by place, one of each code a place."""

    tree: Instance
    evaluator: Evaluator
    at: dict[Path, Instance] = field(default_factory=dict)
    found: dict[Path, dict[str, FieldProblem]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at = {instance.path: instance for instance in self.tree.walk() if _speaks(instance)}

    def add(self, path: Path, code: str, value: Any, limit: Any = None, said: str = "") -> None:
        """Tell of a problem at `path`."""
        instance = self.at.get(path)
        node = instance.node if instance else None
        label = fill(node.label, instance.scope, self.evaluator) if node and instance else ""
        code, zh, en = describe(code, node, value, limit, said)
        problem = FieldProblem(name_of(path), label, code, zh, en, rows_of(path), self._within(path))
        self.found.setdefault(path, {}).setdefault(code, problem)

    def _within(self, path: Path) -> str:
        """The label of the innermost list in which a place stands."""
        rows = [place for place, part in enumerate(path) if isinstance(part, int)]
        around = self.at.get(path[: rows[-1]]) if rows else None
        return fill(around.node.label, around.scope, self.evaluator) if around is not None else ""

    def problems(self) -> list[FieldProblem]:
        """All of them, in page order."""
        order = {path: number for number, path in enumerate(self.at)}
        paths = sorted(self.found, key=lambda path: order.get(path, -1))
        return [problem for path in paths for problem in _once(self.found[path])]


def _once(found: Mapping[str, FieldProblem]) -> Iterator[FieldProblem]:
    """The problems of one place, without those of length where a format says them better."""
    formatted = any(code.startswith(_FORMATS) for code in found)
    return (problem for code, problem in found.items() if not (formatted and code in _RULE_CODES.values()))


def _speaks(instance: Instance) -> bool:
    return instance.node.is_field or instance.node.repeats


def judge_data(
    judgement: Judgement,
    data: dict[str, Any],
    validator: jsonschema_rs.Draft202012Validator,
    *,
    today: date,
    attachments: Collection[str],
) -> None:
    """Collect what is wrong with `data` (scope.output); file fields may name `attachments` only."""
    _by_schema(judgement, data, validator)
    for path, instance in judgement.at.items():
        if instance.hidden or instance.node.disabled:
            continue
        value = get(data, path)
        if instance.node.repeats:
            _count(judgement, instance)
            continue
        if _is_missing(instance.node, value):
            judgement.add(path, "required", value)
        if is_empty(value):
            continue
        for code, limit in _broken(judgement, instance, value, today):
            judgement.add(path, code, value, limit)
        fresh = instance.node.type == "filepicker" and not instance.readonly
        if fresh and any(item not in attachments for item in value):
            judgement.add(path, "attachment", value)


def _is_missing(node: Node, value: Any) -> bool:
    """Whether a field that must be filled in is not: a box must be ticked, one with `answers` must be decided."""
    return node.required and (is_empty(value) or (node.type == "checkbox" and not node.answers and value is not True))


def _by_schema(judgement: Judgement, data: dict[str, Any], validator: jsonschema_rs.Draft202012Validator) -> None:
    for error in validator.iter_errors(prune(data)):
        kind = error.kind.as_dict()
        path = property_path(tuple(error.instance_path), kind)
        while path and path not in judgement.at:  # an item of a list of choices belongs to its field
            path = path[:-1]
        instance = judgement.at.get(path)
        code, said = _code(error.kind.name, kind, instance)
        limit = kind.get("limit")
        if code in ("decimals", "integer") and instance is not None:
            limit = instance.node.digits
        judgement.add(path, code, get(data, path), limit, said)


def _code(word: str, kind: Mapping[str, Any], instance: Instance | None) -> tuple[str, str]:
    """Our code for one of the schema's words, and the designer's own message."""
    rules = instance.node.validate if instance else {}
    if word == "format":
        return "format-" + str(kind.get("format", "")).removeprefix("x-"), ""
    if word == "pattern":
        if kind.get("pattern") != rules.get("pattern") and rules.get("validationType") in ("email", "phone"):
            return str(rules["validationType"]), ""
        return "pattern", str(rules.get("patternErrorMessage") or "")
    if word == "type" and instance and instance.node.type == "number":
        whole = instance.node.digits == 0 and number(instance.value) is not None
        return "decimals" if whole else "not-a-number", ""
    return _CODES.get(word, "required" if word == "required" else "type"), ""


def _count(judgement: Judgement, instance: Instance) -> None:
    """`min-items` of a list that a condition can hide, the schema has the others; and what `each-option` misses."""
    least = instance.node.count("min-items")
    if least is not None and len(instance.rows) < least:
        judgement.add(instance.path, "min-items", instance.rows, least)
    for node in instance.node.components:
        if EACH_OPTION in node.properties:
            chosen = {one.value for row in instance.rows for one in row if one.node is node}
            offered = options(node, instance.scope, judgement.evaluator)
            if missing := [option.label for option in offered if option.value not in chosen]:
                judgement.add(instance.path, EACH_OPTION, instance.rows, "、".join(missing))


def _broken(judgement: Judgement, instance: Instance, value: Any, today: date) -> Iterator[tuple[str, Any]]:
    """(code, limit) of each rule that the value breaks and the schema cannot hold."""
    node = instance.node
    if node.type == "number":
        yield from _number(instance, value)
    if node.type == "number" or node.type in TEXTS:
        yield from _limits(judgement.evaluator, instance, value)
    if node.type in CHOICES and "values" not in node.raw:
        offered = {option.value for option in options(node, instance.scope, judgement.evaluator)}
        if any(item not in offered for item in (value if isinstance(value, list) else [value])):
            yield "option", None
    past = node.type == "datetime" and node.raw.get("disallowPassedDates") is True
    if past and isinstance(value, str) and value[:10] < today.isoformat():
        yield "past", today.isoformat()
    if node.type == "datetime" and isinstance(value, str):
        yield from _days(judgement.evaluator, instance, value)


def _days(evaluator: Evaluator, instance: Instance, value: str) -> Iterator[tuple[str, Any]]:
    """A date on the wrong side of the day that `later-than` or `not-after` gives; one that is no date does not hold."""
    for name in (LATER_THAN, NOT_AFTER):
        written = str(instance.node.properties.get(name) or "")
        limit = plain(evaluator.value(written, instance.scope)) if is_formula(written) else written
        if not _is_day(limit):
            continue
        day, last = value[:ISO_DATE], str(limit)[:ISO_DATE]
        if (day <= last) if name == LATER_THAN else (day > last):
            yield name, last


def _is_day(value: Any) -> bool:
    """Whether a text begins with a date as forms write it."""
    return isinstance(value, str) and _DAY.fullmatch(value[:ISO_DATE]) is not None


def _number(instance: Instance, value: Any) -> Iterator[tuple[str, Any]]:
    node, exact = instance.node, number(value)
    if exact is None:
        yield "not-a-number", None
        return
    if too_precise(exact):
        yield "digits", DIGITS
    step = number(node.raw.get("increment"))
    if step and exact % step:
        yield "increment", step
    digits = node.digits
    if node.raw.get("serializeToString") is True and digits is not None and _places(exact) > digits:
        yield "decimals", digits


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _limits(evaluator: Evaluator, instance: Instance, value: Any) -> Iterator[tuple[str, Any]]:
    """Limits that are FEEL, and those of numbers kept as texts. A limit that is no number does not hold."""
    as_text = instance.node.raw.get("serializeToString") is True
    for word in LIMITS:
        written = instance.node.limit(word)
        if written is None or (fixed(written) is not None and not as_text):
            continue
        found = evaluator.value(written, instance.scope) if is_formula(written) else fixed(written)
        limit = number(plain(found))
        have = number(value) if word in ("min", "max") else _length(value)
        if limit is None or have is None:
            continue
        if have < limit if word.startswith("min") else have > limit:
            yield _RULE_CODES.get(word, word), plain(limit)


def _length(value: Any) -> Decimal | None:
    return Decimal(len(value)) if isinstance(value, str) else None
