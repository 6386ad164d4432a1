"""Functions over contexts; none changes the context it is given."""

from __future__ import annotations

from typing import Any

from service.feel.builtins.registry import builtin
from service.feel.run import Run
from service.feel.values import Value, is_context


@builtin("get value", "m: context, key: string")
def _get_value(context: Any, key: str) -> Value:
    return context.get(key)


@builtin("get value", "m: context, keys: list")
def _get_value_below(context: Any, keys: list[Any]) -> Value:
    for key in keys:
        if not is_context(context) or type(key) is not str:
            return None
        context = context.get(key)
    return context


@builtin("get entries", "m: context", needs_run=True)
def _get_entries(run: Run, context: Any) -> list[Any]:
    run.budget.spend(len(context))
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context", "entries: list")
def _context(entries: list[Any]) -> Value:
    built: dict[str, Value] = {}
    for entry in entries:
        if not is_context(entry) or "key" not in entry or "value" not in entry:
            return None
        key = entry["key"]
        if type(key) is not str or key in built:
            return None
        built[key] = entry["value"]
    return built


@builtin("context put", "context: context, key: string, value: any", needs_run=True)
def _context_put(run: Run, context: Any, key: str, value: Value) -> Value:
    run.budget.spend(len(context))
    return {**context, key: value}


@builtin("context put", "context: context, keys: list, value: any", needs_run=True)
def _context_put_below(run: Run, context: Any, keys: list[Any], value: Value) -> Value:
    if not keys or not all(type(key) is str for key in keys):
        return None
    levels = [context]
    for key in keys[:-1]:
        inner = levels[-1].get(key)
        if not is_context(inner):
            return None
        levels.append(inner)
    for key, level in zip(reversed(keys), reversed(levels), strict=True):
        run.budget.spend(len(level))
        value = {**level, key: value}
    return value


@builtin("context merge", "contexts: list", needs_run=True)
def _context_merge(run: Run, contexts: list[Any]) -> Value:
    merged: dict[str, Value] = {}
    for context in contexts:
        if not is_context(context):
            return None
        run.budget.spend(len(context))
        merged.update(context)
    return merged
