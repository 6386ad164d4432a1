"""Declare a tie to a unit, so that its cases are kept away; only an administrator ends one."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from service.commands.trail import note
from service.domain.deadlines import local_date
from service.domain.errors import InvalidInput, NotAllowed
from service.store.relations import KINDS, Relation
from service.store.unit_of_work import UnitOfWork

SHORTEST, LONGEST, MOST = 2, 80, 200


def declare(work: UnitOfWork, unit: str, kind: str, until: date | None = None) -> int:
    """Declare that the acting person is tied to a unit, by its full name or credit code; holds from the next request.

    Source: domain §15 (recused persons neither see nor act).
    """
    if work.actor.user_id is None:
        raise NotAllowed(why_zh="需要以个人身份申报回避。", why_en="A person has to declare this.")
    unit = "".join(unit.split()) if unit.isascii() else unit.strip()
    if not SHORTEST <= len(unit) <= LONGEST:
        zh, en = "请填写单位全称或统一社会信用代码", "enter the unit's full name or credit code"
        raise InvalidInput(field="单位", zh=zh, en=en, name="unit")
    if kind not in KINDS:
        raise InvalidInput(field="关系", zh="请选择一种关系", en="choose a kind of relation", name="kind")
    if until is not None and until < local_date(work.now):
        raise InvalidInput(field="到期日", zh="不能早于今天", en="must not be before today", name="until")
    mine = select(func.count()).select_from(Relation).where(Relation.user_id == work.actor.user_id)
    if work.session.execute(mine).scalar_one() >= MOST:
        raise InvalidInput(field="单位", zh=f"最多申报 {MOST} 项", en=f"at most {MOST} ties", name="unit")
    row = Relation(
        user_id=work.actor.user_id, unit=unit, kind=kind, until_on=until, declared_at=work.now,
        declared_by=work.actor.user_id,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    note(work, "relation-declared", "user", work.actor.user_id, {"unit": unit, "kind": kind})
    return row.id
