"""The audit trail verified: every sealed entry against its hash, and what is not sealed yet."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.store.audit_chain import Report
from service.store.audit_chain import verify as verify_chain


def verify(session: Session) -> Report:
    """Walk the whole chain; the report names each break and the unsealed tail."""
    return verify_chain(session)


def told(report: Report) -> str:
    """The report in one paragraph, Chinese and English."""
    state = "完整 / intact" if report.holds else "断裂 / BROKEN"
    lines = [
        f"审计链{state}：已封存 {report.sealed} 条，未封存 {report.unsealed} 条；链头 {report.head}",
        *(f"  第 {one.seq} 条：{one.what}" for one in report.breaks),
    ]
    return "\n".join(lines)
