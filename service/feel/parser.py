"""Reads FEEL (DMN 1.5 §10.3.1.2) into the parts of syntax.py, knowing at each place which names exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from service.feel import syntax as s
from service.feel.names import KnownNames
from service.feel.operator_grammar import ADDITION, RELATIONS, OperatorScanner
from service.feel.scanner import KEYWORDS
from service.feel.source import FeelSyntaxError, Place, Source
from service.feel.temporal import read_literal
from service.feel.types import FeelType

_IN = re.compile(r"\bin\b")
_COLON = re.compile(r":")
_PARAMETER_END = re.compile(r"[:,)]")
_NAMED_ARGUMENT = re.compile(r"(?>[^\W\d][\w+\-*/.'’]*(?:\s+[\w+\-*/.'’]+)*)\s*:")
_OPERAND = re.compile(r'\s*(["@\d]|\.\d|[^\W\d]\w*)')
_FUNCTION = re.compile(r"function\s*\(")
# functions that are called like operators
_CALLED_KEYWORD = re.compile(r"(not|and|or)\s*\(")
# what these begin with
_POSTFIXES = frozenset(".[(")
_FORMS = frozenset("ifse")
_CONSTANTS = {"true": True, "false": False, "null": None}


class Parser(OperatorScanner):
    """One text being read; local names come and go with the part that declares them."""

    def __init__(self, source: Source, names: KnownNames, types: Mapping[str, FeelType]) -> None:
        super().__init__(source, names, types)
        self.members = names

    def whole(self) -> s.Node:
        """The text as one expression."""
        found = self.expression()
        if not self.ended:
            raise self.unexpected()
        return found

    def form(self) -> s.Node | None:
        """`if`, `for`, `some` or `every`, if one of them stands here."""
        if self.next() not in _FORMS:
            return None
        word = self.word()
        if word == "if":
            return self._if()
        if word == "for":
            return self._for()
        return self._quantified() if word in ("some", "every") else None

    # paths, filters and calls

    def postfix(self, found: s.Node | None = None) -> s.Node:
        """An operand with its paths, filters and calls; `found` is one of which the beginning is read."""
        found = found or self._primary()
        while self.next() in _POSTFIXES:
            place = self.place()
            if self.sees("."):
                found = self._path(found, place)
            elif self.opens_filter():
                found = self._filter(found, place)
            elif self.sees("("):
                found = self._call(found, place)
            else:
                break
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
        saved, self.known = (
            self.known,
            self.known if self.members is self.known else self.known.plus(self.members.names),
        )
        condition = self.enclosed()
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
            arguments.append(self.enclosed())
            if not self.take(","):
                break
        self.need(")")
        return s.Call(place, function, tuple(arguments), tuple(names) if by_name else None)

    # what an expression begins with

    def _primary(self) -> s.Node:
        read = _PRIMARIES.get(self.next())
        if read is not None:
            return read(self)
        return self.number_literal(self.place()) or self._named()

    def _string(self) -> s.Node:
        place, text = self.place(), self.take_string()
        if text is None:
            raise self.unexpected()
        return s.Literal(place, text)

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
            half = s.HalfRange(place, relation, self.chain(ADDITION))
            self.no_filter = saved
            self.need(")")
            return half
        found = self.enclosed()
        if self.sees(".."):
            return self.range_end(place, found, included=False)
        self.need(")")
        return found

    def _list_or_range(self) -> s.Node:
        place = self.place()
        if self.take("]"):
            saved, self.no_filter = self.no_filter, False
            start = self.chain(ADDITION)
            self.no_filter = saved
            return self.range_end(place, start, included=False)
        self.need("[")
        if self.sees("]") and not self._range_begins():
            self.need("]")
            return s.ListLiteral(place, ())
        items = [self._item()]
        if self.sees(".."):
            return self.range_end(place, items[0], included=True)
        while self.take(","):
            items.append(self._item())
        self.need("]")
        return s.ListLiteral(place, tuple(items))

    def _range_begins(self) -> bool:
        """Whether the bracket that stands here opens a range such as `]1..5]`; else it closes an empty list."""
        found = _OPERAND.match(self.text, self.at + 1)
        return found is not None and found[1] not in KEYWORDS

    def _item(self) -> s.Node:
        place = self.place()
        relation = self.take("<=", ">=", "<", ">")
        if relation:
            return s.HalfRange(place, relation, self.chain(ADDITION))
        return self.enclosed()

    def range_end(self, place: Place, start: s.Node, *, included: bool) -> s.Node:
        """The rest of a range, from its two dots on."""
        self.need("..")
        saved, self.no_filter = self.no_filter, True
        end = self.chain(ADDITION)
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
            entries.append((key, self.enclosed()))
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
        form = self.form()
        if form is not None:
            return form
        if word == "function" and _FUNCTION.match(self.text, self.at):
            return self._function()
        if word is None or (word in KEYWORDS and not _CALLED_KEYWORD.match(self.text, self.at)):
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
            end = self.chain(ADDITION) if self.take("..") else None
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


_PRIMARIES: dict[str, Callable[[Parser], s.Node]] = {
    '"': Parser._string,
    "@": Parser._at_literal,
    "(": Parser._brackets,
    "[": Parser._list_or_range,
    "]": Parser._list_or_range,
    "{": Parser._context,
}


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
    if parser.take_word("not"):
        if parser.sees("("):
            try:
                tests = parser.tests_in_brackets()
            except FeelSyntaxError:
                tests = ()
            if tests and parser.ended:
                return tests, True
        parser = Parser(source, known, types)
    tests = parser.tests()
    if not parser.ended:
        raise parser.unexpected()
    return tests, False


def parse_type(text: str) -> FeelType:
    """A type such as `list<date>`. Raises FeelSyntaxError."""
    parser = Parser(Source(text), KnownNames(()), {})
    found = parser.type()
    if not parser.ended:
        raise parser.unexpected()
    return found
