"""Tell the administrators once a week that the coming year's holidays have not been imported, from 15 November on."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from service.domain.deadlines import local_date
from service.store import calendars, counters, outbox
from service.store.messages import Message
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, User, is_valid

TOLD: Final = "calendar-alarm"  # the counter of the last week in which it was told, in weeks since year 1


def tell(work: UnitOfWork) -> int:
    """How many administrators were told: in the service, and by mail who has an address. Source: domain §11."""
    today = local_date(work.now)
    year = calendars.load(work.session).unpublished_year(today)
    week = today.toordinal() // 7
    if year is None or counters.reserve(work.session, TOLD) == week:
        return 0
    counters.put(work.session, TOLD, week)
    holds = select(Grant.user_id).where(Grant.role == "administrator", is_valid(today))
    people = work.session.scalars(select(User).where(User.active, User.id.in_(holds)).order_by(User.id)).all()
    for person in people:
        title, body = _words(year, person.language)
        work.session.add(
            Message(user_id=person.id, group_key=None, case_id=None, title=title, body=body, created_at=work.now)
        )
        if person.email:
            payload = {"to": person.email, "to_name": person.name, "subject": title, "body": body, "quiet": True}
            key = f"mail:calendar-{year}-{week}:{person.id}"
            outbox.add(work.session, "mail", payload, dedupe_key=key, now=work.now)
    return len(people)


def _words(year: int, language: str) -> tuple[str, str]:
    if language == "en":
        body = "Dates that reach into it are provisional. Import it under “Calls and calendar”: open deadlines follow."
        return f"The holidays of {year} have not been imported", body
    body = "涉及该年的期限都是暂定的。请在“批次与日历”导入国务院办公厅公布的放假安排，正在计算的期限随之重算。"
    return f"{year} 年放假安排尚未导入", body
