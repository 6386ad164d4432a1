"""What is refused at deployment, with file, element and reason in both languages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.domain.errors import DeploymentRefused
from service.forms import check_form, compile_form, read_form
from tests.forms.desk import DATA, ROLES, example, form_of, number, rows, text

CHOICE = {"type": "select", "key": "k", "label": "K", "id": "one"}
LIST = {"type": "dynamiclist", "path": "k", "isRepeating": True, "id": "one", "components": []}


def found(*components: dict[str, Any], roles: tuple[str, ...] = (), **over: Any) -> set[tuple[str, str]]:
    problems = check_form(form_of(*components, **over), roles=roles, functions=("valid credit code",))
    assert all(p.zh and p.en and p.file == "forms/f.form" and "{" not in p.zh.replace("{{", "") for p in problems)
    return {(p.element, p.code) for p in problems}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "html", "content": "<b>"}, "refused-type"),
        ({"type": "iframe", "url": "https://example.org"}, "refused-type"),
        ({"type": "range"}, "unknown-type"),
        ({"onclick": "x"}, "unknown-attribute"),
        ({"key": "a-b"}, "bad-key"),
        ({"key": "键"}, "bad-key"),
        ({"key": ""}, "bad-key"),
        ({"key": "this"}, "reserved-key"),
        ({"key": "case"}, "reserved-key"),
        ({"key": "_submit"}, "reserved-key"),
        ({"conditional": {"hide": "=other >"}}, "feel"),
        ({"conditional": {"hide": "=other = 1", "show": "=other"}}, "bad-condition"),
        ({"conditional": {"hide": "=stranger = 1"}}, "unknown-name"),
        ({"conditional": {"hide": "=" + "1 + " * 2000 + "1"}}, "feel"),
        ({"disabled": "=other"}, "not-boolean"),
        ({"validate": {"pattern": "(a+)+\\1"}}, "bad-pattern"),
        ({"validate": {"pattern": "(?=a)b"}}, "bad-pattern"),
        ({"validate": {"pattern": "a" * 201}}, "bad-pattern"),
        ({"validate": {"pattern": "("}}, "bad-pattern"),
        ({"validate": {"minLength": "many"}}, "bad-limit"),
        ({"validate": {"minLength": -1}}, "bad-limit"),
        ({"validate": {"min": 1}}, "unknown-rule"),
        ({"validate": {"required": "yes"}}, "unknown-rule"),
        ({"validate": {"validationType": "url"}}, "unknown-rule"),
        ({"properties": {"per-role": "x=admin"}}, "bad-property"),
        ({"properties": {"classification": "secret"}}, "bad-property"),
        ({"properties": {"format": "iban"}}, "bad-property"),
        ({"properties": {"format": "money-wan"}}, "bad-property"),
        ({"properties": {"min-items": "1"}}, "bad-property"),
        ({"properties": {"later-than": "2022-07-29"}}, "bad-property"),
        ({"properties": {"note": 1}}, "bad-property"),
        ({"properties": {"answers": "是|否"}}, "bad-property"),
        ({"properties": {"each-option": "yes"}}, "bad-property"),
        ({"properties": {"guides": "yes"}}, "bad-property"),
        ({"type": "checkbox", "properties": {"answers": "是|"}}, "bad-property"),
        ({"id": "other"}, "duplicate-id"),
        ({"label": ""}, "no-label"),
        ({"key": "o"}, "taken-key"),
        ({"key": "o.deeper"}, "taken-key"),
        ({"layout": {"row": "r", "columns": 17}}, "bad-layout"),
        ({"description": "{{#if other}}x"}, "template"),
        ({"defaultValue": ["x"]}, "bad-default"),
    ],
)
def test_a_text_field_that_is_wrong(change: dict[str, Any], code: str) -> None:
    one = {"type": "textfield", "id": "one", "key": "k", "label": "K", **change}
    problems = found({"type": "textfield", "id": "other", "key": "o", "label": "O"}, one)
    assert (change.get("id", "one"), code) in problems


@pytest.mark.parametrize(
    ("component", "code"),
    [
        (CHOICE, "options"),
        ({**CHOICE, "values": []}, "options"),
        ({**CHOICE, "values": [{"label": "a", "value": 1}]}, "options"),
        ({**CHOICE, "values": [{"label": "a", "value": "a"}, {"label": "b", "value": "a"}]}, "options"),
        ({**CHOICE, "values": [{"label": "a", "value": "a"}], "valuesKey": "task.x"}, "options"),
        ({**CHOICE, "valuesKey": "counties"}, "unknown-name"),
        ({**CHOICE, "values": [{"label": "a", "value": "a"}], "defaultValue": "b"}, "bad-default"),
        ({**LIST, "isRepeating": False}, "not-repeating"),
        ({**LIST, "path": ""}, "bad-key"),
        ({**LIST, "defaultRepetitions": 101}, "bad-limit"),
        ({**LIST, "properties": {"min-items": "3", "max-items": "2"}}, "bad-property"),
        ({**LIST, "properties": {"max-items": "many"}}, "bad-property"),
        ({"type": "expression", "key": "k", "id": "one", "expression": "1 + 1"}, "no-formula"),
        ({"type": "expression", "key": "k", "id": "one", "expression": "=k + 1"}, "cycle"),
        ({"type": "expression", "key": "k", "id": "one", "expression": "=1", "computeOn": "never"}, "bad-compute"),
        ({"type": "expression", "key": "k", "id": "one", "expression": "=1", "validate": {}}, "refused-attribute"),
        ({"type": "datetime", "key": "k", "id": "one", "dateLabel": "K", "subtype": "week"}, "bad-subtype"),
        ({"type": "number", "key": "k", "id": "one", "decimalDigits": 11}, "bad-limit"),
        ({"type": "number", "key": "k", "id": "one", "increment": "0"}, "bad-limit"),
        ({"type": "number", "key": "k", "id": "one", "defaultValue": "much"}, "bad-default"),
        ({"type": "table", "id": "one", "columns": [{"key": "a", "label": "A"}]}, "no-source"),
        ({"type": "table", "id": "one", "dataSource": "=task.x"}, "columns"),
        ({"type": "table", "id": "one", "dataSource": "=task.x", "columns": [{"key": "a"}]}, "columns"),
        ({"type": "image", "id": "one", "source": "https://example.org/a.png", "alt": "a"}, "picture"),
        ({"type": "image", "id": "one", "source": "//example.org/a.png", "alt": "a"}, "picture"),
        ({"type": "image", "id": "one", "source": "/static/a.png"}, "no-label"),
        ({"type": "button", "id": "one", "label": "go", "action": "delete"}, "bad-action"),
        ({"type": "documentPreview", "id": "one", "dataSource": "=task.x", "endpointKey": "e"}, "refused-attribute"),
        ({"type": "documentPreview", "id": "one"}, "no-source"),
        ({"type": "filepicker", "key": "k", "id": "one", "multiple": "=true"}, "not-boolean"),
        ({"type": "", "id": "one"}, "unknown-type"),
    ],
)
def test_another_component_that_is_wrong(component: dict[str, Any], code: str) -> None:
    assert ("one", code) in found(component)


def test_roles_must_be_those_of_the_manifest() -> None:
    field = text("k", id="one", properties={"per-role": "lead=write, mayor=read, *=hidden"})
    assert ("one", "unknown-role") in found(field, roles=("lead",))
    assert ("one", "unknown-role") not in found(field, roles=("lead", "mayor"))
    assert ("one", "unknown-role") not in found(field)


def test_computed_fields_must_not_feed_one_another_in_a_circle() -> None:
    circle = [
        {"type": "expression", "key": key, "id": key, "expression": f"={uses} + 1"}
        for key, uses in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))
    ]
    assert {(key, "cycle") for key in "abc"} <= found(*circle)
    assert ("d", "cycle") not in found(*circle)


def test_registered_functions_are_known_by_name() -> None:
    known = text("k", id="one", conditional={"hide": "=not(valid credit code(k))"})
    assert found(known) == set()
    unknown = text("k", id="one", conditional={"hide": "=not(phone of(k))"})
    assert ("one", "unknown-name") in found(unknown) or ("one", "feel") in found(unknown)


def test_a_comparison_that_hides_on_nothing_is_warned_of() -> None:
    form = form_of(number("a"), text("b", id="one", conditional={"hide": "=a > 3"}))
    assert [(p.element, p.code, p.level) for p in check_form(form, roles=())] == [("one", "hide-on-null", "warning")]
    compile_form(form)


SECRET = text("lead.mobile", id="secret", properties={"per-role": "office=read"})


@pytest.mark.parametrize(
    "leaking",
    [
        {"type": "text", "text": "电话 {{lead.mobile}}"},
        {"type": "text", "text": "{{string(lead)}}"},
        {"type": "text", "text": "{{lead}}"},
        {"type": "text", "text": "{{this.lead.mobile}}"},
        {"type": "text", "text": "{{#if lead.name != null}}{{lead.mobile}}{{/if}}"},
        {"type": "expression", "key": "copy", "expression": "=lead.mobile"},
        {"type": "expression", "key": "copy", "expression": "=for x in [lead] return x.mobile"},
        {"type": "select", "key": "s", "label": "s", "valuesExpression": "=[lead.mobile]"},
        {"type": "select", "key": "s", "label": "s", "valuesKey": "lead.mobile"},
        {"type": "table", "dataSource": "=[lead]", "columns": [{"key": "mobile", "label": "m"}]},
        {"type": "textfield", "key": "x", "label": "{{lead.mobile}}"},
        {"type": "textfield", "key": "x", "label": "x", "appearance": {"suffixAdorner": "=lead.mobile"}},
        {"type": "number", "key": "x", "label": "x", "validate": {"max": "=lead.mobile"}},
        {"type": "documentPreview", "dataSource": "=lead.mobile"},
    ],
)
def test_a_text_must_not_show_what_a_role_may_not_see(leaking: dict[str, Any]) -> None:
    assert ("one", "leak") in found(text("lead.name"), SECRET, {**leaking, "id": "one"})
    shut = {**leaking, "id": "one", "properties": {"per-role": "office=read"}}
    assert ("one", "leak") not in found(text("lead.name"), SECRET, shut)


@pytest.mark.parametrize(
    "innocent",
    [
        {"type": "text", "text": "{{lead.name}}"},
        {"type": "text", "text": '{{if lead = null then "" else lead.name}}'},
        {"type": "textfield", "key": "x", "label": "x", "conditional": {"hide": "=lead.mobile = null"}},
    ],
)
def test_what_does_not_show_it_is_no_leak(innocent: dict[str, Any]) -> None:
    assert ("one", "leak") not in found(text("lead.name"), SECRET, {**innocent, "id": "one"})


def test_rows_leak_through_loops_and_row_names_and_not_through_counts() -> None:
    shut = text("shut", id="shut", properties={"per-role": "office=read"})
    told = [
        {"type": "text", "id": "loop", "text": "{{#loop list}}{{shut}}{{/loop}}"},
        {"type": "text", "id": "for", "text": "{{for x in list return x.shut}}"},
        {"type": "text", "id": "rows", "text": "{{list[1]}}"},
        {"type": "text", "id": "count", "text": "{{count(list)}} {{#loop list}}{{open}}{{/loop}}"},
    ]
    inside = {"type": "text", "id": "inside", "text": "{{this.shut}}"}
    problems = found(rows("list", text("open", id="open"), shut, inside), *told)
    assert {element for element, code in problems if code == "leak"} == {"loop", "for", "rows", "inside"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"type":"default"}',
        '{"type":"default","components":[1]}',
        '{"type":"default","type":"default","components":[]}',
        '{"type":"default","components":[],"x":NaN}',
    ],
)
def test_what_is_no_form_is_refused_when_read(content: str) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        read_form(content, file="a.form")
    assert refused.value.problems[0].file == "a.form"


def test_bytes_that_are_no_text_and_brackets_without_end_are_refused() -> None:
    for content in (b"\xff\xfe", b'{"type":"default","components":' + b"[" * 100_000):
        with pytest.raises(DeploymentRefused):
            read_form(content, file="a.form")


def test_the_document_itself_is_checked() -> None:
    assert ("", "no-id") in found(id="")
    assert ("", "no-id") in found(id="a b")
    assert ("", "schema-version") in found(schemaVersion=20)
    assert ("", "schema-version") in found(schemaVersion=None)
    assert ("", "unknown-attribute") in found(script="x")


def test_the_form_as_a_whole_may_say_who_sees_it_and_is_checked_too() -> None:
    assert ("", "bad-property") in found(text("a"), properties={"per-role": "lead=all"})
    assert ("", "unknown-role") in found(text("a"), properties={"per-role": "mayor=read"}, roles=("lead",))
    assert ("", "bad-property") in found(text("a"), properties={"classification": "secret"})


def test_a_form_with_errors_does_not_compile() -> None:
    with pytest.raises(DeploymentRefused) as refused:
        compile_form(form_of({"type": "html", "id": "one", "content": "<script>"}))
    told = refused.value.problems[0]
    assert (told.file, told.element, told.code) == ("forms/f.form", "one", "refused-type")
    assert "html" in told.text("zh")
    assert "HTML" in told.text("en")


@pytest.mark.parametrize("name", ["consortium-declaration", "torture"])
def test_the_examples_are_clean(name: str) -> None:
    form = read_form((DATA / f"{name}.form").read_text(encoding="utf-8"), file=f"{name}.form")
    assert [p for p in check_form(form, roles=ROLES) if p.level == "error"] == []


def test_a_version_is_named_by_what_it_says_not_by_how_it_is_written() -> None:
    raw = json.loads((DATA / "consortium-declaration.form").read_bytes())
    again = compile_form(read_form(json.dumps(raw, indent=7), file="x"))
    assert again.digest == example().digest
    raw["components"][0]["text"] += "!"
    assert compile_form(read_form(json.dumps(raw), file="x")).digest != example().digest
