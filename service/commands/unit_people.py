"""A unit's own administrator keeps its people: invites, gives and takes the roles a unit may hold, closes, opens.

Nothing reaches beyond the unit: whose account holds a role elsewhere, or is in the expert pool, is kept further up.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from sqlalchemy import func, or_, select

from service.commands.accounts import NAME, NO_PASSWORD, end_sessions, new_link
from service.commands.api_tokens import revoke_all
from service.commands.ports import ports
from service.commands.registrations import ADDRESS
from service.commands.trail import note
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed, NotFound, WrongState
from service.store import outbox
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, User, is_valid

ADMINISTRATOR: Final = "unit-administrator"
UNIT_ROLES: Final = ("lead", ADMINISTRATOR)
MOST_PEOPLE: Final = 50
LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")


def invite(work: UnitOfWork, *, login: str, name: str, email: str, roles: Collection[str]) -> int:
    """An account for a colleague, who sets the password by a mailed link. InvalidInput names the field."""
    unit = own_unit(work)
    given, address = name.strip(), email.strip()
    for refusal in problems(login=login, name=given, email=address).values():
        raise refusal
    if work.session.scalar(select(User.id).where(User.login == login)) is not None:
        raise InvalidInput(field="账号", zh="这个账号名已有人用，请换一个", en="is taken; choose another", name="login")
    people = select(func.count(User.id)).where(User.organisation_id == unit.id, User.active)
    if (work.session.scalar(people) or 0) >= MOST_PEOPLE:
        raise WrongState(zh=f"一个单位最多 {MOST_PEOPLE} 个账号。", en=f"A unit has at most {MOST_PEOPLE} accounts.")
    user = User(login=login, name=given, password_hash=NO_PASSWORD, email=address, organisation_id=unit.id)
    work.session.add(user)
    work.session.flush()
    note(work, "user-added", "user", user.id, {"login": login, "roles": sorted(roles)})
    _give(work, user, unit, roles)
    _send_link(work, user)
    return user.id


def problems(*, login: str, name: str, email: str) -> dict[str, InvalidInput]:
    """By its name, what is wrong with each answer of an invitation; whether the login is free is asked later."""
    found = {}
    if not NAME[0] <= len(name.strip()) <= NAME[1]:
        found["name"] = InvalidInput(field="姓名", zh="请填写姓名", en="is missing", name="name")
    if not LOGIN.fullmatch(login):
        zh, en = "3 到 40 个小写字母、数字、点、短横", "3 to 40 small letters, digits, dots, dashes"
        found["login"] = InvalidInput(field="账号", zh=zh, en=en, name="login")
    if not ADDRESS.fullmatch(email.strip()):
        zh, en = "请填写电子邮箱地址", "is no e-mail address"
        found["email"] = InvalidInput(field="电子邮箱", zh=zh, en=en, name="email")
    return found


def set_roles(work: UnitOfWork, user_id: int, roles: Collection[str]) -> None:
    """What a colleague may do for the unit from now on; a unit keeps at least one administrator."""
    unit, user = own_unit(work), _colleague(work, user_id)
    held = _held(work, user)
    if ADMINISTRATOR in held and ADMINISTRATOR not in roles:
        _keep_one_administrator(work, unit, user)
    for role, row in held.items():
        if role not in roles:
            row.valid_to_on = local_date(work.now) - timedelta(days=1)
            note(work, "role-taken-back", "user", user.id, {"role": role, "organisation": unit.id})
    _give(work, user, unit, set(roles) - held.keys())


def set_active(work: UnitOfWork, user_id: int, *, active: bool) -> None:
    """Close a colleague's account, which ends its sessions, links and tokens, or open it again."""
    unit, user = own_unit(work), _colleague(work, user_id)
    if not active and ADMINISTRATOR in _held(work, user):
        _keep_one_administrator(work, unit, user)
    user.active = active
    if not active:
        end_sessions(work, user.id)
        revoke_all(work, user.id)
    note(work, "user-enabled" if active else "user-disabled", "user", user.id, {"login": user.login})


def send_link(work: UnitOfWork, user_id: int) -> None:
    """Mail a colleague a link that sets a new password; the present one holds until it is used."""
    own_unit(work)
    user = _colleague(work, user_id)
    if not user.email:
        raise WrongState(zh="这个账号没有登记邮箱。", en="This account has no e-mail address.")
    _send_link(work, user)
    note(work, "password-link-sent", "user", user.id, {"login": user.login})


def word(work: UnitOfWork, user_id: int) -> tuple[str, str, str, str] | None:
    """Address, name, subject and text of the mail with a fresh link; None for an account closed meanwhile."""
    user = work.session.get_one(User, user_id)
    if not user.active or not user.email:
        return None
    link = f"{ports().base_url}/set-password/{new_link(work, user.id)}"
    body = f"{user.name}：\n\n登录账号：{user.login}\n\n请用下面的链接设置口令，24 小时内有效，只能用一次：\n\n{link}"
    return user.email, user.name, "设置登录口令", body


def own_unit(work: UnitOfWork) -> Organisation:
    """The unit of which the actor is administrator; the role counts at the own unit only."""
    actor = work.actor
    own = any(one.role == ADMINISTRATOR and one.organisation_id == actor.organisation_id for one in actor.roles)
    unit = work.session.get(Organisation, actor.organisation_id, with_for_update=True) if own else None
    if unit is None:
        raise NotAllowed(why_zh="由本单位管理员办理。", why_en="Your unit's administrator does this.")
    return unit


def _colleague(work: UnitOfWork, user_id: int) -> User:
    """Another account of the own unit that reaches no further."""
    user = work.session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None or user.organisation_id != work.actor.organisation_id:
        raise NotFound()
    if user.id == work.actor.user_id:
        raise NotAllowed(why_zh="自己的账号由另一位管理员办理。", why_en="Another administrator does this for you.")
    beyond = or_(Grant.organisation_id != user.organisation_id, Grant.role.not_in(UNIT_ROLES))
    further = select(Grant.id).where(Grant.user_id == user.id, beyond, is_valid(local_date(work.now)))
    expert = select(Expert.id).where(Expert.user_id == user.id)
    if work.session.scalar(further.limit(1)) is not None or work.session.scalar(expert.limit(1)) is not None:
        raise NotAllowed(
            why_zh="这个账号在本单位以外还有角色，由主管机关的管理员办理。",
            why_en="This account holds a role beyond the unit; the authority's administrator does this.",
        )
    return user


def _held(work: UnitOfWork, user: User) -> dict[str, Grant]:
    mine = select(Grant).where(
        Grant.user_id == user.id, Grant.organisation_id == user.organisation_id, is_valid(local_date(work.now))
    )
    return {row.role: row for row in work.session.scalars(mine)}


def _give(work: UnitOfWork, user: User, unit: Organisation, roles: Collection[str]) -> None:
    for role in sorted(roles):
        if role not in UNIT_ROLES:
            raise InvalidInput(field="角色", zh="请选择单位可以有的角色", en="choose a role of a unit", name="roles")
        grant = Grant(user_id=user.id, role=role, organisation_id=unit.id, granted_by=work.actor.user_id)
        grant.valid_from_on = local_date(work.now)
        work.session.add(grant)
        note(work, "role-granted", "user", user.id, {"role": role, "organisation": unit.id, "until": None})


def _keep_one_administrator(work: UnitOfWork, unit: Organisation, leaving: User) -> None:
    others = (
        select(Grant.id)
        .join(User, User.id == Grant.user_id)
        .where(
            Grant.role == ADMINISTRATOR, Grant.organisation_id == unit.id, User.id != leaving.id, User.active,
            is_valid(local_date(work.now)),
        )
    )  # fmt: skip
    if work.session.scalar(others.limit(1)) is None:
        raise WrongState(
            zh="一个单位至少留一位管理员，请先指定另一位。", en="A unit keeps one administrator; name another first."
        )


def _send_link(work: UnitOfWork, user: User) -> None:
    once = f"password-link:{user.id}:{work.now.isoformat()}:{secrets.token_hex(4)}"
    outbox.add(work.session, "password-link", {"user_id": user.id}, dedupe_key=once, now=work.now)
