"""FEEL, the expression language of DMN 1.5: text in, a closure out, no Python in between.

A text is compiled once and evaluated any number of times, over variables that are FEEL values; JSON becomes such
values by `from_json`, and they JSON again by `to_json`:

>>> case = from_json({"members": [{"kind": "enterprise", "amount": 30}, {"kind": "university", "amount": 10}]})
>>> share = compile_expression('sum(members[kind = "enterprise"].amount) / sum(members.amount)')
>>> to_json(share.evaluate(case))
0.75
>>> sorted(compile_expression("for m in case.members return m.amount").paths)
[('case', 'members', 'amount')]

A cell of a decision table is compiled by itself, `?` being the value it tests:

>>> compile_unary_tests('[0.6..1], null').test(from_json(0.75), {})
True

What is no FEEL says where and what to do, in Chinese and English. What has no result is null, and says why to whoever
hands in a list; with the types of its names it is told before anything is evaluated:

>>> compile_expression("share == 0.6")
Traceback (most recent call last):
service.feel.source.FeelSyntaxError: line 1, column 8: “=” cannot stand here. Hint: write = for equality.
>>> why = []
>>> compile_expression('share > "0.6"').evaluate(from_json({"share": 0.75}), diagnostics=why)
>>> why[0].zh, why[0].column
('比较了数字与字符串', 7)
>>> [each.en for each in check_expression('share > "0.6"', {"share": parse_type("number")})]
['number is compared with string']

Nothing takes longer than its budget, whatever the text: steps, and a time where the caller has a clock.

>>> compile_expression("for i in 1..100000000 return i").evaluate({}, budget=Budget(1_000))
Traceback (most recent call last):
service.feel.run.BudgetExceeded: The expression takes more steps than allowed; evaluation was stopped.

Functions of one's own are handed in by name, `today` and `now` among them, since the package reads no clock:

>>> twice = Function(("n",), lambda n: n * 2)
>>> to_json(compile_expression("twice(21)").evaluate({}, functions={"twice": twice}))
42

How it is made: `scanner`, `type_grammar`, `operator_grammar` and `parser` read a text into the parts of `syntax`;
`compiler` makes a closure of each by the one function for its kind in `nodes`; `reads` says which names and paths it
will ask for, `typecheck` what in it never fits. `values`, `temporal`, `far`, `comparison` and `arithmetic` are what
values can do, `builtins` the functions of the specification. Nothing is evaluated as Python and no Python object can be
reached. The package imports nothing else of the project; RE2 is all it needs from outside.
"""

from service.feel.builtins import BUILTIN_NAMES
from service.feel.conversion import from_json, to_json
from service.feel.expression import Expression, UnaryTests, compile_expression, compile_unary_tests
from service.feel.parser import parse_type
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
    "parse_type",
    "to_json",
    "to_text",
]
