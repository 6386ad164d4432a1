"""The ten working days of the Guizhou notice in earnest: the process `shenbao clock`, and a paper date just passed."""

from __future__ import annotations

import signal
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from service.commands import calendar
from service.domain.deadlines import ZONE, end_of, local_date
from service.settings import ROOT
from service.simulator.driver import Driver
from service.simulator.play import open_call
from service.simulator.story import read_story
from service.store import calendars
from service.store.audit import AuditEntry
from service.store.cases import Case
from service.store.messages import Message
from service.store.outbox import OutboxEntry
from service.store.papers import Paper
from service.store.session import db
from tests.clock.test_real_clock import heartbeat, poll
from tests.support.nodes import logs, running
from tests.support.office import Office, open_office

KEY = "guizhou-manufacturing-innovation-centre"
TOLD_TRAINING = date(2022, 9, 26)  # the story's day
REGISTERED_UNTIL = 11  # working days: ten to deliver, one more to register what arrived in time
ONE_DAY = timedelta(days=1)


def just_over(now: datetime) -> date:
    """The latest training whose papers could be registered until a midnight before `now`."""
    days = calendars.load(db.session())
    day = local_date(now)
    while end_of(days.add(day, REGISTERED_UNTIL), "24:00") > now:
        day -= ONE_DAY
    return day


def waiting_for_paper(office: Office, trained: date) -> int:
    """The story's case, its training held on that day, until its paper may come."""
    story = read_story(ROOT / "bpmn" / KEY / "stories" / "piloted.toml")
    shift = trained - TOLD_TRAINING
    begins = datetime.combine(story.starts_on + shift, time(9), ZONE).astimezone(UTC)
    assert story.call is not None
    dates = {name: day + shift for name, day in story.call.dates.items()}
    open_call(KEY, replace(story.call, opens_on=story.call.opens_on + shift, dates=dates), begins)
    driver = Driver(office.cast, KEY, begins, shift=shift)
    driver.start(story.procedure, "lead")
    for step in story.steps:
        if driver.is_open("核收纸质材料"):
            break
        driver.play(step)
    return driver.case_ids[story.procedure]


@pytest.mark.proof
def test_the_real_clock_ends_the_paper_delivery_once(app_on_both: Flask, database: str, tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with app_on_both.app_context():
        office = open_office(app_on_both, KEY, now - timedelta(days=150), ROOT)
        known = {day.on.year for day in calendars.days_of(db.session())}
        for year in sorted({now.year - 1, now.year, now.year + 1} - known):
            office.act(calendar.import_year, f'year = {year}\nsource = "测试"\n')
        case_id = waiting_for_paper(office, just_over(now))
        with running("clock", 1, tmp_path, database_url=database, tick_seconds=1) as (clock,):
            late = select(Case.outcome).where(Case.id == case_id)
            ended = poll(lambda: office.rows(late) == ["late"] and not office.count(OutboxEntry, pending()))
            assert ended, (
                f"{office.rows(late)} {[task.name for task in office.open_tasks()]}\n{logs('clock', tmp_path)[-3000:]}"
            )
            beats = heartbeat(office)
            assert poll(lambda: heartbeat(office) >= beats + 2)  # more ticks change nothing
            clock.send_signal(signal.SIGTERM)
            assert clock.wait(timeout=20) == 0
        fired = office.rows(select(AuditEntry).where(AuditEntry.action == "timer-fired", AuditEntry.case_id == case_id))
        assert [entry.details["element"] for entry in fired].count("closed") == 1
        assert office.count(Paper, (Paper.case_id == case_id) & (Paper.letter == "paper-late")) == 1
        assert office.count(Message, Message.title == "纸质材料逾期告知书") == 2  # the unit and its local department
        assert "tick-failed" not in logs("clock", tmp_path)
        db.session.remove()


def pending() -> object:
    return (OutboxEntry.state != "done") & (OutboxEntry.kind != "mail")
