"""Objections for those who handle them: the authority's staff, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.access import may
from service.domain.identity import Actor
from service.store.access import case_facts
from service.store.attachments import Attachment
from service.store.cases import Case
from service.store.notices import Notice, Objection, objection_states


@dataclass(frozen=True, slots=True)
class ObjectionRow:
    """An objection with who lodged it; `files` are code and name."""

    objection_id: int
    code: str
    notice_number: str
    notice_title: str
    kind: str
    name: str
    contact: str
    facts: str
    lodged_at: datetime
    state: str
    files: tuple[tuple[str, str], ...]


def of_task(
    session: Session, actor: Actor, case_id: int, inputs: Mapping[str, Any], now: datetime
) -> ObjectionRow | None:
    """The objection a task is about (its input `objection_id`), if this actor may know who objected."""
    asked = str(inputs.get("objection_id") or "")
    if not asked.isdecimal() or not may_know(session, actor, case_id, now):
        return None
    row = session.execute(
        select(Objection, Notice.number, Notice.title)
        .join(Notice, Notice.id == Objection.notice_id)
        .where(Objection.id == int(asked), Objection.case_id == case_id)
    ).first()
    if row is None:
        return None
    one, number, title = row
    names = session.execute(select(Attachment.code, Attachment.name).where(Attachment.code.in_(one.attachments)))
    return ObjectionRow(
        one.id, one.code, number or "", title, one.kind, one.name, one.contact, one.facts, one.lodged_at, one.state,
        tuple((code, name) for code, name in names),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """What the code of an objection tells whoever bears it: where it stands, and nothing of who or why."""

    code: str
    notice_number: str
    notice_title: str
    lodged_at: datetime
    state: str


def progress(session: Session, code: str) -> ProgressRow | None:
    """How far the objection with this code has come; None where there is none."""
    row = session.execute(
        select(Objection, Notice.number, Notice.title)
        .join(Notice, Notice.id == Objection.notice_id)
        .where(Objection.code == code)
    ).first()
    if row is None:
        return None
    one, number, title = row
    state = objection_states(session, one.case_id).get(one.id, one.state)
    return ProgressRow(one.code, number or "", title, one.lodged_at, state)


def may_know(session: Session, actor: Actor, case_id: int, now: datetime) -> bool:
    """Whether the actor may learn who objected in this case."""
    case = session.get(Case, case_id)
    return case is not None and may(actor, "see-objector", case_facts(session, actor, case), now)


def secret_files(session: Session, case_id: int) -> frozenset[str]:
    """The codes of the files that objectors handed in; their names alone can tell who it was."""
    lists = session.scalars(select(Objection.attachments).where(Objection.case_id == case_id))
    return frozenset(str(code) for codes in lists for code in codes)
