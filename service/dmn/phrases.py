"""Puts what a cell found into words: “企业成员占比 54.5% 低于 60%”."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from service.dmn.table import Cell, CellSeen, Compared, DecisionTable, Rule
from service.feel.comparison import ORDERS, ordered
from service.feel.text import to_text
from service.feel.values import Range, Value

MOST_CHARACTERS = 80
_SHARES = ("占比", "比例", "比重", "比率", "率", "share", "ratio", "rate", "percent")
# what holds of the value: where the cell passed, and where it failed
_RELATIONS = {
    "<": (("低于", "below"), ("不低于", "not below")),
    "<=": (("不高于", "at most"), ("高于", "above")),
    ">": (("高于", "above"), ("不高于", "not above")),
    ">=": (("不低于", "at least"), ("低于", "below")),
    "=": (("属于", "is one of"), ("不是", "is not")),
    "!=": (("不是", "is not"), ("是", "is")),
}
_ORDER_OF_DATES = {"低于": "早于", "不低于": "不早于", "高于": "晚于", "不高于": "不晚于"}
_BOOLEANS = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}


def shown(value: Any, language: str, *, share: bool = False) -> str:
    """A value as a reader writes it: a share in percent, true and false in words, no value as such."""
    if value is None:
        return "null" if language == "en" else "空"
    if isinstance(value, bool):
        return _BOOLEANS[language][value]
    if share and isinstance(value, Decimal):
        return _percent(value)
    if isinstance(value, float):
        return str(value)
    if isinstance(value, dict) and value.keys() == {"count"}:
        return f"{value['count']} items" if language == "en" else f"共 {value['count']} 项"
    text = to_text(value)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"


def _percent(value: Decimal) -> str:
    """One decimal, none where it would be zero.

    >>> _percent(Decimal("0.5454")), _percent(Decimal("0.6"))
    ('54.5%', '60%')
    """
    tenths = (value * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{to_text(tenths)}%"


def cell_phrase(table: DecisionTable, rule: Rule, seen: CellSeen) -> tuple[str, str]:
    """What holds of a cell's value, in Chinese and English."""
    label = table.inputs[seen.input].label
    share = _is_share(label, seen)
    cell, text = rule.cells[seen.input], rule.texts[seen.input]
    return f"{label} {_phrase(cell, text, seen, share, 'zh')}", f"{label} {_phrase(cell, text, seen, share, 'en')}"


def _is_share(label: str, seen: CellSeen) -> bool:
    """Whether the column holds shares: it is called so, and what it is compared with lies between 0 and 1."""
    numbers = [limit for limit in seen.limits if isinstance(limit, Decimal)]
    named = any(word in label.lower() for word in _SHARES)
    return named and all(-1 <= number <= 1 for number in numbers)


def _phrase(cell: Cell, text: str, seen: CellSeen, share: bool, language: str) -> str:
    if seen.value is None:
        return "没有值" if language == "zh" else "has no value"
    value = shown(seen.value, language, share=share)
    tests, negated = cell if cell is not None else ((), False)
    # a value is there, so what the cell says of null does not matter
    told = [(test, limit) for test, limit in zip(tests, seen.limits, strict=True) if test.asks or limit is not None]
    holds = (seen.passed is True) is not negated
    relations = {"in" if isinstance(limit, Range) else test.relation or "=" for test, limit in told}
    if len(relations) != 1 or any(test.asks or isinstance(limit, list) for test, limit in told):
        compared = _compared([limit for test, limit in told if test.asks], language)
        return f"{value} {_meets(seen.passed is True, language)} {text}{compared}"
    relation = relations.pop()
    limits = [shown(limit, language, share=share) for _, limit in told]
    if relation == "in":
        within = (("在", "之内"), ("不在", "之内")) if language == "zh" else (("within", ""), ("outside", ""))
        before, after = within[0 if holds else 1]
        return f"{value} {before} {_or(limits, language)} {after}".rstrip()
    if relation == "=" and ((holds and len(limits) == 1) or isinstance(seen.value, bool)):
        return f"为“{value}”" if language == "zh" else f"is “{value}”"
    zh, en = _RELATIONS[relation][0 if holds else 1]
    word = en if language == "en" else _of_dates(zh, told[0][1])
    return f"{value} {word} {_or(limits, language)}"


def _compared(conditions: list[list[Compared]], language: str) -> str:
    """The comparisons that conditions made, with their values: “（500 低于 660）”."""
    found: list[str] = []
    for each in (each for condition in conditions for each in condition):
        pair = ordered(each.relation, each.left, each.right) if each.relation in ORDERS else None
        if pair is None:
            continue
        word = _RELATIONS[each.relation][0 if pair else 1][0 if language == "zh" else 1]
        found.append(f"{shown(each.left, language)} {word} {shown(each.right, language)}")
    if not found:
        return ""
    return f"（{'，'.join(found)}）" if language == "zh" else f" ({', '.join(found)})"


def _or(limits: list[str], language: str) -> str:
    return ("、" if language == "zh" else " or ").join(limits)


def _of_dates(word: str, limit: Value) -> str:
    return _ORDER_OF_DATES.get(word, word) if hasattr(limit, "year") else word


def _meets(passed: bool, language: str) -> str:
    if language == "zh":
        return "符合" if passed else "不符合"
    return "meets" if passed else "does not meet"
