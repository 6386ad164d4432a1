"""What a model's codes are called: designers name them where they draw, in a decision's description and its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from service.dmn.table import DecisionTable

# “一个结论代码：eligible 符合；needs_exception 需要例外。”: a code, a blank, and what it is called up to the next mark
_NAMED: Final = re.compile(r"(?:^|[：；，。（(])([a-z][a-z0-9_]*) ([\u3400-\u9fff][^：；，。（）()\s]*)")
# a code that stands alone: no part of a path, a call or a number
_CODE: Final = re.compile(r"(?<![\w.])[a-z][a-z0-9_]*(?![\w.(])")


def named_in(description: str) -> dict[str, str]:
    """The codes that a description names, with their names.

    >>> named_in("一个结论代码：eligible 符合；needs_exception 需要例外。没有填写的为 null，由表说明。")
    {'eligible': '符合', 'needs_exception': '需要例外'}
    """
    return dict(_NAMED.findall(description))


def columns_of(table: DecisionTable) -> dict[str, str]:
    """The labels of a table's results, by their names."""
    return {output.name: output.label for output in table.outputs if output.name and output.label}


def in_words(text: str, words: Mapping[str, str]) -> str:
    """A text with each code that has a name replaced by it.

    >>> in_words("牵头单位类型 chain_master 属于 leading", {"chain_master": "链主企业"})
    '牵头单位类型 链主企业 属于 leading'
    """
    return _CODE.sub(lambda found: words.get(found[0], found[0]), text)


def settled(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The names on which all agree: a code that is called differently in two places stays a code.

    >>> settled([("yes", "是"), ("yes", "符合"), ("nation", "国家级"), ("nation", "国家级")])
    {'nation': '国家级'}
    """
    found: dict[str, set[str]] = {}
    for code, name in pairs:
        found.setdefault(code, set()).add(name)
    return {code: names.pop() for code, names in found.items() if len(names) == 1}
