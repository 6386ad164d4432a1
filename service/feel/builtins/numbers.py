"""Numeric functions: rounding, roots, parity."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from service.feel.builtins.registry import builtin
from service.feel.run import Run
from service.feel.values import NUMBERS, Value, YearsMonths, number

# a scale may ask for more digits than a number has
_WIDE = decimal.Context(prec=6200, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
# the quotient of the largest and the smallest number has so many digits
_EXACT = decimal.Context(prec=12_400, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
_TWO = Decimal(2)
_SMALLEST_SCALE, _LARGEST_SCALE = -6111, 6176


def _rounding(mode: str) -> Callable[..., Value]:
    def rounded(value: Decimal, scale: Decimal | None = None) -> Value:
        digits = 0 if scale is None else int(scale)
        if not _SMALLEST_SCALE <= digits <= _LARGEST_SCALE:
            return None
        return value.quantize(Decimal(1).scaleb(-digits), rounding=mode, context=_WIDE)

    return rounded


for _name, _mode, _signature in (
    ("decimal", decimal.ROUND_HALF_EVEN, "n: number, scale: number"),
    ("floor", decimal.ROUND_FLOOR, "n: number"),
    ("floor", decimal.ROUND_FLOOR, "n: number, scale: number"),
    ("ceiling", decimal.ROUND_CEILING, "n: number"),
    ("ceiling", decimal.ROUND_CEILING, "n: number, scale: number"),
    ("round up", decimal.ROUND_UP, "n: number, scale: number"),
    ("round down", decimal.ROUND_DOWN, "n: number, scale: number"),
    ("round half up", decimal.ROUND_HALF_UP, "n: number, scale: number"),
    ("round half down", decimal.ROUND_HALF_DOWN, "n: number, scale: number"),
):
    builtin(_name, _signature)(_rounding(_mode))


@builtin("abs", "n: number")
def _abs(value: Decimal) -> Decimal:
    return NUMBERS.abs(value)


@builtin("abs", "n: duration")
def _abs_duration(value: YearsMonths | timedelta) -> Value:
    return YearsMonths(abs(value.months)) if isinstance(value, YearsMonths) else abs(value)


@builtin("modulo", "dividend: number, divisor: number", needs_run=True)
def _modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Value:
    if not divisor:
        return None
    run.budget.spend(max(0, dividend.adjusted() - divisor.adjusted()) // 16)
    rest = _EXACT.remainder(dividend, divisor)
    if rest and (rest < 0) is not (divisor < 0):
        rest = _EXACT.add(rest, divisor)
    return NUMBERS.plus(rest)


@builtin("sqrt", "number: number")
def _sqrt(value: Decimal) -> Value:
    return NUMBERS.sqrt(value) if value >= 0 else None


@builtin("log", "number: number")
def _log(value: Decimal) -> Value:
    return NUMBERS.ln(value) if value > 0 else None


@builtin("exp", "number: number")
def _exp(value: Decimal) -> Value:
    result = NUMBERS.exp(value)
    return result if result.is_finite() else None


@builtin("even", "number: number")
def _even(value: Decimal) -> bool:
    """A number with a fraction is neither even nor odd."""
    return _EXACT.remainder(value, _TWO) == 0


@builtin("odd", "number: number")
def _odd(value: Decimal) -> bool:
    return abs(_EXACT.remainder(value, _TWO)) == 1


@builtin("number", "from: number")
def _number(value: Decimal) -> Decimal:
    return value


@builtin("number", "from: string, grouping separator: string?, decimal separator: string?")
def _number_of_text(text: str, grouping: str | None = None, point: str | None = None) -> Value:
    if grouping not in (None, " ", ",", ".") or point not in (None, ".", ","):
        return None
    if grouping is not None and grouping == point:
        return None
    if grouping:
        text = text.replace(grouping, "")
    if point:
        text = text.replace(point, ".")
    plain = text.strip("0123456789.eE+-") == "" and text[-1:].isdigit()
    return number(text) if plain and not text.startswith("+") else None
