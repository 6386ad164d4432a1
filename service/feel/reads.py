"""What an expression reads: free root names and static paths, followed through loops, filters and local names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.feel import syntax as s
from service.feel.builtins import BUILTIN_NAMES

StaticPath = tuple[str, ...]

# these hand on (a choice of) the elements they are given
_PASSING = frozenset(
    {"sort", "reverse", "distinct values", "duplicate values", "concatenate", "append", "union", "flatten", "sublist"}
    | {"remove", "insert before", "list replace"}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be part of: paths below root names, and of a context written in the text its entries."""

    paths: frozenset[StaticPath] = frozenset()
    members: Mapping[str, Shape] = field(default_factory=dict)

    def member(self, name: str) -> Shape:
        """What `.name` of it is."""
        below = Shape(frozenset((*path, name) for path in self.paths))
        return _joined([below, self.members[name]]) if name in self.members else below


NOTHING = Shape()


def _joined(shapes: Iterable[Shape]) -> Shape:
    paths: frozenset[StaticPath] = frozenset()
    members: dict[str, list[Shape]] = {}
    for shape in shapes:
        paths |= shape.paths
        for name, part in shape.members.items():
            members.setdefault(name, []).append(part)
    return Shape(paths, {name: _joined(parts) if len(parts) > 1 else parts[0] for name, parts in members.items()})


class Locals:
    """The local names of a place; around a filter's condition stand the row and what lies outside."""

    __slots__ = ("_names", "_outer", "_row", "_sure")

    def __init__(
        self,
        names: Mapping[str, Shape] | None = None,
        outer: Locals | None = None,
        row: Shape | None = None,
        sure: frozenset[str] = frozenset(),
    ) -> None:
        self._names = names or {}
        self._outer = outer
        self._row = row
        self._sure = sure

    def binding(self, names: Mapping[str, Shape]) -> Locals:
        """The same with more names."""
        return Locals({**self._names, **names}, self._outer, self._row, self._sure)

    def in_row(self, row: Shape, sure: frozenset[str] = frozenset()) -> Locals:
        """Inside a filter over rows of this shape; `sure` are the members that no row can lack."""
        return Locals({"item": row}, self, row, sure)

    def find(self, name: str) -> tuple[list[Shape], bool, bool]:
        """The shapes a name may have, whether it may also be a root name, and whether that is certain."""
        if name in self._names:
            return [self._names[name]], False, False
        if self._outer is None or self._row is None:
            return [], True, True
        if name in self._sure:
            return [self._row.member(name)], False, False
        shapes, is_root, _ = self._outer.find(name)
        return [self._row.member(name), *shapes], is_root, False


class Reader:
    """Walks an expression once and keeps what it reads."""

    def __init__(self, declared: frozenset[str] = frozenset()) -> None:
        self.declared = declared
        self.certain: set[str] = set()
        self.possible: set[str] = set()
        self.called: set[str] = set()
        self._whole: set[StaticPath] = set()
        self._touched: set[StaticPath] = set()

    @property
    def names(self) -> frozenset[str]:
        """All root names that may be read, functions included."""
        return frozenset(self.certain | self.possible)

    @property
    def paths(self) -> frozenset[StaticPath]:
        """The paths read; one that is only walked through is left out where something below it is read."""
        ends = self._whole | self._touched
        beginnings = {path[:length] for path in ends for length in range(1, len(path))}
        return frozenset(self._whole | {path for path in self._touched if path not in beginnings})

    def visit(self, node: s.Node, names: Locals) -> Shape:
        """Read a node; what its value is made of is returned and counts only when it is used."""
        visit = _VISITS.get(type(node))
        if visit is not None:
            return visit(self, node, names)
        assert isinstance(node, s.Foreign)  # noqa: S101 - every other kind of node has a visit
        return node.read(self, names)

    def use(self, node: s.Node, names: Locals) -> Shape:
        """Read a node and use its value."""
        self.consume(self.visit(node, names))
        return NOTHING

    def consume(self, shape: Shape) -> None:
        """Note that a whole value is used."""
        self._whole |= shape.paths
        for part in shape.members.values():
            self.consume(part)

    def touch(self, shape: Shape) -> Shape:
        """Note that a value is gone through, such as a list that a loop runs over."""
        self._touched |= shape.paths
        return shape

    def root(self, name: str, *, certain: bool) -> None:
        """Note a name that the caller has to supply."""
        (self.certain if certain else self.possible).add(name)

    # one method for each kind of node that does more than use its parts

    def name(self, node: s.Name, names: Locals) -> Shape:
        """A local name, a member of a row or a root name."""
        shapes, is_root, certain = names.find(node.name)
        if is_root:
            # a built-in function may be meant, but a variable of its name would come first
            self.root(node.name, certain=certain and node.name not in BUILTIN_NAMES)
            shapes.append(Shape(frozenset({(node.name,)})))
        return shapes[0] if len(shapes) == 1 else _joined(shapes)

    def path(self, node: s.Path, names: Locals) -> Shape:
        """The members below its base."""
        shape = self.visit(node.base, names)
        for name in node.members:
            shape = shape.member(name)
        return shape

    def filter(self, node: s.Filter, names: Locals) -> Shape:
        """The rows of its base; the condition is used with each row around it."""
        shape = self.touch(self.visit(node.base, names))
        self.use(node.condition, names.in_row(shape, _common_keys(node.base)))
        return shape

    def call(self, node: s.Call, names: Locals) -> Shape:
        """A function and its arguments; some functions only hand on what they are given."""
        function = node.function
        name = function.name if isinstance(function, s.Name) else ""
        if not name:
            self.use(function, names)
        elif names.find(name)[1] and (name not in BUILTIN_NAMES or name in self.declared):
            self.root(name, certain=True)
            self.called.add(name)
        if name == "get value" and len(node.arguments) == 2 and isinstance(node.arguments[1], s.Literal):
            key = node.arguments[1].value
            if isinstance(key, str):
                return self.visit(node.arguments[0], names).member(key)
        if name in _PASSING:
            return _joined([self.touch(self.visit(argument, names)) for argument in node.arguments])
        for argument in node.arguments:
            self.use(argument, names)
        return NOTHING

    def branches(self, node: s.If, names: Locals) -> Shape:
        """Conditions are used, either branch may be the value."""
        results: list[Shape] = []
        for condition, then in node.branches:
            self.use(condition, names)
            results.append(self.visit(then, names))
        return _joined([*results, self.visit(node.otherwise, names)])

    def iterators(self, iterators: tuple[s.Iterator, ...], names: Locals) -> Locals:
        """The names around a loop's body, each one of what it runs over."""
        for iterator in iterators:
            if iterator.end is None:
                shape = self.touch(self.visit(iterator.domain, names))
            else:
                self.use(iterator.domain, names)
                shape = self.use(iterator.end, names)
            names = names.binding({iterator.name: shape})
        return names

    def loop(self, node: s.For, names: Locals) -> Shape:
        """What the body makes of each turn."""
        return self.visit(node.body, self.iterators(node.iterators, names.binding({"partial": NOTHING})))

    def list(self, node: s.ListLiteral, names: Locals) -> Shape:
        """Any of the items."""
        return _joined([self.touch(self.visit(item, names)) for item in node.items])

    def context(self, node: s.ContextLiteral, names: Locals) -> Shape:
        """The entries, each a local name for those that follow."""
        members: dict[str, Shape] = {}
        for key, part in node.entries:
            around = names
            if key is not None and s.is_own_function(key, part, BUILTIN_NAMES):
                around = names.binding({key: NOTHING})
            shape = self.touch(self.visit(part, around))
            if key is None:
                return shape
            members[key] = shape
            if node.binds:
                names = names.binding({key: shape})
        return Shape(members=members)

    def function(self, node: s.FunctionLiteral, names: Locals) -> Shape:
        """The body, with parameters that can be anything."""
        if node.body is None:
            return NOTHING
        return self.use(node.body, names.binding(dict.fromkeys(node.params, NOTHING)))

    def test(self, node: s.UnaryTest, names: Locals) -> Shape:
        """The operand, with `?` as a local name."""
        return self.use(node.operand, names.binding({"?": NOTHING}))


def _common_keys(rows: s.Node) -> frozenset[str]:
    """The members that every row has; known only of contexts written out in a list."""
    items = rows.items if isinstance(rows, s.ListLiteral) else ()
    keys = [{key for key, _ in item.entries if key} if isinstance(item, s.ContextLiteral) else set() for item in items]
    return frozenset(set.intersection(*keys)) if keys else frozenset()


def _parts(*attributes: str) -> Callable[[Reader, Any, Locals], Shape]:
    """A visit that uses every node found in these attributes."""

    def visit(reader: Reader, node: Any, names: Locals) -> Shape:
        for attribute in attributes:
            found = getattr(node, attribute)
            for part in found if isinstance(found, tuple) else (found,):
                reader.use(part[1] if isinstance(part, tuple) else part, names)
        return NOTHING

    return visit


def _quantified(reader: Reader, node: s.Quantified, names: Locals) -> Shape:
    return reader.use(node.body, reader.iterators(node.iterators, names))


_VISITS: dict[type[s.Node], Callable[[Reader, Any, Locals], Shape]] = {
    s.Literal: lambda _reader, _node, _names: NOTHING,
    s.Name: Reader.name,
    s.Path: Reader.path,
    s.Filter: Reader.filter,
    s.Call: Reader.call,
    s.If: Reader.branches,
    s.For: Reader.loop,
    s.Quantified: _quantified,
    s.ListLiteral: Reader.list,
    s.ContextLiteral: Reader.context,
    s.FunctionLiteral: Reader.function,
    s.UnaryTest: Reader.test,
    s.Typed: lambda reader, node, names: reader.visit(node.node, names),
    s.Arithmetic: _parts("first", "rest"),
    s.Negation: _parts("operand"),
    s.Comparison: _parts("left", "right"),
    s.Between: _parts("value", "low", "high"),
    s.In: _parts("value", "tests"),
    s.Logic: _parts("operands"),
    s.InstanceOf: _parts("value"),
    s.RangeLiteral: _parts("start", "end"),
    s.HalfRange: _parts("operand"),
}
