"""A file that cannot be used says everything that is wrong with it, with the element to click."""

from collections.abc import Callable

import pytest

from service.dmn import DmnError, DmnProblem, read_model
from tests.dmn.models import data, decision, knowledge, literal, model, table, xml


def problems(*parts: str) -> list[DmnProblem]:
    with pytest.raises(DmnError) as caught:
        model(*parts)
    return caught.value.problems


@pytest.mark.parametrize(
    ("parts", "code", "element"),
    [
        ([decision("d1", literal("a == 1"))], "feel", "d1"),
        ([decision("d1", table(["x"], ["r"], ["> | 1"]))], "feel", "rule-1"),
        ([decision("d1", table(["x"], ["r"], ["> 1 | 1 | 2"]))], "rule-width", "rule-1"),
        ([decision("d1", table(["x"], [], ["> 1"]))], "no-output", "table"),
        ([decision("d1", table(["x"], ["r", "r"], ["> 1 | 1 | 2"]))], "output-name", "table"),
        ([decision("d1", table(["x"], ["r"], [], "UNIQUE", aggregation="SUM"))], "aggregation", "table"),
        ([decision("d1", "")], "no-logic", "d1"),
        ([decision("d1", literal("1"), needs="nowhere")], "unknown-requirement", "d1"),
        ([decision("a", literal("b"), needs="b"), decision("b", literal("a"), needs="a")], "cycle", "a"),
        ([decision("d1", literal("1"), type_="tMoney")], "unknown-type", "d1"),
        ([decision("d1", literal("1")), decision("d1", literal("2"))], "same-id", "d1"),
        ([decision("d1", literal("wrong(1)"))], "unknown-function", "d1"),
        ([decision("d1", '<literalExpression expressionLanguage="juel"><text>1</text></literalExpression>')],
         "language", "d1"),
        ([knowledge("k", "x", literal("x")).replace("<encapsulatedLogic>", '<encapsulatedLogic kind="Java">')],
         "external", "k"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_element(parts: list[str], code: str, element: str) -> None:
    found = problems(*parts)
    assert [(problem.code, problem.element) for problem in found] == [(code, element)]
    assert found[0].zh
    assert found[0].en
    assert found[0].file == "test.dmn"


def test_all_mistakes_are_told_at_once() -> None:
    found = problems(decision("a", literal("1 +")), decision("b", table(["x"], ["r"], ["= | 1", "> 1 | 2 +"])))
    assert [problem.element for problem in found] == ["a", "rule-1", "rule-2"]
    assert {problem.name for problem in found} == {"a", "b"}


def test_a_decision_used_without_a_line_drawn_is_a_warning() -> None:
    made = model(decision("facts", literal("1")), decision("d", literal("facts + 1")))
    assert [problem.code for problem in made.warnings] == ["no-requirement"]


HOSTILE: list[tuple[str, Callable[[], bytes]]] = [
    ("doctype", lambda: b'<!DOCTYPE x [<!ENTITY a "b">]>' + xml(decision("d", literal("1")))),
    ("doctype", lambda: b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + xml()),
    ("too-large", lambda: xml(" " * (2 << 20))),
    ("no-xml", lambda: b"<definitions"),
    ("no-xml", lambda: b""),
    ("no-xml", lambda: xml("<context>" * 300 + "</context>" * 300)),
    ("no-dmn", lambda: b"<definitions/>"),
    ("no-dmn", lambda: b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'),
]


@pytest.mark.parametrize(("code", "content"), HOSTILE)
def test_hostile_xml_is_refused(code: str, content: Callable[[], bytes]) -> None:
    with pytest.raises(DmnError) as caught:
        read_model(content(), file="x.dmn")
    assert caught.value.problems[0].code == code


def test_boxes_in_boxes_end_in_an_error() -> None:
    nested = "<list>" * 240 + literal("1") + "</list>" * 240
    assert problems(decision("d", nested))[0].code in ("too-deep", "feel")


def test_an_expression_nested_too_deeply_names_its_element() -> None:
    assert problems(decision("d", literal("(" * 300 + "1" + ")" * 300)))[0].element == "d"


def test_the_digest_is_of_the_bytes() -> None:
    one, other = xml(data("x"), decision("d", literal("1"))), xml(data("x"), decision("d", literal("2")))
    digests = {read_model(content, file="x.dmn").digest for content in (one, one, other)}
    assert len(digests) == 2
