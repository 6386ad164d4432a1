"""Runs the DMN Technology Compatibility Kit: `python -m service.dmn.tck DIR` prints what failed and passed/total.

DIR is any folder of the kit as its repository has it: suites are `….xml` files beside the `.dmn` file they name; the
level is that of the folder `compliance-level-N` around them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from lxml import etree

from service.dmn.imports import Find
from service.dmn.model import DecisionModel, read_model
from service.dmn.problems import DmnError
from service.dmn.xml import Element, child, children, content_of
from service.feel import BudgetExceeded, Function
from service.feel.comparison import equal
from service.feel.temporal import read_date, read_date_and_time, read_duration, read_time
from service.feel.values import Value, is_context, kind, number

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_TOLERANCE = Decimal("1e-8")
_NUMBERS = frozenset({"decimal", "double", "integer", "int", "float", "long"})
_READERS = {"date": read_date, "time": read_time, "dateTime": read_date_and_time, "duration": read_duration}
_CLOCK = {
    "now": Function((), lambda: datetime.now(UTC)),
    "today": Function((), lambda: datetime.now(UTC).date()),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test case: which it is, whether it passed, and if not why."""

    level: str
    case: str
    passed: bool
    why: str = ""


class _Unreadable:
    """A value of the kit that no reader of ours understands; equal to nothing."""


def _value(element: Element) -> Value:
    """The FEEL value of an input or expected node."""
    if element.get(_XSI + "nil") == "true":
        return None
    components = list(children(element, "component"))
    if components:
        return {part.get("name") or "": _value(part) for part in components}
    items = child(element, "list")
    if items is not None:
        return None if items.get(_XSI + "nil") == "true" else [_value(item) for item in children(items, "item")]
    found = child(element, "value")
    if found is None or found.get(_XSI + "nil") == "true":
        return None
    return _scalar((found.get(_XSI + "type") or "string").rpartition(":")[2], found.text or "")


def _scalar(type_name: str, text: str) -> Value:
    if type_name in _NUMBERS:
        return number(text.strip())
    if type_name == "boolean":
        return text.strip() == "true"
    reader = _READERS.get(type_name)
    if reader is None:
        return text
    value = reader(text.strip())
    return _Unreadable() if value is None else value


def _same(expected: Value, actual: Value) -> bool:
    """Whether a result is the expected one, numbers within the kit's tolerance."""
    if expected is None or actual is None:
        return expected is actual
    wanted = kind(expected)
    if wanted != kind(actual) or wanted == "unknown":
        return False
    if wanted == "number":
        return bool(abs(expected - actual) <= max(_TOLERANCE, abs(expected) * _TOLERANCE))
    if wanted == "list":
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    if is_context(expected):
        return expected.keys() == actual.keys() and all(_same(expected[name], actual[name]) for name in expected)
    return equal(expected, actual) is True


def _finder(folder: Path) -> Find:
    """Imported files lie beside the one that imports them, under their location or anything else."""

    def find(namespace: str, location: str) -> bytes | None:
        here = [folder / location] if location and (folder / location).is_file() else []
        for path in [*here, *sorted(folder.rglob("*.dmn"))]:
            content = path.read_bytes()
            if f'namespace="{namespace}"'.encode() in content.partition(b"<import")[0]:
                return content
        return None

    return find


def _model(path: Path) -> DecisionModel | str:
    if not path.is_file():
        return f"there is no file {path.name}"
    try:
        return read_model(path.read_bytes(), file=path.name, lenient=True, find=_finder(path.parent))
    except DmnError as error:
        return str(error)


def _judged(model: DecisionModel | str, case: Element, node: Element) -> str:
    """ "" where a result node of a case came out right, else why not."""
    expected_node = child(node, "expected")
    expected = None if expected_node is None else _value(expected_node)
    error_expected = node.get("errorResult") == "true"
    if isinstance(model, str):
        return "" if error_expected else model
    inputs = {part.get("name") or "": _value(part) for part in children(case, "inputNode")}
    name = case.get("invocableName") or node.get("name") or ""
    id_ = model.id_of(name)
    if id_ is None:
        return "" if error_expected else f"no decision {name}"
    try:
        actual = model.evaluate(id_, inputs, functions=_CLOCK)
    except BudgetExceeded as error:
        return "" if error_expected else str(error)
    if _same(expected, actual):
        return ""
    return f"{name}: expected {expected!r}, got {actual!r}"


def run(directory: Path) -> Iterator[Outcome]:
    """The outcome of every test case under a directory of the kit."""
    for suite in sorted(directory.resolve().glob("**/*.xml")):
        level = next((part for part in suite.parts if part.startswith("compliance-level-")), "other")
        try:
            root = etree.parse(suite, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        except etree.XMLSyntaxError as error:
            yield Outcome(level.rpartition("-")[2], str(suite.name), False, str(error))
            continue
        name = content_of(child(root, "modelName"))
        if not name:
            continue
        model = _model(suite.with_name(name))
        for case in children(root, "testCase"):
            whys = [_judged(model, case, node) for node in children(case, "resultNode")]
            title = f"{suite.parent.name} {case.get('id')}"
            yield Outcome(level.rpartition("-")[2], title, not any(whys), " | ".join(filter(None, whys)))


def main(arguments: list[str]) -> int:
    """Print the result; the exit code is 0 where all passed, 1 where a case failed, 2 where there is no case to run."""
    write = sys.stdout.write
    folder = Path(arguments[0]) if arguments else None
    outcomes = list(run(folder)) if folder is not None and folder.is_dir() else []
    if not outcomes:
        write("usage: python -m service.dmn.tck DIR, a folder with test suites of the kit\n")
        return 2
    for outcome in outcomes:
        if not outcome.passed:
            write(f"{outcome.case}: {outcome.why}\n")
    for level in sorted({outcome.level for outcome in outcomes}):
        of_level = [outcome for outcome in outcomes if outcome.level == level]
        write(f"level {level}: {sum(outcome.passed for outcome in of_level)}/{len(of_level)}\n")
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
