"""What an administrator does with accounts: create, grant and take back roles, disable, reset, end sessions.

Nobody does any of this to the own account, and nothing outside the own authority. Every act is in the audit trail and
holds from the next request on.
"""

from __future__ import annotations

import re
import secrets
from datetime import date, timedelta
from typing import Final

from sqlalchemy import delete, or_, select

from service.commands.account import Hashed
from service.commands.api_tokens import revoke_all
from service.commands.remits import require_some_remit
from service.commands.sign_in import unlock
from service.commands.trail import note
from service.domain.access import incompatible
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed, NotFound, Refusal
from service.domain.identity import Actor
from service.domain.written import written
from service.store import outbox
from service.store.access import administered
from service.store.deputies import Deputy, stands
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.relations import Relation
from service.store.session import changed
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, PasswordLink, User, UserSession, is_valid, token_digest

LINK_HOLDS: Final = timedelta(hours=24)
NO_PASSWORD: Final = "!"  # noqa: S105 # no hash: nobody signs in with it
LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}")
NAME: Final = (1, 60)


class LinkExpired(Refusal):
    """The link was used, replaced or is too old."""

    code = "link-expired"
    zh = "这个链接已经用过或已过期。请联系管理员重新发一个。"
    en = "This link was used or is too old. Ask an administrator for a new one."


def create(work: UnitOfWork, *, login: str, name: str, organisation_id: int, email: str = "") -> tuple[int, str]:
    """Create an account without a password; its id, and the token of the link by which the person sets one."""
    place = _organisation(work, organisation_id)
    if not LOGIN.fullmatch(login):
        zh, en = "3 到 40 个小写字母、数字、点、短横", "3 to 40 small letters, digits, dots, dashes"
        raise InvalidInput(field="账号", zh=zh, en=en, name="login")
    if not NAME[0] <= len(name.strip()) <= NAME[1]:
        raise InvalidInput(field="姓名", zh="请填写姓名", en="is missing", name="name")
    if work.session.scalar(select(User.id).where(User.login == login)) is not None:
        raise InvalidInput(field="账号", zh=f"{login} 已存在", en=f"{login} exists already", name="login")
    user = User(
        login=login, name=name.strip(), password_hash=NO_PASSWORD, email=email.strip() or None, organisation_id=place.id
    )
    work.session.add(user)
    work.session.flush()
    note(work, "user-added", "user", user.id, {"login": login, "roles": []})
    return user.id, new_link(work, user.id)


def grant(
    work: UnitOfWork, user_id: int, role: str, organisation_id: int, until: date | None = None, *, known: frozenset[str]
) -> None:
    """Give a role at an organisation; `known` are the roles there are. Roles that exclude each other are refused."""
    user = _other(work, user_id)
    place = _organisation(work, organisation_id)
    today = local_date(work.now)
    if role not in known:
        raise InvalidInput(field="角色", zh="请选择一个角色", en="choose a role", name="role")
    if until is not None and until < today:
        raise InvalidInput(field="有效期至", zh="不能早于今天", en="must not be before today", name="until")
    held = set(work.session.scalars(select(Grant.role).where(Grant.user_id == user.id, is_valid(today))))
    if work.session.scalar(select(Expert.id).where(Expert.user_id == user.id)) is not None:
        held.add("expert")
    apart = incompatible({*held, role})
    if apart is not None:
        zh = f"“{apart[0]}”与“{apart[1]}”不能由同一人担任，请先收回其中一个"
        en = f"“{apart[0]}” and “{apart[1]}” are not held by one person; take one back first"
        raise InvalidInput(field="角色", zh=zh, en=en, name="role")
    work.session.add(
        Grant(
            user_id=user.id, role=role, organisation_id=place.id, granted_by=work.actor.user_id, valid_from_on=today,
            valid_to_on=until,
        )
    )  # fmt: skip
    note(work, "role-granted", "user", user.id, {"role": role, "organisation": place.id, "until": _iso(until)})


def take_back(work: UnitOfWork, grant_id: int) -> None:
    """End a role at once; the row stays for the record, ended yesterday."""
    row = work.session.get(Grant, grant_id)
    if row is None:
        raise NotFound()
    user = _other(work, row.user_id)
    _organisation(work, row.organisation_id)
    row.valid_to_on = local_date(work.now) - timedelta(days=1)
    note(work, "role-taken-back", "user", user.id, {"role": row.role, "organisation": row.organisation_id})


def set_active(work: UnitOfWork, user_id: int, *, active: bool) -> None:
    """Disable an account, which ends its sessions, links and tokens, or open it again."""
    user = _other(work, user_id)
    user.active = active
    if not active:
        end_sessions(work, user.id)
        revoke_all(work, user.id)
    note(work, "user-enabled" if active else "user-disabled", "user", user.id, {"login": user.login})


def reset_password(work: UnitOfWork, user_id: int) -> str:
    """Take the password away, end every session, token and lock; the token of a link that sets a new password."""
    user = _other(work, user_id)
    user.password_hash = NO_PASSWORD
    unlock(work, user)
    end_sessions(work, user.id)
    revoke_all(work, user.id)
    note(work, "password-reset", "user", user.id, {"login": user.login})
    if user.email:
        _tell_of_reset(work, user, user.email)
    return new_link(work, user.id)


def reset_login(work: UnitOfWork, login: str) -> str:
    """`reset_password` by the name of the account, for the console."""
    user_id = work.session.scalar(select(User.id).where(User.login == login))
    if user_id is None:
        raise InvalidInput(field="login", zh=f"没有账号 {login}", en=f"there is no account {login}")
    return reset_password(work, user_id)


def _tell_of_reset(work: UnitOfWork, user: User, address: str) -> None:
    """The person learns of it whoever has the link: a password set by another would be known at once."""
    body = (
        f"{user.name}：\n\n{written(work.now)}，管理员 {work.actor.name} 重置了账号 {user.login} 的口令，"
        "原口令和所有登录已失效。设新口令的一次性链接由管理员交给您本人；如果不是您要求的，请立即联系您的主管机关。"
    )
    payload = {"to": address, "to_name": user.name, "subject": "口令已被重置", "body": body, "case_id": None}
    outbox.add(work.session, "mail", payload, dedupe_key=f"reset:{user.id}:{work.now.isoformat()}", now=work.now)


def set_password(work: UnitOfWork, token: str, password: Hashed) -> str:
    """Set a password by a link, which then is used up; the login. Raises LinkExpired."""
    link = work.session.get(PasswordLink, token_digest(token), with_for_update=True)
    user = work.session.get(User, link.user_id) if link is not None else None
    if link is None or user is None or not user.active or link.expires_at <= work.now:
        raise LinkExpired()
    user.password_hash = password.text
    unlock(work, user)
    end_sessions(work, user.id)
    note(work, "password-changed", "user", user.id, {"by": "link"}, actor=Actor(user.id, user.name))
    return user.login


def end_relation(work: UnitOfWork, relation_id: int) -> None:
    """End a tie that an account declared; the row stays for the record, ended yesterday."""
    row = work.session.get(Relation, relation_id)
    if row is None:
        raise NotFound()
    user = _other(work, row.user_id)
    row.until_on = local_date(work.now) - timedelta(days=1)
    note(work, "relation-ended", "user", user.id, {"unit": row.unit, "kind": row.kind})


def end_session(work: UnitOfWork, session_id: int) -> None:
    """End one session: the own, or of an account the actor administers. Raises NotFound."""
    row = work.session.get(UserSession, session_id)
    if row is None:
        raise NotFound()
    if row.user_id != work.actor.user_id:
        _other(work, row.user_id)
    work.session.delete(row)
    note(work, "session-ended", "user", row.user_id, {})


def _other(work: UnitOfWork, user_id: int) -> User:
    """The account, if the actor administers its unit and each place at which it holds a role, and it is not the own.

    Who sets an account's password acts with all its roles: one that reaches further is administered further up. An
    expert is the pool's authority's; an account of no unit and no pool is the service's operator's alone.
    """
    require_some_remit(work, "administer")
    user = work.session.scalar(select(User).where(User.id == user_id).with_for_update())
    if user is None:
        raise NotFound()
    if work.actor.is_person:
        _refuse_reaching_further(work, user)
    if user.id == work.actor.user_id:
        raise NotAllowed(
            why_zh="自己的账号由另一位管理员办理。", why_en="Another administrator does this for your own account."
        )
    return user


def _refuse_reaching_further(work: UnitOfWork, user: User) -> None:
    """Roles that begin later count, and those of whom the account stands in for: a password set today is used then."""
    pool = select(Expert.authority_id).where(Expert.user_id == user.id)
    home = user.organisation_id if user.organisation_id is not None else work.session.scalar(pool)
    if home is None:
        raise NotFound()
    _organisation(work, home)
    today = local_date(work.now)
    lenders = select(Deputy.principal_id).where(Deputy.deputy_id == user.id, stands(today))
    elsewhere = select(Grant.id).where(
        or_(Grant.user_id == user.id, Grant.user_id.in_(lenders)),
        or_(Grant.valid_to_on.is_(None), Grant.valid_to_on >= today),
        Grant.organisation_id.not_in(select(Organisation.id).where(administered(work.actor))),
    )
    if work.session.scalar(elsewhere.limit(1)) is not None:
        raise NotAllowed(
            why_zh="这个账号在您管理范围以外还有角色，由上级管理员办理。",
            why_en="This account holds a role beyond what you administer; an administrator above you does this.",
        )


def _organisation(work: UnitOfWork, organisation_id: int) -> Organisation:
    found = work.session.scalar(
        select(Organisation).where(Organisation.id == organisation_id, administered(work.actor))
    )
    if found is None:
        raise NotFound()
    return found


def new_link(work: UnitOfWork, user_id: int) -> str:
    """The token of a new link by which the person sets a password once; an earlier link ends."""
    work.session.execute(delete(PasswordLink).where(PasswordLink.user_id == user_id))
    token = secrets.token_urlsafe(32)
    work.session.add(PasswordLink(token_hash=token_digest(token), user_id=user_id, expires_at=work.now + LINK_HOLDS))
    return token


def end_sessions(work: UnitOfWork, user_id: int) -> None:
    """End every session and every link of an account."""
    changed(work.session, delete(UserSession).where(UserSession.user_id == user_id))
    changed(work.session, delete(PasswordLink).where(PasswordLink.user_id == user_id))


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
