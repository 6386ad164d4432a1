"""The JSON Schema of a form, and a JSON body judged by it and by the rules."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest

from service.forms import judge
from tests.forms.desk import TODAY, VARIABLES, Submission, codes, compiled_of, example, number, rows, text


def judged(compiled: Any, body: dict[str, Any], **more: Any) -> Submission:
    more = {"roles": ("lead",), "variables": VARIABLES, "attachments": (), **more}
    return judge(compiled, body, today=TODAY, **more)


def test_the_schema_stands_alone_and_is_json() -> None:
    schema = json.loads(json.dumps(example().schema))
    jsonschema_rs.validator_for(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    lead = schema["properties"]["lead"]["properties"]
    assert (lead["uscc"]["format"], lead["uscc"]["x-classification"]) == ("uscc", "public")
    assert lead["rd_spend_2025_wan"] == {"title": "2025 年研发经费", "type": "number", "minimum": 0, "multipleOf": 0.01}
    assert schema["properties"]["members"]["maxItems"] == 60
    assert schema["properties"]["members"]["minItems"] == 1


def test_only_what_nothing_can_hide_is_required_by_the_schema() -> None:
    assert "consortium_name" in example().schema["required"]
    assert "field_other" not in example().schema["required"]
    assert "required" not in example().schema["properties"]["approval"]


def test_a_disabled_field_is_not_in_the_schema() -> None:
    assert "case_no" not in example().schema["properties"]


@pytest.mark.parametrize(
    ("body", "control", "code"),
    [
        ({"stranger": 1}, "stranger", "unknown"),
        ({"a": 1}, "a", "type"),
        ({"a": ["x"]}, "a", "type"),
        ({"a": {"b": 1}}, "a", "type"),
        ({"g": 1}, "g", "type"),
        ({"g": {"x": 1}}, "g.x", "unknown"),
        ({"list": 1}, "list", "type"),
        ({"list": [1]}, "list", "type"),
        ({"list": {"0": {}}}, "list", "type"),
        ({"list": [{"n": "1"}]}, "list[0].n", "not-a-number"),
        ({"list": [{"n": True}]}, "list[0].n", "not-a-number"),
        ({"list": [{"z": 1}]}, "list[0].z", "unknown"),
        ({"tick": "true"}, "tick", "type"),
        ({"tick": 1}, "tick", "type"),
        ({"many": "x"}, "many", "type"),
        ({"many": ["x", "x"]}, "many", "option"),
        ({"many": ["z"]}, "many", "option"),
        ({"one": "z"}, "one", "option"),
        ({"one": 1}, "one", "option"),
        ({"day": "2026-02-30"}, "day", "not-a-date"),
        ({"day": "20260301"}, "day", "not-a-date"),
        ({"hour": "25:00"}, "hour", "not-a-time"),
        ({"both": "2026-03-01"}, "both", "not-a-datetime"),
        ({"sum": 3}, "sum", "unknown"),
        ({"a.b": 1}, "a.b", "unknown"),
        ({"list[0]": {}}, "list[0]", "unknown"),
    ],
)
def test_a_json_body_that_is_wrong(body: dict[str, Any], control: str, code: str) -> None:
    values = [{"label": "x", "value": "x"}, {"label": "y", "value": "y"}]
    compiled = compiled_of(
        text("a"),
        text("g.b"),
        rows("list", number("n")),
        {"type": "checkbox", "key": "tick"},
        {"type": "checklist", "key": "many", "values": values},
        {"type": "radio", "key": "one", "values": values},
        {"type": "datetime", "key": "day", "subtype": "date"},
        {"type": "datetime", "key": "hour", "subtype": "time"},
        {"type": "datetime", "key": "both", "subtype": "datetime"},
        {"type": "expression", "key": "sum", "expression": "=1"},
    )
    assert codes(judged(compiled, body), control) == {code}


def test_a_json_body_that_is_right() -> None:
    compiled = compiled_of(text("a"), text("g.b"), rows("list", number("n"), text("kept")))
    found = judged(
        compiled,
        {"a": " x ", "list": [{"n": 1.5}]},
        stored={"a": "old", "g": {"b": "stays"}, "list": [{"n": 1, "kept": "k"}, {"n": 2, "kept": "gone"}]},
    )
    assert found.problems == ()
    assert found.data == {"a": "x", "g": {"b": "stays"}, "list": [{"n": Decimal("1.5"), "kept": "k"}]}


def test_a_box_that_must_be_ticked() -> None:
    compiled = compiled_of({"type": "checkbox", "key": "truth", "validate": {"required": True}})
    assert codes(judged(compiled, {"truth": False}), "truth") == {"required-check"}
    assert judged(compiled, {"truth": True}).problems == ()


@pytest.mark.parametrize(
    ("rules", "written", "code"),
    [
        ({"minLength": 3}, "𠮷林", {"min-length"}),
        ({"maxLength": 2}, "𠮷林", set()),
        ({"maxLength": 2}, "长春市", {"max-length"}),
        ({"pattern": "^长春市.+$"}, "吉林市", {"pattern"}),
        ({"pattern": "\\d"}, "a１b", {"pattern"}),
        ({"pattern": "b"}, "abc", set()),
        ({"validationType": "email"}, "a@b", set()),
        ({"validationType": "email"}, "not mail", {"email"}),
        ({"validationType": "email", "pattern": "cn$"}, "a@b.com", {"pattern"}),
        ({"validationType": "phone"}, "13812345678", {"phone"}),
        ({"validationType": "phone"}, "+8643112345678", set()),
        ({"minLength": 3}, "", set()),
    ],
)
def test_texts(rules: dict[str, Any], written: str, code: set[str]) -> None:
    assert codes(judged(compiled_of(text("a", validate=rules)), {"a": written}), "a") == code


def test_the_designer_says_what_a_pattern_means() -> None:
    rules = {"pattern": "^x", "patternErrorMessage": "请以 x 开头"}
    found = judged(compiled_of(text("a", validate=rules)), {"a": "y"})
    assert [(p.code, p.zh) for p in found.problems] == [("pattern", "请以 x 开头")]


@pytest.mark.parametrize(
    ("format_", "right", "wrong"),
    [
        ("uscc", "91350100M000100Y43", "91350100M000100Y34"),
        ("uscc", "914403001922038216", "91440300192203821"),
        ("uscc", "91330100799655058B", "91330100799655058b"),
        ("mobile", "13812345678", "12812345678"),
        ("mobile", "19912345678", "1991234567"),
        ("phone-cn", "0431-88776655", "88776655"),
        ("phone-cn", "13812345678", "+8613812345678"),
        ("id-card", "11010519491231002X", "110105194912310021"),
        ("id-card", "11010519491231002X", "110105194913310021"),
        ("email", "name@example.cn", "name@example"),
    ],
)
def test_formats(format_: str, right: str, wrong: str) -> None:
    compiled = compiled_of(text("a", properties={"format": format_}))
    assert judged(compiled, {"a": right}).problems == ()
    told = judged(compiled, {"a": wrong}).problems
    assert [p.control for p in told] == ["a"]
    assert told[0].zh != told[0].en


def test_a_pattern_that_would_hang_a_backtracking_engine_takes_no_time() -> None:
    compiled = compiled_of(text("a", validate={"pattern": "^(a+)+$", "maxLength": 40_000}))
    assert codes(judged(compiled, {"a": "a" * 30_000 + "!"}), "a") == {"pattern"}
