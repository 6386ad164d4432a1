"""Reads FEEL (DMN 1.5 §10.3.1.2) into the parts of syntax.py, knowing at each place which names exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from service.feel import syntax as s
from service.feel.names import KnownNames
from service.feel.scanner import KEYWORDS
from service.feel.source import FeelSyntaxError, Place, Source
from service.feel.temporal import read_literal
from service.feel.type_grammar import TypeScanner
from service.feel.types import FeelType
from service.feel.values import number

MEMBER_NAMES = ("time offset", "start included", "end included")
MAX_PARTS = 40_000
RELATIONS = ("<=", ">=", "!=", "=", "<", ">")
_LEVELS = {"or": 1, "and": 2, "between": 3, "in": 3, "+": 4, "-": 4, "*": 5, "/": 5, "**": 6} | dict.fromkeys(RELATIONS, 3)
_SIGNS = ("**", "*", "/", "+", "-", *RELATIONS)
_ADDITION = 4
_IN = re.compile(r"\bin\b")
_COLON = re.compile(r":")
_PARAMETER_END = re.compile(r"[:,)]")
_NAMED_ARGUMENT = re.compile(r"[^\W\d][\w \t+\-*/.']*?\s*:")
_FUNCTION = re.compile(r"function\s*\(")
_CONSTANTS = {"true": True, "false": False, "null": None}


class Parser(TypeScanner):
    """One text being read; local names come and go with the part that declares them."""

    def __init__(self, source: Source, names: KnownNames, types: Mapping[str, FeelType]) -> None:
        super().__init__(source, names, types)
        self.members = names.plus(MEMBER_NAMES)
        self.no_filter = False
        self.asks = False
        self.parts = 0

    def whole(self) -> s.Node:
        """The text as one expression."""
        found = self.expression()
        if not self.ended:
            raise self.unexpected()
        return found

    def expression(self) -> s.Node:
        """Any expression."""
        self.deeper()
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise self.error("表达式过于复杂", "the expression is too complex")
        word = self.word()
        if word == "if":
            found = self._if()
        elif word == "for":
            found = self._for()
        elif word in ("some", "every"):
            found = self._quantified()
        else:
            found = self._chain(1)
        self.nesting -= 1
        return found

    def _enclosed(self) -> s.Node:
        """An expression between brackets, in which filters are allowed again."""
        saved, self.no_filter = self.no_filter, False
        found = self.expression()
        self.no_filter = saved
        return found

    # operators

    def _operator(self) -> str | None:
        for sign in _SIGNS:
            if self.sees(sign):
                return sign
        word = self.word()
        return word if word in ("and", "or", "between", "in") else None

    def _chain(self, least: int) -> s.Node:
        left = self._unary()
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
            return s.Comparison(place, operator, left, self._chain(_ADDITION))
        return self._arithmetic(left, _LEVELS[operator])

    def _logic(self, left: s.Node, word: str) -> s.Node:
        place, operands = self.place(), [left]
        while self.take_word(word):
            operands.append(self._chain(_LEVELS[word] + 1))
        return s.Logic(place, word, tuple(operands))

    def _arithmetic(self, first: s.Node, level: int) -> s.Node:
        place = self.place()
        rest: list[tuple[str, s.Node]] = []
        while True:
            operator = self._operator()
            if operator is None or _LEVELS[operator] != level:
                return s.Arithmetic(place, first, tuple(rest))
            self.take(operator)
            rest.append((operator, self._chain(level + 1)))

    def _between(self, value: s.Node) -> s.Node:
        place = self.place()
        self.need_word("between")
        low = self._chain(_ADDITION)
        self.need_word("and")
        return s.Between(place, value, low, self._chain(_ADDITION))

    def _in(self, value: s.Node) -> s.Node:
        place = self.place()
        self.need_word("in")
        if self.sees("("):
            start, nesting, asks = self.at, self.nesting, self.asks
            try:
                tests = self._tests_in_brackets()
            except FeelSyntaxError:
                tests = ()
            if tests and not self.sees(".") and not self.sees("["):
                return s.In(place, value, tests)
            self.at, self.nesting, self.asks = start, nesting, asks
        return s.In(place, value, (self.test(lambda: self._chain(_ADDITION)),))

    def _tests_in_brackets(self) -> tuple[s.UnaryTest, ...]:
        saved, self.no_filter = self.no_filter, False
        try:
            self.need("(")
            tests = self.tests()
            self.need(")")
        finally:
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
            return s.UnaryTest(place, relation, self._chain(_ADDITION), asks=False)
        saved, self.asks = self.asks, False
        node = operand()
        asks, self.asks = self.asks, saved or self.asks
        return s.UnaryTest(place, "", node, asks)

    def _unary(self) -> s.Node:
        place, negative = self.place(), False
        signs = 0
        while self.take("-"):
            negative, signs = not negative, signs + 1
        found = self._postfix()
        while self.take_word("instance"):
            self.need_word("of")
            found = s.InstanceOf(place, found, self.type())
        if negative and isinstance(found, s.Literal) and found.value is not None and number(found.value) is not None:
            return s.Literal(place, -found.value) if not isinstance(found.value, (bool, str)) else s.Negation(place, found)
        if signs > 1 and not negative:
            return s.Negation(place, s.Negation(place, found))
        return s.Negation(place, found) if negative else found

    # paths, filters and calls

    def _postfix(self) -> s.Node:
        found = self._primary()
        while True:
            place = self.place()
            if self.sees("."):
                found = self._path(found, place)
            elif self.sees("[") and not self.no_filter:
                found = self._filter(found, place)
            elif self.sees("("):
                found = self._call(found, place)
            else:
                return found

    def _path(self, base: s.Node, place: Place) -> s.Node:
        members: list[str] = []
        while self.take("."):
            members.append(self._member())
        return s.Path(place, base, tuple(members))

    def _member(self) -> str:
        known = self.members.match(self.text, self.at)
        word = self.word()
        if known:
            name, self.at = known
        elif word is not None:
            name, self.at = word, self.at + len(word)
        else:
            raise self.unexpected()
        self.skip()
        return name

    def _filter(self, base: s.Node, place: Place) -> s.Node:
        self.need("[")
        saved, self.known = self.known, self.known.plus(self.members.names)
        condition = self._enclosed()
        self.known = saved
        self.need("]")
        return s.Filter(place, base, condition)

    def _call(self, function: s.Node, place: Place) -> s.Node:
        self.need("(")
        if self.take(")"):
            return s.Call(place, function, ())
        names: list[str] = []
        arguments: list[s.Node] = []
        by_name = _NAMED_ARGUMENT.match(self.text, self.at) is not None
        while True:
            if by_name:
                names.append(self.declared_name(_COLON))
                self.need(":")
            arguments.append(self._enclosed())
            if not self.take(","):
                break
        self.need(")")
        return s.Call(place, function, tuple(arguments), tuple(names) if by_name else None)

    # what an expression begins with

    def _primary(self) -> s.Node:
        place, sign = self.place(), self.text[self.at : self.at + 1]
        if sign == '"':
            text = self.take_string()
            if text is not None:
                return s.Literal(place, text)
        elif sign == "@":
            return self._at_literal()
        elif sign == "(":
            return self._brackets()
        elif sign in ("[", "]"):
            return self._list_or_range()
        elif sign == "{":
            return self._context()
        elif (digits := self.take_number()) is not None:
            return self._number(place, digits)
        elif sign:
            return self._named()
        raise self.unexpected()

    def _number(self, place: Place, digits: str) -> s.Node:
        value = number(digits)
        if value is None:
            raise self.error("数字超出范围", "the number is out of range", place.at)
        return s.Literal(place, value)

    def _at_literal(self) -> s.Node:
        place = self.place()
        self.need("@")
        text = self.take_string()
        value = None if text is None else read_literal(text)
        if value is None:
            raise self.error(
                '@ 后应为日期、时间或时长，例如 @"2026-04-15"、@"P10D"',
                'after @ stands a date, time or duration, such as @"2026-04-15" or @"P10D"',
                place.at,
            )
        return s.Literal(place, value)

    def _brackets(self) -> s.Node:
        place = self.place()
        self.need("(")
        relation = self.take(*RELATIONS)
        if relation:
            saved, self.no_filter = self.no_filter, False
            half = s.HalfRange(place, relation, self._chain(_ADDITION))
            self.no_filter = saved
            self.need(")")
            return half
        found = self._enclosed()
        if self.sees(".."):
            return self._range_end(place, found, included=False)
        self.need(")")
        return found

    def _list_or_range(self) -> s.Node:
        place = self.place()
        if self.take("]"):
            saved, self.no_filter = self.no_filter, False
            start = self._chain(_ADDITION)
            self.no_filter = saved
            return self._range_end(place, start, included=False)
        self.need("[")
        if self.take("]"):
            return s.ListLiteral(place, ())
        items = [self._item()]
        if self.sees(".."):
            return self._range_end(place, items[0], included=True)
        while self.take(","):
            items.append(self._item())
        self.need("]")
        return s.ListLiteral(place, tuple(items))

    def _item(self) -> s.Node:
        place = self.place()
        relation = self.take("<=", ">=", "<", ">")
        if relation:
            return s.HalfRange(place, relation, self._chain(_ADDITION))
        return self._enclosed()

    def _range_end(self, place: Place, start: s.Node, *, included: bool) -> s.Node:
        self.need("..")
        saved, self.no_filter = self.no_filter, True
        end = self._chain(_ADDITION)
        self.no_filter = saved
        closing = self.take("]", ")", "[")
        if not closing:
            raise self.error("区间应以 ] 或 ) 或 [ 结束", "a range ends with ] or ) or [")
        return s.RangeLiteral(place, start, included, end, closing == "]")

    def _context(self) -> s.Node:
        place = self.place()
        self.need("{")
        saved = self.known
        entries: list[tuple[str | None, s.Node]] = []
        while not self.sees("}"):
            key = self.take_string()
            if key is None:
                key = self.declared_name(_COLON)
            self.need(":")
            entries.append((key, self._enclosed()))
            self.known, self.members = self.known.plus([key]), self.members.plus([key])
            if not self.take(","):
                break
        self.need("}")
        self.known = saved
        return s.ContextLiteral(place, tuple(entries))

    def _named(self) -> s.Node:
        place, word = self.place(), self.word()
        known = self.known.match(self.text, self.at)
        if known:
            name, self.at = known
            self.skip()
            return s.Name(place, name)
        if word in _CONSTANTS:
            self.take_word(word)
            return s.Literal(place, _CONSTANTS[word])
        if word in ("if", "for", "some", "every"):
            return self.expression()
        if word == "function" and _FUNCTION.match(self.text, self.at):
            return self._function()
        if word is None or (word in KEYWORDS and word != "not"):
            raise self.unexpected()
        self.at += len(word)
        self.skip()
        self.asks = self.asks or word == "?"
        return s.Name(place, word)

    # forms with words of their own

    def _if(self) -> s.Node:
        place = self.place()
        branches: list[tuple[s.Node, s.Node]] = []
        while self.take_word("if"):
            condition = self.expression()
            self.need_word("then")
            branches.append((condition, self.expression()))
            self.need_word("else")
        return s.If(place, tuple(branches), self.expression())

    def _iterators(self, end_word: str) -> tuple[s.Iterator, ...]:
        found: list[s.Iterator] = []
        while True:
            place = self.place()
            name = self.declared_name(_IN)
            self.need_word("in")
            domain = self.expression()
            end = self._chain(_ADDITION) if self.take("..") else None
            found.append(s.Iterator(place, name, domain, end))
            self.known = self.known.plus([name])
            if not self.take(","):
                break
        self.need_word(end_word)
        return tuple(found)

    def _for(self) -> s.Node:
        place, saved = self.place(), self.known
        self.need_word("for")
        iterators = self._iterators("return")
        body = self.expression()
        self.known = saved
        return s.For(place, iterators, body)

    def _quantified(self) -> s.Node:
        place, saved = self.place(), self.known
        word = self.take_word("some", "every") or ""
        iterators = self._iterators("satisfies")
        body = self.expression()
        self.known = saved
        return s.Quantified(place, word, iterators, body)

    def _function(self) -> s.Node:
        place, saved = self.place(), self.known
        self.need_word("function")
        self.need("(")
        params: list[str] = []
        types: list[FeelType | None] = []
        while not self.sees(")"):
            params.append(self.declared_name(_PARAMETER_END))
            types.append(self.type() if self.take(":") else None)
            if not self.take(","):
                break
        self.need(")")
        result = self.type() if self.take(":") else None
        if self.take_word("external"):
            self.expression()
            return s.FunctionLiteral(place, tuple(params), tuple(types), result, None)
        self.known = saved.plus(params)
        body = self.expression()
        self.known = saved
        return s.FunctionLiteral(place, tuple(params), tuple(types), result, body)


def parse(source: Source, known: KnownNames, types: Mapping[str, FeelType]) -> s.Node:
    """The text as an expression; raises FeelSyntaxError."""
    return Parser(source, known, types).whole()


def parse_tests(
    source: Source, known: KnownNames, types: Mapping[str, FeelType]
) -> tuple[tuple[s.UnaryTest, ...], bool] | None:
    """The text as unary tests and whether `not(…)` stands around them; None for `-`, which every value passes."""
    if source.text.strip() in ("-", ""):
        return None
    parser = Parser(source, known, types)
    if parser.take_word("not") and parser.sees("("):
        try:
            tests = parser._tests_in_brackets()  # noqa: SLF001
        except FeelSyntaxError:
            tests = ()
        if tests and parser.ended:
            return tests, True
    parser = Parser(source, known, types)
    tests = parser.tests()
    if not parser.ended:
        raise parser.unexpected()
    return tests, False


def known_names(names: Iterable[str], builtins: Iterable[str]) -> KnownNames:
    """What a parser has to know beforehand."""
    return KnownNames([*builtins, *names])
