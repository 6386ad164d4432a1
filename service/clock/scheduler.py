"""The clock process: APScheduler ticking the jobs, in memory; the truth is in the tables.

One job per kind of work and never one per deadline: two processes sharing a job store fire twice and kill
each other's scheduler thread, while any number of processes may tick over the same tables.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from flask import Flask

from service.clock import jobs

log = structlog.get_logger(__name__)


def run(app: Flask, *, tick_seconds: int) -> None:
    """Tick until SIGTERM or SIGINT; a tick that is late or still running is folded into the next one."""
    scheduler = BlockingScheduler(
        timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    )
    for job in jobs.JOBS:
        scheduler.add_job(_guarded(app, job), "interval", seconds=tick_seconds, id=job.__name__, next_run_time=now())

    def stop(_number: int, _frame: FrameType | None) -> None:
        jobs.end()
        scheduler.shutdown(wait=False)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("clock-started", jobs=[job.__name__ for job in jobs.JOBS], tick_seconds=tick_seconds)
    scheduler.start()
    log.info("clock-stopped")


def now() -> datetime:
    """The present instant, aware, in UTC; the clock is a door and may look at the wall."""
    return datetime.now(UTC)


def _guarded(app: Flask, job: Callable[[datetime], None]) -> Callable[[], None]:
    def tick() -> None:
        try:
            with app.app_context():
                job(now())
        except Exception:
            log.exception("tick-failed", job=job.__name__)

    return tick
