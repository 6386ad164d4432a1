"""Variable scopes as in Camunda 8: one per process, sub-process, activity with own variables, and turn of a loop."""

from __future__ import annotations

from math import isfinite
from typing import Any

from service.domain.errors import WrongCommand
from service.engine.limits import NESTING
from service.engine.spiff import Token

LARGEST = 2**63


def chain(token: Token) -> list[dict[str, Any]]:
    """The scopes a token sees, innermost first: its own, the loop's turn, sub-processes … up to the process."""
    out: list[dict[str, Any]] = []
    at: Token | None = token
    while at is not None:
        local = at.internal_data.get("local")
        if local is not None:
            out.append(local)
        if at.task_spec.beside and (main := at.main()) is not None:  # a boundary event sees what its activity sees
            at = main
        elif "turn" in at.internal_data:
            at = at.above
        elif at.workflow.border:
            out.append(at.workflow.data)
            at = None
        else:  # an embedded sub-process' variables are those of its activity
            at = at.workflow.owner
    return out


def assign(token: Token, name: str, value: Any, skip: int = 0) -> None:
    """Propagation: the nearest scope above that has the variable, else the process."""
    scopes = chain(token)[skip:]
    head = name.split(".", 1)[0]
    put(next((scope for scope in scopes if head in scope), scopes[-1]), name, value)


def put(scope: dict[str, Any], path: str, value: Any) -> None:
    """Set `a.b.c`. What stands on the way is copied (another scope may hold it); what is no context is replaced."""
    *head, last = path.split(".")
    for part in head:
        inner = scope.get(part)
        scope[part] = scope = dict(inner) if isinstance(inner, dict) else {}
    scope[last] = value


def _writable(text: str) -> bool:
    """Whether the text can be stored as UTF-8; a lone surrogate cannot."""
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def plain(value: Any, name: str = "variables", level: int = 0) -> Any:
    """A copy of what came from outside, which must be JSON. Raises WrongCommand naming the first part that is not."""
    if level > NESTING:
        raise WrongCommand(zh=f"变量嵌套超过 {NESTING} 层。", en=f"variables are nested deeper than {NESTING} levels.")
    kind = type(value)
    if value is None or kind is bool or (kind is str and _writable(value)):
        return value
    if (kind is int and abs(value) < LARGEST) or (kind is float and isfinite(value)):
        return value
    if kind is list:
        return [plain(part, f"{name}[{index}]", level + 1) for index, part in enumerate(value)]
    if kind is dict and all(type(key) is str for key in value):
        return {key: plain(part, f"{name}.{key}", level + 1) for key, part in value.items()}
    raise WrongCommand(zh=f"{name} 不是 JSON。", en=f"{name} is not JSON ({kind.__name__}).")
