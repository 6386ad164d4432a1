"""The fictional people and units of a story: one account a role, made when a task first asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from service.commands import people
from service.domain.credit_code import complete
from service.domain.deadlines import local_date
from service.domain.identity import SYSTEM, Actor
from service.programmes.manifest import Manifest
from service.store import users
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import transact

PASSWORD = "fictional-password"  # noqa: S105 - accounts of a database that is thrown away
EXPERTS = 12
FIELDS = ("新能源汽车", "高端装备", "光电信息", "新材料")
HOLDERS = ("applicant", "competent", "authority")


class Cast:
    """Accounts of one throw-away database."""

    def __init__(self, manifest: Manifest, *, lead_credit_code: str | None, now: datetime) -> None:
        self._manifest = manifest
        self._now = now
        self._ids: dict[str, int] = {}
        self._organisations = self._add_organisations(lead_credit_code or complete("91220101MA0XLEADA"))
        self._add_experts()

    def of_role(self, role: str, at: datetime) -> Actor:
        """The person who holds a role at the unit the manifest names."""
        holder = self._manifest.roles[role].holder
        return self._actor(role, self._organisations[holder], at, role)

    def of_group(self, key: str, at: datetime) -> Actor:
        """The person who may take a task of this group."""
        if key.startswith("expert:"):
            user_id = db.session.scalar(select(Expert.user_id).where(Expert.id == int(key.partition(":")[2])))
            return self._load(int(user_id or 0), at)
        role, _, place = key.partition("@")
        if role == "member":
            return self._actor(key, self._member(place), at, "member")
        code = db.session.scalar(select(Organisation.code).where(Organisation.id == int(place)))
        return self._actor(role, str(code), at, role)

    def _actor(self, name: str, organisation: str, at: datetime, role: str) -> Actor:
        login = f"{name}@{organisation}"
        if login not in self._ids:
            named = self._manifest.roles[role].name if role in self._manifest.roles else role
            self._ids[login] = transact(
                people.add_user,
                login=login,
                name=f"示例·{named}",
                organisation=organisation,
                roles=(role,),
                password=PASSWORD,
                actor=SYSTEM,
                now=at,
            )
        return self._load(self._ids[login], at)

    def _load(self, user_id: int, at: datetime) -> Actor:
        actor = users.actor_of(db.session(), user_id, local_date(at))
        db.session.rollback()
        if actor is None:
            raise LookupError(f"no account {user_id}")
        return actor

    def _member(self, credit_code: str) -> str:
        found = db.session.scalar(select(Organisation.code).where(Organisation.credit_code == credit_code))
        if found is not None:
            return str(found)
        code = f"member-{credit_code}"
        self._organisation(code, f"示例成员单位{credit_code[-4:]}", "enterprise", credit_code=credit_code)
        return code

    def _add_organisations(self, lead_credit_code: str) -> dict[str, str]:
        authority = self._manifest.authority
        self._organisation(authority, "示例市科技局", "authority")
        self._organisation("county", "示例区科技局", "competent", parent=authority)
        self._organisation(
            "lead", "示例牵头企业有限公司", "enterprise", competent="county", credit_code=lead_credit_code
        )
        return {"authority": authority, "competent": "county", "applicant": "lead"}

    def _organisation(self, code: str, name: str, kind: str, **more: Any) -> None:
        transact(people.add_organisation, code=code, name=name, kind=kind, **more, actor=SYSTEM, now=self._now)

    def _add_experts(self) -> None:
        for number in range(1, EXPERTS + 1):
            user_id = transact(
                people.add_user,
                login=f"expert-{number}",
                name=f"示例专家{number}",
                organisation=None,
                roles=(),
                password=PASSWORD,
                actor=SYSTEM,
                now=self._now,
            )
            transact(
                people.add_expert,
                name=f"示例专家{number}",
                employer=f"示例研究院{number}",
                field=FIELDS[number % len(FIELDS)],
                user_id=user_id,
                actor=SYSTEM,
                now=self._now,
            )
