"""The parts of a FEEL expression as the parser understands them; plain data, no behaviour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.feel.source import Place

if TYPE_CHECKING:
    from service.feel.closures import Compile, Evaluate, Static
    from service.feel.reads import Locals, Reader, Shape
    from service.feel.types import FeelType


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression; knows where it stands."""

    place: Place


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant value."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, a function or the tested value `?`."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`base.member.member`."""

    base: Node
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`base[condition]` or `base[position]`."""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call; `named` has one parameter name per argument, or is None for a call by position."""

    function: Node
    arguments: tuple[Node, ...]
    named: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """A chain of operators of one precedence, from left to right."""

    first: Node
    rest: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """`-operand`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`left op right`, op one of = != < <= > >=."""

    relation: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both ends included."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class UnaryTest(Node):
    """One positive unary test; with a relation it compares, else the operand is a value, range, list or condition."""

    relation: str
    operand: Node
    asks: bool  # the operand reads `?` and so is a condition


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in test` or `value in (test, test)`."""

    value: Node
    tests: tuple[UnaryTest, ...]


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`and` or `or` over any number of operands."""

    word: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: FeelType


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if … then … else if … then … else …`."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Iterator(Node):
    """`name in domain` or `name in domain..end`."""

    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for … return body`."""

    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some|every … satisfies body`."""

    word: str
    iterators: tuple[Iterator, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    """`{key: value}`; an entry without a key, possible in a boxed context only, is the result of the whole.

    Where it `binds`, an entry is a local name for those after it; the row of a relation does not.
    """

    entries: tuple[tuple[str | None, Node], ...]
    binds: bool = True


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """`[a..b]` with either end included or not."""

    start: Node
    start_included: bool
    end: Node
    end_included: bool


@dataclass(frozen=True, slots=True)
class HalfRange(Node):
    """`(>= operand)`."""

    relation: str
    operand: Node


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    """`function(a: type) body`; `body` is None for an external function, which we never run."""

    params: tuple[str, ...]
    types: tuple[FeelType | None, ...]
    result: FeelType | None
    body: Node | None


@dataclass(frozen=True, slots=True)
class Typed(Node):
    """A node whose value is converted to a declared type, or null where it does not conform."""

    node: Node
    type: FeelType


@dataclass(frozen=True, slots=True)
class Foreign(Node, ABC):
    """A node of another package, which brings its own compilation and analysis; a decision table is one."""

    @abstractmethod
    def compiled(self, compile_node: Compile, static: Static) -> Evaluate:
        """The closure that evaluates it."""

    @abstractmethod
    def read(self, reader: Reader, names: Locals) -> Shape:
        """What it reads, said to the reader."""


def is_own_function(key: str | None, part: Node, builtins: Container[str]) -> bool:
    """Whether an entry of a context is a function that may call itself by the entry's name; a built-in one stays."""
    return isinstance(part, FunctionLiteral) and key not in builtins
