"""A unit asks to be registered; its competent department approves, refuses, or asks for more.

Whoever asks is told the same whether or not the unit is known already: what differs goes to the known address by mail.
Source: domain §7 organisation-registration, two working days.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, update

from service.commands.accounts import NO_PASSWORD, new_link
from service.commands.attachments import Examined
from service.commands.ports import ports
from service.commands.trail import note
from service.domain.access import is_office
from service.domain.credit_code import is_valid_credit_code
from service.domain.deadlines import end_of, local_date
from service.domain.errors import FileRefused, InvalidInput, NotAllowed, NotFound, WrongState
from service.domain.identity import group_at
from service.domain.written import written
from service.operations.recipients import tell_groups
from service.store import calendars, outbox
from service.store.experts import Expert
from service.store.organisations import Organisation, add
from service.store.registrations import APPROVED, ASKED, OPEN, REFUSED, WAITING, Registration, decided_by
from service.store.relations import Relation
from service.store.session import changed
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, User, token_digest

WORKING_DAYS: Final = 2
KINDS: Final = ("enterprise", "university", "institute", "public", "other")
FIRST_ROLES: Final = ("lead", "unit-administrator")
ADDRESS: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\]+")
MOBILE: Final = re.compile(r"1[3-9]\d{9}")
# what is asked, with its name and its shortest and longest answer
ASKED_OF: Final[Mapping[str, tuple[str, int, int]]] = {
    "name": ("单位名称", 4, 80),
    "credit_code": ("统一社会信用代码", 18, 18),
    "kind": ("单位性质", 1, 20),
    "competent": ("所在地区", 1, 80),
    "legal_representative": ("法定代表人", 2, 30),
    "address": ("注册地址", 4, 120),
    "contact_name": ("联系人", 2, 30),
    "contact_mobile": ("联系人手机", 11, 11),
    "contact_email": ("电子邮箱", 5, 80),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the department decides; `reason` goes to the unit, and is due unless it approves."""

    state: str
    reason: str = ""


def lodge(work: UnitOfWork, data: Mapping[str, Any], licence: Examined | None) -> str:
    """Take a registration; returns the code the unit keeps. InvalidInput names the field, FileRefused the licence.

    For a unit that is registered, or has asked already, nothing is written: its own address is told that somebody has.
    """
    given = judged(data)
    competent = _competent(work, given["competent"])
    if licence is None:
        raise FileRefused(name="营业执照", zh="请上传营业执照或法人证书", en="the licence is missing")
    code = "ZC" + secrets.token_hex(5).upper()
    if (known := _known_address(work, given["credit_code"])) is not None:
        _mail(work, known, "有人以贵单位的名义申请注册", _ALREADY, once=code)
        return code
    row = Registration(
        code=code,
        name=given["name"],
        credit_code=given["credit_code"],
        email=given["contact_email"],
        profile=given,
        licence=known_of(licence),
        licence_sha256=ports().blobs.put(licence.content),
        competent_id=competent.id,
        lodged_at=work.now,
        due_at=due_of(work),
    )
    work.session.add(row)
    work.session.flush()
    announce(work, row)
    note(work, "registration-lodged", "registration", row.id, {"name": row.name, "credit_code": row.credit_code})
    return code


def amend(work: UnitOfWork, token: str, data: Mapping[str, Any], licence: Examined | None) -> None:
    """Send what was asked for; the department's two days begin anew. The credit code stays: another unit asks anew."""
    row = _of_token(work, token)
    if row.state != ASKED:
        raise WrongState(zh="现在没有要补充的内容。", en="Nothing is asked for now.")
    given = {**judged({**data, "credit_code": row.credit_code}), "credit_code": row.credit_code}
    row.name, row.email, row.profile = given["name"], given["contact_email"], given
    if row.organisation_id is None:  # a registered unit does not choose who decides its change
        row.competent_id = _competent(work, given["competent"]).id
    if licence is not None:
        row.licence, row.licence_sha256 = known_of(licence), ports().blobs.put(licence.content)
    row.state, row.reason, row.due_at = OPEN, None, due_of(work)
    announce(work, row)
    note(work, "registration-amended", "registration", row.id, {"name": row.name})


def decide(work: UnitOfWork, registration_id: int, decision: Decision) -> None:
    """Approve, refuse or ask for more, as staff of the competent department or above it, and not of the unit itself.

    Approved, the unit is an organisation under its department with one account, whose person sets the password by a
    link that is mailed; it administers the unit's other people itself.
    """
    mine = select(Registration).where(Registration.id == registration_id, decided_by(work.actor))
    row = work.session.scalar(mine.with_for_update())
    if row is None:
        raise NotFound()
    place = work.session.get_one(Organisation, row.competent_id)
    if not work.actor.related_units.isdisjoint({row.name, row.credit_code}):
        raise NotAllowed(why_zh="与申请单位有关系的人员须回避。", why_en="Who is tied to the unit stays out of it.")
    if row.state != OPEN:
        raise WrongState(zh="这一件已经有了结论，或正在等单位补充。", en="It was decided, or waits for the unit.")
    if decision.state not in (APPROVED, REFUSED, ASKED):
        raise InvalidInput(field="结论", zh="请选择一个结论", en="choose one", name="state")
    reason = decision.reason.strip()
    if decision.state != APPROVED and not 5 <= len(reason) <= 500:
        raise InvalidInput(field="原因", zh="请填写 5 至 500 字", en="5 to 500 characters", name="reason")
    row.state, row.reason = decision.state, reason or None
    row.decided_at, row.decided_by = work.now, work.actor.user_id
    if decision.state == APPROVED and row.organisation_id is not None:
        _change_unit(work, row, row.organisation_id)
    elif decision.state == APPROVED:
        row.organisation_id, row.user_id = _open_unit(work, row, place)
    _write(work, row, decision.state)
    details = {"name": row.name, "decision": decision.state, "reason": reason, "organisation": row.organisation_id}
    note(work, "registration-decided", "registration", row.id, details)


def word(work: UnitOfWork, registration_id: int, occasion: str) -> tuple[str, str, str, str]:
    """Address, name, subject and text of the mail of an occasion, with a fresh link; the outbox asks when it sends."""
    row = work.session.get_one(Registration, registration_id, with_for_update=True)
    base = ports().base_url
    if occasion == APPROVED and row.user_id is not None:
        login = work.session.get_one(User, row.user_id).login
        link = f"{base}/set-password/{new_link(work, row.user_id)}"
        body = f"{row.name} 已注册。登录账号：{login}\n\n请用下面的链接设置口令，24 小时内有效，只能用一次：\n\n{link}"
        return row.email, row.name, "单位注册已通过", body
    if occasion == APPROVED:
        body = f"{row.name}：\n\n单位资料的变更已通过，登记资料已更新。"
        return row.email, row.name, "单位资料变更已通过", body
    token = secrets.token_urlsafe(32)
    row.token_hash = token_digest(token)
    link = f"{base}/units/{token}"
    until = written(row.due_at)
    subject, text = {
        "received": ("已收到单位注册申请", f"编号 {row.code}。归口管理部门在 {until} 前答复。"),
        ASKED: ("单位注册需要补充", f"{row.reason}\n\n请打开下面的链接补充。"),
        REFUSED: ("单位注册没有通过", f"{row.reason}\n\n改正后可以重新申请。"),
    }[occasion]
    return row.email, row.name, subject, f"{row.name}：\n\n{text}\n\n{link}\n\n以最新一封邮件里的链接为准。"


def _change_unit(work: UnitOfWork, row: Registration, unit_id: int) -> None:
    """Write the new name and legal representative; who is tied to the unit by its old name stays tied to it.

    What was declared and issued under the old name stays as it was; the register shows the unit's name of today.
    """
    unit = work.session.get_one(Organisation, unit_id, with_for_update=True)
    before, code = unit.name, unit.credit_code
    if code is not None and row.name != before:
        changed(work.session, update(Relation).where(Relation.unit == before).values(unit=code))
        changed(
            work.session,
            update(Expert)
            .where(Expert.employer == before, Expert.employer_credit_code.is_(None))
            .values(employer_credit_code=code),
        )
        for expert in work.session.scalars(select(Expert)):
            if before in expert.avoid and code not in expert.avoid:
                expert.avoid = [*expert.avoid, code]
    unit.name = row.name
    unit.contact = {**(unit.contact or {}), "legal_representative": row.profile["legal_representative"]}
    note(work, "unit-changed", "organisation", unit.id, {"before": before, "name": unit.name})


def announce(work: UnitOfWork, row: Registration) -> None:
    """Tell the unit that it was received, and the department that it waits."""
    _write(work, row, "received")
    _tell_department(work, row)


def _open_unit(work: UnitOfWork, row: Registration, competent: Organisation) -> tuple[int, int]:
    """The organisation and its first account, whose login is the credit code in small letters."""
    code = row.credit_code.lower()
    taken = select(Organisation.id).where(Organisation.credit_code == row.credit_code)
    if work.session.scalar(taken) is not None or work.session.scalar(select(User.id).where(User.login == code)):
        raise WrongState(zh="这个信用代码已经登记过单位或账号。", en="A unit or account of this code exists already.")
    kind = "enterprise" if row.profile["kind"] == "enterprise" else "institute"
    unit = Organisation(
        code=code, name=row.name, kind=kind, credit_code=row.credit_code, region=competent.region,
        contact=contact_of(row.profile), competent_id=competent.id,
    )  # fmt: skip
    add(work.session, unit)
    user = User(
        login=code, name=row.profile["contact_name"], password_hash=NO_PASSWORD, email=row.email,
        mobile=row.profile["contact_mobile"], organisation_id=unit.id,
    )  # fmt: skip
    work.session.add(user)
    work.session.flush()
    for role in FIRST_ROLES:
        work.session.add(Grant(user_id=user.id, role=role, organisation_id=unit.id, granted_by=work.actor.user_id))
    return unit.id, user.id


def contact_of(profile: Mapping[str, Any]) -> dict[str, Any]:
    """What an organisation keeps of how it is reached."""
    return {
        "name": profile["contact_name"],
        "mobile": profile["contact_mobile"],
        "email": profile["contact_email"],
        "address": profile["address"],
        "legal_representative": profile["legal_representative"],
    }


def judged(data: Mapping[str, Any]) -> dict[str, str]:
    """The answers, trimmed; InvalidInput names the first that is missing, too short, too long or not of its kind."""
    for refusal in problems(data).values():
        raise refusal
    return _trimmed(data)


def problems(data: Mapping[str, Any]) -> dict[str, InvalidInput]:
    """By its name, what is wrong with each answer."""
    given = _trimmed(data)
    fits = {
        "credit_code": (is_valid_credit_code(given["credit_code"]), "校验位不符，请核对", "has a wrong check digit"),
        "kind": (given["kind"] in KINDS, "请选择一项", "choose one"),
        "contact_mobile": (MOBILE.fullmatch(given["contact_mobile"]), "请填写 11 位手机号", "is no mobile number"),
        "contact_email": (ADDRESS.fullmatch(given["contact_email"]), "请填写电子邮箱地址", "is no e-mail address"),
    }
    found = {}
    for name, (label, least, most) in ASKED_OF.items():
        right, zh, en = fits.get(name, (True, "", ""))
        if not given[name]:
            found[name] = InvalidInput(field=label, zh="请填写", en="is missing", name=name)
        elif not least <= len(given[name]) <= most:
            size = f"应为 {least} 至 {most} 个字" if least < most else f"应为 {least} 位"
            found[name] = InvalidInput(field=label, zh=size, en=f"has {least} to {most} characters", name=name)
        elif not right:
            found[name] = InvalidInput(field=label, zh=zh, en=en, name=name)
    return found


def _trimmed(data: Mapping[str, Any]) -> dict[str, str]:
    given = {name: str(data.get(name) or "").strip() for name in ASKED_OF}
    return {**given, "credit_code": given["credit_code"].upper()}


_ALREADY: Final = (
    "贵单位已经注册，或申请正在办理，没有另建记录。需要账号的，请联系本单位管理员；不是贵单位申请的，可以不用理会。"
)


def _competent(work: UnitOfWork, code: str) -> Organisation:
    found = work.session.scalar(select(Organisation).where(Organisation.code == code, Organisation.kind == "competent"))
    if found is None:
        raise InvalidInput(field=ASKED_OF["competent"][0], zh="请选择一个", en="choose one", name="competent")
    return found


def _known_address(work: UnitOfWork, credit_code: str) -> str | None:
    """Where a unit is written to that is registered or has asked; empty when it has no address; None for a new one."""
    waiting = select(Registration.email).where(Registration.credit_code == credit_code, Registration.state.in_(WAITING))
    if (email := work.session.scalar(waiting.limit(1))) is not None:
        return email
    unit = work.session.scalar(select(Organisation).where(Organisation.credit_code == credit_code))
    return None if unit is None else str((unit.contact or {}).get("email") or "")


def due_of(work: UnitOfWork) -> datetime:
    """When the department's two working days are over."""
    last = calendars.load(work.session).add(local_date(work.now), WORKING_DAYS)
    return end_of(last)


def known_of(file: Examined) -> dict[str, Any]:
    """What a row keeps of a licence beside its hash."""
    return {"name": file.name, "media_type": file.media_type, "scan": file.scan, "size": len(file.content)}


def _of_token(work: UnitOfWork, token: str) -> Registration:
    row = work.session.scalar(
        select(Registration).where(Registration.token_hash == token_digest(token)).with_for_update()
    )
    if row is None:
        raise NotFound()
    return row


def _write(work: UnitOfWork, row: Registration, occasion: str) -> None:
    payload = {"registration_id": row.id, "occasion": occasion}
    once = f"registration:{row.id}:{occasion}:{work.now.isoformat()}"
    outbox.add(work.session, "registration", payload, dedupe_key=once, now=work.now)


def _tell_department(work: UnitOfWork, row: Registration) -> None:
    held = work.session.scalars(select(Grant.role).where(Grant.organisation_id == row.competent_id).distinct())
    keys = [group_at(role, row.competent_id) for role in held if is_office(role)]
    what = "申请变更登记资料" if row.organisation_id else "申请注册"
    body = f"{row.name}（{row.credit_code}）{what}，请在 {written(row.due_at)} 前审核：菜单“单位注册”。"
    once = f"{row.code}:{work.now.isoformat()}"
    tell_groups(work, keys, f"单位注册待审核：{row.name}", body, case_id=None, once=once)


def _mail(work: UnitOfWork, address: str, subject: str, body: str, *, once: str) -> None:
    if address:
        payload = {"to": address, "subject": subject, "body": body}
        outbox.add(work.session, "mail", payload, dedupe_key=f"registration:{once}", now=work.now)
