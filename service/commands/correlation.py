"""Give a published message to whoever waits for its name and key, begin cases with it, and keep it while it may live.

As in Camunda 8: each process takes a message once, the case that has waited longest first; a message with a key begins
no second case of a process while the one that it began is running; what is kept is delivered as soon as somebody waits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from service.commands.advance import advance
from service.commands.cases import Begun
from service.commands.cases import start as start_case
from service.commands.trail import note
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, Refusal, WrongState
from service.domain.identity import Actor
from service.engine import Publish, plain
from service.store import instances, kept_messages, start_events, subscriptions, users
from service.store.cases import Case
from service.store.kept_messages import KeptMessage
from service.store.start_events import StartEventRow
from service.store.subscriptions import MESSAGE, Waiting
from service.store.unit_of_work import UnitOfWork

LONGEST_NAME = 200  # signs of a name, a key, a message id
LONGEST_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Publication:
    """A message: `key` None or empty begins cases and reaches catch events without a key; `kept_for` as long as this.

    `message_id` makes it one message: while it is kept, a second publication of the same name, key and id is refused.
    """

    name: str
    key: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    kept_for: timedelta = timedelta()
    message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Correlated:
    """Who took it: cases that waited, cases that it began, and the row it is kept in, if it is."""

    moved: tuple[int, ...]
    begun: tuple[int, ...]
    kept: int | None


def correlate(work: UnitOfWork, message: Publication, *, authority_id: int | None = None) -> Correlated:
    """Publish; `authority_id` bounds whom it reaches (None: cases and programmes of every authority).

    Raises InvalidInput for a name, key or time that is too long, WrongState for one that was published already,
    CaseSuspended where a suspended case waits for one that is not kept.
    """
    _check(message)
    key = message.key or None
    row = KeptMessage(
        name=message.name,
        key=key,
        variables=plain(dict(message.variables)),
        dedupe_key=_dedupe_key(message, authority_id),
        authority_id=authority_id,
        published_by=work.actor.user_id,
        published_at=work.now,
        expires_at=work.now + message.kept_for,
        taken=[],
        refused=[],
    )
    if message.kept_for > timedelta():  # written before it is given, so that of two of one id one is given
        row = _keep(work, row)
    moved, begun = _give(work, row)
    said = {"name": message.name, "key": key, "moved": moved, "begun": begun, "kept": row.id}
    note(work, "message-correlated", "message", message.name, said)
    return Correlated(tuple(moved), tuple(begun), row.id)


def _dedupe_key(message: Publication, authority_id: int | None) -> str | None:
    """What makes a message one; None: without an id it is another message each time."""
    if not message.message_id:
        return None
    parts = json.dumps([authority_id, message.name, message.key or None, message.message_id])
    return hashlib.sha256(parts.encode()).hexdigest()


def _keep(work: UnitOfWork, row: KeptMessage) -> KeptMessage:
    row_id = kept_messages.keep(work.session, row)
    if row_id is None:
        raise WrongState(zh="这条消息已经发布过。", en="This message has been published already.")
    return work.session.get_one(KeptMessage, row_id)


def deliver_kept(work: UnitOfWork, row_id: int) -> bool:
    """Give a kept message to those that wait for it by now; returns whether anybody took it."""
    row = kept_messages.take(work.session, row_id, work.now)
    if row is None:
        return False
    publisher: Actor | None = work.actor
    if row.published_by is not None:
        publisher = users.actor_of(work.session, row.published_by, local_date(work.now))
    if publisher is None:  # what an account published goes with it: nobody is left whose rights it could act by
        note(work, "message-dropped", "message", row.name, {"name": row.name, "published_by": row.published_by})
        work.session.delete(row)
        return False
    moved, begun = _give(UnitOfWork(work.session, publisher, work.now), row)
    if moved or begun:
        note(work, "message-correlated", "message", row.name, {"name": row.name, "moved": moved, "begun": begun})
    return bool(moved or begun)


def _check(message: Publication) -> None:
    texts = {"消息名称": message.name, "关联键": message.key or "", "消息标识": message.message_id or ""}
    for what, text in texts.items():
        if len(text) > LONGEST_NAME or (what == "消息名称" and not text.strip()):
            zh, en = f"要有 1 至 {LONGEST_NAME} 个字", f"must have 1 to {LONGEST_NAME} characters"
            raise InvalidInput(field=what, zh=zh, en=en)
    if not timedelta() <= message.kept_for <= LONGEST_KEPT:
        zh, en = f"最多保留 {LONGEST_KEPT.days} 天", f"at most {LONGEST_KEPT.days} days"
        raise InvalidInput(field="保留时间", zh=zh, en=en)


def _give(work: UnitOfWork, row: KeptMessage) -> tuple[list[int], list[int]]:
    """Every process that has not taken it and now can; `row.taken` grows.

    A suspended case leaves it where it is kept; one that is not kept is refused, for that case would never get it.
    """
    taken: set[str] = set(row.taken)
    moved = []
    # the longest waiting first, which is also one order of locks for all publishers of it
    for one in subscriptions.waiting(work.session, MESSAGE, row.name, key=row.key, authority_id=row.authority_id):
        if one.process not in taken and _move(work, one, row):
            taken.add(one.process)
            moved.append(one.case_id)
    begun = []
    for start_id in start_events.named(work.session, MESSAGE, row.name, authority_id=row.authority_id):
        start = start_events.lock(work.session, start_id)
        if start is None or start.process in taken or _runs(work, start, row.key):
            continue
        # kept, it is tried again at each tick, and its refusal said once
        case_id = begin(work, start, row.variables, row.key, noted=start.id not in row.refused)
        if case_id is not None:
            taken.add(start.process)
            begun.append(case_id)
        elif start.id not in row.refused:
            row.refused = [*row.refused, start.id]
    row.taken = sorted(taken)
    return moved, begun


def _move(work: UnitOfWork, waiting: Waiting, row: KeptMessage) -> bool:
    instance = instances.lock(work.session, waiting.instance_id)
    if not subscriptions.still_waits(work.session, waiting.id):
        return False
    case = work.session.get_one(Case, instance.case_id, populate_existing=True)
    if case.suspended_at is not None and row.expires_at > work.now:
        return False
    course = advance(work, case, instance, Publish(row.name, row.key, row.variables))
    note(work, "message-published", "message", row.name, {"name": row.name, **course.trail()}, case_id=case.id)
    return True


def _runs(work: UnitOfWork, start: StartEventRow, key: str | None) -> bool:
    return key is not None and instances.runs(work.session, start.programme, start.process, key)


def begin(
    work: UnitOfWork, start: StartEventRow, payload: Mapping[str, Any], key: str | None = None, *, noted: bool = True
) -> int | None:
    """Start a case at a start event whose row is locked; its id. One that is refused begins none, and is `noted`."""
    try:
        with work.session.begin_nested():
            return start_case(work, start.programme, start.process, begun=Begun(start.element, dict(payload), key))
    except Refusal as refusal:
        if noted:
            details = {"process": start.process, "element": start.element}
            details |= {"zh": refusal.text("zh"), "en": refusal.text("en")}
            note(work, "start-refused", "programme", start.programme, details)
        return None
