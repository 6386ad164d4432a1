"""Accounts, organisations and experts, as an operator registers them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from service.commands.account import hashed
from service.commands.trail import note
from service.domain.credit_code import is_valid_credit_code
from service.domain.errors import InvalidInput
from service.store.access import administered
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.unit_of_work import UnitOfWork
from service.store.users import Grant, User


def add_organisation(
    work: UnitOfWork,
    *,
    code: str,
    name: str,
    kind: str,
    parent: str | None = None,
    competent: str | None = None,
    credit_code: str | None = None,
    region: str = "",
) -> int:
    """Register an organisation under `parent`; codes are unique. InvalidInput names the field that is wrong."""
    if work.actor.is_person and not parent and not competent:
        zh, en = "请选择上级单位或归口主管部门", "needs an organisation above it or a competent department"
        raise InvalidInput(field="parent", zh=zh, en=en)
    if work.session.scalar(select(Organisation.id).where(Organisation.code == code)) is not None:
        raise InvalidInput(field="code", zh=f"单位代码 {code} 已存在", en=f"the code {code} exists already")
    if credit_code is not None and not is_valid_credit_code(credit_code):
        raise InvalidInput(
            field="统一社会信用代码", zh=f"{credit_code} 校验位不符", en=f"{credit_code} has a wrong check digit"
        )
    above = _organisation(work, parent) if parent else None
    row = Organisation(
        code=code,
        name=name,
        kind=kind,
        parent_id=above.id if above else None,
        path="",
        credit_code=credit_code,
        region=region or None,
        contact={},
        competent_id=_organisation(work, competent).id if competent else None,
    )
    work.session.add(row)
    work.session.flush()
    row.path = (above.path if above else "/") + f"{row.id}/"
    note(work, "organisation-added", "organisation", row.id, {"code": code, "name": name, "kind": kind})
    return row.id


def add_user(
    work: UnitOfWork,
    *,
    login: str,
    name: str,
    organisation: str | None,
    roles: Iterable[str] = (),
    password: str,
    email: str = "",
) -> int:
    """Create an account of an organisation (by code) with roles at it; logins are unique."""
    if work.session.scalar(select(User.id).where(User.login == login)) is not None:
        raise InvalidInput(field="login", zh=f"账号 {login} 已存在", en=f"the login {login} exists already")
    home = _organisation(work, organisation) if organisation else None
    user = User(
        login=login,
        name=name,
        password_hash=hashed(password),
        email=email or None,
        mobile=None,
        organisation_id=home.id if home else None,
    )
    work.session.add(user)
    work.session.flush()
    for role in roles:
        if home is None:
            raise InvalidInput(field="organisation", zh="授予角色需要单位", en="a role needs an organisation")
        work.session.add(Grant(user_id=user.id, role=role, organisation_id=home.id, granted_by=work.actor.user_id))
    note(work, "user-added", "user", user.id, {"login": login, "roles": sorted(roles)})
    return user.id


def add_expert(
    work: UnitOfWork,
    *,
    authority: str,
    name: str,
    employer: str,
    field: str,
    title: str = "",
    user_id: int | None = None,
    employer_credit_code: str | None = None,
    avoid: Iterable[str] = (),
) -> int:
    """Enter an expert into an authority's pool; `avoid` names units or credit codes whose cases are never shown."""
    expert = Expert(
        authority_id=_organisation(work, authority).id,
        user_id=user_id,
        name=name,
        employer=employer,
        employer_credit_code=employer_credit_code,
        field=field,
        title=title,
        avoid=list(avoid),
    )
    work.session.add(expert)
    work.session.flush()
    note(work, "expert-added", "expert", expert.id, {"name": name, "employer": employer, "field": field})
    return expert.id


def _organisation(work: UnitOfWork, code: str) -> Organisation:
    """The organisation, if it is the actor's to administer."""
    mine = select(Organisation).where(Organisation.code == code, administered(work.actor))
    found = work.session.scalar(mine)
    if found is None:
        raise InvalidInput(field="organisation", zh=f"没有代码为 {code} 的单位", en=f"there is no organisation {code}")
    return found
