"""What the clock has to do now: read without a lock, in due order; each is checked again under its case's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store import kept_messages as kept_rows
from service.store import timers as timer_rows
from service.store.audit import AuditEntry
from service.store.calls import Call
from service.store.case_texts import CaseText
from service.store.cases import Case
from service.store.incidents import Incident
from service.store.register import Duty
from service.store.start_events import StartEventRow
from service.store.user_tasks import OPEN, UserTask

# What one tick takes on: a cut-off date of a whole province must not take as many ticks as it has pages.
BATCH = 10_000


def timers(session: Session, now: datetime) -> tuple[int, ...]:
    """The instances with timers to fire, once for each timer."""
    return timer_rows.due(session, now, BATCH)


def start_events(session: Session, now: datetime) -> Sequence[int]:
    """Ids of start timers that begin a case."""
    statement = select(StartEventRow.id).where(StartEventRow.due_at <= now)
    return session.scalars(statement.order_by(StartEventRow.due_at, StartEventRow.id).limit(BATCH)).all()


def kept_messages(session: Session, now: datetime) -> Sequence[int]:
    """Ids of kept messages that somebody may take."""
    return kept_rows.wanted(session, now, BATCH)


def alarms(session: Session, now: datetime) -> Sequence[int]:
    """Ids of open tasks that have something to be told."""
    statement = (
        select(UserTask.id)
        .where(UserTask.status == OPEN, UserTask.alarm_at <= now)
        .order_by(UserTask.alarm_at, UserTask.id)
        .limit(BATCH)
    )
    return session.scalars(statement).all()


def duties(session: Session, now: datetime) -> Sequence[int]:
    """Ids of what centres owe and is to begin."""
    statement = select(Duty.id).where(Duty.state == "waiting", Duty.opens_at <= now)
    return session.scalars(statement.order_by(Duty.opens_at, Duty.id).limit(BATCH)).all()


def call_news(session: Session, now: datetime) -> Sequence[int]:
    """Ids of calls of which there is something to tell."""
    return session.scalars(
        select(Call.id).where(Call.news_at <= now).order_by(Call.news_at, Call.id).limit(BATCH)
    ).all()


def case_texts(session: Session, now: datetime) -> Sequence[int]:
    """Ids of cases in which something was done since their texts were written, the longest ago first."""
    del now  # an act counts from when it is sealed
    written = select(func.coalesce(func.max(CaseText.seq), 0)).scalar_subquery()
    statement = select(AuditEntry.case_id).where(AuditEntry.seq > written, AuditEntry.case_id.is_not(None))
    found = session.scalars(statement.group_by(AuditEntry.case_id).order_by(func.max(AuditEntry.seq)).limit(BATCH))
    return [case_id for case_id in found if case_id is not None]


def incidents(session: Session, now: datetime) -> Sequence[int]:
    """Ids of incidents to try again; those of a suspended case wait until it goes on."""
    statement = select(Incident.id).join(Case, Case.id == Incident.case_id)
    statement = statement.where(Incident.state == "open", Incident.next_try_at <= now, Case.suspended_at.is_(None))
    return session.scalars(statement.order_by(Incident.next_try_at, Incident.id).limit(BATCH)).all()
