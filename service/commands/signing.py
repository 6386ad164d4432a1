"""Signatures beside a task: asked for before its owner submits or after, given, taken away, asked of somebody else."""

from __future__ import annotations

from typing import Final

from service.commands.acting import TaskAct, begin
from service.commands.sealing import finish
from service.commands.task_locks import refuse_receiver
from service.commands.telling import tell_people
from service.domain.errors import InvalidInput, WrongState
from service.domain.identity import Actor
from service.store import signatures
from service.store.signatures import AFTER, BEFORE, OPEN, REMOVED, SIGNED, Signature
from service.store.unit_of_work import UnitOfWork

MOST_SIGNERS: Final = 20  # of one task, those removed not counted


def add_signer(work: UnitOfWork, task_id: int, person: int, place: str, reason: str) -> int:
    """加签: ask a person to sign `before` the owner submits or `after`; returns the signature's id."""
    act = begin(work, "add-signer", task_id, reason)
    if place not in (BEFORE, AFTER):
        raise InvalidInput(field="加签位置", zh="应为 before 或 after", en="must be before or after")
    standing = [one for one in signatures.of_task(work.session, task_id) if one.state != REMOVED]
    if any(one.user_id == person and one.state == OPEN for one in standing):
        raise WrongState(zh="已请这位人员签署，还没有签。", en="This person was asked already and has not signed yet.")
    if len(standing) >= MOST_SIGNERS:
        raise WrongState(
            zh=f"一项任务最多加签 {MOST_SIGNERS} 人。", en=f"A task has {MOST_SIGNERS} added signers at most."
        )
    receiver = _signer(act, person)
    act.take()
    added = _ask(act, person, place)
    act.note(to=receiver.name, to_id=person, place=place)
    if place == BEFORE:
        _tell(act, added)
    return added.id


def sign(work: UnitOfWork, task_id: int, agrees: bool, reason: str) -> None:
    """签署: agree or not, with a reason, which the owner reads.

    One asked for afterwards who does not agree gives the task back to its owner. When the last of them has agreed, the
    owner's submission takes effect.
    """
    act = begin(work, "sign", task_id, reason)
    mine = [one for one in signatures.of_task(work.session, task_id) if (one.user_id, one.state) == (act.person, OPEN)]
    one = next((each for each in mine if each.place == BEFORE or act.task.sealed is not None), None)
    if one is None:
        raise WrongState(zh="请您在经办人提交以后再签署。", en="Please sign once the owner has submitted.")
    refuse_receiver(work, act.held, act.person)  # whose role was taken back since does not sign
    one.state, one.agrees, one.opinion, one.closed_at = SIGNED, agrees, act.reason, work.now
    work.session.flush()
    act.note(place=one.place, agrees=agrees)
    words = "同意" if agrees else "不同意"
    tell_people(work, [one.asked_by], act.case, f"已签署（{words}）：“{act.task.name}”", act.reason)
    if one.place == AFTER and not agrees:
        act.task.sealed = None  # what was submitted is the owner's draft again
        return
    _go_on(act)


def remove_signer(work: UnitOfWork, task_id: int, signature: int, reason: str) -> None:
    """减签: somebody who has not signed need not; a signature that was given stays."""
    act = begin(work, "remove-signer", task_id, reason)
    one = _unsigned(act, signature)
    one.state, one.closed_at = REMOVED, work.now
    work.session.flush()
    act.note(of_id=one.user_id, place=one.place)
    tell_people(work, [one.user_id], act.case, f"不用签署了：“{act.task.name}”", act.reason)
    _go_on(act)


def replace_signer(work: UnitOfWork, task_id: int, signature: int, person: int, reason: str) -> int:
    """改签: another person is asked in place of one who has not signed; returns the new signature's id."""
    act = begin(work, "replace-signer", task_id, reason)
    one = _unsigned(act, signature)
    receiver = _signer(act, person)
    one.state, one.closed_at = REMOVED, work.now
    added = _ask(act, person, one.place, one.question)
    act.note(of_id=one.user_id, to=receiver.name, to_id=person, place=one.place)
    tell_people(work, [one.user_id], act.case, f"不用签署了：“{act.task.name}”", act.reason)
    if one.place == BEFORE or act.task.sealed is not None:
        _tell(act, added)
    return added.id


def _ask(act: TaskAct, person: int, place: str, question: str = "") -> Signature:
    added = Signature(
        task_id=act.task.id,
        user_id=person,
        place=place,
        asked_by=act.person,
        asked_at=act.work.now,
        question=question or act.reason,
    )
    act.work.session.add(added)
    act.work.session.flush()
    return added


def _tell(act: TaskAct, one: Signature) -> None:
    tell_people(act.work, [one.user_id], act.case, f"请您签署：“{act.task.name}”", one.question)


def _signer(act: TaskAct, person: int) -> Actor:
    if person in (act.person, act.task.assignee_id):
        raise InvalidInput(field="人员", zh="这项任务在对方手上，不用加签", en="this person has the task already")
    return refuse_receiver(act.work, act.held, person)


def _unsigned(act: TaskAct, signature: int) -> Signature:
    found = next((one for one in signatures.of_task(act.work.session, act.task.id) if one.id == signature), None)
    if found is None or found.state == REMOVED:
        raise InvalidInput(field="加签人", zh="这项任务没有这位加签人", en="the task has no such signer")
    if found.state == SIGNED:
        raise WrongState(zh="对方已经签署，不能减去或换人。", en="This person has signed; the signature stays.")
    return found


def _go_on(act: TaskAct) -> None:
    """The owner's submission takes effect when nobody is left to sign."""
    left = [one for one in signatures.of_task(act.work.session, act.task.id) if one.state == OPEN]
    if act.task.sealed is not None and not left:
        finish(act.work, act.held)
