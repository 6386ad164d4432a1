"""The part of the grammar that reads operators and unary tests, by precedence."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from service.feel import syntax as s
from service.feel.names import KnownNames
from service.feel.source import Place, Source
from service.feel.type_grammar import TypeScanner
from service.feel.types import FeelType
from service.feel.values import NUMBERS, number

RELATIONS = ("<=", ">=", "!=", "=", "<", ">")
ADDITION = 4
_LEVELS = {
    **{"or": 1, "and": 2, "between": 3, "in": 3},
    **dict.fromkeys(RELATIONS, 3),
    **{"+": ADDITION, "-": ADDITION, "*": 5, "/": 5, "**": 6},
}
# an open bracket that closes a range is followed by nothing that could begin a filter's condition
_AFTER_RANGE = re.compile(r"\[\s*(?:$|[,)\]}=<>!+*/]|(?:and|or|then|else|in|return|satisfies|between|instance)\b)")
_SIGNS = ("**", "*", "/", "+", "-", *RELATIONS)
_DIGITS = frozenset("0123456789.")
_FIRST_OF_SIGNS = frozenset(sign[0] for sign in _SIGNS)


class OperatorScanner(TypeScanner, ABC):
    """Reads chains of operators; what stands between them is the parser's matter."""

    def __init__(self, source: Source, names: KnownNames, types: Mapping[str, FeelType]) -> None:
        super().__init__(source, names, types)
        self.no_filter = False
        self.asks = False

    @abstractmethod
    def form(self) -> s.Node | None:
        """An expression that begins with a word of its own, such as `if`, if one stands here."""

    @abstractmethod
    def postfix(self, found: s.Node | None = None) -> s.Node:
        """An operand with its paths, filters and calls; `found` is one of which the beginning is read."""

    @abstractmethod
    def range_end(self, place: Place, start: s.Node, *, included: bool) -> s.Node:
        """The rest of a range, from its two dots on."""

    def expression(self) -> s.Node:
        """Any expression."""
        self.deeper()
        found = self.form() or self.chain(1)
        self.nesting -= 1
        return found

    def enclosed(self) -> s.Node:
        """An expression between brackets, in which filters are allowed again."""
        saved, self.no_filter = self.no_filter, False
        found = self.expression()
        self.no_filter = saved
        return found

    def _operator(self) -> str | None:
        if self.ended:
            return None
        if self.text[self.at] in _FIRST_OF_SIGNS:
            return next((sign for sign in _SIGNS if self.sees(sign)), None)
        word = self.word()
        return word if word in ("and", "or", "between", "in") else None

    def chain(self, least: int, left: s.Node | None = None) -> s.Node:
        """Operators that bind at least this tightly; `left` is a first operand already read."""
        left = left or self._unary()
        while True:
            operator = self._operator()
            if operator is None or _LEVELS[operator] < least:
                return left
            left = self._joined(left, operator)

    def _joined(self, left: s.Node, operator: str) -> s.Node:
        if operator in ("and", "or"):
            return self._logic(left, operator)
        if operator == "between":
            return self._between(left)
        if operator == "in":
            return self._in(left)
        place = self.place()
        if operator in RELATIONS:
            self.take(operator)
            return s.Comparison(place, operator, left, self.chain(ADDITION))
        return self._arithmetic(left, _LEVELS[operator])

    def _logic(self, left: s.Node, word: str) -> s.Node:
        place, operands = self.place(), [left]
        while self.take_word(word):
            operands.append(self.chain(_LEVELS[word] + 1))
        return s.Logic(place, word, tuple(operands))

    def _arithmetic(self, first: s.Node, level: int) -> s.Node:
        place = self.place()
        rest: list[tuple[str, s.Node]] = []
        while True:
            operator = self._operator()
            if operator is None or _LEVELS[operator] != level:
                return s.Arithmetic(place, first, tuple(rest))
            self.take(operator)
            rest.append((operator, self.chain(level + 1)))

    def _between(self, value: s.Node) -> s.Node:
        place = self.place()
        self.need_word("between")
        low = self.chain(ADDITION)
        self.need_word("and")
        return s.Between(place, value, low, self.chain(ADDITION))

    def _in(self, value: s.Node) -> s.Node:
        place = self.place()
        self.need_word("in")
        if not self.sees("("):
            return s.In(place, value, (self.test(lambda: self.chain(ADDITION)),))
        start = self.place()
        saved, self.no_filter = self.no_filter, False
        self.need("(")
        tests = self.tests()
        self.no_filter = saved
        only = tests[0] if len(tests) == 1 and not tests[0].relation else None
        if only is not None and self.sees(".."):
            left = self.range_end(start, only.operand, included=False)
        else:
            self.need(")")
            if only is None or not self._goes_on():
                return s.In(place, value, tests)
            left = only.operand
        # what stood in brackets was the beginning of an operand, not a list of tests
        operand = self.chain(ADDITION, self.postfix(left))
        return s.In(place, value, (s.UnaryTest(start, "", operand, tests[0].asks),))

    def _goes_on(self) -> bool:
        """Whether a bracket just closed is followed by a path, filter, call or a sum."""
        operator = self._operator()
        longer = operator is not None and _LEVELS[operator] >= ADDITION
        return longer or self.sees(".") or self.sees("(") or self.opens_filter()

    def opens_filter(self) -> bool:
        """Whether a filter begins here; behind the end of a range a bracket may be its closing one, as in `]1..5[`."""
        if not self.sees("["):
            return False
        return not self.no_filter or _AFTER_RANGE.match(self.text, self.at) is None

    def tests_in_brackets(self) -> tuple[s.UnaryTest, ...]:
        """One or more positive unary tests in brackets."""
        saved, self.no_filter = self.no_filter, False
        self.need("(")
        tests = self.tests()
        self.need(")")
        self.no_filter = saved
        return tests

    def tests(self) -> tuple[s.UnaryTest, ...]:
        """One or more positive unary tests between commas."""
        tests = [self.test(self.expression)]
        while self.take(","):
            tests.append(self.test(self.expression))
        return tuple(tests)

    def test(self, operand: Callable[[], s.Node]) -> s.UnaryTest:
        """One positive unary test."""
        place = self.place()
        relation = self.take(*RELATIONS)
        if relation:
            return s.UnaryTest(place, relation, self.chain(ADDITION), asks=False)
        saved, self.asks = self.asks, False
        node = operand()
        asks, self.asks = self.asks, saved or self.asks
        return s.UnaryTest(place, "", node, asks)

    def _unary(self) -> s.Node:
        if self.next() == "-":
            return self._negative()
        at = self.at
        return self._asked(self.postfix(), at)

    def _asked(self, found: s.Node, at: int) -> s.Node:
        """`found instance of type`, if that is how it goes on."""
        while self.next() == "i" and self.take_word("instance"):
            self.need_word("of")
            found = s.InstanceOf(Place(self.source, at), found, self.type())
        return found

    def _negative(self) -> s.Node:
        place, signs = self.place(), 0
        while self.take("-"):
            signs += 1
        literal = self.number_literal(place, negative=True)
        found = self._asked(self.postfix(literal), place.at)
        signs -= literal is not None
        # an even number of signs still asks for a number
        for _ in range(2 - signs % 2 if signs else 0):
            found = s.Negation(place, found)
        return found

    def number_literal(self, place: Place, *, negative: bool = False) -> s.Node | None:
        """Digits as a literal, if they stand here; a sign before them is theirs, as in `-1 instance of number`."""
        digits = self.take_number() if self.next() in _DIGITS else None
        if digits is None:
            return None
        value = number(digits)
        if value is None:
            raise self.error("数字超出范围", "the number is out of range", place.at)
        return s.Literal(place, NUMBERS.minus(value) if negative else value)
