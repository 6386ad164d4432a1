"""An issued paper as it is printed: whose head it bears, its number, its day, and the code that proves it."""

from __future__ import annotations

from sqlalchemy.orm import Session

from service.delivery.documents import Letter
from service.domain.deadlines import local_date
from service.store.organisations import Organisation
from service.store.papers import Paper


def printed(session: Session, paper: Paper, base_url: str) -> Letter:
    """The paper as a letter for the typesetter or the word processor; `base_url` is where its code is verified."""
    return Letter(
        title=paper.title,
        body=paper.body,
        issuer=issuer_of(session, paper),
        number=paper.number or "",
        issued_on=local_date(paper.issued_at),
        code=paper.code,
        code_url=f"{base_url}/verify?code={paper.code}",
    )


def issuer_of(session: Session, paper: Paper) -> str:
    """The office whose paper it is; an applicant's own paper has none."""
    office = session.get(Organisation, paper.issuer_id) if paper.issuer_id is not None else None
    return office.name if office is not None else ""
