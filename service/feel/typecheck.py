"""Finds in a text, before it is ever evaluated, what can never fit the declared types of the names it reads.

Only what is certain is said: where a type is not known nothing is, and null fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from service.feel import syntax as s
from service.feel.builtins import BUILTINS, SPACED_NAMES
from service.feel.builtins.registry import Builtin
from service.feel.names import KnownNames
from service.feel.parser import parse, parse_tests
from service.feel.results import calculated, called, either, element_of, kind_of, member_of, plain
from service.feel.run import Diagnostic
from service.feel.source import Place, Source
from service.feel.types import ANY, SIMPLE, ContextType, FeelType, FunctionType, ListType, RangeType
from service.feel.values import in_chinese, kind

_ORDERED = frozenset(
    {"number", "string", "date", "time", "date and time", "days and time duration", "years and months duration"}
)
_BOOLEAN = SIMPLE["boolean"]


class Around:
    """The types of the names around a place; where it is `open`, a name that is not among them may be a row's."""

    __slots__ = ("open", "types")

    def __init__(self, types: Mapping[str, FeelType], *, is_open: bool = False) -> None:
        self.types = types
        self.open = is_open

    def binding(self, types: Mapping[str, FeelType]) -> Around:
        """The same with more names."""
        return Around({**self.types, **types}, is_open=self.open)

    def in_row(self, row: FeelType) -> Around:
        """Inside a filter: the members of the row come first; where they are not known, any name may be one."""
        row = plain(row)
        if isinstance(row, ContextType):
            return Around({**self.types, "item": row, **row.members}, is_open=self.open or row.is_open)
        return Around({"item": row}, is_open=True) if kind_of(row) in ("", "context") else self.binding({"item": row})


class Checker:
    """Walks an expression once, knows the type of every part and keeps what cannot fit."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def say(self, place: Place, code: str, zh: str, en: str) -> FeelType:
        """Note something that never fits; what it comes to is null."""
        self.found.append(Diagnostic(code, zh, en, place.line, place.column, place.excerpt, place.source.origin))
        return ANY

    def type_of(self, node: s.Node, around: Around) -> FeelType:
        """The type of a node's value, ANY where it is not known."""
        read = _TYPES.get(type(node))
        return ANY if read is None else read(self, node, around)

    def name(self, node: s.Name, around: Around) -> FeelType:
        """As declared around it."""
        return around.types.get(node.name, ANY)

    def path(self, node: s.Path, around: Around) -> FeelType:
        """Member by member."""
        found = self.type_of(node.base, around)
        for name in node.members:
            below = member_of(found, name)
            if below is None:
                zh = f"{in_chinese(kind_of(element_of(found)))}没有成员“{name}”"
                return self.say(node.place, "no-member", zh, f"a {kind_of(element_of(found))} has no member “{name}”")
            found = below
        return found

    def filter(self, node: s.Filter, around: Around) -> FeelType:
        """One element where the condition is a number, else a list; a number that may be null could be either."""
        row = element_of(self.type_of(node.base, around))
        condition = kind_of(self.type_of(node.condition, around.in_row(row)))
        if isinstance(node.condition, s.Literal) and condition == "number":
            return row
        return ListType(row) if condition == "boolean" else ANY

    def call(self, node: s.Call, around: Around) -> FeelType:
        """A built-in function must take the kinds it is given; of others the declared result is known."""
        arguments = [self.type_of(argument, around) for argument in node.arguments]
        if not isinstance(node.function, s.Name) or around.open:
            declared = plain(self.type_of(node.function, around))
            return declared.result if isinstance(declared, FunctionType) else ANY
        name = node.function.name
        declared = plain(around.types.get(name, ANY))
        if isinstance(declared, FunctionType):
            return self._declared(node, name, declared, arguments)
        builtin = BUILTINS.get(name)
        if name in around.types or not isinstance(builtin, Builtin):
            return called(name, arguments) if builtin is not None and name not in around.types else ANY
        kinds = [kind_of(argument) for argument in arguments]
        if not builtin.takes(kinds, node.named):
            self._misfit(node, name, kinds)
        return called(name, arguments)

    def _declared(self, node: s.Call, name: str, declared: FunctionType, arguments: list[FeelType]) -> FeelType:
        kinds = [kind_of(argument) for argument in arguments]
        if node.named is None:
            wanted = [kind_of(each) for each in declared.params]
            fits = all(_meets(one, other) for one, other in zip(kinds, wanted, strict=False))
            if len(kinds) > len(wanted) or not fits:
                self._misfit(node, name, kinds)
        return declared.result

    def _misfit(self, node: s.Call, name: str, kinds: list[str]) -> None:
        zh = f"函数“{name}”不接受参数（{'，'.join(map(in_chinese, kinds))}）"
        self.say(node.place, "arguments", zh, f"“{name}” does not take ({', '.join(each or '?' for each in kinds)})")

    def arithmetic(self, node: s.Arithmetic, around: Around) -> FeelType:
        """Operand by operand."""
        found = self.type_of(node.first, around)
        for sign, operand in node.rest:
            other = self.type_of(operand, around)
            result = calculated(sign, found, other)
            if result is None:
                one, two = kind_of(found), kind_of(other)
                zh = f"“{sign}”不能用于{in_chinese(one)}与{in_chinese(two)}"
                return self.say(node.place, "operands", zh, f"“{sign}” does not go with {one} and {two}")
            found = result
        return found

    def compares(self, place: Place, relation: str, left: FeelType, right: FeelType) -> FeelType:
        """Two kinds that never compare; null compares by = and != with everything."""
        one, other = kind_of(left), kind_of(right)
        known = "" not in (one, other) and "null" not in (one, other)
        if known and (one != other or (relation not in ("=", "!=") and one not in _ORDERED)):
            zh, en = f"比较了{in_chinese(one)}与{in_chinese(other)}", f"{one} is compared with {other}"
            self.say(place, "comparison", zh, en)
        return _BOOLEAN

    def comparison(self, node: s.Comparison, around: Around) -> FeelType:
        """`left relation right`."""
        left, right = self.type_of(node.left, around), self.type_of(node.right, around)
        return self.compares(node.place, node.relation, left, right)

    def between(self, node: s.Between, around: Around) -> FeelType:
        """The value against both ends."""
        value = self.type_of(node.value, around)
        for end in (node.low, node.high):
            self.compares(node.place, ">=", value, self.type_of(end, around))
        return _BOOLEAN

    def tested(self, value: FeelType, test: s.UnaryTest, around: Around, *, of_cell: bool) -> None:
        """A value against one test: compared, within a range, in a list, or put to a condition."""
        found = plain(self.type_of(test.operand, around.binding({"?": value})))
        if test.asks or (of_cell and kind_of(found) == "boolean" and not isinstance(test.operand, s.Literal)):
            return
        place = test.operand.place if isinstance(test.operand, s.Literal) else test.place
        if isinstance(found, (ListType, RangeType)) and kind_of(value) != kind_of(found):
            # a list may hold ranges, lists and whatever else is tried one by one
            if kind_of(found.element) in _ORDERED | {"boolean"}:
                self.compares(place, "=", value, found.element)
        elif kind_of(found) != "range":
            self.compares(place, test.relation or "=", value, found)

    def contains(self, node: s.In, around: Around) -> FeelType:
        """`value in tests`."""
        value = self.type_of(node.value, around)
        for test in node.tests:
            self.tested(value, test, around, of_cell=False)
        return _BOOLEAN

    def condition(self, node: s.Node, around: Around, word: str) -> None:
        """What should be true or false."""
        found = kind_of(self.type_of(node, around))
        if found not in ("", "boolean", "null"):
            zh = f"“{word}”的条件是{in_chinese(found)}，不是真假"
            self.say(node.place, "condition", zh, f"the condition of “{word}” is a {found}, not a boolean")

    def logic(self, node: s.Logic, around: Around) -> FeelType:
        """`and`, `or`."""
        for operand in node.operands:
            self.condition(operand, around, node.word)
        return _BOOLEAN

    def branches(self, node: s.If, around: Around) -> FeelType:
        """What the branches have in common."""
        types: list[FeelType] = []
        for condition, then in node.branches:
            self.condition(condition, around, "if")
            types.append(self.type_of(then, around))
        return either([*types, self.type_of(node.otherwise, around)])

    def iterators(self, iterators: tuple[s.Iterator, ...], around: Around) -> Around:
        """The names around a loop's body."""
        for each in iterators:
            domain = self.type_of(each.domain, around)
            if each.end is not None:
                self.type_of(each.end, around)
            around = around.binding({each.name: element_of(domain)})
        return around

    def loop(self, node: s.For, around: Around) -> FeelType:
        """A list of what the body gives."""
        inner = self.iterators(node.iterators, around.binding({"partial": ListType(ANY)}))
        return ListType(self.type_of(node.body, inner))

    def quantified(self, node: s.Quantified, around: Around) -> FeelType:
        """`some`, `every`."""
        self.condition(node.body, self.iterators(node.iterators, around), node.word)
        return _BOOLEAN

    def list(self, node: s.ListLiteral, around: Around) -> FeelType:
        """A list of what the items have in common."""
        return ListType(either([self.type_of(item, around) for item in node.items]) if node.items else ANY)

    def context(self, node: s.ContextLiteral, around: Around) -> FeelType:
        """Entry by entry, each known to those after it."""
        members: dict[str, FeelType] = {}
        for key, part in node.entries:
            found = self.type_of(part, around)
            if key is None:
                return found
            members[key] = found
            around = around.binding({key: found}) if node.binds else around
        return ContextType(members)

    def range(self, node: s.RangeLiteral, around: Around) -> FeelType:
        """From its ends."""
        start, end = self.type_of(node.start, around), self.type_of(node.end, around)
        self.compares(node.place, "<=", start, end)
        return RangeType(either([start, end]))

    def function(self, node: s.FunctionLiteral, around: Around) -> FunctionType:
        """Parameters as declared; the result as declared or as the body gives it."""
        params = [declared or ANY for declared in node.types]
        if node.body is None:
            return FunctionType(params, node.result or ANY)
        found = self.type_of(node.body, around.binding(dict(zip(node.params, params, strict=True))))
        return FunctionType(params, node.result or found)


def _negated(checker: Checker, node: s.Negation, around: Around) -> FeelType:
    return checker.type_of(node.operand, around)


def _half_range(checker: Checker, node: s.HalfRange, around: Around) -> FeelType:
    return RangeType(checker.type_of(node.operand, around))


def _asked(checker: Checker, node: s.InstanceOf, around: Around) -> FeelType:
    checker.type_of(node.value, around)
    return _BOOLEAN


def _literal(_checker: Checker, node: s.Literal, _around: Around) -> FeelType:
    return SIMPLE[kind(node.value)]


def _typed(checker: Checker, node: s.Typed, around: Around) -> FeelType:
    checker.type_of(node.node, around)
    return node.type


def _meets(given: str, wanted: str) -> bool:
    """Whether a kind may be where another is declared; a list may be that of one, a date and time tells its date."""
    if given == wanted or "" in (given, wanted) or given == "null" or "list" in (given, wanted):
        return True
    return {given, wanted} == {"date", "date and time"}


_TYPES: dict[type[s.Node], Callable[[Checker, Any, Around], FeelType]] = {
    s.Literal: _literal,
    s.Name: Checker.name,
    s.Path: Checker.path,
    s.Filter: Checker.filter,
    s.Call: Checker.call,
    s.Arithmetic: Checker.arithmetic,
    s.Negation: _negated,
    s.Comparison: Checker.comparison,
    s.Between: Checker.between,
    s.In: Checker.contains,
    s.Logic: Checker.logic,
    s.If: Checker.branches,
    s.For: Checker.loop,
    s.Quantified: Checker.quantified,
    s.ListLiteral: Checker.list,
    s.ContextLiteral: Checker.context,
    s.RangeLiteral: Checker.range,
    s.HalfRange: _half_range,
    s.FunctionLiteral: Checker.function,
    s.InstanceOf: _asked,
    s.Typed: _typed,
}


def check_expression(text: str, types: Mapping[str, FeelType]) -> list[Diagnostic]:
    """What in an expression never fits these declared types of names. Raises FeelSyntaxError."""
    checker = Checker()
    checker.type_of(parse(Source(text), KnownNames([*SPACED_NAMES, *types]), {}), Around(types))
    return checker.found


def check_unary_tests(text: str, tested: FeelType, types: Mapping[str, FeelType]) -> list[Diagnostic]:
    """What in a cell never fits a value of the tested type. Raises FeelSyntaxError."""
    checker = Checker()
    parsed = parse_tests(Source(text), KnownNames([*SPACED_NAMES, *types]), {})
    for test in parsed[0] if parsed else ():
        checker.tested(tested, test, Around(types), of_cell=True)
    return checker.found
