"""What an administrator watches: a list that is cut does not hide how much there is."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from service.domain.identity import SYSTEM
from service.queries import operations
from service.store import outbox
from service.store.incidents import Incident
from service.store.session import db
from tests.support import factories
from tests.support.factories import AT


def test_what_is_cut_is_counted_whole(store: Flask) -> None:
    session = db.session()
    instance = factories.make_instance(session)
    for number in range(3):
        session.add(
            Incident(
                instance_id=instance.id, case_id=instance.case_id, engine_task=number, element="send", name="发出",
                code="unavailable", zh="没有发出", en="not sent", opened_at=AT,
            )
        )  # fmt: skip
        outbox.add(session, "mail", {"case_id": instance.case_id}, dedupe_key=f"mail-{number}", now=AT)
    session.flush()
    assert len(operations.incidents(session, SYSTEM, limit=2)) == 2
    assert len(operations.outbox(session, SYSTEM, limit=2)) == 2
    waiting = operations.waiting(session, SYSTEM)
    assert (waiting.incidents, waiting.outbox) == (3, 3)


def test_what_was_sent_or_mended_does_not_wait(store: Flask) -> None:
    session = db.session()
    outbox.add(session, "mail", {}, dedupe_key="mail", now=AT)
    (lease,) = outbox.lease(session, AT + timedelta(seconds=1))
    outbox.mark_done(session, lease, now=AT)
    assert operations.waiting(session, SYSTEM) == operations.Waiting(0, 0)
