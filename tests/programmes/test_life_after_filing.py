"""What begins by itself after filing, who sees it, who may begin what about a centre, and what a revoked one refuses.

The stages themselves are told by the stories of the programmes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from service.commands import cases, centres, duties
from service.domain.errors import InvalidInput, Refusal
from service.domain.identity import SYSTEM
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.register import Duty, RegisterEntry
from service.store.unit_of_work import UnitOfWork, transact
from service.store.user_tasks import OPEN, UserTask
from tests.support.stage import Stage, at
from tests.support.telling import prepared_for, usual_of

KEY = "changchun-innovation-consortium"
CENTRE = {"number": "长创联备〔2026〕901号", "name": "长春市示例智能底盘创新联合体", "entered_on": date(2026, 3, 30)}


@pytest.fixture
def stage(run_folder: Path, tmp_path: Path) -> Iterator[Stage]:
    """P5 on 30 November 2026, with one consortium filed in March."""
    story = usual_of(KEY)
    one = Stage.on_copy(prepared_for(story, run_folder), tmp_path, KEY, at(date(2026, 11, 30)))
    _do(one, _enrol)
    yield one
    one.close()


def _do(stage: Stage, command: Any, *args: Any, **more: Any) -> Any:
    with stage.app.app_context():
        return transact(command, *args, actor=SYSTEM, now=stage.now, **more)


def _enrol(work: UnitOfWork, **other: Any) -> int:
    code = work.session.scalar(select(Organisation.credit_code).where(Organisation.code == "lead"))
    assert code is not None
    return centres.enrol(work, KEY, credit_code=code, **{**CENTRE, **other})


def _entry(stage: Stage) -> int:
    return int(stage.rows(select(RegisterEntry.id))[0])


def _set(stage: Stage, state: str) -> None:
    def write(work: UnitOfWork) -> None:
        work.session.scalars(select(RegisterEntry)).one().state = state

    _do(stage, write)


def test_an_annual_report_begins_by_itself_and_the_unit_and_the_office_see_it(stage: Stage) -> None:
    lead, office = stage.person("lead"), stage.person("office")
    for person in (lead, office):
        assert "起办理" in person.get("/obligations")
    assert stage.open_tasks("报送年度报告") == []
    stage.pass_until(at(date(2026, 12, 2)))
    assert len(stage.open_tasks("报送年度报告")) == 1
    assert "正在办" in lead.get("/obligations?show=open")
    assert "没有要履行的义务" in office.get("/obligations?show=late")
    stage.pass_until(at(date(2027, 2, 1)))
    late = office.get("/obligations?show=late")
    assert "年度运行报告" in late
    assert "已逾期" in late
    assert stage.rows(select(UserTask.due_reason).where(UserTask.status == OPEN, UserTask.form == "annual-report"))[0][
        "source"
    ].startswith("第十二条")
    waiting = stage.rows(select(Duty.due_on).where(Duty.kind == "annual-report", Duty.state == "waiting"))
    assert waiting == [date(2028, 1, 31)]


def test_a_duty_opens_once_whoever_looks_at_it(stage: Stage) -> None:
    stage.now = at(date(2026, 12, 2))
    (duty,) = stage.rows(select(Duty.id).where(Duty.kind == "annual-report"))
    assert _do(stage, duties.open_due, duty) is not None
    assert _do(stage, duties.open_due, duty) is None
    assert len(stage.rows(select(Case.id).where(Case.procedure == "annual-report"))) == 1


def test_a_duty_that_was_set_aside_is_begun_by_the_administrator(stage: Stage) -> None:
    """It stands on the page of operations with the reason, and beside the other duties as not begun."""
    stage.now = at(date(2026, 12, 2))

    def set_aside(work: UnitOfWork) -> None:
        duty = work.session.scalars(select(Duty).where(Duty.kind == "annual-report")).one()
        why = {"code": "calendar-gap", "zh": "2027 年的工作日历尚未导入", "en": "no calendar of 2027"}
        duty.state, duty.refusal = "refused", {**why, "at": work.now.isoformat()}

    _do(stage, set_aside)
    stage.pass_until(at(date(2026, 12, 3)))
    assert stage.open_tasks("报送年度报告") == []
    (duty,) = stage.rows(select(Duty.id).where(Duty.kind == "annual-report"))
    assert "没能自动发起" in stage.person("office").get("/obligations")
    assert stage.person("office").post(f"/operations/duties/{duty}/retry").status_code in {403, 404}
    administrator = stage.person("admin")
    assert "2027 年的工作日历尚未导入" in administrator.get("/operations")
    assert administrator.post(f"/operations/duties/{duty}/retry").status_code == 303
    assert len(stage.open_tasks("报送年度报告")) == 1
    assert "没有自动发起的义务" not in administrator.get("/operations")


def test_who_may_begin_what_about_a_centre(stage: Stage) -> None:
    lead, office, entry = stage.person("lead"), stage.person("office"), _entry(stage)
    page = lead.get(f"/centres/{entry}")
    assert f"/centres/{entry}/start/change" in page
    assert "start/revocation" not in page
    assert "start/annual-report" not in page
    assert "start/revocation" in office.get(f"/centres/{entry}")
    assert lead.post(f"/centres/{entry}/start/revocation").status_code == 404
    assert office.post(f"/centres/{entry}/start/change").status_code in {403, 404}
    assert lead.post(f"/centres/{entry}/start/annual-report").status_code == 404
    assert lead.post(f"/centres/{entry}/start/change").status_code == 303
    again = lead.post(f"/centres/{entry}/start/change")
    assert again.status_code == 409
    assert "正在办理" in again.text


def test_a_member_and_a_stranger_have_no_centre_page(stage: Stage) -> None:
    entry = _entry(stage)
    member = stage.person("member01")
    assert member.client.get(f"/centres/{entry}").status_code == 404
    assert CENTRE["name"] not in member.get("/obligations")


def test_staff_tied_to_a_unit_of_the_centre_do_not_see_it(stage: Stage) -> None:
    entry = _entry(stage)

    def tie(work: UnitOfWork) -> None:
        row = work.session.get_one(RegisterEntry, entry)
        home = work.session.scalars(select(Organisation).where(Organisation.code == "changchun-science-bureau")).one()
        row.data = {**row.data, "members": [{"name": home.name, "credit_code": None, "kind": "public", "role": "core"}]}

    _do(stage, tie)
    office = stage.person("office")
    assert office.client.get(f"/centres/{entry}").status_code == 404
    assert office.post(f"/centres/{entry}/start/revocation").status_code == 404


def test_nothing_more_is_begun_about_a_centre_that_was_revoked(stage: Stage) -> None:
    _set(stage, "revoked")
    entry = _entry(stage)
    refused = stage.person("lead").post(f"/centres/{entry}/start/change")
    assert refused.status_code == 409
    assert "已从名录中除名" in refused.text
    with pytest.raises(centres.CentreStruckOff) as report:
        _do(stage, cases.start, KEY, "annual-report", entry_id=entry)
    assert "已从名录中除名，不能再办理这一事项" in report.value.text("zh")
    assert "has been struck off the register; nothing more can be started" in report.value.text("en")
    stage.pass_until(at(date(2026, 12, 3)))
    assert stage.open_tasks("报送年度报告") == []
    assert set(stage.rows(select(Duty.state).where(Duty.kind == "annual-report"))) == {"void"}
    assert "已取消称号" in stage.person("lead").get(f"/register/{CENTRE['number']}")


def test_a_number_is_in_the_register_once(stage: Stage) -> None:
    with pytest.raises(InvalidInput, match="number"):
        _do(stage, _enrol, name="另一家")
    with pytest.raises(InvalidInput, match="entered_on"):
        _do(stage, _enrol, number="另一个号", entered_on=date(2027, 1, 1))


def test_a_matter_of_a_centre_needs_one(stage: Stage) -> None:
    with pytest.raises(InvalidInput):
        _do(stage, cases.start, KEY, "change")
    with pytest.raises(Refusal):
        _do(stage, cases.start, KEY, "change", entry_id=999_999)
