"""Files nobody should write: each gets a clear answer, however large, and costs no more than its limit."""

from __future__ import annotations

import pytest

from service.dmn import DmnError, DmnProblem, read_model
from service.dmn.graph import MOST_LEVELS, MOST_PARTS
from service.dmn.imports import MOST_FILES, VERSIONS
from service.dmn.xml import MAX_BYTES
from service.feel import Budget, BudgetExceeded, from_json
from tests.dmn.models import NAMESPACE, data, decision, knowledge, literal, model, table, xml


def refused(content: bytes, **options: object) -> list[DmnProblem]:
    with pytest.raises(DmnError) as caught:
        read_model(content, file="x.dmn", **options)  # type: ignore[arg-type]
    for one in caught.value.problems:
        assert one.zh
        assert one.en
        assert len(one.text()) < 500
    return caught.value.problems


def chain(length: int, *, closed: bool = False) -> list[str]:
    parts = [decision(f"d{at}", literal(f"d{at + 1}"), needs=f"d{at + 1}") for at in range(length - 1)]
    return [*parts, decision(f"d{length - 1}", literal("1"), needs="d0" if closed else "")]


def test_a_file_of_five_megabytes_is_refused_before_it_is_read() -> None:
    (one,) = refused(b"<" * (5 << 20))
    assert (one.code, one.zh) == ("too-large", f"文件超过 {MAX_BYTES >> 20} MB")


def test_a_circle_of_two_thousand_decisions_is_told_by_its_first_names() -> None:
    (one,) = refused(xml(*chain(MOST_PARTS, closed=True)))
    assert (one.code, one.element) == ("cycle", "d0")
    assert one.zh == "决策需求成环：d0 → d1 → d2 → d3 → d4 → d5 → d6 → d7 → …"
    assert refused(xml(*chain(2000, closed=True)))[0].code == "too-many"


def test_a_circle_is_told_without_what_only_leads_to_it() -> None:
    parts = [
        decision("z", literal("a"), needs="a"),
        decision("a", literal("b"), needs="b"),
        decision("b", literal("a"), needs="a"),
    ]
    (one,) = refused(xml(*parts))
    assert one.zh == "决策需求成环：a → b → a"


def test_requirements_may_be_so_deep_and_no_deeper() -> None:
    assert model(*chain(MOST_LEVELS)).evaluate("d0", {}) == 1
    (one,) = refused(xml(*chain(MOST_LEVELS + 1)))
    assert (one.code, one.element) == ("too-deep", "d0")
    assert "65 层" in one.zh


def test_a_graph_may_be_so_large_and_no_larger() -> None:
    assert len(model(*(decision(f"d{at}", literal("1")) for at in range(MOST_PARTS))).decisions) == MOST_PARTS
    (one,) = refused(xml(*(decision(f"d{at}", literal("1")) for at in range(MOST_PARTS + 1))))
    assert one.code == "too-many"


def test_a_decision_that_many_require_is_made_once() -> None:
    """Two ways lead to each: two to the power of thirty without a memory."""
    layers = [
        decision(f"{side}{at}", literal(f"a{at + 1} + b{at + 1}"), needs=f"a{at + 1} b{at + 1}")
        for at in range(30) for side in "ab"
    ]  # fmt: skip
    made = model(*layers, decision("a30", literal("1")), decision("b30", literal("1")))
    budget = Budget(1000)
    assert made.evaluate("a0", {}, budget=budget) == 2**30
    assert budget.left > 900
    assert made.explain("a0", {}).value == 2**30


def test_two_decisions_of_one_name_are_refused_by_the_second() -> None:
    (one,) = refused(xml(decision("a", literal("1")), decision("b", literal("2")).replace('name="b"', 'name="a"')))
    assert (one.code, one.element, one.zh) == ("same-name", "b", "名称“a”重复")


def test_a_missing_import_is_told_by_its_name() -> None:
    imported = f'<import name="o" namespace="other" importType="{NAMESPACE}"/>'
    (one,) = refused(xml(imported))
    assert one.code == "import"
    assert "没有找到要导入的决策文件“o”" in one.zh
    assert refused(xml(imported), find=lambda _namespace, _location: None)[0].code == "import"


def test_files_that_import_each_other_end() -> None:
    twice = "".join(f'<import name="{name}" namespace="n" importType="{NAMESPACE}"/>' for name in "ab")
    asked: list[str] = []

    def find(namespace: str, _location: str) -> bytes:
        asked.append(namespace)
        return xml(twice)

    assert {one.code for one in refused(xml(twice), find=find)} == {"import"}
    assert len(asked) <= MOST_FILES


@pytest.mark.parametrize(("namespace", "version"), VERSIONS.items(), ids=VERSIONS.values())
def test_every_version_of_dmn_is_read(namespace: str, version: str) -> None:
    assert version
    content = xml(data("x", "number"), decision("d", table(["x"], ["r"], ["> 1 | 2"]), needs="x", type_="number"))
    made = read_model(content.replace(NAMESPACE.encode(), namespace.encode()), file="x.dmn")
    assert made.evaluate("d", from_json({"x": 2})) == 2


def test_an_unknown_version_is_told_with_those_there_are() -> None:
    (one,) = refused(
        xml(decision("d", literal("1"))).replace(NAMESPACE.encode(), b"https://www.omg.org/spec/DMN/20990101/MODEL/")
    )
    assert one.code == "dmn-version"
    assert "可用 1.1、1.2、1.3、1.4、1.5" in one.zh


def test_a_knowledge_model_that_calls_itself_without_end_is_stopped() -> None:
    made = model(knowledge("f", "x", literal("f(x + 1)"), needs="!f"), decision("d", literal("f(1)"), needs="!f"))
    for ask in (made.evaluate, made.explain):
        with pytest.raises(BudgetExceeded):
            ask("d", {})


def test_a_table_costs_a_step_a_rule() -> None:
    made = model(decision("d", table(["x"], ["r"], [f"> {at} | {at}" for at in range(50)], "COLLECT")))
    with pytest.raises(BudgetExceeded):
        made.evaluate("d", from_json({"x": 9}), budget=Budget(40))
