"""Which files prefilled data lets a submission name: those in its file fields, not what somebody typed."""

from __future__ import annotations

import json

from service.forms import compile_form, read_form
from service.programmes.task_forms import codes_named

FORM = {
    "type": "default",
    "id": "sample",
    "schemaVersion": 18,
    "components": [
        {"type": "textfield", "id": "f1", "key": "title", "label": "名称"},
        {"type": "filepicker", "id": "f2", "key": "plan", "label": "方案"},
        {
            "type": "dynamiclist", "id": "f3", "path": "members", "label": "成员", "isRepeating": True,
            "components": [
                {"type": "textfield", "id": "f4", "key": "name", "label": "名称"},
                {"type": "filepicker", "id": "f5", "key": "consent", "label": "同意书"},
            ],
        },
    ],
}  # fmt: skip


def test_a_code_typed_into_a_text_is_no_file_of_the_task() -> None:
    compiled = compile_form(read_form(json.dumps(FORM), file="sample.form"))
    data = {
        "title": "att-typed",
        "plan": ["att-plan"],
        "members": [{"name": "att-typed-too", "consent": ["att-one"]}, {"name": "乙", "consent": None}],
        "note": ["att-nowhere"],
    }
    assert codes_named(compiled, data) == {"att-plan", "att-one"}
    assert codes_named(compiled, {}) == frozenset()
