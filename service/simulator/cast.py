"""The fictional people and units of a story: one account a role, made when a task first asks for it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from service.commands import people
from service.domain.credit_code import complete
from service.domain.deadlines import local_date
from service.domain.identity import SYSTEM, Actor
from service.programmes.manifest import Manifest
from service.store import users
from service.store.experts import Expert
from service.store.organisations import Organisation
from service.store.session import db
from service.store.unit_of_work import UnitOfWork, transact
from service.store.users import User

PASSWORD = "shenbao-demo"  # noqa: S105 - fictional accounts, of a throw-away database or of the demonstration
DEMONSTRATION = "demonstration.toml"
EXPERTS = 12
EXPERTS_OF_A_FIELD = 2  # of each field that a programme asks for
FIELDS = ("新能源汽车", "高端装备", "光电信息", "新材料")
TITLES = ("研究员", "教授", "高级工程师")
TIED = "示例产业投资集团有限公司"  # a unit that some experts of the demonstration avoid


@dataclass(frozen=True, slots=True)
class Lead:
    """The lead unit of a story; `direct`: it reports to the authority itself."""

    code: str = "lead"
    name: str = "示例牵头企业有限公司"
    credit_code: str = complete("91220101MA0XLEADA")
    direct: bool = False


@dataclass(frozen=True, slots=True)
class Units:
    """The fictional authorities of a programme; `prefix` keeps its accounts apart from those of another programme."""

    authority: str = "示例市科学技术局"
    competent: str = "示例区科学技术局"
    region: str = "示例区"
    prefix: str = ""
    related: str = ""  # another authority, asked for its opinion
    fields: str = ""  # fields of which the pool shall have experts, between blanks


def read_units(folder: Path) -> Units:
    """The fictional authorities that the `[cast]` of a programme's folder names; a city's where it names none."""
    path = folder / DEMONSTRATION
    return Units(**tomllib.loads(path.read_text(encoding="utf-8")).get("cast", {})) if path.exists() else Units()


class Cast:
    """The accounts of one database; asking twice gives the same person."""

    def __init__(self, manifest: Manifest, *, lead: Lead, now: datetime, units: Units | None = None) -> None:
        self._manifest = manifest
        self._now = now
        self.lead = lead
        self._units = units or Units()
        authority, competent = manifest.authority, f"{self._units.prefix}county"
        self._homes = {"authority": authority, "competent": competent, "applicant": lead.code, "named": authority}
        self._organisation(authority, self._units.authority, "authority")
        self._organisation(competent, self._units.competent, "competent", parent=authority, region=self._units.region)
        if self._units.related:
            self._homes["named"] = f"{self._units.prefix}related"
            self._organisation(self._homes["named"], self._units.related, "authority")
        self.join(lead)
        self._add_experts()

    def join(self, lead: Lead) -> None:
        """Enter a unit that declares; asked for the role of an applicant, it is this one from now on."""
        self._organisation(
            lead.code,
            lead.name,
            "enterprise",
            competent=self._homes["authority" if lead.direct else "competent"],
            credit_code=lead.credit_code,
            region=self._units.region,
        )
        self._homes = {**self._homes, "applicant": lead.code}

    def of_role(self, role: str, at: datetime) -> Actor:
        """The person who holds a role at the unit the manifest names."""
        holder = self._manifest.roles[role].holder
        home = self._homes[holder]
        return self._actor(home if holder == "applicant" else f"{self._units.prefix}{role}", home, role, at)

    def of_group(self, key: str, at: datetime) -> Actor:
        """The person who may take a task of this group."""
        if key.startswith("expert:"):
            user_id = db.session.scalar(select(Expert.user_id).where(Expert.id == int(key.partition(":")[2])))
            return self._load(int(user_id or 0), at)
        role, _, place = key.partition("@")
        if role == "member":
            home = self._member(place)
            return self._actor(home, home, "member", at)
        if self._manifest.roles[role].holder == "applicant":
            home = str(db.session.scalar(select(Organisation.code).where(Organisation.id == int(place))))
            return self._actor(home, home, role, at)
        return self.of_role(role, at)

    def _actor(self, login: str, organisation: str, role: str, at: datetime) -> Actor:
        known = db.session.scalar(select(User.id).where(User.login == login))
        if known is None:
            known = transact(
                people.add_user,
                login=login,
                name=f"示例·{self._manifest.roles[role].name}",
                organisation=organisation,
                roles=(role,),
                password=PASSWORD,
                email=f"{login}@example.invalid",
                actor=SYSTEM,
                now=at,
            )
        return self._load(known, at)

    def _load(self, user_id: int, at: datetime) -> Actor:
        actor = users.actor_of(db.session(), user_id, local_date(at))
        db.session.rollback()
        if actor is None:
            raise LookupError(f"no account {user_id}")
        return actor

    def _member(self, credit_code: str) -> str:
        """The code of the member unit with this credit code; one without an account gets one."""
        found = db.session.scalar(select(Organisation.code).where(Organisation.credit_code == credit_code))
        if found is not None:
            return str(found)
        members = select(func.count()).where(Organisation.code.like("member%"))
        code = f"member{(db.session.scalar(members) or 0) + 1:02d}"
        self._organisation(code, f"示例成员单位{code[-2:]}", "enterprise", credit_code=credit_code)
        return code

    def _organisation(self, code: str, name: str, kind: str, **more: Any) -> None:
        known = db.session.scalar(select(Organisation.id).where(Organisation.code == code))
        if known is None:
            transact(people.add_organisation, code=code, name=name, kind=kind, **more, actor=SYSTEM, now=self._now)

    def _add_experts(self) -> None:
        authority = self._homes["authority"]
        mine = select(Expert.field).join(Organisation, Organisation.id == Expert.authority_id)
        have = set(db.session.scalars(mine.where(Organisation.code == authority)))
        db.session.rollback()
        fields = [] if have else [FIELDS[number % len(FIELDS)] for number in range(1, EXPERTS + 1)]
        missing = set(self._units.fields.split()) - have
        fields += [field for field in sorted(missing) for _ in range(EXPERTS_OF_A_FIELD)]
        self.add_experts([(field, "") for field in fields])

    def add_experts(self, experts: Sequence[tuple[str, str]]) -> None:
        """Enter more experts with accounts, each by field and employer (if empty, one of its own)."""
        if experts:
            transact(self._enter, experts, actor=SYSTEM, now=self._now)

    def _enter(self, work: UnitOfWork, experts: Sequence[tuple[str, str]]) -> None:
        known = work.session.scalar(select(func.count(Expert.id))) or 0
        for number, (field, employer) in enumerate(experts, start=known + 1):
            login, name = f"expert{number:02d}", f"示例专家{number}"
            account = {"login": login, "name": name, "email": f"{login}@example.invalid", "password": PASSWORD}
            people.add_expert(
                work,
                authority=self._homes["authority"],
                name=name,
                employer=employer or f"示例研究院{number}",
                field=field,
                title=TITLES[number % len(TITLES)],
                avoid=() if employer or number % 4 else (TIED,),
                user_id=people.add_user(work, organisation=None, **account),
            )
