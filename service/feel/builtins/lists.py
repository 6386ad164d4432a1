"""List functions; positions count from 1, negative ones from the end."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Any

from service.feel.arithmetic import calculate
from service.feel.builtins.registry import BUILTINS, builtin
from service.feel.comparison import both, either, equal, hash_key, ordered
from service.feel.run import Run
from service.feel.source import NOWHERE, Place
from service.feel.values import DURATIONS, NUMBERS, FunctionValue, Value, boolean, kind

_ORDERED = frozenset({"number", "string", "date", "time", "date and time", *DURATIONS})


def _kinds(values: list[Value]) -> set[str]:
    return {kind(value) for value in values}


def _numbers(values: list[Value]) -> bool:
    return bool(values) and _kinds(values) == {"number"}


def _one_order(values: list[Value]) -> bool:
    kinds = _kinds(values)
    return len(kinds) == 1 and kinds <= _ORDERED


@builtin("count", "list: list")
def _count(values: list[Value]) -> Decimal:
    return Decimal(len(values))


def _extreme(relation: str) -> Callable[[list[Value]], Value]:
    def find(values: list[Value]) -> Value:
        if not _one_order(values):
            return None
        return reduce(lambda best, value: value if ordered(relation, value, best) else best, values)

    return find


builtin("min", "list: list*")(_extreme("<"))
builtin("max", "list: list*")(_extreme(">"))


def _total(values: list[Value]) -> Value:
    return reduce(lambda total, value: calculate("+", total, value), values)


def _summable(values: list[Value]) -> bool:
    kinds = _kinds(values)
    return len(kinds) == 1 and kinds <= DURATIONS | {"number"}


@builtin("sum", "list: list*")
def _sum(values: list[Value]) -> Value:
    return _total(values) if _summable(values) else None


@builtin("mean", "list: list*")
def _mean(values: list[Value]) -> Value:
    return calculate("/", _total(values), Decimal(len(values))) if _summable(values) else None


@builtin("product", "list: list*")
def _product(values: list[Value]) -> Value:
    return reduce(lambda total, value: calculate("*", total, value), values) if _numbers(values) else None


@builtin("median", "list: list*")
def _median(values: list[Value]) -> Value:
    if not _numbers(values):
        return None
    row = sorted(values)
    middle, odd = divmod(len(row), 2)
    return row[middle] if odd else NUMBERS.divide(NUMBERS.add(row[middle - 1], row[middle]), Decimal(2))


@builtin("stddev", "list: list*")
def _stddev(values: list[Value]) -> Value:
    if not _numbers(values) or len(values) < 2:
        return None
    mean = NUMBERS.divide(_total(values), Decimal(len(values)))
    squares = [NUMBERS.power(NUMBERS.subtract(value, mean), 2) for value in values]
    return NUMBERS.sqrt(NUMBERS.divide(_total(squares), Decimal(len(values) - 1)))


@builtin("mode", "list: list*")
def _mode(values: list[Value]) -> Value:
    if not values:
        return []
    if not _numbers(values):
        return None
    counts: dict[Value, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    most = max(counts.values())
    return sorted(value for value, count in counts.items() if count == most)


def _folded(join: Callable[[bool | None, bool | None], bool | None], start: bool) -> Callable[[list[Value]], Value]:
    def fold(values: list[Value]) -> bool | None:
        result: bool | None = start
        for value in values:
            result = join(result, boolean(value))
        return result

    return fold


for _name in ("all", "and"):
    builtin(_name, "list: list*")(_folded(both, True))
for _name in ("any", "or"):
    builtin(_name, "list: list*")(_folded(either, False))


@builtin("not", "negand: any")
def _not(value: Value) -> bool | None:
    return not value if value is True or value is False else None


@builtin("list contains", "list: list, element: any", needs_run=True)
def _list_contains(run: Run, values: list[Value], element: Value) -> bool:
    return any(equal(value, element, run.budget) is True for value in values)


@builtin("index of", "list: list, match: any", needs_run=True)
def _index_of(run: Run, values: list[Value], match: Value) -> list[Value]:
    return [Decimal(at) for at, value in enumerate(values, 1) if equal(value, match, run.budget) is True]


def _offset(values: list[Value], position: Decimal) -> int | None:
    """A position as a Python index, or None where there is none."""
    at = int(position)
    if at == 0 or abs(at) > len(values):
        return None
    return at - 1 if at > 0 else len(values) + at


@builtin("sublist", "list: list, start position: number, length: number?")
def _sublist(values: list[Value], start: Decimal, length: Decimal | None = None) -> Value:
    begin = _offset(values, start)
    if begin is None:
        return None
    if length is None:
        return values[begin:]
    return values[begin : begin + int(length)] if length >= 0 and begin + length <= len(values) else None


@builtin("insert before", "list: list, position: number, newItem: any")
def _insert_before(values: list[Value], position: Decimal, item: Value) -> Value:
    at = _offset(values, position)
    return None if at is None else [*values[:at], item, *values[at:]]


@builtin("remove", "list: list, position: number")
def _remove(values: list[Value], position: Decimal) -> Value:
    at = _offset(values, position)
    return None if at is None else values[:at] + values[at + 1 :]


@builtin("list replace", "list: list, position: number, newItem: any")
def _replace_at(values: list[Value], position: Decimal, item: Value) -> Value:
    at = _offset(values, position)
    return None if at is None else [*values[:at], item, *values[at + 1 :]]


@builtin("list replace", "list: list, match: function, newItem: any", needs_run=True)
def _replace_where(run: Run, values: list[Value], match: FunctionValue, item: Value) -> Value:
    if match.arity not in (2, None):
        return None
    replaced: list[Value] = []
    for value in values:
        matched = match.invoke(run, [value, item], None, NOWHERE)
        if matched is not True and matched is not False:
            return None
        replaced.append(item if matched else value)
    return replaced


@builtin("reverse", "list: list")
def _reverse(values: list[Value]) -> list[Value]:
    return values[::-1]


class _Seen:
    """Values met so far; scalars by hash, the rest compared one by one at a step each."""

    def __init__(self, run: Run) -> None:
        self._budget = run.budget
        self._keys: set[Any] = set()
        self._others: list[Value] = []

    def add(self, value: Value) -> bool:
        """Note a value; False if an equal one was noted before."""
        key = hash_key(value)
        if key is not None:
            new = key not in self._keys
            self._keys.add(key)
            return new
        self._budget.spend(len(self._others))
        if any(equal(value, other, self._budget) is True for other in self._others):
            return False
        self._others.append(value)
        return True


def _distinct(run: Run, values: list[Value]) -> list[Value]:
    seen = _Seen(run)
    return [value for value in values if seen.add(value)]


builtin("distinct values", "list: list", needs_run=True)(_distinct)


@builtin("duplicate values", "list: list", needs_run=True)
def _duplicates(run: Run, values: list[Value]) -> list[Value]:
    seen = _Seen(run)
    repeated = [value for value in values if not seen.add(value)]
    more = _Seen(run)
    # in the order of their first appearance
    again = _Seen(run)
    for value in repeated:
        again.add(value)
    return [value for value in values if not again.add(value) and more.add(value)] if repeated else []


@builtin("flatten", "list: list", needs_run=True)
def _flatten(run: Run, values: list[Value]) -> list[Value]:
    flat: list[Value] = []
    for value in values:
        run.budget.spend()
        if type(value) is list:
            flat.extend(_flatten(run, value))
        else:
            flat.append(value)
    return flat


@builtin("sort", "list: list")
def _sort(values: list[Value]) -> Value:
    if values and not _one_order(values):
        return None
    return sorted(values, key=cmp_to_key(_by_order))


def _by_order(left: Value, right: Value) -> int:
    if ordered("<", left, right):
        return -1
    return 1 if ordered(">", left, right) else 0


@builtin("sort", "list: list, precedes: function", needs_run=True)
def _sort_by(run: Run, values: list[Value], precedes: FunctionValue) -> Value:
    if precedes.arity not in (2, None):
        return None

    def order(left: Value, right: Value) -> int:
        if precedes.invoke(run, [left, right], None, NOWHERE) is True:
            return -1
        return 1 if precedes.invoke(run, [right, left], None, NOWHERE) is True else 0

    return sorted(values, key=cmp_to_key(order))


@builtin("partition", "list: list, size: number")
def _partition(values: list[Value], size: Decimal) -> Value:
    width = int(size)
    return None if width < 1 else [values[at : at + width] for at in range(0, len(values), width)]


class _Joining(FunctionValue):
    """`concatenate`, `union` and `append`: any number of arguments, each a list of its own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def invoke(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None, place: Place) -> Value:
        """The joined list; null where the arguments do not fit."""
        run.budget.spend(1 + sum(len(value) if type(value) is list else 1 for value in arguments))
        joined = self._joined(run, arguments, named)
        if joined is None:
            zh, en = f"函数“{self.name}”不接受这些参数", f"“{self.name}” does not take these arguments"
            run.note(place, "arguments", zh, en)
        return joined

    def _joined(self, run: Run, arguments: list[Value], named: tuple[str, ...] | None) -> list[Value] | None:
        if self.name == "append":
            if named is not None:
                given = dict(zip(named, arguments, strict=True))
                arguments = [given["list"], given["item"]] if given.keys() == {"list", "item"} else []
            if not arguments or arguments[0] is None:
                return None
            return [*_as_list(arguments[0]), *arguments[1:]]
        if named is not None or not arguments:
            return None
        if self.name == "concatenate" and any(value is None for value in arguments):
            return None
        values = [part for value in arguments for part in _as_list(value)]
        return values if self.name == "concatenate" else _distinct(run, values)


def _as_list(value: Value) -> list[Value]:
    return value if type(value) is list else [value]


for _name in ("append", "concatenate", "union"):
    BUILTINS[_name] = _Joining(_name)
