"""The calendar of obligations in pages: each row on one of them, in the order of the days, however many fall on one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from service.domain.errors import InvalidInput
from service.domain.identity import SYSTEM
from service.queries import centres
from service.store.register import Duty, RegisterEntry
from service.store.session import db

TODAY = date(2026, 3, 2)


def _owed(session: Session, count: int) -> None:
    entry = RegisterEntry(
        number="示例〔2026〕1号", programme="a-programme", name="示例中心", state="active", entered_on=TODAY, data={}
    )
    session.add(entry)
    session.flush()
    session.add_all(
        Duty(register_entry_id=entry.id, kind=f"report-{number}", due_on=TODAY + timedelta(days=number // 3),
             opens_at=datetime(2026, 1, 1, tzinfo=UTC))
        for number in range(count)
    )  # fmt: skip
    session.flush()


def test_each_row_stands_on_one_page(store: Flask) -> None:
    session = db.session()
    _owed(session, 8)
    seen, after = [], ""
    for _ in range(3):
        page = centres.obligations(session, SYSTEM, TODAY, after=after, size=3)
        seen += [row.kind for row in page.rows]
        after = page.next
    assert seen == [f"report-{number}" for number in range(8)]
    assert after == ""


def test_a_place_that_nobody_gave_out_is_refused(store: Flask) -> None:
    with pytest.raises(InvalidInput):
        centres.obligations(db.session(), SYSTEM, TODAY, after="nonsense")
