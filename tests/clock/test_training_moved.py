"""A training that is held once more: the paper is due later and its unit is told; it never becomes due earlier."""

from __future__ import annotations

from datetime import date, time

import pytest

from service.commands import dated_events
from service.domain.errors import InvalidInput
from service.store.cases import CaseEvent
from service.store.deadlines import Deadline
from service.store.messages import Message
from service.store.session import db
from service.store.timers import Timer
from tests.clock.test_two_dates import PAPER_DUE, RECEIVED, beijing, case, trained
from tests.support.office import Office

SECOND = date(2022, 9, 28)
SECOND_DUE = beijing(date(2022, 10, 17), time(17, 30))


def test_a_later_training_moves_the_paper_on_and_tells_the_unit(two_dates: Office) -> None:
    case_id = trained(two_dates)
    two_dates.act(dated_events.record_event, case_id, "training-held", SECOND, by=two_dates.person("office"))
    task = two_dates.open_task("receive")
    assert (task.due_at, (task.due_reason or {})["last_on"]) == (SECOND_DUE, "2022-10-17")
    (row,) = two_dates.rows(db.select(Deadline).where(Deadline.name == "paper-delivery"))
    assert row.due_at == SECOND_DUE
    assert two_dates.count(Timer, Timer.due_at == PAPER_DUE) == 0
    (told,) = two_dates.rows(db.select(Message).where(Message.title.contains("延期")))
    assert "2022年10月17日" in told.body
    two_dates.tick(PAPER_DUE)
    two_dates.complete(two_dates.open_task("receive").id, RECEIVED, two_dates.person("office"))
    assert case(two_dates, case_id).outcome == "accepted"


@pytest.mark.parametrize("on", [date(2022, 9, 26), date(2022, 9, 20)])
def test_an_earlier_or_equal_day_shortens_nothing(two_dates: Office, on: date) -> None:
    case_id = trained(two_dates)
    with pytest.raises(InvalidInput, match="26 September 2022"):
        two_dates.act(dated_events.record_event, case_id, "training-held", on, by=two_dates.person("office"))
    assert two_dates.open_task("receive").due_at == PAPER_DUE
    assert two_dates.count(CaseEvent, CaseEvent.name == "training-held") == 1


def test_a_training_told_twice_counts_once(two_dates: Office) -> None:
    case_id = trained(two_dates)
    assert two_dates.act(dated_events.record, case_id, "training-held", date(2022, 9, 26)) is False
    assert two_dates.open_task("receive").due_at == PAPER_DUE
