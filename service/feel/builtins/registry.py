"""How built-in functions are declared and called: signatures, fitting of arguments, what a call costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from service.feel.arithmetic import FAILURES
from service.feel.characters import PatternError
from service.feel.far import is_day
from service.feel.results import called, kind_of
from service.feel.run import Run
from service.feel.source import Place
from service.feel.temporal import midnight
from service.feel.types import FunctionType
from service.feel.values import DURATIONS, FunctionValue, Value, kind, kind_in_chinese, number

_Callable = TypeVar("_Callable", bound=Callable[..., Any])

# what a word of a signature accepts, beside the kind of the same name
_KINDS: dict[str, frozenset[str]] = {
    "day": frozenset({"date", "date and time"}),
    "moment": frozenset({"time", "date and time"}),
    "duration": DURATIONS,
    "point": frozenset({"number", "string", "date", "time", "date and time", *DURATIONS}),
}
_MISFIT = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; one that is `optional` may be left out or null."""

    name: str
    type: str
    optional: bool

    def fit(self, value: Value) -> Any:
        """The argument as the function takes it, or _MISFIT."""
        if self.type == "any" or (value is None and self.optional):
            return value
        if value is None:
            return _MISFIT
        if self.type == "list":
            return value if type(value) is list else [value]
        return self._of_kind(value)

    def takes(self, given: str | None) -> bool:
        """Whether an argument of a kind can fit; "" is a kind that is not known, None no argument at all."""
        if given is None:
            return self.optional
        if given in ("", "null", "list") or self.type in ("any", "list"):
            return True
        return given in (_KINDS.get(self.type) or (self.type,)) or (self.type, given) == ("date and time", "date")

    def _of_kind(self, value: Value) -> Any:
        accepted = _KINDS.get(self.type) or (self.type,)
        found = kind(value)
        if found in accepted:
            return number(value) if found == "number" else value
        if found == "list" and len(value) == 1 and kind(value[0]) in accepted:
            return value[0]
        if self.type == "date and time" and is_day(value):
            return midnight(value)
        return _MISFIT


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function; with `variadic` the arguments become one list."""

    parameters: tuple[Parameter, ...]
    call: Callable[..., Value]
    needs_run: bool
    variadic: bool

    def fit(self, arguments: list[Value], named: tuple[str, ...] | None) -> list[Any] | None:
        """The arguments in order, as the function takes them, or None where they do not fit."""
        if named is not None:
            ordered = self._ordered(arguments, named)
        elif self.variadic:
            ordered = [arguments[0] if len(arguments) == 1 and type(arguments[0]) is list else arguments]
            return ordered if arguments else None
        else:
            ordered = arguments
        if ordered is None or len(ordered) > len(self.parameters):
            return None
        if any(not parameter.optional for parameter in self.parameters[len(ordered) :]):
            return None
        fitted = [parameter.fit(value) for parameter, value in zip(self.parameters, ordered, strict=False)]
        return None if _MISFIT in fitted else fitted

    def takes(self, kinds: list[str], named: tuple[str, ...] | None) -> bool:
        """Whether arguments of these kinds can fit, "" being a kind that is not known."""
        if self.variadic and named is None:
            return bool(kinds)
        by_name = dict(
            zip(named if named is not None else [each.name for each in self.parameters], kinds, strict=False)
        )
        if len(kinds) > len(self.parameters) or not by_name.keys() <= {each.name for each in self.parameters}:
            return False
        return all(each.takes(by_name.get(each.name)) for each in self.parameters)

    def _ordered(self, arguments: list[Value], named: tuple[str, ...]) -> list[Value] | None:
        names = [parameter.name for parameter in self.parameters]
        given = dict(zip(named, arguments, strict=True))
        if not given.keys() <= set(names):
            return None
        if any(not parameter.optional and parameter.name not in given for parameter in self.parameters):
            return None
        return [given.get(name) for name in names]


def _size(value: Value) -> int:
    """The steps it takes to go through an argument: its elements, or its text sixteen characters a step."""
    if type(value) is list:
        return len(value)
    return len(value) // 16 if type(value) is str else 0


class Builtin(FunctionValue):
    """A built-in function with its signatures, tried in order."""

    __slots__ = ("name", "signatures")

    def __init__(self, name: str) -> None:
        self.name = name
        self.signatures: list[Signature] = []

    def takes(self, kinds: list[str], named: tuple[str, ...] | None) -> bool:
        """Whether arguments of these kinds can fit one of the signatures, "" being a kind that is not known."""
        return any(signature.takes(kinds, named) for signature in self.signatures)

    def fits(self, wanted: FunctionType) -> bool:
        """Whether it takes such arguments and gives such a result, as far as that is known."""
        result = called(self.name, wanted.params)
        known = kind_of(result) != "" and kind_of(wanted.result) != ""
        fitting = not known or kind_of(result) == kind_of(wanted.result)
        return fitting and self.takes([kind_of(each) for each in wanted.params], None)

    def invoke(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
        """Call the first signature that fits; null with a diagnostic where none does or the values are impossible."""
        run.budget.spend(1 + sum(_size(value) for value in arguments))
        for signature in self.signatures:
            fitted = signature.fit(arguments, named)
            if fitted is not None:
                return self._called(run, signature, fitted, place)
        if run.diagnostics is None:
            return None
        kinds_zh, kinds_en = "，".join(map(kind_in_chinese, arguments)), ", ".join(map(kind, arguments))
        zh, en = f"函数“{self.name}”不接受参数（{kinds_zh}）", f"“{self.name}” does not take ({kinds_en})"
        return run.note(place, "arguments", zh, en)

    def _called(self, run: Run, signature: Signature, fitted: list[Any], place: Place) -> Value:
        try:
            result = signature.call(run, *fitted) if signature.needs_run else signature.call(*fitted)
        except PatternError as refused:
            zh, en = f"正则表达式“{refused}”不能使用", f"the regular expression “{refused}” cannot be used"
            return run.note(place, "pattern", zh, en)
        except FAILURES:
            result = None
        if result is None:
            zh, en = f"函数“{self.name}”对这些值没有结果", f"“{self.name}” has no result for these values"
            return run.note(place, "no-result", zh, en)
        if type(result) is list:
            run.budget.spend(len(result))
        elif type(result) is str:
            run.budget.spend(len(result) // 16)
        return result


BUILTINS: dict[str, FunctionValue] = {}


def _parameter(text: str) -> Parameter:
    name, _, type_name = (part.strip() for part in text.rpartition(":"))
    return Parameter(name, type_name.rstrip("?*"), type_name.endswith("?"))


def builtin(name: str, signature: str, *, needs_run: bool = False) -> Callable[[_Callable], _Callable]:
    """Declare a function: `"list: list, length: number?"`; `?` marks it optional, `*` takes any number of arguments."""
    parameters = tuple(_parameter(part) for part in signature.split(",") if part.strip())

    def declare(call: _Callable) -> _Callable:
        found = BUILTINS.setdefault(name, Builtin(name))
        assert isinstance(found, Builtin), name  # noqa: S101 -- a mistake of this package, at import
        found.signatures.append(Signature(parameters, call, needs_run, variadic=signature.endswith("*")))
        return call

    return declare


def whole(value: Any) -> int:
    """A number as a whole one; raises ValueError where it has a fraction."""
    if value != value.to_integral_value():
        raise ValueError(value)
    return int(value)
