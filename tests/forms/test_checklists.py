"""The checklists of the reviewers: what is not met needs a word, and becomes the defects of one notice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from service.forms import CompiledForm, compile_form, judge, read_form

FORMS = Path(__file__).parents[2] / "forms"
P5, P1 = "changchun-innovation-consortium", "jilin-manufacturing-innovation-centre"
ALL = [f"{place}/{name}" for place in (P5, P1, "common") for name in ("local-checklist", "completeness-checklist")]
VARIABLES = {"case": {"decisions": {"declaration_findings": None}}, "task": {}, "lookup": {}}


def form(name: str) -> CompiledForm:
    return compile_form(read_form((FORMS / f"{name}.form").read_text(encoding="utf-8"), file=name))


def all_fine(compiled: CompiledForm) -> dict[str, Any]:
    """Every choice answered as well as can be."""
    data: dict[str, Any] = {"opinion": "材料齐全，符合要求，同意上报。"}
    for node in compiled.form.nodes:
        if node.type == "radio":
            here = data
            for step in (path := node_path(node))[:-1]:
                here = here.setdefault(step, {})
            here[path[-1]] = node.raw["values"][0]["value"]
    return data


def node_path(node: Any) -> tuple[str, ...]:
    """Where the value of a choice stands: the groups of these forms are one level deep."""
    path: tuple[str, ...] = node.path
    return path


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
def test_a_checklist_without_a_fault_has_no_defects(name: str) -> None:
    compiled = form(name)
    assert not answered(compiled, all_fine(compiled)).data.get("defects")
