"""The notifications of a person: those to them and those to their groups."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from service.domain.errors import Language
from service.domain.identity import Actor
from service.queries.paging import PAGE, Page, cut, read_id_cursor
from service.store.access import addressed_to
from service.store.cases import Case
from service.store.messages import Message


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One notification; the case is named only with its title, its page asks again who may see it."""

    message_id: int
    title: str
    body: str
    created_at: datetime
    read_at: datetime | None
    case_id: int | None
    case_title: str


def page(
    session: Session, actor: Actor, after: str = "", size: int = PAGE, *, language: Language = "zh"
) -> Page[MessageRow]:
    """The newest first, in a language where there are words of it."""
    position = read_id_cursor(after)
    chosen = (
        select(Message.id, *_words(language), Message.created_at, Message.read_at, Message.case_id, Case.title)
        .join(Case, Case.id == Message.case_id, isouter=True)
        .where(addressed_to(actor))
        .order_by(Message.id.desc())
        .limit(size + 1)
    )
    if position is not None:
        chosen = chosen.where(Message.id < position)
    rows = [MessageRow(*row[:6], row[6] or "") for row in session.execute(chosen)]
    shown, last = cut(rows, size)
    return Page(shown, str(last.message_id) if last else "")


def _words(language: Language) -> tuple[ColumnElement[str], ColumnElement[str]]:
    if language == "en":
        return func.coalesce(Message.title_en, Message.title), func.coalesce(Message.body_en, Message.body)
    return Message.title.expression, Message.body.expression
