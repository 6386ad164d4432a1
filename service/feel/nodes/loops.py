"""Closures for filters, `for` and the quantified expressions; every turn costs a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Iterator as Iterating
from datetime import timedelta
from decimal import Decimal

from service.feel import syntax as s
from service.feel.closures import Compile, Compiler, Evaluate, Static
from service.feel.comparison import either, in_range
from service.feel.far import difference, shifted
from service.feel.nodes.reading import read_name
from service.feel.run import Run, Scope
from service.feel.source import Place
from service.feel.values import Range, Value, boolean, is_context, kind, kind_in_chinese, number

Domain = Callable[[Run, Scope | None], Iterable[Value]]


def row_scope(row: Value, scope: Scope | None) -> Scope:
    """The names inside a filter: the row as `item` and, of a context, its members."""
    if not is_context(row):
        return Scope({"item": row}, scope)
    return Scope(row, Scope({"item": row}, scope))


def _positioned(rows: list[Value], position: Value) -> Value:
    index = number(position)
    if index is None or index != index.to_integral_value() or not 1 <= abs(index) <= len(rows):
        return None
    return rows[int(index) - 1 if index > 0 else int(index)]


def filtered(run: Run, value: Value, condition: Evaluate, scope: Scope | None, place: Place) -> Value:
    """`value[condition]`: the rows that pass, or the row at a position where the condition is a number for any row."""
    rows = value if type(value) is list else [] if value is None else [value]
    outside = Scope({"item": None}, scope)
    first = condition(run, row_scope(rows[0], scope) if rows else outside)
    if kind(first) == "number" and (not rows or kind(condition(run, outside)) == "number"):
        found = _positioned(rows, first)
        if found is None:
            run.note(place, "position", "列表在这个位置没有元素", "the list has nothing at this position")
        return found
    run.budget.spend(len(rows))
    return [row for row in rows if condition(run, row_scope(row, scope)) is True]


def _base(node: s.Node, compile_node: Compile, static: Static) -> Evaluate:
    """What is filtered; of `partial` no copy is needed, since a filter hands on its elements only."""
    if isinstance(node, s.Name) and node.name == "partial":
        return read_name(node, static)
    return compile_node(node, static)


def _filter(node: s.Filter, compile_node: Compile, static: Static) -> Evaluate:
    base, place = _base(node.base, compile_node, static), node.place
    if isinstance(node.condition, s.Literal) and kind(node.condition.value) == "number":
        position = node.condition.value

        def pick(run: Run, scope: Scope | None) -> Value:
            value = base(run, scope)
            found = _positioned(value if type(value) is list else [] if value is None else [value], position)
            if found is None:
                run.note(place, "position", "列表在这个位置没有元素", "the list has nothing at this position")
            return found

        return pick
    condition = compile_node(node.condition, static.in_rows())
    return lambda run, scope: filtered(run, base(run, scope), condition, scope, place)


class _NoDomain(Exception):  # noqa: N818 -- it never leaves this module
    """What a loop should run over is no list."""


def _span(run: Run, start: Value, end: Value, place: Place) -> Iterable[Value]:
    """The whole numbers or days from start to end, downwards where the end is smaller."""
    kinds = kind(start), kind(end)
    if kinds == ("number", "number"):
        low, high = number(start), number(end)
        if low is not None and high is not None and low == int(low) and high == int(high):
            step = 1 if low <= high else -1
            return map(Decimal, range(int(low), int(high) + step, step))
    if kinds == ("date", "date"):
        length = difference(end, start).days
        step = 1 if length >= 0 else -1
        return (shifted(start, timedelta(days=step * turn)) for turn in range(abs(length) + 1))
    zh = f"循环的两端应为整数或日期，实为{kind_in_chinese(start)}与{kind_in_chinese(end)}"
    run.note(place, "iteration", zh, f"a loop runs over whole numbers or dates, not from {kind(start)} to {kind(end)}")
    raise _NoDomain


def _over(run: Run, value: Value, place: Place) -> Iterable[Value]:
    if type(value) is list:
        return value
    if type(value) is Range:
        return (found for found in _span(run, value.start, value.end, place) if in_range(found, value))
    if value is None:
        run.note(place, "iteration", "循环的范围是空值", "the loop has nothing to run over: null")
        raise _NoDomain
    return [value]


def _domain(node: s.Iterator, compile_node: Compile, static: Static) -> Domain:
    start, place = compile_node(node.domain, static), node.place
    if node.end is None:
        return lambda run, scope: _over(run, start(run, scope), place)
    end = compile_node(node.end, static)
    return lambda run, scope: _span(run, start(run, scope), end(run, scope), place)


def _domains(
    iterators: tuple[s.Iterator, ...], compile_node: Compile, static: Static
) -> tuple[list[tuple[str, Domain]], Static]:
    found: list[tuple[str, Domain]] = []
    for iterator in iterators:
        found.append((iterator.name, _domain(iterator, compile_node, static)))
        static = static.binding(iterator.name)
    return found, static


def _turns(run: Run, scope: Scope | None, domains: list[tuple[str, Domain]], at: int = 0) -> Iterating[Scope]:
    """A scope for each turn; the last of several loops turns fastest."""
    name, domain = domains[at]
    last = at == len(domains) - 1
    for value in domain(run, scope):
        run.budget.spend()
        inner = Scope({name: value}, scope)
        if last:
            yield inner
        else:
            yield from _turns(run, inner, domains, at + 1)


def _for(node: s.For, compile_node: Compile, static: Static) -> Evaluate:
    domains, inner = _domains(node.iterators, compile_node, static.binding("partial"))
    body = compile_node(node.body, inner)

    def evaluate(run: Run, scope: Scope | None) -> Value:
        results: list[Value] = []
        around = Scope({"partial": results}, scope)
        try:
            for turn in _turns(run, around, domains):
                results.append(body(run, turn))  # noqa: PERF401 -- the body may read what is there so far
        except _NoDomain:
            return None
        return results

    return evaluate


def _condition(run: Run, value: Value, word: str, place: Place) -> bool | None:
    if value is not None and boolean(value) is None:
        zh = f"“{word}”的条件是{kind_in_chinese(value)}，不是真假"
        run.note(place, "condition", zh, f"the condition of “{word}” is a {kind(value)}, not a boolean")
    return boolean(value)


def _quantified(node: s.Quantified, compile_node: Compile, static: Static) -> Evaluate:
    domains, inner = _domains(node.iterators, compile_node, static)
    body, word, place = compile_node(node.body, inner), node.word, node.body.place
    some = word == "some"

    def evaluate(run: Run, scope: Scope | None) -> bool | None:
        found: bool | None = False
        try:
            for turn in _turns(run, scope, domains):
                value = _condition(run, body(run, turn), word, place)
                # every = not some not
                found = either(found, value if some or value is None else not value)
                if found:
                    break
        except _NoDomain:
            return None
        return found if some or found is None else not found

    return evaluate


COMPILERS: dict[type[s.Node], Compiler] = {s.Filter: _filter, s.For: _for, s.Quantified: _quantified}
