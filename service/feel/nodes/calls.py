"""Closures for calls, and the functions that expressions define themselves."""

from __future__ import annotations

from service.feel import syntax as s
from service.feel.builtins import BUILTINS
from service.feel.closures import Compile, Compiler, Evaluate, Static
from service.feel.nodes.reading import convert_noting
from service.feel.run import Run, Scope
from service.feel.source import Place
from service.feel.typecheck import Around, Checker
from service.feel.types import FunctionType
from service.feel.values import FunctionValue, Value, kind, kind_in_chinese


class Lambda(FunctionValue):
    """A function written in FEEL, with the scope it was written in."""

    __slots__ = ("body", "node", "scope", "type")

    def __init__(self, node: s.FunctionLiteral, body: Evaluate, scope: Scope | None, type_: FunctionType) -> None:
        self.node = node
        self.body = body
        self.scope = scope
        self.type = type_

    def invoke(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
        """Evaluate the body with the arguments as local names, each as its declared type takes it."""
        params = self.node.params
        given = dict(zip(named if named is not None else params, arguments, strict=False))
        if len(arguments) != len(params) or given.keys() != set(params):
            zh = f"函数需要参数（{'，'.join(params)}）"
            return run.note(place, "arguments", zh, f"the function takes ({', '.join(params)})")
        for name, declared in zip(params, self.node.types, strict=True):
            if declared is None:
                continue
            value = convert_noting(run, given[name], declared, place)
            if value is None and given[name] is not None:
                return None
            given[name] = value
        run.enter()
        try:
            value = self.body(run, Scope(given, self.scope))
        finally:
            run.calls -= 1
        declared = self.node.result
        return value if declared is None else convert_noting(run, value, declared, self.node.place)

    @property
    def arity(self) -> int:
        """How many parameters it has."""
        return len(self.node.params)


def _function(node: s.FunctionLiteral, compile_node: Compile, static: Static) -> Evaluate:
    if node.body is None:
        zh, en = "不支持外部函数", "external functions are not supported"
        return lambda run, _scope: run.note(node.place, "external", zh, en)
    body = compile_node(node.body, static.binding(*node.params))
    type_ = Checker().function(node, Around({}))
    return lambda _run, scope: Lambda(node, body, scope, type_)


def invoke(run: Run, function: Value, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
    """Call a value; null with a diagnostic where it is no function."""
    if isinstance(function, FunctionValue):
        return function.invoke(run, arguments, named, place)
    if function is not None:
        zh = f"{kind_in_chinese(function)}不能当作函数调用"
        run.note(place, "no-function", zh, f"a {kind(function)} cannot be called")
    return None


def _callee(node: s.Node, compile_node: Compile, static: Static) -> Evaluate:
    """What is called: of a plain name, a function registered by the caller comes before a built-in one."""
    if not isinstance(node, s.Name) or node.name in static.locals:
        return compile_node(node, static)
    name, place = node.name, node.place
    builtin = BUILTINS.get(name)
    if builtin is not None:
        return lambda run, _scope: run.functions.get(name, builtin)
    if static.rows:
        return compile_node(node, static)

    def find(run: Run, _scope: Scope | None) -> Value:
        found = run.functions.get(name)
        if found is None and name in run.variables:
            found = run.variables[name]
        if found is None:
            run.note(place, "unknown-function", f"没有名为“{name}”的函数", f"there is no function “{name}”")
        return found

    return find


def _call(node: s.Call, compile_node: Compile, static: Static) -> Evaluate:
    function, place, named = _callee(node.function, compile_node, static), node.place, node.named
    if named is not None and len(set(named)) < len(named):
        return lambda run, _scope: run.note(place, "arguments", "同一参数给了两次", "an argument is given twice")
    arguments = [compile_node(argument, static) for argument in node.arguments]
    return lambda run, scope: invoke(
        run, function(run, scope), [argument(run, scope) for argument in arguments], named, place
    )


COMPILERS: dict[type[s.Node], Compiler] = {s.Call: _call, s.FunctionLiteral: _function}
