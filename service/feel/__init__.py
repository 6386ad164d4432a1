"""FEEL, the expression language of DMN 1.5: text in, a closure out, no Python in between.

    compile_expression('count(case.members[kind = "enterprise"]) >= 5').evaluate({"case": …})

A text is read by `parser` into the parts of `syntax`; `compiler` makes a closure of each by the one function for its
kind in `nodes`; `reads` says which names and paths it will ask for. The built-in functions stand in `builtins`.
Nothing is evaluated as Python, no Python object can be reached, every loop and growth is paid out of a Budget, and a
null that comes of a mistake leaves a Diagnostic. The package imports nothing else of the project and reads no clock:
`today()` and `now()` answer only where the caller registers them as functions.
"""

from service.feel.builtins import BUILTIN_NAMES
from service.feel.conversion import from_json, to_json
from service.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from service.feel.run import Budget, BudgetExceeded, Diagnostic
from service.feel.source import FeelSyntaxError
from service.feel.text import to_text
from service.feel.typecheck import check_expression, check_unary_tests
from service.feel.values import Function, Range, YearsMonths

__all__ = [
    "BUILTIN_NAMES",
    "Budget",
    "BudgetExceeded",
    "Diagnostic",
    "Expression",
    "FeelSyntaxError",
    "Function",
    "Range",
    "UnaryTests",
    "YearsMonths",
    "check_expression",
    "check_unary_tests",
    "compile_expression",
    "compile_unary_tests",
    "from_json",
    "to_json",
    "to_text",
]
