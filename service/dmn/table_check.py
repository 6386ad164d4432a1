"""What can be said against one decision table: rules that contradict each other or never fire, and gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from service.dmn.columns import Column, columns_of
from service.dmn.coverage import Box, Boxes, bits, shared
from service.dmn.inference import Names
from service.dmn.output_check import ranks_of, row_of, wrong_results
from service.dmn.phrases import shown
from service.dmn.problems import Level
from service.dmn.regions import told
from service.dmn.table import DecisionTable
from service.dmn.thresholds import NO_VALUE
from service.feel.comparison import equal
from service.feel.run import Budget, BudgetExceeded
from service.feel.values import Value, kind, kind_in_chinese

MOST_TOLD = 10  # of one sort in one table; the last says how many more there are
MOST_GAPS = 5
MOST_COLUMNS = 64
# what rules that match together must not be, by hit policy
_FORBIDDEN = {
    "UNIQUE": ("，命中策略“唯一”不允许", ", which UNIQUE does not allow"),
    "ANY": ("而结果不同，命中策略“任一”不允许", " with different results, which ANY does not allow"),
    "PRIORITY": ("而结果不同，优先级却相同", " with different results of the same priority"),
}
ONE_RESULT = ("UNIQUE", "ANY", "FIRST", "PRIORITY")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said against a table, of one of its rules or, with rule None, of the table.

    `example` gives a value for each input, by the text of its expression.
    """

    rule: int | None
    code: str
    zh: str
    en: str
    level: Level = "error"
    example: Mapping[str, Value] | None = None


def check_table(table: DecisionTable, names: Names, budget: Budget) -> Iterator[Said]:
    """Everything said against a table, where these names are around it; `budget` is what the search may cost."""
    yield from _unused(table)
    yield from _not_annotated(table)
    try:
        if len(table.inputs) > MOST_COLUMNS:
            raise BudgetExceeded
        yield from TableCheck(table, columns_of(table, names, budget), budget).said()
    except BudgetExceeded:
        zh = "表太大，或者条件的组合太多，没有判定重叠、空档与不会命中的规则"
        en = "the table is too large or its conditions combine in too many ways: overlaps, gaps and dead rules were not"
        yield Said(None, "not-decided", zh, f"{en} decided", "note")


def _unused(table: DecisionTable) -> Iterator[Said]:
    for index, column in enumerate(table.inputs):
        if table.rules and all(rule.cells[index] is None for rule in table.rules):
            zh, en = f"没有规则用到输入“{column.label}”", f"no rule uses the input “{column.label}”"
            yield Said(None, "unused-input", zh, en, "warning")


def _not_annotated(table: DecisionTable) -> Iterator[Said]:
    without = [number for number, rule in enumerate(table.rules, 1) if not rule.note]
    if without:
        zh = f"规则 {_numbers(without)} 没有写说明（依据的条款）"
        en = f"{_rules(without)} no annotation (the article it stands on)"
        yield Said(None, "no-annotation", zh, en, "warning")


def _numbers(numbers: Iterable[int]) -> str:
    return "、".join(map(str, numbers))


def _rules(numbers: list[int]) -> str:
    return f"rule {numbers[0]} has" if len(numbers) == 1 else f"rules {_listed(numbers)} have"


class TableCheck:
    """One table as boxes over its columns."""

    def __init__(self, table: DecisionTable, columns: list[Column], budget: Budget) -> None:
        self.table = table
        self.columns = columns
        whole = tuple(column.whole for column in columns)
        rules = range(len(table.rules))
        sure = [tuple(column.sure[rule] & column.whole for column in columns) for rule in rules]
        maybe = [tuple(column.maybe[rule] & column.whole for column in columns) for rule in rules]
        self.sure = Boxes(whole, sure, budget)
        self.maybe = Boxes(whole, maybe, budget)

    def said(self) -> Iterator[Said]:
        """All of it, the rules in their order."""
        yield from self._column_kinds()
        wrong = list(self._misplaced())
        yield from wrong
        yield from (Said(one.rule, one.code, one.zh, one.en) for one in wrong_results(self.table))
        dead = dict(self._never_firing())
        yield from (said for rule, said in dead.items() if rule not in {one.rule for one in wrong})
        yield from self._contradictions()
        yield from self._gaps()
        yield from self._not_decided()

    def _column_kinds(self) -> Iterator[Said]:
        """Inputs whose declared type their expression never gives."""
        for column in self.columns:
            for index in column.inputs:
                declared = self.table.inputs[index].type
                name = getattr(declared.resolved(), "name", "") if declared is not None else ""
                kinds = column.possible.kinds
                if name and kinds and name not in kinds and name != "Any":
                    found = ", ".join(sorted(kinds))
                    zh = f"输入“{column.label}”声明为 {name}，它的表达式得出的是 {found}"
                    en = f"the input “{column.label}” is declared {name}, its expression gives {found}"
                    yield Said(None, "wrong-type", zh, en)

    def _misplaced(self) -> Iterator[Said]:
        for column in self.columns:
            for one in column.misplaced:
                label, value = self.table.inputs[one.input].label, shown(one.value, "zh")
                if one.wrong_kind:
                    wanted = ", ".join(sorted(column.possible.kinds or ()))
                    zh = f"“{label}”的条件里有{kind_in_chinese(one.value)}“{value}”，这一列是 {wanted}"
                    en = f"the condition on “{label}” has the {kind(one.value)} “{value}”, the column is {wanted}"
                    yield Said(one.rule, "wrong-type", f"规则 {one.rule + 1} {zh}", f"rule {one.rule + 1}: {en}")
                else:
                    zh = f"规则 {one.rule + 1} “{label}”的条件里有“{value}”，不在允许值之中"
                    en = f"rule {one.rule + 1}: the condition on “{label}” has “{value}”, which is not an allowed value"
                    yield Said(one.rule, "value-outside", zh, en)

    def _never_firing(self) -> Iterator[tuple[int, Said]]:
        for rule, box in enumerate(self.maybe.boxes):
            empty = [column.label for column in self.columns if not column.maybe[rule]]
            if empty:
                labels = "、".join(f"“{label}”" for label in empty)
                zh = f"规则 {rule + 1} 永远不会命中：没有值符合 {labels} 的条件"
                en = f"rule {rule + 1} never fires: no value meets its condition on {labels.replace('、', ', ')}"
                yield rule, Said(rule, "never-fires", zh, en)
                continue
            before = self._before(rule) if all(box) else 0
            if before and self.sure.uncovered(box, before) is None:
                others = [number + 1 for number in bits(before & self.sure.meeting(box))]
                zh = f"规则 {rule + 1} 永远不会起作用：它的情形都由规则 {_numbers(others)} 先决定"
                en = f"rule {rule + 1} never decides: rules {_listed(others)} come first in all its cases"
                yield rule, Said(rule, "never-fires", zh, en)

    def _before(self, rule: int) -> int:
        """The rules, as bits, that decide before this one where they match too."""
        if self.table.policy == "FIRST":
            return (1 << rule) - 1
        if self.table.policy != "PRIORITY":
            return 0
        ranks = ranks_of(self.table)
        own = ranks[rule]
        if own is None:
            return 0
        found = 0
        for other, rank in enumerate(ranks):
            if rank is not None and (rank, other) < (own, rule):
                found |= 1 << other
        return found

    def _contradictions(self) -> Iterator[Said]:
        """The first pairs of rules that one case can match together though the hit policy forbids it, and a count."""
        pairs = self._contradicting()
        for one, other in islice(pairs, MOST_TOLD):
            yield self._contradiction(one, other)
        more = sum(1 for _ in pairs)
        if more:
            code = "overlap" if self.table.policy == "UNIQUE" else "conflict"
            yield Said(None, code, f"另有 {more} 对规则也是如此", f"{more} more pairs of rules do the same")

    def _contradicting(self) -> Iterator[tuple[int, int]]:
        """The pairs, the earlier rule first."""
        policy = self.table.policy
        if policy not in _FORBIDDEN:
            return
        rows = [row_of(rule) for rule in self.table.rules]
        ranks = ranks_of(self.table) if policy == "PRIORITY" else []
        if policy == "PRIORITY" and not any(output.values for output in self.table.outputs):
            return  # nothing has a priority, which is told of the table
        for rule, box in enumerate(self.sure.boxes):
            for other in bits(self.sure.meeting(box) & ((1 << rule) - 1)):
                tied = policy != "PRIORITY" or (ranks[rule] is not None and ranks[rule] == ranks[other])
                if policy == "UNIQUE" or (tied and _differ(rows[rule], rows[other])):
                    yield other, rule

    def _contradiction(self, first: int, second: int) -> Said:
        example = self._example(shared(self.sure.boxes[first], self.sure.boxes[second]))
        one, other = first + 1, second + 1
        why_zh, why_en = _FORBIDDEN[self.table.policy]
        return Said(
            second,
            "overlap" if self.table.policy == "UNIQUE" else "conflict",
            f"规则 {one} 与规则 {other} 会同时命中{why_zh}；例如 {_case(example, 'zh')}",
            f"rules {one} and {other} can match together{why_en}; for example {_case(example, 'en')}",
            example=self._by_text(example),
        )

    def _gaps(self) -> Iterator[Said]:
        """What no rule takes, the largest parts one after another."""
        if self.table.policy not in ONE_RESULT or any(output.default is not None for output in self.table.outputs):
            return
        if not all(self.maybe.whole):
            return  # an input that can be nothing
        boxes, whole = list(self.maybe.boxes), self.maybe.whole
        for _ in range(MOST_GAPS):
            search = Boxes(whole, boxes, self.maybe.budget)
            gap = search.uncovered(whole, (1 << len(boxes)) - 1)
            if gap is None:
                return
            boxes.append(gap)
            example = self._example(gap)
            zh = f"没有规则管到：{self._told(gap, 'zh')}；例如 {_case(example, 'zh')}。没有默认结果，决策为空（null）"
            en = (
                f"no rule takes: {self._told(gap, 'en')}; for example {_case(example, 'en')}. The decision is then null"
            )
            yield Said(None, "gap", zh, en, "warning", self._by_text(example))

    def _not_decided(self) -> Iterator[Said]:
        """Cells that ask more than the check follows."""
        found = [
            (rule + 1, column.label)
            for rule in range(len(self.table.rules))
            for column in self.columns
            if column.sure[rule] != column.maybe[rule]
        ]
        if found:
            cells = "、".join(f"{number}（{label}）" for number, label in found)
            zh = f"规则 {cells}的条件读了别的值或用了函数，超出检查的范围；与它们有关的重叠、空档和不会命中没有判定"
            cells = ", ".join(f"{number} ({label})" for number, label in found)
            en = f"the conditions of rules {cells} read other values or call functions, which the check does not follow"
            yield Said(None, "not-decided", zh, f"{en}: their overlaps, gaps and never firing were not decided", "note")

    def _told(self, box: Box, language: str) -> str:
        """The columns that a box limits, in words."""
        parts = [
            f"{column.label} {told(column.regions, mask, language)}"
            for column, mask in zip(self.columns, box, strict=True)
            if mask != column.whole
        ]
        if not parts:
            return "任何情形" if language == "zh" else "anything"
        return ("，" if language == "zh" else ", ").join(parts)

    def _example(self, box: Box) -> list[tuple[str, Value]]:
        """One case in a box, every column with a value."""
        return [
            (column.label, column.regions[next(bits(mask))].sample)
            for column, mask in zip(self.columns, box, strict=True)
        ]

    def _by_text(self, example: list[tuple[str, Value]]) -> dict[str, Value]:
        texts = [self.table.inputs[column.inputs[0]].text for column in self.columns]
        return {text: value for text, (_, value) in zip(texts, example, strict=True)}


def _case(example: list[tuple[str, Value]], language: str) -> str:
    told = [f"{label} = {shown(value, language)}" for label, value in example]
    return ("，" if language == "zh" else ", ").join(told)


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _differ(one: list[Value], other: list[Value]) -> bool:
    """Whether two rows of results are known to differ."""
    return any(
        NO_VALUE not in (left, right) and equal(left, right) is not True
        for left, right in zip(one, other, strict=False)
    )
