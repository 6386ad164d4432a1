"""Keep an authority's pool of experts: enter many at once or none, change one, note and end an absence."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final

from sqlalchemy import func, select

from service.commands.accounts import NO_PASSWORD, new_link
from service.commands.ports import ports
from service.commands.remits import require_remit
from service.commands.trail import note
from service.delivery.row_sheets import CellProblem
from service.domain.credit_code import is_valid_credit_code
from service.domain.errors import InvalidInput, NotFound, Refusal
from service.store import outbox
from service.store.access import kept_pool
from service.store.experts import Absence, Expert
from service.store.unit_of_work import UnitOfWork
from service.store.users import User

MOST_ABSENCES: Final = 50


@dataclass(frozen=True, slots=True)
class Profile:
    """What the pool knows of an expert; `avoid` are names or credit codes of units."""

    name: str
    employer: str
    field: str
    title: str = ""
    employer_credit_code: str = ""
    avoid: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entrant:
    """A row of an import: its number as Excel shows it, the profile, and where the expert is written to."""

    line: int
    profile: Profile
    email: str = ""


class RowsRefused(Refusal):
    """Rows of a table are wrong; `problems` tells all of them, and nothing was entered."""

    code = "rows-refused"
    zh = "有 {count} 处不对，一行也没有导入。"
    en = "{count} entries are wrong; no row was imported."


def enter(work: UnitOfWork, authority_id: int, entrants: Sequence[Entrant]) -> int:
    """Enter all of them into the pool of an authority, or none; how many. Raises NotFound, RowsRefused.

    Each gets an account of the own; who has an address is sent the link by which a password is set.
    """
    require_remit(work, "keep-pool", place_id=authority_id)
    wrong = _problems(work, authority_id, entrants)
    if wrong:
        raise RowsRefused(count=len(wrong), problems=wrong)
    for one in entrants:
        user = User(
            login=f"expert-{secrets.token_hex(4)}",
            name=one.profile.name,
            password_hash=NO_PASSWORD,
            email=one.email or None,
            organisation_id=None,
        )
        work.session.add(user)
        work.session.flush()
        expert = Expert(authority_id=authority_id, user_id=user.id, **_columns(one.profile))
        work.session.add(expert)
        work.session.flush()
        note(work, "expert-added", "expert", expert.id, {"name": expert.name, "employer": expert.employer})
        if one.email:
            _welcome(work, user, one.email)
    return len(entrants)


def change(work: UnitOfWork, expert_id: int, profile: Profile, *, active: bool) -> None:
    """Change what the pool knows of an expert; one that is not active is not drawn. Raises NotFound, InvalidInput."""
    expert = _expert(work, expert_id)
    _refuse_code(profile)
    before = {name: getattr(expert, name) for name in (*_columns(profile), "active")}
    after = {**_columns(profile), "active": active}
    for name, value in after.items():
        setattr(expert, name, value)
    changed = sorted(name for name, value in after.items() if value != before[name])
    if changed:
        note(work, "expert-changed", "expert", expert.id, {"name": expert.name, "changed": changed})


def note_absence(work: UnitOfWork, expert_id: int, from_on: date, to_on: date, reason: str = "") -> int:
    """Note days, both inclusive, on which the expert is not drawn. Raises NotFound, InvalidInput."""
    expert = _expert(work, expert_id)
    if to_on < from_on:
        raise InvalidInput(field="到", zh="不能早于开始日", en="must not be before the first day", name="to_on")
    held = work.session.scalar(select(func.count()).where(Absence.expert_id == expert.id)) or 0
    if held >= MOST_ABSENCES:
        raise InvalidInput(field="从", zh=f"最多 {MOST_ABSENCES} 段", en=f"at most {MOST_ABSENCES}", name="from_on")
    row = Absence(expert_id=expert.id, from_on=from_on, to_on=to_on, reason=reason)
    work.session.add(row)
    work.session.flush()
    note(work, "absence-noted", "expert", expert.id, {"from": from_on.isoformat(), "to": to_on.isoformat()})
    return row.id


def end_absence(work: UnitOfWork, expert_id: int, absence_id: int) -> None:
    """Take a noted absence back; draws that were made stay as they are. Raises NotFound."""
    row = work.session.get(Absence, absence_id)
    if row is None or row.expert_id != _expert(work, expert_id).id:
        raise NotFound()
    work.session.delete(row)
    note(work, "absence-ended", "expert", expert_id, {"from": row.from_on.isoformat(), "to": row.to_on.isoformat()})


def _problems(work: UnitOfWork, authority_id: int, entrants: Sequence[Entrant]) -> tuple[CellProblem, ...]:
    names = [one.profile.name for one in entrants]
    here = select(Expert.name, Expert.employer).where(Expert.authority_id == authority_id, Expert.name.in_(names))
    known = {(name, unit) for name, unit in work.session.execute(here)}
    addresses = {one.email for one in entrants if one.email}
    used = set(work.session.scalars(select(User.email).where(User.email.in_(addresses))))
    wrong: list[CellProblem] = []
    for one in entrants:
        person = (one.profile.name, one.profile.employer)
        if person in known:
            wrong.append(CellProblem(one.line, "姓名", "库中或表中已有这位专家", "is in the pool or the table already"))
        if one.email and one.email in used:
            wrong.append(CellProblem(one.line, "电子邮箱", "已有账号用这个邮箱", "another account has this address"))
        code = one.profile.employer_credit_code
        if code and not is_valid_credit_code(code):
            wrong.append(CellProblem(one.line, "统一社会信用代码", "校验位不符", "has a wrong check digit"))
        known.add(person)
        used.add(one.email)
    return tuple(wrong)


def _columns(profile: Profile) -> dict[str, object]:
    values = asdict(profile)
    return {
        **values,
        "employer_credit_code": values["employer_credit_code"] or None,
        "avoid": list(values["avoid"]),
    }


def _refuse_code(profile: Profile) -> None:
    code = profile.employer_credit_code
    if code and not is_valid_credit_code(code):
        raise InvalidInput(
            field="统一社会信用代码", zh="校验位不符", en="has a wrong check digit", name="employer_credit_code"
        )


def _expert(work: UnitOfWork, expert_id: int) -> Expert:
    """The expert, if the actor keeps the pool."""
    found = work.session.scalar(select(Expert).where(Expert.id == expert_id, kept_pool(work.actor)))
    if found is None:
        raise NotFound()
    return found


def _welcome(work: UnitOfWork, user: User, address: str) -> None:
    link = f"{ports().base_url}/set-password/{new_link(work, user.id)}"
    body = f"{user.name}：\n\n您已列入评审专家库。账号 {user.login}，请在 24 小时内打开下面的链接设置密码：\n\n{link}"
    payload = {"to": address, "to_name": user.name, "subject": "已列入评审专家库", "body": body, "case_id": None}
    outbox.add(work.session, "mail", payload, dedupe_key=f"expert-welcome:{user.id}", now=work.now)
