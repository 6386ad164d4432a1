"""What a tick does first: dates are enforced before anything is done that nobody's date hangs on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import event, select, update

from service.clock import jobs
from service.commands import calls
from service.store.case_texts import CaseText
from service.store.cases import Case
from service.store.instances import Instance
from service.store.session import db
from service.store.timers import Timer
from tests.support.office import Office
from tests.support.races import losers, race

MIDNIGHT = datetime(2022, 4, 15, 16, 0, tzinfo=UTC)


def due_at_midnight(office: Office, count: int) -> list[int]:
    """So many cases that nobody submits by the date; each has a timer that reminds and one that ends it."""
    office.act(
        calls.open_call, office.programme, key="2022", year=2022, title="2022年", opens_on=date(2022, 3, 20),
        dates={"submission": date(2022, 4, 15)},
    )  # fmt: skip
    return [office.start("two-dates") for _ in range(count)]


def test_texts_for_the_search_wait_while_timers_fire(two_dates: Office) -> None:
    due_at_midnight(two_dates, 1)
    jobs.keep_house(two_dates.now)
    asked: list[Any] = []

    def meanwhile(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE instances") and not asked:
            asked.append(None)
            asked[:] = race(two_dates.app, [partial(jobs.write_case_texts, MIDNIGHT)])

    engine = db.engine
    event.listen(engine, "before_cursor_execute", meanwhile)
    jobs.fire_due_timers(MIDNIGHT)
    event.remove(engine, "before_cursor_execute", meanwhile)
    assert (len(asked), losers(asked)) == (1, [])
    assert (two_dates.count(Timer), two_dates.count(CaseText)) == (0, 0), "fired, and nothing written meanwhile"
    jobs.write_case_texts(MIDNIGHT)
    assert two_dates.count(CaseText) == 1


def test_timers_fire_several_in_a_transaction(two_dates: Office) -> None:
    due_at_midnight(two_dates, jobs.TOGETHER)
    commits: list[None] = []

    def committed(_connection: object) -> None:
        commits.append(None)

    event.listen(db.engine, "commit", committed)
    jobs.fire_due_timers(MIDNIGHT)
    event.remove(db.engine, "commit", committed)
    assert (two_dates.count(Timer), len(commits)) == (0, 2)


def test_a_case_that_cannot_move_keeps_none_of_those_it_is_fired_with(two_dates: Office) -> None:
    """What failed together is tried one by one: the broken case stays due, the others lapse."""
    first, broken, last = due_at_midnight(two_dates, 3)
    db.session.execute(update(Instance).where(Instance.case_id == broken).values(state=b"?"))
    db.session.commit()
    jobs.fire_due_timers(MIDNIGHT)
    ended = two_dates.rows(select(Case.id).where(Case.ended_at.is_not(None)).order_by(Case.id))
    left = two_dates.rows(select(Instance.case_id).join(Timer, Timer.instance_id == Instance.id))
    assert (ended, set(left)) == ([first, last], {broken})
