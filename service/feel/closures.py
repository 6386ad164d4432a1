"""What compiling means: a node becomes a closure over the run and the local scope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from service.feel.run import Run, Scope
from service.feel.syntax import Node

Evaluate = Callable[[Run, Scope | None], Any]
TestValue = Callable[[Run, Scope | None, Any], bool | None]


@dataclass(frozen=True, slots=True)
class Static:
    """What is known about names at a place of the text.

    `locals` are bound around it; inside `rows` (a filter) any name may be a member of the row.
    """

    locals: frozenset[str] = frozenset()
    rows: bool = False
    depth: int = 0

    def binding(self, *names: str) -> Static:
        """The same with more local names."""
        return replace(self, locals=self.locals.union(names))

    def in_rows(self) -> Static:
        """The same inside a filter."""
        return replace(self, locals=self.locals | {"item"}, rows=True)

    def may_bind(self, name: str) -> bool:
        """Whether a local name or a member of a row could be meant."""
        return self.rows or name in self.locals


Compile = Callable[[Node, Static], Evaluate]
Compiler = Callable[[Any, Compile, Static], Evaluate]
