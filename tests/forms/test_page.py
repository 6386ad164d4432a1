"""The drawn page: it works without scripts, says everything to a screen reader, and never runs what a person typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from service.delivery.file_types import MAX_UPLOAD_BYTES
from service.forms import change_rows, initialise, summary, view
from tests.forms.desk import CODE, VARIABLES, Page, compiled_of, drawn, example, number, rows, send, text

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{7*7}}${7*7}[x](javascript:alert(3))"
LISTS = change_rows(example(), initialise(example(), {}), add="tasks.items")


def every_kind() -> list[dict[str, Any]]:
    options = [{"label": "甲", "value": "x"}, {"label": "乙", "value": "y"}]
    return [
        {"type": "text", "text": "# 标题\n\n**粗** [链接](/help) <b>html</b>"},
        text("t", description="说明", appearance={"prefixAdorner": "吉", "suffixAdorner": "号"}),
        {"type": "textarea", "key": "ta", "validate": {"maxLength": 20}},
        number("n", decimalDigits=0),
        {"type": "datetime", "key": "d", "subtype": "date"},
        {"type": "datetime", "key": "dt", "subtype": "datetime"},
        {"type": "datetime", "key": "tm", "subtype": "time"},
        {"type": "checkbox", "key": "c"},
        {"type": "radio", "key": "r", "values": options},
        {"type": "select", "key": "s", "values": options},
        {"type": "checklist", "key": "cl", "values": options},
        {"type": "taglist", "key": "tl", "values": options},
        {"type": "filepicker", "key": "f"},
        {"type": "expression", "key": "e", "expression": "=1"},
        {"type": "group", "path": "g", "label": "组", "components": [text("in")]},
        rows("l", text("a"), defaultRepetitions=1),
        {
            "type": "table",
            "label": "表",
            "dataSource": "=task.confirmed",
            "columns": [{"key": "name", "label": "名称"}],
        },
        {"type": "image", "source": "/static/seal.png", "alt": "印章"},
        {"type": "documentPreview", "label": "材料", "dataSource": "=case.files"},
        {"type": "separator"},
        {"type": "spacer"},
        {"type": "button", "label": "提交", "action": "submit"},
    ]


def check_structure(html: str) -> Page:
    """What holds for every page."""
    page = Page(html)
    assert not page.open
    ids = page.ids
    assert len(ids) == len(set(ids)), [name for name in ids if ids.count(name) > 1]
    labelled = {attributes["for"] for tag, attributes in page.elements if tag == "label" and "for" in attributes}
    for tag, attributes in page.elements:
        assert tag not in ("script", "style", "iframe", "object", "embed", "form")
        assert not any(name == "style" or name.startswith("on") for name in attributes)
        for target in attributes.get("aria-describedby", "").split():
            assert target in ids
    for control in page.controls:
        kind = control.attributes.get("type", "text")
        if control.tag != "button" and kind not in ("hidden", "checkbox", "radio"):
            assert control.attributes["id"] in labelled
    return page


def test_every_kind_of_component_is_drawn() -> None:
    found, html = drawn(compiled_of(*every_kind()), {})
    page = check_structure(html)
    names = {control.name for control in page.controls}
    assert {"t", "ta", "n", "d", "dt", "tm", "c", "r", "s", "cl", "tl", "f", "g.in", "l[0].a", "l[0]._row"} <= names
    assert "e" not in names
    assert found.submits
    kinds = {control.attributes.get("type") for control in page.controls}
    assert {"date", "datetime-local", "time", "checkbox", "radio", "file", "text", "hidden", "submit"} <= kinds
    for said in (
        "标题</h2>",
        "<strong>粗</strong>",
        'href="/help"',
        "&lt;b&gt;",
        "吉",
        "号",
        "（选填）",
        'alt="印章"',
        "暂无内容",
    ):
        assert said in html


def test_every_kind_of_component_is_read() -> None:
    data = {
        "t": "字",
        "ta": "一\n二",
        "n": 7,
        "d": "2026-03-31",
        "c": True,
        "r": "x",
        "cl": ["x", "y"],
        "l": [{"a": "行"}],
    }
    _, html = drawn(compiled_of(*every_kind()), data, readonly=True)
    page = check_structure(html)
    assert page.controls == []
    for said in ("吉 字 号", "一<br>二", "2026年3月31日", "是", "甲", "甲、乙", "序号", "行", "—"):
        assert said in html


@pytest.mark.parametrize("readonly", [False, True])
def test_the_example_is_well_formed(readonly: bool) -> None:
    taken = send(example(), [("members[0]._row", "1"), ("tasks.items[0]._row", "1"), ("direct", "true")])
    found, html = drawn(example(), taken.shown, problems=taken.problems, readonly=readonly)
    page = check_structure(html)
    if not readonly:
        targets = {target for target, _ in found.problems}
        assert targets <= set(page.ids)
        assert {f"#{target}" for target in targets} == {
            a["href"] for t, a in page.elements if t == "a" and "#" in a["href"]
        }


def test_errors_stand_in_the_summary_and_beside_their_field() -> None:
    compiled = compiled_of(text("a", description="怎么填", validate={"required": True}))
    taken = send(compiled, [("stranger", "1")])
    _, html = drawn(compiled, taken.shown, problems=taken.problems)
    page = Page(html)
    box = next(attributes for tag, attributes in page.elements if attributes.get("role") == "alert")
    assert (box["tabindex"], box["aria-labelledby"]) == ("-1", "errors-title")
    field = next(control.attributes for control in page.controls if control.name == "a")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "f-a-hint f-a-error")
    assert "有 2 处需要改正" in html
    assert '<a href="#f-a">a：请填写</a>' in html
    assert "<li><span>表单里没有“stranger”这一栏" in html


def test_what_people_typed_is_text_everywhere() -> None:
    values = {"type": "select", "key": "s", "valuesExpression": "=[{label: case.title, value: case.title}]"}
    compiled = compiled_of(
        text("t", label="{{case.title}}", description="{{case.title}}"),
        {"type": "textarea", "key": "ta"},
        {"type": "text", "text": "称 {{case.title}} 与 {{t}}"},
        {"type": "text", "id": "whole", "text": '="称 " + case.title'},
        values,
        {**values, "type": "radio", "key": "r"},
        rows("l", text("a")),
        {"type": "table", "dataSource": "=[{a: case.title}]", "columns": [{"key": "a", "label": "A"}]},
        {"type": "image", "source": "{{case.title}}", "alt": "{{case.title}}"},
        {"type": "documentPreview", "dataSource": "=[case.title]", "title": "{{case.title}}"},
    )
    data = {"t": HOSTILE, "ta": HOSTILE, "s": HOSTILE, "l": [{"a": HOSTILE}]}
    for readonly in (False, True):
        _, html = drawn(compiled, data, variables={"case": {"title": HOSTILE}}, readonly=readonly)
        page = check_structure(html)
        assert "img" not in {tag for tag, _ in page.elements}
        assert not any(
            "javascript" in attributes.get("href", "")
            for tag, attributes in page.elements
            if tag == "a" and not attributes["href"].startswith("/attachments/")
        )
        assert "{{7*7}}" in html or "&#" in html or "7*7" in html


def test_a_name_that_is_no_field_is_told_as_text() -> None:
    compiled = compiled_of(text("a"))
    taken = send(compiled, [(HOSTILE, "1")])
    check_structure(drawn(compiled, {}, problems=taken.problems)[1])


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("/static/a.png", True),
        ("data:image/png;base64,AAAA", True),
        ("data:image/svg+xml;base64,AAAA", False),
        ("https://example.org/a.png", False),
        ("//example.org/a.png", False),
        ("javascript:alert(1)", False),
    ],
)
def test_pictures_come_from_this_site(source: str, kept: bool) -> None:
    compiled = compiled_of({"type": "image", "source": "=case.picture", "alt": "图"})
    assert ("<img" in drawn(compiled, {}, variables={"case": {"picture": source}})[1]) == kept


def test_links_of_a_text_go_only_where_links_may_go() -> None:
    compiled = compiled_of(
        {"type": "text", "text": "[a](javascript:alert(1)) [b](data:text/html,x) [c](/ok) ![d](/e.png)"}
    )
    page = check_structure(drawn(compiled, {})[1])
    assert [attributes["href"] for tag, attributes in page.elements if tag == "a"] == ["/ok", "/e.png"]


def test_fields_that_drive_conditions_say_so() -> None:
    _, html = drawn(example(), LISTS)
    driving = {c.name for c in Page(html).controls if "data-drives" in c.attributes}
    assert {"field_code", "direct", "lead.standing", "members[0].kind", "members[0].name"} <= driving
    assert not {"consortium_name", "lead.legal_person", "truth"} & driving


def test_enter_keeps_a_draft_and_neither_submits_nor_removes_a_row() -> None:
    buttons = [c for c in Page(drawn(example(), LISTS)[1]).controls if c.tag == "button"]
    assert (buttons[0].name, buttons[0].attributes["tabindex"]) == ("_draft", "-1")
    assert {("_add", "members"), ("_remove", "members[0]"), ("_add", "tasks.items")} <= {
        (b.name, b.value) for b in buttons
    }


def test_a_read_only_field_is_said_not_offered() -> None:
    compiled = compiled_of(text("a", readonly=True), text("b", disabled=True), rows("l", text("c")))
    _, html = drawn(compiled_of(text("a", readonly=True), text("b", disabled=True)), {"a": "甲", "b": "乙"})
    assert Page(html).pairs() == []
    assert html.count('<dl class="field"') == 2
    assert compiled.driving == frozenset()


def test_neighbours_of_one_line_stand_side_by_side() -> None:
    def line(*columns: int | None) -> str:
        fields = [text(f"k{n}", layout={"row": "r", "columns": width}) for n, width in enumerate(columns)]
        return view(compiled_of(*fields), {}, roles=(), variables={}).lines[0].css

    assert [line(16), line(8, 8), line(11, 5), line(5, 5, 6), line(4, 4, 4, 4)] == [
        "",
        "halves",
        "two-1",
        "thirds",
        "thirds",
    ]


def test_the_page_in_english_has_no_fixed_chinese() -> None:
    def english(component: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in component.items() if k != "description"} | (
            {"label": "L"} if "label" in component else {}
        )

    parts = [
        english(c)
        for c in every_kind()
        if c["type"] not in ("text", "image", "radio", "select", "checklist", "taglist", "group")
    ]
    parts[0]["appearance"] = {}
    compiled = compiled_of(
        *parts, text("need", validate={"required": True}), number("wan", properties={"format": "money-wan"})
    )
    taken = send(compiled, [("n", "x"), ("l[0]._row", "1")])
    for readonly in (False, True):
        _, html = drawn(
            compiled,
            {**taken.shown, "c": True, "d": "2026-03-31", "wan": 3},
            problems=taken.problems,
            lang="en",
            readonly=readonly,
        )
        text_only = re.sub(r"[图名称材料表]", "", html)
        assert not re.search(r"[\u4e00-\u9fff]", text_only), re.findall(r".{20}[\u4e00-\u9fff].{20}", text_only)
    assert summary(taken, "en")[0][1] == "n: Enter a number, such as 1234.5"


def test_texts_are_filled_and_loops_run() -> None:
    compiled = compiled_of(
        text("who"),
        rows("l", text("n"), {"type": "text", "text": "第 {{i[1]}} 行 {{this.n}} {{parent.who}}"}),
        {"type": "text", "text": '{{#if who != ""}}致 {{who}}{{/if}}：{{#loop l}}[{{n}}/{{parent.who}}]{{/loop}}'},
    )
    _, html = drawn(compiled, {"who": "甲*乙", "l": [{"n": "a_b"}, {"n": "2"}]})
    assert "致 甲*乙：" in html
    assert "[a_b/甲*乙][2/甲*乙]" in html
    assert "第 2 行 2 甲*乙" in html


def test_a_day_in_a_text_is_written_out_and_a_number_is_not() -> None:
    form = compiled_of({"type": "text", "text": "自 {{task.from}} 至 {{task.at}}，编号 {{task.code}}"})
    task = {"from": "2026-03-01", "at": "2026-03-31T09:30", "code": "20260302"}
    _, html = drawn(form, {}, variables={**VARIABLES, "task": task})
    assert "自 2026年3月1日 至 2026年3月31日 09:30，编号 20260302" in html


def test_the_options_of_a_field_may_come_from_the_variables() -> None:
    _, html = drawn(example(), LISTS, variables=VARIABLES)
    assert '<option value="chaoyang">朝阳区</option>' in html
    assert '<option value="kuancheng">kuancheng</option>' in html


class Asked(dict[str, Any]):
    """Look-ups that say which of them were read."""

    def __init__(self, **found: Any) -> None:
        super().__init__(found)
        self.names: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.names.append(name)
        return super().__getitem__(name)


def test_for_reading_only_what_was_chosen_is_looked_up_and_once() -> None:
    among = [{"label": "甲校", "value": "7"}, {"label": "乙所", "value": "8"}]
    choice = {"type": "select", "valuesExpression": "=lookup.units"}
    compiled = compiled_of({**choice, "key": "one"}, {**choice, "key": "other"})
    for data, read in (({}, []), ({"one": "7", "other": "8"}, ["units"])):
        lookup = Asked(units=among, experts=[])
        _, html = drawn(compiled, data, variables={"lookup": lookup}, readonly=True)
        assert lookup.names == read
        assert ("甲校" in html and "乙所" in html) is bool(read)


def test_on_paper_two_short_facts_share_a_line_and_a_long_one_stands_alone() -> None:
    long = {"type": "textarea", "key": "story", "label": "经过"}
    compiled = compiled_of(text("a"), text("b"), text("c"), long, text("d"), text("e"))
    data = {"a": "甲", "b": "乙", "c": "丙", "story": "略", "d": "丁", "e": "戊" * 21}
    shown, html = drawn(compiled, data, readonly=True)
    (block,) = shown.blocks
    assert [[field.name for field in line] for line in block.lines] == [["a", "b"], ["c"], ["story"], ["d"], ["e"]]
    assert html.count('<dd id="f-a">') == 1
    assert html.count('class="alone"') == 2 * 4


def test_what_guides_the_filling_is_not_there_for_reading() -> None:
    compiled = compiled_of(
        {"type": "text", "text": "# 组成考察组\n\n专家从专家库中选定。"},
        text("name", description="不超过二十字"),
        {"type": "text", "id": "hint", "text": "须与登记一致。", "properties": {"guides": "yes"}},
        {"type": "text", "id": "result", "text": "核对的结论：{{name}}"},
    )
    _, filling = drawn(compiled, {"name": "甲"})
    _, reading = drawn(compiled, {"name": "甲"}, readonly=True)
    for guidance in ("组成考察组", "专家从专家库中选定", "不超过二十字", "须与登记一致"):
        assert guidance in filling
        assert guidance not in reading
    assert "核对的结论：甲" in reading


def test_how_much_to_write_is_said_before_it_is_written() -> None:
    def asked(least: int, readonly: bool = False, **over: Any) -> str:
        field = {"type": "textarea", "key": "why", "label": "原因", "validate": {"minLength": least}, **over}
        return drawn(compiled_of(field), {}, readonly=readonly)[1]

    assert "至少 50 字" in asked(50)
    assert "写明事实；至少 50 字" in asked(50, description="写明事实")
    assert "至少" not in asked(50, description="50 至 500 字")
    assert "至少" not in asked(5)
    assert "至少" not in asked(50, readonly=True)


def test_codes_are_set_in_their_own_face_and_phones_get_their_keyboard() -> None:
    compiled = compiled_of(text("u", properties={"format": "uscc"}), text("m", properties={"format": "mobile"}))
    controls = {c.name: c.attributes for c in Page(drawn(compiled, {"u": CODE})[1]).controls}
    assert "input--code" in controls["u"]["class"]
    assert controls["m"]["inputmode"] == "tel"


def test_a_judgement_of_yes_partly_and_no_stands_in_one_line() -> None:
    def judged(*values: str, label: str = "符合") -> str:
        options = [{"value": value, "label": label} for value in values]
        return drawn(compiled_of({"type": "radio", "key": "r", "values": options}), {"r": values[-1]})[1]

    html = judged("yes", "partly", "no")
    check_structure(html)
    assert [html.count(word) for word in ('class="seg"', '<label class="part">', '<label class="no picked">')] == [
        1,
        1,
        1,
    ]
    assert Page(html).pairs() == [("r", "no")]
    assert 'class="seg"' in judged("yes", "no")
    for other in (
        judged("a", "b"),
        judged("yes", "a", "b", "no"),
        judged("yes", "no", label="这一项写得太长放不下一行"),
    ):
        assert 'class="seg"' not in other


def test_of_two_answers_none_is_marked_as_lacking() -> None:
    two = [{"label": "有", "value": "yes"}, {"label": "没有", "value": "no"}]
    asked = compiled_of({"type": "radio", "key": "conflict", "label": "持有其股份", "values": two})
    _, html = drawn(asked, {"conflict": "no"})
    assert '<label class="picked">' in html


def test_rows_of_short_values_are_read_as_a_table_and_others_as_sections() -> None:
    flat = compiled_of(rows("l", text("a"), number("b", conditional={"hide": '=this.a = "x"'})))
    found, html = drawn(flat, {"l": [{"a": "x"}, {"a": "y", "b": 7}]}, readonly=True)
    page = check_structure(html)
    assert found.lines[0].fields[0].table is not None
    assert [attributes.get("data-l") for tag, attributes in page.elements if tag == "td"] == ["序号", "a", "b"] * 2
    nested = compiled_of(rows("l", text("a"), rows("m", text("b"))))
    _, html = drawn(nested, {"l": [{"a": "x", "m": [{"b": "1"}]}]}, readonly=True)
    assert html.count("<table") == 1
    assert "第 1 项" in html


def test_data_of_the_wrong_kind_is_drawn_and_does_not_break_the_page() -> None:
    data = {
        "lead": "x",
        "members": [1, {"kind": ["x"]}],
        "direct": 7,
        "tasks": {"support": "rd", "items": {}},
        "build_from": 3,
    }
    check_structure(drawn(example(), data)[1])
    check_structure(drawn(example(), data, readonly=True)[1])


def test_what_a_condition_asks_for_is_not_called_optional() -> None:
    asked = text("asked", properties={"source": "第七条"})
    _, html = drawn(compiled_of(text("free"), asked, text("must", validate={"required": True})), {})
    labels = re.findall(r'<label for="f-(\w+)">(.*?)</label>', html)
    assert [(name, "（选填）" in words, "第七条" in words and "（条件要求）" in words) for name, words in labels] == [
        ("free", True, False),
        ("asked", False, True),
        ("must", False, False),
    ]


@pytest.mark.parametrize(("accept", "told"), [(".pdf", "PDF，"), (".pdf,.jpg,.jpeg", "PDF JPG，")])
def test_a_file_field_says_what_it_takes(accept: str, told: str) -> None:
    found, _ = drawn(compiled_of({"type": "filepicker", "key": "f", "accept": accept, "description": "盖章件"}), {})
    assert found.lines[0].fields[0].help == f"盖章件；{told}每份不超过 {MAX_UPLOAD_BYTES // 2**20} MB"


def test_what_stood_beside_the_form_is_not_read_as_submitted() -> None:
    columns = [{"key": "name", "label": "名称"}]
    compiled = compiled_of(
        {
            "type": "table",
            "id": "theirs",
            "label": "检查发现的问题",
            "dataSource": "=case.findings",
            "columns": columns,
        },
        {"type": "text", "id": "told", "text": "计划抽取 {{case.size}} 人"},
        {"type": "documentPreview", "label": "协议", "dataSource": "=case.files"},
        rows("l", text("name")),
        {"type": "table", "id": "own", "label": "本表的名称", "dataSource": "=l", "columns": columns},
        {"type": "text", "id": "sum", "text": "共 {{count(l)}} 项"},
    )
    variables = {"case": {"found": [{"name": "甲"}], "size": 7, "files": ["att-0001"]}}
    seen = {
        readonly: drawn(compiled, {"l": [{"name": "乙"}]}, variables=variables, readonly=readonly)[1]
        for readonly in (False, True)
    }
    for beside in ("检查发现的问题", "计划抽取 7 人"):
        assert [beside in html for html in seen.values()] == [True, False]
    for kept in ("协议", "本表的名称", "共 1 项"):
        assert [kept in html for html in seen.values()] == [True, True]
    assert compiled.read_paths == {("case", "files")}
