"""Closures for constants, names, paths and the literals that put values together."""

from __future__ import annotations

from typing import Any

from service.feel import syntax as s
from service.feel.builtins import BUILTINS
from service.feel.closures import Compile, Compiler, Evaluate, Static
from service.feel.comparison import comparable
from service.feel.members import NoMember, member
from service.feel.run import Run, Scope
from service.feel.source import Place
from service.feel.types import converted, is_instance
from service.feel.values import Range, Value, kind, kind_in_chinese


def _literal(node: s.Literal, _compile: Compile, _static: Static) -> Evaluate:
    value = node.value
    return lambda _run, _scope: value


def _elsewhere(run: Run, name: str, place: Place) -> Value:
    """A name that is no variable: a function, or unknown."""
    found = run.functions.get(name) or BUILTINS.get(name)
    if found is not None:
        return found
    return run.note(place, "unknown-name", f"没有名为“{name}”的变量", f"there is no variable “{name}”")


def _name(node: s.Name, _compile: Compile, static: Static) -> Evaluate:
    read = read_name(node, static)
    return _snapshot(read) if node.name == "partial" else read


def _snapshot(read: Evaluate) -> Evaluate:
    """`partial` as it is now: the loop goes on adding to its list, which may be part of a result by then."""

    def copy(run: Run, scope: Scope | None) -> Value:
        value = read(run, scope)
        if type(value) is not list:
            return value
        run.budget.spend(len(value))
        return list(value)

    return copy


def read_name(node: s.Name, static: Static) -> Evaluate:
    """The closure that finds what a name stands for: from the inside out, then the variables, then the functions."""
    name, place = node.name, node.place

    def read_root(run: Run, _scope: Scope | None) -> Value:
        try:
            return run.variables[name]
        except KeyError:
            return _elsewhere(run, name, place)

    def read_local(run: Run, scope: Scope | None) -> Value:
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return read_root(run, None)

    return read_local if static.may_bind(name) else read_root


def _no_member(run: Run, value: Value, name: str, place: Place) -> None:
    if run.diagnostics is None:
        return
    if value is None:
        zh, en = f"空值没有成员“{name}”", f"null has no member “{name}”"
    else:
        zh, en = f"{kind_in_chinese(value)}没有成员“{name}”", f"the {kind(value)} has no member “{name}”"
    run.note(place, "no-member", zh, en)


def _path(node: s.Path, compile_node: Compile, static: Static) -> Evaluate:
    base, place = compile_node(node.base, static), node.place

    def step(run: Run, value: Value, name: str) -> Value:
        if type(value) is list:
            run.budget.spend(len(value))
        try:
            return member(value, name)
        except NoMember:
            return _no_member(run, value, name, place)

    def read(run: Run, scope: Scope | None) -> Value:
        value, told = base(run, scope), False
        for name in members:
            if type(value) is dict and name in value:
                value = value[name]
                told = False
            elif value is None and told:
                return None
            else:
                value = step(run, value, name)
                told = True
        return value

    members = node.members
    return read


def _list(node: s.ListLiteral, compile_node: Compile, static: Static) -> Evaluate:
    items = [compile_node(item, static) for item in node.items]

    def build(run: Run, scope: Scope | None) -> Value:
        run.budget.spend(len(items))
        return [item(run, scope) for item in items]

    return build


def _context(node: s.ContextLiteral, compile_node: Compile, static: Static) -> Evaluate:
    entries: list[tuple[str | None, Evaluate]] = []
    binds = node.binds
    seen: set[str] = set()
    for key, part in node.entries:
        if key in seen:
            return lambda run, _scope: run.note(node.place, "twice", f"“{key}”出现两次", f"“{key}” stands there twice")
        named = static.binding(key) if key is not None and node.binds else static
        entries.append((key, compile_node(part, named if s.is_own_function(key, part, BUILTINS) else static)))
        if key is not None:
            seen.add(key)
            static = named

    def build(run: Run, scope: Scope | None) -> Value:
        run.budget.spend(len(entries))
        built: dict[str, Value] = {}
        inner = Scope(built, scope) if binds else scope
        for key, part in entries:
            value = part(run, inner)
            if key is None:
                return value
            built[key] = value
        return built

    return build


def _range(node: s.RangeLiteral, compile_node: Compile, static: Static) -> Evaluate:
    start, end = compile_node(node.start, static), compile_node(node.end, static)
    place, start_included, end_included = node.place, node.start_included, node.end_included

    def build(run: Run, scope: Scope | None) -> Value:
        low, high = start(run, scope), end(run, scope)
        if comparable(low, high) is None:
            zh = f"区间两端是{kind_in_chinese(low)}与{kind_in_chinese(high)}，不能成为区间"
            return run.note(place, "range", zh, f"a range from {kind(low)} to {kind(high)} is none")
        return Range(low, start_included, high, end_included)

    return build


def half_range(relation: str, value: Value) -> Range | None:
    """The range `(relation value)`; null for a null end, but of `=` and `!=`."""
    if relation in ("=", "!="):
        return Range(value, False, None, False, relation)
    if value is None:
        return None
    if relation[0] == ">":
        return Range(value, relation == ">=", None, False)
    return Range(None, False, value, relation == "<=")


def _half_range(node: s.HalfRange, compile_node: Compile, static: Static) -> Evaluate:
    operand, relation = compile_node(node.operand, static), node.relation
    return lambda run, scope: half_range(relation, operand(run, scope))


def _instance_of(node: s.InstanceOf, compile_node: Compile, static: Static) -> Evaluate:
    value, wanted = compile_node(node.value, static), node.type

    def ask(run: Run, scope: Scope | None) -> bool:
        asked = value(run, scope)
        _pay(run, asked)
        return is_instance(asked, wanted)

    return ask


def _pay(run: Run, value: Value) -> None:
    """A type goes through every part of a list or context; each costs a step."""
    parts = value if type(value) is list else list(value.values()) if type(value) is dict else None
    if parts is None:
        return
    run.budget.spend(len(parts))
    for part in parts:
        if type(part) is list or type(part) is dict:
            _pay(run, part)


def convert_noting(run: Run, value: Value, wanted: Any, place: Place) -> Value:
    """A value as a declared type takes it; says so where it becomes null."""
    _pay(run, value)
    found = converted(value, wanted)
    if found is None and value is not None:
        zh = f"{kind_in_chinese(value)}不符合声明的类型或允许值"
        run.note(place, "type", zh, f"the {kind(value)} is not of the declared type or not among the allowed values")
    return found


def _typed(node: s.Typed, compile_node: Compile, static: Static) -> Evaluate:
    value, wanted, place = compile_node(node.node, static), node.type, node.place
    return lambda run, scope: convert_noting(run, value(run, scope), wanted, place)


COMPILERS: dict[type[s.Node], Compiler] = {
    s.Literal: _literal,
    s.Name: _name,
    s.Path: _path,
    s.ListLiteral: _list,
    s.ContextLiteral: _context,
    s.RangeLiteral: _range,
    s.HalfRange: _half_range,
    s.InstanceOf: _instance_of,
    s.Typed: _typed,
}
