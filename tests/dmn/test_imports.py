"""A file that imports another: for conformance; what is deployed keeps a decision and its needs in one file."""

import pytest

from service.dmn import DmnError, DmnProblem, read_model
from service.dmn.model import DecisionModel
from service.feel import from_json
from tests.dmn.models import NAMESPACE, data, decision, knowledge, literal, table, xml

OTHER = xml(
    '<itemDefinition name="tLevel"><typeRef>string</typeRef><allowedValues><text>"a", "b"</text></allowedValues>'
    "</itemDefinition>",
    data("n"),
    decision("double", literal("n * 2"), needs="n"),
    knowledge("inc", "x", table(["x"], ["r"], ["- | x + 1"])),
).replace(b'namespace="n"', b'namespace="other"')
IMPORT = f'<import name="o" namespace="other" importType="{NAMESPACE}"/>'
MAIN = xml(
    IMPORT,
    data("level", "o.tLevel"),
    decision("d", literal("o.double + o.inc(x: 1)"), needs="double !inc"),
    decision("l", literal("level"), needs="level"),
)
for name in (b"double", b"inc"):
    MAIN = MAIN.replace(b'href="#' + name, b'href="other#' + name)


def main() -> DecisionModel:
    return read_model(MAIN, file="main.dmn", find=lambda namespace, _: OTHER if namespace == "other" else None)


def test_what_is_imported_is_called_by_the_name_of_the_import() -> None:
    assert main().evaluate("d", from_json({"o": {"n": 5}})) == 12
    assert main().evaluate("d", from_json({"n": 6})) == 14


def test_an_imported_type_limits_a_value() -> None:
    assert main().evaluate("l", {"level": "a"}) == "a"
    assert main().evaluate("l", {"level": "c"}) is None


def test_what_an_imported_decision_reads_is_told() -> None:
    assert main().decisions["d"].paths == {("o", "n")}
    assert set(main().decisions) == {"d", "l"}


def test_without_the_other_file_an_import_is_refused() -> None:
    with pytest.raises(DmnError) as caught:
        read_model(MAIN, file="main.dmn")
    problems: list[DmnProblem] = caught.value.problems
    assert problems[0].code == "import"
    assert "同一文件" in problems[0].zh


def test_files_that_import_each_other_come_to_an_end() -> None:
    circle = xml(IMPORT.replace('"other"', '"n"'), decision("d", literal("1")))
    with pytest.raises(DmnError, match="at most 50 imported files and 8 levels"):
        read_model(circle, file="main.dmn", find=lambda _namespace, _location: circle)
