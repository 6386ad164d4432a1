"""The check: every problem of every part in one list, once, at the element that has it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.domain.errors import InvalidInput
from service.programmes.case_names import SCALARS
from service.programmes.check import check_folder, check_programme
from service.programmes.describe import describe, describe_folder
from service.store import case_view
from service.store.cases import Case
from tests.programmes_room.sample import KEY, ROOT, sample_files

BPMN = f"bpmn/{KEY}/two-dates.bpmn"
DMN = f"dmn/{KEY}/sample-verdict.dmn"
TOML = f"bpmn/{KEY}/programme.toml"
FORMS = f"forms/{KEY}"


def changed(path: str, old: str, new: str) -> dict[str, bytes]:
    text = sample_files()[path].decode()
    assert old in text
    return {**sample_files(), path: text.replace(old, new).encode()}


def found(files: dict[str, bytes], **options: object) -> set[tuple[str, str, str, str]]:
    problems = check_programme(files, KEY, **options)  # type: ignore[arg-type]
    assert len(problems) == len(set(problems))
    assert all(problem.zh and problem.en for problem in problems)
    return {(problem.level, problem.code, problem.file, problem.element) for problem in problems}


@pytest.mark.parametrize(
    ("path", "old", "new", "code"),
    [
        (BPMN, "</bpmn:process>", "", "xml-unreadable"),
        (DMN, "</decisionTable>", "", "xml-unreadable"),
        (f"{FORMS}/sample-declaration.form", "{", "", "form-unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_is_the_only_problem_it_makes(path: str, old: str, new: str, code: str) -> None:
    files = sample_files()
    text = files[path].decode()
    assert old in text
    (problem,) = check_programme({**files, path: text.replace(old, new, 1).encode()}, KEY)
    assert (problem.code, problem.file) == (code, path)
    assert "string" not in problem.zh, "the parser has no name for the file"
    if code == "xml-unreadable":
        assert "没有结束" in problem.zh


def test_the_sample_has_no_problem_not_even_a_warning() -> None:
    assert check_folder(ROOT, KEY) == []
    assert check_programme(sample_files(), KEY, operations={"notify", "issue-letter"}) == []


@pytest.mark.parametrize(
    ("path", "old", "new", "problem"),
    [
        (BPMN, "deadline(&#34;submission&#34;)", "deadline(&#34;submit&#34;)", ("deadline-unknown", BPMN, "submit")),
        (BPMN, "groups(&#34;lead&#34;)", "groups(&#34;leed&#34;)", ("role-unknown", BPMN, "submit")),
        (BPMN, "groups(&#34;lead&#34;)", "groups(who)", ("role-unmapped", BPMN, "submit")),
        (BPMN, 'formId="sample-declaration"', 'formId="none"', ("form-missing", BPMN, "submit")),
        (BPMN, 'decisionId="sample_verdict"', 'decisionId="none"', ("decision-missing", BPMN, "decide")),
        (BPMN, "sample-receipt", "none", ("letter-missing", BPMN, "tell")),
        (
            f"{FORMS}/sample-receipt.letter.md",
            '"lead"',
            '"leed"',
            ("role-unknown", f"{FORMS}/sample-receipt.letter.md", "to"),
        ),
        (
            f"{FORMS}/sample-reminder.letter.md",
            '"submission"',
            '"submit"',
            ("deadline-unknown", f"{FORMS}/sample-reminder.letter.md", ""),
        ),
        (
            TOML,
            "[numbers.receipt]",
            "[numbers.other]",
            ("number-unknown", f"{FORMS}/sample-receipt.letter.md", "number"),
        ),
        (TOML, 'key = "sample-two-dates"', 'key = "other"', ("manifest-folder", TOML, "key")),
    ],
    ids=range(10),
)
def test_names_that_do_not_meet_are_told_where_they_stand(
    path: str, old: str, new: str, problem: tuple[str, str, str]
) -> None:
    assert ("error", *problem) in found(changed(path, old, new))


def test_what_is_missing_is_told_once() -> None:
    files = changed(BPMN, 'formId="sample-declaration"', 'formId="none"')
    problems = [problem for problem in check_programme(files, KEY) if problem.level == "error"]
    assert [problem.code for problem in problems] == ["form-missing"]


def test_a_broken_decision_is_told_of_its_file_and_not_again_of_the_task() -> None:
    path = f"dmn/{KEY}/sample-verdict.dmn"
    problems = check_programme(changed(path, "&gt;= 5", "&gt;= ="), KEY)
    assert {problem.file for problem in problems} == {path}


def test_an_operation_outside_the_catalogue_is_told_where_the_catalogue_is_given() -> None:
    assert ("error", "unknown-operation", BPMN, "tell") in found(sample_files(), operations={"notify"})


def test_the_engines_own_problems_are_in_the_list() -> None:
    assert any(file == BPMN for _, _, file, _ in found(changed(BPMN, "receiveTask", "scriptTask")))


def test_spare_files_and_spare_deadlines_are_warnings() -> None:
    spare = '\n[deadlines.spare]\nname = "x"\nstarts = "task"\nworking_days = 1\n'
    files = {
        **sample_files(),
        f"{FORMS}/spare.form": b'{"id": "spare", "type": "default", "components": []}',
        TOML: sample_files()[TOML] + spare.encode(),
    }
    assert found(files) == {
        ("warning", "orphan", f"{FORMS}/spare.form", ""),
        ("warning", "deadline-unused", TOML, "deadlines.spare"),
    }


@pytest.mark.parametrize(("months", "told"), [("", 1), ("extension_months = 6", 1), ("extension_months = 12", 0)])
def test_a_duty_and_its_deadline_may_be_moved_equally_far(months: str, told: int) -> None:
    """What they bound is one date: the deadline that ends with the duty's day, and the duty."""
    duty = 'name = "x"\nprocedure = "two-dates"\nrole = "lead"\nafter_months = 24\nevery_years = 0'
    rule = f'name = "x"\nstarts = "event:duty-due"\n{months}'
    added = f"\n[duties.built]\n{duty}\nextension_months = 12\n\n[deadlines.built]\n{rule}\n"
    files = {**sample_files(), TOML: sample_files()[TOML] + added.encode()}
    differing = [one for one in found(files) if one[1] == "extension-differs"]
    assert differing == [("error", "extension-differs", TOML, "deadlines.built.extension_months")] * told


def test_a_form_in_a_file_of_another_name_is_a_warning() -> None:
    files = dict(sample_files())
    files[f"{FORMS}/renamed.form"] = files.pop(f"{FORMS}/sample-declaration.form")
    assert found(files) == {("warning", "form-file-name", f"{FORMS}/renamed.form", "")}


RECEIPT = f"{FORMS}/sample-receipt.letter.md"
PAPER = f"{FORMS}/sample-paper-receipt.form"


@pytest.mark.parametrize(
    ("path", "old", "new", "element"),
    [
        (DMN, "sample_declaration.member_count", "sample_declaration.members", "sample_verdict"),
        (DMN, "case.sample_declaration", "case.declaration", "sample_verdict"),
        (
            BPMN,
            "deadline(&#34;submission&#34;)",
            "if case.statt = 1 then deadline(&#34;submission&#34;) else null",
            "submit",
        ),
        (BPMN, "groups(&#34;lead&#34;)", "if lookup.nobody = 1 then null else groups(&#34;lead&#34;)", "submit"),
        (RECEIPT, "case.number", "case.numbr", ""),
        (
            PAPER,
            '"label": "备注",',
            '"label": "备注", "conditional": {"hide": "=case.sample_declaration.none = 1"},',
            "",
        ),
    ],
    ids=range(6),
)
def test_a_misspelt_name_of_the_case_is_told_before_it_decides_anything(
    path: str, old: str, new: str, element: str
) -> None:
    assert found(changed(path, old, new)) == {("warning", "name-unknown", path, element)}


def test_the_names_every_case_has_are_those_of_its_view() -> None:
    made = Case(id=1, started_at=datetime(2025, 1, 1, tzinfo=UTC))
    assert case_view._scalars(made).keys() == SCALARS


def test_errors_come_before_warnings() -> None:
    files = {**changed(BPMN, "groups(&#34;lead&#34;)", "groups(&#34;leed&#34;)"), f"{FORMS}/a.form": b'{"id": "a"}'}
    levels = [problem.level for problem in check_programme(files, KEY)]
    assert levels == sorted(levels)
    assert set(levels) == {"error", "warning"}


def test_no_manifest_is_one_problem_and_an_unknown_programme_names_those_there_are() -> None:
    assert [problem.code for problem in check_programme({}, KEY)] == ["manifest-missing"]
    with pytest.raises(InvalidInput, match=KEY):
        check_folder(ROOT, "none")


def test_the_page_about_a_programme_names_everything() -> None:
    page = describe_folder(ROOT, KEY)
    for words in (
        "两个日期示例专项",
        "程序：示例申报（two-dates），由申报单位发起",
        "办理 填报申请（submit）：角色 申报单位；表单 sample-declaration；期限 网上填报截止＝批次公布的日期",
        "期限 纸质材料送交＝“training-held”之后10个工作日，至17:30",
        "决策 sample_verdict",
        "操作 issue-letter；文书 sample-receipt",
        "通知四(三)2：培训后10个工作日内",
    ):
        assert words in page
    assert "待处理" not in page


def test_the_page_says_what_is_missing() -> None:
    page = describe(changed(BPMN, 'formId="sample-declaration"', 'formId="none"'), KEY)
    assert "找不到表单“none”" in page
    assert f"{FORMS}/sample-declaration.form：没有流程用到" in page
