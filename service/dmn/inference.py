"""Infers what the value of an expression can be: its kinds, whether it may be null, bounds and words.

What comes from outside is taken to be of the kind it is used as; only then is `a = "yes"` never null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from service.dmn.graph import Graph, Part
from service.dmn.table import DecisionTable
from service.feel import syntax as s
from service.feel.types import ContextType, FeelType, LimitedType, ListType, SimpleType
from service.feel.values import kind

MAX_DEPTH = 60
_LISTS = ("COLLECT", "RULE ORDER", "OUTPUT ORDER")


@dataclass(frozen=True, slots=True)
class Possible:
    """What a value can be; `kinds` None is anything. `whole` and `least` are of its numbers, `words` all its texts."""

    kinds: frozenset[str] | None = None
    null: bool = True
    whole: bool = False
    least: Decimal | None = None
    words: frozenset[str] | None = None
    members: Mapping[str, Possible] = field(default_factory=dict)
    limits: tuple[LimitedType, ...] = ()  # types whose allowed values it was converted to

    def of(self, *kinds: str) -> bool:
        """Whether it can only be of these kinds."""
        return self.kinds is not None and self.kinds <= set(kinds)


ANYTHING = Possible()


def _of(kind_: str, *, null: bool = False, whole: bool = False, least: int | None = None) -> Possible:
    return Possible(frozenset({kind_}), null, whole, None if least is None else Decimal(least))


def either(options: Iterable[Possible]) -> Possible:
    """What a value can be that is one of several."""
    found = list(options)
    if not found:
        return _of("null", null=True)
    told = [each for each in found if not each.of("null")]
    null = any(each.null for each in found)
    if not told:
        return _of("null", null=True)
    known = all(each.kinds is not None for each in told)
    kinds = frozenset().union(*(each.kinds or () for each in told)) if known else None
    numbers = [each for each in told if each.kinds is None or "number" in each.kinds]
    lows = [each.least for each in numbers]
    texts = [each.words for each in told if each.kinds is None or "string" in each.kinds]
    return Possible(
        kinds,
        null,
        whole=bool(numbers) and all(each.whole for each in numbers),
        least=min((low for low in lows if low is not None), default=None) if None not in lows else None,
        words=frozenset().union(*(text for text in texts if text is not None)) if texts and None not in texts else None,
    )


def of_type(declared: FeelType | None) -> Possible:
    """What a declared type admits; null always."""
    found = declared.resolved() if declared is not None else None
    if isinstance(found, LimitedType):
        base = of_type(found.base)
        return replace(base, limits=(*base.limits, found))
    if isinstance(found, SimpleType):
        return Possible(frozenset({found.name}))
    if isinstance(found, ListType):
        return Possible(frozenset({"list"}))
    if isinstance(found, ContextType):
        # a type that names itself is followed one step
        parts = {name: part for name, part in found.members.items() if part.resolved() is not found}
        return Possible(frozenset({"context"}), members={name: _flat(part) for name, part in parts.items()})
    return ANYTHING


def _flat(declared: FeelType) -> Possible:
    found = declared.resolved()
    return Possible(frozenset({"context"})) if isinstance(found, ContextType) else of_type(found)


def narrowed(found: Possible, declared: Possible) -> Possible:
    """A value after conversion to a declared type."""
    if declared.kinds is None:
        return found
    if found.kinds is None:
        return declared
    if not found.kinds <= declared.kinds:
        return declared  # what is of another kind is converted or null
    null = found.null or bool(declared.limits)
    return replace(found, null=null, limits=(*found.limits, *declared.limits))


Names = Mapping[str, Possible]


class Inference:
    """What the parts of one graph can come to, each worked out once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._parts: dict[str, Possible] = {}

    def names_of(self, part: Part) -> Names:
        """What the names that a part's requirements bring into its expression can be."""
        parts = self.graph.parts
        required = [parts[id_] for id_ in part.requires if id_ in parts and id_ not in part.aliases]
        return {each.variable: self.of_part(each) for each in required}

    def of_part(self, part: Part) -> Possible:
        """What an element of the graph can come to."""
        if part.id not in self._parts:
            self._parts[part.id] = ANYTHING
            if part.kind == "inputData":
                self._parts[part.id] = of_type(part.type)
            elif part.kind == "decision":
                found = possible(part.node, self.names_of(part))
                self._parts[part.id] = narrowed(found, of_type(part.type))
        return self._parts[part.id]


@dataclass(frozen=True, slots=True)
class _Around:
    """What is known at a place: names, and the texts of parts that are not null there."""

    names: Names
    there: frozenset[str] = frozenset()
    depth: int = 0


def possible(node: s.Node, names: Names) -> Possible:
    """What the value of an expression can be where these names are around it."""
    return _possible(node, _Around(names))


def _possible(node: s.Node, around: _Around) -> Possible:
    visit = _VISITS.get(type(node))
    if visit is None or around.depth > MAX_DEPTH:
        return ANYTHING
    found = visit(node, _Around(around.names, around.there, around.depth + 1))
    return replace(found, null=False) if found.null and _key(node) in around.there else found


def _key(node: s.Node) -> str:
    """The dotted text of a name or path, "" of anything else."""
    if isinstance(node, s.Name):
        return node.name
    if isinstance(node, s.Path) and isinstance(node.base, s.Name):
        return ".".join((node.base.name, *node.members))
    return ""


def _literal(node: s.Literal, _: _Around) -> Possible:
    value: Any = node.value
    if isinstance(value, Decimal):
        return Possible(frozenset({"number"}), False, value == value.to_integral_value(), value)
    words = frozenset({value}) if isinstance(value, str) else None
    return Possible(frozenset({kind(value)}), value is None, words=words)


def _name(node: s.Name, around: _Around) -> Possible:
    return around.names.get(node.name, ANYTHING)


def _path(node: s.Path, around: _Around) -> Possible:
    found = _possible(node.base, around)
    null = found.null
    for name in node.members:
        found = found.members.get(name, ANYTHING)
        null = null or found.null
    return replace(found, null=null)


def _context(node: s.ContextLiteral, around: _Around) -> Possible:
    members: dict[str, Possible] = {}
    for key, part in node.entries:
        found = _possible(part, around)
        if key is None:
            return found
        members[key] = found
        if node.binds:
            around = replace(around, names={**around.names, key: found}, there=_without(around.there, key))
    return Possible(frozenset({"context"}), False, members=members)


def _without(there: frozenset[str], name: str) -> frozenset[str]:
    """What is known not to be null, but of a name that now means something else."""
    return frozenset(each for each in there if each.partition(".")[0] != name)


def _choice(node: s.If, around: _Around) -> Possible:
    options: list[Possible] = []
    for condition, then in node.branches:
        options.append(_possible(then, replace(around, there=around.there | _there_where(condition, true=True))))
        around = replace(around, there=around.there | _there_where(condition, true=False))
    return either([*options, _possible(node.otherwise, around)])


def _there_where(condition: s.Node, *, true: bool) -> frozenset[str]:
    """What is not null where a condition is true, or where it is not."""
    if isinstance(condition, s.Logic) and (condition.word == "and") is true:
        return frozenset().union(*(_there_where(each, true=true) for each in condition.operands))
    if isinstance(condition, s.Comparison) and condition.relation == ("!=" if true else "="):
        right = condition.right
        if isinstance(right, s.Literal) and right.value is None:
            return frozenset({_key(condition.left)} - {""})
    return frozenset()


def _comparison(node: s.Comparison, around: _Around) -> Possible:
    left, right = _possible(node.left, around), _possible(node.right, around)
    if node.relation in ("=", "!="):
        if left.kinds is None or right.kinds is None or left.of("null") or right.of("null"):
            return _of("boolean")
        return _of("boolean", null=not left.kinds & right.kinds)
    return _of("boolean", null=left.null or right.null)


def _logic(node: s.Logic, around: _Around) -> Possible:
    return _of("boolean", null=any(_possible(each, around).null for each in node.operands))


def _arithmetic(node: s.Arithmetic, around: _Around) -> Possible:
    parts = [_possible(part, around) for part in (node.first, *(part for _, part in node.rest))]
    signs = {sign for sign, _ in node.rest}
    null = any(part.null for part in parts) or bool(signs - {"+", "-", "*"})
    if all(part.of("number") for part in parts):
        whole = all(part.whole for part in parts) and signs <= {"+", "-", "*"}
        lows = [part.least for part in parts]
        grows = signs <= {"+", "*"} and all(low is not None and low >= 0 for low in lows)
        return _of("number", null=null, whole=whole, least=0 if grows else None)
    return _of("string", null=null) if all(part.of("string") for part in parts) else ANYTHING


def _call(node: s.Call, around: _Around) -> Possible:
    name = _name_called(node)
    if name in around.names or name not in _RESULTS:
        return ANYTHING
    result = _RESULTS[name]
    return replace(result, null=result.null or any(_possible(each, around).null for each in node.arguments))


def _name_called(node: s.Node) -> str:
    return node.function.name if isinstance(node, s.Call) and isinstance(node.function, s.Name) else ""


def _for(node: s.For, around: _Around) -> Possible:
    plain = all(each.end is None and not _possible(each.domain, around).null for each in node.iterators[:1])
    return _of("list", null=not plain or len(node.iterators) > 1)


def _filter(node: s.Filter, _: _Around) -> Possible:
    asks = isinstance(node.condition, (s.Comparison, s.Logic, s.In, s.Between))
    return _of("list") if asks or _name_called(node.condition) in _TRUTHS else ANYTHING


def _typed(node: s.Typed, around: _Around) -> Possible:
    return narrowed(_possible(node.node, around), of_type(node.type))


def _table(node: DecisionTable, around: _Around) -> Possible:
    if node.aggregation:
        return _of("number", null=node.aggregation != "COUNT", whole=node.aggregation == "COUNT")
    if node.policy in _LISTS:
        return _of("list", null=True)
    if len(node.outputs) != 1:
        return _of("context", null=True)
    results = [_possible(rule.results[0], around) for rule in node.rules if rule.results]
    default = node.outputs[0].default
    if default is not None:
        results.append(_possible(default, around))
    return replace(either(results), null=True)


_TRUTHS = frozenset({"not", "list contains", "contains", "starts with", "ends with", "matches", "is defined"})
_RESULTS: dict[str, Possible] = {
    "count": _of("number", whole=True, least=0),
    "string length": _of("number", whole=True, least=0),
    "sum": _of("number", null=True),
    "mean": _of("number", null=True),
    "decimal": _of("number"),
    "floor": _of("number", whole=True),
    "ceiling": _of("number", whole=True),
    "abs": _of("number", least=0),
    "string join": _of("string", null=True),
    "upper case": _of("string"),
    "lower case": _of("string"),
    "date": _of("date", null=True),
    "not": _of("boolean"),
    "list contains": _of("boolean"),
    "contains": _of("boolean"),
    "starts with": _of("boolean"),
    "ends with": _of("boolean"),
    "is defined": _of("boolean"),
} | {name: _of("list") for name in ("distinct values", "flatten", "reverse", "sort", "append", "get entries")}

_VISITS: dict[type[s.Node], Callable[[Any, _Around], Possible]] = {
    s.Literal: _literal,
    s.Name: _name,
    s.Path: _path,
    s.ContextLiteral: _context,
    s.If: _choice,
    s.Comparison: _comparison,
    s.Logic: _logic,
    s.Arithmetic: _arithmetic,
    s.Call: _call,
    s.For: _for,
    s.Filter: _filter,
    s.Typed: _typed,
    s.ListLiteral: lambda _node, _around: _of("list"),
    s.Quantified: lambda _node, _around: _of("boolean", null=True),
    s.Between: lambda _node, _around: _of("boolean", null=True),
    s.In: lambda _node, _around: _of("boolean", null=True),
    s.InstanceOf: lambda _node, _around: _of("boolean"),
    DecisionTable: _table,
}
