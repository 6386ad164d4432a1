"""Public notices and the objections lodged against them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.store.session import Base, Key
from service.store.submissions import Submission

ADMISSION, CONCLUSION = "objection-admission", "objection-conclusion"


class Notice(Base):
    """A publicity notice; `from_on` and `to_on` are both days of the period.

    `case_id` is the case that published it: the one it is about, or an act of its own over several cases.
    """

    __tablename__ = "notices"

    id: Mapped[Key]
    number: Mapped[str | None] = mapped_column(unique=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    title: Mapped[str]
    body: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    published_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="published", index=True)


class NoticeItem(Base):
    """A case that a notice is about."""

    __tablename__ = "notice_items"
    __table_args__ = (UniqueConstraint("notice_id", "case_id"),)

    id: Mapped[Key]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    position: Mapped[int]


class Objection(Base):
    """An objection of a named person; name and contact are confidential."""

    __tablename__ = "objections"

    id: Mapped[Key]
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    contact: Mapped[str]
    kind: Mapped[str]
    facts: Mapped[str]
    attachments: Mapped[list[Any]] = mapped_column(default=list)
    lodged_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="lodged")


def objection_states(session: Session, case_id: int) -> dict[int, str]:
    """How far each objection of a case that somebody has answered has come: admitted, refused, upheld or rejected."""
    rows = session.execute(
        select(Submission.form, Submission.item, Submission.data)
        .where(Submission.case_id == case_id, Submission.form.in_((ADMISSION, CONCLUSION)))
        .order_by(Submission.id)
    )
    found: dict[int, str] = {}
    for form, item, data in rows:
        if item.get("objection_id"):
            words = ("admitted", "refused") if form == ADMISSION else ("upheld", "rejected")
            yes = data.get("admitted" if form == ADMISSION else "upheld") == "yes"
            found[int(item["objection_id"])] = words[0] if yes else words[1]
    return found
