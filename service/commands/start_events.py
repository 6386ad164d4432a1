"""What begins cases without a person: registered when a programme is published, and its timers fired by the clock."""

from __future__ import annotations

from datetime import datetime

from service.commands.correlation import begin
from service.domain.errors import DeploymentRefused, Problem
from service.engine import Armed, StartEvent, TimerError, coming, due_start
from service.programmes.compiled import CompiledProgramme
from service.store import start_events
from service.store.start_events import StartEventRow
from service.store.unit_of_work import UnitOfWork

TIMER = "timer"


def register(work: UnitOfWork, programme: CompiledProgramme, deployment_id: int) -> None:
    """The start events of this version take the place of those before; its timers are armed from now on.

    Only procedures of the manifest begin cases. Raises DeploymentRefused for a timer that has no date.
    """
    rows: list[StartEventRow] = []
    problems: list[Problem] = []
    for process in programme.bundle.processes.values():
        for event in process.starts if process.id in programme.manifest.procedures else ():
            try:
                armed = due_start(programme.bundle, event, work.now) if event.kind == TIMER else Armed(None)
            except TimerError as error:
                zh, en = f"启动定时器没有时间：{error.zh}。", f"The start timer gives no time: {error.en}."
                problems.append(Problem(process.file, event.element, "start-timer", zh, en))
            else:
                rows.append(_row(programme, deployment_id, event, armed))
    if problems:
        raise DeploymentRefused(problems)
    start_events.replace(work.session, programme.key, rows)


def _row(programme: CompiledProgramme, deployment_id: int, event: StartEvent, armed: Armed) -> StartEventRow:
    return StartEventRow(
        programme=programme.key,
        authority=programme.manifest.authority,
        deployment_id=deployment_id,
        process=event.process,
        element=event.element,
        kind=event.kind,
        name=event.name,
        due_at=armed.due,
        cycle=armed.cycle,
    )


def fire(work: UnitOfWork, row_id: int) -> int | None:
    """Begin the case of a timer start that is due, exactly once however many clocks look at it; the case's id.

    What was missed while no clock ran is made up for by one case. A start that is refused (no programme in force) is
    noted, and the next firing waits for its own time.
    """
    row = start_events.still_due(work.session, row_id, work.now)
    if row is None:
        return None
    _arm_next(row, work.now)
    return begin(work, row, {})


def _arm_next(row: StartEventRow, now: datetime) -> None:
    """The first firing that is still to come."""
    armed = coming(Armed(row.due_at, row.cycle), now)
    row.due_at, row.cycle = armed.due, armed.cycle
