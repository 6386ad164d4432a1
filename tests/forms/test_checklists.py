"""The checklists of the reviewers: what is not met needs a word, and becomes the defects of one notice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.forms import CompiledForm, compile_form, judge, read_form

FORMS = Path(__file__).parents[2] / "forms"
P5, P1 = "changchun-innovation-consortium", "jilin-manufacturing-innovation-centre"
P2, P4 = "jilin-industrial-innovation-centre", "guizhou-manufacturing-innovation-centre"
P3 = "changchun-manufacturing-innovation-centre/completeness-checklist"
PLACES = (P5, P1, P2, P4, "common")
ALL = [P3, *(f"{place}/{name}" for place in PLACES for name in ("local-checklist", "completeness-checklist"))]
VARIABLES = {"case": {"decisions": {"declaration_findings": None}}, "task": {}, "lookup": {}}


def form(name: str) -> CompiledForm:
    return compile_form(read_form((FORMS / f"{name}.form").read_text(encoding="utf-8"), file=name))


def all_fine(compiled: CompiledForm) -> dict[str, Any]:
    """Every choice answered as well as can be."""
    data: dict[str, Any] = {"opinion": "材料齐全，符合要求，同意上报。"}
    for name, node in compiled.fields.items():
        if node.type == "radio":
            put(data, name, node.raw["values"][0]["value"])
    return data


def put(data: dict[str, Any], name: str, value: Any) -> None:
    """Set the value of a field by its whole name."""
    *above, key = name.split(".")
    for step in above:
        data = data.setdefault(step, {})
    data[key] = value


def answered(compiled: CompiledForm, data: dict[str, Any]) -> Any:
    return judge(
        compiled, data, roles=frozenset({"local-clerk", "office"}), variables=VARIABLES, functions={},
        today=date(2026, 11, 20), attachments=frozenset(), stored={},
    )  # fmt: skip


def test_an_item_not_met_needs_a_word_of_five_to_five_hundred_characters() -> None:
    compiled = form(f"{P5}/local-checklist")
    data = all_fine(compiled)
    data["judgements"]["l02"] = "partly"
    told = {problem.control for problem in answered(compiled, data).problems}
    assert told == {"comments.l02"}
    for words, fine in (("四个字呀", False), ("五个字呀呀", True), ("长" * 500, True), ("长" * 501, False)):
        assert (not answered(compiled, {**data, "comments": {"l02": words}}).problems) is fine


def test_what_is_not_met_becomes_the_defects_of_one_notice() -> None:
    compiled = form(f"{P5}/local-checklist")
    data = all_fine(compiled)
    data |= {"whole": "no", "signatures": "no", "complete": "no", "opinion": "授权委托书缺一份，请补正。"}
    data["judgements"]["l02"] = "partly"
    data["comments"] = {"l02": "近三年研发投入没有证明。", "signatures": "第七家没有授权委托书。"}
    found = answered(compiled, data)
    assert not found.problems
    assert [(one["item"], one["problem"]) for one in found.data["defects"]] == [
        ("材料完整", "授权委托书缺一份，请补正。"),
        ("L02 具备持续创新能力（第五条）", "近三年研发投入没有证明。"),
        ("各成员单位签署页与签署人身份相符（第七条）", "第七家没有授权委托书。"),
    ]


@pytest.mark.parametrize("name", ALL)
def test_every_item_that_is_not_met_is_a_defect_with_its_words(name: str) -> None:
    compiled = form(name)
    for field, node in compiled.fields.items():
        values = {value["value"] for value in node.raw.get("values", ())}
        if node.type != "radio" or not values & {"defect", "partly"} or field.startswith("others."):
            continue  # what only inclines the choice is no defect
        data = all_fine(compiled)
        put(data, field, "partly" if "partly" in values else "defect")
        beside, apart = f"{field}_comment", f"comments.{field.rpartition('.')[2]}"
        words = next((one for one in (beside, apart) if one in compiled.fields), None)
        if words is not None:
            put(data, words, "缺少证明材料。")
        (found,) = answered(compiled, data).data["defects"]
        assert (found["item"], found["problem"]) == (node.raw["label"], "缺少证明材料。" if words else "有缺陷")


@pytest.mark.parametrize("name", ALL)
def test_a_checklist_without_a_fault_has_no_defects(name: str) -> None:
    compiled = form(name)
    assert not answered(compiled, all_fine(compiled)).data.get("defects")
