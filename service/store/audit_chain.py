"""The chain over the audit trail: each sealed entry's hash covers the one before, so that no change goes unseen.

Sealing follows the commits within a second, in one sequencer at a time; the acts themselves fight over no row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, func, select, update
from sqlalchemy.orm import Session

from service.store.audit import AuditEntry
from service.store.counters import Counter, put, reserve

SEQUENCE: Final = "audit-sequence"
FIRST: Final = "0" * 64
COVERED: Final = ("id", "actor_id", "actor_name", "action", "case_id", "object_type", "object_id", "details")
ROW: Final = tuple(getattr(AuditEntry, name) for name in (*COVERED, "at", "seq", "hash", "previous_hash"))
CANONICAL: Final = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain does not hold: `changed`, `missing`, `reordered` or `cut-off`."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found; `head` is the hash to keep elsewhere, `unsealed` the tail not covered yet."""

    sealed: int
    unsealed: int
    oldest_unsealed_at: datetime | None
    head: str
    breaks: tuple[Break, ...]

    @property
    def holds(self) -> bool:
        """Whether every sealed entry is as it was written."""
        return not self.breaks


def seal(session: Session, *, limit: int = 1000) -> int:
    """Give the oldest unsealed entries their numbers and hashes; how many. A second sequencer waits for the first."""
    last = reserve(session, SEQUENCE)
    entries = session.execute(select(*ROW).where(AuditEntry.seq.is_(None)).order_by(AuditEntry.id).limit(limit)).all()
    if not entries:
        return 0
    previous = _hash_at(session, last)
    rows: list[dict[str, Any]] = []
    for seq, entry in enumerate(entries, start=last + 1):
        own = hash_of(seq, entry, previous)
        rows.append({"id": entry.id, "seq": seq, "hash": own, "previous_hash": previous})
        previous = own
    session.execute(update(AuditEntry), rows)
    put(session, SEQUENCE, last + len(rows))
    return len(rows)


def verify(session: Session, anchors: Mapping[int, str] | None = None) -> Report:
    """Walk the whole chain. `anchors` are heads kept elsewhere, by number: only they betray a chain made anew."""
    breaks: list[Break] = []
    expected, previous = 1, FIRST
    wanted = dict(anchors or {})
    entries = session.execute(
        select(*ROW).where(AuditEntry.seq.is_not(None)).order_by(AuditEntry.seq).execution_options(yield_per=2000)
    )
    for entry in entries:
        seq = entry.seq or 0
        if seq != expected:
            breaks.append(Break(expected, "missing"))
        elif entry.previous_hash != previous:
            breaks.append(Break(seq, "reordered"))
        if entry.hash != hash_of(seq, entry, entry.previous_hash or "") or wanted.pop(seq, entry.hash) != entry.hash:
            breaks.append(Break(seq, "changed"))
        expected, previous = seq + 1, entry.hash or ""
    known = session.scalar(select(Counter.value).where(Counter.name == SEQUENCE)) or 0
    breaks.extend(Break(seq, "cut-off") for seq in sorted({*wanted, known}) if seq >= expected)
    unsealed, oldest = _tail(session)
    return Report(expected - 1, unsealed, oldest, previous, tuple(breaks))


def hash_of(seq: int, entry: AuditEntry | Row[Any], previous: str) -> str:
    """sha256 over the previous hash and the entry as canonical JSON."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    covered = {"seq": seq, "at": at, **{name: getattr(entry, name) for name in COVERED}}
    return hashlib.sha256(f"{previous}\n{CANONICAL(covered)}".encode()).hexdigest()


def _hash_at(session: Session, seq: int) -> str:
    if seq == 0:
        return FIRST
    return session.scalar(select(AuditEntry.hash).where(AuditEntry.seq == seq)) or ""


def _tail(session: Session) -> Sequence[Any]:
    return session.execute(
        select(func.count(AuditEntry.id), func.min(AuditEntry.at)).where(AuditEntry.seq.is_(None))
    ).one()
