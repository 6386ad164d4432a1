"""Write who waits for which message and signal as rows, after a movement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert

from service.store.session import changed
from service.store.subscriptions import MESSAGE, SIGNAL, Subscription

if TYPE_CHECKING:
    from service.commands.advance import Course

KINDS = (MESSAGE, SIGNAL)


def write(course: Course, closed: Iterable[int]) -> None:
    """Tokens that wait no longer lose their row, those that began to wait get one; `closed`: by any step of it."""
    session, instance, before = course.work.session, course.instance, course.before
    gone = [task for task in closed if before.event(course.programme, task) in KINDS]
    if gone:
        mine = Subscription.instance_id == instance.id
        changed(session, delete(Subscription).where(mine, Subscription.engine_task.in_(gone)))
    rows = [row for row in _rows(course) if before.is_new(row["engine_task"])]
    if rows:
        session.execute(insert(Subscription), rows)


def _rows(course: Course) -> Iterator[dict[str, Any]]:
    common = {"instance_id": course.instance.id}
    for wait in course.last.messages:
        said = {"kind": MESSAGE, "name": wait.name, "key": wait.key, "element": wait.element, "process": wait.process}
        yield {**common, "engine_task": wait.task, **said}
    for signal in course.last.awaited_signals:
        said = {"kind": SIGNAL, "name": signal.name, "key": None, "element": signal.element, "process": signal.process}
        yield {**common, "engine_task": signal.task, **said}
