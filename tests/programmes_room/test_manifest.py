"""The manifest: read into frozen values, and every mistake told with its place and line."""

from __future__ import annotations

from datetime import date

import pytest

from service.domain.errors import DeploymentRefused, Problem
from service.programmes.duty import Duty
from service.programmes.manifest import NumberRule, read_manifest
from tests.programmes_room.sample import sample_files, sample_manifest

FILE = "bpmn/one/programme.toml"
GOOD = """key = "one"
name = "示例"
authority = "bureau"
status = "draft"
effective_from = 2025-01-01

[procedures.apply]
name = "申报"
start = "lead"
number = "filing"

[roles.lead]
name = "牵头单位"
holder = "applicant"

[deadlines.review]
name = "初审"
starts = "stage"
working_days = 10
escalate_to = "lead"

[numbers.filing]
pattern = "备〔{year}〕{serial}号"

[settings]
copies = 2
fields = ["新材料", "半导体"]

[duties.report]
name = "年度报告"
due = "01-31"
procedure = "apply"
"""


def problems(text: str | bytes, file: str = FILE) -> list[Problem]:
    with pytest.raises(DeploymentRefused) as caught:
        read_manifest(text, file=file)
    return list(caught.value.problems)


def test_the_sample_says_what_its_notice_says() -> None:
    manifest = sample_manifest()
    paper = manifest.deadlines["paper-delivery"]
    assert (paper.starts, paper.event, paper.working_days, paper.end) == (
        "event:training-held",
        "training-held",
        10,
        "17:30",
    )
    assert paper.reminders == (5, 2, 1, 0)
    assert manifest.deadlines["submission"].starts == "call"
    assert manifest.settings == {"copies": 2}
    assert manifest.file in sample_files()


def test_values_are_frozen() -> None:
    manifest = read_manifest(GOOD, file=FILE)
    assert manifest.settings["fields"] == ("新材料", "半导体")
    with pytest.raises(TypeError):
        manifest.roles["x"] = manifest.roles["lead"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("old", "new", "element", "code", "line"),
    [
        ('status = "draft"', 'status = "live"', "status", "manifest-choice", 4),
        ('status = "draft"\n', "", "status", "manifest-required", 0),
        ('key = "one"', 'key = "Eins"', "key", "manifest-kebab", 1),
        ('name = "示例"', 'name = " "', "name", "manifest-blank", 2),
        ('name = "示例"', "name = 3", "name", "manifest-text", 2),
        ("2025-01-01", '"2025-01-01"', "effective_from", "manifest-day", 5),
        ("2025-01-01", "2025-01-01T00:00:00", "effective_from", "manifest-day", 5),
        ('holder = "applicant"', 'holder = "anyone"', "roles.lead.holder", "manifest-choice", 14),
        ('start = "lead"', 'start = "leed"', "procedures.apply.start", "manifest-unknown-name", 9),
        ('number = "filing"', 'number = "none"', "procedures.apply.number", "manifest-unknown-name", 10),
        ('escalate_to = "lead"', 'escalate_to = "boss"', "deadlines.review.escalate_to", "manifest-unknown-name", 20),
        ('procedure = "apply"', 'procedure = "report"', "duties.report.procedure", "manifest-unknown-name", 32),
        ('starts = "stage"', 'starts = "event:Training"', "deadlines.review.starts", "manifest-starts", 18),
        ("working_days = 10", "working_days = 0", "deadlines.review.working_days", "manifest-whole", 19),
        ("working_days = 10", "working_days = true", "deadlines.review.working_days", "manifest-whole", 19),
        ("working_days = 10", "working_days = 10\nmonths = 1", "deadlines.review", "manifest-length", 16),
        ("working_days = 10\n", "", "deadlines.review", "manifest-length", 16),
        ("working_days = 10", 'working_days = 10\nend = "25:00"', "deadlines.review.end", "manifest-time", 20),
        ("working_days = 10", "working_dayz = 10", "deadlines.review.working_dayz", "manifest-unknown", 19),
        ('due = "01-31"', 'due = "31-01"', "duties.report.due", "manifest-month-day", 31),
        ("{serial}号", "号", "numbers.filing.pattern", "manifest-pattern", 23),
        ("{serial}", "{serial}{month}", "numbers.filing.pattern", "manifest-pattern", 23),
        ("copies = 2", "copies = {a = 1}", "settings.copies", "manifest-setting", 26),
        ("[procedures.apply]", "[procedures.Apply]", "procedures.Apply", "manifest-kebab", 7),
    ],
)
def test_each_mistake_is_told_with_its_place(old: str, new: str, element: str, code: str, line: int) -> None:
    assert old in GOOD
    found = {(problem.element, problem.code, problem.line) for problem in problems(GOOD.replace(old, new, 1))}
    assert (element, code, line) in found


def test_all_mistakes_are_told_together_and_in_both_languages() -> None:
    text = GOOD.replace('holder = "applicant"', 'holder = "x"').replace("copies = 2", "copies = {}")
    found = problems(text)
    assert len(found) == 2
    assert all(problem.zh and problem.en and problem.zh != problem.en for problem in found)


@pytest.mark.parametrize(
    ("text", "code"),
    [("a = ", "manifest-syntax"), (b"\xff\xfe", "manifest-encoding"), ("key = [" * 5000, "manifest-syntax")],
    ids=["half", "bytes", "deep"],
)
def test_what_is_no_toml_is_one_problem(text: str | bytes, code: str) -> None:
    assert [problem.code for problem in problems(text)] == [code]


def test_a_syntax_error_names_its_line() -> None:
    assert problems('key = "one"\nname = "\n')[0].line == 2


def test_the_key_is_the_folders_name() -> None:
    assert [problem.code for problem in problems(GOOD, file="bpmn/two/programme.toml")] == ["manifest-folder"]


def test_a_programme_without_procedures_is_refused() -> None:
    text = 'key="one"\nname="n"\nauthority="a"\nstatus="draft"\n'
    assert [problem.code for problem in problems(text)] == ["manifest-empty"]


@pytest.mark.parametrize(
    ("duty", "anchor", "first", "second"),
    [
        (Duty("a", "年度报告", due="12-31"), date(2020, 6, 1), date(2020, 12, 31), date(2021, 12, 31)),
        (Duty("a", "年度报告", due="01-31"), date(2025, 1, 31), date(2026, 1, 31), date(2027, 1, 31)),
        (Duty("a", "评价", every_years=3), date(2024, 2, 29), date(2027, 2, 28), date(2030, 2, 28)),
        (Duty("a", "建设", every_years=0, after_months=24), date(2020, 6, 1), date(2022, 6, 1), None),
        (Duty("a", "报告", due="02-29"), date(2025, 6, 1), date(2026, 2, 28), date(2027, 2, 28)),
        (Duty("a", "报告", due="01-31", after_months=12), date(2025, 6, 1), date(2027, 1, 31), date(2028, 1, 31)),
    ],
)
def test_duties_fall_due_again_and_again(duty: Duty, anchor: date, first: date, second: date | None) -> None:
    assert duty.first_due(anchor) == first
    assert duty.next_due(first) == second


def test_programmes_that_write_one_pattern_take_their_numbers_from_one_counter() -> None:
    own, other = NumberRule("case", "SB{year}{serial}", digits=5), NumberRule("letter", "SB{year}{serial}", digits=6)
    assert own.series(2026) == other.series(2026)
    assert len({own.series(2026), own.series(2027), NumberRule("case", "CY{year}{serial}").series(2026)}) == 3
