"""The dated story in words: who did what, which deadline was set and why, how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from service.domain.deadlines import ZONE
from service.domain.due_sentence import sentence
from service.domain.written import written
from service.programmes.manifest import Manifest
from service.store.audit import AuditEntry
from service.store.deadlines import Deadline
from service.store.session import db

WORDS = {
    "case-started": "发起",
    "task-completed": "办结",
    "timer-fired": "期限届满",
    "message-published": "收到消息",
    "case-withdrawn": "撤回",
    "reminder-told": "提醒",
    "overdue-told": "标记逾期",
    "escalation-told": "报告督办",
    "incident-retried": "重试异常",
    "duty-opened": "义务到期开启",
    "objection-lodged": "收到异议",
}


class Report:
    """Reads on from where it stopped, so that a story is told while it is played."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._entry = 0
        self._deadline = 0

    def news(self) -> Iterator[str]:
        """What happened since the last call, oldest first."""
        entries = db.session.scalars(
            select(AuditEntry).where(AuditEntry.id > self._entry).order_by(AuditEntry.id)
        ).all()
        for entry in entries:
            self._entry = entry.id
            if entry.action == "decision-taken":
                yield f"    决策 {entry.object_id} = {_short(entry.details.get('value'))}"
            elif entry.action in WORDS:
                yield from _told(entry)
        yield from self._deadlines()
        db.session.rollback()

    def _deadlines(self) -> Iterator[str]:
        rows = db.session.scalars(select(Deadline).where(Deadline.id > self._deadline).order_by(Deadline.id)).all()
        for row in {(row.name, row.due_at): row for row in rows}.values():
            rule = self._manifest.deadlines.get(row.name)
            yield f"    期限 {rule.name if rule else row.name}：{written(row.due_at)}（{sentence(row.reason)}）"
        self._deadline = max([self._deadline, *(row.id for row in rows)])


def _told(entry: AuditEntry) -> Iterator[str]:
    details: dict[str, Any] = entry.details or {}
    about = details.get("name") or details.get("deadline") or details.get("element") or ""
    yield f"{entry.at.astimezone(ZONE):%Y-%m-%d %H:%M}  {entry.actor_name}  {WORDS[entry.action]}“{about}”"
    for operation in details.get("operations", ()):
        result = operation.get("failed") or operation.get("result") or ""
        yield f"    操作 {operation['operation']} {'失败：' if 'failed' in operation else ''}{_short(result)}"
    for incident in details.get("incidents", ()):
        yield f"    异常 {incident['element']}：{incident['zh']}"


def _short(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict) and "code" in value[0]:
        return "、".join(f"{one['code']}（{one.get('severity', '')}）" for one in value)
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"
