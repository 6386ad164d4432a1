"""The fixed sentences about filling in a declaration: a list from Excel, and what the rules find meanwhile."""

from __future__ import annotations

import io
from typing import Any

from lxml import html
from openpyxl import load_workbook
from pytest_bdd import parsers, then, when
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.domain.credit_code import complete
from service.store.attachments import Attachment
from service.store.submissions import Draft
from tests.support.page_form import flattened, shown
from tests.support.stage import Person
from tests.support.telling import Telling, member_rows, problems, usual_of

TASK = "填写申报材料"


@when(parsers.parse("“牵头单位”用模板上传 {count:d} 家成员单位，其中第 5、9、17 行不对"))
def uploads_wrong_rows(telling: Telling, count: int) -> None:
    """Row 5 has a wrong check digit, row 9 no kind, row 17 a mobile number that is too short."""
    _upload(
        telling,
        count,
        {5: {"统一社会信用代码": "91220100DEMX0099XX"}, 9: {"单位类别": None}, 17: {"联系人手机": "138"}},
    )


@when(parsers.parse("“牵头单位”用模板上传 {count:d} 家成员单位，全部正确"))
def uploads(telling: Telling, count: int) -> None:
    """The same sheet, put right."""
    _upload(telling, count, {})


@then(parsers.parse("页面提示“{text}”"))
def answer_says(telling: Telling, text: str) -> None:
    """What the page says after the last act."""
    assert telling.answer is not None
    page = telling.answer.text
    if telling.answer.status_code == 303:
        page = _lead(telling).get(telling.answer.headers["Location"].partition("#")[0])
    assert text in shown(page), shown(page)[:900]


@then(parsers.parse("草稿里有 {count:d} 家成员单位"))
def drafted(telling: Telling, count: int) -> None:
    """What is kept: all rows of the sheet or none."""
    drafts: list[dict[str, Any]] = telling.stage.rows(select(Draft.data))
    named = [row for draft in drafts for row in draft.get("members") or () if row.get("name")]
    assert len(named) == count


@then(parsers.parse("再下载的模板里有这 {count:d} 家"))
def template_has(telling: Telling, count: int) -> None:
    """The template is filled with what there is, so that a correction goes the same way."""
    sheet = load_workbook(io.BytesIO(_template(telling))).worksheets[0]
    assert sheet.max_row == count + 1


@when(parsers.parse("“牵头单位”保存草稿：成员单位 {total:d} 家，其中企业 {enterprises:d} 家"))
def saves(telling: Telling, total: int, enterprises: int) -> None:
    """The usual declaration with another list; the button works without scripts."""
    data = {**telling.data_of(TASK), "members": member_rows(usual_of(telling.stage.programme), total, enterprises)}
    pairs, _files = flattened(data)
    _send(telling, [*pairs, ("_draft", "1")])
    assert telling.answer is not None
    assert telling.answer.status_code == 303, shown(telling.answer.text)[:600]


@then(parsers.parse("填报页写明“{text}”"))
def page_says(telling: Telling, text: str) -> None:
    """The page of the form, as the applicant reads it."""
    assert text in _page(telling)


@then(parsers.parse("“{role}”打开“{task}”，已填好“{values}”"))
def opens_filled(telling: Telling, role: str, task: str, values: str) -> None:
    """The form holds these values before anybody has written into it."""
    ((task_id, person), *_) = telling.turns(task, telling.role(role))
    held = {value for _name, value in person.open_task(task_id).pairs()}
    assert {*values.split("、")} <= held, held


@then(parsers.parse("填报页没有“{text}”"))
def page_does_not_say(telling: Telling, text: str) -> None:
    """Words of the reviewers, or a finding that is mended."""
    assert text not in _page(telling)


@then("填报页的目录写明还差几项")
def contents(telling: Telling) -> None:
    """Every section of the table of contents says what it lacks, or that it is done."""
    assert "还差" in _page(telling)


def _upload(telling: Telling, count: int, wrong: dict[int, dict[str, Any]]) -> None:
    book = load_workbook(io.BytesIO(_template(telling)))
    sheet = book.worksheets[0]
    heads = {str(cell.value).rstrip("*"): cell.column for cell in sheet[1]}
    for row in range(2, count + 2):
        filled = {**_unit(row), **wrong.get(row, {})}
        for label, value in filled.items():
            sheet.cell(row, heads[label], value)
    target = io.BytesIO()
    book.save(target)
    _send(telling, [("_import", "members")], ("_sheet:members", "成员.xlsx", target.getvalue()))


def _unit(row: int) -> dict[str, Any]:
    return {
        "单位名称": f"示例成员{row}有限公司",
        "统一社会信用代码": complete(f"91220100DEMX0{row:04d}"),
        "单位类别": "企业",
        "在联合体中的层级": "一般成员",
        "独立法人": "是",
        "产业链位置": "中游",
        "联系人": "示例联系人",
        "联系人手机": 13800000000,
    }


def _template(telling: Telling) -> bytes:
    answer: TestResponse = _lead(telling).client.get(f"/tasks/{_task(telling)}/lists/members.xlsx")
    assert answer.status_code == 200
    return answer.data


def _send(telling: Telling, pairs: list[tuple[str, str]], *files: tuple[str, str, bytes]) -> None:
    page = _lead(telling).open_task(_task(telling))
    revision = [pair for pair in page.pairs() if pair[0] == "_revision"]
    telling.answer = _lead(telling).post(f"/tasks/{_task(telling)}", [*revision, *pairs], files)
    telling.stage.after_act()


def _page(telling: Telling) -> str:
    return shown(_lead(telling).get(f"/tasks/{_task(telling)}"))


def _lead(telling: Telling) -> Person:
    return telling.stage.person(telling.login("牵头单位"))


def _task(telling: Telling) -> int:
    ((task_id, _),) = telling.stage.open_tasks(TASK)
    return task_id


@when(parsers.parse("“归口管理部门经办人”告知缺陷：“{first}”和“{second}”"))
def tells_defects(telling: Telling, first: str, second: str) -> None:
    """Words offered by the form, and words of one's own that name one field only."""
    ((task_id, person),) = telling.turns("一次性告知全部缺陷", "local-clerk")
    assert f'<option value="{first}">' in person.get(f"/tasks/{task_id}")
    rows = [
        {"item": item, "problem": "填写的内容与所附材料不一致", "requirement": "核对以后按材料改正"}
        for item in (first, second)
    ]
    pairs, _files = flattened({"defects": rows})
    assert person.post(f"/tasks/{task_id}", [*pairs, ("_submit", "1")]).status_code == 303
    telling.stage.after_act()


@then(parsers.parse("补正页列出 {count:d} 项缺陷，都链接到页面上的栏目，并写明期限 {day}"))
def lists_defects(telling: Telling, count: int, day: str) -> None:
    """Each link's target is an element of the same page."""
    ((task_id, person),) = telling.turns("补正申报材料", "lead")
    page = html.fromstring(person.get(f"/tasks/{task_id}"))
    card = page.get_element_by_id("defects")
    targets = [link.get("href").removeprefix("#") for link in card.xpath(".//li//a")]
    assert len(targets) == count
    assert all(page.get_element_by_id(target, None) is not None for target in targets)
    month, date = (int(part) for part in day.split("-")[1:])
    assert f"{month}月{date}日" in card.text_content()


@when(parsers.parse("“牵头单位”补正：“研究方向与主要任务”改为“{words}”"))
def corrects(telling: Telling, words: str) -> None:
    """One field is another; everything else is as it was."""
    ((task_id, person),) = telling.turns("补正申报材料", "lead")
    items = [pair for pair in person.open_task(task_id).pairs() if pair[0].endswith("].defect")]
    assert len(items) == 2, "a row for each defect stands on the page"
    pairs, files, form = telling.written(task_id, person, "补正申报材料")
    own = [pair for pair in pairs if pair[0] != "direction" and not pair[0].startswith("correction_answers")]
    answered = [(f"correction_answers[{number}].answer", "已经核对并改正。") for number in range(len(items))]
    rows = [(f"correction_answers[{number}]._row", "1") for number in range(len(items))]
    first = [*rows, items[0], (items[1][0], items[0][1]), *answered]  # both rows answer the same defect
    refused = person.submit(task_id, [*own, ("direction", words), *first], files, form=form)
    assert f"逐项答复：还没有写到：{items[1][1]}" in shown(refused.text), problems(refused.text)
    answer = person.submit(task_id, [*own, ("direction", words), *rows, *items, *answered], files, form=form)
    assert answer.status_code == 303, shown(answer.text)[:800]
    telling.stage.after_act()


@then(parsers.parse("复核页的补正前后对照写明“{label}”改成“{words}”"))
def sees_change(telling: Telling, label: str, words: str) -> None:
    """Only what differs stands there, the old words beside the new."""
    ((task_id, person),) = telling.turns("复核补正材料", "local-clerk")
    card = html.fromstring(person.get(f"/tasks/{task_id}")).get_element_by_id("changes")
    (row,) = [row for row in card.xpath(".//tbody/tr") if label in row.text_content()]
    assert [one.text_content() for one in row.xpath(".//ins")] == [words]
    assert row.xpath(".//del")
    assert len(card.xpath(".//tbody/tr")) <= 6


@then("补正页写明每个附件的版本和校验值")
def versions(telling: Telling) -> None:
    """Beside each kept file: which upload of its field it is, and the hash of what is kept."""
    ((task_id, person),) = telling.turns("补正申报材料", "lead")
    page = shown(person.get(f"/tasks/{task_id}"))
    kept = telling.stage.rows(select(Attachment.name, Attachment.sha256))
    assert kept
    for name, sha256 in kept:
        assert f"{name}第 1 版" in page.replace(f"{name} 第", f"{name}第")
        assert f"sha256 {sha256[:8]}" in page
