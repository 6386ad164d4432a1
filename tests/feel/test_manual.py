"""Every example of docs/feel.zh-CN.md comes out as the page says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from service.feel import Diagnostic, FeelSyntaxError, compile_expression, compile_unary_tests, from_json, to_text
from service.feel.patterns import MAX_PATTERN
from service.feel.run import MAX_CALLS, Budget
from service.feel.scanner import MAX_NAME, MAX_TEXT
from service.feel.type_grammar import MAX_NESTING
from service.programmes.functions import FUNCTION_NAMES, CaseTimes, Parties, functions
from tests.programmes_room.sample import calendar, sample_manifest
from tests.support import peers

PAGE = (Path(__file__).parents[2] / "docs" / "feel.zh-CN.md").read_text(encoding="utf-8")
_CODE = re.compile(r"`([^`]*)`")
CASE = from_json({"case": json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0])})
AT = datetime(2026, 4, 15, 2, tzinfo=UTC)


def tables(heading: str) -> Iterator[list[str]]:
    """The rows of the tables whose first heading is this one, cells without their backticks."""
    first, second = heading.split("/")
    inside = False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif not inside:
            inside, wanted = True, cells[:2] == [first, second]
        elif wanted and not cells[0].startswith("---"):
            yield [code[1] if (code := _CODE.fullmatch(cell)) else cell for cell in cells]


VALUES = [(row[0], row[1]) for row in tables("表达式/值")]
VALUES += [(text.strip(), value) for text, value in re.findall(r"```feel\n(.*?)```\n\n→ `(.*?)`", PAGE, re.S)]
CELLS = [(row[0], row[1], row[2]) for row in tables("单元格/符合")]
REASONS = [(row[0], row[1]) for row in tables("表达式/原因")]
MISTAKES = [(row[0], row[1]) for row in tables("写成/提示")]
LIMITS = [(row[0], row[1]) for row in tables("限度/数")]


def evaluated(text: str, diagnostics: list[Diagnostic] | None = None) -> Any:
    registered = functions(sample_manifest(), calendar(), CaseTimes(), Parties(), AT)
    compiled = compile_expression(text, names=FUNCTION_NAMES)
    return compiled.evaluate(CASE, functions=registered, diagnostics=diagnostics)


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_an_expression_has_the_value_the_page_gives(text: str, expected: str) -> None:
    # in a list, so that a text shows its quotes
    assert to_text([evaluated(text)])[1:-1] == expected


@pytest.mark.parametrize(("cell", "passes", "fails"), CELLS)
def test_a_cell_passes_what_the_page_says(cell: str, passes: str, fails: str) -> None:
    tests = compile_unary_tests(cell)
    assert tests.test(evaluated(passes), CASE) is True
    if fails:
        assert tests.test(evaluated(fails), CASE) is not True


@pytest.mark.parametrize(("text", "reason"), REASONS)
def test_a_null_has_the_reason_the_page_gives(text: str, reason: str) -> None:
    found: list[Diagnostic] = []
    evaluated(text, found)
    assert reason in {each.zh for each in found}


@pytest.mark.parametrize(("text", "hint"), MISTAKES)
def test_a_mistake_has_the_hint_the_page_gives(text: str, hint: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    assert hint in caught.value.zh


def test_the_limits_are_those_of_the_code() -> None:
    told = {name: int(re.findall(r"-?\d+", number)[0]) for name, number in LIMITS}
    assert told == {
        "一个表达式的长度": MAX_TEXT,
        "一个名称的长度": MAX_NAME,
        "嵌套": MAX_NESTING,
        "函数互相调用": MAX_CALLS,
        "一次计算": Budget().left,
        "正则表达式": MAX_PATTERN,
        "数字": 34,
        "年份": -999_999_999,
    }


def test_the_examples_are_all_found() -> None:
    assert (len(VALUES) > 90, len(CELLS) >= 10, len(REASONS) >= 8, len(MISTAKES) >= 6) == (True,) * 4


def test_the_modelers_read_the_examples_too() -> None:
    peers.need("@bpmn-io/feel-lint")
    texts = [text for text, _ in VALUES]
    found = dict(zip(texts, peers.answers("feel-lint.mjs", texts), strict=True))
    assert {text: messages for text, messages in found.items() if messages} == {}
