"""Tell the administrators once a week that the coming year's holidays have not been imported, from 15 November on."""

from __future__ import annotations

from typing import Final

from service.commands.telling import Words, tell_administrators
from service.domain.deadlines import local_date
from service.store import calendars, counters
from service.store.unit_of_work import UnitOfWork

TOLD: Final = "calendar-alarm"  # the counter of the last week in which it was told, in weeks since year 1


def tell(work: UnitOfWork) -> int:
    """How many administrators were told: in the service, and by mail who has an address. Source: domain §11."""
    today = local_date(work.now)
    year = calendars.load(work.session).unpublished_year(today)
    week = today.toordinal() // 7
    if year is None or counters.reserve(work.session, TOLD) == week:
        return 0
    counters.put(work.session, TOLD, week)
    return tell_administrators(work, _words(year), once=f"calendar-{year}-{week}")


def _words(year: int) -> Words:
    return {
        "zh": (
            f"{year} 年放假安排尚未导入",
            "涉及该年的期限都是暂定的。请在“批次与日历”导入国务院办公厅公布的放假安排，正在计算的期限随之重算。",
        ),
        "en": (
            f"The holidays of {year} have not been imported",
            "Dates that reach into it are provisional. Import it under “Calls and calendar”: open deadlines follow.",
        ),
    }
