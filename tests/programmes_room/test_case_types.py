"""The types of the case's fields are those of the forms, and models are held against them when they are published."""

from __future__ import annotations

from typing import Any

import pytest

from service.feel import check_expression
from service.programmes.case_types import case_types
from service.programmes.check import check_programme
from tests.programmes_room.sample import KEY, sample_files

SCHEMA: dict[str, Any] = {
    "properties": {
        "share": {"type": "number"},
        "count": {"type": "integer"},
        "name": {"type": "string"},
        "form": {"enum": ["established", "proposed"]},
        "truthful": {"type": "boolean"},
        "begun_on": {"type": "string", "format": "date"},
        "level": {"enum": ["high", 3]},
        "members": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"amount": {"type": "number"}},
                "additionalProperties": False,
            },
        },
    }
}
TYPES = case_types({"year-end-report": SCHEMA})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('case.year_end_report.share = "1"', "comparison"),
        ("case.year_end_report.form = 1", "comparison"),
        ('case.year_end_report.begun_on > @"2026-01-01"', "comparison"),
        ("case.year_end_report.members.amounts", "no-member"),
        ('sum(case.year_end_report.members.amount) > "9"', "comparison"),
        ("case.year_end_report.truthful + 1", "operands"),
        ("working days after(case.year_end_report.share, 3) = today()", "arguments"),
        ('is working day(today()) = "yes"', "comparison"),
        ("case.members[share > 3].whatever > 1", "comparison"),
    ],
)
def test_a_field_is_of_its_forms_type(text: str, code: str) -> None:
    assert [each.code for each in check_expression(text, TYPES)] == [code]


@pytest.mark.parametrize(
    "text",
    [
        'date(case.year_end_report.begun_on) > @"2026-01-01"',
        "case.year_end_report.count >= 3 and case.year_end_report.share < 0.6",
        'case.year_end_report.level = 3 or case.year_end_report.level = "high"',
        "case.year_end_report.members[amount > 3].amount",
        "case.members[share > 3][1].whatever > 1",
        "case.year_end_report.misspelt = 1",
        'working days after(deadline("x"), 3) > date(case.year_end_report.begun_on)',
    ],
)
def test_what_may_be_is_not_told(text: str) -> None:
    assert check_expression(text, TYPES) == []


def test_a_programme_tells_it_at_the_element() -> None:
    path = f"dmn/{KEY}/sample-verdict.dmn"
    text = sample_files()[path].decode()
    wrong = text.replace(
        "<text>case.sample_declaration.member_count</text>", "<text>case.sample_declaration.member_count + true</text>"
    )
    assert wrong != text
    problems = check_programme({**sample_files(), path: wrong.encode()}, KEY)
    assert [(each.level, each.code, each.file) for each in problems if each.code.startswith("never-o")] == [
        ("error", "never-operands", path)
    ]


def test_a_diagram_tells_it_too() -> None:
    path = f"bpmn/{KEY}/two-dates.bpmn"
    text = sample_files()[path].decode()
    wrong = text.replace("deadline(&#34;submission&#34;)", "deadline(3)")
    assert wrong != text
    problems = check_programme({**sample_files(), path: wrong.encode()}, KEY)
    assert ("never-arguments", "submit") in {(each.code, each.element) for each in problems}
