"""What a cell compared when a decision is explained: the value of its limit, or both sides of comparisons on `?`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from service.feel import syntax as s
from service.feel.closures import Compile, Evaluate, Static
from service.feel.run import Run, Scope
from service.feel.values import NUMBERS, Value


@dataclass(frozen=True, slots=True)
class Compared:
    """Both sides of a comparison; where it asks for a share, `left` is it, and it is that of `part` in `whole`."""

    relation: str
    left: Value
    right: Value
    part: Value = None
    whole: Value = None


@dataclass(frozen=True, slots=True)
class Condition:
    """The comparisons of a condition; `complete` where it asks nothing besides them and whether a value is there."""

    compared: tuple[Compared, ...]
    complete: bool


def compared_with(test: s.UnaryTest, compile_node: Compile, asking: Static) -> Evaluate:
    """The closure that gives what a test compares with; of a condition on `?` a Condition."""
    if not test.asks:
        return compile_node(test.operand, asking)
    leaves = list(_leaves(test.operand))
    asked = [leaf for leaf in leaves if isinstance(leaf, s.Comparison)]
    complete = len(asked) == len(leaves)
    sides = [_sides(leaf, compile_node, asking) for leaf in asked if not _asks_for_null(leaf)]
    return lambda run, scope: Condition(tuple(side(run, scope) for side in sides), complete)


def _leaves(node: s.Node) -> Iterator[s.Node]:
    """The conditions that `and` and `or` join."""
    if isinstance(node, s.Logic):
        for operand in node.operands:
            yield from _leaves(operand)
    else:
        yield node


def _asks_for_null(node: s.Comparison) -> bool:
    return isinstance(node.right, s.Literal) and node.right.value is None


def _sides(node: s.Comparison, compile_node: Compile, asking: Static) -> Evaluate:
    left, right = compile_node(node.left, asking), compile_node(node.right, asking)
    share = _share(node)
    if share is None:
        return lambda run, scope: Compared(node.relation, left(run, scope), right(run, scope))
    part, whole = compile_node(share.part, asking), compile_node(share.whole, asking)

    def compare(run: Run, scope: Scope | None) -> Compared:
        some, all_ = part(run, scope), whole(run, scope)
        if isinstance(some, Decimal) and isinstance(all_, Decimal) and all_ > 0:
            return Compared(node.relation, NUMBERS.divide(some, all_), share.limit, some, all_)
        return Compared(node.relation, left(run, scope), right(run, scope))

    return compare


@dataclass(frozen=True, slots=True)
class _Share:
    part: s.Node
    whole: s.Node
    limit: Decimal


def _share(node: s.Comparison) -> _Share | None:
    """A share written without division, as in `? * 100 < 60 * total`: what part of what, and its limit."""
    (times, part), (limit, whole) = _factors(node.left), _factors(node.right)
    if part is None or whole is None or times <= 0 or limit <= 0 or times == limit:
        return None
    return _Share(part, whole, NUMBERS.divide(limit, times))


def _factors(node: s.Node) -> tuple[Decimal, s.Node | None]:
    """The constant that a product has, and the one value it multiplies; None where there is none or more to it."""
    factors = [node]
    if isinstance(node, s.Arithmetic) and all(sign == "*" for sign, _ in node.rest):
        factors = [node.first, *(factor for _, factor in node.rest)]
    constant, others = Decimal(1), []
    for factor in factors:
        if isinstance(factor, s.Literal) and isinstance(factor.value, Decimal):
            constant = NUMBERS.multiply(constant, factor.value)
        else:
            others.append(factor)
    return constant, others[0] if len(others) == 1 and isinstance(others[0], (s.Name, s.Path)) else None
