"""Papers that arrive by the date of a batch come into it; later ones go on and come into the next that is opened."""

from __future__ import annotations

from datetime import date

from service.commands import calls
from service.store.calls import Call, batch_of, current
from service.store.cases import Case, CaseEvent
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from tests.support.office import Office

BATCH = "submission"  # any date of a call may end a batch
JUNE = date(2022, 6, 30)


def opened(office: Office, key: str, last: date) -> int:
    given = {"key": key, "year": last.year, "title": key, "opens_on": date(2022, 3, 1), "dates": {BATCH: last}}
    return int(office.act(calls.open_call, office.programme, **given))


def batch(office: Office, arrived: date) -> str | None:
    db.session.remove()
    found = batch_of(db.session(), office.programme, BATCH, arrived)
    return found.key if found is not None else None


def test_the_day_itself_is_in_time_and_the_first_fitting_batch_is_taken(two_dates: Office) -> None:
    opened(two_dates, "second", date(2022, 12, 31))
    opened(two_dates, "first", JUNE)
    assert batch(two_dates, JUNE) == "first"
    assert batch(two_dates, date(2022, 7, 1)) == "second"
    assert batch(two_dates, date(2023, 1, 1)) is None


def test_a_case_that_came_too_late_is_in_the_next_batch_as_soon_as_that_is_opened(two_dates: Office) -> None:
    first = opened(two_dates, "first", JUNE)
    case_id = two_dates.start("two-dates")

    def waits_for_a_batch(work: UnitOfWork) -> None:
        work.session.get_one(Case, case_id).call_id = None
        work.session.add(CaseEvent(case_id=case_id, name=BATCH, on_date=date(2022, 7, 1), at=work.now))

    two_dates.act(waits_for_a_batch)
    opened(two_dates, "too-early", JUNE)
    assert two_dates.rows(db.select(Case.call_id)) == [None]
    second = opened(two_dates, "second", date(2022, 12, 31))
    assert (two_dates.rows(db.select(Case.call_id)), first != second) == ([second], True)


def test_a_call_that_only_gathers_takes_no_declarations(two_dates: Office) -> None:
    opened(two_dates, "first", JUNE)

    def gathers(work: UnitOfWork) -> None:
        work.session.query(Call).one().dates = {"other-date": JUNE.isoformat()}

    two_dates.act(gathers)
    assert current(db.session(), two_dates.programme, date(2022, 4, 1)) is None
