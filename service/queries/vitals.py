"""How the service is: whether the clock ticks, and the counts that a monitoring system draws."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.store.audit import AuditEntry
from service.store.counters import HEARTBEAT, Counter
from service.store.incidents import Incident
from service.store.outbox import DONE, OutboxEntry
from service.store.timers import Timer
from service.store.user_tasks import OPEN, UserTask
from service.store.users import UserSession

PERIODS: Final = 3  # so many ticks may be missed before the clock is late
SLOWEST: Final = timedelta(seconds=30)  # a tick with much to do takes its time


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its name, what it counts, and its values by label."""

    name: str
    text: str
    values: tuple[tuple[str, int], ...]


def clock_is_late(session: Session, now: datetime, tick_seconds: int) -> bool:
    """Whether the clock has not ticked for three of its periods; a service that never had a clock is not late."""
    ticked = session.scalar(select(Counter.value).where(Counter.name == HEARTBEAT))
    if ticked is None:
        return False
    return now - datetime.fromtimestamp(ticked, UTC) > PERIODS * timedelta(seconds=tick_seconds) + SLOWEST


def figures(session: Session, now: datetime) -> tuple[Figure, ...]:
    """Counts of what waits; nothing of any case."""

    outbox = session.execute(
        select(OutboxEntry.state, func.count()).where(OutboxEntry.state != DONE).group_by(OutboxEntry.state)
    )
    ticked = session.scalar(select(Counter.value).where(Counter.name == HEARTBEAT))
    return (
        Figure("shenbao_open_tasks", "User tasks that wait for a person.", _count(session, UserTask.status == OPEN)),
        Figure("shenbao_open_incidents", "Automatic steps that are stuck.", _count(session, Incident.state == "open")),
        Figure("shenbao_overdue_timers", "Timers that are due and not fired.", _count(session, Timer.due_at <= now)),
        Figure(
            "shenbao_outbox_entries",
            "What has not left the database, by state.",
            tuple((f'state="{state}"', count) for state, count in outbox),
        ),
        Figure(
            "shenbao_unsealed_audit_entries",
            "Audit entries without a hash yet.",
            _count(session, AuditEntry.seq.is_(None)),
        ),
        Figure("shenbao_sessions", "Signed-in browsers.", _count(session, UserSession.expires_at > now)),
        Figure(
            "shenbao_clock_age_seconds",
            "Seconds since the clock ticked.",
            (("", int(now.timestamp()) - ticked),) if ticked is not None else (),
        ),
    )


def _count(session: Session, condition: ColumnElement[bool]) -> tuple[tuple[str, int], ...]:
    return (("", session.execute(select(func.count()).where(condition)).scalar_one()),)
