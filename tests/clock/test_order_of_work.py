"""What a tick does first: dates are enforced before anything is done that nobody's date hangs on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from sqlalchemy import event

from service.clock import jobs
from service.commands import calls
from service.store.case_texts import CaseText
from service.store.session import db
from service.store.timers import Timer
from tests.support.office import Office
from tests.support.races import losers, race

MIDNIGHT = datetime(2022, 4, 15, 16, 0, tzinfo=UTC)


def test_texts_for_the_search_wait_while_timers_fire(two_dates: Office) -> None:
    two_dates.act(
        calls.open_call, two_dates.programme, key="2022", year=2022, title="2022年", opens_on=date(2022, 3, 20),
        dates={"submission": date(2022, 4, 15)},
    )  # fmt: skip
    two_dates.start("two-dates")
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
