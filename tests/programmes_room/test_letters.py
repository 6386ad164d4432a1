"""Letters: what a designer writes, what a reader gets, and values that never become layout."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.delivery.markdown import blocks
from service.domain.deadlines import ZONE
from service.domain.errors import DeploymentRefused, Problem
from service.feel import Function, from_json
from service.programmes.letter_text import shown
from service.programmes.letters import RenderedLetter, check_letter, compile_letter
from tests.programmes_room.sample import KEY, letter, sample_files

FILE = "forms/one/told.letter.md"


def render(body: str, case: Any = None, *, front: str = 'title = "通知"', **variables: Any) -> RenderedLetter:
    compiled = compile_letter(letter(body, front), file=FILE, settings={"copies": Decimal(2)})
    return compiled.render({"case": from_json(case or {}), **variables}, {})


def problems(content: bytes) -> list[Problem]:
    with pytest.raises(DeploymentRefused) as caught:
        compile_letter(content, file=FILE)
    return list(caught.value.problems)


def test_the_receipt_of_the_sample() -> None:
    path = f"forms/{KEY}/sample-receipt.letter.md"
    compiled = compile_letter(sample_files()[path], file=path, settings={"copies": Decimal(2)})
    case = {
        "number": "SB2025-0001",
        "applicant": {"name": "长春某某*公司"},
        "sample_declaration": {"project_name": "智能网联"},
        "sample_paper_receipt": {"copies": 2, "way": "courier"},
    }
    rendered = compiled.render({"case": from_json(case), "today": date(2025, 5, 8)}, {})
    assert (compiled.id, compiled.kind, compiled.number, compiled.to) == (
        "sample-receipt",
        "letter",
        "receipt",
        ("lead", "office"),
    )
    assert rendered.title == "关于“智能网联”的收件回执"
    assert rendered.addressee == "长春某某*公司"
    assert "已于2025年5月8日收齐" in rendered.body
    assert "应送交 2 份，实收 2 份" in rendered.body
    assert "以快递送达" in rendered.body
    assert rendered.empty == ()
    assert ("case", "sample_declaration", "project_name") in compiled.paths


def test_functions_are_at_hand() -> None:
    compiled = compile_letter(letter('{{ deadline("x") }}'), file=FILE)
    at = datetime(2025, 4, 16, tzinfo=ZONE)
    assert compiled.render({}, {"deadline": Function(("name",), lambda name: at)}).body == "2025年4月15日24:00\n"
    assert compiled.deadlines == ("x",)


def test_conditions_and_loops_take_their_lines_with_them() -> None:
    table = "| 单位 | 数 |\n|--|--|\n{{#loop case.members}}\n| {{name}} | {{this.n}} |\n{{/loop}}\n"
    body = table + "\n{{#if case.late}}\n迟\n{{/if}}\n完"
    got = render(body, {"members": [{"name": "甲", "n": 1}, {"name": "乙|丙", "n": 2}], "late": False})
    assert got.body == "| 单位 | 数 |\n|--|--|\n| 甲 | 1 |\n| 乙&#124;丙 | 2 |\n\n完\n"


def test_a_row_sees_its_own_names_then_the_case() -> None:
    got = render(
        "{{#loop case.rows}}{{n}}/{{case.k}}/{{parent.case.k}} {{/loop}}", {"k": "外", "rows": [{"n": 1}, {"n": 2}]}
    )
    assert got.body == "1/外/外 2/外/外\n"


def test_a_loop_over_nothing_and_over_texts() -> None:
    assert render("a{{#loop case.none}}x{{/loop}}b").body == "ab\n"
    assert render("{{#loop case.names}}- {{this}}\n{{/loop}}", {"names": ["甲", "乙"]}).body == "- 甲\n- 乙\n"


def test_a_condition_that_is_not_true_shows_nothing() -> None:
    for condition in ("false", "null", "case.none", '"true"', "1"):
        assert render("{{#if " + condition + "}}x{{/if}}.").body == ".\n"


def test_braces_and_quotes_of_feel_do_not_end_a_slot() -> None:
    assert render('{{ {a: {b: 1}}.a.b }} {{ "}}" }} {{ "\\"}}" }}').body == '1 }} "}}\n'


def test_an_empty_slot_is_named() -> None:
    got = render("致{{ case.name }}：{{ case.name }}{{ case.x }}", {"x": " "})
    assert got.empty == ("case.name", "case.x")


def test_the_title_is_one_plain_line() -> None:
    got = render("x", {"name": "a\r\nBcc: x\u2028*b*"}, front='title = "关于{{ case.name }}"')
    assert got.title == "关于a Bcc: x *b*"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "是"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (date(2025, 1, 2), "2025年1月2日"),
        (datetime(2025, 4, 15, 9, 30, tzinfo=ZONE), "2025年4月15日9:30".replace("9:30", "09:30")),
        ([Decimal(1), None, "a"], "1、a"),
    ],
)
def test_values_read_as_people_write_them(value: Any, text: str) -> None:
    assert shown(value) == text


def plain(found: list[dict[str, Any]]) -> str:
    return "".join("\n" if run.get("break") else run["text"] for run in found)


MARKS = [
    "-",
    "+",
    "*",
    "1.",
    "1)",
    "#",
    ">",
    "=",
    "===",
    "---",
    "_a_",
    "**a**",
    "`a`",
    "[a](b)",
    "<b>",
    "&amp;",
    "|",
    "~~a~~",
]
WORDS = st.lists(
    st.sampled_from([*MARKS, "\\", "!", "    ", "\t", "甲", "a"])
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5),
    max_size=6,
)
LINES = st.lists(WORDS.map(" ".join) | WORDS.map("".join), max_size=4)


@settings(max_examples=300)
@given(LINES)
def test_a_value_stays_one_paragraph_letter_by_letter(lines: list[str]) -> None:
    value = "\n".join(lines)
    shown_lines = [" ".join(line.split()) for line in value.splitlines()]
    expected = "\n".join(line for line in shown_lines if line)
    found = blocks(render("前\n\n{{ case.v }}\n\n后", {"v": value}).body)
    texts = [plain(block["runs"]) for block in found if block["kind"] == "paragraph"]
    assert [block["kind"] for block in found] == ["paragraph"] * len(found)
    assert texts == [text for text in ("前", expected, "后") if text]
    assert all(set(run) <= {"text", "break"} for block in found for run in block["runs"])


@settings(max_examples=300)
@given(LINES)
def test_a_value_stays_in_its_cell(lines: list[str]) -> None:
    value = "\n".join(lines)
    found = blocks(render("|a|b|\n|-|-|\n|{{ case.v }}|{{case.v}} |", {"v": value}).body)
    assert [block["kind"] for block in found] == ["table"]
    expected = " ".join(value.split())
    assert [plain(cell) for cell in found[0]["rows"][1]] == [expected, expected]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"\xff", "letter-encoding", 0),
        (b"text only", "letter-front-matter", 1),
        (b'+++\ntitle = "a"\n', "letter-front-matter", 1),
        (b'x\n+++\ntitle = "a"\n+++\n', "letter-front-matter", 1),
        (letter(front="title = "), "letter-front-matter", 1),
        (letter(front='to = ["lead"]'), "manifest-required", 0),
        (letter(front='title = "a"\nsubject = "b"'), "manifest-unknown", 0),
        (letter(front='title = "a"\nkind = "mail"'), "manifest-choice", 0),
        (letter(front='title = "{{ 1 + }}"'), "letter-slot", 0),
        (letter("a\n\n{{ case.x + }}"), "letter-slot", 6),
        (letter("a\n{{ case.x"), "letter-slot", 5),
        (letter("{{#if true}}"), "letter-slot", 4),
        (letter("{{#if true}}{{/loop}}"), "letter-slot", 4),
        (letter("{{/if}}"), "letter-slot", 4),
        (letter("{{#each case.x}}{{/each}}"), "letter-slot", 4),
        (letter("{{ caze.x }}"), "letter-unknown-name", 0),
        (letter('{{ dedline("x") }}'), "letter-unknown-name", 0),
    ],
    ids=range(17),
)
def test_mistakes_are_told_with_their_line(content: bytes, code: str, line: int) -> None:
    found = problems(content)
    assert [(problem.code, problem.line) for problem in found] == [(code, line)]
    assert found[0].zh != found[0].en


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    content = b"\xef\xbb\xbf" + letter("a\nb").replace(b"\n", b"\r\n")
    assert compile_letter(content, file=FILE).render({}, {}).body == "a\nb\n"


def test_receivers_and_numbers_are_the_manifests() -> None:
    compiled = compile_letter(letter(front='title = "a"\nto = ["lead", "boss"]\nnumber = "x"'), file=FILE)
    found = check_letter(compiled, file=FILE, roles={"lead"}, numbers=())
    assert [problem.code for problem in found] == ["role-unknown", "number-unknown", "number-on-message"]


def test_control_characters_are_left_out() -> None:
    assert render("{{ case.v }}", {"v": "a\x00b\x1bc\x85d"}).body == "abc\\\nd\n"


def test_a_loop_without_end_is_cut_off() -> None:
    got = render("{{#loop case.rows}}x{{/loop}}", {"rows": list(range(5000))})
    assert len(got.body) == 2001


def test_a_letter_says_what_it_reads_also_from_within_a_loop() -> None:
    loop = "{{#loop case.members}}{{name}} {{parent.case.applicant.name}} {{lookup.duties}}\n{{/loop}}"
    read = {path[:2] for path in compile_letter(letter(loop), file=FILE).paths if path[0] in ("case", "lookup")}
    assert read == {("case", "members"), ("case", "applicant"), ("lookup", "duties")}
    whole = "{{#loop case.members}}{{ string length(string(parent)) }}{{/loop}}"
    assert ("case",) in compile_letter(letter(whole), file=FILE).paths
