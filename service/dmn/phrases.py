"""Puts what a cell found into words: “企业成员占比 54.5% 低于 60%”."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from service.dmn.conditions import Compared, Condition
from service.dmn.table import Cell, CellSeen, DecisionTable, Rule
from service.feel.comparison import ORDERS, ordered
from service.feel.text import to_text
from service.feel.values import Range, Value

MOST_CHARACTERS = 80
MOST_PARTS = 6  # told of a list or context
# a unit behind the name of a column, as in “自筹资金（万元）”
_MEASURED = re.compile(
    r"(.+?)\s*[（(](亿元|万元|元|家|人|名|项|个|件|台|套|篇|次|分|年|个月|月|天|日|小时|平方米|㎡|亩|吨)[）)]"
)
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
_SEPARATORS = {"zh": "，", "en": ", "}
_BOOLEANS = {"zh": {True: "是", False: "否"}, "en": {True: "yes", False: "no"}}


def shown(value: Any, language: str, *, unit: str = "") -> str:
    """A value as a reader writes it: `%` as unit makes a share of it, true and false in words, no value as such.

    >>> shown(Decimal("0.5454"), "zh", unit="%"), shown(Decimal(660), "zh", unit="万元"), shown(None, "zh")
    ('54.5%', '660 万元', '空')
    """
    if value is None:
        return "null" if language == "en" else "空"
    if value == "":
        return "blank" if language == "en" else "空白"
    if isinstance(value, bool):
        return _BOOLEANS[language][value]
    if isinstance(value, Decimal) and unit:
        return _percent(value, 1) if unit == "%" else f"{to_text(value)} {unit}"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, list):
        return _list(value, language)
    if isinstance(value, dict):
        return _context(value, language)
    return _cut(to_text(value))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"


def _context(value: dict[str, Any], language: str) -> str:
    if value.keys() == {"count"}:
        return f"{value['count']} items" if language == "en" else f"共 {value['count']} 项"
    parts = [f"{name} = {shown(part, language)}" for name, part in list(value.items())[:MOST_PARTS]]
    more = ["…"] if len(value) > MOST_PARTS else []
    return _cut(_SEPARATORS[language].join(parts + more))


def _list(value: list[Any], language: str) -> str:
    """The first items, of a row its first entry, which is its code in a list of findings."""
    if not value:
        return "none" if language == "en" else "无"
    items = [shown(next(iter(item.values()), None) if isinstance(item, dict) else item, language) for item in value]
    told = ("、" if language == "zh" else ", ").join(items[:MOST_PARTS])
    if len(items) <= MOST_PARTS:
        return _cut(told)
    return f"{_cut(told)} and others, {len(items)} items" if language == "en" else f"{_cut(told)} 等 {len(items)} 项"


def _percent(value: Decimal, digits: int) -> str:
    """So many decimals, none where they would be zero.

    >>> _percent(Decimal("0.5454"), 1), _percent(Decimal("0.6"), 1)
    ('54.5%', '60%')
    """
    rounded = (value * 100).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return f"{to_text(rounded)}%"


def _percents(value: Decimal, limit: Decimal) -> tuple[str, str]:
    """Two shares with as many decimals as it takes to tell them apart: 59.96 % is not 60 %."""
    for digits in (1, 2, 3, 4, 5):
        found = _percent(value, digits), _percent(limit, digits)
        if value == limit or found[0] != found[1]:
            return found
    return to_text(value), to_text(limit)


def cell_phrase(table: DecisionTable, rule: Rule, seen: CellSeen) -> tuple[str, str]:
    """What holds of a cell's value, in Chinese and English."""
    label = table.inputs[seen.input].label
    measured = _MEASURED.fullmatch(label)
    unit = "%" if _is_share(label, seen) else measured[2] if measured else ""
    name = measured[1] if measured and unit != "%" else label
    cell, text = rule.cells[seen.input], rule.texts[seen.input]
    return f"{name} {_phrase(cell, text, seen, unit, 'zh')}", f"{name} {_phrase(cell, text, seen, unit, 'en')}"


def _is_share(label: str, seen: CellSeen) -> bool:
    """Whether the column holds shares: it is called so, and what it is compared with lies between 0 and 1."""
    numbers = [limit for limit in seen.limits if isinstance(limit, Decimal)]
    named = any(word in label.lower() for word in _SHARES)
    return named and all(-1 <= number <= 1 for number in numbers)


def _phrase(cell: Cell, text: str, seen: CellSeen, unit: str, language: str) -> str:
    if seen.value is None:
        return "没有值" if language == "zh" else "has no value"
    value = shown(seen.value, language, unit=unit)
    tests, negated = cell if cell is not None else ((), False)
    # a value is there, so what the cell says of null does not matter
    told = [(test, limit) for test, limit in zip(tests, seen.limits, strict=True) if test.asks or limit is not None]
    holds = (seen.passed is True) is not negated
    relations = {"in" if isinstance(limit, Range) else test.relation or "=" for test, limit in told}
    conditions = [limit for _, limit in told if isinstance(limit, Condition)]
    if conditions or len(relations) != 1 or any(isinstance(limit, list) for _, limit in told):
        return _asked(value, text, seen, conditions if len(conditions) == len(told) else [], language)
    relation = relations.pop()
    if relation == "in":
        limits = [shown(limit, language) for _, limit in told]
        within = (("在", "之内"), ("不在", "之内")) if language == "zh" else (("within", ""), ("outside", ""))
        before, after = within[0 if holds else 1]
        return f"{value} {before} {_or(limits, language)} {after}".rstrip()
    if relation == "=" and ((holds and len(told) == 1) or isinstance(seen.value, bool)):
        return f"为“{value}”" if language == "zh" else f"is “{value}”"
    word = _word(relation, told[0][1], language, holds=holds)
    if unit == "%" and len(told) == 1 and isinstance(seen.value, Decimal):
        value, limit = _percents(seen.value, told[0][1])
        return f"{value} {word} {limit}"
    return f"{value} {word} {_or([shown(limit, language, unit=unit) for _, limit in told], language)}"


def _word(relation: str, limit: Value, language: str, *, holds: bool) -> str:
    zh, en = _RELATIONS[relation][0 if holds else 1]
    return en if language == "en" else _of_dates(zh, limit)


def _asked(value: str, text: str, seen: CellSeen, conditions: list[Condition], language: str) -> str:
    """What a condition compared, with the values: “6（占 11 的 54.5%，低于 60%）”; its text where it asks more."""
    compared = [each for condition in conditions for each in condition.compared]
    told = [found for each in compared if (found := _compared(each, language))]
    if told and all(condition.complete for condition in conditions):
        return f"{value}（{'；'.join(told)}）" if language == "zh" else f"{value} ({'; '.join(told)})"
    found = f"{value} {_meets(seen.passed is True, language)} {text}"
    if told:
        found += f"（{'；'.join(told)}）" if language == "zh" else f" ({'; '.join(told)})"
    return found


def _compared(each: Compared, language: str) -> str:
    if each.relation not in ORDERS:
        return ""
    holds = ordered(each.relation, each.left, each.right)
    if holds is None:
        return ""
    word = _word(each.relation, each.right, language, holds=holds)
    if each.whole is None:
        return f"{shown(each.left, language)} {word} {shown(each.right, language)}"
    share, limit = _percents(each.left, each.right)
    part, whole = shown(each.part, language), shown(each.whole, language)
    if language == "zh":
        return f"{part} 占 {whole} 的 {share}，{word} {limit}"
    return f"{part} is {share} of {whole}, {word} {limit}"


def _or(limits: list[str], language: str) -> str:
    return ("、" if language == "zh" else " or ").join(limits)


def _of_dates(word: str, limit: Value) -> str:
    return _ORDER_OF_DATES.get(word, word) if hasattr(limit, "year") else word


def _meets(passed: bool, language: str) -> str:
    if language == "zh":
        return "符合" if passed else "不符合"
    return "meets" if passed else "does not meet"
