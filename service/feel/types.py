"""FEEL types: does a value belong, does a type conform, what does a declared type make of a value."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from service.feel.temporal import midnight
from service.feel.values import FunctionValue, Range, is_context, kind

_ALIASES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "any": "Any",
    "Null": "null",
}
SIMPLE_NAMES = (
    "string",
    "number",
    "boolean",
    "date",
    "time",
    "date and time",
    "days and time duration",
    "years and months duration",
    "context",
    "function",
    "null",
)


class FeelType(ABC):
    """A type; `accepts` leaves out null, which belongs to every type where a value is converted."""

    @abstractmethod
    def accepts(self, value: Any) -> bool:
        """Whether a value that is not null belongs to this type."""

    @abstractmethod
    def conforms(self, other: FeelType) -> bool:
        """Whether every value of this type belongs to the other."""

    def holds(self, value: Any) -> bool:
        """Whether a part of a value, null allowed, belongs to this type."""
        return value is None or self.accepts(value)

    def resolved(self) -> FeelType:
        """The type itself, where this is only its name."""
        return self


class AnyType(FeelType):
    """Every value."""

    def accepts(self, value: Any) -> bool:
        """Always."""
        return True

    def conforms(self, other: FeelType) -> bool:
        """To Any only."""
        return isinstance(other.resolved(), AnyType)


class SimpleType(FeelType):
    """A type that the kind of a value decides."""

    def __init__(self, name: str) -> None:
        self.name = name

    def accepts(self, value: Any) -> bool:
        """Whether the value is of this kind."""
        return kind(value) == self.name

    def conforms(self, other: FeelType) -> bool:
        """To itself and Any; null to everything."""
        other = other.resolved()
        if isinstance(other, AnyType) or self.name == "null":
            return True
        return isinstance(other, SimpleType) and other.name == self.name


class ListType(FeelType):
    """A list of one type."""

    def __init__(self, element: FeelType) -> None:
        self.element = element

    def accepts(self, value: Any) -> bool:
        """Whether it is a list and every element belongs."""
        return type(value) is list and all(map(self.element.holds, value))

    def conforms(self, other: FeelType) -> bool:
        """By its element."""
        other = other.resolved()
        return isinstance(other, AnyType) or (isinstance(other, ListType) and self.element.conforms(other.element))


class RangeType(FeelType):
    """A range of one type."""

    def __init__(self, element: FeelType) -> None:
        self.element = element

    def accepts(self, value: Any) -> bool:
        """Whether it is a range and its ends belong."""
        return type(value) is Range and self.element.holds(value.start) and self.element.holds(value.end)

    def conforms(self, other: FeelType) -> bool:
        """By its element."""
        other = other.resolved()
        return isinstance(other, AnyType) or (isinstance(other, RangeType) and self.element.conforms(other.element))


class ContextType(FeelType):
    """A context with at least these members; where it `is_open`, others may be asked for."""

    def __init__(self, members: Mapping[str, FeelType], *, is_open: bool = False) -> None:
        self.members = members
        self.is_open = is_open

    def accepts(self, value: Any) -> bool:
        """Whether it is a context in which each member stands and belongs."""
        return is_context(value) and all(
            name in value and member.holds(value[name]) for name, member in self.members.items()
        )

    def conforms(self, other: FeelType) -> bool:
        """To a context type that asks for no more."""
        other = other.resolved()
        if isinstance(other, AnyType) or (isinstance(other, SimpleType) and other.name == "context"):
            return True
        return isinstance(other, ContextType) and all(
            name in self.members and self.members[name].conforms(member) for name, member in other.members.items()
        )


class FunctionType(FeelType):
    """A function of these parameters and result."""

    def __init__(self, params: list[FeelType], result: FeelType) -> None:
        self.params = params
        self.result = result

    def accepts(self, value: Any) -> bool:
        """Whether it is a function that can be called so."""
        return isinstance(value, FunctionValue) and value.fits(self)

    def conforms(self, other: FeelType) -> bool:
        """Parameters against the direction, the result along it."""
        other = other.resolved()
        if isinstance(other, AnyType) or (isinstance(other, SimpleType) and other.name == "function"):
            return True
        return (
            isinstance(other, FunctionType)
            and len(self.params) == len(other.params)
            and all(theirs.conforms(own) for own, theirs in zip(self.params, other.params, strict=True))
            and self.result.conforms(other.result)
        )


class LimitedType(FeelType):
    """A type of which only the values that pass a test are allowed."""

    def __init__(self, base: FeelType, test: Callable[[Any], bool | None]) -> None:
        self.base = base
        self.test = test

    def accepts(self, value: Any) -> bool:
        """Whether it belongs to the base and passes."""
        return self.base.accepts(value) and self.test(value) is True

    def conforms(self, other: FeelType) -> bool:
        """As the base does, or to itself."""
        return other.resolved() is self or self.base.conforms(other)


class NamedType(FeelType):
    """A type known by its name, found when first asked for, so that types can name each other in any order."""

    def __init__(self, find: Callable[[], FeelType]) -> None:
        self._find = find
        self._found: FeelType | None = None

    def resolved(self) -> FeelType:
        """The type of that name."""
        if self._found is None:
            self._found = ANY  # a type that names itself ends here
            self._found = self._find().resolved()
        return self._found

    def accepts(self, value: Any) -> bool:
        """As the type found."""
        return self.resolved().accepts(value)

    def conforms(self, other: FeelType) -> bool:
        """As the type found."""
        return self.resolved().conforms(other)


ANY = AnyType()
SIMPLE: dict[str, FeelType] = {name: SimpleType(name) for name in SIMPLE_NAMES} | {"Any": ANY}


def simple_type(name: str) -> FeelType | None:
    """The built-in type of this name, aliases of older versions of the specification included."""
    return SIMPLE.get(_ALIASES.get(name, name))


def is_instance(value: Any, wanted: FeelType) -> bool:
    """`value instance of wanted`; null is an instance of Any and null only."""
    wanted = wanted.resolved()
    if value is None:
        return isinstance(wanted, AnyType) or wanted is SIMPLE["null"]
    return wanted.accepts(value)


def converted(value: Any, wanted: FeelType) -> Any:
    """The value as a declared type takes it, null where it does not conform (DMN 1.5 §10.3.2.9.4)."""
    wanted = wanted.resolved()
    if value is None or wanted.accepts(value):
        return value
    base = wanted.base.resolved() if isinstance(wanted, LimitedType) else wanted
    if isinstance(base, ListType):
        return [value] if type(value) is not list and wanted.accepts([value]) else None
    if type(value) is list and len(value) == 1 and wanted.accepts(value[0]):
        return value[0]
    if wanted is SIMPLE["date and time"] and kind(value) == "date":
        return midnight(value)
    return None
