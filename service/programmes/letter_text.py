"""The text of a letter: Markdown with `{{ FEEL }}` slots, `{{#if …}}` and `{{#loop …}}`, compiled once.

A value put into a slot is data: it is escaped, so that no name or opinion can turn into a heading, a link or a table.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from service.domain.deadlines import ZONE
from service.domain.written import written
from service.feel import Budget, Expression, FeelSyntaxError, Function, compile_expression, to_text

MAX_ROWS = 2000
_OPENING = re.compile(r"\{\{")
# a tag alone on its line takes the line with it, so that rows of a table or list stay together
_ALONE_BEFORE = re.compile(r"(?:^|\n)[ \t]*\Z")
_ALONE_AFTER = re.compile(r"[ \t]*\n")
_SPECIAL = re.compile(r"([\\`*_\[\]<>#~&|])")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_BLOCK_START = re.compile(r"^([-+=]|\d+(?=[.)]))")


class LetterSyntaxError(ValueError):
    """A tag of a letter is wrong; the line is counted in the template text, from 1."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        self.line, self.zh, self.en = line, zh, en
        super().__init__(en)


@dataclass
class Rendering:
    """One rendering under way: functions, budget, and the slots that had nothing to show."""

    functions: Mapping[str, Function]
    budget: Budget
    empty: list[str]


@dataclass(frozen=True, slots=True)
class Text:
    """Words of the template as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """`{{ expression }}`; `in_table` where a line break of the value would break the row."""

    expression: Expression
    in_table: bool


@dataclass(frozen=True, slots=True)
class Block:
    """`{{#if expression}} … {{/if}}` or `{{#loop expression}} … {{/loop}}`."""

    kind: str
    expression: Expression
    inner: tuple[Node, ...]


Node = Text | Slot | Block


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text."""

    nodes: tuple[Node, ...]

    @property
    def expressions(self) -> tuple[tuple[Expression, bool], ...]:
        """Every expression, and whether it stands in a loop, where the row's own names may be used."""
        return tuple(_expressions(self.nodes, in_loop=False))

    def markdown(self, variables: Mapping[str, Any], rendering: Rendering) -> str:
        """The text with escaped values."""
        return "".join(_rendered(self.nodes, variables, rendering, escape_markdown))

    def line(self, variables: Mapping[str, Any], rendering: Rendering) -> str:
        """The text as one plain line, for titles and addressees."""
        whole = "".join(_rendered(self.nodes, variables, rendering, lambda value, _: value))
        return " ".join("".join(char if char.isprintable() else " " for char in whole).split())


def compile_text(text: str, names: Sequence[str]) -> Template:
    """The template. `names`: FEEL names with blanks. Raises LetterSyntaxError at the first tag that is wrong."""
    reader = _Reader(text, names)
    nodes = reader.nodes(until="")
    return Template(tuple(nodes))


def shown(value: Any) -> str:
    """A FEEL value as people write it: dates in Chinese, midnight as the end of the day before, lists with 、.

    >>> shown(date(2025, 4, 15)), shown(Decimal("1000.50")), shown([True, None, "甲"])
    ('2025年4月15日', '1000.5', '是、甲')
    >>> shown(datetime(2025, 4, 16, tzinfo=ZONE)), shown(datetime(2025, 4, 15, 17, 30, tzinfo=ZONE))
    ('2025年4月15日24:00', '2025年4月15日17:30')
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, list):
        return "、".join(text for text in map(shown, value) if text)
    return _shown_time(value) if isinstance(value, date) else str(to_text(value))


def _shown_time(value: date) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        value = value.replace(tzinfo=ZONE)  # FEEL's date and time without a zone is that of the place
    return written(value).replace(" ", "")


def escape_markdown(value: str, in_table: bool = False) -> str:
    """The text so that Markdown shows it letter by letter; its line breaks stay, but not in a table's cell.

    >>> escape_markdown("# 1*2 [a](b)")
    '\\\\# 1\\\\*2 \\\\[a\\\\](b)'
    """
    lines = [" ".join(_CONTROL.sub("", line).split()) for line in value.splitlines()]
    if in_table:
        cell = _SPECIAL.sub(r"\\\1", " ".join(line for line in lines if line))
        # the table is cut at its bars before escapes are read
        return cell.replace("\\\\", "&#92;").replace("\\|", "&#124;")
    kept = [_BLOCK_START.sub(_escaped_start, _SPECIAL.sub(r"\\\1", line)) for line in lines if line]
    return "\\\n".join(kept)


def _escaped_start(found: re.Match[str]) -> str:
    text = found.group(1)
    return f"{text}\\" if text.isdigit() else f"\\{text}"


def _expressions(nodes: Sequence[Node], *, in_loop: bool) -> Iterator[tuple[Expression, bool]]:
    for node in nodes:
        if isinstance(node, Slot):
            yield node.expression, in_loop
        elif isinstance(node, Block):
            yield node.expression, in_loop
            yield from _expressions(node.inner, in_loop=in_loop or node.kind == "loop")


def _rendered(
    nodes: Sequence[Node], variables: Mapping[str, Any], rendering: Rendering, escape: Callable[[str, bool], str]
) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Text):
            yield node.text
            continue
        value = node.expression.evaluate(variables, functions=rendering.functions, budget=rendering.budget)
        if isinstance(node, Slot):
            text = shown(value)
            if not text.strip():
                rendering.empty.append(node.expression.text)
            yield escape(text, node.in_table)
        elif node.kind == "if":
            if value is True:
                yield from _rendered(node.inner, variables, rendering, escape)
        else:
            for row in _rows(value):
                yield from _rendered(node.inner, _row_scope(row, variables), rendering, escape)


def _rows(value: Any) -> list[Any]:
    rows = value if isinstance(value, list) else [] if value is None else [value]
    return rows[:MAX_ROWS]


def _row_scope(row: Any, outer: Mapping[str, Any]) -> Mapping[str, Any]:
    own = {**row} if isinstance(row, Mapping) else {}
    scope = {**own, "this": row, "parent": outer}
    return ChainMap(scope, cast(MutableMapping[str, Any], outer))


class _Reader:
    """Reads a template from left to right."""

    def __init__(self, text: str, names: Sequence[str]) -> None:
        self.text = text
        self.names = names
        self.at = 0

    def nodes(self, until: str, opened_at: int = 0) -> list[Node]:
        """The nodes up to the closing tag `until`, or to the end of the text."""
        found: list[Node] = []
        while True:
            opening = _OPENING.search(self.text, self.at)
            if opening is None:
                break
            start, tag, end = opening.start(), *self._tag(opening.start())
            before = self.text[self.at : start]
            if tag[:1] in {"#", "/"}:
                before, end = self._without_own_line(before, start, end)
            _add(found, before)
            self.at = end
            if tag.startswith("/"):
                if tag[1:].strip() != until:
                    raise self._error(start, f"多出的“{{{{{tag}}}}}”。", f"“{{{{{tag}}}}}” closes nothing.")
                return found
            found.append(self._node(tag, start))
        if until:
            zh, en = f"“{{{{#{until}}}}}”没有结束标记。", f"“{{{{#{until}}}}}” is never closed."
            raise self._error(opened_at, zh, en)
        _add(found, self.text[self.at :])
        return found

    def _node(self, tag: str, start: int) -> Node:
        if not tag.startswith("#"):
            line = self.text[self.text.rfind("\n", 0, start) + 1 : start]
            return Slot(self._expression(tag, start), line.lstrip().startswith("|"))
        kind, _, source = tag[1:].partition(" ")
        if kind not in {"if", "loop"}:
            zh, en = f"不认识“#{kind}”，只能用 #if 和 #loop。", f"“#{kind}” is not known; use #if or #loop."
            raise self._error(start, zh, en)
        return Block(kind, self._expression(source, start), tuple(self.nodes(until=kind, opened_at=start)))

    def _expression(self, source: str, start: int) -> Expression:
        try:
            return compile_expression(source.strip(), names=self.names)
        except FeelSyntaxError as error:
            raise self._error(start, f"“{source.strip()}”：{error.zh}", f"“{source.strip()}”: {error.en}") from error

    def _tag(self, start: int) -> tuple[str, int]:
        """What stands between the braces at `start`, and the place after them; braces in FEEL and texts are skipped."""
        at, depth = start + 2, 0
        while at < len(self.text):
            char = self.text[at]
            if char == '"':
                at = self._after_literal(at)
                continue
            if char == "}" and depth == 0 and self.text.startswith("}}", at):
                return self.text[start + 2 : at].strip(), at + 2
            depth += (char == "{") - (char == "}")
            at += 1
        raise self._error(start, "“{{”没有对应的“}}”。", "“{{” has no “}}”.")

    def _after_literal(self, at: int) -> int:
        at += 1
        while at < len(self.text) and self.text[at] != '"':
            at += 2 if self.text[at] == "\\" else 1
        return at + 1

    def _without_own_line(self, before: str, start: int, end: int) -> tuple[str, int]:
        alone = _ALONE_BEFORE.search(self.text[:start])
        after = _ALONE_AFTER.match(self.text, end)
        if alone is None or (after is None and self.text[end:].strip(" \t")):
            return before, end
        return before.rstrip(" \t"), after.end() if after else len(self.text)

    def _error(self, at: int, zh: str, en: str) -> LetterSyntaxError:
        return LetterSyntaxError(self.text.count("\n", 0, at) + 1, zh, en)


def _add(nodes: list[Node], text: str) -> None:
    if text:
        nodes.append(Text(text))
