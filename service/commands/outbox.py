"""Does what commands left in the outbox: mail, documents, messages to other cases; each at least once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service.commands import dated_events, digests, registrations, task_links, unit_people
from service.commands.advance import CaseSuspended
from service.commands.correlation import Publication, begin, correlate
from service.commands.digests import quiet_until
from service.commands.ports import ports
from service.commands.process_messages import broadcast, publish
from service.commands.remits import require_remit, require_some_remit
from service.commands.trail import note
from service.delivery.mail import Message, PermanentFailure
from service.domain.errors import NotFound, Refusal, WrongCommand, WrongState
from service.domain.identity import CLOCK
from service.programmes.printing import printed
from service.store import outbox, start_events
from service.store.cases import Case
from service.store.outbox import Lease, OutboxEntry
from service.store.papers import Paper
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact

log = structlog.get_logger(__name__)

# minutes until the next try; after 72 hours an entry is dead and an operator sees it
BACK_OFF = (1, 5, 15, 60, 240)
LIFETIME = timedelta(hours=72)
NO_MAIL = "没有配置邮件服务器 / no mail server is configured"
SUSPENDED = timedelta(minutes=15)  # how soon after a case was resumed what waited for that reaches it, at the latest


def drain(now: datetime, *, limit: int = 20) -> int:
    """Take what is due and do it; returns how many were done. The caller holds no transaction."""
    leases = transact(_lease, limit, actor=CLOCK, now=now)
    return sum(_done(lease, now) for lease in leases)


def send_again(work: UnitOfWork, entry_id: int) -> None:
    """Give an entry that was given up one more try at once, for whoever administers where it comes from.

    Raises NotFound for what is another authority's, WrongState for an entry that was not given up.
    """
    entry = work.session.get(OutboxEntry, entry_id, with_for_update=True)
    if entry is None:
        raise NotFound()
    paper = work.session.get(Paper, entry.payload["paper_id"]) if "paper_id" in entry.payload else None
    case_id = paper.case_id if paper else entry.payload.get("case_id")
    if case_id is None:
        require_some_remit(work, "administer")
    else:
        require_remit(work, "administer", place_id=work.session.get_one(Case, int(case_id)).authority_id)
    if entry.state != outbox.DEAD:
        raise WrongState(zh="这一条没有放弃，会自动再试。", en="This was not given up; it is tried again by itself.")
    entry.state, entry.next_try_at, entry.tries = outbox.PENDING, work.now, 0
    note(work, "outbox-sent-again", "outbox", entry.id, {"kind": entry.kind}, case_id=case_id)


def _lease(work: UnitOfWork, limit: int) -> tuple[Lease, ...]:
    return outbox.lease(work.session, work.now, limit=limit)


def _done(lease: Lease, now: datetime) -> bool:
    """Do one entry. A failure is marked with the time of the next try, or as dead."""
    try:
        DOERS[lease.kind](lease, now)
    except Exception as error:  # noqa: BLE001 - one entry's failure, whatever it is, must not stop the others
        final = isinstance(error, PermanentFailure | WrongCommand | KeyError)
        text = told(error)
        log.warning("outbox-entry-failed", id=lease.id, kind=lease.kind, error=text, final=final)
        waits = isinstance(error, CaseSuspended)  # as long as the case does, which may be longer than LIFETIME
        over = final or (now - lease.created_at > LIFETIME and not waits)
        next_try = None if over else now + (SUSPENDED if waits else _wait(lease.tries))
        transact(_fail, lease, text, next_try, actor=CLOCK, now=now)
        return False
    return True


def told(error: Exception) -> str:
    """What an administrator reads; of the database's error its name alone, for it may quote what it was about."""
    if isinstance(error, Refusal):
        return error.text("zh")
    if isinstance(error, SQLAlchemyError):
        name = type(getattr(error, "orig", None) or error).__name__
        return f"数据库没有写入（{name}），会自动重试 / the database refused ({name}); it is tried again"
    return f"{type(error).__name__}: {error}"


def _wait(tries: int) -> timedelta:
    return timedelta(minutes=BACK_OFF[min(max(tries, 1), len(BACK_OFF)) - 1])


def _fail(work: UnitOfWork, lease: Lease, error: str, next_try: datetime | None) -> None:
    outbox.mark_failed(work.session, lease, error, next_try_at=next_try)


def _mark(work: UnitOfWork, lease: Lease) -> None:
    outbox.mark_done(work.session, lease, now=work.now)


def _send_mail(lease: Lease, now: datetime) -> None:
    outside = ports()
    if outside.mail is None:
        raise PermanentFailure(NO_MAIL)
    payload = lease.payload
    until = quiet_until(now, outside.quiet_hours) if payload.get("quiet") else None
    if until is not None:
        transact(_fail, lease, "", until, actor=CLOCK, now=now)  # nothing failed: it waits
        return
    outside.mail.send(
        Message(
            to=payload["to"],
            to_name=payload.get("to_name") or "",
            subject=payload["subject"],
            body=payload["body"],
            message_id=f"outbox-{lease.id}@shenbao",
        )
    )
    transact(_mark, lease, actor=CLOCK, now=now)


def _send_link(lease: Lease, now: datetime) -> None:
    """Make the link, then mail it; tried again, another is made and the one before no longer holds."""
    outside = ports()
    if outside.mail is None:
        raise PermanentFailure(NO_MAIL)
    mailing = transact(task_links.make, int(lease.payload["task_id"]), actor=CLOCK, now=now)
    if mailing is not None:
        outside.mail.send(
            Message(mailing.to, mailing.subject, mailing.body, f"outbox-{lease.id}@shenbao", mailing.to_name)
        )
    transact(_mark, lease, actor=CLOCK, now=now)


def _send_registration(lease: Lease, now: datetime) -> None:
    """What a registering unit is told, with a link made when it is sent."""
    outside = ports()
    if outside.mail is None:
        raise PermanentFailure(NO_MAIL)
    payload = lease.payload
    told = transact(registrations.word, payload["registration_id"], payload["occasion"], actor=CLOCK, now=now)
    to, to_name, subject, body = told
    outside.mail.send(Message(to, subject, body, f"outbox-{lease.id}@shenbao", to_name))
    transact(_mark, lease, actor=CLOCK, now=now)


def _send_password_link(lease: Lease, now: datetime) -> None:
    """The link by which a colleague of a unit sets the first password, made when it is sent."""
    outside = ports()
    if outside.mail is None:
        raise PermanentFailure(NO_MAIL)
    told = transact(unit_people.word, lease.payload["user_id"], actor=CLOCK, now=now)
    if told is not None:
        to, to_name, subject, body = told
        outside.mail.send(Message(to, subject, body, f"outbox-{lease.id}@shenbao", to_name))
    transact(_mark, lease, actor=CLOCK, now=now)


def _deliver_message(lease: Lease, now: datetime) -> None:
    transact(_publish, lease, actor=CLOCK, now=now)


def _publish(work: UnitOfWork, lease: Lease) -> None:
    """The message and its mark in one transaction: the case, or whoever waits for it, hears it exactly once."""
    if not outbox.mark_done(work.session, lease, now=work.now):
        return
    payload = lease.payload
    if "case_id" in payload:
        publish(work, int(payload["case_id"]), payload["name"], payload.get("variables"))
        return
    kept = timedelta(hours=payload["kept_hours"])
    message = Publication(payload["name"], payload["key"], payload["variables"], kept)
    correlate(work, message, authority_id=payload["authority_id"])


def _deliver_signal(lease: Lease, now: datetime) -> None:
    transact(_signal, lease, actor=CLOCK, now=now)


def _signal(work: UnitOfWork, lease: Lease) -> None:
    """One case, or one start event, hears the signal exactly once."""
    if not outbox.mark_done(work.session, lease, now=work.now):
        return
    payload = lease.payload
    if "case_id" in payload:
        broadcast(work, int(payload["case_id"]), payload["name"], payload["variables"])
        return
    start = start_events.lock(work.session, int(payload["start_id"]))
    if start is not None:
        begin(work, start, payload["variables"])


def _record_event(lease: Lease, now: datetime) -> None:
    transact(_dated, lease, actor=CLOCK, now=now)


def _dated(work: UnitOfWork, lease: Lease) -> None:
    """The case's periods are counted from the day exactly once."""
    if outbox.mark_done(work.session, lease, now=work.now):
        payload = lease.payload
        dated_events.record(work, int(payload["case_id"]), payload["name"], date.fromisoformat(payload["on"]))


def _set_pdf(lease: Lease, now: datetime) -> None:
    """Set a paper as PDF outside any transaction, then note its hash; the same letter gives the same bytes."""
    outside = ports()
    paper = db.session.get_one(Paper, int(lease.payload["paper_id"]))
    letter = printed(db.session(), paper, outside.base_url)
    db.session.rollback()
    stored = outside.blobs.put(outside.documents.pdf(letter))
    transact(_note_pdf, lease, paper.id, stored, actor=CLOCK, now=now)


def _note_pdf(work: UnitOfWork, lease: Lease, paper_id: int, sha256: str) -> None:
    if outbox.mark_done(work.session, lease, now=work.now):
        work.session.get_one(Paper, paper_id).pdf_sha256 = sha256


def _write_digest(lease: Lease, now: datetime) -> None:
    transact(_digest, lease, actor=CLOCK, now=now)


def _digest(work: UnitOfWork, lease: Lease) -> None:
    """A digest is written exactly once; its mail is an entry of its own."""
    if outbox.mark_done(work.session, lease, now=work.now):
        payload = lease.payload
        digests.write(work, int(payload["user_id"]), payload["items"], once=lease.dedupe_key)


DOERS: dict[str, Callable[[Lease, datetime], None]] = {
    "mail": _send_mail,
    "digest": _write_digest,
    "task-link": _send_link,
    "registration": _send_registration,
    "password-link": _send_password_link,
    "message": _deliver_message,
    "signal": _deliver_signal,
    "event": _record_event,
    "pdf": _set_pdf,
}
