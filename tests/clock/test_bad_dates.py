"""Dates that cannot hold: each is refused with what is wrong and what to do, in both languages, and changes nothing.

What else a year brings wrongly is shown where it happens: a training before the call closes in
tests/forms/test_later_than.py, a case that has ended in a summary table in tests/clock/test_dispatch.py, a filing
number that is taken in tests/programmes (停住的步骤), a second centre of a field in the story `second-centre`, and a
report of a revoked centre in tests/programmes/test_life_after_filing.py.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from service.commands import calendar, calls, dated_events, incidents
from service.domain.errors import InvalidInput
from service.domain.register import last_day_of_ban
from service.store.calls import Call
from service.store.cases import Case
from service.store.incidents import Incident
from service.store.lookups import Lookups
from service.store.register import Ban
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.clock.test_two_dates import declare, submit
from tests.support.office import Office


def test_a_year_without_a_calendar_is_named_with_who_mends_it(two_dates: Office) -> None:
    """A training in 2031 is recorded; its case waits until that year is imported, and nothing is guessed."""
    case_id = declare(two_dates)
    submit(two_dates)
    day = date(2031, 3, 3)
    two_dates.now = datetime(2031, 3, 3, 1, 0, tzinfo=UTC)
    two_dates.act(dated_events.record_event, case_id, "training-held", day, by=two_dates.person("office"))
    assert two_dates.open_tasks("receive") == []
    stuck = two_dates.rows(db.select(Incident).where(Incident.state == "open").order_by(Incident.id))
    assert all(one.zh.endswith("2031 年的工作日历尚未导入，无法计算期限。请管理员导入。") for one in stuck)
    assert all("The business calendar of 2031 has not been imported" in one.en for one in stuck)
    assert stuck
    two_dates.act(calendar.import_year, 'year = 2031\nsource = "测试"\n[holidays]\n"元旦" = ["2031-01-01"]\n')
    for one in stuck:
        assert two_dates.act(incidents.retry, one.id) is True
    assert (two_dates.open_task("receive").due_reason or {})["last_on"] == "2031-03-17"


def test_a_call_that_ends_before_it_begins_is_refused(two_dates: Office) -> None:
    given = {"key": "2022", "year": 2022, "title": "2022 年", "opens_on": date(2022, 4, 16)}
    with pytest.raises(InvalidInput) as refused:
        two_dates.act(calls.open_call, two_dates.programme, dates={"submission": date(2022, 4, 15)}, **given)
    assert "2022年4月15日 早于开始受理的 2022年4月16日；请改日期，或者提前开始受理" in refused.value.text("zh")
    assert "15 April 2022 is before the call opens on 16 April 2022" in refused.value.text("en")
    assert two_dates.count(Call) == 0


@pytest.mark.parametrize(("today", "banned"), [(date(2028, 2, 28), 1), (date(2028, 2, 29), 1), (date(2028, 3, 1), 0)])
def test_a_ban_that_ends_on_a_leap_day_holds_on_that_day(two_dates: Office, today: date, banned: int) -> None:
    """Three years from 1 March 2025 end on 29 February 2028; on 1 March the unit is eligible."""
    declare(two_dates)
    decided = date(2025, 3, 1)

    def ban(work: UnitOfWork) -> None:
        until = last_day_of_ban(decided, 3)
        work.session.add(Ban(credit_code="91220101MA0XLEADA0", from_on=decided, to_on=until, reason="示例"))

    two_dates.act(ban)
    (case,) = two_dates.rows(db.select(Case))
    found = Lookups(db.session(), case, {("lookup", "banned_credit_codes")}, today)
    assert len(found["banned_credit_codes"]) == banned
