"""Links by which somebody without an account does one task once: sent, looked at, used, taken back.

A task may be done by link where its diagram says so (property `by-link`, whose value is the role). The link goes to the
member unit whose group the task is, at the address the unit is registered with, else at the one the lead unit has
declared; or to the invited expert's own address. It holds while the task is open and its deadline is not over, so an
extension prolongs it; a later link ends the earlier.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.commands import user_tasks
from service.commands.ports import ports
from service.commands.task_locks import hold
from service.commands.trail import note
from service.domain.access import require, role_of
from service.domain.deadlines import is_over, local_date
from service.domain.errors import NotAllowed, NotFound, Refusal
from service.domain.identity import Actor
from service.domain.written import written
from service.store import instances, task_links, users
from service.store.access import case_facts
from service.store.cases import Case
from service.store.experts import Expert
from service.store.members import Member
from service.store.organisations import Organisation
from service.store.task_links import TaskLink
from service.store.unit_of_work import UnitOfWork
from service.store.user_tasks import OPEN, UserTask
from service.store.users import User, token_digest

TOKEN_BYTES: Final = 32


class LinkOver(Refusal):
    """The link was used, taken back or replaced, its task is done, or its time is over."""

    code = "link-over"
    zh = "{zh}"
    en = "{en}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that holds: the task it is for, and in whose name it is done."""

    task_id: int
    case_id: int
    actor: Actor


@dataclass(frozen=True, slots=True)
class Mailing:
    """What the mail with a fresh link says."""

    to: str
    to_name: str
    subject: str
    body: str


def make(work: UnitOfWork, task_id: int) -> Mailing | None:
    """Make the link and word its mail; earlier links of the task end.

    None when the task is no longer open, or no address is known: the lead unit sees that none was sent.
    """
    task = work.session.get(UserTask, task_id, with_for_update=True)
    if task is None or task.status != OPEN:
        return None
    case = work.session.get_one(Case, task.case_id)
    found = _addressee(work.session, task, case)
    if found is None:
        return None
    token = secrets.token_urlsafe(TOKEN_BYTES)
    task_links.revoke(work.session, task_id, work.now)
    work.session.add(TaskLink(token_hash=token_digest(token), task_id=task_id, address=found.address, sent_at=work.now))
    details = {"name": task.name, "unit": found.name, "address": found.address}
    note(work, "link-sent", "user-task", task_id, details, case_id=case.id)
    until = f"请在 {written(task.due_at)} 前答复。" if task.due_at else ""
    body = (
        f"{found.name}：\n\n{found.asked}{until}\n\n{ports().base_url}/confirm/{token}\n\n"
        f"不需要账号。链接只能用一次，请不要转发；以最新一封邮件里的为准。{found.note}"
    )
    return Mailing(found.address, found.name, found.subject, body)


@dataclass(frozen=True, slots=True)
class _Addressee:
    """Who gets a link, and what the mail asks."""

    name: str
    address: str
    subject: str
    asked: str
    note: str = ""


def _addressee(session: Session, task: UserTask, case: Case) -> _Addressee | None:
    """The member unit or the expert whose task it is; None where no address is known."""
    expert = _expert(session, task)
    if expert is not None:
        user = session.get(User, expert.user_id) if expert.user_id is not None else None
        asked = f"您被随机抽取为“{case.title}”的评审专家，请确认能否参加，并声明有没有利害关系。"
        if user is None or not user.email:
            return None
        return _Addressee(expert.name, user.email, f"请答复评审邀请：{case.title}", asked, "登录后也可以答复。")
    member = _member(session, task)
    address = address_of(session, member) if member is not None else ""
    if member is None or not address:
        return None
    asked = f"“{case.title}”把贵单位列为成员，请核对所填内容，确认或者不同意。"
    stranger = "没有听说过这件事的，请选择“不同意”并写明原因。"
    return _Addressee(member.name, address, f"请确认参加申报：{case.title}", asked, stranger)


def look(session: Session, token: str, now: datetime) -> Opened:
    """The task a link is for. Raises NotFound for one never sent, LinkOver with the reason for one that is over."""
    link = session.get(TaskLink, token_digest(token))
    task = session.get(UserTask, link.task_id) if link is not None else None
    if link is None or task is None:
        raise NotFound()
    over = _why_over(link, task, now)
    if over is not None:
        raise over
    return Opened(task.id, task.case_id, _in_the_name_of(session, task, now))


def complete(work: UnitOfWork, token: str, pairs: user_tasks.Pairs) -> user_tasks.Completion:
    """Submit the task's form by link; the link is then used up. Raises NotFound, LinkOver, FormInvalid, DeadlinePassed.

    The act is judged like the unit's own: same group, same rule. The audit trail says that it came by link.
    """
    link = work.session.get(TaskLink, token_digest(token), with_for_update=True)
    if link is None:
        raise NotFound()
    opened = look(work.session, token, work.now)
    by_link = UnitOfWork(work.session, opened.actor, work.now)
    held = hold(by_link, opened.task_id)
    done = user_tasks.complete_by_link(by_link, held, pairs)
    link.used_at = work.now
    details = {"name": held.task.name, "address": link.address}
    note(by_link, "link-used", "user-task", held.task.id, details, case_id=held.case.id)
    return done


def revoke(work: UnitOfWork, case_id: int, task_id: int) -> None:
    """End the link of a member's task, as the lead unit; urging the member sends another. Raises NotFound, LinkOver."""
    instances.lock_of_case(work.session, case_id)
    case, task = work.session.get(Case, case_id), work.session.get(UserTask, task_id)
    if case is None or task is None or task.case_id != case_id or not task_links.is_open_to_links(task):
        raise NotFound()
    require(work.actor, "see-case", case_facts(work.session, work.actor, case), work.now)
    if work.actor.organisation_id != case.applicant_id:
        raise NotAllowed(why_zh="链接由牵头单位作废。", why_en="The lead unit revokes its links.")
    if not task_links.revoke(work.session, task_id, work.now):
        raise LinkOver(zh="没有可以作废的链接：还没有发出，或已经用过。", en="There is no link to revoke.")
    note(work, "link-revoked", "user-task", task_id, {"name": task.name}, case_id=case_id)


def address_of(session: Session, member: Member) -> str:
    """Where a member unit is written to: as it is registered, else as the lead unit has declared."""
    unit = session.scalar(select(Organisation).where(Organisation.credit_code == member.credit_code))
    registered = (unit.contact or {}).get("email") if unit is not None else None
    return str(registered or member.data.get("contact_email") or "")


def _member(session: Session, task: UserTask) -> Member | None:
    key = task.inputs.get("member")
    return session.get(Member, int(str(key))) if str(key or "").isdigit() else None


def _expert(session: Session, task: UserTask) -> Expert | None:
    keys = [key.partition(":")[2] for key in task.groups if role_of(key) == "expert"]
    return session.get(Expert, int(keys[0])) if keys else None


def _why_over(link: TaskLink, task: UserTask, now: datetime) -> LinkOver | None:
    if link.used_at is not None:
        zh, en = written(link.used_at), written(link.used_at, "en")
        return LinkOver(zh=f"已于 {zh} 答复，这个链接用过了。", en=f"You answered at {en}; this link has been used.")
    if link.revoked_at is not None:
        return LinkOver(
            zh="这个链接已作废。以最新一封邮件里的为准，或请发送的单位重新发送。",
            en="This link no longer holds. Use the one in the newest mail, or ask who sent it for another.",
        )
    if task.status != OPEN:
        return LinkOver(
            zh="这一步已经不用办理：已经登录答复，或者内容有了变化，需要时会另发链接。",
            en="Nothing is to be done: it was answered, or something has changed and a new link will come.",
        )
    if task.due_at is not None and is_over(task.due_at, now):
        zh, en = written(task.due_at), written(task.due_at, "en")
        return LinkOver(zh=f"确认期限 {zh} 已过。", en=f"The time to answer was over at {en}.")
    return None


def _in_the_name_of(session: Session, task: UserTask, now: datetime) -> Actor:
    """Who follows a link acts for the one unit or as the one expert whose task it is, and is nobody else."""
    expert = _expert(session, task)
    if expert is not None:
        person = users.actor_of(session, expert.user_id or 0, local_date(now))
        if person is None:
            raise NotFound()
        return replace(person, name=f"{expert.name}（一次性链接）", roles=frozenset(), lent=())
    code = next(key.partition("@")[2] for key in task.groups if role_of(key) == "member")
    name = session.scalar(select(Organisation.name).where(Organisation.credit_code == code))
    member = _member(session, task)
    return Actor(None, f"{name or (member.name if member else code)}（一次性链接）", credit_code=code)
