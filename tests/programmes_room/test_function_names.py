"""The registered functions can be written in the modelers: their linter reads calls of them without a complaint."""

from __future__ import annotations

from service.feel import BUILTIN_NAMES
from service.programmes.functions import SIGNATURES
from tests.support import peers

PACKAGE = "@bpmn-io/feel-lint"


def messages(*expressions: str) -> list[list[str]]:
    peers.need(PACKAGE)
    found: list[list[str]] = peers.answers("feel-lint.mjs", expressions)
    return found


def test_the_linter_reads_every_registered_function() -> None:
    by_position = [f"{name}({', '.join('x' for _ in told.params)})" for name, told in SIGNATURES.items()]
    by_name = [f"{name}({', '.join(f'{param}: x' for param, _ in told.params)})" for name, told in SIGNATURES.items()]
    compared = [f"{call} = y and count({call}) > 0" for call in by_position]
    expressions = [*by_position, *by_name, *compared]
    found = dict(zip(expressions, messages(*expressions), strict=True))
    assert {text: said for text, said in found.items() if said} == {}


def test_the_linter_would_say_if_it_could_not() -> None:
    assert all(messages("days for (x)", "if open(x)", "working days after(x,"))


def test_no_registered_function_hides_one_of_the_specification() -> None:
    assert not SIGNATURES.keys() & BUILTIN_NAMES
