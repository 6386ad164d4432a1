"""The public record of a draw: all that is needed to repeat it, and no name of an expert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.domain.panel import Entry, lot, pool_text
from service.store.cases import Case
from service.store.organisations import Organisation
from service.store.panels import Panel

DRAWN = ("secret", "number", "drawn_at", "seats", "reserves", "uncovered", "replacements")


@dataclass(frozen=True, slots=True)
class LineRow:
    """One entry of the pool and what became of it: its lot and its place, once the draw was made."""

    entry: str
    field: str
    reason: str
    lot: str
    seat: int
    reserve: int


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """A draw as the public may read it; before the witness came, only what was sealed."""

    code: str
    case_number: str
    authority: str
    sealed_at: datetime
    pool_digest: str
    commitment: str
    size: int
    fields: tuple[str, ...]
    reserves_wanted: int
    seed: str
    record: dict[str, Any]
    lines: tuple[LineRow, ...]

    @property
    def pool_text(self) -> str:
        """The text whose sha256 is the digest of the pool."""
        return pool_text(Entry(one.entry, one.field, one.reason or None) for one in self.lines)

    @property
    def is_drawn(self) -> bool:
        """Whether the witness has come."""
        return bool(self.seed)

    def as_json(self) -> dict[str, Any]:
        """The record for programs; what is not known yet is left out."""
        shown = {name: self.record[name] for name in DRAWN if self.is_drawn}
        return {
            "code": self.code,
            "case": self.case_number,
            "authority": self.authority,
            "sealed_at": self.sealed_at.isoformat(),
            "pool_digest": self.pool_digest,
            "commitment": self.commitment,
            "size": self.size,
            "fields": list(self.fields),
            "reserves_wanted": self.reserves_wanted,
            "pool": [{"entry": one.entry, "field": one.field, "reason": one.reason or None} for one in self.lines],
            **shown,
            **({"seed": self.seed} if self.is_drawn else {}),
        }


def find(session: Session, code: str) -> DrawRecord:
    """The record with this code; raises NotFound, also for a panel that was never sealed by a draw."""
    row = session.execute(
        select(Panel, Case.number, Organisation.name)
        .join(Case, Case.id == Panel.case_id)
        .outerjoin(Organisation, Organisation.id == Case.authority_id)
        .where(Panel.code == code)
    ).first()
    if row is None or "pool" not in row[0].record:
        raise NotFound()
    panel, number, authority = row
    record = panel.record
    return DrawRecord(
        panel.code, number or "", authority or "", panel.created_at, panel.pool_digest, record["commitment"],
        record["size"], tuple(record["fields"]), record["reserves_wanted"], panel.seed, record, _lines(panel),
    )  # fmt: skip


def _lines(panel: Panel) -> tuple[LineRow, ...]:
    seats, reserves = panel.record.get("seats", ()), panel.record.get("reserves", ())
    return tuple(
        LineRow(
            row["entry"],
            row["field"],
            row["reason"] or "",
            lot(panel.seed, row["entry"]) if panel.seed and not row["reason"] else "",
            _place(seats, row["entry"]),
            _place(reserves, row["entry"]),
        )
        for row in panel.record["pool"]
    )


def _place(codes: Any, entry: str) -> int:
    return codes.index(entry) + 1 if entry in codes else 0
