"""Public notices: what everybody may read, and until when an objection can be lodged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from service.domain.errors import NotFound
from service.queries.paging import PAGE, Page, cut, date_cursor, read_date_cursor
from service.store.cases import Case
from service.store.members import Member
from service.store.notices import Notice, NoticeItem
from service.store.organisations import Organisation


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A published notice."""

    notice_id: int
    number: str
    case_id: int
    title: str
    body: str
    from_on: date
    to_on: date
    published_at: datetime | None
    state: str
    programme: str
    authority: str

    def is_running(self, today: date) -> bool:
        """Whether `today` is in its period; both ends are inclusive."""
        return self.state == "published" and self.from_on <= today <= self.to_on


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """A case a notice is about: its title and units, all public by the notice itself."""

    case_id: int
    title: str
    applicant: str
    competent: str
    members: tuple[str, ...]


def page(session: Session, after: str = "", size: int = PAGE, running_on: date | None = None) -> Page[NoticeRow]:
    """Published notices, the last to end first: a running one stands before every one that is over.

    `running_on` keeps those whose period includes that day.
    """
    position = read_date_cursor(after)
    chosen = _select().order_by(Notice.to_on.desc(), Notice.id.desc()).limit(size + 1)
    if position is not None:
        chosen = chosen.where(tuple_(Notice.to_on, Notice.id) < tuple_(*position))
    if running_on is not None:
        chosen = chosen.where(Notice.from_on <= running_on, Notice.to_on >= running_on, Notice.state == "published")
    shown, last = cut([NoticeRow(*row) for row in session.execute(chosen)], size)
    return Page(shown, date_cursor(last.to_on, last.notice_id) if last else "")


def find(session: Session, number: str) -> NoticeRow:
    """One notice by its number; raises NotFound, also for one that is not published yet."""
    row = session.execute(_select().where(Notice.number == number)).first()
    if row is None:
        raise NotFound()
    return NoticeRow(*row)


def subjects(session: Session, notice: NoticeRow) -> tuple[SubjectRow, ...]:
    """The cases the notice names, in its order, with their member units as each declaration listed them last."""
    competent = select(Organisation.id, Organisation.name).subquery()
    found = session.execute(
        select(Case.id, Case.title, Organisation.name, competent.c.name)
        .join(NoticeItem, NoticeItem.case_id == Case.id)
        .join(Organisation, Organisation.id == Case.applicant_id, isouter=True)
        .join(competent, competent.c.id == Case.competent_id, isouter=True)
        .where(NoticeItem.notice_id == notice.notice_id)
        .order_by(NoticeItem.position)
    ).all()
    units = session.execute(
        select(Member.case_id, Member.name)
        .where(Member.case_id.in_([row[0] for row in found]))
        .order_by(Member.position)
    ).all()
    return tuple(
        SubjectRow(key, title, applicant or "", office or "", tuple(name for case_id, name in units if case_id == key))
        for key, title, applicant, office in found
    )


def _select() -> Select[*tuple[Any, ...]]:
    authority = select(Organisation.id, Organisation.name).subquery()
    return (
        select(
            Notice.id, Notice.number, Notice.case_id, Notice.title, Notice.body, Notice.from_on, Notice.to_on,
            Notice.published_at, Notice.state, Case.programme, authority.c.name,
        )
        .join(Case, Case.id == Notice.case_id)
        .join(authority, authority.c.id == Case.authority_id, isouter=True)
        .where(Notice.published_at.is_not(None), Notice.number.is_not(None))
    )  # fmt: skip
