"""Letters and messages go to whom holds a role today, not to whom held it once."""

from __future__ import annotations

from datetime import date

from sqlalchemy import update

from service.operations.recipients import tell_groups
from service.store.outbox import OutboxEntry
from service.store.session import db
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant
from tests.support.office import Office


def tell(work: UnitOfWork, key: str, once: str) -> None:
    tell_groups(work, [key], "题目", "正文", case_id=None, once=once)


def end_grants(work: UnitOfWork, user_id: int, last: date) -> None:
    work.session.execute(update(Grant).where(Grant.user_id == user_id).values(valid_to_on=last))


def test_nothing_is_mailed_to_whose_role_has_ended(panel: Office) -> None:
    clerk, colleague = panel.person("clerk"), panel.person("clerk", 2)
    (key,) = [one for one in clerk.groups if one.startswith("clerk@")]
    panel.act(end_grants, colleague.user_id, date(2025, 3, 3))
    panel.act(tell, key, "last day")
    assert len(panel.rows(db.select(OutboxEntry))) == 2
    panel.act(end_grants, colleague.user_id, date(2025, 3, 2))
    panel.act(tell, key, "the day after")
    sent = [row.payload["to"] for row in panel.rows(db.select(OutboxEntry)) if "the day after" in row.dedupe_key]
    assert sent == [panel.emails("clerk")]
