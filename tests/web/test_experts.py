"""The pool of experts: who keeps it, an Excel import of all or nothing, absences, and who is tied to whom."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date

import pytest
from flask import Flask
from openpyxl import Workbook, load_workbook
from werkzeug.test import TestResponse

from service.store.experts import Absence, Expert
from service.store.organisations import Organisation
from service.store.outbox import OutboxEntry
from service.store.relations import Relation
from service.store.session import db
from service.store.users import Grant, User
from service.web.pages.experts import COLUMNS
from tests.support.page_form import shown
from tests.web.conftest import AT, Browser

Browse = Callable[..., Browser]
HEADINGS = tuple(one.label for one in COLUMNS)
GOOD = [f"示例专家{number}" for number in range(1, 21)]


def table(rows: Sequence[Sequence[object]], headings: Sequence[str] = HEADINGS) -> bytes:
    """A workbook as an office keeps it: a title over the headings, rows below."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.append(["示例专家名单"])
    sheet.append(list(headings))
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def line(name: str, **other: object) -> list[object]:
    """One row that is right, but for what is said otherwise."""
    given = {"employer": f"{name}所在研究院", "field": "新材料", "title": "研究员", "email": "", **other}
    return [{"name": name, **given}.get(key, "") for key in (one.key for one in COLUMNS)]


def send(office: Browser, content: bytes) -> TestResponse:
    """Hand the table in."""
    upload = (io.BytesIO(content), "专家.xlsx")
    return office.post("/experts/import", {"table": upload}, content_type="multipart/form-data")


def count(site: Flask) -> int:
    """How many experts there are."""
    with site.app_context():
        return db.session.query(Expert).count()


def test_three_wrong_rows_of_twenty_are_named_and_none_is_entered(site: Flask, browse: Browse) -> None:
    office, before = browse("office"), count(site)
    rows = [line(name) for name in GOOD]
    rows[4] = line(GOOD[4], field="")
    rows[9] = line(GOOD[9], email="没有邮箱")
    rows[16] = line(GOOD[3], employer=f"{GOOD[3]}所在研究院")
    answer = send(office, table(rows[:10] + rows[10:]))
    page = shown(answer.text)
    assert answer.status_code == 422
    assert "有 2 处需要改" in page, "what a row itself has wrong is told first, all of it"
    assert "7专业领域请填写一个专业领域" in page.replace(" ", "")
    assert "12电子邮箱邮箱不对" in page.replace(" ", "")
    rows[4], rows[9] = line(GOOD[4]), line(GOOD[9])
    again = send(office, table(rows))
    assert again.status_code == 422
    assert "19姓名库中或表中已有这位专家" in shown(again.text).replace(" ", "")
    assert count(site) == before
    rows[16] = line(GOOD[16])
    assert send(office, table(rows)).status_code == 303
    assert count(site) == before + 20


def test_who_has_an_address_gets_an_account_and_a_link(site: Flask, browse: Browse) -> None:
    office = browse("office")
    rows = [line("示例甲", email="a@example.invalid", avoid="示例公司；示例大学"), line("示例乙")]
    assert send(office, table(rows)).status_code == 303
    with site.app_context():
        one, two = db.session.query(Expert).filter(Expert.name.in_(("示例甲", "示例乙"))).order_by(Expert.id)
        assert (one.avoid, one.title, two.avoid) == (["示例公司", "示例大学"], "研究员", [])
        assert {db.session.get_one(User, key).password_hash for key in (one.user_id, two.user_id)} == {"!"}
        mails = [row.payload for row in db.session.query(OutboxEntry).filter(OutboxEntry.kind == "mail")]
        assert [mail["to"] for mail in mails if "/set-password/" in mail["body"]] == ["a@example.invalid"]
    twice = send(office, table([line("示例丙", email="a@example.invalid")]))
    assert "已有账号用这个邮箱" in shown(twice.text)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "文件是空的"),
        (b"PK\x03\x04 not a workbook", "只接受 xlsx 文件"),
        (b"x" * (5 * 1024 * 1024 + 1), "文件超过 5 MB"),
        (table([["示例"]], ["名字"]), "没有找到表头"),
        (table([]), "表头下面没有内容"),
        (table([line(f"示例{n}") for n in range(2001)]), "最多 2000 行"),
        (table([line("=1+1")]), "是公式，请粘贴为数值"),
    ],
    ids=["empty", "broken", "large", "headings", "nothing", "long", "formula"],
)
def test_a_table_that_cannot_be_read_says_why(browse: Browse, content: bytes, told: str) -> None:
    answer = send(browse("office"), content)
    assert answer.status_code == 422
    assert told in shown(answer.text)


def test_the_template_is_a_table_that_is_accepted(site: Flask, browse: Browse) -> None:
    office = browse("office")
    content = office.get("/experts/template.xlsx").data
    headings = [str(cell.value).rstrip("*") for cell in load_workbook(io.BytesIO(content)).worksheets[0][1]]
    assert headings == list(HEADINGS)
    assert send(office, content).status_code == 303


@pytest.mark.parametrize("who", ["lead", "admin"])
def test_the_pool_is_the_offices_alone(browse: Browse, who: str) -> None:
    browser = browse(who)
    paths = ("", "/import", "/ties", "/1", "/template.xlsx")
    assert {path: browser.get(f"/experts{path}").status_code for path in paths} == dict.fromkeys(paths, 403)


def test_an_absence_is_both_days_and_can_be_taken_back(site: Flask, browse: Browse) -> None:
    office = browse("office")
    assert send(office, table([line("示例甲")])).status_code == 303
    with site.app_context():
        key = db.session.query(Expert.id).filter(Expert.name == "示例甲").scalar()
    wrong = office.post(f"/experts/{key}/absences", {"from_on": "2025-04-03", "to_on": "2025-04-01", "reason": "出差"})
    assert wrong.status_code == 422
    assert "不能早于开始日" in shown(wrong.text)
    assert "出差" in wrong.text
    days = {"from_on": "2025-04-01", "to_on": "2025-04-01", "reason": "出差"}
    assert office.post(f"/experts/{key}/absences", days).status_code == 303
    assert "请假" in shown(office.get("/experts?state=away").text)
    assert "示例甲" not in office.get("/experts?state=free").text
    with site.app_context():
        (row,) = db.session.query(Absence)
        assert (row.from_on, row.to_on) == (date(2025, 4, 1), date(2025, 4, 1))
        absence = row.id
    assert office.post(f"/experts/{key + 1}/absences/{absence}/end").status_code == 404
    assert office.post(f"/experts/{key}/absences/{absence}/end").status_code == 303
    assert "示例甲" in office.get("/experts?state=free").text


def test_a_change_keeps_what_was_entered_when_one_field_is_wrong(site: Flask, browse: Browse) -> None:
    office = browse("office")
    send(office, table([line("示例甲")]))
    with site.app_context():
        key = db.session.query(Expert.id).filter(Expert.name == "示例甲").scalar()
    given = {"name": "示例甲", "employer": "示例新单位", "field": "光电", "avoid": "示例公司\n", "active": "yes"}
    wrong = office.post(f"/experts/{key}", {**given, "employer_credit_code": "91220101MA0XDEMAA0"})
    assert wrong.status_code == 422
    assert "校验位不符" in shown(wrong.text)
    assert "示例新单位" in wrong.text
    assert office.post(f"/experts/{key}", given).status_code == 303
    with site.app_context():
        one = db.session.get_one(Expert, key)
        assert (one.employer, one.field, one.avoid, one.active) == ("示例新单位", "光电", ["示例公司"], True)


def test_ties_are_a_picture_and_the_same_in_words(site: Flask, browse: Browse) -> None:
    office = browse("office")
    send(office, table([line("示例甲", employer="示例大学"), line("示例乙", employer="示例大学", avoid="示例公司")]))
    with site.app_context():
        user = db.session.query(Expert.user_id).filter(Expert.name == "示例甲").scalar()
        db.session.add(Relation(user_id=user, unit="示例合作公司", kind="joint-project", declared_at=AT))
        db.session.commit()
    page = office.get("/experts/ties").text
    assert page.count("<line ") == 4
    words = shown(page)
    for told in ("示例大学", "示例公司", "示例合作公司", "列为回避"):
        assert told in words


def test_another_authority_keeps_a_pool_of_its_own(site: Flask, browse: Browse) -> None:
    office, elsewhere = browse("office"), browse("elsewhere")
    assert send(office, table([line("示例甲", avoid="示例公司")])).status_code == 303
    assert send(elsewhere, table([line("示例甲")])).status_code == 303, "the same person may be in both"
    with site.app_context():
        pools = dict(db.session.query(Expert.authority_id, Expert.id).filter(Expert.name == "示例甲").all())
        key = pools[db.session.query(Organisation.id).filter(Organisation.code == "sample-authority").scalar()]
    days = {"from_on": "2025-04-01", "to_on": "2025-04-01"}
    office.post(f"/experts/{key}/absences", days)
    with site.app_context():
        absence = db.session.query(Absence.id).scalar()
    assert "示例公司" in office.get("/experts/ties").text
    assert "示例公司" not in elsewhere.get("/experts/ties").text
    assert "示例甲" in office.get("/experts?state=away").text
    assert "示例甲" not in elsewhere.get("/experts?state=away").text
    profile = {"name": "示例甲", "employer": "改过的单位", "field": "光电"}
    acts = (
        elsewhere.get(f"/experts/{key}"),
        elsewhere.post(f"/experts/{key}", profile),
        elsewhere.post(f"/experts/{key}/absences", days),
        elsewhere.post(f"/experts/{key}/absences/{absence}/end"),
        elsewhere.post(
            "/experts/import",
            {"table": (io.BytesIO(table([line("示例乙")])), "专家.xlsx"), "authority": str(min(pools))},
            content_type="multipart/form-data",
        ),
    )
    assert [answer.status_code for answer in acts] == [404] * 5
    taken_out = load_workbook(io.BytesIO(elsewhere.get("/exports/experts.xlsx").data)).worksheets[0]
    assert [row[7] for row in taken_out.iter_rows(min_row=2, values_only=True)] == ["另一个市的科学技术局"]


def test_an_office_of_two_authorities_says_which_pool_it_fills(site: Flask, browse: Browse) -> None:
    with site.app_context():
        office = db.session.query(User.id).filter(User.login == "office").scalar()
        other = db.session.query(Organisation.id).filter(Organisation.code == "other-authority").scalar()
        db.session.add(Grant(user_id=office, role="office", organisation_id=other))
        db.session.commit()
    browser = browse("office")
    assert "导入哪个机关的专家库" in browser.get("/experts/import").text
    sent = {"table": (io.BytesIO(table([line("示例甲")])), "专家.xlsx"), "authority": str(other)}
    assert browser.post("/experts/import", sent, content_type="multipart/form-data").status_code == 303
    with site.app_context():
        assert db.session.query(Expert.authority_id).filter(Expert.name == "示例甲").scalar() == other
