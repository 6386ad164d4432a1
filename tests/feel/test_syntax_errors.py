"""A text that is no FEEL says where and what to do about it, in both languages."""

import pytest

from service.feel import FeelSyntaxError, compile_expression, compile_unary_tests

MISTAKES = [
    ("a == 1", 1, 4, "一个等号", "write ="),
    ("a > 1 && b", 1, 7, "and", "write and"),
    ("“长光”", 1, 1, "英文双引号", "straight double quotes"),
    ("count（a）", 1, 6, "英文括号", "ASCII parentheses"),
    ("share >= 60%", 1, 12, "0.6", "0.6"),
    ("'a'", 1, 1, "双引号", "double quotes"),
    ('"abc', 1, 1, "结尾", "closing"),
    ("a ≥ 1", 1, 3, ">=", ">="),
    ("1 /* a", 1, 4, "*/", "*/"),
    ("!a", 1, 1, "not", "not("),
    ("if a then b", 1, 12, "else", "else"),
    ("(1 + 2", 1, 7, "“)”", "“)”"),
    ("a >\n  ", 2, 3, "没有写完", "not complete"),
    ("1 +\n+ 2", 2, 1, "“+”", "“+”"),
    ("core share > 1", 1, 6, "空格", "blanks"),
    ('@"2026-13-01"', 1, 1, "2026-04-15", "2026-04-15"),
    ("[1..2", 1, 6, "区间", "range"),
    ("x instance of money", 1, 15, "money", "money"),
    ("", 1, 1, "没有写完", "not complete"),
]


@pytest.mark.parametrize(("text", "line", "column", "zh", "en"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_a_hint(text: str, line: int, column: int, zh: str, en: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        compile_expression(text)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert zh in error.zh
    assert en in error.en
    assert f"第 {line} 行第 {column} 列" in error.text()


def test_a_cell_tells_its_mistake_too() -> None:
    with pytest.raises(FeelSyntaxError, match="expected"):
        compile_unary_tests('not("a", "b"')
